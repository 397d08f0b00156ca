"""POST of a step, from the sender's or the receiver's page. Whatever happens, the typed words stay on that page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from referral_app import db, handovers
from referral_app.access import Permission
from referral_app.db import Session
from referral_app.errors import Conflict, InvalidInput
from referral_app.handovers import Words
from referral_app.models import Handover
from referral_app.steps import STEPS
from referral_app.web import inbox, sending
from referral_app.web.desk import engine, now, person
from referral_app.web.guard import needs
from referral_app.web.said import Said

pages = Blueprint("steps", __name__)


@pages.post("/handovers/<int(max=2147483647):number>/<step>")
@needs(Permission.WRITE, Permission.RECEIVE)
def take(number: int, step: str) -> ResponseReturnValue:
    """One step of the table."""
    typed = _typed("answer", "reason", "receiver")

    def verb(session: Session) -> Handover:
        return handovers.take(session, number, step, _version(), Words(**typed), person(), now())

    return _done(number, Said(at=f"{step}-{number}", typed=typed), verb)


@pages.post("/handovers/<int(max=2147483647):number>/reply")
@needs(Permission.WRITE)
def key_in(number: int) -> ResponseReturnValue:
    """What came back on paper or by telephone: receipt and result together."""
    typed = _typed("receiver", "result", "words")

    def verb(session: Session) -> Handover:
        words = (typed["receiver"], typed["words"])
        return handovers.key_in(session, number, typed["result"], _version(), *words, person(), now())

    return _done(number, Said(at=f"reply-{number}", typed=typed), verb)


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def _version() -> int:
    return request.form.get("version", 0, type=int)


def _done(number: int, said: Said, verb: Callable[[Session], Handover]) -> ResponseReturnValue:
    """Does it and goes back to where the button stood; what failed is told there, beside the words."""
    try:
        with db.transaction(engine()) as transaction:
            row = verb(transaction)
            sheet, last = row.sheet.number, row.events[-1].step
    except InvalidInput as error:
        return _again(number, replace(said, fields=error.fields)), 400
    except Conflict as error:
        return _again(number, replace(said, notice=str(error))), 409
    except db.Unavailable as error:
        return _again(number, replace(said, notice=str(error))), 503
    flash(f"「{STEPS[last].label}」を記録しました")
    if _from_inbox():
        return redirect(url_for("inbox.read", number=number), 303)
    return redirect(url_for("sheets.edit", number=sheet), 303)


def _from_inbox() -> bool:
    return request.form.get("from") == "inbox"


def _again(number: int, said: Said) -> str:
    if _from_inbox():
        return inbox.show(number, said)
    with db.reading(engine()) as reading:
        sheet = handovers.get(reading, number).sheet.number
    return sending.show(sheet, said)
