"""BM25 over prepared words: the only module that knows Whoosh. A cache, rebuilt when its stamp is stale."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from whoosh import index as whoosh_index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import ID, TEXT, Schema
from whoosh.query import Or, Term
from whoosh.searching import Searcher

from referral_app.errors import SearchDown

SCHEMA_NUMBER = 1
_ANALYSED = "analysed.json"
KINDS = ("programme", "worry")
Document = tuple[str, str, Sequence[str]]  # kind, code, words (already analysed)


def stamp(*versions: str) -> str:
    """Names one state of everything the index is made of."""
    return hashlib.sha256("\0".join((str(SCHEMA_NUMBER), *versions)).encode()).hexdigest()[:16]


def build(folder: Path, stamp: str, documents: Iterable[Document], analysed: dict[str, list[str]]) -> Path:
    """Builds the index beside its place and renames it there; returns the place.

    Readers of an older index go on undisturbed; a process killed half-way leaves only a
    temporary folder that the next build removes. Raises SearchDown when the disk refuses.
    """
    target = folder / stamp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
        _write(building, documents)
        (building / _ANALYSED).write_text(json.dumps(analysed, ensure_ascii=False), encoding="utf-8")
        with contextlib.suppress(OSError):  # another process was first: its index is the same
            os.rename(building, target)
        _sweep(folder, keep=stamp)
    except OSError as error:
        raise SearchDown(
            f"索引を作れません ({error.strerror})。{folder} に書きこめるか、空きがあるかを確かめてください。"
        ) from error
    return target


def analysed(folder: Path, stamp: str) -> dict[str, list[str]]:
    """What the lexicon's spellings were read as when the index was built; {} when that is not known."""
    try:
        kept = json.loads((folder / stamp / _ANALYSED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(place: Path, documents: Iterable[Document]) -> None:
    tokens = SpaceSeparatedTokenizer()
    schema = Schema(code=ID(stored=True), **{kind: TEXT(analyzer=tokens, phrase=False) for kind in KINDS})
    opened = whoosh_index.create_in(place, schema)
    writer = opened.writer()
    for kind, code, words in documents:
        writer.add_document(code=code, **{kind: " ".join(words)})
    writer.commit(optimize=True)
    opened.close()


def _sweep(folder: Path, keep: str) -> None:
    for old in folder.iterdir():
        if old.is_dir() and old.name != keep:
            shutil.rmtree(old, ignore_errors=True)


class Index:
    """An open index. Thread-safe: each thread searches with a searcher of its own."""

    def __init__(self, folder: Path, stamp: str) -> None:
        """Opens ``folder/stamp``; raises SearchDown when it is missing or damaged."""
        try:
            self._index = whoosh_index.open_dir(folder / stamp, readonly=True)
        except Exception as error:  # a damaged file raises anything from struct.error to pickle errors
            raise SearchDown("索引を開けません。「referral index」で作り直してください。") from error
        self._local = threading.local()

    def search(self, kind: str, words: Iterable[str], limit: int) -> list[tuple[str, float]]:
        """(code, BM25 score), best first, of the documents of one kind. A word said twice counts more.

        Raises SearchDown when the index's files cannot be read any more.
        """
        counts = Counter(words)
        if not counts:
            return []
        query = Or([Term(kind, word, boost=1.0 + 0.5 * (n - 1)) for word, n in counts.items()])
        try:
            return [(hit["code"], hit.score) for hit in self._searcher().search(query, limit=limit)]
        except Exception as error:  # files lost or damaged under a running server
            raise SearchDown("索引を読めません。「referral index」で作り直してください。") from error

    def _searcher(self) -> Searcher:
        if not hasattr(self._local, "searcher"):
            self._local.searcher = self._index.searcher()
        return self._local.searcher
