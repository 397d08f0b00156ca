"""What a trainee's question opens: free text in, the things the person now tells out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from referral_app import datafile
from referral_app.matching import Analyser, CrisisReader, Nearest, PhraseError, Phrasings, Restore, phrase_fault
from referral_app.practice.scenarios import Reveal, Scenario

SINCE = "since"  # the kind that asks since when: it says nothing of a topic
FRANK = "suicide"  # the kind of the frank question: whoever asks it must never be met by a reply beside the point
# What the crisis reader hears in a question → the kind it asks about: the same wordings name it from both sides.
_CRISIS_KINDS = {"suicide": FRANK, "other_person": FRANK, "self_harm": "injury"}
OPEN = "open"  # the kind of a question that names no topic: もう少し聞かせてください
NEAR = 0.15  # how near a question must lie to what it opens when no phrase names it (docs/measured.md)
MOST_AT_ONCE = 2  # a person answers one question, or a double one, and not everything at once

# Advice, lecture and errands name the same topics as questions do, but nobody opens up to them. By sentence endings.
_TELLING = re.compile(
    "|".join(
        (
            r"ましょう(ね|よ)?$",
            r"べき(です|だ|でした)?(よ|ね)?$",
            r"なさい$",
            r"(です|ます|ません|た|だ|い|る|ない|う|く)よ$",
            r"(ほう|方)が(いい|良い|よい)(です)?(よ|ね)?$",
            r"(だめ|ダメ|駄目)(です|だ)?(よ|ね)?$",
            r"ては(どう|いかが)(です|でしょう)?か?$",
            r"ください(ね)?$",
            r"お願い(いた|致)?します$",
            r"(頑張|がんば)(って|れ|ろう)$",
            r"しかない(です)?(よ|ね)?$",
            r"お持ち(です|でしょう)か$",
            r"(です|ます|でした|ました|ません)$",
        )
    )
)
# A sentence with one of these invites all the same: 話してください, 心配しています.
_INVITING = re.compile(r"教え|聞かせ|話して|お話し|心配|気になり|気にかか")
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?\n]*")


@dataclass(frozen=True)
class Kind:
    """A kind of question (data/questions.toml), with the name a trainer picks it by.

    broad: whom or what part of life it names (ご主人, お仕事). 「ご主人は眠れていますか」 asks about sleep.
    otherwise: the reply where the scenario has none, "" for the scenario's own.
    """

    code: str
    label: str
    broad: bool
    otherwise: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What the person says to a question, and what they have told by it (() when nothing new)."""

    words: tuple[str, ...]
    opened: tuple[Reveal, ...]


def load(path: Path) -> dict[str, Kind]:
    """Reads data/questions.toml; raises DataError."""
    kinds = {}
    file = datafile.read(path)
    for entry in file.entries():
        rows = entry.lines("phrases", required=True)
        for number, row in rows:
            if fault := phrase_fault(row):
                raise file.refuse(f"[{entry.key}]「{row}」: {fault}", number)
        kinds[entry.key] = Kind(
            code=entry.key,
            label=entry.text("label", longest=24),
            broad=entry.flag("broad"),
            otherwise=entry.text("otherwise", required=entry.key == FRANK, longest=80),
            phrases=tuple(row for _, row in rows),
        )
        entry.done()
    missing = [code for code in (OPEN, FRANK) if code not in kinds]
    if missing:
        raise file.refuse(f"[{missing[0]}] がありません。")
    return kinds


def asked_part(text: str) -> str:
    """The sentences that ask or invite, without those that advise or lecture."""
    sentences = (match[0] for match in _SENTENCE.finditer(text))
    return "".join(sentence for sentence in sentences if not _tells(sentence))


def _tells(sentence: str) -> bool:
    """True for a sentence that is no question and no invitation."""
    body = sentence.rstrip("。！!\n 　、")
    return _TELLING.search(body) is not None and not _INVITING.search(body)


class Asker:
    """Knows the kinds of question; immutable and safe for threads."""

    def __init__(
        self, kinds: Mapping[str, Kind], analyser: Analyser, crisis: CrisisReader, restore: Restore | None = None
    ) -> None:
        """``restore``: how hiragana is read as kanji. Raises PhraseError for a line that cannot be compiled."""
        self._analyser, self._crisis, self._restore = analyser, crisis, restore
        self._kinds = Phrasings({kind.code: kind.phrases for kind in kinds.values()}, analyser, restore)
        self._otherwise = {kind.code: kind.otherwise for kind in kinds.values() if kind.otherwise}
        self._broad = frozenset(kind.code for kind in kinds.values() if kind.broad)
        self._kind = kinds
        self._own = lru_cache(maxsize=256)(self._phrasings_of)
        self._near = lru_cache(maxsize=256)(self._nearest_of)

    def _phrasings_of(self, scenario: Scenario) -> Phrasings:
        own = {reveal.code: reveal.phrases for reveal in scenario.reveals}
        return Phrasings(own, self._analyser, self._restore)

    def _nearest_of(self, scenario: Scenario) -> Nearest | None:
        """Where what may be told lies. Only frankness opens a wish to die, never a mere likeness."""
        if self._restore is None:
            return None
        texts = {}
        for row in scenario.reveals:
            if FRANK not in row.asks:
                topics = [self._kind[code].label for code in row.asks if code not in (OPEN, SINCE)]
                texts[row.code] = [row.about, row.answer, *topics, *(line for line in row.phrases if line.isalnum())]
        return Nearest(texts, self._restore)

    def kinds(self, question: str) -> frozenset[str]:
        """The kinds of question heard; raises InvalidInput when the text is too long."""
        part = asked_part(question)
        crisis = {_CRISIS_KINDS[alert.kind] for alert in self._crisis.read(part) if alert.kind in _CRISIS_KINDS}
        return frozenset(self._kinds.heard(part)) | crisis

    def opened(self, scenario: Scenario, question: str, told: Collection[str] = ()) -> tuple[Reveal, ...]:
        """What the person tells now, in the scenario's order; () means that they answer ``scenario.otherwise``.

        told: codes of what was told before; it is not told again. A narrow topic outranks a broad one; where no
        phrase names a topic, the nearest in meaning counts; last comes the open question, which brings the next
        thing the person tells of their own accord.
        Raises InvalidInput when the question is too long.
        """
        part = asked_part(question)
        own = frozenset(self._own(scenario).heard(part))
        kinds = self.kinds(question)
        named = _named(scenario, own, kinds, self._broad) or self._nearest(scenario, part)
        fresh = [reveal for reveal in named if reveal.code not in told][:MOST_AT_ONCE]
        if not named and OPEN in kinds:
            fresh = [row for row in scenario.reveals if OPEN in row.asks and row.code not in told][:1]
        return tuple(reveal for reveal in scenario.reveals if reveal in fresh)

    def _nearest(self, scenario: Scenario, part: str) -> list[Reveal]:
        near = self._near(scenario) if part else None
        code = near.best(part, NEAR) if near else None
        return [row for row in scenario.reveals if row.code == code]

    def reply(self, scenario: Scenario, question: str, told: Collection[str] = ()) -> Reply:
        """The person's answer to one question; raises InvalidInput when the question is too long.

        Asked again, they say it again. Asked about what the scenario does not hold, they say so where the kind has
        a reply of its own, the frank question first; else they evade with the scenario's ``otherwise``.
        """
        opened = self.opened(scenario, question, told)
        if opened:
            return Reply(tuple(reveal.answer for reveal in opened), opened)
        part = asked_part(question)
        kinds = self.kinds(question)
        again = _named(scenario, frozenset(self._own(scenario).heard(part)), kinds, self._broad)
        if again:
            return Reply(tuple(reveal.answer for reveal in again[:MOST_AT_ONCE]), ())
        own = sorted((kind for kind in kinds if kind in self._otherwise), key=lambda kind: (kind != FRANK, kind))
        return Reply((self._otherwise[own[0]] if own else scenario.otherwise,), ())


def _named(scenario: Scenario, own: frozenset[str], kinds: frozenset[str], broad: frozenset[str]) -> list[Reveal]:
    """What the question is about: by the scenario's own lines and narrow topics, or else by broad ones."""
    close = [row for row in scenario.reveals if row.code in own or (kinds - broad - {OPEN}) & set(row.asks)]
    return close or [row for row in scenario.reveals if kinds & broad & set(row.asks)]


def phrase_error(scenario: Scenario, analyser: Analyser) -> str:
    """Why one of a scenario's lines cannot be compiled, "" when all can."""
    try:
        Phrasings({reveal.code: reveal.phrases for reveal in scenario.reveals}, analyser)
    except PhraseError as error:
        return str(error)
    return ""
