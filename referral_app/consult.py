"""The desk's main verb: what a clerk typed in, the whole answer of the screen out. Stores nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from referral_app import catalogue as catalogues
from referral_app import memo as memos
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.errors import InvalidInput, NotFound, SearchDown
from referral_app.matching import (
    CrisisReader,
    Finder,
    Furigana,
    Ruby,
    load_corrections,
    load_crisis,
    names_of,
    readable,
)
from referral_app.memo import Memo, Note
from referral_app.types import Alert, Finding, FoundWorry, Window

logger = logging.getLogger(__name__)

# When wording raises the memo, the worry whose windows must stand in the results too.
_ALERT_WORRY = {
    "suicide": "despair",
    "self_harm": "despair",
    "other_person": "despair",
    "violence": "dv",
    "child_abuse": "abuse_report",
    "bereavement": "suicide_bereaved",
}
# Which window is offered when nothing fits (「どの課かわからないとき」).
GENERAL_WINDOW = "P070"
FULL_CARDS = 1  # per worry: one full card, one line, the rest folded
SHOWN_CARDS = 2


@dataclass(frozen=True)
class Question:
    """Everything the clerk entered on the consultation page."""

    text: str = ""
    person: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    picks: tuple[str, ...] = ()
    memo_open: bool = False


@dataclass(frozen=True)
class Card:
    """A window as shown in a group: the resident's words and what the window does for this worry."""

    window: Window
    words: tuple[str, ...]
    why: str
    key: int  # the digit of Alt+digit, 0 when there is none


@dataclass(frozen=True)
class Group:
    """One worry with its cards; ``shown`` are in sight, ``more`` are folded."""

    code: str
    label: str
    shown: tuple[Card, ...]
    more: tuple[Card, ...]


@dataclass(frozen=True)
class Consultation:
    """What the screen shows. ``fault`` says in Japanese what does not work right now."""

    question: Question
    memo: Memo | None
    finding: Finding
    groups: tuple[Group, ...]
    picked: tuple[Window, ...]
    fault: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        """National items of the worries heard, for the sheet."""
        return tuple(dict.fromkeys(worry.item for worry in self.finding.worries))


class Desk:
    """Everything a consultation needs, loaded once. Alerts work even when the finder does not.

    ``fault`` says in Japanese what does not work, "" when all does.
    """

    def __init__(self, catalogue: Catalogue, reader: CrisisReader, notes: dict[str, Note], settings: Settings) -> None:
        self.catalogue, self.reader, self.notes, self._settings = catalogue, reader, notes, settings
        self.finder: Finder | None = None
        self._furigana: Furigana | None = None
        self._fault = ""
        self.open_finder()

    @property
    def fault(self) -> str:
        return self._fault or (self.finder.index_fault if self.finder else "")

    @classmethod
    def open(cls, settings: Settings) -> Desk:
        """Loads all data files; raises DataError when one is bad. A missing index is only a fault."""
        data = settings.data
        catalogue = catalogues.load(data)
        reader = CrisisReader(load_crisis(data / "crisis.toml"))
        return cls(catalogue, reader, memos.load(data / "memo.toml"), settings)

    def open_finder(self) -> None:
        """Opens (or builds) the index; on failure ``fault`` says what to do."""
        try:
            self.finder, self._fault = Finder.open(self._settings.data, self._settings.index_dir), ""
            corrections = load_corrections(self._settings.data / "ruby.toml", names_of(self.catalogue))
            self._furigana = Furigana(self.finder.analyser, corrections)
        except SearchDown as error:
            self.finder, self._fault = None, str(error)

    def ruby(self, text: str) -> tuple[Ruby, ...]:
        """The text with its ふりがな; without a dictionary, the text alone."""
        return self._furigana.ruby(text) if self._furigana else (Ruby(text, ""),)

    def match(self, text: str, person: Sequence[str] = ()) -> tuple[tuple[Alert, ...], Finding]:
        """Alerts and finding of one text; raises InvalidInput (too long) or SearchDown."""
        text = readable(text)
        alerts = self.reader.read(text)
        if self.finder is None:
            raise SearchDown(self.fault)
        return alerts, self.finder.find(text, person, first=_alert_worries(alerts))


def _alert_worries(alerts: Sequence[Alert]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ALERT_WORRY[alert.kind] for alert in alerts))


def consult(desk: Desk, question: Question, now: datetime) -> Consultation:
    """One look: alerts first and on their own, then the windows."""
    question = replace(question, text=readable(question.text))
    alerts = desk.reader.read(question.text)
    memo = memos.memo(alerts, desk.notes, desk.catalogue, now) if alerts or question.memo_open else None
    finding, fault = _find(desk, question, alerts)
    return Consultation(
        question=question,
        memo=memo,
        finding=finding,
        groups=_groups(desk.catalogue, finding),
        picked=_picked(desk.catalogue, question.picks),
        fault=fault,
    )


def _find(desk: Desk, question: Question, alerts: Sequence[Alert]) -> tuple[Finding, str]:
    """The finding and what is wrong. Whatever breaks here must not take the memo with it."""
    if desk.finder is None:
        return Finding(), desk.fault
    try:
        first = _alert_worries(alerts)
        found = desk.finder.find(question.text, question.person, question.added, question.removed, first)
        return found, desk.fault
    except InvalidInput as error:
        return Finding(), str(error)
    except Exception as error:  # only the kind of error is logged: its message might hold the text
        logger.error("finding failed: %s", type(error).__name__)
        return Finding(), "いま窓口を探せません。文はこのまま残っています。代表電話か、悩みの一覧からお探しください。"


def _picked(catalogue: Catalogue, codes: Sequence[str]) -> tuple[Window, ...]:
    """The windows put onto the sheet; a code that is not in the catalogue is dropped."""
    windows = []
    for code in dict.fromkeys(codes):
        try:
            windows.append(catalogue.window(code))
        except NotFound:
            continue
    return tuple(windows)


def _groups(catalogue: Catalogue, finding: Finding) -> tuple[Group, ...]:
    """Per worry its windows, best first; then near programmes no worry leads to; last, windows outside."""
    why = {(reason.worry, found.code): reason for found in finding.programmes for reason in found.reasons}
    rows: list[tuple[str, str, list[Card]]] = []
    for worry in finding.worries:
        cards = []
        for code in worry.programmes:
            reason = why[(worry.code, code)]
            cards.append(Card(catalogue.window(code), reason.words, reason.why, 0))
        if cards:
            rows.append((worry.code, worry.label, cards))
    near = [found for found in finding.programmes if found.reasons[0].worry is None]
    numbered = _numbered(rows)
    outside = _outside_cards(catalogue, finding.worries)
    if outside:
        numbered += _numbered([("outside", "市の外の窓口", outside)], start=_last_key(numbered) + 1)
    if near:
        cards = [Card(catalogue.window(found.code), found.reasons[0].words, found.reasons[0].why, 0) for found in near]
        numbered.append(Group("near", "ほかに言葉の近い事業", (), tuple(cards)))
    return tuple(numbered)


def _outside_cards(catalogue: Catalogue, worries: Sequence[FoundWorry]) -> list[Card]:
    cards: dict[str, Card] = {}
    for worry in worries:
        for code, why in worry.outside:
            cards.setdefault(code, Card(catalogue.window(code), worry.words[:3], why, 0))
    return list(cards.values())


def _numbered(rows: Sequence[tuple[str, str, list[Card]]], start: int = 1) -> list[Group]:
    """Gives the cards in sight the digits 1 to 9, in reading order."""
    key = start
    groups = []
    for code, label, cards in rows:
        shown = []
        for card in cards[:SHOWN_CARDS]:
            shown.append(Card(card.window, card.words, card.why, key if key <= 9 else 0))
            key += 1
        groups.append(Group(code, label, tuple(shown), tuple(cards[SHOWN_CARDS:])))
    return groups


def _last_key(groups: Sequence[Group]) -> int:
    return max((card.key for group in groups for card in group.shown), default=0)
