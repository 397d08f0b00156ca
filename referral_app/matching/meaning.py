"""Near meanings: 毛布 is near 布団 though no example says so. Vectors of words, made once, kept in data/words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from referral_app.errors import DataError

FILES = ("words.npz", "vectors.npy")
DIMENSIONS = 200

Numbers = NDArray[np.float32]


def word_key(word: str) -> int:
    """The number under which a word is filed: eight bytes that are the same on every machine."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def version(folder: Path) -> str:
    """Changes when the files are made anew; their sizes are enough, nobody edits them by hand."""
    return " ".join(str((folder / name).stat().st_size) for name in FILES if (folder / name).exists())


class Meanings:
    """Vectors of some 100,000 words. Immutable; safe for threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DataError when the files are not there or not whole."""
        try:
            filed = np.load(folder / FILES[0], allow_pickle=False)
            self._keys, self._rows = filed["keys"], filed["rows"]
            self._vectors = np.load(folder / FILES[1], allow_pickle=False)
        except (OSError, ValueError, KeyError) as error:
            raise DataError("words", None, "言葉の近さの表が読めません。data/words を元に戻してください。") from error
        self._shrink = (1 / np.linalg.norm(self._vectors.astype(np.float32), axis=1)).astype(np.float32)
        self._row = lru_cache(maxsize=65_536)(self._look_up)

    def _look_up(self, word: str) -> int:
        """The row of a word, -1 for an unknown one."""
        key = word_key(word)
        at = int(np.searchsorted(self._keys, np.uint64(key)))
        return int(self._rows[at]) if at < len(self._keys) and int(self._keys[at]) == key else -1

    def total(self, words: Iterable[tuple[str, float]]) -> Numbers:
        """The sum of the directions of (word, weight); zeros when no word is known."""
        known = [(row, weight) for word, weight in words if (row := self._row(word)) >= 0]
        if not known:
            return np.zeros(DIMENSIONS, dtype=np.float32)
        rows = np.array([row for row, _ in known], dtype=np.intp)
        weights = np.array([weight for _, weight in known], dtype=np.float32) * self._shrink[rows]
        return np.asarray(weights @ self._vectors[rows].astype(np.float32), dtype=np.float32)
