"""What example utterances teach: a small linear model over words, characters, readings and near meanings.

Trained with the index in seconds. It carries the result where people tell a situation and never name its category.
"""

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
from referral_app.matching.examples import OUTSIDE, Example
from referral_app.matching.features import WORD
from referral_app.matching.meaning import DIMENSIONS, Meanings
from referral_app.matching.phrases import unit_keys
from referral_app.matching.units import Unit

LEAST_EXAMPLES = 3  # a feature seen in fewer texts teaches nothing
EPOCHS, RATE = 5, 10.0
SHARPNESS = 10.0  # scores are cosines of 0 to 1; the softmax needs them further apart
MEANING = 0.45  # of a text's direction: as much as finds best on the cases (make eval); features keep the rest

Numbers = NDArray[np.float32]
Parts = tuple[NDArray[np.intp], Numbers, Numbers]  # rows; per part of a text how much of each, and its meaning
Vector = tuple[NDArray[np.intp], Numbers]  # rows of the weights, and how much of each


class Space:
    """Where texts lie: a direction for each feature, and the near meaning of their words beside them."""

    def __init__(self, features: Sequence[str], rarity: Numbers, meanings: Meanings) -> None:
        self.features = {name: i for i, name in enumerate(features)}
        self.rarity, self._meanings = rarity, meanings
        words = [(name, row) for name, row in self.features.items() if name[:2] == WORD]
        self._weights = {name: float(rarity[row]) ** 2 for name, row in words}
        self._unseen = float(rarity.max(initial=1.0)) ** 2

    @property
    def size(self) -> int:
        return len(self.features) + DIMENSIONS

    def parts(self, sentences: Sequence[Sequence[str]]) -> Parts:
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

    def vector(self, sentences: Sequence[Sequence[str]]) -> Vector:
        """A whole text as rows of the weights and how much of each."""
        rows, values, meanings = self.parts(sentences)
        return np.concatenate((rows, np.arange(len(self.features), self.size))), np.concatenate(
            (values[0], meanings[0])
        )

    def _words(self, said: Sequence[str]) -> Iterator[tuple[str, float]]:
        """The words, which stand first among the features, without their flags; rare ones count more."""
        for name in said:
            if name[:2] != WORD:
                return
            word = name[2:].partition("|")[0]
            yield word, self._weights.get(WORD + word, self._unseen)


class Learnt:
    """A weight per direction of the space and code (a worry, or a level of an alert)."""

    def __init__(self, space: Space, codes: list[str], weights: Numbers) -> None:
        self.codes = codes
        self._space, self._weights = space, weights
        self._near = np.asarray(weights[len(space.features) :], dtype=np.float32)  # of the meanings, always needed
        self._told = np.array([i for i, code in enumerate(codes) if code != OUTSIDE], dtype=np.intp)
        self._outside = codes.index(OUTSIDE)

    def near(self, sentences: Sequence[Sequence[str]], most: int) -> tuple[list[tuple[str, float]], float]:
        """([(code, belief 0 to 1), best first], belief that none of them is told), from the features of sentences.

        Of the whole text and of each of its sentences the strongest belief in a code counts; outside is
        a text only when every sentence of it is: people tell their worries beside an ordinary errand.
        """
        rows, values, meanings = self._space.parts(sentences)
        scores = values @ self._weights[rows] + meanings @ self._near
        told = scores[:, self._told]
        belief = np.max(_softmax(told), axis=0)
        outside = min(map(_against, scores[:, self._outside], told.max(axis=1)))
        best = np.argsort(-belief, kind="stable")[:most]
        return [(self.codes[self._told[i]], float(belief[i])) for i in best], outside

    def share(self, unit: Unit, code: str) -> float:
        """How much one word alone speaks for a code: what is shown to the clerk as the reason."""
        column, features = self.codes.index(code), self._space.features
        rows = [features[name] for key in unit_keys(unit) if (name := WORD + key) in features]
        return float(sum(self._space.rarity[row] * self._weights[row, column] for row in rows))

    def save(self, folder: Path, name: str) -> None:
        """Writes the model beside the index."""
        np.save(folder / f"{name}.npy", self._weights.astype(np.float16))
        rarity = [round(float(r), 4) for r in self._space.rarity]
        kept = {"codes": self.codes, "features": list(self._space.features), "rarity": rarity}
        (folder / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str, meanings: Meanings) -> Learnt:
        """Reads a saved model; the weights stay on disk and only the rows needed are read. Raises SearchDown."""
        try:
            kept = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            weights = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error
        space = Space(kept["features"], np.array(kept["rarity"], dtype=np.float32), meanings)
        return cls(space, kept["codes"], weights)


def _lengths(rows: Numbers) -> Numbers:
    """The length of each row, 1 for an empty one."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.where(lengths > 0, lengths, 1).astype(np.float32)


def _softmax(scores: Numbers) -> Numbers:
    raised = np.exp((scores - scores.max(axis=-1, keepdims=True)) * np.float32(SHARPNESS))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)


def _against(score: float, other: float) -> float:
    """The share of belief a score has against one other: 0.5 when they are equal."""
    return 1 / (1 + math.exp(SHARPNESS * (float(other) - float(score))))


def train(examples: Sequence[Example], texts: Sequence[list[list[str]]], meanings: Meanings) -> Learnt:
    """Learns from all examples, each with the features of its sentences: class centroids, then softmax regression."""
    seen = Counter(name for sentences in texts for name in {*chain(*sentences)})
    kept = sorted(name for name, n in seen.items() if n >= LEAST_EXAMPLES)
    rarity = [1 + math.log((1 + len(texts)) / (1 + seen[name])) for name in kept]
    space = Space(kept, np.array(rarity, dtype=np.float32), meanings)
    codes = sorted({OUTSIDE, *(code for row in examples for code in row.tells)})
    vectors = [space.vector(text) for text in texts]
    columns = [[codes.index(code) for code in row.tells] for row in examples]
    weights = np.zeros((space.size, len(codes)), dtype=np.float32)
    _centroids(weights, vectors, columns)
    _refine(weights, vectors, columns)
    return Learnt(space, codes, weights)


def _centroids(weights: Numbers, vectors: Sequence[Vector], columns: list[list[int]]) -> None:
    for (rows, values), own in zip(vectors, columns, strict=True):
        for column in own:
            weights[rows, column] += values
    weights /= np.maximum(np.linalg.norm(weights, axis=0), 1e-9)


def _refine(weights: Numbers, vectors: Sequence[Vector], columns: list[list[int]]) -> None:
    """Softmax regression by single steps in a fixed random order: the same data give the same model."""
    order = np.random.default_rng(20261123)
    for epoch in range(EPOCHS):
        rate = RATE / SHARPNESS / (1 + epoch)
        for i in order.permutation(len(vectors)):
            rows, values = vectors[i]
            if not len(rows):
                continue
            wrong = -_softmax(values @ weights[rows])
            wrong[columns[i]] += 1 / len(columns[i])
            weights[rows] += rate * np.outer(values, wrong)
