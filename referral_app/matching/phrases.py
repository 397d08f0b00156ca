"""The phrase language of the lexicon: expands a line, compiles it, finds all lines in one pass.

借金 返せない      words in order, at most two others between them
{家賃|部屋代}      one of these      <child>  a word class       =うちの子  this exact spelling
A & B             both, anywhere in the text
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from referral_app.matching.units import NEGATED, WISHED, Unit

MARKUP = frozenset("{}<>&=")  # a line without these is written as people write
GAP = 2  # other units allowed between two of a phrase; the probe found no difference from 0 to 3
MOST_COMBINATIONS = 200
# 死にたい is no 死ぬ (who wishes to die has not lost somebody), 保護を受けたい no 受けている.
WISH_MATTERS = frozenset(("死ぬ", "消える", "亡くなる", "居なくなる", "受ける"))

Read = Callable[[str], list[Unit]]
Classes = dict[str, tuple[str, ...]]
Analysed = dict[str, list[str]]  # spelling → keys of its units, word classes as <name>


class PhraseError(ValueError):
    """A line of the phrase language that cannot be compiled; the message is Japanese."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a phrase matched: the positions of its units (none for an exact spelling), its pieces in characters."""

    units: tuple[int, ...]
    pieces: tuple[tuple[int, int], ...]
    size: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A whole line that matched; ``owner`` is what the caller filed it under, ``line`` its text."""

    owner: int
    line: str
    spans: tuple[Span, ...]

    @property
    def size(self) -> int:
        """How many content words agreed: the measure of how specific the line is."""
        return sum(span.size for span in self.spans)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line: its parts, each a choice of sequences; it fires when every part was seen."""

    owner: int
    line: str
    parts: tuple[tuple[int, ...], ...]


class _Node:
    __slots__ = ("children", "end")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.end = -1  # number of the sequence that ends here


def expand(line: str) -> list[str]:
    """All spellings of a line: {a|b}{c|d} gives ac, ad, bc, bd. Raises PhraseError."""
    if line.count("{") != line.count("}") or re.search(r"\{[^}]*\{", line):
        raise PhraseError("{ と } の数が合いません。")
    parts = re.split(r"\{([^}]*)\}", line)
    choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST_COMBINATIONS:
        raise PhraseError(f"組み合わせが {count} 通りになります。{MOST_COMBINATIONS} 通りまでに分けてください。")
    return ["".join(words) for words in itertools.product(*choices)]


def unit_keys(unit: Unit) -> list[str]:
    """The keys a unit of the text is found under; a wish (たい) is also found without it."""
    keys = [_key(lemma, unit.flags) for lemma in unit.keys]
    if unit.flags & WISHED and not WISH_MATTERS.intersection(unit.keys):
        keys += [_key(lemma, unit.flags & ~WISHED) for lemma in unit.keys]
    return keys


def _key(lemma: str, flags: int) -> str:
    return f"{lemma}|{flags}" if flags else lemma


class PhraseBook:
    """Many lines, found together. ``add`` all of them, then ``find`` in any number of texts."""

    def __init__(self, read: Read, classes: Classes, analysed: Analysed | None = None) -> None:
        """``analysed`` remembers what each spelling was read as; it is filled here and may be kept."""
        self._read, self._classes = read, classes
        self.analysed: Analysed = {} if analysed is None else analysed
        self._root, self._members = _Node(), _Node()
        self._sequences: list[int] = []  # per sequence, in how many lines it stands
        self._exact: dict[str, dict[str, int]] = {}  # first two characters → spelling → sequence
        self._rules: list[_Rule] = []
        self._triggers: dict[int, list[_Rule]] | None = None
        self._memberships: list[list[str]] = []  # per member of a class, the classes it belongs to
        for name, members in classes.items():
            for member in members:
                self._add_member(member, name)

    def add(self, line: str, owner: int) -> list[list[str]]:
        """Compiles one line under an owner; returns the key sequences. Raises PhraseError."""
        parts, spelled = [], []
        for part in line.split("&"):
            numbers = []
            for spelling in expand(part.strip()):
                number, keys = self._add_spelling(spelling.strip())
                numbers.append(number)
                spelled.append(keys)
                self._sequences[number] += 1
            parts.append(tuple(dict.fromkeys(numbers)))
        self._rules.append(_Rule(owner, line, tuple(parts)))
        self._triggers = None
        return spelled

    def _add_spelling(self, spelling: str) -> tuple[int, list[str]]:
        keys = [] if spelling.startswith("=") else self._keys_of(spelling)
        if not keys:  # asked for, or only auxiliaries (したい): the spelling itself is looked for
            exact = spelling.lstrip("=").strip()
            return self._add_exact(exact), [exact]
        node = self._node(self._root, keys)
        if node.end < 0:
            node.end = self._new_sequence()
        return node.end, keys

    def _add_member(self, member: str, name: str) -> None:
        node = self._node(self._members, self._keys_of(member))
        if node.end < 0:
            node.end = len(self._memberships)
            self._memberships.append([])
        self._memberships[node.end].append(f"<{name}>")

    def _new_sequence(self) -> int:
        self._sequences.append(0)
        return len(self._sequences) - 1

    def _keys_of(self, spelling: str) -> list[str]:
        if spelling not in self.analysed:
            self.analysed[spelling] = list(self._compile(spelling))
        return self.analysed[spelling]

    def _add_exact(self, exact: str) -> int:
        if len(exact) < 2:
            raise PhraseError(f"「{exact}」は短すぎます。つづりどおりに探す語は 2 字以上にしてください。")
        spellings = self._exact.setdefault(exact[:2], {})
        if exact not in spellings:
            spellings[exact] = self._new_sequence()
        return spellings[exact]

    def _compile(self, spelling: str) -> Iterator[str]:
        """Keys of one spelling; each class is analysed in place of its first member."""
        for word in spelling.split():
            names: list[tuple[int, int, str]] = []
            plain = ""
            for i, piece in enumerate(re.split(r"<([^>]*)>", word)):
                if i % 2:
                    if piece not in self._classes:
                        raise PhraseError(f"<{piece}> という語の組はありません。classes.toml を確かめてください。")
                    names.append((len(plain), len(plain) + len(self._classes[piece][0]), piece))
                    piece = self._classes[piece][0]
                plain += piece
            yielded: set[int] = set()
            for unit in self._read(plain):
                slot = next((s for s in names if unit.start < s[1] and unit.end > s[0]), None)
                if slot is None:
                    yield _key(unit.keys[0], unit.flags)
                elif slot[0] not in yielded:
                    yielded.add(slot[0])
                    yield f"<{slot[2]}>"

    @staticmethod
    def _node(root: _Node, keys: Iterable[str]) -> _Node:
        node = root
        for key in keys:
            node = node.children.setdefault(key, _Node())
        return node

    def find(self, units: list[Unit], text: str, *, deny: bool = True) -> tuple[list[Hit], set[int]]:
        """Every line that matches, in one pass; and the units whose line was denied (借金はない).

        deny: False where ない denies nothing, as in a question (借金はないですか).
        """
        seen: dict[int, Span] = {}
        denied: set[int] = set()
        for number, span in itertools.chain(self._matches(units, self._text_keys(units)), self._literal(text)):
            denied_here = [u for u in span.units if deny and u + 1 not in span.units and _denied(units, u)]
            if denied_here:
                denied.update(position for u in denied_here for position in (u, u + 1))
            elif number not in seen:
                seen[number] = span
        hits = list(self._fired(seen))
        return hits, denied - {unit for hit in hits for span in hit.spans for unit in span.units}

    def _fired(self, seen: dict[int, Span]) -> Iterator[Hit]:
        """Lines whose every part was seen. Each line is looked up under its rarest part only."""
        if self._triggers is None:
            self._triggers = self._by_rarest_part()
        done: set[int] = set()
        for number in seen:
            for rule in self._triggers.get(number, ()):
                if id(rule) in done:
                    continue
                spans = [next((seen[n] for n in part if n in seen), None) for part in rule.parts]
                if None not in spans:
                    done.add(id(rule))
                    yield Hit(rule.owner, rule.line, tuple(span for span in spans if span))

    def _by_rarest_part(self) -> dict[int, list[_Rule]]:
        triggers: dict[int, list[_Rule]] = {}
        for rule in self._rules:
            rarest = min(rule.parts, key=lambda part: sum(self._sequences[n] for n in part))
            for number in rarest:
                triggers.setdefault(number, []).append(rule)
        return triggers

    def _text_keys(self, units: list[Unit]) -> list[list[tuple[str, int]]]:
        """Per unit: (key, how many units it covers), word classes included."""
        keys = [[(key, 1) for key in unit_keys(unit)] for unit in units]
        for start in range(len(units)):
            node, i = self._members, start
            while i < len(units) and units[i].sentence == units[start].sentence:
                step = next((node.children[key] for key in units[i].keys if key in node.children), None)
                if step is None:
                    break
                node, i = step, i + 1
                if node.end >= 0:
                    keys[start] += [(name, i - start) for name in self._memberships[node.end]]
        return keys

    def _matches(self, units: list[Unit], keys: list[list[tuple[str, int]]]) -> Iterator[tuple[int, Span]]:
        for start in range(len(units)):
            for key, length in keys[start]:
                child = self._root.children.get(key)
                if child is not None:
                    yield from self._walk(child, units, keys, [(start, start + length - 1)])

    def _walk(
        self, node: _Node, units: list[Unit], keys: list[list[tuple[str, int]]], path: list[tuple[int, int]]
    ) -> Iterator[tuple[int, Span]]:
        last = path[-1][1]
        if node.end >= 0:
            pieces = tuple((units[a].start, units[b].end) for a, b in path)
            covered = tuple(unit for a, b in path for unit in range(a, b + 1))
            yield node.end, Span(covered, pieces, len(path))
        if not node.children:
            return
        for position in range(last + 1, min(last + 2 + GAP, len(units))):
            if units[position].sentence != units[last].sentence:
                return
            for key, length in keys[position]:
                child = node.children.get(key)
                if child is not None:
                    yield from self._walk(child, units, keys, [*path, (position, position + length - 1)])

    def _literal(self, text: str) -> Iterator[tuple[int, Span]]:
        for position, start in enumerate(map("".join, itertools.pairwise(text))):
            for exact, number in self._exact[start].items() if start in self._exact else ():
                if text.startswith(exact, position):
                    end = position + len(exact)
                    yield number, Span((), ((position, end),), 1 + len(exact) // 4)


def _denied(units: list[Unit], last: int) -> bool:
    """借金はない, 借金じゃない: a noun at the end of the phrase and ない right behind it."""
    if not units[last].noun or units[last].flags & NEGATED or last + 1 >= len(units):
        return False
    following = units[last + 1]
    near = following.sentence == units[last].sentence and following.start - units[last].end <= 3
    return near and following.keys[0] == "無い"
