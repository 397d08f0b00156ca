"""How cost grows with the catalogue: as many programmes as it has, ten times and a hundred times as many.

The further programmes are copies whose words were traded, by a fixed seed, between pairs of documents.
A trade deals out again the words only one of the two holds, so each document keeps its number of words
and each word its share of documents. No new words come in: postings grow as fast as documents, which
is harder than a real catalogue of that size would be.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random

from referral_app.matching import index
from referral_app.matching.index import Index
from tests.matching import rivals
from tests.matching.rivals import Programme, Search
from tests.matching.timing import timed

TIMES = (1, 10, 100)
QUERIES = 100  # of 50 characters
TRADES = 5  # per copy, how often every document trades with another
SEED = 110
WHOOSH, OURS = "Whoosh's own scoring", "ours (Whoosh's, in arrays)"


def copies(documents: Sequence[Programme], times: int) -> Iterator[Programme]:
    """The documents, then copies of them with traded words, ``times`` as many in all."""
    draw = Random(SEED)  # noqa: S311
    held = [dict(counts) for _, counts in documents]
    for copy in range(times):
        for _ in range(TRADES if copy else 0):
            order = draw.sample(range(len(held)), len(held))
            for one, other in zip(order[::2], order[1::2], strict=False):
                held[one], held[other] = _traded(held[one], held[other], draw)
        yield from ((f"{code}-{copy}", Counter(counts)) for (code, _), counts in zip(documents, held, strict=True))


def _traded(one: dict[str, int], other: dict[str, int], draw: Random) -> tuple[dict[str, int], dict[str, int]]:
    """Two documents after a trade; how often a word is said travels with it."""
    mine = [row for row in one.items() if row[0] not in other]
    yours = [row for row in other.items() if row[0] not in one]
    pool = mine + yours
    draw.shuffle(pool)
    kept = ([row for row in one.items() if row[0] in other], [row for row in other.items() if row[0] in one])
    return dict(kept[0] + pool[: len(mine)]), dict(kept[1] + pool[len(mine) :])


def builders(home: Path, documents: Sequence[Programme]) -> Iterator[tuple[str, Callable[[], Search]]]:
    """Each engine's name and how to build it; ours comes after Whoosh and reads what that wrote."""
    place = home / "ours"
    place.mkdir()

    def whoosh() -> Search:
        index.write(place, (("programme", code, list(counts.elements())) for code, counts in documents))
        return rivals.by_whoosh(place)

    def ours() -> Search:
        opened = Index(place)
        return lambda words: [code for code, _ in opened.search("programme", words, rivals.LIMIT)]

    yield WHOOSH, whoosh
    yield OURS, ours
    yield "SQLite FTS5", partial(rivals.by_fts5, home, documents)
    if rivals.HAS_TANTIVY:
        yield "tantivy", partial(rivals.by_tantivy, home, documents)


def measured(home: Path, documents: Sequence[Programme], asked: Sequence[list[str]]) -> dict[str, tuple[float, float]]:
    """Per engine the median milliseconds of a query and the seconds to build."""
    costs: dict[str, tuple[float, float]] = {}
    for name, build in builders(home, documents):
        start = time.perf_counter()
        search = build()
        built = time.perf_counter() - start
        if name == OURS:
            built += costs[WHOOSH][1]
        costs[name] = timed(partial(_next, search, cycle(asked)), 2 * len(asked))[0], built
    return costs


def _next(search: Search, asked: Iterator[list[str]]) -> list[str]:
    return search(next(asked))


def report(home: Path, documents: Sequence[Programme], asked: Sequence[list[str]]) -> Iterator[str]:
    """The table, line by line."""
    sizes = []
    for times in TIMES:
        folder = home / f"growth-{times}"
        folder.mkdir()
        sizes.append(measured(folder, list(copies(documents, times)), asked))
    yield f"{'':28}" + "".join(f"{len(documents) * times:>16,} programmes" for times in TIMES)
    yield f"{'':28}" + "   query ms  × ours  built s" * len(TIMES)
    for name in sizes[0]:
        cells = ((*costs[name], costs[name][0] / costs[OURS][0]) for costs in sizes)
        yield f"{name:28}" + "".join(f"{middle:11.2f}{ratio:7.1f}×{built:9.1f}" for middle, built, ratio in cells)
