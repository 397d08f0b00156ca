"""What example utterances teach: a small linear model over words, characters and readings.

Trained with the index in seconds from data/examples, text files that a city can extend. It carries the
result where people tell a situation and never name its category.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from referral_app import datafile
from referral_app.errors import SearchDown
from referral_app.matching.phrases import unit_keys
from referral_app.matching.units import Unit

OUTSIDE = "outside"  # the class of matters this catalogue does not hold
LEAST_EXAMPLES = 3  # a feature seen in fewer texts teaches nothing
EPOCHS, RATE = 5, 10.0
SHARPNESS = 10.0  # scores are cosines of 0 to 1; the softmax needs them further apart
_MATRIX, _NAMES = "learnt.npy", "learnt.json"

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One utterance and the worries it tells."""

    text: str
    worries: tuple[str, ...]


def version(folder: Path) -> str:
    """Changes with any edit of data/examples."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def load(folder: Path, known: Iterable[str]) -> tuple[Example, ...]:
    """Reads data/examples; raises DataError for an unknown worry or a bad file."""
    texts: dict[str, list[str]] = {}
    codes = {*known, OUTSIDE}
    for path in sorted(folder.glob("*.toml")):
        for entry in datafile.read(path).entries():
            if entry.key not in codes:
                raise entry.refuse(f"悩み「{entry.key}」は悩み辞書にありません。名前を確かめてください。")
            for _, line in (*entry.lines("told"), *entry.lines("lived")):
                found = texts.setdefault(line, [])
                if entry.key not in found:
                    found.append(entry.key)
            entry.done()
    return tuple(Example(text, tuple(codes)) for text, codes in texts.items())


class Learnt:
    """A weight per feature and worry."""

    def __init__(self, names: dict[str, int], rarity: Numbers, codes: list[str], weights: Numbers) -> None:
        self.codes = codes
        self._names, self._rarity, self._weights = names, rarity, weights
        self._worries = np.array([i for i, code in enumerate(codes) if code != OUTSIDE], dtype=np.intp)
        self._outside = codes.index(OUTSIDE)

    def near(self, sentences: Sequence[Sequence[str]], most: int) -> tuple[list[tuple[str, float]], float]:
        """([(worry, belief 0 to 1), best first], belief that the matter lies outside), from the features of sentences.

        Of the whole text and of each of its sentences the strongest belief in a worry counts; outside is
        a text only when every sentence of it is: people tell their worries beside an ordinary errand.
        """
        rows = [[self._names[name] for name in one if name in self._names] for one in sentences]
        parts = rows if len(rows) == 1 else [list(itertools.chain(*rows)), *rows]
        scores = [self._scores(part) for part in parts]
        belief = np.max([_softmax(score[self._worries]) for score in scores], axis=0)
        outside = min(_against(score[self._outside], score[self._worries].max()) for score in scores)
        best = np.argsort(-belief, kind="stable")[:most]
        return [(self.codes[self._worries[i]], float(belief[i])) for i in best], outside

    def _scores(self, part: Sequence[int]) -> Numbers:
        rows, values = _vector(part, self._rarity)
        return np.asarray(values @ self._weights[rows], dtype=np.float32)

    def share(self, unit: Unit, code: str) -> float:
        """How much one word alone speaks for a worry: what is shown to the clerk as the reason."""
        column = self.codes.index(code)
        rows = [self._names[name] for key in unit_keys(unit) if (name := "w:" + key) in self._names]
        return float(sum(self._rarity[row] * self._weights[row, column] for row in rows))

    def save(self, folder: Path) -> None:
        """Writes the model beside the index."""
        np.save(folder / _MATRIX, self._weights.astype(np.float16))
        names = {
            "codes": self.codes,
            "features": list(self._names),
            "rarity": [round(float(r), 4) for r in self._rarity],
        }
        (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Learnt:
        """Reads a saved model; the weights stay on disk and only the rows needed are read. Raises SearchDown."""
        try:
            kept = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            weights = np.load(folder / _MATRIX, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error
        names = {name: i for i, name in enumerate(kept["features"])}
        return cls(names, np.array(kept["rarity"], dtype=np.float32), kept["codes"], weights)


def _softmax(scores: Numbers) -> Numbers:
    raised = np.exp((scores - scores.max()).astype(np.float32) * SHARPNESS)
    return np.asarray(raised / raised.sum(), dtype=np.float32)


def _against(score: float, other: float) -> float:
    """The share of belief a score has against one other: 0.5 when they are equal."""
    return 1 / (1 + math.exp(SHARPNESS * (float(other) - float(score))))


def _vector(rows: Sequence[int], rarity: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """Each row once, with its weight; the weights together have length one."""
    counts = Counter(rows)
    once = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * rarity[once]
    length = float(np.linalg.norm(values))
    return once, values / length if length else values


def train(examples: Sequence[Example], texts: Sequence[Sequence[str]]) -> Learnt:
    """Learns from all examples, each with the features of its text: class centroids first, then softmax regression."""
    seen = Counter(name for text in texts for name in set(text))
    kept = sorted(name for name, n in seen.items() if n >= LEAST_EXAMPLES)
    names = {name: i for i, name in enumerate(kept)}
    rarity = np.array([1 + math.log((1 + len(texts)) / (1 + seen[name])) for name in kept], dtype=np.float32)
    codes = sorted({OUTSIDE, *(code for row in examples for code in row.worries)})
    vectors = [_vector([names[name] for name in text if name in names], rarity) for text in texts]
    columns = [[codes.index(code) for code in row.worries] for row in examples]
    weights = np.zeros((len(names), len(codes)), dtype=np.float32)
    _centroids(weights, vectors, columns)
    _refine(weights, vectors, columns)
    return Learnt(names, rarity, codes, weights)


def _centroids(weights: Numbers, vectors: Sequence[tuple[NDArray[np.intp], Numbers]], columns: list[list[int]]) -> None:
    for (rows, values), own in zip(vectors, columns, strict=True):
        for column in own:
            weights[rows, column] += values
    weights /= np.maximum(np.linalg.norm(weights, axis=0), 1e-9)


def _refine(weights: Numbers, vectors: Sequence[tuple[NDArray[np.intp], Numbers]], columns: list[list[int]]) -> None:
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
