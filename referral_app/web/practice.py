"""Pages of the training: choose a scenario, play it step by step, look back. Every answer is its trainee's alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from referral_app import consult, db, shelf, training
from referral_app.access import Permission
from referral_app.consult import Question
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.practice import runs
from referral_app.practice.grading import MARKS, STEPS
from referral_app.practice.runs import Line, Run
from referral_app.practice.scenarios import LEVELS, LONGEST_FOLLOW_UP, THEMES, Scenario
from referral_app.training import Deed, Played
from referral_app.types import HelpLine, Window
from referral_app.web.desk import desk, engine, now, person
from referral_app.web.forms import text
from referral_app.web.guard import needs

pages = Blueprint("practice", __name__)

Form = MultiDict[str, str]

# The pages of a run in their order → the step each belongs to.
PARTS = {
    "notice": "notice",
    "speak": "speak",
    "listen": "listen",
    "connect": "connect",
    "agree": "connect",
    "watch": "watch",
    "spread": "spread",
}
FOLLOW_UPS = (0, 1, 3, 7, 14, 30)  # days offered; any other day can be written
# How a mark reads in one step where the general word (grading.MARKS) would be odd: step → mark → words.
TOLD = {
    "speak": {"missed": "よい例", "also": "ほかのよい例", "over": "ここでは合わない", "unlisted": "自分の言葉"},
    "listen": {"found": "聴けた", "missed": "まだ聴けていない"},
    "connect": {"missed": "よい例", "also": "ほかのよい例", "over": "ここでは合わない"},
    "watch": {"missed": "決めていない", "over": "日を見直す"},
    "spread": {"found": "理由と同じ", "missed": "理由とちがう・未回答"},
    "windows": {"missed": "見のがした窓口", "over": "ここではない窓口", "also": "これもよい窓口"},
    "notice": {"over": "しるしとはかぎらない"},
}
NOT_NOW = "この練習は、いまは進められません"
STAYS = ("find", "pick", "drop", "ask")  # buttons after which the same page comes again


@pages.errorhandler(Conflict)
def cannot(error: Conflict) -> ResponseReturnValue:
    """A run that ended, or whose scenario is gone: nobody else saved, so the general heading would be wrong."""
    return render_template("error.html", heading=NOT_NOW, message=str(error), status=409), 409


# ---- the list -----------------------------------------------------------------------------------


@pages.get("/practice")
@needs(Permission.PRACTISE)
def start() -> str:
    """All scenarios by level and theme, and what one has done so far."""
    return _list()


def _list(fields: Mapping[str, str] | None = None, code: str = "") -> str:
    with db.reading(engine()) as reading:
        scenarios = shelf.playable(reading, desk().practice)
        past = training.history(reading, person())
        course = training.course_of(reading, person())
    level = request.args.get("level", LEVELS[0])
    order = sorted(scenarios.values(), key=lambda one: (LEVELS.index(one.level), THEMES.index(one.theme), one.title))
    return render_template(
        "practice/list.html",
        scenarios=scenarios,
        shown=[one for one in order if one.level == level],
        level=level,
        levels=LEVELS,
        counts_by_level={one: sum(s.level == one for s in order) for one in LEVELS},
        themes=_themes(),
        past=past,
        chart=training.chart(past),
        steps=STEPS,
        course=course,
        lines=training.care(None, desk().notes, desk().catalogue, now()),
        today=now().date(),
        fields=fields or {},
        code=code,
    )


def _themes() -> dict[str, str]:
    finder = desk().finder
    return {theme.code: theme.label for theme in finder.sources.lexicon.data.themes} if finder else {}


@pages.get("/practice/scenarios/<code>")
@needs(Permission.PRACTISE)
def front(code: str) -> str:
    """Before a run: what it touches, the way out, whom to call; then the beginning."""
    with db.reading(engine()) as reading:
        scenario = _choose(shelf.playable(reading, desk().practice), code)
    lines = _care(scenario)
    return render_template(
        "practice/front.html", scenario=scenario, themes=_themes(), steps=STEPS, lines=lines, today=now().date()
    )


@pages.post("/practice/scenarios/<code>")
@needs(Permission.PRACTISE)
def begin(code: str) -> ResponseReturnValue:
    """A new run."""
    with db.transaction(engine()) as transaction:
        scenario = _choose(shelf.playable(transaction, desk().practice), code)
        number = training.begin(transaction, scenario, person(), now()).id
    return redirect(url_for("practice.part", number=number, name="notice"), 303)


def _choose(scenarios: Mapping[str, Scenario], code: str) -> Scenario:
    if code not in scenarios:
        raise NotFound("この場面はありません。「研修」の一覧から選び直してください。")
    return scenarios[code]


def _care(scenario: Scenario) -> tuple[HelpLine, ...]:
    return training.care(scenario, desk().notes, desk().catalogue, now())


# ---- a run --------------------------------------------------------------------------------------


@pages.get("/practice/runs/<int(max=2147483647):number>")
@needs(Permission.PRACTISE)
def go_on(number: int) -> ResponseReturnValue:
    """To the first page with nothing in it, or to the review."""
    with db.reading(engine()) as reading:
        played = training.get(reading, desk().practice, number, person())
    if played.row.finished_at:
        return redirect(url_for("practice.review", number=number), 303)
    done = runs.done(played.run)
    name = next((part for part, step in PARTS.items() if step not in done), "spread")
    return redirect(url_for("practice.part", number=number, name=name), 303)


@pages.get("/practice/runs/<int(max=2147483647):number>/<name>")
@needs(Permission.PRACTISE)
def part(number: int, name: str) -> ResponseReturnValue:
    """One page of a run."""
    _known(name)
    with db.reading(engine()) as reading:
        played = training.get(reading, desk().practice, number, person())
    if played.row.finished_at:
        return redirect(url_for("practice.review", number=number), 303)
    return _part(played, name)


@pages.post("/practice/runs/<int(max=2147483647):number>/<name>")
@needs(Permission.PRACTISE)
def answer(number: int, name: str) -> ResponseReturnValue:
    """Keeps what was chosen or written; then the next page, the same page (asking, searching), or the review."""
    _known(name)
    form = request.form
    do = form.get("do", "").partition(":")[0]
    try:
        with db.transaction(engine()) as transaction:
            played = training.act(transaction, desk().practice, number, _DEEDS[name](form), person(), now())
            if do == "finish":
                training.finish(transaction, desk().practice, number, person(), now())
    except InvalidInput as error:
        return _again(number, name, fields=error.fields), 400
    except db.Unavailable as error:
        return _again(number, name, notice=f"まだ保存していません。{error}"), 503
    if do == "finish":
        return redirect(url_for("practice.review", number=number), 303)
    if name == "connect" and do in STAYS:
        return _part(played, name, form)
    order = list(PARTS)
    following = name if name == "listen" and do in STAYS else order[min(order.index(name) + 1, len(order) - 1)]
    return redirect(url_for("practice.part", number=number, name=following), 303)


def _known(name: str) -> None:
    if name not in PARTS:
        raise NotFound("このページはありません。「研修」の一覧から選び直してください。")


def _again(number: int, name: str, fields: Mapping[str, str] | None = None, notice: str = "") -> str:
    """The page once more, with what was typed and what is to be told."""
    with db.reading(engine()) as reading:
        played = training.get(reading, desk().practice, number, person())
    return _part(played, name, request.form, fields, notice)


def _part(
    played: Played, name: str, typed: Form | None = None, fields: Mapping[str, str] | None = None, notice: str = ""
) -> str:
    practice, today = desk().practice, now().date()
    text = typed.get("text", "") if typed else ""
    return render_template(
        f"practice/{name}.html",
        number=played.row.id,
        run=played.run,
        scenario=played.scenario,
        name=name,
        parts=PARTS,
        steps=STEPS,
        done=runs.done(played.run),
        points=practice.listener.rubric.points,
        myths=practice.myths,
        lines=_care(played.scenario),
        typed=typed,
        fields=fields or {},
        notice=notice,
        today=today,
        days={days: today + timedelta(days=days) for days in FOLLOW_UPS},
        sheet=_windows(_lines(typed) if typed and (fields or notice) else played.run.lines),
        last_day=today + timedelta(days=LONGEST_FOLLOW_UP),
        found=consult.consult(desk(), Question(text=text), now()) if name == "connect" and text.strip() else None,
        catalogue=desk().catalogue,
        longest=runs.LONGEST_QUESTION,
        longest_request=runs.LONGEST_REQUEST,
    )


def _windows(lines: Sequence[Line]) -> list[tuple[Line, Window]]:
    """The lines of a practice sheet with their windows; a code that is none is left out."""
    known = (*desk().catalogue.programmes, *desk().catalogue.outside)
    return [(line, desk().catalogue.window(line.window)) for line in lines if line.window in known]


@pages.get("/practice/runs/<int(max=2147483647):number>/review")
@needs(Permission.PRACTISE)
def review(number: int) -> str:
    """What was noticed and missed, with every reason."""
    with db.reading(engine()) as reading:
        played, made = training.review(reading, desk().practice, number, person())
    return render_template(
        "practice/review.html",
        number=number,
        scenario=played.scenario,
        run=played.run,
        review=made,
        marks=MARKS,
        told=TOLD,
        catalogue=desk().catalogue,
        cautions={row.name: row.why for row in desk().practice.listener.rubric.cautions},
        lines=_care(played.scenario),
        today=now().date(),
    )


@pages.post("/practice/runs/<int(max=2147483647):number>/delete")
@needs(Permission.PRACTISE)
def forget(number: int) -> ResponseReturnValue:
    """Deletes one run of one's own."""
    with db.transaction(engine()) as transaction:
        training.forget(transaction, number, person())
    db.forget(engine())
    flash("この練習を消しました")
    return redirect(url_for("practice.start"), 303)


@pages.post("/practice/delete")
@needs(Permission.PRACTISE)
def forget_all() -> ResponseReturnValue:
    """Deletes everything one has answered."""
    with db.transaction(engine()) as transaction:
        training.forget_all(transaction, person())
    db.forget(engine())
    flash("練習と答えを、すべて消しました")
    return redirect(url_for("practice.start"), 303)


# ---- what a form does in a run ------------------------------------------------------------------


def _notice(form: Form) -> Deed:
    return lambda run, scenario: runs.notice(run, scenario, form.getlist("signs", type=int))


def _speak(form: Form) -> Deed:
    number, own = form.get("first_words", 0, type=int), text(form, "own_words")
    nothing = form.get("do") == "finish" and not number and not own

    def deed(run: Run, scenario: Scenario) -> Run:
        if nothing or run.first_words or run.own_words:
            return run  # said once, like every first word
        return runs.speak(run, scenario, desk().practice, number, own)[0]

    return deed


def _listen(form: Form) -> Deed:
    question = text(form, "question")
    if form.get("do") != "ask" and not question:
        return lambda run, scenario: run
    return lambda run, scenario: runs.ask(run, scenario, desk().practice, question)[0]


def _connect(form: Form) -> Deed:
    lines = _lines(form)
    return lambda run, scenario: runs.fill(run, desk().practice, lines)


def _lines(form: Form) -> list[Line]:
    """The practice sheet after the button that was pressed."""
    verb, _, code = form.get("do", "").partition(":")
    codes = [one for one in form.getlist("window") if not (verb == "drop" and one == code)]
    codes += [code] if verb == "pick" else []
    return [Line(one, text(form, f"request.{one}")) for one in dict.fromkeys(codes)]


def _agree(form: Form) -> Deed:
    chosen = form.get("handover", 0, type=int), form.get("consent", 0, type=int)
    return lambda run, scenario: runs.hand_over(run, scenario, *chosen)


def _watch(form: Form) -> Deed:
    days = _days(form)
    return lambda run, scenario: runs.follow(run, days)


def _days(form: Form) -> int | None:
    """In how many days: one of those offered, or until the day that was written. Raises InvalidInput."""
    chosen, written = form.get("follow_up", ""), form.get("day", "").strip()
    if chosen != "other" and not (written and not chosen):
        return int(chosen) if chosen.isdecimal() and len(chosen) < 4 else None
    try:
        return (date.fromisoformat(written) - now().date()).days
    except ValueError:
        raise InvalidInput({"day": "日付を、2026-12-08 のように書いてください。"}) from None


def _spread(form: Form) -> Deed:
    return lambda run, scenario: runs.judge(run, scenario, judged(form))


_DEEDS: Mapping[str, Callable[[Form], Deed]] = {
    "notice": _notice,
    "speak": _speak,
    "listen": _listen,
    "connect": _connect,
    "agree": _agree,
    "watch": _watch,
    "spread": _spread,
}


def judged(form: Form) -> dict[str, bool]:
    """Statement → ○ or ×, of those that were answered."""
    return {code: form[f"myth.{code}"] == "yes" for code in desk().practice.myths if form.get(f"myth.{code}")}


# ---- a course -----------------------------------------------------------------------------------


@pages.post("/practice/join")
@needs(Permission.PRACTISE)
def join() -> ResponseReturnValue:
    """Joins a course by its code."""
    code = request.form.get("code", "")
    try:
        with db.transaction(engine()) as transaction:
            title = training.join(transaction, code, person(), now()).title
    except InvalidInput as error:
        return _list(error.fields, code), 400
    except db.Unavailable as error:
        return _list({"code": f"まだ入っていません。{error}"}, code), 503
    flash(f"「{title}」に入りました")
    return redirect(url_for("practice.start"), 303)


@pages.post("/practice/leave")
@needs(Permission.PRACTISE)
def leave() -> ResponseReturnValue:
    """Leaves the course; one's own answers count there no more."""
    with db.transaction(engine()) as transaction:
        training.leave(transaction, person())
    flash("講座から出ました。ここまでの答えは、講座のまとめに入りません")
    return redirect(url_for("practice.start"), 303)
