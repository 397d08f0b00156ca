"""Pages that print: papers for anyone (leaflets, booklet, list, card), and a sheet's own papers as PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from referral_app import audit, db, handovers, sheets
from referral_app.access import Permission
from referral_app.audit import Action, Line
from referral_app.errors import InvalidInput, NotFound
from referral_app.models import Sheet
from referral_app.papers import copies, rereading, sheet_papers
from referral_app.papers.copies import ResidentCopy
from referral_app.papers.press import Printed
from referral_app.papers.sheet_papers import OfficePage
from referral_app.papers.stationery import Stationery
from referral_app.viewing import READABLE
from referral_app.web.desk import desk, engine, job, moment, now, person, ruby, stationery
from referral_app.web.guard import needs

pages = Blueprint("papers", __name__)

# A PDF may use what the browser's own viewer needs, and nothing from elsewhere.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


NOT_MADE = "その案内は作れません。載せられる窓口がないか、一覧にないものです。ほかのものを選んでください。"


# ---- for anyone ---------------------------------------------------------------------------------

# The papers without a subject: name in the form → what the page calls it, what it is for, how it is made.
PLAIN: dict[str, tuple[str, str, Callable[[Stationery, date], Printed]]] = {
    "card": ("SOSカード", "名刺の大きさ。A4に10枚、両面。", Stationery.card),
    "slip": ("窓口のいちらん", "だれに渡しても同じ紙。事情を知られたくない方に。A5。", Stationery.slip),
    "booklet": ("相談窓口べんり帳", "課ごとに、すべての窓口。A5の冊子。", Stationery.booklet),
}


@pages.get("/papers")
@needs(Permission.CONSULT)
def listing() -> str:
    """What can be handed to anyone, by procedure and by worry."""
    return _listing()


def _listing(error: str = "") -> str:
    finder = desk().finder
    themes = finder.sources.lexicon.data.themes if finder else ()
    shown = {one.code for one in stationery().worries.values()}
    groups = [(theme.label, [one for one in theme.worries if one.code in shown]) for theme in themes]
    return render_template(
        "papers/list.html",
        plain=PLAIN,
        moments=stationery().moments.values(),
        groups=[group for group in groups if group[1]],
        job=job(),
        error=error,
    )


@pages.post("/papers")
@needs(Permission.CONSULT)
def make() -> ResponseReturnValue:
    """One paper as PDF. By POST: which worry it is about stands in no address."""
    kind, _, code = request.form.get("paper", "").partition(":")
    today = now().date()
    try:
        if kind in PLAIN:
            return _pdf(PLAIN[kind][2](stationery(), today), kind)
        if kind == "moment":
            return _pdf(stationery().leaflet_for_moment(code, today), "leaflet")
        return _pdf(stationery().leaflet_for_worry(code, today), "leaflet")
    except NotFound:
        return _listing(NOT_MADE), 404


@pages.post("/papers/all")
@needs(Permission.CONSULT)
def begin_all() -> ResponseReturnValue:
    """Begins the file of all leaflets; several desks that ask meanwhile wait for the same one."""
    job().begin(stationery(), now().date())
    return redirect(url_for("papers.all_leaflets"), 303)


@pages.get("/papers/all")
@needs(Permission.CONSULT)
def all_leaflets() -> str:
    """How far it is, and the file when it is done."""
    return render_template("papers/all.html", job=job())


@pages.get("/papers/all/progress")
@needs(Permission.CONSULT)
def progress() -> dict[str, int | bool | str]:
    """The same for the open page."""
    return {"done": job().done, "total": job().total, "ready": job().batch is not None, "fault": job().fault}


@pages.get("/papers/all.pdf")
@needs(Permission.CONSULT)
def all_pdf() -> ResponseReturnValue:
    batch = job().batch
    return _pdf(batch.printed, "leaflets") if batch else redirect(url_for("papers.all_leaflets"), 303)


# ---- a sheet's own ------------------------------------------------------------------------------


@pages.get("/sheets/<number>/resident")
@needs(Permission.WRITE)
def resident(number: str) -> str:
    """本人控え before printing: the paper, and its readings to be mended."""
    sheet = _to_print(number, "resident")
    return _resident(sheet, _copy(sheet), {})


@pages.post("/sheets/<number>/resident.pdf")
@needs(Permission.WRITE)
def resident_pdf(number: str) -> ResponseReturnValue:
    """The paper that goes home, with the readings as mended for this one print."""
    sheet = _to_print(number, "resident")
    copy = _copy(sheet)
    readings = request.form.getlist("reading")
    try:
        mended = rereading.mended(copy, rereading.typed(copy, readings)) if readings else copy
    except InvalidInput as error:
        return _resident(sheet, copy, error.fields, readings), 400
    return _pdf(sheet_papers.resident_pdf(stationery().press, mended), number)


def _copy(sheet: Sheet) -> ResidentCopy:
    return copies.resident_copy(sheet, desk().catalogue, ruby(), now().date())


def _resident(sheet: Sheet, copy: ResidentCopy, fields: dict[str, str], typed: list[str] | None = None) -> str:
    words = rereading.words(copy)
    readings = typed if typed and len(typed) == len(words) else [word.reading for word in words]
    return render_template(
        "papers/resident.html",
        sheet=sheet,
        copy=copy,
        discreet=sheets.is_guarded(sheet),
        words=list(zip(words, readings, strict=True)),
        fields=fields,
        longest=rereading.LONGEST,
        warnings=stationery().press.warnings(copy),
    )


@pages.get("/sheets/<number>/office")
@needs(Permission.WRITE)
def office(number: str) -> str:
    """庁内用 before printing: the front desk's copy, and one page for each desk that may know."""
    sheet = _to_print(number, "office")
    copy = copies.office_copy(sheet)
    pages = sheet_papers.office_pages(copy)
    return render_template("papers/office.html", sheet=sheet, copy=copy, warnings=_warnings(pages))


@pages.post("/sheets/<number>/office.pdf")
@needs(Permission.WRITE)
def office_pdf(number: str) -> ResponseReturnValue:
    """All of 庁内用 as PDF."""
    copy = copies.office_copy(_to_print(number, "office"))
    return _pdf(sheet_papers.office_pdf(stationery().press, copy), number)


@pages.post("/inbox/<int(max=2147483647):number>/desk.pdf")
@needs(Permission.RECEIVE)
def desk_pdf(number: int) -> ResponseReturnValue:
    """The receiving desk's own page, from receipt until the end."""
    with db.transaction(engine()) as transaction:
        row = handovers.received_by(transaction, number, person())
        if row.state not in READABLE:
            raise NotFound("印刷できるのは、受け取ってからです。取り消しや差戻しのあとは、印刷できません。")
        line = Line(Action.SHEET_PRINTED, row.sheet.number, row.id, "desk")
        audit.write(transaction, person(), moment(), line)
        copy = copies.office_copy(row.sheet)
    return _pdf(sheet_papers.desk_pdf(stationery().press, copy, row.position), copy.number)


def _warnings(pages: tuple[OfficePage, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(told for page in pages for told in stationery().press.warnings(page)))


def _to_print(number: str, paper: str) -> Sheet:
    with db.transaction(engine()) as transaction:
        sheet = sheets.own(transaction, number, person())
        audit.write(transaction, person(), moment(), Line(Action.SHEET_PRINTED, number, detail=paper))
    return sheet


def _pdf(printed: Printed, name: str) -> Response:
    answer = Response(printed.pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.headers["Content-Security-Policy"] = PDF_POLICY
    return answer
