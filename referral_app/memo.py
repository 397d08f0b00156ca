"""The staff memo (対応メモ): what to do now and whom to call, by the clock. Needs no index, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from referral_app import datafile
from referral_app.catalogue import Catalogue
from referral_app.datafile import Entry
from referral_app.days import clock_line, is_open
from referral_app.types import Alert, Contact, HelpLine

KINDS = ("suicide", "self_harm", "other_person", "bereavement", "violence", "child_abuse", "by_hand")
# Which of the city's and prefecture's offices to call while they are open.
_OFFICES = {
    "violence": ("こども家庭センター",),
    "child_abuse": ("こども家庭センター",),
}
_DEFAULT_OFFICES = ("健康医療課",)
# Which help lines suit a kind beside those for anyone; a 24-hour line comes first at night.
_AUDIENCE = {"violence": ("violence",), "child_abuse": ("child",)}
SHOWN_LINES = 3


@dataclass(frozen=True)
class Note:
    """The text of one kind of memo (data/memo.toml)."""

    kind: str
    title: str
    steps: tuple[tuple[str, str], ...]
    ask: tuple[str, ...]
    urgent: str


@dataclass(frozen=True)
class Call:
    """A number to call now; ``contact`` may be unknown and is then shown as 要確認."""

    name: str
    contact: Contact


@dataclass(frozen=True)
class Memo:
    """What the panel shows. ``words``: the resident's words that raised it, () when opened by hand."""

    notes: tuple[Note, ...]
    words: tuple[str, ...]
    clock: str
    open_now: bool
    offices: tuple[Call, ...]
    lines: tuple[HelpLine, ...]

    @property
    def key(self) -> str:
        """Changes when the panel has something new to say; a folded panel opens again then."""
        return "+".join(note.kind for note in self.notes)


def load(path: Path) -> dict[str, Note]:
    """Reads data/memo.toml; raises DataError."""
    file = datafile.read(path)
    notes = {entry.key: _note(entry) for entry in file.entries()}
    missing = [kind for kind in KINDS if kind not in notes]
    if missing:
        raise file.refuse(f"[{missing[0]}] がありません。")
    return notes


def _note(entry: Entry) -> Note:
    steps = []
    for row in entry.tables("steps"):
        steps.append((row.text("do", longest=6), row.text("how", longest=40)))
        row.done()
    if not 1 <= len(steps) <= 4:
        raise entry.refuse("steps は 1 つから 4 つまでです。", "steps")
    note = Note(entry.key, entry.text("title"), tuple(steps), entry.texts("ask"), entry.text("urgent"))
    entry.done()
    return note


def memo(alerts: Sequence[Alert], notes: dict[str, Note], catalogue: Catalogue, now: datetime) -> Memo:
    """The panel for these alerts, most urgent first; without alerts, the one opened by hand."""
    kinds = list(dict.fromkeys(alert.kind for alert in alerts)) or ["by_hand"]
    if "suicide" in kinds and "self_harm" in kinds:
        kinds.remove("self_harm")
    names = dict.fromkeys(name for kind in kinds for name in _OFFICES.get(kind, _DEFAULT_OFFICES))
    hofuku = catalogue.outside.get("hofuku")
    offices = [Call(name, catalogue.departments[name].contact) for name in names]
    if hofuku and "健康医療課" in names:
        offices.append(Call(hofuku.name, hofuku.contact))
    return Memo(
        notes=tuple(notes[kind] for kind in kinds[:2]),
        words=tuple(dict.fromkeys(word for alert in alerts for word in alert.words)),
        clock=clock_line(now),
        open_now=is_open(now),
        offices=tuple(offices),
        lines=_lines(kinds, catalogue),
    )


def _lines(kinds: Sequence[str], catalogue: Catalogue) -> tuple[HelpLine, ...]:
    """The kind's own lines, then lines for anyone, those open day and night first."""
    own = [a for kind in kinds for a in _AUDIENCE.get(kind, ())]
    lines = [line for line in catalogue.help_lines if line.contact.phones]
    anyone = sorted((x for x in lines if "anyone" in x.audience), key=lambda x: "night" not in x.audience)
    found = dict.fromkeys([x for x in lines if set(own) & set(x.audience)] + anyone)
    return tuple(found)[:SHOWN_LINES]
