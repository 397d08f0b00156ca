"""A text as the matcher sees it: cleaned, cut into tokens, reduced to units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from referral_app.matching.analyser import Analyser, Token
from referral_app.matching.features import by_sentence
from referral_app.matching.kana import Kana
from referral_app.matching.phrases import unit_keys
from referral_app.matching.space import Parts, Space
from referral_app.matching.text import CleanText, clean
from referral_app.matching.units import Unit, units

MOST_WORDS = 5  # of the resident's, shown as one reason


@dataclass(frozen=True)
class Reading:
    """One text, read once and handed to every source of evidence."""

    cleaned: CleanText
    tokens: tuple[Token, ...]
    units: tuple[Unit, ...]
    restored: bool = False  # True when kana was put back into kanji
    space: Space | None = None  # of the learnt readings

    @cached_property
    def features(self) -> list[list[str]]:
        """Per sentence what the learnt readings look at."""
        return by_sentence(self.tokens, self.units)

    @cached_property
    def parts(self) -> Parts | None:
        """Where the text and its sentences lie for the learnt readings; None when there is nothing to place."""
        return self.space.parts(self.features) if self.space and self.units else None

    def words(self, without: frozenset[int] = frozenset()) -> list[str]:
        """The keys of all units but those at the given positions."""
        return [key for i, unit in enumerate(self.units) if i not in without for key in unit_keys(unit)]

    def said(self, spans: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        """Parts of the text as typed, in its order, neighbours joined: 家賃も払えません is one piece."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(set(spans)):
            if joined and start - joined[-1][1] <= 2:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        pieces = (self.cleaned.said(start, end) for start, end in joined)
        return tuple(dict.fromkeys(piece for piece in pieces if piece))[:MOST_WORDS]


def read(text: str, analyser: Analyser, kana: Kana | None = None, space: Space | None = None) -> Reading:
    """Reads a text of up to 10,000 characters, with ``kana`` also in kanji; raises InvalidInput when it is longer."""
    typed = clean(text)
    cleaned = kana.restored(typed) if kana else typed
    tokens = analyser.tokens(cleaned.text)
    return Reading(cleaned, tuple(tokens), tuple(units(tokens)), cleaned is not typed, space)
