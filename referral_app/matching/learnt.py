"""What example utterances teach: a small linear model over words, characters and readings.

Trained with the index in seconds from data/examples, text files that a city can extend. It carries the
result where people tell a situation and never name its category.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from referral_app import datafile
from referral_app.errors import SearchDown
from referral_app.matching.analyser import Token
from referral_app.matching.phrases import unit_keys
from referral_app.matching.units import Unit

OUTSIDE = "outside"  # the class of matters this catalogue does not hold
SILENT = frozenset(("補助記号", "空白"))
LEAST_EXAMPLES = 3  # a feature seen in fewer texts teaches nothing
EPOCHS, RATE = 5, 10.0
SHARPNESS = 10.0  # scores are cosines of 0 to 1; the softmax needs them further apart
_MATRIX, _NAMES = "learnt.npy", "learnt.json"

Numbers = NDArray[np.float32]
Analysed = tuple[Sequence[Token], Sequence[Unit]]


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


def features(tokens: Sequence[Token], units: Sequence[Unit]) -> Counter[str]:
    """Words and pairs of words, characters (2–3) and readings (3–4), each with its count."""
    words = [unit_keys(unit) for unit in units]
    heads = [keys[0] for keys in words]
    surface = "".join(token.surface for token in tokens if token.pos[0] not in SILENT)
    reading = "".join(token.reading for token in tokens if token.pos[0] not in SILENT)
    found = Counter("w:" + key for keys in words for key in keys)
    found.update(f"b:{a} {b}" for a, b in itertools.pairwise(heads))
    for mark, text, sizes in (("c:", surface, (2, 3)), ("r:", reading, (3,))):
        for size in sizes:
            found.update(mark + text[i : i + size] for i in range(len(text) - size + 1))
    return found


class Learnt:
    """A weight per feature and worry."""

    def __init__(self, names: dict[str, int], rarity: Numbers, codes: list[str], weights: Numbers) -> None:
        self.codes = codes
        self._names, self._rarity, self._weights = names, rarity, weights
        self._worries = np.array([i for i, code in enumerate(codes) if code != OUTSIDE], dtype=np.intp)
        self._outside = codes.index(OUTSIDE)

    def near(self, tokens: Sequence[Token], units: Sequence[Unit], most: int) -> tuple[list[tuple[str, float]], float]:
        """([(worry, belief 0 to 1), best first], belief that the matter lies outside).

        Of the whole text and of each of its sentences the strongest belief in a worry counts; outside is
        a text only when every sentence of it is: people tell their worries beside an ordinary errand.
        """
        scores = [self._scores(*part) for part in _parts(tokens, units)]
        belief = np.max([_softmax(score[self._worries]) for score in scores], axis=0)
        outside = min(_against(score[self._outside], score[self._worries].max()) for score in scores)
        best = np.argsort(-belief, kind="stable")[:most]
        return [(self.codes[self._worries[i]], float(belief[i])) for i in best], outside

    def _scores(self, tokens: Sequence[Token], units: Sequence[Unit]) -> Numbers:
        rows, values = self._vector(features(tokens, units))
        return np.asarray(values @ self._weights[rows], dtype=np.float32)

    def share(self, unit: Unit, code: str) -> float:
        """How much one word alone speaks for a worry: what is shown to the clerk as the reason."""
        column = self.codes.index(code)
        rows = [self._names[name] for key in unit_keys(unit) if (name := "w:" + key) in self._names]
        return float(sum(self._rarity[row] * self._weights[row, column] for row in rows))

    def _vector(self, counts: Counter[str]) -> tuple[NDArray[np.intp], Numbers]:
        """Rows of the known features and their weights, of length one."""
        known = [(self._names[name], n) for name, n in counts.items() if name in self._names]
        rows = np.fromiter((row for row, _ in known), dtype=np.intp, count=len(known))
        values = np.fromiter((1 + math.log(n) for _, n in known), dtype=np.float32, count=len(known))
        values *= self._rarity[rows]
        length = float(np.linalg.norm(values))
        return rows, values / length if length else values

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


def _parts(tokens: Sequence[Token], units: Sequence[Unit]) -> Iterator[tuple[Sequence[Token], Sequence[Unit]]]:
    """The whole text, and each sentence of it when there are several: one sentence may tell one worry."""
    yield tokens, units
    sentences: dict[int, list[Unit]] = {}
    for unit in units:
        sentences.setdefault(unit.sentence, []).append(unit)
    if len(sentences) > 1:
        starts = [token.start for token in tokens]
        for own in sentences.values():
            yield tokens[bisect_left(starts, own[0].start) : bisect_left(starts, own[-1].end)], own


def train(examples: Sequence[Example], analysed: Sequence[Analysed]) -> Learnt:
    """Learns from all examples, each with its tokens and units: class centroids first, then softmax regression."""
    counts = [features(*text) for text in analysed]
    seen = Counter(name for one in counts for name in one)
    kept = sorted(name for name, n in seen.items() if n >= LEAST_EXAMPLES)
    names = {name: i for i, name in enumerate(kept)}
    rarity = np.array([1 + math.log((1 + len(counts)) / (1 + seen[name])) for name in kept], dtype=np.float32)
    codes = sorted({OUTSIDE, *(code for row in examples for code in row.worries)})
    model = Learnt(names, rarity, codes, np.zeros((len(names), len(codes)), dtype=np.float32))
    vectors = [model._vector(one) for one in counts]
    columns = [[codes.index(code) for code in row.worries] for row in examples]
    _centroids(model._weights, vectors, columns)
    _refine(model._weights, vectors, columns)
    return model


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
