"""Worry in, windows out: the front of the matching floor."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from referral_app import catalogue as catalogues
from referral_app.catalogue import Catalogue
from referral_app.errors import SearchDown
from referral_app.matching import index as indexes
from referral_app.matching import lexicon as lexicons
from referral_app.matching import ranking
from referral_app.matching.analyser import Analyser
from referral_app.matching.index import Document, Index
from referral_app.matching.lexicon import Lexicon, LexiconData
from referral_app.matching.phrases import Hit, unit_keys
from referral_app.matching.text import CleanText, clean
from referral_app.matching.units import Unit, units
from referral_app.types import Finding, Found, FoundWorry, Programme, Reason

TELLING_HITS = 3  # of one worry's hits, how many are shown as the reason
MOST_WORDS = 5


class Finder:
    """Finds windows for a text. Thread-safe after construction; holds no text.

    >>> Finder.open(Path("data"), Path("index")).find("家賃が払えない").worries[0].label  # doctest: +SKIP
    '家賃・住まいを失いそう'
    """

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon, analyser: Analyser, index_dir: Path) -> None:
        """Opens the index under ``index_dir``, rebuilding it when stale.

        Without an index the lexicon still finds windows; ``index_fault`` then says what to do.
        """
        self.catalogue, self.lexicon, self.analyser = catalogue, lexicon, analyser
        self.stamp = _stamp(catalogue, lexicon.data, analyser)
        self.index_fault = ""
        self._index: Index | None = None
        try:
            self.rebuild(index_dir, only_if_stale=True)
        except SearchDown as error:
            self.index_fault = str(error)

    @classmethod
    def open(cls, data: Path, index_dir: Path) -> Finder:
        """Loads everything from ``data/``. Raises DataError, or SearchDown without a dictionary."""
        catalogue = catalogues.load(data)
        analyser = Analyser()
        words = lexicons.load(data / "lexicon", catalogue)
        known = indexes.analysed(index_dir, _stamp(catalogue, words, analyser))
        lexicon = Lexicon(words, lambda text: units(analyser.tokens(clean(text).text)), known)
        return cls(catalogue, lexicon, analyser, index_dir)

    def rebuild(self, index_dir: Path, only_if_stale: bool = False) -> None:
        """Builds the index and opens it; raises SearchDown when the disk refuses."""
        if not (only_if_stale and (index_dir / self.stamp).is_dir()):
            indexes.build(index_dir, self.stamp, self._documents(), self.lexicon.analysed)
        self._index, self.index_fault = Index(index_dir, self.stamp), ""

    def read(self, text: str) -> list[Unit]:
        """The content units of a text."""
        return units(self.analyser.tokens(clean(text).text))

    def find(
        self,
        text: str,
        person: Iterable[str] = (),
        added: Iterable[str] = (),
        removed: Iterable[str] = (),
        first: Iterable[str] = (),
    ) -> Finding:
        """Windows for a text, best first.

        person: codes or labels of data/lexicon/person.toml; unknown ones are ignored.
        added, removed: worry codes the clerk set by hand. first: worries another reading heard
        (crisis wording), placed before all others. Raises InvalidInput for a text too long.
        """
        cleaned = clean(text)
        read = units(self.analyser.tokens(cleaned.text))
        heard = self.lexicon.hear(read, cleaned.text)
        who = self._person(person) | heard.person
        words = [key for i, unit in enumerate(read) if i not in heard.denied for key in unit_keys(unit)]
        similar = self._similar("worry", words)
        voices = ranking.voices(heard, similar, self.lexicon, who)
        voices = self._by_hand(voices, tuple(first), tuple(added), frozenset(removed))
        may_show = self._may_show(who)
        programmes = self._similar("programme", words) if voices else []
        order = ranking.order(voices, programmes, may_show)
        topics = _words(heard.outside, cleaned)
        sure = any(not voice.guessed for voice in voices)
        if topics and not sure:
            voices, order = [], []
        return Finding(
            worries=tuple(self._worry(voice, order, cleaned, read) for voice in voices),
            programmes=tuple(self._found(code, score, voices, cleaned, read) for code, score in order),
            confident=bool(voices),
            outside_topics=topics,
            person=tuple(sorted(who)),
        )

    def _similar(self, kind: str, words: list[str]) -> list[tuple[str, float]]:
        if self._index is None:
            return []
        try:
            return self._index.search(kind, words, limit=20)
        except SearchDown as error:
            self.index_fault = str(error)
            return []

    def _person(self, named: Iterable[str]) -> frozenset[str]:
        labels = {label: code for code, (label, _) in self.lexicon.data.person.items()}
        return frozenset(labels.get(name, name) for name in named)

    def _by_hand(
        self, voices: list[ranking.Voice], first: tuple[str, ...], added: tuple[str, ...], removed: frozenset[str]
    ) -> list[ranking.Voice]:
        """Worries set from outside: ``first`` lead, ``added`` follow, ``removed`` are silent."""
        heard = {voice.worry.code: voice for voice in voices}
        best = max((voice.strength for voice in voices), default=0.4)
        codes = [*first, *(code for code in heard if code not in first), *added]
        kept = [code for code in dict.fromkeys(codes) if code not in removed and code in self.lexicon.worries]
        return [
            heard[code]
            if code in heard and code not in first
            else ranking.Voice(
                self.lexicon.worries[code], best, heard[code].hits if code in heard else (), guessed=False
            )
            for code in kept
        ]

    def _may_show(self, who: frozenset[str]):  # type: ignore[no-untyped-def]
        programmes = self.catalogue.programmes

        @cache
        def may_show(code: str, linked: bool) -> bool:
            programme = programmes[code]
            if programme.only_for:
                return bool(who.intersection(programme.only_for))
            return programme.referable or (linked and (programme.for_helpers or programme.handout))

        return may_show

    def _worry(
        self, voice: ranking.Voice, order: list[tuple[str, float]], cleaned: CleanText, read: list[Unit]
    ) -> FoundWorry:
        shown = {code for code, _ in order}
        return FoundWorry(
            code=voice.worry.code,
            label=voice.worry.label,
            item=voice.worry.item,
            words=self._said(voice, cleaned, read),
            programmes=tuple(link.to for link in voice.worry.links if link.to in shown),
            outside=tuple((link.to, link.why) for link in voice.worry.outside),
        )

    def _found(
        self, code: str, score: float, voices: list[ranking.Voice], cleaned: CleanText, read: list[Unit]
    ) -> Found:
        reasons = [
            Reason(self._said(voice, cleaned, read), voice.worry.code, link.why)
            for voice in voices
            for link in voice.worry.links
            if link.to == code
        ]
        if not reasons:
            known = set(self._programme_words(self.catalogue.programmes[code]))
            words = _alike(read, known, cleaned)
            reasons = [Reason(words, None, self.catalogue.programmes[code].for_whom)]
        return Found(code, score, tuple(reasons))

    def _said(self, voice: ranking.Voice, cleaned: CleanText, read: list[Unit]) -> tuple[str, ...]:
        """The resident's words behind a worry, in the order they were said."""
        if voice.hits:
            return _words(voice.hits, cleaned)
        return _alike(read, set(self.lexicon.words[voice.worry.code]), cleaned)

    def _documents(self) -> Iterable[Document]:
        """Programmes in the plan's and our words, enriched by the worries that lead there; worries in theirs."""
        leading: dict[str, list[str]] = {}
        for worry in self.lexicon.worries.values():
            words = self.lexicon.words[worry.code]
            yield "worry", worry.code, [*self._keys(worry.label), *words]
            for link in worry.links:
                if link.weight >= 2:
                    leading.setdefault(link.to, []).extend(words)
        for programme in self.catalogue.programmes.values():
            yield "programme", programme.code, self._programme_words(programme) + leading.get(programme.code, [])

    def _programme_words(self, programme: Programme) -> list[str]:
        texts = (programme.name, programme.plain_name, programme.summary, programme.for_whom, programme.condition)
        return [key for text in texts for key in self._keys(text)]

    def _keys(self, text: str) -> list[str]:
        return [key for unit in self.read(text) for key in unit_keys(unit)]


def _stamp(catalogue: Catalogue, lexicon: LexiconData, analyser: Analyser) -> str:
    return indexes.stamp(catalogue.version, lexicon.version, analyser.version)


def _words(hits: Iterable[Hit], cleaned: CleanText) -> tuple[str, ...]:
    """The pieces of the most telling hits as said, in the order of the text, neighbours joined."""
    telling = sorted(hits, key=lambda hit: -hit.size)[:TELLING_HITS]
    pieces = sorted({piece for hit in telling for span in hit.spans for piece in span.pieces})
    joined: list[tuple[int, int]] = []
    for start, end in pieces:
        if joined and start - joined[-1][1] <= 2:  # 家賃も払えません is one piece
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    said = (cleaned.said(start, end) for start, end in joined)
    return tuple(dict.fromkeys(word for word in said if word))[:MOST_WORDS]


def _alike(read: list[Unit], known: set[str], cleaned: CleanText) -> tuple[str, ...]:
    words = [cleaned.said(unit.start, unit.end) for unit in read if known.intersection(unit_keys(unit))]
    return tuple(dict.fromkeys(words))[:4]
