"""Closed by default: every route says what it needs, and nothing is served to whom it is not for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from referral_app import accounts, db, entering
from referral_app.access import NOBODY, PERMISSIONS, Permission, Person
from referral_app.errors import Refused
from referral_app.web.desk import engine, moment, person, rules

Ask = Callable[[], tuple[str, int] | Response]
View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"  # open without a login: reads nothing that is stored about a person
SIGNED_IN = "signed in"
QUIET = ("inbox.news",)  # asked by the page itself: keeps nobody's session alive
WITH_ONE_TIME_PASSWORD = ("entry.password", "entry.change", "entry.leave")


def needs(*asked: Permission | str) -> Callable[[View], View]:
    """Declares what a route needs: ANYONE, SIGNED_IN, or one of these permissions."""

    def declare(view: View) -> View:
        view.needs = asked  # type: ignore[attr-defined]
        return view

    return declare


def needed(app: Flask, endpoint: str) -> tuple[Permission | str, ...]:
    """What the route declares; () for one that declares nothing, which is then closed to all."""
    if endpoint == "static":
        return (ANYONE,)
    return tuple(getattr(app.view_functions[endpoint], "needs", ()))


class _Visitor:
    """Flask-Login's user: number and stamp, so that a renewed stamp ends every open session."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, who: Person, stamp: str) -> None:
        self.who, self.stamp = who, stamp

    def get_id(self) -> str:
        return f"{self.who.id}:{self.stamp}"


def register(app: Flask, ask: Ask) -> None:
    """Before anything else, CSRF included: ``ask`` answers an expired form with a way to keep its words."""
    manager = LoginManager(app, add_context_processor=False)  # it would ask again while drawing the page of an error
    manager.session_protection = "strong"
    manager.user_loader(_load)
    app.before_request(lambda: _check(ask))


def _load(identity: str) -> _Visitor | None:
    """Nobody while no account can be read: the session stays, and goes on when the database is back."""
    number, _, stamp = identity.partition(":")
    try:
        with db.reading(engine()) as reading:
            who = entering.person(reading, int(number), stamp, current_app.config["DEMO"])
    except db.Unavailable:
        g.unreadable = True  # not asked again: each asking may wait for a lock
        return None
    return _Visitor(who, stamp) if who else None


def sign_in(who: Person, stamp: str) -> None:
    """A new session; nothing of an earlier one is left."""
    session.clear()
    login_user(_Visitor(who, stamp))
    session["entered"] = session["seen"] = moment().timestamp()
    g.person = who


def open_windows() -> None:
    """Nobody can log in now: this browser may find windows and open the memo without."""
    session["waiting"] = moment().timestamp()


def waits() -> bool:
    """True in a browser that was let in so."""
    return not _older(moment(), "waiting", rules().idle)


def sign_out() -> None:
    logout_user()
    session.clear()
    g.person = NOBODY


def _check(ask: Ask) -> str | Response | tuple[str, int] | None:
    if request.endpoint is None:
        return None  # answered as 404 or 405
    asked = needed(current_app, request.endpoint)
    _recognise()
    if ANYONE in asked:
        return None
    if person() is NOBODY:
        readable = _accounts_readable()
        if Permission.CONSULT in asked and (not readable or waits()):
            return None  # windows and memo must be there even when nobody can log in
        if readable:
            return ask()
        raise db.Unavailable("いまはログインを確かめられません。少し待って、もう一度お試しください。")
    if person().one_time and request.endpoint not in WITH_ONE_TIME_PASSWORD:
        return redirect(url_for("entry.password"), 303)
    if SIGNED_IN not in asked and not any(isinstance(one, Permission) and person().may(one) for one in asked):
        labels = "」か「".join(PERMISSIONS[one] for one in asked if isinstance(one, Permission))
        raise Refused(f"この画面は「{labels}」ができる人だけのものです。管理者に聞いてください。")
    return None


def _recognise() -> None:
    """Finds out who asks. A session too old ends here."""
    g.person = NOBODY
    if not current_user.is_authenticated:
        return
    if _too_old(moment()):
        sign_out()
        return
    if request.endpoint not in QUIET:
        session["seen"] = moment().timestamp()
    g.person = current_user.who


def _accounts_readable() -> bool:
    if "unreadable" in g:
        return False
    try:
        with db.reading(engine()) as reading:
            accounts.probe(reading)
    except db.Unavailable:
        return False
    return True


def _too_old(now: datetime) -> bool:
    return _older(now, "seen", rules().idle) or _older(now, "entered", rules().longest)


def _older(now: datetime, key: str, span: timedelta) -> bool:
    """True when the session's time of that name lies further back, or was never noted."""
    return now - datetime.fromtimestamp(float(session.get(key, 0))) > span
