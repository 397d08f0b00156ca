"""The listening rubric (聴き方のめやす) read in a trainee's own words: hints to think about, never a mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile
from referral_app.datafile import DataFile
from referral_app.errors import DataError
from referral_app.matching import Analyser, Phrasings, phrase_fault
from referral_app.practice.scenarios import LISTENING


@dataclass(frozen=True)
class Point:
    """One of the five points of listening: what it means, and wordings that show it."""

    name: str
    meaning: str
    heard: tuple[str, ...]


@dataclass(frozen=True)
class Caution:
    """A way of speaking to be careful with: ``heard`` unless one of ``but`` stands in the same text."""

    name: str
    why: str
    heard: tuple[str, ...]
    but: tuple[str, ...]


@dataclass(frozen=True)
class Rubric:
    """data/listening.toml, checked."""

    points: tuple[Point, ...]
    cautions: tuple[Caution, ...]


@dataclass(frozen=True)
class Heard:
    """What was read in the trainee's own words: point or caution → the words as typed."""

    points: Mapping[str, tuple[str, ...]]
    cautions: Mapping[str, tuple[str, ...]]


NOTHING = Heard({}, {})


def load(path: Path) -> Rubric:
    """Reads data/listening.toml; raises DataError with file, line and reason."""
    file = datafile.read(path)
    top = file.top()
    points, cautions = [], []
    for number, row in enumerate(top.tables("point"), 1):
        name = row.choice("name", LISTENING)
        points.append(Point(name, row.text("meaning", longest=60), _lines(file, f"point.{number}", "heard")))
        row.text("heard", longest=4000)
        row.done()
    for number, row in enumerate(top.tables("avoid"), 1):
        name, why = row.text("name", longest=16), row.text("why", longest=120)
        place = f"avoid.{number}"
        cautions.append(Caution(name, why, _lines(file, place, "heard"), _lines(file, place, "but")))
        row.text("heard", longest=4000)
        row.text("but", required=False, longest=4000)
        row.done()
    top.done()
    missing = [name for name in LISTENING if name not in {point.name for point in points}]
    if missing:
        raise file.refuse(f"聴き方「{missing[0]}」の [[point]] がありません。")
    return Rubric(tuple(points), tuple(cautions))


def _lines(file: DataFile, place: str, key: str) -> tuple[str, ...]:
    """The phrases of a multi-line value; raises DataError at the line of a bad one."""
    table, _, number = place.partition(".")
    value = str(file.values[table][int(number) - 1].get(key, ""))
    start = file.line_of_field(f"{place}.{key}") or 0
    kept = []
    for line, row in enumerate(value.split("\n"), start + 1):
        phrase = row.strip()
        if not phrase or phrase.startswith("#"):
            continue
        if fault := phrase_fault(phrase):
            raise DataError(file.name, line, f"「{phrase}」: {fault}")
        kept.append(phrase)
    return tuple(kept)


class Listener:
    """Compiled once; immutable and safe for threads."""

    def __init__(self, rubric: Rubric, analyser: Analyser) -> None:
        """Raises PhraseError for a line that cannot be compiled."""
        self.rubric = rubric
        self._points = Phrasings({point.name: point.heard for point in rubric.points}, analyser)
        self._cautions = Phrasings({row.name: row.heard for row in rubric.cautions}, analyser)
        self._but = Phrasings({row.name: row.but for row in rubric.cautions}, analyser)

    def heard(self, texts: Iterable[str]) -> Heard:
        """What stands in these texts, each read on its own; raises InvalidInput when one is too long."""
        points: dict[str, list[str]] = {}
        cautions: dict[str, list[str]] = {}
        for text in texts:
            for name, words in self._points.heard(text).items():
                points.setdefault(name, []).extend(words)
            excused = self._but.heard(text)
            for name, words in self._cautions.heard(text).items():
                if name not in excused:
                    cautions.setdefault(name, []).extend(words)
        return Heard(_frozen(points), _frozen(cautions))


def _frozen(found: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(set(words))) for name, words in found.items()}
