"""Pages of the つながるシート: list, edit, print."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referral_app import db, printing
from referral_app import sheets as verbs
from referral_app.errors import Conflict, InvalidInput
from referral_app.models import Sheet
from referral_app.sheets import CHOICE_FIELDS, TEXT_FIELDS, HandoverInput, SheetInput
from referral_app.types import NATIONAL_ITEMS
from referral_app.web.desk import desk, engine, now, ruby

pages = Blueprint("sheets", __name__)


@pages.get("/sheets")
def listing() -> str:
    """All sheets, last saved first."""
    with db.reading(engine()) as reading:
        page = verbs.listing(reading, request.args.get("page", 1, type=int))
    return render_template("sheets/list.html", page=page)


@pages.get("/sheets/<number>")
def edit(number: str) -> str:
    """One sheet in its form."""
    with db.reading(engine()) as reading:
        sheet = verbs.get(reading, number)
    return _form(sheet, verbs.as_input(sheet))


@pages.post("/sheets/<number>")
def save(number: str) -> str | Response | tuple[str, int]:
    """Saves; ``do`` may add or remove a destination or go on to a print view."""
    given = _given(request.form)
    verb, _, value = request.form.get("do", "save").partition(":")
    if verb == "remove":
        given = verbs.remove_window(given, value)
    if verb == "add" and request.form.get("window"):
        given = verbs.add_window(given, desk().catalogue.window(request.form["window"]))
    try:
        with db.transaction(engine()) as transaction:
            sheet = verbs.save(transaction, desk().catalogue, number, given, now())
    except InvalidInput as error:
        return _refused(number, given, error.fields), 400
    except Conflict as error:
        return _refused(number, given, {"version": str(error)}, take_version=True), 409
    for name in ("clerk_department", "clerk_name"):
        session[name] = getattr(sheet, name)
    if verb == "print":
        return redirect(
            url_for(f"sheets.{value}" if value in ("resident", "office") else "sheets.edit", number=number), 303
        )
    flash(f"{sheet.saved_at:%H:%M} に保存しました")
    return redirect(url_for("sheets.edit", number=number), 303)


@pages.post("/sheets/<number>/discard")
def discard(number: str) -> Response:
    """Deletes a draft after the question on the form was answered."""
    with db.transaction(engine()) as transaction:
        verbs.discard(transaction, number)
    flash(f"シート {number} を消しました")
    return redirect(url_for("sheets.listing"), 303)


@pages.get("/sheets/<number>/resident")
def resident(number: str) -> str:
    """本人控え: the paper that goes home."""
    with db.reading(engine()) as reading:
        sheet = verbs.get(reading, number)
    copy = printing.resident_copy(sheet, desk().catalogue, ruby(), now().date())
    return render_template("sheets/print_resident.html", sheet=sheet, copy=copy)


@pages.get("/sheets/<number>/office")
def office(number: str) -> str:
    """庁内用: the paper that stays in the building."""
    with db.reading(engine()) as reading:
        sheet = verbs.get(reading, number)
    return render_template("sheets/print_office.html", sheet=sheet, copy=printing.office_copy(sheet))


def _refused(number: str, given: SheetInput, fields: dict[str, str], take_version: bool = False) -> str:
    """The form as keyed in, with what must be mended on top; nothing typed is lost."""
    with db.reading(engine()) as reading:
        sheet = verbs.get(reading, number)
    return _form(sheet, replace(given, version=sheet.version) if take_version else given, fields)


def _form(sheet: Sheet, given: SheetInput, fields: dict[str, str] | None = None) -> str:
    catalogue = desk().catalogue
    used = {handover.window for handover in given.handovers}
    offered = [catalogue.window(p.code) for p in catalogue.programmes.values() if p.referable and p.code not in used]
    offered += [catalogue.window(code) for code in catalogue.outside if code not in used]
    return render_template(
        "sheets/edit.html",
        sheet=sheet,
        given=given,
        fields=fields or {},
        rules=TEXT_FIELDS,
        choices=CHOICE_FIELDS,
        national_items=NATIONAL_ITEMS,
        ways=verbs.WAYS,
        consents=verbs.CONSENTS,
        longest_ask=verbs.LONGEST_ASK,
        windows={code: catalogue.window(code) for code in used},
        saved={handover.window: handover for handover in sheet.handovers},
        offered=sorted(offered, key=lambda window: (window.outside, window.department)),
        departments=catalogue.departments,
        todo=printing.missing(given),
    )


def _given(form: MultiDict[str, str]) -> SheetInput:
    """The form's fields as the verbs want them; unknown items are dropped, lengths are checked there."""
    codes = list(dict.fromkeys(form.getlist("windows")))
    return SheetInput(
        values={name: form.get(name, "").replace("\r\n", "\n").strip() for name in (*TEXT_FIELDS, *CHOICE_FIELDS)},
        items=tuple(item for item in NATIONAL_ITEMS if item in form.getlist("items")),
        gravest=form.get("gravest", ""),
        explained=form.get("explained") == "yes",
        handovers=tuple(
            HandoverInput(
                window=code,
                ask=form.get(f"ask-{code}", "").replace("\r\n", "\n").strip(),
                way=form.get(f"way-{code}", ""),
                consent=form.get(f"consent-{code}", ""),
                name_only=form.get(f"name_only-{code}") == "yes",
            )
            for code in codes
        ),
        version=form.get("version", 1, type=int),
    )
