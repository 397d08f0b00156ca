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

GAP = 2  # other units allowed between two of a phrase; the probe found no difference from 0 to 3
MOST_COMBINATIONS = 200

Read = Callable[[str], list[Unit]]
Classes = dict[str, tuple[str, ...]]
Analysed = dict[str, list[str]]  # spelling → keys of its units, word classes as <name>


class PhraseError(ValueError):
    """A line of the phrase language that cannot be compiled; the message is Japanese."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a phrase part matched: units ``first``..``last`` and their character offsets."""

    first: int
    last: int
    pieces: tuple[tuple[int, int], ...]
    size: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A whole line that matched; ``owner`` is what the caller filed it under."""

    owner: int
    spans: tuple[Span, ...]

    @property
    def size(self) -> int:
        """How many content words agreed: the measure of how specific the line is."""
        return sum(span.size for span in self.spans)


class _Node:
    __slots__ = ("children", "ends")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.ends: list[int] = []


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
    if unit.flags & WISHED:
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
        self._root = _Node()
        self._members = _Node()
        self._class_names: list[str] = []
        self._exact: dict[str, list[tuple[str, int]]] = {}
        self._part_rules: list[list[tuple[int, int]]] = []
        self._rule_sizes: list[int] = []
        self._rule_owners: list[int] = []
        for name, members in classes.items():
            self._class_names.append(name)
            for member in members:
                self._insert(self._members, self._keys_of(member), len(self._class_names) - 1)

    def add(self, line: str, owner: int) -> list[list[str]]:
        """Compiles one line under an owner; returns the key sequences. Raises PhraseError."""
        rule = len(self._rule_owners)
        parts = [part.strip() for part in line.split("&")]
        self._rule_owners.append(owner)
        self._rule_sizes.append(len(parts))
        sequences: list[list[str]] = []
        for number, part in enumerate(parts):
            part_id = len(self._part_rules)
            self._part_rules.append([(rule, number)])
            for spelling in expand(part):
                sequences.append(self._add_spelling(spelling.strip(), part_id))
        return sequences

    def _add_spelling(self, spelling: str, part_id: int) -> list[str]:
        keys = [] if spelling.startswith("=") else self._keys_of(spelling)
        if not keys:  # asked for, or only auxiliaries (したい): the spelling itself is looked for
            return [self._add_exact(spelling.lstrip("=").strip(), part_id)]
        self._insert(self._root, keys, part_id)
        return keys

    def _keys_of(self, spelling: str) -> list[str]:
        if spelling not in self.analysed:
            self.analysed[spelling] = list(self._compile(spelling))
        return self.analysed[spelling]

    def _add_exact(self, exact: str, part_id: int) -> str:
        if len(exact) < 2:
            raise PhraseError(f"「{exact}」は短すぎます。つづりどおりに探す語は 2 字以上にしてください。")
        self._exact.setdefault(exact[0], []).append((exact, part_id))
        return exact

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
    def _insert(root: _Node, keys: Iterable[str], end: int) -> None:
        node = root
        for key in keys:
            node = node.children.setdefault(key, _Node())
        if node is not root and end not in node.ends:
            node.ends.append(end)

    def find(self, units: list[Unit], text: str) -> tuple[list[Hit], set[int]]:
        """Every line that matches, in one pass; and the units whose line was denied (借金はない)."""
        keys = self._text_keys(units)
        found: dict[int, dict[int, Span]] = {}
        denied: set[int] = set()
        for part_id, span in itertools.chain(self._sequences(units, keys), self._literal(text)):
            if span.last >= 0 and _denied(units, span.last):
                denied.update((span.last, span.last + 1))
                continue
            for rule, number in self._part_rules[part_id]:
                kept = found.setdefault(rule, {}).get(number)
                if kept is None or span.size > kept.size:
                    found[rule][number] = span
        hits = [
            Hit(self._rule_owners[rule], tuple(parts[n] for n in sorted(parts)))
            for rule, parts in found.items()
            if len(parts) == self._rule_sizes[rule]
        ]
        return hits, denied - {unit for hit in hits for span in hit.spans for unit in range(span.first, span.last + 1)}

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
                keys[start] += [(f"<{self._class_names[end]}>", i - start) for end in node.ends]
        return keys

    def _sequences(self, units: list[Unit], keys: list[list[tuple[str, int]]]) -> Iterator[tuple[int, Span]]:
        for start in range(len(units)):
            for key, length in keys[start]:
                child = self._root.children.get(key)
                if child is not None:
                    yield from self._walk(child, units, keys, [(start, start + length - 1)])

    def _walk(
        self, node: _Node, units: list[Unit], keys: list[list[tuple[str, int]]], path: list[tuple[int, int]]
    ) -> Iterator[tuple[int, Span]]:
        last = path[-1][1]
        if node.ends:
            pieces = tuple((units[a].start, units[b].end) for a, b in path)
            span = Span(path[0][0], last, pieces, len(path))
            for end in node.ends:
                yield end, span
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
        for position, character in enumerate(text):
            for exact, part_id in self._exact.get(character, ()):
                if text.startswith(exact, position):
                    end = position + len(exact)
                    yield part_id, Span(-1, -1, ((position, end),), 1 + len(exact) // 4)


def _denied(units: list[Unit], last: int) -> bool:
    """借金はない, 借金じゃない: a noun at the end of the phrase and ない right behind it."""
    if not units[last].noun or units[last].flags & NEGATED or last + 1 >= len(units):
        return False
    following = units[last + 1]
    near = following.sentence == units[last].sentence and following.start - units[last].end <= 3
    return near and following.keys[0] == "無い"
