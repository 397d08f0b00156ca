"""The door: login, logout, password. Words typed into a form whose session ended are kept, for the same person."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException
from werkzeug.wrappers import Response

from referral_app import db, demo, entering
from referral_app.access import NOBODY, ROLES
from referral_app.sealing import KeyTrouble, keys_of
from referral_app.web import guard
from referral_app.web.desk import engine, moment, person
from referral_app.web.guard import ANYONE, SIGNED_IN, needs

pages = Blueprint("entry", __name__)
logger = logging.getLogger(__name__)

NOT_KEPT = ("csrf_token", "drawn_for", "password", "old", "new", "again")
TOO_OLD = "画面を開いてから時間がたったので、もう一度ログインしてください。"
ASKED = "この画面を開くには、ログインしてください。"
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
    next_page = request.args.get("next", "")
    return _door(next_page=next_page, notice=ASKED if next_page else "")


@pages.post("/login")
@needs(ANYONE)
def enter() -> str | Response | tuple[str, int]:
    """Checks name and password; then back to the page asked for, or to what was being written."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    kept, next_page = request.form.get("kept", ""), request.form.get("next", "")
    try:
        with db.reading(engine()) as reading:
            asked = entering.candidate(reading, login, current_app.config["DEMO"])
        fitted = entering.fits(asked, password)
        with db.transaction(engine()) as transaction:
            entry = entering.enter(transaction, asked, fitted, moment())
    except db.Unavailable:  # the same for a right and a wrong password: no failure can be counted now
        guard.open_windows()
        return _door(login=login, error=NOT_NOW, kept=kept, next_page=next_page), 503
    if entry.person is None:
        return _door(login=login, error=entry.message, kept=kept, next_page=next_page), 401
    waited = guard.waits()
    guard.sign_in(entry.person, entry.stamp)
    if entry.person.one_time:
        return redirect(url_for("entry.password"), 303)
    if kept:
        return _resume(kept, waited)
    return redirect(next_page if _is_ours(next_page) else url_for("consult.start"), 303)


@pages.post("/logout")
@needs(SIGNED_IN)
def leave() -> Response:
    """Ends this session, also when it cannot be recorded: nobody else may go on in this name."""
    try:
        with db.transaction(engine()) as transaction:
            entering.leave(transaction, person(), moment())
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
    """A new password; every other session of this person ends. Hashing is done before the database is held."""
    form, by = request.form, person()
    with db.reading(engine()) as reading:
        asked = entering.candidate(reading, by.login, current_app.config["DEMO"])
    fitted = entering.fits(asked, form.get("old", ""))
    new = entering.new_password(by.login, form.get("old", ""), form.get("new", ""), form.get("again", ""))
    with db.transaction(engine()) as transaction:
        stamp, faults = entering.change_password(transaction, by, asked, fitted, new, moment())
    if faults:
        return _password(faults), 400
    guard.sign_in(replace(by, one_time=False), stamp)
    flash("パスワードを変えました")
    return redirect(url_for("consult.start"), 303)


def _password(fields: dict[str, str]) -> str:
    return render_template("entry/password.html", fields=fields, shortest=entering.SHORTEST_PASSWORD)


def ask() -> tuple[str, int] | Response:
    """The login page in the place of what was asked for. What a form held travels on in it, sealed."""
    if request.method == "GET":
        place = request.full_path.rstrip("?")
        return redirect(url_for("entry.door", next=place if place != "/" else None), 303)
    kept = _keep()
    told = KEPT if kept else "押したことは、まだ何も変えていません。"
    return _door(notice=f"{TOO_OLD}{told}", kept=kept, next_page=_page_of(request.path)), 401


def _page_of(path: str) -> str:
    """The page a press came from, where the same address can be looked at; "" elsewhere."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RoutingException):
        return ""
    return path


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
    """True for a page of this server, never for another address: browsers read // and /\\ as one, and drop a tab."""
    return bool(re.fullmatch(r"/(?![/\\])[!-~]*|/", path))


# ---- words kept over a login --------------------------------------------------------------------


def drawn_for() -> str:
    """Stands in every form: for whom it was drawn, signed. What they typed is given back to nobody else."""
    text = _signer().dumps(person().id)
    return text if isinstance(text, str) else text.decode("ascii")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="drawn-for")


# Forms that carry a person's words, and what they are called. Everything else is pressed anew after the login.
_KEPT_FORMS = {
    "consult.find": "相談の画面",
    "consult.make_sheet": "相談の画面",
    "sheets.save": "シート",
    "sending.add": "あとから分かったこと",
    "sending.hand_on": "つなぎ先を足して送る画面",
    "steps.take": "返事か理由",
    "steps.key_in": "返信の書き写し",
    "explain.find": "しらべる画面",
    "practice.answer": "研修の練習",
    "self_check.mark_quiz": "思いこみと事実",
    "self_check.keep_confidence": "研修の自信の問い",
    "training.create": "練習の場面",
    "training.save": "練習の場面",
    "training.take_file": "場面のファイル",
    "training.open_course": "講座の名前",
}
KEPT_FOR = timedelta(hours=12)


def _keep() -> str:
    """The posted form, sealed with the data key, with owner and time; "" when nobody knows whose it is."""
    if request.endpoint not in _KEPT_FORMS:
        return ""
    try:
        owner = _signer().loads(request.form.get("drawn_for", ""))
        fields = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
        form = {"owner": owner, "at": moment().isoformat(), "place": request.endpoint, "path": request.path}
        return keys_of(engine().dialect).seal(json.dumps({**form, "fields": fields}))
    except (BadData, KeyTrouble):
        return ""


def _resume(kept: str, waited: bool) -> str | Response:
    """The kept form, to be sent once more by its owner with a fresh token.

    ``waited``: this browser was open while nobody could log in; a form drawn for nobody belongs to who comes now.
    """
    try:
        form = json.loads(keys_of(engine().dialect).open(kept))
    except (KeyTrouble, ValueError):
        form = {}
    owner = None if waited and form.get("owner", 0) is None else person().id
    if form.get("owner", 0) != owner or _stale(form["at"]):
        flash(NOT_YOURS)
        return redirect(url_for("consult.start"), 303)
    return render_template("entry/resume.html", form=form, place=_KEPT_FORMS[form["place"]])


def _stale(at: str) -> bool:
    return moment() - datetime.fromisoformat(at) > KEPT_FOR
