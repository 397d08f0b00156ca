"""How fast a text is answered, beside other engines, in one run: python -m tests.matching.bench.

Times are the median and the 95th percentile in milliseconds, and as multiples of the tokenisation of
the same text in the same run: machines are shared, ratios are not. On a machine with more work than
processors even ratios mislead, as long work is interrupted and short work is not: the load is printed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.matching.analyser import Analyser
from referral_app.matching.reading import read
from tests.matching import growth, rivals
from tests.matching.evaluate import load
from tests.matching.rivals import Search
from tests.matching.timing import busy, memory, timed

STORY = (
    "夫が出ていって、カードの借金が180万くらい返せなくて。子どもは4歳で、預ける所がなくて働きに出られない。"
    "夜も眠れなくて頭がぼーっとする。母の物忘れも進んで、家賃も二か月ためています。"
)
LENGTHS = (50, 300, 10_000)
ROUNDS = {50: 200, 300: 100, 10_000: 7}

Way = Callable[[str], object]


def parts(desk: Desk, analyser: Analyser) -> Iterator[tuple[str, Way]]:
    """What a match is made of, each by its name; the first is the measure of all others."""
    assert desk.finder is not None
    yield "tokenisation alone (floor)", analyser.tokens
    yield "crisis reading, rules alone", desk.named
    yield "crisis reading joined with the learnt one", desk.listen
    yield "finding", desk.finder.find
    yield "whole match (crisis + finding)", desk.match


def others(desk: Desk, analyser: Analyser, place: Path, home: Path) -> Iterator[tuple[str, Way]]:
    """Other engines over the programmes; all but the last need our reading of the text first."""
    documents = rivals.programmes(place)
    engines = {"Whoosh BM25": rivals.by_whoosh(place), "SQLite FTS5": rivals.by_fts5(home, documents)}
    if rivals.HAS_TANTIVY:
        engines["tantivy"] = rivals.by_tantivy(home, documents)
    for name, search in engines.items():
        yield f"{name} over the same words", partial(_read_first, analyser, search)
    rows = [(p.code, f"{p.name} {p.plain_name} {p.summary} {p.for_whom}") for p in desk.catalogue.programmes.values()]
    yield "SQLite FTS5 trigram (first 900 characters)", rivals.by_fts5_trigram(rows)


def _read_first(analyser: Analyser, search: Search, text: str) -> list[str]:
    return search(read(text, analyser).words())


def table(ways: Iterable[tuple[str, Way]]) -> Iterator[str]:
    """Every way with its times at each length, line by line."""
    yield f"{'':44}" + "".join(f"{n:>8,} characters      " for n in LENGTHS).rstrip()
    floors: dict[int, float] = {}
    for name, way in ways:
        cells = []
        for length in LENGTHS:
            text = (STORY * (length // len(STORY) + 1))[:length]
            middle, slow = timed(lambda way=way, text=text: way(text), ROUNDS[length])  # type: ignore[misc]
            floor = floors.setdefault(length, middle)
            cells.append(f"{middle:8.2f} {slow:8.2f} {middle / floor:6.1f}×")
        yield f"{name:44}" + "".join(cells)


def asked(analyser: Analyser) -> list[list[str]]:
    """The words of queries of 50 characters: the evaluation's texts in one row, cut."""
    row = "".join(case.text for case in load())
    cuts = [row[i : i + 50] for i in range(0, len(row) - 49, 50)]
    step = len(cuts) // growth.QUERIES
    return [list(dict.fromkeys(read(cut, analyser).words())) for cut in cuts[::step][: growth.QUERIES]]


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        settings = Settings.at(home)
        start = time.perf_counter()
        desk = Desk.open(settings)
        built = time.perf_counter() - start
        start = time.perf_counter()
        desk = Desk.open(settings)
        print(f"open with index build {built:.1f} s, open again {time.perf_counter() - start:.1f} s")
        print(f"{memory(home)}\n{busy()}\n", flush=True)
        if not rivals.HAS_TANTIVY:
            print(f"{rivals.WITHOUT_TANTIVY}\n")
        assert desk.finder is not None
        analyser, place = desk.finder.sources.analyser, settings.index_dir / desk.finder.sources.stamp
        for line in table(chain(parts(desk, analyser), others(desk, analyser, place, home))):
            print(line, flush=True)
        print(f"\nscoring alone, the words at hand: median of {growth.QUERIES} queries of 50 characters\n")
        for line in growth.report(home, rivals.programmes(place), asked(analyser)):
            print(line, flush=True)
        print(f"\n{busy()}")


if __name__ == "__main__":
    main()
