"""Pages of the receiving desk: the inbox, one つなぎ in it, and the counts every page shows."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from referral_app import consent, db, handovers, viewing
from referral_app import inbox as verbs
from referral_app.access import Permission
from referral_app.consent import CONSENTS, SCOPES
from referral_app.errors import InvalidInput
from referral_app.inbox import Counts
from referral_app.steps import FIELDS, STATES, STEPS
from referral_app.web import reading
from referral_app.web.desk import engine, moment, now, person, rules
from referral_app.web.guard import needs
from referral_app.web.said import NOTHING_SAID, Said

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
@needs(Permission.RECEIVE)
def listing() -> str:
    """What lies at one's departments, the most urgent first."""
    with db.transaction(engine()) as transaction:
        tab, number = request.args.get("tab", "waiting"), request.args.get("page", 1, type=int)
        page = verbs.page(transaction, person(), tab, number, rules(), moment())
    return render_template(
        "inbox/list.html", page=page, today=now().date(), states=STATES, request_of=viewing.request_of
    )


@pages.get("/inbox/<int(max=2147483647):number>")
@needs(Permission.RECEIVE)
def read(number: int) -> str:
    """One つなぎ. Before receipt the request alone; afterwards what the consent allows."""
    return show(number)


@pages.post("/inbox/<int(max=2147483647):number>/open")
@needs(Permission.RECEIVE)
def open_contact(number: int) -> ResponseReturnValue:
    """Hidden telephone and address, once, with a reason that stands in the record."""
    try:
        with db.transaction(engine()) as transaction:
            handovers.open_contact(transaction, number, request.form.get("open_reason", ""), person(), moment())
    except InvalidInput as error:
        return show(number, Said(at="open", fields=error.fields)), 400
    return show(number, Said(opened=True))


def show(number: int, said: Said = NOTHING_SAID) -> str:
    """The page of one つなぎ, with what is to be told."""
    with reading.handover(number) as row:
        shown = viewing.for_receiver(row, said.opened)
        today = now().date()
        return render_template(
            "inbox/show.html",
            row=row,
            request=viewing.request_of(row),
            shown=shown,
            stops=viewing.track(row, rules(), today),
            due=verbs.due(row, rules(), today),
            steps=STEPS,
            states=STATES,
            rules=FIELDS,
            offered=handovers.offered(row, person()),
            attempt=handovers.chain(row),
            said=said,
            consent=consent,
            consents=CONSENTS,
            scopes=SCOPES,
        )


@pages.get("/news")
@needs(Permission.WRITE, Permission.RECEIVE)
def news() -> dict[str, int]:
    """The counts of the navigation, asked again by an open page; nothing personal."""
    found = counts()
    return {"waiting": found.waiting, "late": found.late, "news": found.news}


def counts() -> Counts:
    """Zero for whom they are not, and while the database cannot be read."""
    if not (person().may(Permission.RECEIVE) or person().may(Permission.WRITE)):
        return Counts()
    try:
        with db.reading(engine()) as reading:
            return verbs.counts(reading, person(), rules(), now().date())
    except db.Unavailable:
        return Counts()
