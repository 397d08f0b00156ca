"""Read wording that may mean somebody thinks of dying, is being hurt, or hurts a child.

This reading stands alone: the standard library and one rule file are all it needs, so it
works when the analyser, the index and the database are down.  The rules are data, edited
by people in ``data/crisis.toml``; that file explains how a phrase is written.

The text is folded (width, case, katakana, usual spellings) and all phrases are looked for
in one pass, by the two letters they may begin with.  Look-alikes strike out what they
cover, a denial lowers a finding to ``concern``, two weak signs of different names near each
other make one ``concern``, and what is said of others is told apart from the speaker's own.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from referral_app import datafile
from referral_app.datafile import DataFile
from referral_app.errors import DataError

KINDS = ("suicide", "self_harm", "other_person", "child_abuse", "violence", "bereavement")
LEVELS = ("imminent", "high", "concern")
ROLES = ("rule", "hint", "sign", "look_alike", "denial", "everyday", "other", "own", "report")
GAP = "\ue000"  # what the … of a phrase becomes: up to twelve letters of the same sentence
AFTER = 14  # letters between a finding and the denial or report that follows it
TOGETHER = 120  # letters between two signs that belong together

Span = tuple[int, int]
Marks = dict[str, list[Span]]

_NOISE = re.compile(r"[\s・.*_~〜\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufe0f\ufeff]")
_ALIKE = str.maketrans("!?ぁぃぅぇぉ", "。。あいうえお")
_SIGNS = {"{": "(?:", "|": "|", "}": ")", GAP: "[^。]{0,12}?"}
_REGEX = str.maketrans(_SIGNS | {sign: "\\" + sign for sign in "()[]+^$\\"})


@dataclass(frozen=True)
class Alert:
    """One kind of worry that staff must be shown, with the resident's own words."""

    kind: str
    level: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Phrase:
    """One line of the rule file: all of its parts must stand near each other."""

    role: str
    kind: str
    level: str
    sign: str
    parts: tuple[int, ...]


@dataclass(frozen=True)
class CrisisRules:
    """The rule file, compiled: phrases over numbered parts, and how parts may begin."""

    phrases: tuple[Phrase, ...]
    patterns: tuple[re.Pattern[str], ...]
    openings: Mapping[str, tuple[int, ...]]
    spelling: Mapping[str, str]


@dataclass(frozen=True)
class _Folded:
    """A folded text; each letter knows the stretch of the original it came from."""

    text: str
    origins: list[Span]
    stops: list[int]

    def sentence(self, position: int) -> int:
        """Return the number of the sentence that holds a position."""
        return bisect_right(self.stops, position)


@dataclass(frozen=True)
class _Finding:
    """A phrase found in the text, and where its parts stand."""

    phrase: Phrase
    spans: tuple[Span, ...]


class CrisisReader:
    """Reads what a resident says and answers with the alerts that staff must see."""

    def __init__(self, rules: CrisisRules) -> None:
        self._rules = rules
        self._letters = _letters(rules.spelling)
        self._look_alikes = {p.parts[0] for p in rules.phrases if p.role == "look_alike"}

    def read(self, text: str) -> tuple[Alert, ...]:
        """Return at most one alert per kind, the most urgent first."""
        folded = _fold(text, self._rules.spelling, self._letters)
        hits = self._strike_out(self._scan(folded.text))
        found: dict[str, list[_Finding]] = {role: [] for role in ROLES}
        for phrase in self._rules.phrases:
            if all(part in hits for part in phrase.parts):
                found[phrase.role] += _findings(phrase, hits, folded)
        marks = {role: sorted(f.spans[0] for f in found[role]) for role in ROLES[4:]}
        meant = [_after_denial(f, marks["denial"], folded) for f in found["rule"]]
        everyday = {folded.sentence(start) for start, _ in marks["everyday"]}
        meant += _away_from(everyday, found["hint"], folded)
        meant += _joined_signs(_away_from(everyday, found["sign"], folded))
        return _alerts([g for f in meant for g in _told_apart(f, marks, folded)], text, folded)

    def _scan(self, text: str) -> dict[int, list[Span]]:
        """Find every part of every phrase in one pass over the text."""
        hits: dict[int, list[Span]] = {}
        openings, patterns = self._rules.openings, self._rules.patterns
        for position, letter in enumerate(text):
            pair = text[position : position + 2]
            for part in openings.get(pair, ()) + openings.get(letter, ()):
                if match := patterns[part].match(text, position):
                    hits.setdefault(part, []).append(match.span())
        return hits

    def _strike_out(self, hits: dict[int, list[Span]]) -> dict[int, list[Span]]:
        """Take away the hits that begin or end inside a look-alike."""
        covers = sorted(s for part in self._look_alikes for s in hits.pop(part, ()))

        def covered(first: int, last: int) -> bool:
            near = covers[bisect_left(covers, (first - 60, 0)) : bisect_left(covers, (last, 0))]
            return any(s <= first < e or s < last <= e for s, e in near)

        kept = {part: [s for s in spans if not covered(*s)] for part, spans in hits.items()}
        return {part: spans for part, spans in kept.items() if spans}


def _findings(phrase: Phrase, hits: dict[int, list[Span]], folded: _Folded) -> Iterator[_Finding]:
    """Yield each place where all parts stand in the same or a neighbouring sentence."""
    rest = [{folded.sentence(span[0]): span for span in reversed(hits[part])} for part in phrase.parts[1:]]
    for span in hits[phrase.parts[0]]:
        here = folded.sentence(span[0])
        near = [next((r[n] for n in (here, here - 1, here + 1) if n in r), None) for r in rest]
        if None not in near:
            yield _Finding(phrase, (span, *(s for s in near if s)))


def _after_denial(found: _Finding, denials: list[Span], folded: _Folded) -> _Finding:
    """Lower a finding to concern when a denial follows it; never drop it."""
    end = found.spans[0][1]
    start = next((s for s, _ in denials[bisect_left(denials, (end - 4, 0)) :]), None)
    if start is None or start > end + AFTER:
        return found
    if folded.sentence(start) != folded.sentence(end - 1):
        return found
    return replace(found, phrase=replace(found.phrase, level="concern"))


def _away_from(everyday: set[int], found: list[_Finding], folded: _Folded) -> list[_Finding]:
    """Drop weak findings where the same or the next sentence speaks of everyday business."""
    return [f for f in found if not everyday & {(n := folded.sentence(f.spans[0][0])), n + 1}]


def _joined_signs(signs: list[_Finding]) -> Iterator[_Finding]:
    """Join two weak signs of different names that stand near each other to one concern."""
    last: dict[str, _Finding] = {}
    for sign in sorted(signs, key=lambda f: f.spans[0]):
        for other in last.values():
            near = sign.spans[0][0] - other.spans[0][1] <= TOGETHER
            if near and other.phrase.sign != sign.phrase.sign:
                kinds = {sign.phrase.kind, other.phrase.kind}
                kind = "other_person" if "other_person" in kinds else sign.phrase.kind
                phrase = replace(sign.phrase, kind=kind)
                yield _Finding(phrase, other.spans + sign.spans)
        last[sign.phrase.sign] = sign


def _told_apart(found: _Finding, marks: Marks, folded: _Folded) -> list[_Finding]:
    """Add or change the kind of a finding that is about somebody else than the speaker."""
    if found.phrase.kind != "suicide" or not _of_another(found.spans[0], marks, folded):
        return [found]
    other = replace(found, phrase=replace(found.phrase, kind="other_person"))
    return [other] if found.phrase.level == "concern" else [found, other]


def _of_another(span: Span, marks: Marks, folded: _Folded) -> bool:
    """Say whether the nearest subject before a finding, or a report after it, is another's."""

    def nearest(role: str) -> int:
        before = marks[role][: bisect_left(marks[role], (span[1], 0))]
        same = before and folded.sentence(before[-1][0]) == folded.sentence(span[0])
        return before[-1][0] if same else -1

    other, own = nearest("other"), nearest("own")
    if other != own:
        return other > own
    after = marks["report"][bisect_left(marks["report"], (span[0], 0)) :]
    return bool(after) and after[0][0] <= span[1] + AFTER


def _alerts(found: list[_Finding], text: str, folded: _Folded) -> tuple[Alert, ...]:
    """Gather findings to one alert per kind, at the highest level the kind has."""
    alerts = []
    for kind in KINDS:
        mine = [f for f in found if f.phrase.kind == kind]
        words: dict[str, None] = {}
        reached = 0
        for first, last in sorted({s for f in mine for s in f.spans}, key=lambda s: (s[0], -s[1])):
            if last > reached:
                words[text[folded.origins[first][0] : folded.origins[last - 1][1]]] = None
                reached = last
        if mine:
            level = min((f.phrase.level for f in mine), key=LEVELS.index)
            alerts.append(Alert(kind, level, tuple(words)))
    return tuple(sorted(alerts, key=lambda alert: LEVELS.index(alert.level)))


def _letters(spelling: Mapping[str, str]) -> re.Pattern[str]:
    """Compile what counts as one letter: a word of the spelling table, or one character."""
    words = sorted(map(re.escape, spelling), key=len, reverse=True)
    return re.compile("|".join([*words, "(?s:.)[\uff9e\uff9f\u3099\u309a]*"]))


@lru_cache(maxsize=8192)
def _fold_letter(letter: str, after_kana: bool) -> str:
    """Fold one letter; noise, and a drawl after hiragana, become nothing."""
    if letter in "\r\n":
        return "。"
    folded = _NOISE.sub("", unicodedata.normalize("NFKC", letter).lower())
    if folded == "ー" and after_kana:
        return ""
    return "".join(chr(ord(c) - 96) if "ァ" <= c <= "ヶ" else c for c in folded).translate(_ALIKE)


def _fold(text: str, spelling: Mapping[str, str], letters: re.Pattern[str]) -> _Folded:
    """Fold a whole text and remember where each letter came from."""
    parts: list[str] = []
    origins: list[Span] = []
    after_kana = False
    for found in letters.finditer(text):
        letter = found.group()
        folded = spelling.get(letter) or _fold_letter(letter, after_kana)
        parts.append(folded)
        origins += [found.span()] * len(folded)
        after_kana = "ぁ" <= letter <= "ゖ"
    plain = "".join(parts)
    return _Folded(plain, origins, [i for i, c in enumerate(plain) if c == "。"])


def load_crisis(path: Path) -> CrisisRules:
    """Read and compile the rule file; raise DataError with the line of whatever is wrong."""
    file = datafile.read(path)
    unknown = [key for key in file.values if key not in (*ROLES, "words", "spelling")]
    if unknown:
        raise file.refuse(f"「{unknown[0]}」という表はありません。つづりを確かめてください。", file.line_of(unknown[0]))
    loader = _Loader(file)
    phrases = [phrase for role in ROLES for table in file.values.get(role, ()) for phrase in loader.table(role, table)]
    if not any(phrase.role == "rule" for phrase in phrases):
        raise file.refuse("[[rule]] がひとつもありません。注意を出す言い方を書いてください。")
    patterns = tuple(re.compile(part.translate(_REGEX)) for part in loader.parts)
    openings = {opening: tuple(parts) for opening, parts in loader.openings.items()}
    return CrisisRules(tuple(phrases), patterns, openings, loader.spelling)


class _Loader:
    """Compiles the lines of one rule file; equal parts are kept once."""

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self.spelling = {key: str(word) for key, word in file.values.get("spelling", {}).items()}
        self.letters = _letters(self.spelling)
        self.parts: dict[str, int] = {}
        self.openings: dict[str, list[int]] = {}
        self.words: dict[str, str] = {}
        for name, said in file.values.get("words", {}).items():
            self.words[name] = "{" + "|".join(self._spelt(w) for w in re.split(r"[/\s]+", said.strip())) + "}"

    def table(self, role: str, table: dict[str, Any]) -> Iterator[Phrase]:
        """Yield the phrases of one table: every line of ``say`` that is no comment."""
        said = str(table.get("say", ""))
        kind, level, sign = (str(table.get(key, "")) for key in ("kind", "level", "sign"))
        kind = kind or "suicide"
        wrong = kind not in KINDS or (role == "rule" and level not in LEVELS) or (role == "sign" and not sign)
        if wrong or not said.strip() or set(table) - {"kind", "level", "sign", "say"}:
            first = next((line for line in said.splitlines() if line.strip()), "")
            raise self._wrong(first, f"[[{role}]] の kind・level・sign・say のどれかが正しくありません。")
        for line in map(str.strip, said.splitlines()):
            if line and not line.startswith("#"):
                parts = tuple(self._part(part.strip(), line) for part in line.split("&"))
                yield Phrase(role, kind, level or "concern", sign, parts)

    def _part(self, part: str, line: str) -> int:
        """Number one part of a phrase and file it under the letters it may begin with."""
        spelt = "{" + self._spelt(part, line) + "}"
        if spelt not in self.parts:
            try:
                re.compile(spelt.translate(_REGEX))
                openings = _openings(spelt)
            except (re.error, IndexError):
                raise self._wrong(line, f"「{line}」の {{ | }} の組が合いません。") from None
            if "" in openings:
                raise self._wrong(line, f"「{line}」は空か … で始まっています。文字から始めてください。")
            self.parts[spelt] = len(self.parts)
            for opening in openings:
                self.openings.setdefault(opening, []).append(self.parts[spelt])
        return self.parts[spelt]

    def _spelt(self, part: str, line: str = "") -> str:
        """Put word classes in place of <names> and fold the rest like any text."""
        pieces = re.split(r"<([^<>]*)>", part)
        for name in pieces[1::2]:
            if name not in self.words:
                raise self._wrong(line, f"<{name}> という言葉の組が [words] にありません。")
        folded = [_fold(p.replace("…", GAP), self.spelling, self.letters).text for p in pieces[0::2]]
        words = [self.words[name] for name in pieces[1::2]]
        return "".join(f + w for f, w in zip(folded, [*words, ""], strict=True))

    def _wrong(self, line: str, reason: str) -> DataError:
        lines = [text.strip() for text in self.file.text.splitlines()]
        return self.file.refuse(reason, lines.index(line.strip()) + 1 if line.strip() in lines else None)


def _openings(part: str, start: str = "") -> set[str]:
    """Return the one or two letters with which a part may begin."""
    while part and len(start) < 2 and part[0] not in _SIGNS:
        start, part = start + part[0], part[1:]
    if len(start) == 2 or not part or part[0] == GAP:
        return {start}
    choices, depth, position = [""], 1, 0
    while depth:
        position += 1
        depth += {"{": 1, "}": -1}.get(part[position], 0)
        if part[position] == "|" and depth == 1:
            choices.append("")
        elif depth:
            choices[-1] += part[position]
    return {opening for choice in choices for opening in _openings(choice + part[position + 1 :], start)}
