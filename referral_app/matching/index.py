"""BM25 over prepared words: the only module that knows Whoosh."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from whoosh import index as whoosh_index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import ID, TEXT, Schema
from whoosh.reading import IndexReader

from referral_app.errors import SearchDown

KINDS = ("programme", "worry")
# BM25's k1 and b, Whoosh's own values.
SATURATION, LENGTH = 1.2, 0.75

Scores = NDArray[np.float32]
Document = tuple[str, str, Sequence[str]]  # kind, code, words (already analysed)


def write(place: Path, documents: Iterable[Document]) -> None:
    """Writes an index into an empty folder, in one commit."""
    tokens = SpaceSeparatedTokenizer()  # the schema is pickled: it may hold no object of ours
    schema = Schema(code=ID(stored=True), **{kind: TEXT(analyzer=tokens, phrase=False) for kind in KINDS})
    opened = whoosh_index.create_in(place, schema)
    writer = opened.writer()
    for kind, code, words in documents:
        writer.add_document(code=code, **{kind: " ".join(words)})
    writer.commit(optimize=True)
    opened.close()


class Index:
    """An open index: Whoosh's postings read into arrays once, scored there. Thread-safe, it only reads.

    Whoosh's own scoring costs some milliseconds a query in Python; the same BM25 over arrays costs
    microseconds and grows with the postings of the words asked for.
    """

    def __init__(self, place: Path) -> None:
        """Raises SearchDown when the index is missing or damaged."""
        try:
            opened = whoosh_index.open_dir(place, readonly=True)
            with opened.reader() as reader:
                self._fields = {kind: _Postings(reader, kind) for kind in KINDS}
            opened.close()
        except Exception as error:  # a damaged file raises anything from struct.error to pickle errors
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error

    def search(self, kind: str, words: Iterable[str], limit: int) -> list[tuple[str, float]]:
        """(code, BM25 score), best first, of the documents of one kind. A word said twice counts more."""
        return self._fields[kind].best(Counter(words), limit)


class _Postings:
    """Per word the documents it stands in and the BM25 it earns them."""

    def __init__(self, reader: IndexReader, field: str) -> None:
        self.codes = [stored["code"] for stored in reader.all_stored_fields()]
        sizes = [reader.doc_field_length(n, field) or 0 for n in range(len(self.codes))]  # None: not of this kind
        lengths = np.array(sizes, dtype=np.float32)
        holding = int(np.count_nonzero(lengths))
        average = np.float32(lengths.sum() / max(holding, 1))
        self._rows: dict[str, tuple[NDArray[np.intp], Scores]] = {}
        for word in reader.lexicon(field):
            documents, counts = _posting(reader, field, word)
            rarity = np.float32(math.log(holding / (len(documents) + 1)) + 1)
            norm = SATURATION * (1 - LENGTH + LENGTH * lengths[documents] / average)
            earned: Scores = (rarity * counts * (SATURATION + 1) / (counts + norm)).astype(np.float32)
            self._rows[word.decode()] = documents, earned

    def best(self, words: Counter[str], limit: int) -> list[tuple[str, float]]:
        scores = np.zeros(len(self.codes), dtype=np.float32)
        for word, count in words.items():
            if word in self._rows:
                documents, earned = self._rows[word]
                scores[documents] += earned * (1 + 0.5 * (count - 1))
        order = np.argsort(-scores, kind="stable")[:limit]
        return [(self.codes[n], float(scores[n])) for n in order if scores[n] > 0]


def _posting(reader: IndexReader, field: str, word: bytes) -> tuple[NDArray[np.intp], Scores]:
    documents, counts = [], []
    matcher = reader.postings(field, word)
    while matcher.is_active():
        documents.append(matcher.id())
        counts.append(matcher.weight())
        matcher.next()
    return np.array(documents, dtype=np.intp), np.array(counts, dtype=np.float32)
