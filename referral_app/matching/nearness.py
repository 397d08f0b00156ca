"""Which of a few named texts lies nearest to another: what people mean when none of the foreseen words is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from referral_app.matching.reading import Reading
from referral_app.matching.space import Vector


class Nearest:
    """Named texts placed once in the learnt space; immutable and safe for threads."""

    def __init__(self, texts: Mapping[str, Iterable[str]], read: Callable[[str], Reading]) -> None:
        """``texts``: name → its texts, the nearest of which counts. read: such as Finder.read, with a space."""
        self._read = read
        self._placed = [(name, vector) for name, rows in texts.items() for row in rows if (vector := self._place(row))]

    def _place(self, text: str) -> Vector | None:
        reading = self._read(text)
        return reading.space.vector(reading.features) if reading.space and reading.units else None

    def best(self, text: str, least: float) -> str | None:
        """The name whose text is nearest, None when none is as near as ``least`` (cosine, 0 to 1).

        Raises InvalidInput when the text is longer than LONGEST_TEXT.
        """
        asked = self._place(text)
        if asked is None or not self._placed:
            return None
        near, name = max((_cosine(asked, vector), name) for name, vector in self._placed)
        return name if near >= least else None


def _cosine(one: Vector, other: Vector) -> float:
    _, a, b = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    return float(one[1][a] @ other[1][b])
