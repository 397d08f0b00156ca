"""Verbs on a つながるシート until it is sent: make from a consultation, save, list, discard. Then it is frozen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError

from referral_app import audit
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.catalogue import Catalogue
from referral_app.consent import (
    GUARDED_FIELDS,
    GUARDED_GROUNDS,
    GUARDED_ITEM,
    GUARDED_WINDOWS,
    MAY_SHARE,
    REASONS_TO_OPEN,
)
from referral_app.days import fiscal_year_letter, month_day_time
from referral_app.errors import Conflict, InvalidInput, NotFound, Refused
from referral_app.models import Handover, NumberCounter, Sheet, SheetItem
from referral_app.paging import place
from referral_app.sheet_input import CHOICE_FIELDS, TEXT_FIELDS, HandoverInput, SheetInput, faults, prefilled
from referral_app.types import NATIONAL_ITEMS, Contact, Window

PAGE_SIZE = 50
NUMBER = re.compile(r"R\d{1,3}-\d{4,7}")  # as _next_number gives them


@dataclass(frozen=True)
class SheetPage:
    """One page of the list, newest first."""

    sheets: tuple[Sheet, ...]
    number: int
    pages: int
    total: int


def create(
    session: Session,
    catalogue: Catalogue,
    *,
    story: str,
    windows: Sequence[str],
    items: Sequence[str],
    birth: str = "",
    by: Person,
    now: datetime,
) -> Sheet:
    """A draft of the clerk's desk, prefilled. Raises InvalidInput without a window, NotFound for an unknown one."""
    if not windows:
        raise InvalidInput({"picks": "窓口を1つ以上「シートに入れる」で選んでください。"})
    given = SheetInput(
        values={"story": story, "birth": birth},
        items=tuple(item for item in NATIONAL_ITEMS if item in items),
        handovers=tuple(prefilled(catalogue.window(code)) for code in dict.fromkeys(windows)),
    )
    return create_from(session, catalogue, given, by, now)


def create_from(session: Session, catalogue: Catalogue, given: SheetInput, by: Person, now: datetime) -> Sheet:
    """A new sheet, with a new number, from what stands in a form. Raises InvalidInput, Refused."""
    by.require(Permission.WRITE)
    sheet = Sheet(number=_next_number(session, now), received_at=now, saved_at=now, version=0)
    sheet.clerk_department, sheet.clerk_name = by.desk, by.name
    session.add(sheet)
    _fill(sheet, given, catalogue, by, now)
    audit.write(session, by, now, Line(Action.SHEET_MADE, sheet.number))
    return sheet


def save(
    session: Session,
    catalogue: Catalogue,
    number: str,
    given: SheetInput,
    by: Person,
    now: datetime,
    open_reason: str = "",
) -> Sheet:
    """Saves a draft as keyed in. Raises InvalidInput, NotFound, Refused; Conflict when someone saved or sent it.

    What uncovers a hidden contact (a tick taken off, a window removed) needs a reason, as opening it does.
    """
    sheet = draft(session, number, by)
    if sheet.version != given.version:
        raise Conflict(_CONFLICT)
    hidden = has_hidden(sheet)
    _fill(sheet, given, catalogue, by, now)
    if hidden and not is_guarded(sheet):
        tell_reason(session, number, None, open_reason, by, now)
    try:
        audit.write(session, by, now, Line(Action.SHEET_SAVED, sheet.number))
    except StaleDataError:  # saved between our SELECT and our UPDATE
        raise Conflict(_CONFLICT) from None
    return sheet


_CONFLICT = "このシートは、ほかの画面で先に保存されています。打った内容は、この画面に残っています。"


# The way back from a つなぎ to its sheet is at hand: joining it would load items and addenda twice.
_BACK = selectinload(Sheet.handovers).immediateload(Handover.sheet)


def get(session: Session, number: str) -> Sheet:
    """One sheet by its number (R8-0001), whoever asks; raises NotFound."""
    sheet = session.scalar(select(Sheet).where(Sheet.number == number).options(_BACK))
    if sheet is None:
        raise NotFound(f"シート {number} はありません。一覧から選び直してください。")
    return sheet


def own(session: Session, number: str, by: Person) -> Sheet:
    """A sheet of one of this person's departments. Raises NotFound, Refused."""
    sheet = get(session, number)
    by.require(Permission.WRITE)
    if sheet.clerk_department not in by.departments:
        raise Refused(f"シート {number} は、ほかの課のものです。届いたシートは、受信箱から開いてください。")
    return sheet


def draft(session: Session, number: str, by: Person) -> Sheet:
    """An own sheet that may still be changed. Raises NotFound, Refused, and Sent once it has gone."""
    sheet = own(session, number, by)
    if sheet.sent_at:
        raise Sent(
            f"シート {number} は {month_day_time(sheet.sent_at)} に送られています。送ったシートは書きかえられません。"
            "分かったことは「あとから分かったこと」に足してください。"
        )
    return sheet


class Sent(Conflict):
    """The sheet went out in between: it is frozen now."""


def read(session: Session, number: str, by: Person, now: datetime) -> Sheet:
    """An own sheet, opened: stands in the record. Raises NotFound, Refused."""
    sheet = own(session, number, by)
    audit.write(session, by, now, Line(Action.SHEET_READ, number))
    return sheet


def open_contact(session: Session, number: str, reason: str, by: Person, now: datetime) -> Sheet:
    """An own sheet whose hidden contact is opened: the reason, a key, stands in the record. Raises InvalidInput."""
    sheet = own(session, number, by)
    tell_reason(session, sheet.number, None, reason, by, now)
    return sheet


def tell_reason(session: Session, number: str, handover: int | None, reason: str, by: Person, now: datetime) -> None:
    """Writes why a hidden contact is opened. Raises InvalidInput without a reason from the list."""
    if reason not in REASONS_TO_OPEN:
        raise InvalidInput({"open_reason": "伏せた連絡先を開く理由を、一覧から選んでください。"})
    audit.write(session, by, now, Line(Action.CONTACT_OPENED, number, handover, reason))


def number_in(typed: str, now: datetime) -> str:
    """The sheet number meant by what is typed (r8-12, 0012, full width; without a year: this one's); "" for none."""
    asked = re.fullmatch(r"(?:(R\d{1,3})-)?(\d{1,7})", unicodedata.normalize("NFKC", typed).strip().upper())
    return f"{asked[1] or fiscal_year_letter(now.date())}-{int(asked[2]):04}" if asked else ""


def found(session: Session, typed: str, by: Person, now: datetime) -> str:
    """The number of an own sheet as a clerk types it; "" when there is none."""
    number = number_in(typed, now)
    mine = select(Sheet.number).where(Sheet.number == number, Sheet.clerk_department.in_(by.departments))
    return session.scalar(mine) or ""


def listing(session: Session, by: Person, page: int = 1) -> SheetPage:
    """Sheets of this person's departments by last save, newest first; a page beyond the end is the last one."""
    by.require(Permission.WRITE)
    mine = Sheet.clerk_department.in_(by.departments)
    total = session.scalar(select(func.count()).select_from(Sheet).where(mine)) or 0
    page, pages, before = place(page, total, PAGE_SIZE)
    query = select(Sheet).where(mine).order_by(Sheet.saved_at.desc(), Sheet.id.desc())
    found = session.scalars(query.limit(PAGE_SIZE).offset(before))
    return SheetPage(tuple(found), page, pages, total)


def discard(session: Session, number: str, by: Person, now: datetime) -> None:
    """Deletes a draft for good. Raises NotFound, Refused, Sent."""
    session.delete(draft(session, number, by))
    audit.write(session, by, now, Line(Action.SHEET_DISCARDED, number))


def is_guarded(sheet: Sheet) -> bool:
    """True when the sheet tells of violence: address and telephone stay hidden until opened with a reason."""
    told = any(item.item == GUARDED_ITEM for item in sheet.items)
    return told or any(row.window in GUARDED_WINDOWS or row.legal_ground in GUARDED_GROUNDS for row in sheet.handovers)


def has_hidden(sheet: Sheet) -> bool:
    """True when there is something to hide."""
    return is_guarded(sheet) and any(getattr(sheet, name) for name in GUARDED_FIELDS)


def window_of(catalogue: Catalogue, code: str, kept: Handover | None = None) -> Window:
    """The window today; one that left the catalogue keeps what the sheet wrote down, with no contact."""
    try:
        return catalogue.window(code)
    except NotFound:
        department, programme = (kept.department, kept.programme) if kept else (code, "")
        return Window(code, department, programme, programme, "", "", "", "", "", Contact(), False, True)


def _fill(sheet: Sheet, given: SheetInput, catalogue: Catalogue, by: Person, now: datetime) -> Sheet:
    kept = {handover.window: handover for handover in sheet.handovers}
    unknown = [row.window for row in given.handovers if row.window not in kept and not _known(catalogue, row.window)]
    wrong = faults(given)
    if unknown:
        wrong["handovers"] = f"{'、'.join(unknown)} は目録にない窓口です。×で外してから保存してください。"
    if wrong:
        raise InvalidInput(wrong)
    for name in (*TEXT_FIELDS, *CHOICE_FIELDS):
        if name in given.values or not sheet.version:
            setattr(sheet, name, given.values.get(name, "").strip())
    sheet.explained = given.explained
    sheet.saved_at = now
    sheet.version += 1
    kept_items = {item.item: item for item in sheet.items}
    sheet.items = [kept_items.get(item) or SheetItem(item=item) for item in NATIONAL_ITEMS if item in given.items]
    for item in sheet.items:
        item.gravest = item.item == given.gravest
    sheet.handovers = [
        fill_handover(kept.get(row.window) or new_handover(catalogue.window(row.window)), row, position, by, now)
        for position, row in enumerate(given.handovers, 1)
    ]
    return sheet


def _known(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue.programmes or code in catalogue.outside


def new_handover(window: Window) -> Handover:
    """A destination with nothing decided yet."""
    return Handover(
        window=window.code,
        department=window.department,
        programme=window.programme,
        consent="",
        consent_by="",
        withdrawn_by="",
        legal_ground="",
        legal_reason="",
        version=1,
    )


def fill_handover(handover: Handover, row: HandoverInput, position: int, by: Person, now: datetime) -> Handover:
    """Writes a row as keyed in; with a basis it stands at 同意確認, without one it is a draft again."""
    legal = (row.legal_ground, row.legal_reason.strip()) if row.consent == "legal" else ("", "")
    if (row.consent, *legal) != (handover.consent, handover.legal_ground, handover.legal_reason):
        _stamp(handover, row.consent, by.name, now)
    handover.position, handover.ask, handover.way = position, row.ask.strip(), row.way
    handover.consent, handover.name_only = row.consent, row.name_only
    handover.legal_ground, handover.legal_reason = legal
    handover.scope = row.scope
    handover.state = "consented" if row.consent in MAY_SHARE else "draft"
    return handover


def _stamp(handover: Handover, consent: str, clerk: str, now: datetime) -> None:
    """Who and when. A withdrawal is written beside the consent it takes back, not over it."""
    if consent == "withdrawn":
        if handover.consent not in MAY_SHARE:
            handover.consent_by, handover.consent_at = "", None
        handover.withdrawn_by, handover.withdrawn_at = clerk, now
        return
    handover.withdrawn_by, handover.withdrawn_at = "", None
    handover.consent_by, handover.consent_at = (clerk, now) if consent else ("", None)


def _next_number(session: Session, now: datetime) -> str:
    """R8-0001 …: counted within the fiscal year, never given twice: a paper may outlive its sheet."""
    prefix = fiscal_year_letter(now.date())
    counter = session.get(NumberCounter, prefix, with_for_update=True)
    if counter is None:
        counter = NumberCounter(prefix=prefix, last=0)
        session.add(counter)
    counter.last += 1
    return f"{prefix}-{counter.last:04}"
