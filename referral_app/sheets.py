"""Verbs on つながるシート: create from a consultation, save, list, discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from referral_app.catalogue import Catalogue
from referral_app.days import fiscal_year_letter
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.models import Handover, NumberCounter, Sheet, SheetItem
from referral_app.types import NATIONAL_ITEMS, Contact, Window


@dataclass(frozen=True)
class FieldRule:
    """A text field of the sheet: its label on screen and paper, and its longest input in characters."""

    label: str
    longest: int


TEXT_FIELDS = {
    "clerk_department": FieldRule("受付の課", 40),
    "clerk_name": FieldRule("受付者の氏名", 40),
    "name": FieldRule("氏名", 60),
    "kana": FieldRule("ふりがな", 60),
    "birth": FieldRule("生年月日か年代", 40),
    "address": FieldRule("住所", 120),
    "phone": FieldRule("電話", 40),
    "visitor_name": FieldRule("来た方の氏名", 60),
    "visitor_relation": FieldRule("ご本人との関係", 40),
    "visitor_phone": FieldRule("来た方の電話", 40),
    "phone_hours": FieldRule("電話してよい時間", 60),
    "story": FieldRule("お話", 10_000),
    "wish": FieldRule("のぞんでいること", 2_000),
    "done_so_far": FieldRule("もうしたこと", 2_000),
}
YES_NO = ("よい", "だめ")
CHOICE_FIELDS = {
    "gender": ("男", "女", "その他・答えない"),
    "may_phone": YES_NO,
    "may_leave_message": YES_NO,
    "may_post": YES_NO,
}
CHOICE_LABELS = {
    "gender": "性別",
    "may_phone": "電話",
    "may_leave_message": "留守電に残す",
    "may_post": "家への郵便",
}
WAYS = ("同行", "電話で受理を確認", "本人が持参", "庁内で送付")
CONSENTS = {
    "oral": "口頭",
    "written": "書面",
    "refused": "いただけない",
    "legal": "法律の根拠で渡す",
    "withdrawn": "取り消し",
}
GIVEN = ("oral", "written")
MAY_SHARE = (*GIVEN, "legal")
GROUNDS = (
    "生命・身体の緊急",
    "児童虐待の通告",
    "高齢者虐待・障害者虐待の通報",
    "個人情報保護法69条2項",
    "社会福祉法106条の6 支援会議",
)
GUARDED = ("だめ", "refused", "withdrawn")  # a word that protects somebody gives way only to a person's own hand
MOST_HANDOVERS = 12
LONGEST_ASK = 300
LONGEST_REASON = 500
PAGE_SIZE = 50


@dataclass(frozen=True)
class HandoverInput:
    """One destination as keyed in."""

    window: str
    ask: str = ""
    way: str = ""
    consent: str = ""
    name_only: bool = False
    legal_ground: str = ""
    legal_reason: str = ""


@dataclass(frozen=True)
class SheetInput:
    """A whole sheet as keyed in; ``values`` holds TEXT_FIELDS and CHOICE_FIELDS."""

    values: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    gravest: str = ""
    explained: bool = False
    handovers: tuple[HandoverInput, ...] = ()
    version: int = 1


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
    clerk_department: str = "",
    now: datetime,
) -> Sheet:
    """A draft prefilled from a consultation. Raises InvalidInput without a window, NotFound for an unknown one."""
    if not windows:
        raise InvalidInput({"picks": "窓口を1つ以上「シートに入れる」で選んでください。"})
    given = SheetInput(
        values={"story": story, "birth": birth, "clerk_department": clerk_department},
        items=tuple(item for item in NATIONAL_ITEMS if item in items),
        handovers=tuple(_prefilled(catalogue.window(code)) for code in dict.fromkeys(windows)),
    )
    return create_from(session, catalogue, given, now)


def create_from(session: Session, catalogue: Catalogue, given: SheetInput, now: datetime) -> Sheet:
    """A new sheet, with a new number, from what stands in a form. Raises InvalidInput."""
    sheet = Sheet(number=_next_number(session, now), received_at=now, saved_at=now, version=0)
    session.add(sheet)
    return _fill(sheet, given, catalogue, now)


def _prefilled(window: Window) -> HandoverInput:
    return HandoverInput(window=window.code, ask=window.what_to_say, name_only=window.discreet)


def save(session: Session, catalogue: Catalogue, number: str, given: SheetInput, now: datetime) -> Sheet:
    """Saves a draft as keyed in. Raises InvalidInput, NotFound, or Conflict when someone saved in between."""
    sheet = get(session, number)
    if sheet.version != given.version:
        raise Conflict(_CONFLICT)
    _fill(sheet, given, catalogue, now)
    try:
        session.flush()
    except StaleDataError:  # saved between our SELECT and our UPDATE
        raise Conflict(_CONFLICT) from None
    return sheet


_CONFLICT = "このシートは、ほかの画面で先に保存されています。打った内容は、この画面に残っています。"


def add_window(given: SheetInput, window: Window) -> SheetInput:
    """The same input with one more destination at its end."""
    if any(handover.window == window.code for handover in given.handovers):
        return given
    return _with_handovers(given, (*given.handovers, _prefilled(window)))


def remove_window(given: SheetInput, code: str) -> SheetInput:
    """The same input without that destination."""
    return _with_handovers(given, tuple(h for h in given.handovers if h.window != code))


def _with_handovers(given: SheetInput, handovers: tuple[HandoverInput, ...]) -> SheetInput:
    return replace(given, handovers=handovers)


def get(session: Session, number: str) -> Sheet:
    """One sheet by its number (R8-0001); raises NotFound."""
    sheet = session.scalar(select(Sheet).where(Sheet.number == number))
    if sheet is None:
        raise NotFound(f"シート {number} はありません。一覧から選び直してください。")
    return sheet


def listing(session: Session, page: int = 1) -> SheetPage:
    """Sheets by last save, newest first; a page beyond the end is the last one."""
    total = session.scalar(select(func.count()).select_from(Sheet)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    query = (
        select(Sheet).order_by(Sheet.saved_at.desc(), Sheet.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    )
    return SheetPage(tuple(session.scalars(query)), page, pages, total)


def discard(session: Session, number: str) -> None:
    """Deletes a draft for good."""
    session.delete(get(session, number))


def as_input(sheet: Sheet) -> SheetInput:
    """A saved sheet in the shape of the form."""
    return SheetInput(
        values={name: getattr(sheet, name) for name in (*TEXT_FIELDS, *CHOICE_FIELDS)},
        items=tuple(item.item for item in sheet.items),
        gravest=next((item.item for item in sheet.items if item.gravest), ""),
        explained=sheet.explained,
        handovers=tuple(
            HandoverInput(h.window, h.ask, h.way, h.consent, h.name_only, h.legal_ground, h.legal_reason)
            for h in sheet.handovers
        ),
        version=sheet.version,
    )


def faults(given: SheetInput) -> dict[str, str]:
    """What must be mended before saving: form field → sentence. Empty when all is well."""
    found: dict[str, str] = {}
    for name, rule in TEXT_FIELDS.items():
        length = len(given.values.get(name, ""))
        if length > rule.longest:
            found[name] = f"「{rule.label}」は {rule.longest:,} 字までです (いま {length:,} 字)。短くしてください。"
    for name, allowed in CHOICE_FIELDS.items():
        if given.values.get(name, "") not in ("", *allowed):
            found[name] = "一覧から選び直してください。"
    if given.gravest and given.gravest not in given.items:
        found["items"] = f"いちばん重い困りごと「{given.gravest}」に、チェックも入れてください。"
    if len(given.handovers) > MOST_HANDOVERS:
        found["handovers"] = f"つなぎ先は {MOST_HANDOVERS} か所までです。しぼるか、シートを分けてください。"
    for handover in given.handovers:
        found.update(_handover_faults(handover, given))
    return found


def _handover_faults(row: HandoverInput, given: SheetInput) -> dict[str, str]:
    """Every fault of the row at once: two faults must not need two rounds."""
    legal = row.consent == "legal"
    checks = (
        (
            f"ask-{row.window}",
            len(row.ask) > LONGEST_ASK,
            f"「お願い」は {LONGEST_ASK} 字までです (いま {len(row.ask)} 字)。短くしてください。",
        ),
        (
            f"consent-{row.window}",
            row.way not in ("", *WAYS) or row.consent not in ("", *CONSENTS),
            "つなぎ方と同意を、一覧から選び直してください。",
        ),
        (
            f"legal_ground-{row.window}",
            (legal and not row.legal_ground) or row.legal_ground not in ("", *GROUNDS),
            "法律の根拠で渡すときは、どの根拠かを一覧から選んでください。",
        ),
        (f"legal_reason-{row.window}", legal and not row.legal_reason.strip(), "そう判断した理由を書いてください。"),
        (
            f"legal_reason-{row.window}",
            len(row.legal_reason) > LONGEST_REASON,
            f"「理由」は {LONGEST_REASON} 字までです (いま {len(row.legal_reason)} 字)。短くしてください。",
        ),
        (
            "clerk_name",
            row.consent in (*MAY_SHARE, "withdrawn") and not given.values.get("clerk_name", "").strip(),
            "同意や判断をだれが確かめたかを残すため、受付者の氏名を入れてください。",
        ),
        (
            "explained",
            row.consent in GIVEN and not given.explained,
            "同意の前に、渡す先と使いみちを説明し、「説明しました」にチェックを入れてください。",
        ),
    )
    return {name: sentence for name, wrong, sentence in checks if wrong}


def window_of(catalogue: Catalogue, code: str, kept: Handover | None = None) -> Window:
    """The window today; one that left the catalogue keeps what the sheet wrote down, with no contact."""
    try:
        return catalogue.window(code)
    except NotFound:
        department, programme = (kept.department, kept.programme) if kept else (code, "")
        return Window(code, department, programme, programme, "", "", "", "", "", Contact(), False, True)


def _fill(sheet: Sheet, given: SheetInput, catalogue: Catalogue, now: datetime) -> Sheet:
    kept = {handover.window: handover for handover in sheet.handovers}
    unknown = [row.window for row in given.handovers if row.window not in kept and not _known(catalogue, row.window)]
    wrong = faults(given)
    if unknown:
        wrong["handovers"] = f"{'、'.join(unknown)} は目録にない窓口です。×で外してから保存してください。"
    if wrong:
        raise InvalidInput(wrong)
    for name in (*TEXT_FIELDS, *CHOICE_FIELDS):
        setattr(sheet, name, given.values.get(name, "").strip())
    sheet.explained = given.explained
    sheet.saved_at = now
    sheet.version += 1
    kept_items = {item.item: item for item in sheet.items}
    sheet.items = [kept_items.get(item) or SheetItem(item=item) for item in NATIONAL_ITEMS if item in given.items]
    for item in sheet.items:
        item.gravest = item.item == given.gravest
    sheet.handovers = [
        _fill_handover(kept.get(row.window) or _new_handover(catalogue.window(row.window)), row, position, sheet, now)
        for position, row in enumerate(given.handovers, 1)
    ]
    return sheet


def _known(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue.programmes or code in catalogue.outside


def _new_handover(window: Window) -> Handover:
    return Handover(
        window=window.code,
        department=window.department,
        programme=window.programme,
        consent="",
        consent_by="",
        withdrawn_by="",
        legal_ground="",
        legal_reason="",
    )


def _fill_handover(handover: Handover, row: HandoverInput, position: int, sheet: Sheet, now: datetime) -> Handover:
    legal = (row.legal_ground, row.legal_reason.strip()) if row.consent == "legal" else ("", "")
    if (row.consent, *legal) != (handover.consent, handover.legal_ground, handover.legal_reason):
        _stamp(handover, row.consent, sheet.clerk_name, now)
    handover.position, handover.ask, handover.way = position, row.ask.strip(), row.way
    handover.consent, handover.name_only = row.consent, row.name_only
    handover.legal_ground, handover.legal_reason = legal
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
