"""View-models of the papers. The resident's copy tells where to go and nothing of why; a desk sees its own row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from referral_app.catalogue import Catalogue
from referral_app.consent import CONSENTS, GIVEN, MAY_SHARE, SCOPES, shows
from referral_app.days import CLOSES, OPENS, clock, month_day_time, wareki, wareki_time
from referral_app.matching import Ruby
from referral_app.models import Handover, Sheet
from referral_app.sheet_input import SheetInput, as_input
from referral_app.sheets import window_of
from referral_app.types import Contact, HelpLine, Window
from referral_app.viewing import Shown, for_sender, shown

Rubies = tuple[Ruby, ...]
Read = Callable[[str], Rubies]  # text → the same text with ふりがな

# What the resident is told about "when". A call or a letter is announced only by a desk that gets the sheet
# and may use that way; whoever did not agree goes there themselves.
_WHEN = {
    "同行": "きょう。窓口の職員がごいっしょします",
    "本人が持参": "窓口が開いている日に、この紙を持って行きます",
    "": "日にちは、窓口でおたずねください",
}
_WHEN_BY_ONESELF = "ご自分で行くとき:窓口が開いている日に、この紙を持って行けます"
_WHEN_CALLED = "日にちは、この課から電話でお知らせします"
_WHEN_WRITTEN = "日にちは、この課から手紙でお知らせします"
_WHEN_SILENT = "この課から電話や手紙はしません。日にちは、窓口でおたずねください"
_DESK_KNOWS = (
    "同行",
    "電話で受理を確認",
    "庁内で送付",
)  # ways by which the desk has the story before the resident comes
_LEAD_KNOWN = (
    "次の窓口が、お話をお待ちしています。この紙を見せれば、はじめから話さなくて大丈夫です。相談の中身は書いていません。"
)
_LEAD_PLAIN = "次の窓口で、お話を聞いてもらえます。この紙を見せてください。相談の中身は書いていません。"
_ASK_RECEPTION = "市役所の受付でおたずねください"  # printed behind the word 場所
_MAY_CHANGE = "番号や時間は、変わっていることがあります。"
# A money line is printed only for a worry it answers; the paper then tells no more than a window would.
_MONEY_ITEMS = {"家賃やローンの支払い", "税金や公共料金等の支払い", "債務", "家族との関係"}
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
    hours: Rubies
    phones: tuple[str, ...]
    phone_note: Rubies


@dataclass(frozen=True)
class Line:
    """One help line on the resident's copy."""

    name: Rubies
    phone: str
    hours: Rubies
    seen: Rubies


@dataclass(frozen=True)
class ResidentCopy:
    """本人控え, ready to print: every text carries its ふりがな."""

    number: str
    day: Rubies
    lead: Rubies
    places: tuple[Place, ...]
    bring: Rubies
    say: Rubies
    opening: Rubies
    lines: tuple[Line, ...]
    otherwise: Rubies
    notice: Rubies
    sender: Rubies
    address: Rubies
    left_out: tuple[str, ...]


def resident_copy(sheet: Sheet, catalogue: Catalogue, ruby: Read, today: date) -> ResidentCopy:
    """The paper that goes home: windows, directions, help lines; no worry, no story, no risk word."""
    places: list[Place] = []
    left_out: list[str] = []
    for handover in sheet.handovers:
        window = window_of(catalogue, handover.window, handover)
        if window.outside and window.discreet:
            left_out.append(window.department)  # its very name would tell; the clerk says it aloud
            continue
        places.append(_place(len(places) + 1, handover, window, sheet, catalogue, ruby, today))
    sender = sheet.clerk_department or "市役所"
    tell = f"{sender}に「{sheet.number}」とお伝えください。"
    given = any(handover.consent in GIVEN for handover in sheet.handovers)
    return ResidentCopy(
        number=sheet.number,
        day=ruby(wareki(sheet.received_at.date())),
        lead=ruby(_LEAD_KNOWN if _all_know(sheet) else _LEAD_PLAIN),
        places=tuple(places),
        bring=ruby("この紙、あれば届いた書類"),
        say=ruby("「相談に来ました」"),
        opening=opening(ruby),
        lines=_lines(sheet, catalogue, ruby, today),
        otherwise=otherwise(catalogue, ruby),
        notice=ruby(f"同意はいつでも取り消せます。{tell}" if given else f"この紙のことは、{tell}"),
        sender=ruby(f"厚木市 {sender}" if sheet.clerk_department else "厚木市役所"),
        address=ruby(catalogue.address),
        left_out=tuple(left_out),
    )


def otherwise(catalogue: Catalogue, ruby: Read) -> Rubies:
    """The sentence under every list of help lines."""
    switchboard = catalogue.switchboard.contact.phones[0]
    return ruby(f"{_MAY_CHANGE}つながらないときは、ほかの番号か、市役所 {switchboard} へ。")


def _all_know(sheet: Sheet) -> bool:
    """True when every desk gets the sheet before the resident comes: only then nobody has to start again."""
    rows = sheet.handovers
    return bool(rows) and all(row.consent in MAY_SHARE and row.way in _DESK_KNOWS for row in rows)


def _place(
    number: int, handover: Handover, window: Window, sheet: Sheet, catalogue: Catalogue, ruby: Read, today: date
) -> Place:
    phones, note = telephones(window, catalogue, today)
    return Place(
        number=number,
        department=ruby(handover.department),
        what=() if handover.name_only or window.discreet else ruby(window.plain_name),
        when=ruby(_when(handover, sheet)),
        where=ruby(_where(handover, window)),
        hours=ruby(window.contact.hours),
        phones=phones,
        phone_note=ruby(note),
    )


def telephones(window: Window, catalogue: Catalogue, today: date) -> tuple[tuple[str, ...], str]:
    """The numbers to print for a window and the words behind them; an unknown one is the switchboard's."""
    contact = window.contact
    if contact.phones:
        return contact.phones, "" if contact.is_confirmed(today) else "つながらないときは市役所の代表へ"
    if window.outside:
        return (), "番号は、この紙を渡した窓口におたずねください"
    own = f"。{contact.name}の番号は、ここでたずねてください" if contact.name else ""
    return catalogue.switchboard.contact.phones, f"市役所の代表{own}"


def opening(ruby: Read) -> Rubies:
    """When the city's windows are open, as one sentence (hours and days: ``days``)."""
    return ruby(f"市役所の窓口は、平日{clock(OPENS)}〜{clock(CLOSES)}です。")


def _when(handover: Handover, sheet: Sheet) -> str:
    if handover.consent not in MAY_SHARE:
        return _WHEN_BY_ONESELF
    if handover.way in _WHEN:
        return _WHEN[handover.way]
    if sheet.may_phone == "よい":
        return _WHEN_CALLED
    return _WHEN_WRITTEN if sheet.may_post == "よい" else _WHEN_SILENT


def _where(handover: Handover, window: Window) -> str:
    """The place; somebody who goes to a city department of unknown place is told whom to ask."""
    goes = handover.way in ("同行", "本人が持参") or handover.consent not in MAY_SHARE
    return window.contact.place or (_ASK_RECEPTION if goes and not window.outside else "")


def _lines(sheet: Sheet, catalogue: Catalogue, ruby: Read, today: date) -> tuple[Line, ...]:
    """Lines for anyone first, one about money when a worry asks for it; never fewer than LEAST_LINES."""
    money = any(item.item in _MONEY_ITEMS for item in sheet.items)
    offered = [line for line in catalogue.help_lines if line.on_paper and line.contact.phones]
    lines = [line for line in offered if "anyone" in line.audience][:LEAST_LINES]
    lines += [line for line in offered if money and "money" in line.audience][: MOST_LINES - len(lines)]
    lines += [line for line in offered if line not in lines][: max(0, LEAST_LINES - len(lines))]
    return tuple(line_on_paper(line, ruby, today) for line in lines)


def line_on_paper(line: HelpLine, ruby: Read, today: date) -> Line:
    """A help line with its first number, its hours and the year it was seen or the day it was confirmed."""
    return Line(
        name=ruby(line.name),
        phone=line.contact.phones[0],
        hours=ruby(line.contact.hours or "時間は電話でご確認ください"),
        seen=ruby(_seen(line.contact, today)),
    )


def _seen(contact: Contact, today: date) -> str:
    if contact.confirmed and contact.is_confirmed(today):
        return f"確認日 {wareki(contact.confirmed)}"
    return f"{contact.seen[:4]}年の案内" if contact.seen else "案内の年は未確認"


@dataclass(frozen=True)
class OfficeRow:
    """One destination on the office copy. ``stop`` says why its desk gets no paper; empty when it may be shared.

    ``shown``: what the paper of this desk tells of the person, cut down to its consent.
    """

    number: int
    department: str
    programme: str
    ask: str
    way: str
    consent: str
    reason: str
    stop: str
    shown: Shown


@dataclass(frozen=True)
class OfficeCopy:
    """庁内控え with all rows, and one page per row that may be shared (``desks``)."""

    number: str
    received: str
    receiver: str
    rows: tuple[OfficeRow, ...]
    desks: tuple[OfficeRow, ...]
    consented: tuple[str, ...]
    shown: Shown
    missing: tuple[str, ...]


def office_copy(sheet: Sheet) -> OfficeCopy:
    """The papers that stay in the building. A hidden contact stays hidden on paper: it is opened on the screen only.

    Only the safe contact prints 未記入 when empty; every other empty value is a blank to be filled in by hand.
    """
    rows = tuple(_office_row(handover) for handover in sheet.handovers)
    return OfficeCopy(
        number=sheet.number,
        received=wareki_time(sheet.received_at),
        receiver=f"{sheet.clerk_department} {sheet.clerk_name}".strip(),
        rows=rows,
        desks=tuple(row for row in rows if not row.stop),
        consented=tuple(_window_name(handover) for handover in sheet.handovers if handover.consent in GIVEN),
        shown=for_sender(sheet),
        missing=missing(as_input(sheet)),
    )


def _window_name(handover: Handover) -> str:
    if handover.programme in ("", handover.department):
        return handover.department
    return f"{handover.department}({handover.programme})"


_ASK_SUPERIOR = "この課には渡さない。通告・通報にあたるときは上司に確認する"
_ENDED = {
    "returned": "差し戻された。つなぎ直すまで、この課には渡さない",
    "onward": "つなぎ直した。この課には渡さない",
    "recalled": "取り下げた。この課には渡さない",
}
_STOPS = {
    "": "同意はまだ。いただくまで、この課には渡さない",
    "refused": f"同意なし。{_ASK_SUPERIOR}",
    "withdrawn": f"同意の取り消し。{_ASK_SUPERIOR}",
}


def _office_row(handover: Handover) -> OfficeRow:
    return OfficeRow(
        number=handover.position,
        department=handover.department,
        programme=handover.programme if handover.programme != handover.department else "",
        ask=handover.ask,
        way=handover.way,
        consent=_consent(handover),
        reason=handover.legal_reason if handover.consent == "legal" else "",
        stop=_ENDED.get(handover.state, "") or _STOPS.get(handover.consent, ""),
        shown=shown(handover.sheet, shows(handover)),
    )


def _consent(handover: Handover) -> str:
    """How, by whom and when; a withdrawal says both who took it back and who had taken it."""
    taken = f"{handover.consent_by} {month_day_time(handover.consent_at)}" if handover.consent_at else ""
    if handover.consent == "withdrawn" and handover.withdrawn_at:
        text = f"取り消し {handover.withdrawn_by} {month_day_time(handover.withdrawn_at)}"
        return f"{text}(同意は {taken})" if taken else text
    text = CONSENTS.get(handover.consent, "まだ")
    if handover.consent == "legal":
        text += f"({handover.legal_ground})"
    elif handover.consent in GIVEN and handover.scope != "all":
        text += f"({SCOPES[handover.scope]})"
    return f"{text} {taken}".strip()


def missing(given: SheetInput) -> tuple[str, ...]:
    """What is still to do before the sheet can go anywhere, as short sentences."""
    waiting = sum(not handover.consent for handover in given.handovers)
    ways = sum(not handover.way and handover.consent in ("", *MAY_SHARE) for handover in given.handovers)
    rows = (
        (not given.handovers, "つなぎ先がありません"),
        (not given.explained, "説明がまだです"),
        (waiting, f"同意があと{waiting}件"),
        (ways, f"つなぎ方があと{ways}件"),
        (not given.values.get("may_phone"), "電話してよいかが未記入です"),
        (not given.items, "困りごとにチェックがありません"),
    )
    return tuple(sentence for wrong, sentence in rows if wrong)
