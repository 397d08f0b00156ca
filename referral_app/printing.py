"""View-models of the two papers. The resident's copy tells where to go and nothing of why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from referral_app.catalogue import Catalogue
from referral_app.days import month_day_time, wareki, wareki_time
from referral_app.errors import NotFound
from referral_app.matching import Ruby
from referral_app.models import Handover, Sheet
from referral_app.sheets import CONSENTS, GIVEN, SheetInput, as_input
from referral_app.types import NATIONAL_ITEMS, Contact, Window

Rubies = tuple[Ruby, ...]
Read = Callable[[str], Rubies]  # text → the same text with ふりがな

# What the resident is told about "when", by way of handing over; the department may phone only when allowed.
_WHEN = {
    "同行": "きょう。窓口の職員がごいっしょします",
    "電話で受理を確認": "日にちは、この課からお知らせします",
    "本人が持参": "窓口が開いている日に、この紙を持って行きます",
    "庁内で送付": "日にちは、この課からお知らせします",
    "": "日にちは、窓口でおたずねください",
}
_WHEN_NO_PHONE = "この課から電話はしません。日にちは、窓口でおたずねください"
_LEAD_CONSENTED = (
    "次の窓口が、お話をお待ちしています。この紙を見せれば、はじめから話さなくて大丈夫です。相談の中身は書いていません。"
)
_LEAD_PLAIN = "次の窓口で、お話を聞いてもらえます。この紙を見せてください。相談の中身は書いていません。"
LEAST_LINES = 2  # never one help line alone: connection rates are low
MOST_LINES = 3


@dataclass(frozen=True)
class Place:
    """One window on the resident's copy. ``what`` is empty when it would say too much at home."""

    number: int
    department: Rubies
    what: Rubies
    when: Rubies
    where: Rubies
    phones: tuple[str, ...]
    phone_note: Rubies


@dataclass(frozen=True)
class Line:
    """One help line on the resident's copy."""

    name: Rubies
    phone: str
    hours: Rubies
    checked: Rubies


@dataclass(frozen=True)
class ResidentCopy:
    """本人控え, ready to print: every text carries its ふりがな."""

    number: str
    day: Rubies
    lead: Rubies
    places: tuple[Place, ...]
    bring: Rubies
    lines: tuple[Line, ...]
    otherwise: Rubies
    notice: Rubies
    sender: Rubies
    address: Rubies
    switchboard: str
    left_out: tuple[str, ...]


def resident_copy(sheet: Sheet, catalogue: Catalogue, ruby: Read, today: date) -> ResidentCopy:
    """The paper that goes home: windows, directions, help lines; no worry, no story, no risk word."""
    places: list[Place] = []
    left_out: list[str] = []
    for handover in sheet.handovers:
        window = _window(catalogue, handover)
        if window.outside and window.discreet:
            left_out.append(window.department)  # its very name would tell; the clerk says it aloud
            continue
        places.append(_place(len(places) + 1, handover, window, sheet, catalogue, ruby, today))
    switchboard = catalogue.switchboard.contact.phones[0]
    sender = sheet.clerk_department or "市役所"
    return ResidentCopy(
        number=sheet.number,
        day=ruby(wareki(sheet.received_at.date())),
        lead=ruby(_LEAD_CONSENTED if _all_consented(sheet.handovers) else _LEAD_PLAIN),
        places=tuple(places),
        bring=ruby("この紙、あれば届いた書類"),
        lines=_lines(catalogue, ruby, today),
        otherwise=ruby(f"つながらないときは、ほかの番号か、市役所 {switchboard} へ。"),
        notice=ruby(f"同意はいつでも取り消せます。{sender}に「{sheet.number}」とお伝えください。"),
        sender=ruby(f"厚木市 {sender}" if sheet.clerk_department else "厚木市役所"),
        address=ruby(catalogue.address),
        switchboard=switchboard,
        left_out=tuple(left_out),
    )


def _window(catalogue: Catalogue, handover: Handover) -> Window:
    """The window today; one that left the catalogue keeps what the sheet wrote down, with no contact."""
    try:
        return catalogue.window(handover.window)
    except NotFound:
        return Window(
            handover.window, handover.department, handover.programme, "", "", "", "", "", "", Contact(), False, True
        )


def _all_consented(handovers: Sequence[Handover]) -> bool:
    return bool(handovers) and all(handover.consent in GIVEN for handover in handovers)


def _place(
    number: int, handover: Handover, window: Window, sheet: Sheet, catalogue: Catalogue, ruby: Read, today: date
) -> Place:
    contact = window.contact
    calls = handover.way in ("電話で受理を確認", "庁内で送付")
    if contact.phones:
        phones, note = contact.phones, "" if contact.is_confirmed(today) else "つながらないときは市役所の代表へ"
    elif window.outside:
        phones, note = (), "番号は、この紙を渡した窓口におたずねください"
    else:
        phones, note = catalogue.switchboard.contact.phones, "市役所の代表"
    return Place(
        number=number,
        department=ruby(handover.department),
        what=() if handover.name_only or window.discreet else ruby(window.plain_name),
        when=ruby(_WHEN_NO_PHONE if calls and sheet.may_phone == "だめ" else _WHEN[handover.way]),
        where=ruby(contact.place),
        phones=phones,
        phone_note=ruby(note),
    )


def _lines(catalogue: Catalogue, ruby: Read, today: date) -> tuple[Line, ...]:
    lines = [line for line in catalogue.help_lines if line.on_paper and line.contact.phones][:MOST_LINES]
    return tuple(
        Line(
            name=ruby(line.name),
            phone=line.contact.phones[0],
            hours=ruby(line.contact.hours or "時間は電話でご確認ください"),
            checked=ruby(_checked(line.contact, today)),
        )
        for line in lines
    )


def _checked(contact: Contact, today: date) -> str:
    if contact.confirmed and contact.is_confirmed(today):
        return f"確認日 {wareki(contact.confirmed)}"
    return f"{contact.seen[:4]}年の案内・要確認" if contact.seen else "要確認"


@dataclass(frozen=True)
class OfficeRow:
    """One destination on the office copy. ``may_share`` is false until consent was given."""

    number: int
    department: str
    programme: str
    ask: str
    way: str
    consent: str
    may_share: bool


@dataclass(frozen=True)
class OfficeCopy:
    """庁内用: the whole form, with the answer block per destination."""

    number: str
    received: str
    receiver: str
    rows: tuple[OfficeRow, ...]
    items: tuple[tuple[str, str], ...]
    safe: tuple[tuple[str, str], ...]
    resident: tuple[tuple[str, str], ...]
    visitor: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def office_copy(sheet: Sheet) -> OfficeCopy:
    """The paper that stays in the building, as (label, value) pairs; empty values are shown as 未記入."""
    ticked = {item.item: "◎" if item.gravest else "✓" for item in sheet.items}
    return OfficeCopy(
        number=sheet.number,
        received=wareki_time(sheet.received_at),
        receiver=f"{sheet.clerk_department} {sheet.clerk_name}".strip(),
        rows=tuple(_office_row(handover) for handover in sheet.handovers),
        items=tuple((item, ticked.get(item, "")) for item in NATIONAL_ITEMS),
        safe=safe_contact(sheet),
        resident=(
            ("氏名", sheet.name),
            ("ふりがな", sheet.kana),
            ("性別", sheet.gender),
            ("生年月日か年代", sheet.birth),
            ("電話", sheet.phone),
            ("住所", sheet.address),
        ),
        visitor=(
            ("来た方の氏名", sheet.visitor_name),
            ("ご本人との関係", sheet.visitor_relation),
            ("来た方の電話", sheet.visitor_phone),
        ),
        missing=missing_from_sheet(sheet),
    )


def _office_row(handover: Handover) -> OfficeRow:
    consent = CONSENTS.get(handover.consent, "まだ")
    if handover.consent and handover.consent_at:
        consent += f" {handover.consent_by} {month_day_time(handover.consent_at)}"
    return OfficeRow(
        number=handover.position,
        department=handover.department,
        programme=handover.programme,
        ask=handover.ask,
        way=handover.way,
        consent=consent,
        may_share=handover.consent in GIVEN,
    )


def safe_contact(sheet: Sheet) -> tuple[tuple[str, str], ...]:
    """What stands in red above every telephone number."""
    return (
        ("電話", sheet.may_phone),
        ("電話してよい時間", sheet.phone_hours),
        ("留守電に残す", sheet.may_leave_message),
        ("家への郵便", sheet.may_post),
    )


def missing(given: SheetInput) -> tuple[str, ...]:
    """What is still to do before the sheet can go anywhere, as short sentences."""
    waiting = sum(not handover.consent for handover in given.handovers)
    ways = sum(not handover.way for handover in given.handovers)
    rows = (
        (not given.handovers, "つなぎ先がありません"),
        (not given.explained, "説明がまだです"),
        (waiting, f"同意があと{waiting}件"),
        (ways, f"つなぎ方があと{ways}件"),
        (not given.values.get("may_phone"), "電話してよいかが未記入です"),
        (not given.items, "困りごとにチェックがありません"),
    )
    return tuple(sentence for wrong, sentence in rows if wrong)


def missing_from_sheet(sheet: Sheet) -> tuple[str, ...]:
    """The same, for a saved sheet."""
    return missing(as_input(sheet))
