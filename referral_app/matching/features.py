"""What the learnt readings look at: words, characters and sounds of each sentence of a text."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence

from referral_app.matching.analyser import Token
from referral_app.matching.phrases import unit_keys
from referral_app.matching.units import Unit

WORD = "w:"  # how a feature that is a word begins
_SILENT = frozenset(("補助記号", "空白"))


def features(tokens: Sequence[Token], units: Sequence[Unit]) -> list[str]:
    """Of one sentence: words first, then pairs of words, characters (2–3), readings (3), as often as they stand."""
    words = [unit_keys(unit) for unit in units]
    heads = [keys[0] for keys in words]
    surface = "".join(token.surface for token in tokens if token.pos[0] not in _SILENT)
    reading = "".join(token.reading for token in tokens if token.pos[0] not in _SILENT)
    found = [WORD + key for keys in words for key in keys]
    found += [f"b:{a} {b}" for a, b in itertools.pairwise(heads)]
    for mark, text, size in (("c:", surface, 2), ("c:", surface, 3), ("r:", reading, 3)):
        found += [mark + text[i : i + size] for i in range(len(text) - size + 1)]
    return found


def by_sentence(tokens: Sequence[Token], units: Sequence[Unit]) -> list[list[str]]:
    """The features of each sentence of a text."""
    sentences: dict[int, list[Unit]] = {}
    for unit in units:
        sentences.setdefault(unit.sentence, []).append(unit)
    if len(sentences) < 2:
        return [features(tokens, units)]
    starts = [token.start for token in tokens]
    firsts = [bisect_left(starts, own[0].start) for own in sentences.values()]
    ends = [*firsts[1:], len(tokens)]
    return [
        features(tokens[first:end], own)
        for first, end, own in zip((0, *firsts[1:]), ends, sentences.values(), strict=True)
    ]
