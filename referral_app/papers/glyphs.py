"""Which characters the fonts can draw. A missing one prints as an empty box without any warning, so we look first."""

from __future__ import annotations

import itertools
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))  # choose a variant of the character before them
_SHOWN = 8  # characters named in a warning; the rest are counted


@dataclass(frozen=True)
class Glyphs:
    """Characters every font holds, and (character, selector) pairs with a drawing of their own."""

    characters: frozenset[int]
    variants: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, *fonts: Path) -> Glyphs:
        """What all of ``fonts`` (OpenType files) hold. Raises ValueError for a file without a Unicode table."""
        tables = [_read(font) for font in fonts]
        return cls(
            frozenset.intersection(*(characters for characters, _ in tables)),
            frozenset.intersection(*(variants for _, variants in tables)),
        )

    def missing(self, text: str) -> tuple[str, ...]:
        """Characters of ``text`` no font draws, each once, in order."""
        codes = {ord(c): c for c in text if c != "\n"}
        return tuple(c for code, c in codes.items() if code not in self.characters and not _selects(code))

    def plain_variants(self, text: str) -> tuple[str, ...]:
        """Characters whose chosen variant (異体字) is unknown to the fonts and prints in the usual form."""
        pairs = {(a, b): a for a, b in itertools.pairwise(text) if _selects(ord(b))}
        return tuple(dict.fromkeys(c for (a, b), c in pairs.items() if (ord(a), ord(b)) not in self.variants))

    def warnings(self, text: str) -> tuple[str, ...]:
        """Japanese sentences for the clerk, () when all prints as typed."""
        found = (
            (self.missing(text), "印刷できない字があります:{}。四角で出るので、ひらがなにするか、手で書いてください。"),
            (self.plain_variants(text), "字の形がちがって出るものがあります:{}。正しい形は手で書いてください。"),
        )
        return tuple(sentence.format(_named(characters)) for characters, sentence in found if characters)


def _named(characters: tuple[str, ...]) -> str:
    names = "、".join(c if unicodedata.category(c)[0] != "C" else f"U+{ord(c):04X}" for c in characters[:_SHOWN])
    return f"{names} ほか{len(characters) - _SHOWN}字" if len(characters) > _SHOWN else names


def _selects(code: int) -> bool:
    return any(code in span for span in _SELECTORS)


def _read(font: Path) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """The ``cmap`` of an OpenType file: its format 12 (all of Unicode) and 14 (variants) tables."""
    data = font.read_bytes()
    count = struct.unpack_from(">H", data, 4)[0]
    records = [struct.unpack_from(">4sLLL", data, 12 + 16 * n) for n in range(count)]
    start = next((offset for tag, _, offset, _ in records if tag == b"cmap"), None)
    if start is None:
        raise ValueError(f"{font.name}: no cmap")
    places = [
        start + struct.unpack_from(">HHL", data, start + 4 + 8 * n)[2]
        for n in range(struct.unpack_from(">H", data, start + 2)[0])
    ]
    formats = {struct.unpack_from(">H", data, place)[0]: place for place in places}
    if 12 not in formats:
        raise ValueError(f"{font.name}: no cmap of format 12")
    return _format_12(data, formats[12]), _format_14(data, formats[14]) if 14 in formats else frozenset()


def _format_12(data: bytes, place: int) -> frozenset[int]:
    groups = struct.unpack_from(">L", data, place + 12)[0]
    found: set[int] = set()
    for n in range(groups):
        first, last, _ = struct.unpack_from(">LLL", data, place + 16 + 12 * n)
        found.update(range(first, last + 1))
    return frozenset(found)


def _format_14(data: bytes, place: int) -> frozenset[tuple[int, int]]:
    """Pairs drawn as a glyph of their own, and pairs whose variant is the usual form itself."""
    found: set[tuple[int, int]] = set()
    for n in range(struct.unpack_from(">L", data, place + 6)[0]):
        high, low, usual, own = struct.unpack_from(">BHLL", data, place + 10 + 11 * n)
        selector = (high << 16) | low
        for at in range(struct.unpack_from(">L", data, place + usual)[0] if usual else 0):
            top, first, more = struct.unpack_from(">BHB", data, place + usual + 4 + 4 * at)
            code = (top << 16) | first
            found.update((each, selector) for each in range(code, code + more + 1))
        for at in range(struct.unpack_from(">L", data, place + own)[0] if own else 0):
            top, first, _ = struct.unpack_from(">BHH", data, place + own + 4 + 5 * at)
            found.add(((top << 16) | first, selector))
    return frozenset(found)
