"""The JSON interface: POST /api/v1/match, its description, and GET /healthz."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, json, request

from referral_app import __version__, db
from referral_app.consult import Desk
from referral_app.errors import InvalidInput
from referral_app.exchange import answer, question
from referral_app.sealing import KeyTrouble, keys_of
from referral_app.web.desk import desk, engine
from referral_app.web.guard import ANYONE, needs
from referral_app.web.openapi import DESCRIPTION

pages = Blueprint("api", __name__)


@pages.post("/api/v1/match")
@needs(ANYONE)
def match() -> Response | tuple[Response, int]:
    """The same object in and out as one line of ``referral match``."""
    try:
        asked = question(_body())
    except InvalidInput as error:
        return problem("bad_request", str(error)), 400
    try:
        return _json(answer(asked, *desk().match(asked.text, asked.person), desk().fault))
    except InvalidInput as error:
        return problem("too_long", str(error)), 413


def _body() -> Any:
    try:
        return request.get_json(force=True, silent=True)
    except (ValueError, RecursionError):  # numbers of thousands of digits, brackets without end
        return None


@pages.get("/api/v1/openapi.json")
@needs(ANYONE)
def description() -> Response:
    """The OpenAPI description of every endpoint under /api."""
    return _json(DESCRIPTION)


@pages.get("/healthz")
@needs(ANYONE)
def health() -> tuple[Response, int]:
    """200 with the versions of what is running, 503 with the reason when something is not."""
    reason = desk().fault or _database_fault()
    state = {"status": "down" if reason else "ok", **versions(desk())}
    if reason:
        state["reason"] = reason
    return _json(state), 503 if reason else 200


def versions(open_desk: Desk) -> dict[str, str | None]:
    finder = open_desk.finder
    return {
        "app": __version__,
        "catalogue": open_desk.catalogue.version,
        "lexicon": finder.sources.lexicon.data.version if finder else None,
        "index": finder.sources.stamp if finder and not finder.sources.fault else None,
    }


def _database_fault() -> str:
    try:
        if not db.is_current(engine()):
            return "データベースの形が古いままです。「referral init」を実行してください。"
        keys_of(engine().dialect).seal("")
        return ""
    except KeyTrouble:  # where the key lies is nobody's business here; the log and referral init tell it
        return "データの鍵が使えません。管理者が referral init を実行すると、理由と直し方が出ます。"
    except Exception:  # whatever the driver raises: the database cannot be used now
        return "データベースを開けません。ディスクの空きと、REFERRAL_HOME の書きこみ権限を確かめてください。"


def problem(code: str, message: str) -> Response:
    """The one shape of every JSON error."""
    return _json({"error": {"code": code, "message": message}})


def _json(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), mimetype="application/json")
