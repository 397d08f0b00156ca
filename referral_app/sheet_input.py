"""What is keyed into a sheet: its fields, their limits, and what must be mended before saving."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from referral_app.consent import CONSENTS, GIVEN, GROUNDS, SCOPES
from referral_app.models import Sheet
from referral_app.types import WAYS, Window


@dataclass(frozen=True)
class FieldRule:
    """A text field of the sheet: its label on screen and paper, and its longest input in characters."""

    label: str
    longest: int


TEXT_FIELDS = {
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
GUARDED = ("だめ", "refused", "withdrawn")  # a word that protects somebody gives way only to a person's own hand
MOST_HANDOVERS = 12
LONGEST_ASK = 300
LONGEST_REASON = 500


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
    scope: str = "all"


@dataclass(frozen=True)
class SheetInput:
    """A whole sheet as keyed in; ``values`` holds TEXT_FIELDS and CHOICE_FIELDS. A field not in it stays as saved."""

    values: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    gravest: str = ""
    explained: bool = False
    handovers: tuple[HandoverInput, ...] = ()
    version: int = 1


def prefilled(window: Window) -> HandoverInput:
    """A destination as it enters a sheet: with the window's usual request."""
    return HandoverInput(window=window.code, ask=window.what_to_say, name_only=window.discreet)


def add_window(given: SheetInput, window: Window) -> SheetInput:
    """The same input with one more destination at its end."""
    if any(handover.window == window.code for handover in given.handovers):
        return given
    return _with_handovers(given, (*given.handovers, prefilled(window)))


def remove_window(given: SheetInput, code: str) -> SheetInput:
    """The same input without that destination."""
    return _with_handovers(given, tuple(h for h in given.handovers if h.window != code))


def _with_handovers(given: SheetInput, handovers: tuple[HandoverInput, ...]) -> SheetInput:
    return replace(given, handovers=handovers)


def as_input(sheet: Sheet) -> SheetInput:
    """A saved sheet in the shape of the form."""
    return SheetInput(
        values={name: getattr(sheet, name) for name in (*TEXT_FIELDS, *CHOICE_FIELDS)},
        items=tuple(item.item for item in sheet.items),
        gravest=next((item.item for item in sheet.items if item.gravest), ""),
        explained=sheet.explained,
        handovers=tuple(
            HandoverInput(h.window, h.ask, h.way, h.consent, h.name_only, h.legal_ground, h.legal_reason, h.scope)
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
        found.update(handover_faults(handover, given.explained))
    return found


def handover_faults(row: HandoverInput, explained: bool) -> dict[str, str]:
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
            row.way not in ("", *WAYS) or row.consent not in ("", *CONSENTS) or row.scope not in SCOPES,
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
            "explained",
            row.consent in GIVEN and not explained,
            "同意の前に、渡す先と使いみちを説明し、「説明しました」にチェックを入れてください。",
        ),
    )
    return {name: sentence for name, wrong, sentence in checks if wrong}
