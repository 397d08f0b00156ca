"""How fast a text is answered, beside other ways, in one run: python -m tests.matching.bench.

Times are the median and the 95th percentile in milliseconds, and as multiples of the tokenisation of
the same text in the same run: machines are shared, ratios are not.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from whoosh import index as whoosh_index
from whoosh.query import Or, Term

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.matching.reading import read

STORY = (
    "夫が出ていって、カードの借金が180万くらい返せなくて。子どもは4歳で、預ける所がなくて働きに出られない。"
    "夜も眠れなくて頭がぼーっとする。母の物忘れも進んで、家賃も二か月ためています。"
)
LENGTHS = (50, 300, 10_000)
ROUNDS = {50: 200, 300: 100, 10_000: 7}


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def ways(desk: Desk, place: Path) -> Iterator[tuple[str, Callable[[str], object]]]:
    """Each way to answer, by its name."""
    assert desk.finder is not None
    finder, analyser = desk.finder, desk.finder.sources.analyser
    yield "tokenisation alone (floor)", analyser.tokens
    yield "crisis reading", desk.named
    yield "finding", finder.find
    yield "whole match (crisis + finding)", desk.match
    searcher = whoosh_index.open_dir(place).searcher()

    def by_whoosh(text: str) -> object:
        words = dict.fromkeys(read(text, analyser).words())
        return searcher.search(Or([Term("programme", word) for word in words]), limit=20)

    yield "Whoosh BM25 over the same words", by_whoosh
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE p USING fts5(code, text, tokenize='trigram')")
    rows = [(p.code, f"{p.name} {p.plain_name} {p.summary} {p.for_whom}") for p in desk.catalogue.programmes.values()]
    base.executemany("INSERT INTO p VALUES (?, ?)", rows)

    def by_fts5(text: str) -> object:
        grams = list(dict.fromkeys(text[i : i + 3] for i in range(min(len(text), 900) - 2)))
        asked = " OR ".join('"' + gram.replace('"', "") + '"' for gram in grams)
        return base.execute("SELECT code FROM p WHERE p MATCH ? ORDER BY bm25(p) LIMIT 20", (asked,)).fetchall()

    yield "SQLite FTS5 trigram (first 900 characters)", by_fts5


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.at(Path(home))
        start = time.perf_counter()
        desk = Desk.open(settings)
        built = time.perf_counter() - start
        start = time.perf_counter()
        desk = Desk.open(settings)
        print(f"open with index build {built:.1f} s, open again {time.perf_counter() - start:.1f} s\n")
        print(f"{'':44}" + "".join(f"{n:>8,} characters      " for n in LENGTHS))
        assert desk.finder is not None
        floors: dict[int, float] = {}
        for name, way in ways(desk, settings.index_dir / desk.finder.sources.stamp):
            cells = []
            for length in LENGTHS:
                text = (STORY * (length // len(STORY) + 1))[:length]
                middle, slow = timed(lambda way=way, text=text: way(text), ROUNDS[length])  # type: ignore[misc]
                floor = floors.setdefault(length, middle)
                cells.append(f"{middle:8.2f} {slow:8.2f} {middle / floor:6.1f}×")
            print(f"{name:44}" + "".join(cells))


if __name__ == "__main__":
    main()
