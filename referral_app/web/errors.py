"""Every error as a calm page (or, under /api, as JSON): what happened, what is safe, what to do next."""

from __future__ import annotations

import logging

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError, default_exceptions
from werkzeug.wrappers import Response

from referral_app import audit, db
from referral_app import sheets as verbs
from referral_app.audit import Action, Line
from referral_app.db import Unavailable
from referral_app.errors import Conflict, InvalidInput, NotFound, ReferralError, Refused, SearchDown
from referral_app.web import sheets
from referral_app.web.api import problem
from referral_app.web.desk import engine, moment, person

logger = logging.getLogger(__name__)

STATUS: tuple[tuple[type[ReferralError], int], ...] = (
    (NotFound, 404),
    (InvalidInput, 400),
    (Conflict, 409),
    (Refused, 403),
    (SearchDown, 503),
    (Unavailable, 503),
    (ReferralError, 400),
)
# status: (heading, next step)
WORDS = {
    400: ("この内容は受けとれませんでした", "前の画面に戻って、入れ直してください。"),
    403: ("この画面は開けません", "相談の画面に戻ってください。"),
    404: ("このページはありません", "下のボタンから、たどり直してください。"),
    405: ("この開き方はできません", "上の「相談」か「シート」から、開き直してください。"),
    409: ("ほかの画面で先に保存されています", "シートを開き直して、新しい内容を確かめてください。"),
    413: ("送られた内容が大きすぎます", "文を短くして、もう一度お試しください。文は 10,000 字までです。"),
    500: ("うまく動きませんでした", "もう一度お試しください。続くときは、管理者に時刻を伝えてください。"),
    503: (
        "いま使えない部分があります",
        "少し待って、もう一度お試しください。急ぐときは代表電話で担当課におつなぎください。",
    ),
}


def register(app: Flask) -> None:
    """Handlers for our own errors, HTTP errors, and anything unforeseen."""
    app.register_error_handler(ReferralError, _ours)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _answer(status: int, message: str = "") -> tuple[str | Response, int]:
    heading, step = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    if request.path.startswith("/api/"):
        name = default_exceptions[status].__name__ if status in default_exceptions else "Error"
        return problem(name, message or f"{heading}。{step}"), status
    return render_template("error.html", heading=heading, message=message or step, status=status), status


def _ours(error: ReferralError) -> tuple[str | Response, int]:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    if isinstance(error, Refused):
        _record_refusal()
    return _answer(status, str(error))


def _record_refusal() -> None:
    """In a transaction of its own: that of the request was rolled back. No word typed into an address gets in."""
    asked = str((request.view_args or {}).get("number", ""))
    sheet = asked if verbs.NUMBER.fullmatch(asked) else ""
    of_handover = request.blueprint in ("inbox", "steps") and asked.isascii() and asked.isdigit() and len(asked) < 10
    handover = int(asked) if of_handover else None
    line = Line(Action.REFUSED, sheet, handover, str(request.endpoint)[:40])
    try:
        with db.transaction(engine()) as transaction:
            audit.write(transaction, person(), moment(), line)
    except Unavailable:
        logger.error("a refusal could not be recorded")


def _csrf(_error: CSRFError) -> tuple[str | Response, int]:
    if request.endpoint == "sheets.save" and "version" in request.form:
        try:
            return sheets.without_token(str((request.view_args or {})["number"]))
        except ReferralError as error:
            return _ours(error)
    return _answer(
        400,
        "画面を開いてから時間がたちすぎたか、別の所から送られました。前の画面に戻り、開き直してから送ってください。",
    )


def _busy(error: OperationalError) -> tuple[str | Response, int]:
    """What no ``with db.…`` block has told already."""
    logger.error("database: %s", type(error.orig).__name__)
    return _answer(503)


def _http(error: HTTPException) -> tuple[str | Response, int] | HTTPException:
    if isinstance(error, SecurityError):  # asked under a foreign host name: no page of ours has a place there
        return "http://127.0.0.1 から開いてください。", 400
    if error.code is None or error.code < 400:
        return error  # a redirect
    return _answer(error.code)


def _unforeseen(error: Exception) -> tuple[str | Response, int]:
    """Where it broke is logged, never what was being said: messages may hold a resident's words."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    logger.error("%s at %s", type(error).__name__, where)
    return _answer(500)
