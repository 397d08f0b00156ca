"""Pages of a sheet that goes out: check before sending, send, its way, hand on again, add what came later."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referral_app import consent, db, handovers, inbox, sheet_input, sheets, viewing
from referral_app import sending as verbs
from referral_app.access import Permission
from referral_app.errors import Conflict, InvalidInput
from referral_app.models import Handover, HandoverEvent, Sheet
from referral_app.sending import Parcel
from referral_app.sheet_input import HandoverInput
from referral_app.steps import FIELDS, PAPER, STATES, STEPS, UNSENT
from referral_app.types import WAYS
from referral_app.web import reading
from referral_app.web.desk import desk, engine, moment, now, person, rules
from referral_app.web.forms import destination
from referral_app.web.guard import needs
from referral_app.web.said import NOTHING_SAID, Said

pages = Blueprint("sending", __name__)

Answer = str | Response | tuple[str, int]


@pages.get("/sheets/<number>/send")
@needs(Permission.WRITE)
def check(number: str) -> Answer:
    """What would go where, and what each desk would see."""
    try:
        with db.transaction(engine()) as transaction:
            found = verbs.check(transaction, desk().catalogue, number, person(), moment())
    except sheets.Sent:  # the way back after sending
        return redirect(url_for("sheets.edit", number=number), 303)
    return _drawn(*found)


@pages.post("/sheets/<number>/send")
@needs(Permission.WRITE)
def send(number: str) -> Answer:
    """Sends every destination with a basis, or says what is missing."""
    version = request.form.get("version", 0, type=int)
    try:
        with db.transaction(engine()) as transaction:
            sheet = verbs.send(transaction, desk().catalogue, number, version, person(), now())
            gone = sum(row.state == "sent" for row in sheet.handovers)
    except InvalidInput as error:
        return _unsent(number, error.fields), 400
    except sheets.Sent as error:
        return show(number, Said(notice=str(error))), 409
    except Conflict as error:
        return _unsent(number, notice=str(error)), 409
    except db.Unavailable as error:
        return _unsent(number, notice=f"まだ送っていません。{error}"), 503
    flash(f"{gone}か所に送りました")
    return redirect(url_for("sheets.edit", number=number), 303)


def _unsent(number: str, fields: dict[str, str] | None = None, notice: str = "") -> str:
    """The same page with what happened, also when nothing can be written."""
    reading.sheet(number)
    with db.reading(engine()) as session:
        found = verbs.parcels(session, desk().catalogue, number, person())
    return _drawn(*found, fields, notice)


def _drawn(sheet: Sheet, parcels: list[Parcel], fields: dict[str, str] | None = None, notice: str = "") -> str:
    return render_template(
        "sending/check.html",
        sheet=sheet,
        parcels=parcels,
        fields=fields or {},
        notice=notice,
        consents=consent.CONSENTS,
        scopes=consent.SCOPES,
        paper=PAPER,
        safe=viewing.for_sender(sheet).safe,
    )


def show(number: str, said: Said = NOTHING_SAID) -> str:
    """A sent sheet: where each つなぎ stands, what came back, what was added. Its news have been seen now."""
    sheet = reading.sheet(number)
    fresh = {row.id: row.version for row in sheet.handovers if row.news}
    ways = [_way(row, fresh) for row in sheet.handovers]
    if fresh and not said.notice:  # after a failure the page must not wait once more
        _note_seen(number, fresh)
    return render_template(
        "sending/show.html",
        sheet=sheet,
        ways=ways,
        shown=viewing.for_sender(sheet, said.opened),
        said=said,
        steps=STEPS,
        states=STATES,
        rules=FIELDS,
        consent=consent,
        longest=verbs.LONGEST_ADDENDUM,
        history=_history(sheet),
        replies=handovers.REPLIES,
        first_returned=next((row.id for row in sheet.handovers if row.state == "returned"), None),
        returned=sum(any(event.step == "return" for event in row.events) for row in sheet.handovers),
    )


def _note_seen(number: str, shown: dict[int, int]) -> None:
    """When nothing can be written now, they stay news: the page itself must be drawn."""
    with suppress(db.Unavailable), db.transaction(engine()) as transaction:
        inbox.seen(sheets.own(transaction, number, person()), shown)


def _history(sheet: Sheet) -> list[tuple[HandoverEvent, Handover]]:
    """Every step of every つなぎ, the last first."""
    told = [(event, row) for row in sheet.handovers for event in row.events if event.step != "consent"]
    return sorted(told, key=lambda pair: (pair[0].at, pair[0].id), reverse=True)


@dataclass(frozen=True)
class _Way:
    """One つなぎ as the sheet's page draws it."""

    row: Handover
    stops: tuple[viewing.Stop, ...]
    due: inbox.Due | None
    steps: tuple[str, ...]
    attempt: int
    fresh: bool
    unsent: bool
    paper: bool


def _way(row: Handover, fresh: Collection[int]) -> _Way:
    today = now().date()
    unsent = row.state in UNSENT
    return _Way(
        row=row,
        stops=() if unsent else viewing.track(row, rules(), today),
        due=inbox.due(row, rules(), today),
        steps=() if unsent else handovers.offered(row, person()),
        attempt=handovers.chain(row),
        fresh=row.id in fresh,
        unsent=unsent,
        paper=row.channel == PAPER,
    )


@pages.post("/sheets/<number>/open")
@needs(Permission.WRITE)
def open_contact(number: str) -> Answer:
    """Hidden telephone and address, once, with a reason that stands in the record."""
    try:
        with db.transaction(engine()) as transaction:
            sheets.open_contact(transaction, number, request.form.get("open_reason", ""), person(), moment())
    except InvalidInput as error:
        return show(number, Said(at="open", fields=error.fields)), 400
    return show(number, Said(opened=True))


@pages.post("/sheets/<number>/addenda")
@needs(Permission.WRITE)
def add(number: str) -> Answer:
    """A fact that came after sending."""
    words = request.form.get("words", "").replace("\r\n", "\n")
    try:
        with db.transaction(engine()) as transaction:
            verbs.add(transaction, number, words, person(), now())
    except InvalidInput as error:
        return show(number, Said(at="addenda", fields=error.fields, typed={"words": words})), 400
    except db.Unavailable as error:
        return show(number, Said(str(error), at="addenda", typed={"words": words})), 503
    flash("書き足しました")
    return redirect(url_for("sheets.edit", number=number), 303)


@pages.get("/sheets/<number>/on")
@needs(Permission.WRITE)
def onward(number: str) -> str:
    """The form for one more destination; ``after`` names the returned つなぎ it takes up, ``row`` one not yet sent.

    By their numbers: where a sheet goes would tell about the resident in an address.
    """
    return _onward(number, HandoverInput(""), False, {})


@pages.post("/sheets/<number>/on")
@needs(Permission.WRITE)
def hand_on(number: str) -> Answer:
    """Sends the sheet to one more destination."""
    given = destination(request.form, request.form.get("window", ""))
    explained, after = request.form.get("explained") == "yes", _after()
    try:
        with db.transaction(engine()) as transaction:
            verbs.hand_on(transaction, desk().catalogue, number, given, explained, after, person(), now())
    except InvalidInput as error:
        return _onward(number, given, explained, error.fields), 400
    except Conflict as error:
        return show(number, Said(str(error))), 409
    except db.Unavailable as error:
        return _onward(number, given, explained, {}, f"まだ送っていません。{error}"), 503
    flash("つなぎ直して送りました" if after else "送りました")
    return redirect(url_for("sheets.edit", number=number), 303)


def _after() -> tuple[int, int] | None:
    number = request.values.get("after", 0, type=int)
    return (number, request.values.get("after_version", 0, type=int)) if number else None


def _onward(number: str, given: HandoverInput, explained: bool, fields: dict[str, str], notice: str = "") -> str:
    sheet = reading.sheet(number)
    after = _after()
    origin = next((row for row in sheet.handovers if after and row.id == after[0]), None)
    return render_template(
        "sending/onward.html",
        sheet=sheet,
        origin=origin,
        given=_with_ask(sheet, given, origin),
        explained=explained,
        fields=fields,
        notice=notice,
        offered=desk().catalogue.offered(),
        keys=sheet_input,
        consent=consent,
        ways=WAYS,
        safe=viewing.for_sender(sheet).safe,
    )


def _with_ask(sheet: Sheet, given: HandoverInput, origin: Handover | None) -> HandoverInput:
    """A draft row of a sent sheet comes with the request written for it, a returned つなぎ with its own."""
    asked = request.args.get("row", 0, type=int)
    kept = next((row for row in sheet.handovers if row.id == asked and row.state in UNSENT), None)
    if request.method == "GET" and kept:
        return HandoverInput(kept.window, kept.ask, kept.way, name_only=kept.name_only, scope=kept.scope)
    if request.method == "GET" and origin:
        return HandoverInput("", origin.ask, scope=origin.scope)
    return given
