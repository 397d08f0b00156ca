"""Worry in, windows out: the front of the matching floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from referral_app import catalogue as catalogues
from referral_app.catalogue import Catalogue
from referral_app.matching import ranking
from referral_app.matching.analyser import Analyser
from referral_app.matching.lexicon import TOO_COMMON
from referral_app.matching.phrases import Hit, unit_keys
from referral_app.matching.ranking import Voice
from referral_app.matching.reading import Reading
from referral_app.matching.sources import Sources
from referral_app.types import Finding, Found, FoundWorry, Reason

TELLING_HITS = 3  # of one worry's hits, how many are shown as the reason
NOTHING: Mapping[str, tuple[str, ...]] = {}
ADDED_STRENGTH = 0.4  # of a worry chosen by hand when nothing else was heard


class Finder:
    """Finds windows for a text. Thread-safe after construction; holds no text.

    >>> Finder.open(Path("data"), Path("index")).find("家賃が払えない").worries[0].label  # doctest: +SKIP
    '家賃が払えない'
    """

    def __init__(self, catalogue: Catalogue, sources: Sources) -> None:
        self.catalogue, self.sources = catalogue, sources

    @classmethod
    def open(cls, data: Path, index_dir: Path) -> Finder:
        """Loads everything from ``data/``. Raises DataError, or SearchDown without a dictionary."""
        catalogue = catalogues.load(data)
        return cls(catalogue, Sources(data, index_dir, catalogue, Analyser()))

    def read(self, text: str) -> Reading:
        """Reads a text once, for ``find`` and for the alerts. Raises InvalidInput for a text too long."""
        return self.sources.read(text)

    def find(
        self,
        text: str | Reading,
        person: Iterable[str] = (),
        added: Iterable[str] = (),
        removed: Iterable[str] = (),
        first: Mapping[str, tuple[str, ...]] = NOTHING,
        also: Mapping[str, tuple[str, ...]] = NOTHING,
    ) -> Finding:
        """Windows for a text, best first.

        person: codes or labels of data/lexicon/person.toml; unknown ones are ignored.
        added, removed: worry codes the clerk set by hand. first, also: worries another reading heard
        (crisis wording) with the words that told them, placed before all others or after them.
        Raises InvalidInput for a text too long.
        """
        reading = self.read(text) if isinstance(text, str) else text
        evidence = self.sources.evidence(reading)
        who = self._person(person) | evidence.heard.person | ranking.circles(evidence, self.sources.lexicon)
        heard = ranking.voices(evidence, self.sources.lexicon, who)
        voices = self._by_hand(heard, first, {**also, **dict.fromkeys(added, ())}, frozenset(removed))
        voices = [replace(voice, words=self._said(voice, reading)) for voice in voices]
        order = ranking.order(voices, evidence.near, self._may_show(who)) if voices else []
        shown = frozenset(code for code, _ in order)
        return Finding(
            worries=tuple(_worry(voice, shown) for voice in voices),
            programmes=tuple(filter(None, (self._found(*row, voices, reading) for row in order))),
            confident=bool(voices),
            outside_topics=_words(evidence.heard.outside, reading),
            person=tuple(sorted(who)),
        )

    def _person(self, named: Iterable[str]) -> frozenset[str]:
        labels = {label: code for code, (label, _) in self.sources.lexicon.data.person.items()}
        return frozenset(labels.get(name, name) for name in named)

    def _by_hand(
        self,
        voices: list[Voice],
        first: Mapping[str, tuple[str, ...]],
        added: Mapping[str, tuple[str, ...]],
        removed: frozenset[str],
    ) -> list[Voice]:
        """Worries set from outside: ``first`` lead, ``added`` follow, ``removed`` are silent."""
        worries = self.sources.lexicon.worries
        best = max((voice.strength for voice in voices), default=ADDED_STRENGTH)
        lead = [Voice(worries[code], best, words=words) for code, words in first.items() if code in worries]
        told = [voice for voice in voices if voice.worry.code not in first]
        known = {voice.worry.code for voice in (*lead, *told)}
        follow = [
            Voice(worries[code], best, words=words)
            for code, words in added.items()
            if code in worries and code not in known
        ]
        return [voice for voice in (*lead, *told, *follow) if voice.worry.code not in removed]

    def _may_show(self, who: frozenset[str]) -> Callable[[str, bool], bool]:
        programmes = self.catalogue.programmes

        @cache
        def may_show(code: str, linked: bool) -> bool:
            programme = programmes[code]
            if programme.only_for:
                return bool(who.intersection(programme.only_for))
            return programme.referable or (linked and (programme.for_helpers or programme.handout))

        return may_show

    def _found(self, code: str, score: float, voices: Sequence[Voice], reading: Reading) -> Found | None:
        """The programme with its reasons; None when neither a worry nor its own words lead there."""
        reasons = [
            Reason(voice.words, voice.worry.code, link.why)
            for voice in voices
            for link in voice.worry.links
            if link.to == code
        ]
        if not reasons:
            programme = self.catalogue.programmes[code]
            words = _alike(reading, self.sources.near_words[code])
            if not words or programme.discreet:
                return None
            reasons = [Reason(words, None, programme.for_whom)]
        return Found(code, score, tuple(reasons))

    def _said(self, voice: Voice, reading: Reading) -> tuple[str, ...]:
        """The resident's words behind a worry, in the order they were said."""
        if voice.words or voice.hits:
            return voice.words or _words(voice.hits, reading)
        code = voice.worry.code
        return (
            self.sources.telling(reading, code)
            or _alike(reading, frozenset(self.sources.lexicon.words[code]))
            or _content(reading)
        )


def _worry(voice: Voice, shown: frozenset[str]) -> FoundWorry:
    return FoundWorry(
        code=voice.worry.code,
        label=voice.worry.label,
        item=voice.worry.item,
        words=voice.words,
        programmes=tuple(link.to for link in voice.worry.links if link.to in shown),
        outside=tuple((link.to, link.why) for link in voice.worry.outside),
        guessed=voice.guessed,
    )


def _words(hits: Iterable[Hit], reading: Reading) -> tuple[str, ...]:
    """The pieces of the most telling hits as said."""
    telling = sorted(hits, key=lambda hit: -hit.size)[:TELLING_HITS]
    return reading.said(piece for hit in telling for span in hit.spans for piece in span.pieces)


def _content(reading: Reading) -> tuple[str, ...]:
    """The first words that say something: when no single one speaks for a worry, all together did."""
    units = [u for u in reading.units if not TOO_COMMON.intersection(u.keys)]
    return reading.said((unit.start, unit.end) for unit in units[:3])


def _alike(reading: Reading, known: frozenset[str]) -> tuple[str, ...]:
    units = [u for u in reading.units if known.intersection(unit_keys(u)) and not TOO_COMMON.intersection(u.keys)]
    return reading.said((unit.start, unit.end) for unit in units[:4])
