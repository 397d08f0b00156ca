"""The desk's main verb: what a clerk typed in, the whole answer of the screen out. Stores nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from referral_app import catalogue as catalogues
from referral_app import memo as memos
from referral_app import practice as practices
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.errors import InvalidInput, NotFound, SearchDown
from referral_app.matching import (
    CrisisReader,
    Explanation,
    Finder,
    Furigana,
    Reading,
    Ruby,
    explain,
    joined,
    load_corrections,
    load_crisis,
    names_of,
    readable,
)
from referral_app.memo import Memo, Note
from referral_app.practice import Practice
from referral_app.types import Alert, Finding, Found, FoundWorry, Reason, Window

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
NOT_NOW = "いま窓口を探せません。文はこのまま残っています。代表電話か、悩みの一覧からお探しください。"
SHOWN_CARDS = 2  # per worry: one full card, one line, the rest folded
NEAR_CARDS = 3


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
    """A window as shown in a group: the resident's words and what the window does for this worry.

    key: the digit of Alt+digit, 0 when there is none. repeated: it stands above for another worry too.
    """

    window: Window
    words: tuple[str, ...]
    why: str
    key: int = 0
    repeated: bool = False


@dataclass(frozen=True)
class Group:
    """One worry with its cards; ``shown`` are in sight, ``more`` are folded. A guess is shown as one."""

    code: str
    label: str
    shown: tuple[Card, ...]
    more: tuple[Card, ...] = ()
    guessed: bool = False


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
        return tuple(dict.fromkeys(worry.item for worry in self.finding.worries if not worry.guessed))


class Desk:
    """Everything a consultation needs, loaded once. Alerts work even when the finder does not.

    ``fault`` says in Japanese what does not work, "" when all does.
    """

    def __init__(self, catalogue: Catalogue, reader: CrisisReader, notes: dict[str, Note], settings: Settings) -> None:
        self.catalogue, self._reader, self.notes, self._settings = catalogue, reader, notes, settings
        self.finder: Finder | None = None
        self._furigana: Furigana | None = None
        self._fault = ""
        self._open_finder()

    @property
    def fault(self) -> str:
        return self._fault or (self.finder.sources.fault if self.finder else "")

    @cached_property
    def practice(self) -> Practice:
        """The material of the training, loaded when first asked for. Raises DataError; SearchDown without a finder."""
        if self.finder is None:
            raise SearchDown(self.fault)
        return practices.load(self._settings.data, self.catalogue, self.finder.sources.analyser, self.finder.read)

    @classmethod
    def open(cls, settings: Settings) -> Desk:
        """Loads all data files; raises DataError when one is bad. A missing index is only a fault."""
        data = settings.data
        catalogue = catalogues.load(data)
        reader = CrisisReader(load_crisis(data / "crisis.toml"))
        return cls(catalogue, reader, memos.load(data / "memo.toml"), settings)

    def _open_finder(self) -> None:
        """Opens (or builds) the index; on failure ``fault`` says what to do."""
        try:
            self.finder, self._fault = Finder.open(self._settings.data, self._settings.index_dir), ""
            corrections = load_corrections(self._settings.data / "ruby.toml", names_of(self.catalogue))
            self._furigana = Furigana(self.finder.sources.analyser, corrections)
        except SearchDown as error:
            self.finder, self._fault = None, str(error)

    def named(self, text: str) -> tuple[Alert, ...]:
        """Alerts of the rules alone: they need neither analyser nor index."""
        return self._reader.read(text)

    def ruby(self, text: str) -> tuple[Ruby, ...]:
        """The text with its ふりがな; without a dictionary, the text alone."""
        return self._furigana.ruby(text) if self._furigana else (Ruby(text, ""),)

    def match(self, text: str, person: Sequence[str] = ()) -> tuple[tuple[Alert, ...], Finding]:
        """Alerts and finding of one text; raises InvalidInput when it is too long.

        When nothing can be searched the finding is empty and ``fault`` says why: alerts are never withheld.
        """
        alerts, reading = self.listen(readable(text))
        if self.finder is None or reading is None:
            return alerts, Finding()
        first, also = _alert_worries(alerts)
        return alerts, self.finder.find(reading, person, first=first, also=also)

    def explain(self, text: str) -> Explanation:
        """Why ``match`` answers what it answers; raises InvalidInput (too long) or SearchDown (no finder)."""
        alerts, reading = self.listen(readable(text))
        if self.finder is None or reading is None:
            raise SearchDown(self.fault)
        first, also = _alert_worries(alerts)
        return explain(self.finder, reading, alerts=alerts, first=first, also=also)

    def listen(self, text: str) -> tuple[tuple[Alert, ...], Reading | None]:
        """Alerts of a text, and the text as read for the finder; None without a finder. Raises InvalidInput."""
        reading = self.finder.read(text) if self.finder else None
        return joined(text, self._reader, reading, self.finder.sources if self.finder else None), reading


def _alert_worries(alerts: Sequence[Alert]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Worries the alerts stand for, with their words: urgent ones lead the results, veiled ones join them."""
    first: dict[str, tuple[str, ...]] = {}
    also: dict[str, tuple[str, ...]] = {}
    for alert in alerts:
        place = also if alert.level == "concern" else first
        place.setdefault(_ALERT_WORRY[alert.kind], alert.words)
    return first, {code: words for code, words in also.items() if code not in first}


def consult(desk: Desk, question: Question, now: datetime) -> Consultation:
    """One look: alerts first and on their own, then the windows."""
    question = replace(question, text=readable(question.text))
    alerts, reading, fault = _listen(desk, question.text)
    memo = memos.memo(alerts, desk.notes, desk.catalogue, now) if alerts or question.memo_open else None
    finding, fault = (Finding(), fault) if fault else _find(desk, question, reading, alerts)
    return Consultation(
        question=question,
        memo=memo,
        finding=finding,
        groups=_groups(desk.catalogue, finding),
        picked=_picked(desk.catalogue, question.picks),
        fault=fault,
    )


def _listen(desk: Desk, text: str) -> tuple[tuple[Alert, ...], Reading | None, str]:
    """Alerts, the text as read, and what is wrong. Whatever breaks, the named wording still alerts."""
    try:
        return *desk.listen(text), ""
    except InvalidInput as error:
        return desk.named(text), None, str(error)
    except Exception as error:  # only the kind of error is logged: its message might hold the text
        logger.error("reading failed: %s", type(error).__name__)
        return desk.named(text), None, NOT_NOW


def _find(desk: Desk, question: Question, reading: Reading | None, alerts: Sequence[Alert]) -> tuple[Finding, str]:
    """The finding and what is wrong. Whatever breaks here must not take the memo with it."""
    if desk.finder is None or reading is None:
        return Finding(), desk.fault
    try:
        asked = (reading, question.person, question.added, question.removed)
        return desk.finder.find(*asked, *_alert_worries(alerts)), desk.fault
    except Exception as error:
        logger.error("finding failed: %s", type(error).__name__)
        return Finding(), NOT_NOW


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
    """Worries told, with their windows; windows outside; worries guessed; programmes near in words."""
    why = {(reason.worry, found.code): reason for found in finding.programmes for reason in found.reasons}
    worries = [_worry_group(catalogue, worry, why) for worry in finding.worries]
    outside = _outside_cards(catalogue, [worry for worry in finding.worries if not worry.guessed])
    near = [Card(catalogue.window(f.code), f.reasons[0].words, f.reasons[0].why) for f in _near(finding)]
    groups = [
        *(group for group in worries if not group.guessed),
        Group("outside", "市の外の窓口", outside[:SHOWN_CARDS], outside[SHOWN_CARDS:]),
        *(group for group in worries if group.guessed),
        Group("near", "ほかに言葉の近い事業", (), tuple(near)),
    ]
    return tuple(_numbered([group for group in groups if group.shown or group.more]))


def _worry_group(catalogue: Catalogue, worry: FoundWorry, why: dict[tuple[str | None, str], Reason]) -> Group:
    reasons = [(code, why[worry.code, code]) for code in worry.programmes]
    cards = tuple(Card(catalogue.window(code), reason.words, reason.why) for code, reason in reasons)
    return Group(worry.code, worry.label, cards[:SHOWN_CARDS], cards[SHOWN_CARDS:], worry.guessed)


def _near(finding: Finding) -> list[Found]:
    return [found for found in finding.programmes if found.reasons[0].worry is None][:NEAR_CARDS]


def _outside_cards(catalogue: Catalogue, worries: Sequence[FoundWorry]) -> tuple[Card, ...]:
    cards: dict[str, Card] = {}
    for worry in worries:
        for code, why in worry.outside:
            cards.setdefault(code, Card(catalogue.window(code), worry.words[:3], why))
    return tuple(cards.values())


def _numbered(groups: Sequence[Group]) -> list[Group]:
    """Gives the cards in sight the digits 1 to 9, in reading order, and marks those that stand above already.

    A guess gets no digit: what is picked in haste must have been told.
    """
    seen: set[str] = set()
    digits = iter(range(1, 10))
    numbered = []
    for group in groups:
        shown = tuple(
            replace(card, key=0 if group.guessed else next(digits, 0), repeated=card.window.code in seen)
            for card in group.shown
        )
        seen |= {card.window.code for card in shown}
        numbered.append(replace(group, shown=shown))
    return numbered
