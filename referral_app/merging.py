"""Two people changed the same sheet: what each of them meant, and where only a person can decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from referral_app.consent import CONSENTS, GUARDED_FIELDS, HIDDEN, SCOPES
from referral_app.sheet_input import CHOICE_LABELS, GUARDED, TEXT_FIELDS, HandoverInput, SheetInput
from referral_app.types import NATIONAL_ITEMS

Name = Callable[[str], str]  # a window's code → how the clerk knows it

_ROW_LABELS = {
    "ask": "お願い",
    "way": "つなぎ方",
    "consent": "同意",
    "name_only": "本人控えには課の名前だけを出す",
    "scope": "渡してよいこと",
    "legal_ground": "法律の根拠",
    "legal_reason": "そう判断した理由",
}
_TICK = "はい"
_ITEM = "item:"


@dataclass(frozen=True)
class Clash:
    """A field both people changed. ``stays`` tells whose value stands in the form now: "saved" or "mine"."""

    field: str
    label: str
    saved: str
    mine: str
    stays: str


@dataclass(frozen=True)
class Merged:
    """The form to show after a conflict. ``taken``: labels of what only the other person had changed."""

    given: SheetInput
    clashes: tuple[Clash, ...]
    taken: tuple[str, ...]


def merge(base: SheetInput | None, mine: SheetInput, saved: SheetInput, name: Name) -> Merged:
    """Three-way: what I left alone is as saved, what I changed is mine, what both changed is listed.

    Without ``base`` (what my form was drawn from) every difference is listed. A saved word that protects
    somebody (GUARDED) stays in the form unless it stood there before and I changed it knowingly.
    """
    scales = _Scales(name)
    old, own, other = _head(base) if base else {}, _head(mine), _head(saved)
    head = {key: scales.weigh(key, old.get(key), own[key], other[key]) for key in own}
    items = tuple(item for item in NATIONAL_ITEMS if head[f"{_ITEM}{item}"])
    given = SheetInput(
        values={key: head[key] for key in (*TEXT_FIELDS, *CHOICE_LABELS)},
        items=items,
        gravest=head["gravest"] if head["gravest"] in items else "",
        explained=bool(head["explained"]),
        handovers=tuple(_rows(base, mine, saved, scales)),
        version=saved.version,
    )
    return Merged(given, tuple(scales.clashes), tuple(scales.taken))


def with_covered(merged: Merged, typed: Mapping[str, str]) -> Merged:
    """A contact hidden now stays as saved, out of the form; what I typed there is told, what is saved is not."""
    given = replace(merged.given, values={k: v for k, v in merged.given.values.items() if k not in GUARDED_FIELDS})
    told = tuple(Clash(key, TEXT_FIELDS[key].label, HIDDEN, text, "saved") for key, text in typed.items())
    return Merged(given, (*merged.clashes, *told), merged.taken)


class _Scales:
    """Decides field by field and remembers what has to be told."""

    def __init__(self, name: Name) -> None:
        self.name = name
        self.clashes: list[Clash] = []
        self.taken: list[str] = []

    def weigh(self, key: str, old: str | None, mine: str, saved: str) -> str:
        """The value for the form; ``old`` is None when nobody knows what my form was drawn from."""
        if mine == saved:
            return saved
        if old == mine:
            self.taken.append(self.label(key))
            return saved
        loosens = saved in GUARDED and mine not in GUARDED
        if old == saved and not loosens:
            return mine
        stays = "saved" if loosens and old != saved else "mine"
        self.tell(key, _shown(saved), _shown(mine), stays)
        return saved if stays == "saved" else mine

    def tell(self, key: str, saved: str, mine: str, stays: str) -> None:
        field = "items" if key == "gravest" or key.startswith(_ITEM) else key
        self.clashes.append(Clash(field, self.label(key), saved, mine, stays))

    def label(self, key: str) -> str:
        if key in TEXT_FIELDS:
            return TEXT_FIELDS[key].label
        if key.startswith(_ITEM):
            return f"困りごと「{key.removeprefix(_ITEM)}」"
        field, _, code = key.partition("-")
        if code:
            return f"{self.name(code)}の{_ROW_LABELS.get(field, 'つなぎ先')}"
        if key.startswith("may_"):
            return f"安全な連絡の「{CHOICE_LABELS[key]}」"
        return {**CHOICE_LABELS, "gravest": "いちばん重い困りごと", "explained": "説明しました"}[key]


def _head(given: SheetInput) -> dict[str, str]:
    """Everything but the destinations, as one text per field."""
    values = {key: given.values.get(key, "") for key in (*TEXT_FIELDS, *CHOICE_LABELS)}
    items = {f"{_ITEM}{item}": _TICK if item in given.items else "" for item in NATIONAL_ITEMS}
    return {**values, **items, "gravest": given.gravest, "explained": _TICK if given.explained else ""}


def _rows(base: SheetInput | None, mine: SheetInput, saved: SheetInput, scales: _Scales) -> Iterable[HandoverInput]:
    """The destinations in my order, then those the other person added."""
    old, own, other = ({row.window: row for row in one.handovers} if one else {} for one in (base, mine, saved))
    for code in dict.fromkeys((*own, *other)):
        here, there = own.get(code), other.get(code)
        if here and there:
            yield _row(here, there, old.get(code), scales)
        elif only := here or there:
            known = base is not None
            if _one_has(only, old.get(code), known, "mine" if here else "saved", scales):
                yield only


def _row(mine: HandoverInput, saved: HandoverInput, base: HandoverInput | None, scales: _Scales) -> HandoverInput:
    old, own, other = _cells(base) if base else {}, _cells(mine), _cells(saved)
    cells = {key: scales.weigh(f"{key}-{mine.window}", old.get(key), own[key], other[key]) for key in own}
    return replace(
        mine,
        ask=cells["ask"],
        way=cells["way"],
        consent=cells["consent"],
        name_only=bool(cells["name_only"]),
        scope=cells["scope"],
        legal_ground=cells["legal_ground"],
        legal_reason=cells["legal_reason"],
    )


def _cells(row: HandoverInput) -> dict[str, str]:
    cells = {key: getattr(row, key) for key in _ROW_LABELS}
    return {**cells, "name_only": _TICK if row.name_only else ""}


def _one_has(row: HandoverInput, old: HandoverInput | None, known: bool, side: str, scales: _Scales) -> bool:
    """True when the destination stays. Taken off by one and changed by the other, it stays and is listed."""
    key = f"window-{row.window}"
    if row == old:  # taken off by one, left alone by the other
        if side == "mine":
            scales.taken.append(f"{scales.label(key)}(外した)")
        return False
    if known and old is None:  # added by one
        if side == "saved":
            scales.taken.append(f"{scales.label(key)}(足した)")
        return True
    here = f"あり(同意 {_shown(row.consent)})"
    scales.tell(key, *(("なし", here) if side == "mine" else (here, "なし")), side)
    return True


def _shown(value: str) -> str:
    return CONSENTS.get(value) or SCOPES.get(value, value) or "(空)"
