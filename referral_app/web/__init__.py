"""Floor 3, pages: HTTP only. A form becomes one verb's arguments, its value becomes a template."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Response, current_app, request
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import Engine

from referral_app import __version__, db
from referral_app import rules as rule_files
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.days import month_day, month_day_time, wareki, wareki_time
from referral_app.papers.stationery import Job, Stationery
from referral_app.sealing import KeyFile
from referral_app.web import (
    accounts,
    api,
    consult,
    entry,
    errors,
    explain,
    guard,
    inbox,
    papers,
    practice,
    record,
    self_check,
    sending,
    sheets,
    steps,
    training,
)
from referral_app.web.desk import person

# Everything a page needs comes from this server; nothing may be framed or leak an address.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
LARGEST_REQUEST = 512 * 1024  # bytes: a form with 10,000 characters, percent-encoded, is 90 KB


def create_app(
    settings: Settings,
    desk: Desk | None = None,
    engine: Engine | None = None,
    demo: bool = False,
    stationery: Stationery | None = None,
) -> Flask:
    """The whole application for one home. Raises DataError for a bad data file.

    demo: the login page offers the demo's accounts, every page says that no real person's data may be entered.
    """
    app = Flask("referral_app", template_folder=str(settings.templates))
    _configure(app, settings, demo)
    guard.register(app, entry.ask)
    csrf = CSRFProtect(app)
    app.extensions["desk"] = desk or Desk.open(settings)
    app.extensions["engine"] = engine or db.open_engine(settings.database_url, KeyFile(settings.key_file))
    app.extensions["ruby"] = app.extensions["desk"].ruby
    app.extensions["rules"] = rule_files.load(settings.data / "rules.toml")
    app.extensions["clock"] = datetime.now
    app.extensions["stationery"] = stationery or Stationery.open(settings, app.extensions["desk"])
    app.extensions["leaflets"] = Job()
    app.context_processor(_everywhere)
    for module in (entry, consult, sheets, sending, steps, inbox, papers, explain, accounts, record, api, *_TRAINING):
        app.register_blueprint(module.pages)
    csrf.exempt(api.pages)  # answers a question, changes nothing, reads no cookie
    errors.register(app)
    app.after_request(_headers)
    return app


def _configure(app: Flask, settings: Settings, demo: bool) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        SESSION_COOKIE_NAME="tsunagaru",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.https,
        DEMO=demo,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        TRUSTED_HOSTS=["127.0.0.1", "localhost", "[::1]", *settings.hosts],
        WTF_CSRF_TIME_LIMIT=None,  # a consultation may last; the token ends with the session
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined  # a forgotten value must fail in the tests, not at the counter
    app.jinja_env.filters.update(
        month_day=month_day, month_day_time=month_day_time, wareki=wareki, wareki_time=wareki_time
    )
    app.jinja_env.globals.update(app_version=__version__)


def _everywhere() -> dict[str, object]:
    """What every page draws: who is logged in, what waits for them, what each form carries."""
    place = request.endpoint if request.endpoint == "record.keeping" else _PLACES.get(request.blueprint or "", "")
    return {
        "person": person(),
        "counts": inbox.counts(),
        "drawn_for": entry.drawn_for,
        "here": place,
        "training": request.blueprint in [module.pages.name for module in _TRAINING],
    }


# The pages that say 研修用, their errors too.
_TRAINING = (practice, self_check, training)

# blueprint → the entry of the navigation it belongs to
_PLACES = {
    "consult": "consult.start",
    "sheets": "sheets.listing",
    "sending": "sheets.listing",
    "steps": "sheets.listing",
    "inbox": "inbox.listing",
    "papers": "papers.listing",
    "explain": "explain.start",
    "practice": "practice.start",
    "self_check": "practice.start",
    "training": "training.start",
    "accounts": "accounts.listing",
    "record": "record.listing",
}


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
