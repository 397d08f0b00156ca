"""The three sources of evidence: lexicon, index and what examples taught; kept and rebuilt together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from referral_app import catalogue as catalogues
from referral_app.catalogue import Catalogue
from referral_app.errors import SearchDown
from referral_app.matching import cache, examples, index, kana, learnt, meaning
from referral_app.matching import lexicon as lexicons
from referral_app.matching.analyser import Analyser, analyser_version
from referral_app.matching.index import Document, Index
from referral_app.matching.kana import Kana
from referral_app.matching.learnt import Learnt
from referral_app.matching.lexicon import TOO_COMMON, Heard, Lexicon
from referral_app.matching.meaning import Meanings
from referral_app.matching.phrases import MARKUP
from referral_app.matching.ranking import Evidence
from referral_app.matching.reading import Reading, read
from referral_app.matching.space import Space
from referral_app.types import Programme

SIMILAR = 20  # how many documents a search is asked for
TAUGHT = 12  # how many worries the examples may name
FREE_WORDS = 4  # of a sentence that names an errand, how many other words still make it an errand only
TELLING_WORDS = 3
_ANALYSED = "analysed.json"  # what each spelling of the lexicon was read as
_NEAR = "near.json"


def stamp(data: Path) -> str:
    """Names this state of the data and the analyser; reads bytes only, so it costs milliseconds."""
    versions = (
        catalogues.version(data),
        lexicons.version(data / "lexicon"),
        examples.version(data),
        meaning.version(data / "words"),
    )
    return cache.stamp(*versions, analyser_version())


def is_built(data: Path, index_dir: Path) -> bool:
    """True when an index of this state of the data stands ready."""
    return (index_dir / stamp(data)).is_dir()


class Sources:
    """Opens what is built under ``index_dir``, building it when stale.

    Without a writable disk the lexicon still finds worries; ``fault`` then says what to do.
    """

    def __init__(self, data: Path, index_dir: Path, catalogue: Catalogue, analyser: Analyser) -> None:
        """Raises DataError for a bad data file."""
        self.catalogue, self.analyser = catalogue, analyser
        self._data, self._index_dir = data, index_dir
        self._meanings = Meanings(data / "words")
        words = lexicons.load(data / "lexicon", catalogue)
        self.stamp = stamp(data)
        known = _kept(index_dir / self.stamp / _ANALYSED)
        self.lexicon = Lexicon(words, lambda text: list(read(text, analyser).units), known)
        self.fault = ""
        self._index: Index | None = None
        self._learnt: Learnt | None = None
        self._crisis: Learnt | None = None
        self._space: Space | None = None
        self._kana: Kana | None = None
        try:
            self._open() if is_built(data, index_dir) else self.rebuild()
        except SearchDown as error:
            self.fault = str(error)

    def rebuild(self) -> None:
        """Builds index and model anew and opens them; raises SearchDown when the disk refuses."""
        cache.build(self._index_dir, self.stamp, self._write)
        self._open()

    def _open(self) -> None:
        place = self._index_dir / self.stamp
        self._index, self._kana = Index(place), Kana.load(place)
        self._space = Space.load(place, self._meanings)
        self._learnt = Learnt.load(place, "worries", self._space)
        self._crisis = Learnt.load(place, "crisis", self._space)
        self.fault = ""

    def _write(self, place: Path) -> None:
        index.write(place, self._documents())
        told = examples.load(self._data / "examples", [*self.lexicon.worries])
        warned = examples.load_crisis(self._data / examples.CRISIS, told)
        readings = {row.text: read(row.text, self.analyser) for row in (*told, *warned)}
        written = [self.analyser.tokens(text) for text in self._written()]
        kana.learn([*written, *(reading.tokens for reading in readings.values())]).save(place)
        space = Space.of([reading.features for reading in readings.values()], self._meanings)
        space.save(place)
        vectors = {text: space.vector(reading.features) for text, reading in readings.items()}
        for name, rows in (("worries", told), ("crisis", warned)):
            learnt.train(rows, [vectors[row.text] for row in rows], space).save(place, name)
        _keep(place / _ANALYSED, self.lexicon.analysed)
        _keep(place / _NEAR, {code: sorted(set(words)) for code, words in self._near_lists().items()})

    def evidence(self, reading: Reading) -> Evidence:
        """What each source says of one text."""
        heard = self.lexicon.hear(list(reading.units), reading.cleaned.text)
        words = reading.words(without=heard.denied)
        taught, outside = self._taught(reading) if words else ([], 0.0)
        return Evidence(
            heard=heard,
            similar=self._similar("worry", words),
            near=self._similar("programme", words),
            taught=taught,
            outside=1.0 if _only_errands(reading, heard) else outside,
        )

    def read(self, text: str) -> Reading:
        """Reads what was typed, its long runs of kana put back into kanji; raises InvalidInput when too long."""
        return read(text, self.analyser, self._kana, self._space)

    def _similar(self, kind: str, words: list[str]) -> list[tuple[str, float]]:
        return self._index.search(kind, words, SIMILAR) if self._index else []

    def _taught(self, reading: Reading) -> tuple[list[tuple[str, float]], float]:
        return self._learnt.near(reading.parts, TAUGHT) if self._learnt and reading.parts else ([], 0.0)

    def alarm(self, reading: Reading) -> float | None:
        """The belief (0 to 1) of the example lines that somebody may think of dying; None when it cannot be said."""
        return 1 - self._crisis.near(reading.parts, 1)[1] if self._crisis and reading.parts else None

    def alarming(self, reading: Reading) -> tuple[str, ...]:
        """The words as said that speak most for an alert no rule named."""
        return _telling(self._crisis, reading, "concern")

    def telling(self, reading: Reading, worry: str) -> tuple[str, ...]:
        """The words as said that speak most for a worry no phrase of the lexicon named."""
        return _telling(self._learnt, reading, worry)

    def _documents(self) -> Iterable[Document]:
        """Worries in residents' words; programmes in the plan's and ours, and those of the worries that lead there."""
        for worry in self.lexicon.worries.values():
            yield "worry", worry.code, [*self._keys(worry.label), *self.lexicon.words[worry.code]]
        for code, words in self._near_lists().items():
            yield "programme", code, words

    def _near_lists(self) -> dict[str, list[str]]:
        found = {code: self._programme_words(p) for code, p in self.catalogue.programmes.items()}
        for worry in self.lexicon.worries.values():
            for link in worry.links:
                if link.weight >= 2:
                    found[link.to] += self.lexicon.words[worry.code]
        return found

    @cached_property
    def near_words(self) -> dict[str, frozenset[str]]:
        """Per programme the words that may lead there without a worry; kept with the index."""
        kept = _kept(self._index_dir / self.stamp / _NEAR)
        return {code: frozenset(kept.get(code, ())) for code in self.catalogue.programmes}

    def _programme_words(self, programme: Programme) -> list[str]:
        return [key for text in _texts(programme) for key in self._keys(text)]

    def _written(self) -> Iterator[str]:
        """Our own texts in the spelling people expect: what kana is put back into."""
        for programme in self.catalogue.programmes.values():
            yield from _texts(programme)
        for worry in self.lexicon.worries.values():
            yield from (line for _, line in (*worry.strong, *worry.weak) if MARKUP.isdisjoint(line))

    def _keys(self, text: str) -> list[str]:
        return read(text, self.analyser).words()


def _telling(model: Learnt | None, reading: Reading, code: str) -> tuple[str, ...]:
    if model is None or code not in model.codes:
        return ()
    content = [u for u in reading.units if u.end - u.start > 1 and not TOO_COMMON.intersection(u.keys)]
    shares = [(model.share(unit, code), unit) for unit in content]
    best = sorted((row for row in shares if row[0] > 0), key=lambda row: -row[0])[:TELLING_WORDS]
    return reading.said((unit.start, unit.end) for _, unit in best)


def _texts(programme: Programme) -> tuple[str, ...]:
    return (programme.name, programme.plain_name, programme.summary, programme.for_whom, programme.condition)


def _only_errands(reading: Reading, heard: Heard) -> bool:
    """Every sentence names a matter outside the catalogue and says little else."""
    named = [piece for hit in heard.outside for span in hit.spans for piece in span.pieces]
    free: dict[int, int] = {}
    errands: set[int] = set()
    for unit in reading.units:
        if any(start <= unit.start < end for start, end in named):
            errands.add(unit.sentence)
        else:
            free[unit.sentence] = free.get(unit.sentence, 0) + 1
    sentences = {unit.sentence for unit in reading.units}
    return bool(errands) and errands == sentences and max(free.values(), default=0) <= FREE_WORDS


def _keep(file: Path, lists: dict[str, list[str]]) -> None:
    file.write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")


def _kept(file: Path) -> dict[str, list[str]]:
    """Lists of words kept beside the index; {} when they are not there or not whole."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
