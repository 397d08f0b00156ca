"""Pages of the consultation: / (text in, windows out) and /memo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referral_app import consult as verbs
from referral_app import db, sheets
from referral_app.access import Permission
from referral_app.consult import Consultation, Question
from referral_app.errors import InvalidInput
from referral_app.matching import LONGEST_TEXT
from referral_app.web.desk import desk, engine, now, person
from referral_app.web.guard import ANYONE, needs

pages = Blueprint("consult", __name__)

THEMES = "*"  # the value of ``browse`` that shows all themes


@pages.get("/")
@needs(Permission.CONSULT)
def start() -> str:
    """An empty consultation: nothing of an earlier one is left."""
    return _page(Question(), "")


@pages.post("/")
@needs(Permission.CONSULT)
def find() -> str:
    """The same page with what was typed, chosen and found."""
    question, browse = _question(request.form)
    return _page(question, browse)


@pages.post("/sheets")
@needs(Permission.WRITE)
def make_sheet() -> Response | tuple[str, int]:
    """A draft sheet from the consultation; the only moment at which the text is stored."""
    question, browse = _question(request.form)
    consultation = verbs.consult(desk(), question, now())
    try:
        with db.transaction(engine()) as transaction:
            sheet = sheets.create(
                transaction,
                desk().catalogue,
                story=question.text,
                windows=[window.code for window in consultation.picked],
                items=consultation.items,
                birth=_age(question.person),
                by=person(),
                now=now(),
            )
            number = sheet.number
    except InvalidInput as error:
        return _render(consultation, browse, str(error)), 400
    except db.Unavailable as error:
        return _render(consultation, browse, f"まだシートを作っていません。{error}"), 503
    return redirect(url_for("sheets.edit", number=number), 303)


@pages.get("/memo")
@needs(ANYONE)
def memo() -> str:
    """The staff memo, opened by hand from any page."""
    opened = verbs.consult(desk(), Question(memo_open=True), now()).memo
    return render_template("consult/memo.html", memo=opened, today=now().date())


@pages.get("/help")
@needs(ANYONE)
def guide() -> str:
    """Keys and first steps."""
    return render_template("consult/help.html")


def _page(question: Question, browse: str) -> str:
    return _render(verbs.consult(desk(), question, now()), browse)


def _render(consultation: Consultation, browse: str, error: str = "") -> str:
    finder = desk().finder
    lexicon = finder.sources.lexicon.data if finder else None
    return render_template(
        "consult/page.html",
        consultation=consultation,
        question=consultation.question,
        themes=lexicon.themes if lexicon else (),
        dropped=_labels(consultation.question.removed),
        browse=browse,
        person_labels={code: label for code, (label, _) in lexicon.person.items()} if lexicon else {},
        catalogue=desk().catalogue,
        general=desk().catalogue.window(verbs.GENERAL_WINDOW),
        today=now().date(),
        longest=LONGEST_TEXT,
        error=error,
    )


def _labels(codes: tuple[str, ...]) -> dict[str, str]:
    finder = desk().finder
    worries = finder.sources.lexicon.worries if finder else {}
    return {code: worries[code].label for code in dict.fromkeys(codes) if code in worries}


def _age(person: tuple[str, ...]) -> str:
    finder = desk().finder
    labels = finder.sources.lexicon.data.person if finder else {}
    return next((labels[code][0] for code in person if code.startswith("age_") and code in labels), "")


def _question(form: MultiDict[str, str]) -> tuple[Question, str]:
    """The form's state after the button that was pressed (``do`` = verb:value), and the theme browsed."""
    question = Question(
        text=form.get("text", "").replace("\r\n", "\n"),
        person=tuple(form.getlist("person")),
        added=tuple(form.getlist("added")),
        removed=tuple(form.getlist("removed")) if form.get("text", "").strip() else (),
        picks=tuple(form.getlist("picks")),
        memo_open=form.get("memo") == "open",
    )
    verb, _, value = form.get("do", "").partition(":")
    browse = value if verb == "browse" else ""
    return _DEEDS[verb](question, value) if verb in _DEEDS else question, browse


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(one for one in values if one != value)


_DEEDS: dict[str, Callable[[Question, str], Question]] = {
    "pick": lambda q, code: replace(q, picks=(*_without(q.picks, code), code)),
    "unpick": lambda q, code: replace(q, picks=_without(q.picks, code)),
    "add": lambda q, code: replace(q, added=(*_without(q.added, code), code), removed=_without(q.removed, code)),
    "drop": lambda q, code: replace(q, added=_without(q.added, code), removed=(*_without(q.removed, code), code)),
    "memo": lambda q, value: replace(q, memo_open=value == "open"),
}
