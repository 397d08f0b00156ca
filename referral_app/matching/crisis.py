"""Read wording that may mean somebody thinks of dying, is being hurt, or hurts a child.

It needs only the standard library and one rule file, so it works when analyser, index and database are down. The rules
are data, edited by people; ``data/crisis.toml`` explains its tables and phrases. One pass over the text finds them all.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from referral_app import datafile
from referral_app.errors import DataError
from referral_app.types import Alert

KINDS = ("suicide", "self_harm", "other_person", "child_abuse", "violence", "bereavement")
LEVELS = ("imminent", "high", "concern")
MARKS = ("denial", "everyday", "asking", "other", "own", "report")
ROLES = ("rule", "hint", "word", "sign", "look_alike", *MARKS)
GAP = "\ue000"  # what the … of a phrase becomes: up to twelve letters of the same sentence
AFTER = 14  # letters between a finding and the denial or report that follows it
TOGETHER = 120  # letters between two signs that belong together

Span = tuple[int, int]
Said = Callable[[int, int], str]

_NOISE = re.compile(r"[\s、,・.*_~〜\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufe0f\ufeff]")
_KATAKANA = {chr(code): chr(code - 96) for code in range(ord("ァ"), ord("ヶ") + 1)}
_ALIKE = str.maketrans(_KATAKANA | dict(zip("!?ぁぃぅぇぉァィゥェォ", "。。あいうえおあいうえお", strict=True)))
_BRACES = {"{": "(?:", "|": "|", "}": ")", GAP: "[^。]{0,12}?"}
_REGEX = str.maketrans(_BRACES | {letter: "\\" + letter for letter in "()[]+^$\\"})


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
    """The rule file, compiled: phrases over numbered parts, how parts may begin, and which phrases they lead."""

    phrases: tuple[Phrase, ...]
    patterns: tuple[re.Pattern[str], ...]
    openings: Mapping[str, tuple[int, ...]]
    led_by: Mapping[int, tuple[int, ...]]  # first part → numbers of the phrases it leads
    spelling: Mapping[str, str]
    letters: re.Pattern[str]


class _Folded(NamedTuple):
    """A folded text; each letter knows the stretch of the original it came from, and its sentence."""

    text: str
    origins: list[Span]
    sentences: list[int]


class _Finding(NamedTuple):
    """A phrase found in the text, and where its parts stand."""

    phrase: Phrase
    spans: tuple[Span, ...]


class CrisisReader:
    """Reads what a resident says and answers with the alerts that staff must see."""

    def __init__(self, rules: CrisisRules) -> None:
        self._rules = rules

    def read(self, text: str, said: Said | None = None) -> tuple[Alert, ...]:
        """Return at most one alert per kind, the most urgent first; ``said`` gives a stretch of it as it was typed."""
        folded = _fold(text, self._rules.spelling, self._rules.letters)
        found = self._find(folded)
        marks = {role: sorted(f.spans[0] for f in found[role]) for role in MARKS}
        everyday, asking = ({folded.sentences[s] for s, _ in marks[role]} for role in ("everyday", "asking"))
        meant = found["rule"] + _away_from(everyday, found["hint"], folded)
        meant += _away_from(everyday | asking, found["word"], folded)
        meant = [_after_denial(f, marks["denial"], folded) for f in meant]
        meant += _joined_signs(_away_from(everyday | asking, found["sign"], folded))
        found_all = [g for f in meant for g in _told_apart(f, marks, folded)]
        alerts = _alerts(found_all, said or (lambda first, last: text[first:last]), folded)
        return tuple(sorted(alerts, key=lambda alert: LEVELS.index(alert.level)))

    def whose(self, text: str) -> str:
        """Return other_person when the text speaks last of somebody else than the speaker, else suicide."""
        folded = _fold(text, self._rules.spelling, self._rules.letters)
        found = self._find(folded)
        marks = {role: sorted(f.spans[0] for f in found[role]) for role in MARKS}
        last = len(folded.text.rstrip("。"))
        return "other_person" if last and _of_another((last - 1, last), marks, folded) else "suicide"

    def _find(self, folded: _Folded) -> dict[str, list[_Finding]]:
        """Find all phrases; a look-alike strikes out what it covers at the end or for the greater part."""
        starts, covered = self._starts(folded.text), bytearray(len(folded.text))
        begun = sorted(number for part in starts for number in self._rules.led_by[part])
        for phrase in (self._rules.phrases[number] for number in begun):
            for first, last in starts[phrase.parts[0]] if phrase.role == "look_alike" else ():
                covered[first:last] = b"\1" * (last - first)

        def stands(span: Span) -> bool:
            return not covered[span[1] - 1] and 2 * covered.count(1, *span) <= span[1] - span[0]

        def near(part: int, lead: Span) -> Span | None:
            here, spot = folded.sentences[lead[0]], range(max(0, lead[0] - TOGETHER), lead[1] + TOGETHER)
            spans = (match.span() for match in self._rules.patterns[part].finditer(folded.text, spot[0], spot[-1]))
            return next((s for s in spans if abs(folded.sentences[s[0]] - here) <= 1 and stands(s)), None)

        found: dict[str, list[_Finding]] = {role: [] for role in ROLES}
        for phrase in (self._rules.phrases[number] for number in begun):
            for lead in filter(stands, starts[phrase.parts[0]]):
                others = [near(part, lead) for part in phrase.parts[1:]]
                if None not in others:
                    found[phrase.role].append(_Finding(phrase, (lead, *(span for span in others if span))))
        return found

    def _starts(self, text: str) -> dict[int, list[Span]]:
        """Find the first part of every phrase in one pass over the text."""
        spans, openings, patterns = dict[int, list[Span]](), self._rules.openings, self._rules.patterns
        for position, letter in enumerate(text):
            for part in openings.get(text[position : position + 2]) or openings.get(letter, ()):
                if match := patterns[part].match(text, position):
                    spans.setdefault(part, []).append(match.span())
        return spans


def _away_from(sentences: set[int], found: list[_Finding], folded: _Folded) -> list[_Finding]:
    """Drop findings that stand in, or just before, a sentence about everyday business."""
    return [f for f in found if not sentences & {(here := folded.sentences[f.spans[0][0]]), here + 1}]


def _after_denial(found: _Finding, denials: list[Span], folded: _Folded) -> _Finding:
    """Lower a finding to concern when a denial follows it; never drop it."""
    end = found.spans[0][1]
    for start, _ in denials[(index := bisect_left(denials, (end - 4, 0))) : index + 1]:
        if start <= end + AFTER and folded.sentences[start] == folded.sentences[end - 1]:
            return found._replace(phrase=replace(found.phrase, level="concern"))
    return found


def _joined_signs(signs: list[_Finding]) -> Iterator[_Finding]:
    """Join two weak signs of different names that stand near each other to one concern."""
    last: dict[str, _Finding] = {}
    for sign in sorted(signs, key=lambda f: f.spans[0]):
        for other in last.values():
            if other.phrase.sign != sign.phrase.sign and sign.spans[0][0] - other.spans[0][1] <= TOGETHER:
                yield _Finding((other if sign.phrase.kind == "suicide" else sign).phrase, other.spans + sign.spans)
        last[sign.phrase.sign] = sign


def _told_apart(found: _Finding, marks: dict[str, list[Span]], folded: _Folded) -> list[_Finding]:
    """Add or change the kind of a finding that is about somebody else than the speaker."""
    if found.phrase.kind != "suicide" or not _of_another(found.spans[0], marks, folded):
        return [found]
    other = found._replace(phrase=replace(found.phrase, kind="other_person"))
    return [other] if found.phrase.level == "concern" else [found, other]


def _of_another(span: Span, marks: dict[str, list[Span]], folded: _Folded) -> bool:
    """Say whether the nearest subject before a finding, or a report after it, is another's."""

    def nearest(role: str) -> int:
        index = bisect_left(marks[role], (span[1], 0))
        start = marks[role][index - 1][0] if index else -1
        return start if folded.sentences[start] == folded.sentences[span[0]] else -1

    other, own = nearest("other"), nearest("own")
    if other != own:
        return other > own
    after = marks["report"][(index := bisect_left(marks["report"], (span[0], 0))) : index + 1]
    return any(start <= span[1] + AFTER for start, _ in after)


def _alerts(found: list[_Finding], said: Said, folded: _Folded) -> Iterator[Alert]:
    """Gather findings to one alert per kind, at the highest level the kind has."""
    for kind in sorted({f.phrase.kind for f in found}, key=KINDS.index):
        mine = [f for f in found if f.phrase.kind == kind]
        words, reached = dict[str, None](), 0
        for first, last in sorted({s for f in mine for s in f.spans}, key=lambda s: (s[0], -s[1])):
            if last > reached:
                words[said(folded.origins[first][0], folded.origins[last - 1][1])], reached = None, last
        level = min((f.phrase.level for f in mine), key=LEVELS.index)
        yield Alert(kind, level, tuple(words), sure=any(f.phrase.role == "rule" for f in mine))


@lru_cache(maxsize=8192)
def _fold_special(letter: str, after_kana: bool) -> str:
    """Fold one letter that needs more than a table; noise, and a drawl after hiragana, become nothing."""
    folded = "。" if letter in ("\r", "\n") else _NOISE.sub("", unicodedata.normalize("NFKC", letter).lower())
    return "" if folded == "ー" and after_kana else folded.translate(_ALIKE)


def _fold(text: str, spelling: Mapping[str, str], letters: re.Pattern[str]) -> _Folded:
    """Fold a whole text and remember where each letter came from."""
    parts, origins, here = list[str](), list[Span](), 0
    for found in letters.finditer(text):  # what stands between is one letter for one letter; the last is the end
        first, last = found.span()
        special = spelling.get(found.group()) or _fold_special(found.group(), "ぁ" <= text[first - 1 : first] <= "ゖ")
        parts += (text[here:first].lower().translate(_ALIKE), special)
        origins += zip(range(here, first), range(here + 1, first + 1), strict=True)
        origins += [(first, last)] * len(special)
        here = last
    plain = "".join(parts)
    return _Folded(plain, origins, [0, *accumulate(letter == "。" for letter in plain)])


def load_crisis(path: Path) -> CrisisRules:
    """Read and compile the rule file; raise DataError with the line of whatever is wrong."""
    file = datafile.read(path)
    for name, value in file.values.items():
        if name not in (*ROLES, "words", "spelling") or not isinstance(value, list if name in ROLES else dict):
            raise file.refuse(f"「{name}」という見出しは使えません。つづりを確かめてください。", file.line_of(name))
    loader = _Loader(file)
    phrases = tuple(phrase for role in ROLES for phrase in loader.phrases(role))
    leads: dict[str, list[int]] = {}
    led_by: dict[int, list[int]] = {}
    for number, phrase in enumerate(phrases):
        led_by.setdefault(phrase.parts[0], []).append(number)
    for part in sorted(led_by):
        for opening in loader.compiled[part][1]:
            leads.setdefault(opening, []).append(part)
    openings = {key: tuple(parts + (leads.get(key[0], []) if key[1:] else [])) for key, parts in leads.items()}
    patterns = tuple(pattern for pattern, _ in loader.compiled)
    numbers = {part: tuple(led) for part, led in led_by.items()}
    return CrisisRules(phrases, patterns, openings, numbers, loader.spelling, loader.letters)


class _Loader:
    """Compiles the lines of one rule file; equal parts are kept once."""

    def __init__(self, file: datafile.DataFile) -> None:
        self.file = file
        self.spelling = {key: str(word) for key, word in file.values.get("spelling", {}).items()}
        spellings = sorted(map(re.escape, self.spelling), key=len, reverse=True)
        special = "[^ぁ-ゖァ-ヶ一-鿿A-Za-z0-9。「」!?][\uff9e\uff9f\u3099\u309a]*"
        firsts = "".join({word[0] for word in self.spelling}) or "\n"  # a class is tried faster than many words
        self.letters = re.compile(f"(?=[{re.escape(firsts)}])(?:{'|'.join(spellings) or '(?!)'})|{special}|\\Z")
        self.parts: dict[str, int] = {}
        self.compiled: list[tuple[re.Pattern[str], set[str]]] = []
        self.words: dict[str, str] = {}
        for name, said in file.values.get("words", {}).items():
            words = (self._spelt(word, name) for word in re.split(r"[/\s]+", str(said).strip()))
            self.words[name] = "{" + "|".join(words) + "}"

    def phrases(self, role: str) -> Iterator[Phrase]:
        """Yield the phrases of all tables of one role: each line of ``say`` that is no comment."""
        for table in self.file.values.get(role, [{}] if role == "rule" else []):
            kind, level = table.get("kind", "suicide"), table.get("level", "concern")
            lines = [line for row in str(table.get("say", "")).splitlines() if (line := row.strip()) and line[0] != "#"]
            wrong = kind not in KINDS or level not in LEVELS or (role == "sign" and "sign" not in table)
            if wrong or not lines or table.keys() - {"kind", "level", "sign", "say"}:
                raise self._wrong((lines or [f"[[{role}]]"])[0], f"[[{role}]] の項目がたりないか、正しくありません。")
            for line in lines:
                parts = tuple(self._part(part.strip(), line) for part in line.split("&"))
                yield Phrase(role, kind, level, str(table.get("sign", "")), parts)

    def _part(self, part: str, line: str) -> int:
        """Number one part of a phrase and file it under the letters it may begin with."""
        spelt = self._spelt(part, line)
        if spelt not in self.parts:
            try:
                pattern, openings = re.compile(spelt.translate(_REGEX)), _openings("{" + spelt + "}")
            except (re.error, ValueError):
                raise self._wrong(line, f"「{line}」の {{ | }} の組が合いません。") from None
            if "" in openings:
                raise self._wrong(line, f"「{line}」に、空か … で始まるところがあります。文字から始めてください。")
            self.parts[spelt] = len(self.compiled)
            self.compiled.append((pattern, openings))
        return self.parts[spelt]

    def _spelt(self, part: str, line: str) -> str:
        """Put word classes in place of <names> and fold the rest like any text."""
        pieces = re.split(r"<([^<>]*)>", part)
        for unknown in set(pieces[1::2]) - self.words.keys():
            raise self._wrong(line, f"<{unknown}> という言葉の組が、[words] のここより上にありません。")
        pieces[0::2] = [_fold(p.replace("…", GAP), self.spelling, self.letters).text for p in pieces[0::2]]
        pieces[1::2] = [self.words[name] for name in pieces[1::2]]
        return "".join(pieces)

    def _wrong(self, line: str, reason: str) -> DataError:
        start = self.file.text.find(line)
        return self.file.refuse(reason, self.file.text.count("\n", 0, start) + 1 if start >= 0 else None)


def _openings(part: str, start: str = "") -> set[str]:
    """Return the one or two letters with which a part may begin."""
    while part and len(start) < 2 and part[0] not in _BRACES:
        start, part = start + part[0], part[1:]
    if len(start) == 2 or not part or part[0] == GAP:
        return {start}
    depths = list(accumulate({"{": 1, "}": -1}.get(letter, 0) for letter in part))
    end = depths.index(0)
    cuts = [0, *(n for n in range(end) if part[n] == "|" and depths[n] == 1), end]
    choices = (part[first + 1 : last] + part[end + 1 :] for first, last in pairwise(cuts))
    return {opening for choice in choices for opening in _openings(choice, start)}
