"""Pages of a つながるシート until it is sent: list, edit, print. Whatever happens, the form keeps what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referral_app import audit, consent, db, merging, sheet_input, viewing
from referral_app import sheets as verbs
from referral_app.access import Permission
from referral_app.audit import Action, Line
from referral_app.consent import GUARDED_FIELDS
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.inbox import due
from referral_app.merging import Merged
from referral_app.models import Sheet
from referral_app.papers import copies
from referral_app.sheet_input import CHOICE_FIELDS, MOST_HANDOVERS, TEXT_FIELDS, HandoverInput, SheetInput
from referral_app.steps import STATES
from referral_app.types import NATIONAL_ITEMS, WAYS
from referral_app.viewing import SafeContact
from referral_app.web import reading, sending
from referral_app.web.desk import desk, engine, moment, now, person, rules
from referral_app.web.forms import destination, text
from referral_app.web.guard import needs

pages = Blueprint("sheets", __name__)

Refusal = tuple[str, int]


@pages.get("/sheets")
@needs(Permission.WRITE)
def listing() -> str:
    """The sheets of one's own desk, last saved first."""
    with db.transaction(engine()) as transaction:
        page = verbs.listing(transaction, person(), request.args.get("page", 1, type=int))
        audit.write(transaction, person(), moment(), Line(Action.LIST_READ, detail="sheets"))
    today = now().date()
    late = {row.id: due(row, rules(), today) for sheet in page.sheets for row in sheet.handovers}
    return render_template("sheets/list.html", page=page, due=late, states=STATES)


@pages.post("/sheets/find")
@needs(Permission.WRITE)
def find() -> Response:
    """Leads to one sheet by its number. What was typed gets into no address unless it is a number."""
    with db.reading(engine()) as session:
        number = verbs.found(session, request.form.get("number", ""), person(), now())
    if number:
        return redirect(url_for("sheets.edit", number=number), 303)
    flash("その番号のシートは、この課にはありません。R8-0001 か 0001 の形で入れてください。名前では探せません。")
    return redirect(url_for("sheets.listing"), 303)


@pages.get("/sheets/<number>")
@needs(Permission.WRITE)
def edit(number: str) -> str:
    """One sheet: a draft in its form, a sent one with the way it goes."""
    with db.reading(engine()) as session:
        sent = verbs.own(session, number, person()).sent_at
    if sent:
        return sending.show(number)
    sheet = reading.sheet(number)
    return _form(_Screen(sheet, _covered(sheet), _sign(sheet)))


@pages.post("/sheets/<number>")
@needs(Permission.WRITE)
def save(number: str) -> str | Response | Refusal:
    """Saves; ``do`` may add or remove a destination, go on to a paper or to sending, or save a lost sheet anew."""
    given = _given(request.form)
    verb, _, value = request.form.get("do", "save").partition(":")
    try:
        given = _with_button(given, verb, value)
        sheet = _store(number, given, verb)
    except InvalidInput as error:
        return _again(number, given, fields=error.fields), 400
    except verbs.Sent as error:
        return _again(number, given, notice=f"{error}打った内容は、この画面に残っています。", sent=True), 409
    except Conflict:
        return _merged(number, given), 409
    except NotFound:
        return _again(number, given, gone=True), 404
    except db.Unavailable as error:
        return _again(number, given, notice=str(error)), 503
    if verb == "open":
        return _form(_Screen(sheet, sheet_input.as_input(sheet), _sign(sheet)))
    if verb == "print" and value in ("resident", "office"):
        return redirect(url_for(f"papers.{value}", number=sheet.number), 303)
    if verb == "check":
        return redirect(url_for("sending.check", number=sheet.number), 303)
    flash(f"{sheet.saved_at:%H:%M} に保存しました")
    place = f"to-{len(given.handovers)}" if verb == "add" else None  # no window's code stands in an address
    return redirect(url_for("sheets.edit", number=sheet.number, _anchor=place), 303)


def _with_button(given: SheetInput, verb: str, value: str) -> SheetInput:
    if verb == "remove":
        return sheet_input.remove_window(given, value)
    code = request.form.get("window", "")
    if verb != "add":
        return given
    if not code:
        raise InvalidInput({"window": "足すつなぎ先を選んでください。"})
    if len(given.handovers) >= MOST_HANDOVERS:
        raise InvalidInput({"window": f"つなぎ先は {MOST_HANDOVERS} か所までです。1つ外してから足してください。"})
    try:
        return sheet_input.add_window(given, desk().catalogue.window(code))
    except NotFound as error:
        raise InvalidInput({"window": str(error)}) from None


def _store(number: str, given: SheetInput, verb: str) -> Sheet:
    catalogue = desk().catalogue
    with db.transaction(engine()) as transaction:
        try:
            reason = request.form.get("open_reason", "")
            sheet = verbs.save(transaction, catalogue, number, given, person(), now(), reason)
        except NotFound:
            if verb != "anew":
                raise
            return verbs.create_from(transaction, catalogue, given, person(), now())
        if verb == "open":
            verbs.open_contact(transaction, number, reason, person(), moment())
        return sheet


@pages.post("/sheets/<number>/discard")
@needs(Permission.WRITE)
def discard(number: str) -> Response:
    """Deletes a draft after the question on the form was answered."""
    with db.transaction(engine()) as transaction:
        verbs.discard(transaction, number, person(), moment())
    db.forget(engine())
    flash(f"シート {number} を消しました")
    return redirect(url_for("sheets.listing"), 303)


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
    sent: bool = False

    @property
    def covered(self) -> bool:
        """True when a telephone or address is not drawn: what ``given`` does not hold stays as saved."""
        return any(name not in self.given.values for name in GUARDED_FIELDS)

    @property
    def safe(self) -> SafeContact:
        """The red box; a covered contact calls for it too."""
        hidden = {name: consent.HIDDEN for name in GUARDED_FIELDS if getattr(self.sheet, name, "")}
        return viewing.safe_contact(hidden | self.given.values)


def _again(
    number: str,
    given: SheetInput,
    *,
    fields: dict[str, str] | None = None,
    notice: str = "",
    gone: bool = False,
    sent: bool = False,
) -> str:
    """The form as typed: same version, same base, and on top what happened."""
    return _form(_Screen(_saved(number), given, request.form.get("base", ""), fields, None, notice, gone, sent))


def _saved(number: str) -> Sheet:
    """The sheet as saved; an empty one under its number when it cannot be had now."""
    try:
        return reading.sheet(number)
    except (NotFound, db.Unavailable):
        return Sheet(number=number, received_at=now(), saved_at=now(), handovers=[], items=[])


def _merged(number: str, given: SheetInput) -> str:
    """After a conflict: both people's work in one form, drawn from what is saved now."""
    sheet = _saved(number)
    saved = sheet_input.as_input(sheet) if sheet.version else given
    kept = {handover.window: handover for handover in sheet.handovers}

    def name(code: str) -> str:
        return verbs.window_of(desk().catalogue, code, kept.get(code)).department

    hidden = verbs.has_hidden(sheet)
    mine = _uncovered(given) if hidden else given
    merged = merging.merge(_base(number, given.version), mine, _uncovered(saved) if hidden else saved, name)
    if hidden:
        merged = merging.with_covered(merged, _typed_of(GUARDED_FIELDS))
    return _form(_Screen(sheet, merged.given, _sign(sheet), merged=merged))


def _typed_of(names: Iterable[str]) -> dict[str, str]:
    return {name: text(request.form, name) for name in names if text(request.form, name)}


def _uncovered(given: SheetInput) -> SheetInput:
    """Without the fields that are covered on the screen: they travel neither in the form nor in its base."""
    return replace(given, values={name: value for name, value in given.values.items() if name not in GUARDED_FIELDS})


def _covered(sheet: Sheet) -> SheetInput:
    """The sheet in the shape of the form, a hidden contact left out."""
    given = sheet_input.as_input(sheet)
    return _uncovered(given) if verbs.has_hidden(sheet) else given


def _serializer(number: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"sheet-base:{number}")


def _sign(sheet: Sheet) -> str:
    """What the form was drawn from, in the form itself: signed, for this sheet only, and stored nowhere."""
    signed = _serializer(sheet.number).dumps(asdict(_covered(sheet)))
    return signed if isinstance(signed, str) else signed.decode("ascii")


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
    return render_template(
        "sheets/edit.html",
        screen=screen,
        sheet=screen.sheet,
        given=given,
        fields=screen.fields or {},
        keys=sheet_input,
        consent=consent,
        ways=WAYS,
        national_items=NATIONAL_ITEMS,
        windows={code: verbs.window_of(catalogue, code, saved.get(code)) for code in used},
        saved=saved,
        offered=[window for window in catalogue.offered() if window.code not in used],
        safe=screen.safe,
        todo=copies.missing(given),
    )


_FIELDS = (*TEXT_FIELDS, *CHOICE_FIELDS)


def _given(form: MultiDict[str, str]) -> SheetInput:
    """The form's fields as the verbs want them; unknown items are dropped, lengths are checked there."""
    return SheetInput(
        values={name: text(form, name) for name in _FIELDS if name in form or name not in GUARDED_FIELDS},
        items=tuple(item for item in NATIONAL_ITEMS if item in form.getlist("items")),
        gravest=form.get("gravest", ""),
        explained=form.get("explained") == "yes",
        handovers=tuple(
            destination(form, code, f"-{code}")
            for code in list(dict.fromkeys(form.getlist("windows")))[: MOST_HANDOVERS + 1]
        ),
        version=form.get("version", 1, type=int),
    )
