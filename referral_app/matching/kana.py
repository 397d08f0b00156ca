"""Puts long runs of hiragana back into the kanji the field's words are usually written with.

A hurried clerk types 「ごしゅじんにおこられる」, an old man writes a note in kana: the analyser cuts such runs wrongly.
A small word-pair model, learnt with the index from our own texts, finds the likeliest words by their readings.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from referral_app.errors import SearchDown
from referral_app.matching.analyser import Token
from referral_app.matching.text import CleanText

RUN_AMONG_KANJI = 10  # hiragana in a row that a text with kanji in it rarely holds …
RUN_AMONG_KANA = 6  # … and in a sentence written mostly in kana
MOSTLY_KANA = 0.15  # at most this share of kanji
PAIR_SHARE = 0.9  # of a word's probability that the word before it decides
UNKNOWN = 14.0  # cost of a letter that begins no known word (-log of its probability)
LONGEST_WORD = 14
KEPT_PATHS = 6  # last words followed further at each letter

_START = ""
_FILE = "kana.json"
_KANJI = re.compile("[一-鿿々]")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
_SENTENCE = re.compile("[^。！？!?\n]*[。！？!?\n]?")
_TO_HIRAGANA = {code: code - 96 for code in range(ord("ァ"), ord("ヶ") + 1)}


class _Step(NamedTuple):
    """The cheapest way to a word: its cost, where the word starts, and the word before it."""

    cost: float
    start: int
    before: str


class Kana:
    """Words by reading, and how often one follows another. Immutable; safe for threads."""

    def __init__(self, words: dict[str, dict[str, int]], pairs: dict[str, dict[str, int]]) -> None:
        """words: reading → spelling → count. pairs: spelling → the next one → count."""
        self._words, self._pairs = words, pairs
        total = sum(n for spellings in words.values() for n in spellings.values()) or 1
        self._alone = {r: {s: (1 - PAIR_SHARE) * n / total for s, n in row.items()} for r, row in words.items()}
        self._after = {word: PAIR_SHARE / sum(row.values()) for word, row in pairs.items()}

    def restored(self, cleaned: CleanText) -> CleanText:
        """The text with its long hiragana runs respelt; every character keeps the way to what was typed."""
        parts, origin, done = list[str](), list[int](), 0
        for start, end in _runs(cleaned.text):
            parts.append(cleaned.text[done:start])
            origin += cleaned.origin[done:start]
            for spelling, first, last in self._best(cleaned.text[start:end]):
                parts.append(spelling)
                origin += (cleaned.origin[start + at] for at in _places(spelling, first, last))
            done = end
        if not done:
            return cleaned
        parts.append(cleaned.text[done:])
        return CleanText(cleaned.original, "".join(parts), (*origin, *cleaned.origin[done:]))

    def _best(self, run: str) -> list[tuple[str, int, int]]:
        """The likeliest words of a run as (spelling, start, end): Viterbi over word pairs."""
        ways: list[dict[str, _Step]] = [{_START: _Step(0.0, 0, "")}, *({} for _ in run)]
        for start, here in enumerate(ways[:-1]):
            before = sorted(((step.cost, word) for word, step in here.items()))[:KEPT_PATHS]
            for end in range(start + 1, min(start + LONGEST_WORD, len(run)) + 1):
                for spelling, alone in self._alone.get(run[start:end], {}).items():
                    self._reach(ways[end], spelling, start, before, alone)
            if before and not ways[start + 1]:
                ways[start + 1][run[start]] = _Step(before[0][0] + UNKNOWN, start, before[0][1])
        return _path(ways)

    def _reach(self, there: dict[str, _Step], word: str, start: int, ways: list[tuple[float, str]], p: float) -> None:
        for cost, before in ways:
            pairs = self._pairs.get(before)
            paired = self._after[before] * pairs.get(word, 0) if pairs else 0.0
            total = cost - math.log(p + paired)
            if word not in there or total < there[word].cost:
                there[word] = _Step(total, start, before)

    def save(self, folder: Path) -> None:
        """Writes what was learnt beside the index."""
        kept = json.dumps({"words": self._words, "pairs": self._pairs}, ensure_ascii=False, separators=(",", ":"))
        (folder / _FILE).write_text(kept, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Kana:
        """Reads what was saved; raises SearchDown when it is not there or not whole."""
        try:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return cls(kept["words"], kept["pairs"])
        except (OSError, ValueError, KeyError) as error:
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error


def learn(texts: Iterable[Sequence[Token]]) -> Kana:
    """Counts words and pairs of words in texts written as usual."""
    words: dict[str, Counter[str]] = defaultdict(Counter)
    pairs: dict[str, Counter[str]] = defaultdict(Counter)
    for tokens in texts:
        before = _START
        for token in tokens:
            reading = (token.reading if _KANJI.search(token.surface) else token.surface).translate(_TO_HIRAGANA)
            if len(reading) <= LONGEST_WORD and _HIRAGANA.fullmatch(reading):
                words[reading][token.surface] += 1
                pairs[before][token.surface] += 1
                before = token.surface
            else:
                before = _START
    return Kana({key: dict(row) for key, row in words.items()}, {key: dict(row) for key, row in pairs.items()})


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of hiragana too long to be only word endings."""
    for sentence in _SENTENCE.finditer(text):
        said = sentence.group()
        longest = max((len(run) for run in _HIRAGANA.findall(said)), default=0)
        if longest < RUN_AMONG_KANA:
            continue
        letters = sum(map(str.isalpha, said))
        least = RUN_AMONG_KANA if len(_KANJI.findall(said)) <= MOSTLY_KANA * letters else RUN_AMONG_KANJI
        for run in _HIRAGANA.finditer(said):
            if len(run.group()) >= least:
                yield sentence.start() + run.start(), sentence.start() + run.end()


def _path(ways: list[dict[str, _Step]]) -> list[tuple[str, int, int]]:
    found, end = list[tuple[str, int, int]](), len(ways) - 1
    word = min(ways[end], key=lambda w: ways[end][w].cost)
    while end:
        step = ways[end][word]
        found.append((word, step.start, end))
        end, word = step.start, step.before
    return found[::-1]


def _places(spelling: str, first: int, last: int) -> Iterator[int]:
    """Where each character of a word was typed: its kana ending one for one, what stands before at the start."""
    for left in range(len(spelling), 0, -1):
        yield first if _KANJI.search(spelling[-left:]) else max(first, last - left)
