"""Pages on which a trainee asks themselves: the quiz, and how sure they feel before and after. Theirs alone."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from referral_app import db, training
from referral_app.access import Permission
from referral_app.errors import InvalidInput, NotFound
from referral_app.practice import confidence, quiz
from referral_app.web.desk import desk, engine, now, person
from referral_app.web.guard import needs
from referral_app.web.practice import judged

pages = Blueprint("self_check", __name__)

SIDES = {"before": "研修の前", "after": "研修のあと"}


@pages.get("/practice/quiz")
@needs(Permission.PRACTISE)
def ask_quiz() -> str:
    """The statements; with one's own answers and the reasons once they were given."""
    with db.reading(engine()) as reading:
        said = {} if "again" in request.args else training.answers(reading, "quiz", person())
    return _quiz(said)


@pages.post("/practice/quiz")
@needs(Permission.PRACTISE)
def mark_quiz() -> ResponseReturnValue:
    """Keeps the answers and shows every reason."""
    said = judged(request.form)
    try:
        with db.transaction(engine()) as transaction:
            training.answer(transaction, "quiz", said, person(), now())
    except InvalidInput as error:
        return _quiz({}, error.fields), 400
    except db.Unavailable as error:
        return _quiz({}, {}, f"まだ保存していません。{error}", said), 503
    return redirect(url_for("self_check.ask_quiz"), 303)


def _quiz(
    said: Mapping[str, bool],
    fields: Mapping[str, str] | None = None,
    notice: str = "",
    typed: Mapping[str, bool] | None = None,
) -> str:
    return render_template(
        "self_check/quiz.html",
        marked=quiz.marked(desk().practice.myths, said),
        answered=bool(said),
        fields=fields or {},
        notice=notice,
        typed=typed or {},
        lines=training.care(None, desk().notes, desk().catalogue, now()),
        today=now().date(),
    )


@pages.get("/practice/confidence/<side>")
@needs(Permission.PRACTISE)
def ask_confidence(side: str) -> str:
    """How sure one feels in the six roles, before or after."""
    return _confidence(side)


@pages.post("/practice/confidence/<side>")
@needs(Permission.PRACTISE)
def keep_confidence(side: str) -> ResponseReturnValue:
    """Keeps it, and shows what changed."""
    typed = {code: request.form.get(code, 0, type=int) for code in confidence.ROLES}
    said = {code: step for code, step in typed.items() if step in confidence.STEPS}
    try:
        with db.transaction(engine()) as transaction:
            _side(side)
            training.answer(transaction, side, said, person(), now())
    except InvalidInput as error:
        return _confidence(side, error.fields), 400
    except db.Unavailable as error:
        return _confidence(side, {}, f"まだ保存していません。{error}", said), 503
    flash("保存しました")
    return redirect(url_for("self_check.ask_confidence", side=side), 303)


def _side(side: str) -> None:
    if side not in SIDES:
        raise NotFound("このページはありません。「研修」の一覧から選び直してください。")


def _confidence(
    side: str, fields: Mapping[str, str] | None = None, notice: str = "", typed: Mapping[str, int] | None = None
) -> str:
    _side(side)
    with db.reading(engine()) as reading:
        said = {one: training.answers(reading, one, person()) for one in SIDES}
    changes = confidence.changes(desk().practice.roles, said["before"], said["after"])
    return render_template(
        "self_check/confidence.html",
        side=side,
        sides=SIDES,
        roles=desk().practice.roles,
        levels=confidence.STEPS,
        chosen=typed or said[side],
        changes=changes,
        sentence=confidence.sentence(changes) if said["before"] and said["after"] else "",
        fields=fields or {},
        notice=notice,
    )
