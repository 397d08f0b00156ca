"""What example utterances teach: a small linear model over words, characters, readings and near meanings.

Trained with the index in seconds. It carries the result where people tell a situation and never name its category.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from referral_app.errors import SearchDown
from referral_app.matching.examples import OUTSIDE, Example
from referral_app.matching.features import WORD
from referral_app.matching.phrases import unit_keys
from referral_app.matching.space import Numbers, Parts, Space, Vector
from referral_app.matching.units import Unit

EPOCHS, RATE = 3, 12.0
NEGLIGIBLE = 0.003  # an error this small teaches nothing worth its time
SHARPNESS = 10.0  # scores are cosines of 0 to 1; the softmax needs them further apart


class Learnt:
    """A weight per direction of the space and code (a worry, or a level of an alert)."""

    def __init__(self, space: Space, codes: list[str], weights: Numbers) -> None:
        self.codes = codes
        self._space, self._weights = space, weights
        self._near = np.asarray(weights[len(space.features) :], dtype=np.float32)  # of the meanings, always needed
        self._told = np.array([i for i, code in enumerate(codes) if code != OUTSIDE], dtype=np.intp)
        self._outside = codes.index(OUTSIDE)

    def near(self, parts: Parts, most: int) -> tuple[list[tuple[str, float]], float]:
        """([(code, belief 0 to 1), best first], belief that none of them is told), of a text in the space.

        Of the whole text and of each of its sentences the strongest belief in a code counts; outside is
        a text only when every sentence of it is: people tell their worries beside an ordinary errand.
        """
        rows, values, meanings = parts
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
        (folder / f"{name}.json").write_text(json.dumps(self.codes), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str, space: Space) -> Learnt:
        """Reads a saved model; the weights stay on disk and only the rows needed are read. Raises SearchDown."""
        try:
            codes = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            return cls(space, codes, np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError) as error:
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error


def _softmax(scores: Numbers) -> Numbers:
    raised = np.exp((scores - scores.max(axis=-1, keepdims=True)) * np.float32(SHARPNESS))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)


def _against(score: float, other: float) -> float:
    """The share of belief a score has against one other: 0.5 when they are equal."""
    return 1 / (1 + math.exp(SHARPNESS * (float(other) - float(score))))


def train(examples: Sequence[Example], vectors: Sequence[Vector], space: Space) -> Learnt:
    """Learns from examples and where each lies in the space: class centroids first, then softmax regression."""
    codes = sorted({OUTSIDE, *(code for row in examples for code in row.tells)})
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
            telling = np.flatnonzero(np.abs(wrong) > NEGLIGIBLE)  # most codes are rightly far away: leave them
            weights[np.ix_(rows, telling)] += rate * np.outer(values, wrong[telling])
