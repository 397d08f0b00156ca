"""Where texts lie: a direction for each word, sound and run of characters, and the near meaning beside them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from referral_app.errors import SearchDown
from referral_app.matching.features import WORD
from referral_app.matching.meaning import DIMENSIONS, Meanings

LEAST_EXAMPLES = 3  # a feature seen in fewer texts teaches nothing
MEANING = 0.45  # of a text's direction: as much as finds best on the cases (make eval); features keep the rest
_FILE = "space.json"

Numbers = NDArray[np.float32]
Vector = tuple[NDArray[np.intp], Numbers]  # rows of the weights, and how much of each
Parts = tuple[NDArray[np.intp], Numbers, Numbers]  # rows; per part of a text how much of each, and its meaning
Sentences = Sequence[Sequence[str]]  # the features of each sentence of a text


class Space:
    """A direction for each feature that several examples share, and the meaning of the words."""

    def __init__(self, features: Sequence[str], rarity: Numbers, meanings: Meanings) -> None:
        self.features = {name: i for i, name in enumerate(features)}
        self.rarity, self._meanings = rarity, meanings
        words = [(name, row) for name, row in self.features.items() if name[:2] == WORD]
        self._weights = {name: float(rarity[row]) ** 2 for name, row in words}
        self._unseen = float(rarity.max(initial=1.0)) ** 2

    @property
    def size(self) -> int:
        return len(self.features) + DIMENSIONS

    def parts(self, sentences: Sentences) -> Parts:
        """The whole text and, when there are several, each of its sentences; each of length one."""
        known = [[row for row in map(self.features.get, said) if row is not None] for said in sentences]
        where = np.repeat(np.arange(len(known)), [len(rows) for rows in known])
        rows, places = np.unique(np.array([row for one in known for row in one], dtype=np.intp), return_inverse=True)
        often = np.bincount(where * len(rows) + places, minlength=len(known) * len(rows)).reshape(len(known), -1)
        meanings = np.array([self._meanings.total(self._words(said)) for said in sentences], dtype=np.float32)
        if len(known) > 1:
            often = np.concatenate((often.sum(axis=0, keepdims=True), often))
            meanings = np.concatenate((meanings.sum(axis=0, keepdims=True), meanings))
        values = (np.log(np.maximum(often, 1)) + (often > 0)).astype(np.float32) * self.rarity[rows]
        return rows, values * (math.sqrt(1 - MEANING**2) / _lengths(values)), meanings * (MEANING / _lengths(meanings))

    def vector(self, sentences: Sentences) -> Vector:
        """A whole text as rows of the weights and how much of each."""
        rows, values, meanings = self.parts(sentences)
        meaning_rows = np.arange(len(self.features), self.size)
        return np.concatenate((rows, meaning_rows)), np.concatenate((values[0], meanings[0]))

    def _words(self, said: Sequence[str]) -> Iterator[tuple[str, float]]:
        """The words, which stand first among the features, without their flags; rare ones count more."""
        for name in said:
            if name[:2] != WORD:
                return
            word = name[2:].partition("|")[0]
            yield word, self._weights.get(WORD + word, self._unseen)

    def save(self, folder: Path) -> None:
        """Writes the directions beside the index."""
        kept = {"features": list(self.features), "rarity": [round(float(r), 4) for r in self.rarity]}
        (folder / _FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, meanings: Meanings) -> Space:
        """Reads what was saved; raises SearchDown when it is not there or not whole."""
        try:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return cls(kept["features"], np.array(kept["rarity"], dtype=np.float32), meanings)
        except (OSError, ValueError, KeyError) as error:
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error

    @classmethod
    def of(cls, texts: Sequence[Sentences], meanings: Meanings) -> Space:
        """The space of many texts: what several of them share, the rare more telling than the common."""
        seen = Counter(name for sentences in texts for name in {*chain(*sentences)})
        kept = sorted(name for name, n in seen.items() if n >= LEAST_EXAMPLES)
        rarity = [1 + math.log((1 + len(texts)) / (1 + seen[name])) for name in kept]
        return cls(kept, np.array(rarity, dtype=np.float32), meanings)


def _lengths(rows: Numbers) -> Numbers:
    """The length of each row, 1 for an empty one."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.where(lengths > 0, lengths, 1).astype(np.float32)
