"""Pages of the つながるシート: list, edit, print. Whatever happens on saving, the form keeps what was typed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referral_app import db, merging, printing
from referral_app import sheets as verbs
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.merging import Merged
from referral_app.models import Sheet
from referral_app.sheets import CHOICE_FIELDS, TEXT_FIELDS, HandoverInput, SheetInput
from referral_app.types import NATIONAL_ITEMS
from referral_app.web.desk import desk, engine, now, ruby

pages = Blueprint("sheets", __name__)

Refusal = tuple[str, int]


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
    given = verbs.as_input(sheet)
    return _form(_Screen(sheet, given, _sign(number, given)))


@pages.post("/sheets/<number>")
def save(number: str) -> str | Response | Refusal:
    """Saves; ``do`` may add or remove a destination, go on to a print view, or save what was discarded anew."""
    given = _given(request.form)
    verb, _, value = request.form.get("do", "save").partition(":")
    try:
        given = _with_button(given, verb, value)
        sheet = _store(number, given, anew=verb == "anew")
    except InvalidInput as error:
        return _again(number, given, fields=error.fields), 400
    except Conflict:
        return _merged(number, given), 409
    except NotFound:
        return _again(number, given, gone=True), 404
    except db.Unavailable as error:
        return _again(number, given, notice=str(error)), 503
    session["clerk_department"] = sheet.clerk_department  # the desk is the same tomorrow, the person may not be
    if verb == "print" and value in ("resident", "office"):
        return redirect(url_for(f"sheets.{value}", number=sheet.number), 303)
    flash(f"{sheet.saved_at:%H:%M} に保存しました")
    return redirect(url_for("sheets.edit", number=sheet.number), 303)


def _with_button(given: SheetInput, verb: str, value: str) -> SheetInput:
    if verb == "remove":
        return verbs.remove_window(given, value)
    code = request.form.get("window", "")
    if verb != "add" or not code:
        return given
    try:
        return verbs.add_window(given, desk().catalogue.window(code))
    except NotFound as error:
        raise InvalidInput({"window": str(error)}) from None


def _store(number: str, given: SheetInput, anew: bool) -> Sheet:
    catalogue = desk().catalogue
    with db.transaction(engine()) as transaction:
        try:
            return verbs.save(transaction, catalogue, number, given, now())
        except NotFound:
            if not anew:
                raise
            return verbs.create_from(transaction, catalogue, given, now())


@pages.post("/sheets/<number>/discard")
def discard(number: str) -> Response:
    """Deletes a draft after the question on the form was answered."""
    with db.transaction(engine()) as transaction:
        verbs.discard(transaction, number)
    db.forget(engine())
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
    """庁内用: the front desk's copy, and one page for each desk that may know."""
    with db.reading(engine()) as reading:
        sheet = verbs.get(reading, number)
    return render_template("sheets/print_office.html", sheet=sheet, copy=printing.office_copy(sheet))


def without_token(number: str) -> Refusal:
    """The form as typed with a fresh token: an evening's work must not end with a session."""
    notice = (
        "まだ保存していません。画面を開いてから時間がたちました。打った内容は、この画面に残っています。"
        "内容を確かめて、もう一度「保存」を押してください。"
    )
    return _again(number, _given(request.form), notice=notice), 400


@dataclass(frozen=True)
class _Screen:
    """What the form shows. ``base`` is the signed state it was first drawn from, see ``_sign``."""

    sheet: Sheet
    given: SheetInput
    base: str
    fields: dict[str, str] | None = None
    merged: Merged | None = None
    notice: str = ""
    gone: bool = False


def _again(
    number: str, given: SheetInput, *, fields: dict[str, str] | None = None, notice: str = "", gone: bool = False
) -> str:
    """The form as typed: same version, same base, and on top what happened."""
    return _form(_Screen(_saved(number), given, request.form.get("base", ""), fields, None, notice, gone))


def _saved(number: str) -> Sheet:
    """The sheet as saved; an empty one under its number when it cannot be had now."""
    try:
        with db.reading(engine()) as reading:
            return verbs.get(reading, number)
    except (NotFound, db.Unavailable):
        return Sheet(number=number, received_at=now(), saved_at=now(), handovers=[])


def _merged(number: str, given: SheetInput) -> str:
    """After a conflict: both people's work in one form, drawn from what is saved now."""
    sheet = _saved(number)
    saved = verbs.as_input(sheet) if sheet.version else given
    kept = {handover.window: handover for handover in sheet.handovers}

    def name(code: str) -> str:
        return verbs.window_of(desk().catalogue, code, kept.get(code)).department

    merged = merging.merge(_base(number, given.version), given, saved, name)
    return _form(_Screen(sheet, merged.given, _sign(number, saved), merged=merged))


def _serializer(number: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"sheet-base:{number}")


def _sign(number: str, given: SheetInput) -> str:
    """What the form was drawn from, in the form itself: signed, for this sheet only, and stored nowhere."""
    text = _serializer(number).dumps(asdict(given))
    return text if isinstance(text, str) else text.decode("ascii")


def _base(number: str, version: int) -> SheetInput | None:
    """The signed state, or None when it is missing, changed on the way, or of another version."""
    try:
        found: dict[str, Any] = _serializer(number).loads(request.form.get("base", ""))
        rows = tuple(HandoverInput(**row) for row in found.pop("handovers"))
        base = SheetInput(**{**found, "items": tuple(found["items"]), "handovers": rows})
    except (BadData, KeyError, TypeError):
        return None
    return base if base.version == version else None


def _form(screen: _Screen) -> str:
    catalogue, given = desk().catalogue, screen.given
    used = {handover.window for handover in given.handovers}
    saved = {handover.window: handover for handover in screen.sheet.handovers}
    offered = [catalogue.window(p.code) for p in catalogue.programmes.values() if p.referable and p.code not in used]
    offered += [catalogue.window(code) for code in catalogue.outside if code not in used]
    return render_template(
        "sheets/edit.html",
        screen=screen,
        sheet=screen.sheet,
        given=given,
        fields=screen.fields or {},
        verbs=verbs,
        national_items=NATIONAL_ITEMS,
        windows={code: verbs.window_of(catalogue, code, saved.get(code)) for code in used},
        saved=saved,
        offered=sorted(offered, key=lambda window: (window.outside, window.department)),
        departments=catalogue.departments,
        safe=printing.safe_contact(given.values),
        todo=printing.missing(given),
    )


def _given(form: MultiDict[str, str]) -> SheetInput:
    """The form's fields as the verbs want them; unknown items are dropped, lengths are checked there."""
    return SheetInput(
        values={name: _text(form, name) for name in (*TEXT_FIELDS, *CHOICE_FIELDS)},
        items=tuple(item for item in NATIONAL_ITEMS if item in form.getlist("items")),
        gravest=form.get("gravest", ""),
        explained=form.get("explained") == "yes",
        handovers=tuple(_row(form, code) for code in dict.fromkeys(form.getlist("windows"))),
        version=form.get("version", 1, type=int),
    )


def _row(form: MultiDict[str, str], code: str) -> HandoverInput:
    return HandoverInput(
        window=code,
        ask=_text(form, f"ask-{code}"),
        way=form.get(f"way-{code}", ""),
        consent=form.get(f"consent-{code}", ""),
        name_only=form.get(f"name_only-{code}") == "yes",
        legal_ground=form.get(f"legal_ground-{code}", ""),
        legal_reason=_text(form, f"legal_reason-{code}"),
    )


def _text(form: MultiDict[str, str], name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()
