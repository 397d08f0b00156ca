"""ふりがな for the resident's paper: which kanji get which hiragana over them.

Three sources, in this order: what people wrote in ``data/ruby.toml`` (and the kana of departments
and windows), the rules for a number with its counter (``counting``), the analyser's readings.
Better no ruby than a wrong one: whatever is not hiragana, and what the analyser takes for a
person's name, stays bare. Digits have ruby only where they melt with the kanji: 10日[とおか], 1人[ひとり].
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from referral_app import datafile
from referral_app.catalogue import Catalogue
from referral_app.datafile import Entry
from referral_app.matching import counting
from referral_app.matching.analyser import Analyser, Token
from referral_app.types import Department, HelpLine, OutsideWindow

KANJI = "々〆㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
_KANJI = re.compile(f"[{KANJI}]")
_RUNS = re.compile(rf"[{KANJI}\d]+|[^{KANJI}\d]")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
_SIGNS = re.compile(r"(\W+)")
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


@dataclass(frozen=True)
class Ruby:
    """A piece of text; ``reading`` is the hiragana over it, "" for none."""

    base: str
    reading: str


@dataclass(frozen=True)
class Corrections:
    """Words whose reading is known, each cut into its pieces; these win before the analyser."""

    words: Mapping[str, tuple[Ruby, ...]]


def names_of(catalogue: Catalogue) -> dict[str, str]:
    """Name → kana of the departments, the windows outside and the help lines."""
    named: list[Department | OutsideWindow | HelpLine] = [*catalogue.departments.values()]
    named += [*catalogue.outside.values(), *catalogue.help_lines]
    return {one.name: one.kana for one in named}


def load_corrections(path: Path, names: Mapping[str, str]) -> Corrections:
    """Reads ``data/ruby.toml`` and adds ``names`` (name → kana); raises DataError at the first fault."""
    words: dict[str, tuple[Ruby, ...]] = {}
    file = datafile.read(path)
    for key, value in file.values.items():
        if not isinstance(value, dict):
            raise file.refuse(f'「{key}」は、["…"] の見出しより下に書いてください。', file.line_of("", key))
        entry = file.entry(key)
        for word in value:
            if word in words:
                raise entry.refuse(f"「{word}」は、ほかの組にもあります。一つの言葉は一度だけ書けます。", word)
            words[word] = _correction(entry, word)
    for name, kana in names.items():
        if name not in words and (pieces := align(name, kana)):
            words[name] = pieces
    return Corrections(words)


def _correction(entry: Entry, word: str) -> tuple[Ruby, ...]:
    reading = entry.text(word)
    parts = reading.split("|")
    if len(parts) > 1:
        if len(parts) != len(word) or not all(map(_KANJI.match, word)) or not all(map(_HIRAGANA.fullmatch, parts)):
            raise entry.refuse(f"「{word}」の | は、漢字だけの言葉で、一字ごとに区切ってください。", word)
        return tuple(map(Ruby, word, parts))
    pieces = align(word, reading)
    if not _KANJI.search(word) or not pieces:
        raise entry.refuse(f"「{word}」と「{reading}」が合いません。漢字の読みを、ひらがなで全部書いてください。", word)
    return pieces


def align(word: str, reading: str) -> tuple[Ruby, ...]:
    """The reading (kana) over the kanji of the word only: 取り組み → 取[と]り組[く]み; () when it cannot be told."""
    runs = _RUNS.findall(word)
    pattern = "".join("([ぁ-ゖー]+?)" if _KANJI.search(run) else f"({_literal(run)})" for run in runs)
    kana = reading.translate(_TO_HIRAGANA)
    shortest = re.fullmatch(pattern, kana)
    longest = re.fullmatch(pattern.replace("+?", "+"), kana)
    if not shortest or not longest or shortest.groups() != longest.groups():
        return ()
    found = zip(runs, shortest.groups(), strict=True)
    return tuple(_joined(Ruby(run, kana if _KANJI.search(run) else "") for run, kana in found))


def _literal(character: str) -> str:
    if character in "ヶヵ":
        return "[かがけ]"
    return re.escape(character.translate(_TO_HIRAGANA))


def _joined(pieces: Iterable[Ruby]) -> Iterator[Ruby]:
    """Neighbours without ruby become one piece."""
    for has_ruby, group in groupby((piece for piece in pieces if piece.base), lambda piece: piece.reading != ""):
        neighbours = list(group)
        yield from neighbours if has_ruby else [Ruby("".join(piece.base for piece in neighbours), "")]


def _counted(text: str, at: int, ends: set[int]) -> tuple[Ruby, ...]:
    found = counting.read(text, at, ends)
    return (Ruby(found.bare, ""), *(align(found.word, found.reading) or (Ruby(found.word, ""),))) if found else ()


class Furigana:
    """Puts ruby over texts. Holds no state of its own; as thread-safe as its analyser."""

    def __init__(self, analyser: Analyser, corrections: Corrections) -> None:
        self._analyser, self._corrections = analyser, corrections
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(corrections.words, key=len, reverse=True):
            self._by_first[word[0]].append(word)

    def ruby(self, text: str) -> tuple[Ruby, ...]:
        """The text in pieces whose bases join to exactly the text."""
        tokens = self._analyser.tokens(text)
        starts, ends = {token.start for token in tokens}, {token.end for token in tokens}
        pieces: list[Ruby] = []
        done = at = 0
        while at < len(text):
            known = self._corrected(text, at, starts, ends) or _counted(text, at, ends)
            if known:
                pieces += [*self._read(text, done, at, tokens), *known]
                at = done = at + sum(len(piece.base) for piece in known)
            else:
                at += 1
        pieces += self._read(text, done, at, tokens)
        return tuple(_joined(pieces))

    def _corrected(self, text: str, at: int, starts: set[int], ends: set[int]) -> tuple[Ruby, ...]:
        """The longest corrected word that begins here, in its own pieces or the analyser's when those are finer."""
        for word in self._by_first.get(text[at], ()):
            if not text.startswith(word, at) or (counting.begins(word) and counting.follows_figure(text, at)):
                continue
            if len(_KANJI.findall(word)) == 1 and (at not in starts or (len(word) == 1 and at + 1 not in ends)):
                continue
            own = self._corrections.words[word]
            finer = tuple(_joined(self._alone(word)))
            return finer if len(finer) > len(own) and _spelt(finer) == _spelt(own) else own
        return ()

    def _alone(self, text: str) -> Iterator[Ruby]:
        return self._read(text, 0, len(text), self._analyser.tokens(text))

    def _read(self, text: str, start: int, end: int, tokens: list[Token]) -> Iterator[Ruby]:
        """The analyser's pieces of ``text[start:end]``; a token cut by the border is analysed again."""
        for token in tokens:
            low, high = max(start, token.start), min(end, token.end)
            if low < high:
                whole = (low, high) == (token.start, token.end)
                yield from self._token(text[low:high], token) if whole else self._alone(text[low:high])
                start = high
        if start < end:
            yield Ruby(text[start:end], "")

    def _token(self, base: str, token: Token) -> Iterator[Ruby]:
        doubtful = token.pos[2] == "人名" or token.pos[0] == "補助記号" or _is_number(token)
        if doubtful or not _KANJI.search(base):
            yield Ruby(base, "")
        elif pieces := align(base, token.reading):
            yield from self._split(*pieces) if len(pieces) == 1 else pieces
        elif len(parts := [part for part in _SIGNS.split(base) if part]) > 1:
            for part in parts:
                yield from self._alone(part)
        else:
            reading = token.reading.translate(_TO_HIRAGANA)
            yield Ruby(base, reading if _HIRAGANA.fullmatch(reading) else "")

    def _split(self, whole: Ruby) -> Iterator[Ruby]:
        """A long compound in its words, when these alone read the same: 健康診断 → 健康[けんこう]診断[しんだん]."""
        for cut in range(2, len(whole.base)) if len(whole.base) > 3 else ():
            head, *more = self._analyser.tokens(whole.base[:cut])
            reading = head.reading.translate(_TO_HIRAGANA)
            tail = list(self._alone(whole.base[cut:]))
            if not more and reading + _spelt(tail) == whole.reading:
                yield from (Ruby(whole.base[:cut], reading), *tail)
                return
        yield whole


def _is_number(token: Token) -> bool:
    """A number the analyser reads figure by figure: 5千, 三百 (さんひゃく)."""
    return token.pos[1] == "数詞" and re.search(r"\d|.[百千]|[百千].", token.surface) is not None


def _spelt(pieces: Iterable[Ruby]) -> str:
    return "".join(piece.reading or piece.base for piece in pieces)
