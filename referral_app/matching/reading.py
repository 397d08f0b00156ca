"""A text as the matcher sees it: cleaned, cut into tokens, reduced to units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from referral_app.matching.analyser import Analyser, Token
from referral_app.matching.features import by_sentence
from referral_app.matching.kana import Kana
from referral_app.matching.phrases import unit_keys
from referral_app.matching.text import CleanText, clean
from referral_app.matching.units import Unit, units


@dataclass(frozen=True)
class Reading:
    """One text, read once and handed to every source of evidence."""

    cleaned: CleanText
    tokens: tuple[Token, ...]
    units: tuple[Unit, ...]

    @cached_property
    def features(self) -> list[list[str]]:
        """Per sentence what the learnt readings look at."""
        return by_sentence(self.tokens, self.units)

    def words(self, without: frozenset[int] = frozenset()) -> list[str]:
        """The keys of all units but those at the given positions."""
        return [key for i, unit in enumerate(self.units) if i not in without for key in unit_keys(unit)]


def read(text: str, analyser: Analyser, kana: Kana | None = None) -> Reading:
    """Reads a text of up to 10,000 characters, with ``kana`` also in kanji; raises InvalidInput when it is longer."""
    cleaned = kana.restored(clean(text)) if kana else clean(text)
    tokens = analyser.tokens(cleaned.text)
    return Reading(cleaned, tuple(tokens), tuple(units(tokens)))
