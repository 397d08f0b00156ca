"""What a paper costs, each from its view-model to the PDF: python -m tests.papers.bench.

Milliseconds are the median and the 95th percentile; the first print of a process also opens compiler and fonts
and stands above. Every round prints another number, day and story: the compiler remembers what it has set.
"""

from __future__ import annotations

import time
from datetime import date

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.papers.stationery import Stationery
from tests.matching.timing import busy, timed
from tests.papers.making import papers
from tests.papers.reading import Paper

ROUNDS = 15


def main() -> None:
    settings = Settings.from_environment()
    desk = Desk.open(settings)
    start = time.perf_counter()
    stationery = Stationery.open(settings, desk)
    opened = time.perf_counter()
    stationery.card(date.today())
    print(
        f"open {1000 * (opened - start):.0f} ms, first paper {1000 * (time.perf_counter() - opened):.0f} ms, {busy()}\n"
    )
    print(f"{'paper (kana and PDF)':28}{'pages':>7}{'kB':>7}{'ms':>9}{'95 %':>9}{'ms a page':>11}")
    turns = [papers(desk, stationery, turn) for turn in range(ROUNDS + 2)]
    for name in turns[0]:
        pdf = turns[0][name]().pdf
        pages = len(Paper(pdf).reader.pages)
        others = iter(turns[1:])
        middle, slow = timed(lambda others=others, name=name: next(others)[name](), ROUNDS)  # type: ignore[misc]
        print(f"{name:28}{pages:7}{len(pdf) / 1000:7.0f}{middle:9.1f}{slow:9.1f}{middle / pages:11.1f}", flush=True)
    start = time.perf_counter()
    batch = stationery.all_leaflets(date.today())
    took = time.perf_counter() - start
    size = len(batch.printed.pdf) / 1000
    print(f"{f'all {batch.count} leaflets, once':28}{2 * batch.count:7}{size:7.0f}{1000 * took:9.1f}")


if __name__ == "__main__":
    main()
