"""Pages of the trainer: write scenarios, open courses, print case cards. No page here shows one person's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from referral_app import courses, db, shelf, training
from referral_app.access import Permission
from referral_app.errors import Conflict, DataError, InvalidInput, NotFound
from referral_app.practice import files, forms
from referral_app.practice.cards import cards as cards_of
from referral_app.practice.course import LEAST_PEOPLE
from referral_app.practice.scenarios import FITS, LABELS, LEVELS, LISTENING, THEMES, TOUCHES, Scenario, values_of
from referral_app.shelf import Written
from referral_app.types import WAYS
from referral_app.web.desk import desk, engine, now, person
from referral_app.web.guard import needs

pages = Blueprint("training", __name__)

NOT_NOW = "いまは、これができません"
NOT_WRITTEN = ("csrf_token", "drawn_for", "version", "state", "do")
SPARE_ROWS = 2  # empty rows offered below those that are filled; saving brings new ones
# Rows of each table: how many are needed, how many there may be (as practice/scenarios.py checks them).
ROWS = {
    "signs": (4, 8),
    "first_words": (3, 5),
    "reveals": (3, 8),
    "windows": (3, 12),
    "handovers": (2, 5),
    "consents": (2, 4),
    "listening": (2, 5),
}
GOES = {"must": "かならずつなぐ", "also": "これもよい", "not": "ここではない"}
TABLES = (*forms.ROWS, "follow_up")  # they have fields below them and are none themselves
OWN = "~"  # before the number of a scenario written here; no code of a scenario holds it
LONGEST_REF = 10  # what any database takes as a number


@pages.errorhandler(Conflict)
def cannot(error: Conflict) -> ResponseReturnValue:
    """What cannot be done as things stand; nobody else saved anything, so the general heading would be wrong."""
    return render_template("error.html", heading=NOT_NOW, message=str(error), status=409), 409


@pages.get("/training")
@needs(Permission.TRAIN)
def start() -> str:
    """Courses, the scenarios written here, and those that ship with the tool."""
    return _list()


def _list(fields: Mapping[str, str] | None = None, title: str = "") -> str:
    practice = desk().practice
    with db.reading(engine()) as reading:
        found, own = courses.listing(reading, person()), shelf.written(reading, practice, person())
    return render_template(
        "training/list.html",
        courses=found,
        own=own,
        states=shelf.STATES,
        shipped=sorted(practice.scenarios.values(), key=lambda one: (LEVELS.index(one.level), THEMES.index(one.theme))),
        least=LEAST_PEOPLE,
        fields=fields or {},
        title=title,
        longest=courses.LONGEST_TITLE,
    )


# ---- courses ------------------------------------------------------------------------------------


@pages.post("/training/courses")
@needs(Permission.TRAIN)
def open_course() -> ResponseReturnValue:
    """A course with a code to be told to the group."""
    title = request.form.get("title", "")
    try:
        with db.transaction(engine()) as transaction:
            made = courses.start(transaction, title, person(), now())
    except InvalidInput as error:
        return _list(error.fields, title), 400
    except db.Unavailable as error:
        return _list({"title": f"まだ開いていません。{error}"}, title), 503
    return redirect(url_for("training.course", number=made.id), 303)


@pages.get("/training/courses/<int(max=2147483647):number>")
@needs(Permission.TRAIN)
def course(number: int) -> str:
    """While it is open its code; afterwards what the group found together."""
    with db.reading(engine()) as reading:
        found = courses.get(reading, number, person())
    return render_template("training/course.html", course=found, least=LEAST_PEOPLE)


@pages.post("/training/courses/<int(max=2147483647):number>/close")
@needs(Permission.TRAIN)
def close_course(number: int) -> ResponseReturnValue:
    """Ends the answering; the report is made now and does not change any more."""
    with db.transaction(engine()) as transaction:
        courses.close(transaction, desk().practice, number, person(), now())
    flash("しめきりました。まとめができました")
    return redirect(url_for("training.course", number=number), 303)


@pages.get("/training/courses/<int(max=2147483647):number>/report.csv")
@needs(Permission.TRAIN)
def report(number: int) -> Response:
    """The report as a file for Excel; stands in the record."""
    with db.transaction(engine()) as transaction:
        found, content = courses.export(transaction, number, person(), now())
    return _file(content, f"course-{found.id}.csv", "text/csv; charset=utf-8")


def _file(content: bytes, name: str, kind: str) -> Response:
    return Response(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


# ---- scenarios ----------------------------------------------------------------------------------


@pages.get("/training/scenarios/new")
@needs(Permission.TRAIN)
def blank() -> str:
    """An empty form, or one filled from another scenario (``like``)."""
    like = desk().practice.scenarios.get(request.args.get("like", ""))
    return _form(values_of(like) | {"code": ""} if like else {})


@pages.post("/training/scenarios/new")
@needs(Permission.TRAIN)
def create() -> ResponseReturnValue:
    return _save(None)


@pages.get("/training/scenarios/<int(max=2147483647):number>")
@needs(Permission.TRAIN)
def edit(number: int) -> str:
    """A scenario in its form, with what is still to be mended."""
    with db.reading(engine()) as reading:
        found = shelf.get(reading, desk().practice, number, person())
    return _form(found.values, found.faults, found.id, found.version, found.state)


@pages.post("/training/scenarios/<int(max=2147483647):number>")
@needs(Permission.TRAIN)
def save(number: int) -> ResponseReturnValue:
    return _save(number)


def _save(number: int | None) -> ResponseReturnValue:
    """Keeps the text, with its faults if need be; then tries or publishes it where that was asked."""
    values, do = _values(), request.form.get("do", "")
    version, state = request.form.get("version", 0, type=int), request.form.get("state", "draft")
    try:
        with db.transaction(engine()) as transaction:
            found = shelf.save(transaction, desk().practice, number, values, version, person(), now())
    except InvalidInput as error:
        return _form(values, error.fields, number, version, state, "まだ保存していません。"), 400
    except Conflict as error:
        return _form(values, {}, number, _version(number), state, str(error)), 409
    except db.Unavailable as error:
        return _form(values, {}, number, version, state, f"まだ保存していません。{error}"), 503
    return _then(do, found)


def _then(do: str, found: Written) -> ResponseReturnValue:
    if found.scenario is None or do not in ("try", "publish"):
        flash("保存しました" if found.scenario else "下書きを保存しました。出すまえに、直すところがあります")
        return redirect(url_for("training.edit", number=found.id), 303)
    with db.transaction(engine()) as transaction:
        if do == "try":
            run = training.begin(transaction, found.scenario, person(), now()).id
            return redirect(url_for("practice.part", number=run, name="notice"), 303)
        shelf.publish(transaction, desk().practice, found.id, person(), now())
    flash("出しました。受講者の一覧にのります")
    return redirect(url_for("training.start"), 303)


def _version(number: int | None) -> int:
    with db.reading(engine()) as reading:
        return shelf.get(reading, desk().practice, number, person()).version if number else 0


@pages.post("/training/scenarios/<int(max=2147483647):number>/withdraw")
@needs(Permission.TRAIN)
def withdraw(number: int) -> ResponseReturnValue:
    """Takes a scenario off the trainees' list."""
    with db.transaction(engine()) as transaction:
        shelf.withdraw(transaction, desk().practice, number, person(), now())
    flash("引っこめました。始めている人は、つづけられます")
    return redirect(url_for("training.start"), 303)


def _values() -> dict[str, Any]:
    """The scenario's mapping behind the form; several ticks of one name are lines of one field."""
    form = {name: "\n".join(request.form.getlist(name)).replace("\r\n", "\n") for name in request.form}
    return forms.from_form({name: text for name, text in form.items() if name not in (*NOT_WRITTEN, *TABLES)})


def _form(
    values: Mapping[str, Any],
    faults: Mapping[str, str] | None = None,
    number: int | None = None,
    version: int = 0,
    state: str = "draft",
    notice: str = "",
) -> str:
    practice = desk().practice
    shown = {
        table: min(most, max(least, len(values.get(table, ())) + SPARE_ROWS)) for table, (least, most) in ROWS.items()
    }
    finder = desk().finder
    themes = {theme.code: theme.label for theme in finder.sources.lexicon.data.themes} if finder else {}
    return render_template(
        "training/scenario.html",
        form=forms.to_form(values),
        faults=faults or {},
        number=number,
        version=version,
        state=state,
        states=shelf.STATES,
        notice=notice,
        rows=shown,
        labels=LABELS,
        choices={
            "level": dict(zip(LEVELS, LEVELS, strict=True)),
            "theme": {code: themes.get(code, code) for code in THEMES},
            "fit": {code: GOES[code] for code in FITS},
            "way": dict(zip(WAYS, WAYS, strict=True)),
            "point": dict(zip(LISTENING, LISTENING, strict=True)),
            "touches": dict(zip(TOUCHES, TOUCHES, strict=True)),
            "shows": dict(zip(LISTENING, LISTENING, strict=True)),
            "asks": {code: kind.label for code, kind in practice.kinds.items()},
            "myths": {code: myth.statement for code, myth in practice.myths.items()},
        },
        windows=desk().catalogue.offered(),
        catalogue=desk().catalogue,
    )


# ---- files and paper ----------------------------------------------------------------------------


@pages.get("/training/import")
@needs(Permission.TRAIN)
def ask_file() -> str:
    """Where another trainer's file is handed in."""
    return render_template("training/import.html", fields={}, text="")


@pages.post("/training/import")
@needs(Permission.TRAIN)
def take_file() -> ResponseReturnValue:
    """A draft out of a file or out of pasted text."""
    handed = request.files.get("file")
    text = handed.read().decode("utf-8-sig", "replace") if handed and handed.filename else request.form.get("text", "")
    try:
        if not text.strip():
            raise InvalidInput({"text": "ファイルをえらぶか、中身を貼りつけてください。"})
        with db.transaction(engine()) as transaction:
            found = shelf.take_in(transaction, desk().practice, text, person(), now())
    except InvalidInput as error:
        return render_template("training/import.html", fields=error.fields, text=text), 400
    except DataError as error:
        line = f"{error.line}行目: " if error.line else ""
        return render_template("training/import.html", fields={"text": f"{line}{error.reason}"}, text=text), 400
    except db.Unavailable as error:
        return render_template(
            "training/import.html", fields={"text": f"まだ読みこんでいません。{error}"}, text=text
        ), 503
    flash("下書きに読みこみました。確かめてから出してください")
    return redirect(url_for("training.edit", number=found.id), 303)


@pages.get("/training/file/<ref>")
@needs(Permission.TRAIN)
def hand_out(ref: str) -> Response:
    """A scenario as a file for another trainer."""
    scenario = _find(ref)
    return _file(files.to_text(scenario).encode("utf-8"), f"{scenario.code}.toml", "application/toml; charset=utf-8")


@pages.get("/training/cards/<ref>")
@needs(Permission.TRAIN)
def cards(ref: str) -> str:
    """Case cards for a role-play in threes, to be printed."""
    scenario = _find(ref)
    return render_template("training/cards.html", scenario=scenario, cards=cards_of(scenario, desk().practice))


def _find(ref: str) -> Scenario:
    """A shipped scenario by its code, or one written here by ``~`` and its number. Raises NotFound, Conflict."""
    practice = desk().practice
    if not (ref.startswith(OWN) and ref[1:].isdecimal() and len(ref) < LONGEST_REF):
        if ref not in practice.scenarios:
            raise NotFound("この場面はありません。「研修の準備」の一覧から選び直してください。")
        return practice.scenarios[ref]
    with db.reading(engine()) as reading:
        found = shelf.get(reading, practice, int(ref[1:]), person())
    if found.scenario is None:
        raise Conflict("この場面には、まだ直すところがあります。場面を開いて、直してからもう一度お試しください。")
    return found.scenario
