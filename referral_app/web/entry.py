"""The door: login, logout, password. Words typed into a form whose session ended are kept, for the same person."""

from __future__ import annotations

import json
import logging
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from referral_app import accounts, db, demo
from referral_app.access import NOBODY, ROLES
from referral_app.errors import InvalidInput
from referral_app.sealing import KeyTrouble, keys_of
from referral_app.web import guard
from referral_app.web.desk import engine, moment, person
from referral_app.web.guard import ANYONE, SIGNED_IN, needs

pages = Blueprint("entry", __name__)
logger = logging.getLogger(__name__)

NOT_KEPT = ("csrf_token", "drawn_for", "password", "old", "new", "again")
TOO_OLD = "画面を開いてから時間がたったので、もう一度ログインしてください。"
KEPT = "打った内容は残してあります。同じ人がログインすると、続きから始められます。"
NOT_NOW = (
    "いまはログインを記録できないので、入れません。少し待って、もう一度お試しください。続くときは、管理者に時刻を伝えてください。"
    "窓口探しと対応メモは、ログインしなくても使えます。"
)
NOT_YOURS = "前の人の書きかけは、書いた人だけが続けられます。"


@pages.get("/login")
@needs(ANYONE)
def door() -> str | Response:
    """The login page."""
    if person() is not NOBODY:
        return redirect(url_for("consult.start"), 303)
    return _door(next_page=request.args.get("next", ""))


@pages.post("/login")
@needs(ANYONE)
def enter() -> str | Response | tuple[str, int]:
    """Checks name and password; then back to the page asked for, or to what was being written."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    kept, next_page = request.form.get("kept", ""), request.form.get("next", "")
    try:
        with db.reading(engine()) as reading:
            asked = accounts.candidate(reading, login)
        fitted = accounts.fits(asked, password)
        with db.transaction(engine()) as transaction:
            entry = accounts.enter(transaction, asked, fitted, moment())
    except db.Unavailable:  # the same for a right and a wrong password: no failure can be counted now
        guard.open_windows()
        return _door(login=login, error=NOT_NOW, kept=kept, next_page=next_page), 503
    if entry.person is None:
        return _door(login=login, error=entry.message, kept=kept, next_page=next_page), 401
    guard.sign_in(entry.person, entry.stamp)
    if entry.person.one_time:
        return redirect(url_for("entry.password"), 303)
    if kept:
        return _resume(kept)
    return redirect(next_page if _is_ours(next_page) else url_for("consult.start"), 303)


@pages.post("/logout")
@needs(SIGNED_IN)
def leave() -> Response:
    """Ends this session, also when it cannot be recorded: nobody else may go on in this name."""
    try:
        with db.transaction(engine()) as transaction:
            accounts.leave(transaction, person(), moment())
    except db.Unavailable:
        logger.error("a logout could not be recorded")
    guard.sign_out()
    flash("ログアウトしました")
    return redirect(url_for("entry.door"), 303)


@pages.get("/password")
@needs(SIGNED_IN)
def password() -> str:
    """The form for a new password."""
    return _password({})


@pages.post("/password")
@needs(SIGNED_IN)
def change() -> str | Response | tuple[str, int]:
    """A new password; every other session of this person ends."""
    form = request.form
    try:
        with db.transaction(engine()) as transaction:
            words = (form.get("old", ""), form.get("new", ""), form.get("again", ""))
            stamp = accounts.change_password(transaction, person(), *words, moment())
            who = accounts.person(transaction, person().id or 0, stamp)
    except InvalidInput as error:
        return _password(error.fields), 400
    guard.sign_in(who or NOBODY, stamp)
    flash("パスワードを変えました")
    return redirect(url_for("consult.start"), 303)


def _password(fields: dict[str, str]) -> str:
    return render_template("entry/password.html", fields=fields, shortest=accounts.SHORTEST_PASSWORD)


def ask() -> tuple[str, int] | Response:
    """The login page in the place of what was asked for. What a form held travels on in it, sealed."""
    if request.method == "GET":
        return redirect(url_for("entry.door", next=request.path if request.path != "/" else None), 303)
    kept = _keep()
    return _door(notice=f"{TOO_OLD}{KEPT if kept else ''}", kept=kept), 401


def _door(*, login: str = "", error: str = "", notice: str = "", kept: str = "", next_page: str = "") -> str:
    offered = demo.ACCOUNTS if current_app.config["DEMO"] else ()
    return render_template(
        "entry/login.html",
        login=login,
        error=error,
        notice=notice,
        kept=kept,
        next_page=next_page,
        offered=offered,
        roles=ROLES,
    )


def _is_ours(path: str) -> bool:
    """True for a page of this server, never for another address."""
    return path.startswith("/") and not path.startswith(("//", "/\\"))


# ---- words kept over a login --------------------------------------------------------------------


def drawn_for() -> str:
    """Stands in every form: for whom it was drawn, signed. What they typed is given back to nobody else."""
    text = _signer().dumps(person().id)
    return text if isinstance(text, str) else text.decode("ascii")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="drawn-for")


def _keep() -> str:
    """The posted form, sealed with the data key, with its owner; "" when nobody knows whose it is."""
    try:
        owner = _signer().loads(request.form.get("drawn_for", ""))
        fields = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
        return keys_of(engine().dialect).seal(json.dumps([owner, request.path, fields]))
    except (BadData, KeyTrouble):
        return ""


def _resume(kept: str) -> str | Response:
    """The kept form, to be sent once more by its owner with a fresh token."""
    try:
        owner, path, fields = json.loads(keys_of(engine().dialect).open(kept))
    except (KeyTrouble, ValueError):
        owner, path, fields = None, "", []
    if owner is None or owner != person().id:
        flash(NOT_YOURS)
        return redirect(url_for("consult.start"), 303)
    found: list[tuple[str, Any]] = [(name, value) for name, value in fields]
    return render_template("entry/resume.html", path=path, fields=found)
