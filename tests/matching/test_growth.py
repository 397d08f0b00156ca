"""What the bench compares is alike: copies keep sizes and rarities, every engine finds the same documents."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.matching import growth, rivals
from tests.matching.rivals import Programme

DOCUMENTS: list[Programme] = [
    ("P001", Counter(["借金", "返す|1", "借金", "ローン"])),
    ("P002", Counter(["家賃", "払う|1", "アパート", "LAN"])),
    ("P003", Counter(["眠る|1", "夜", "夜", "薬", "借金"])),
    ("P004", Counter(["相談", "弁護士"])),
    ("P005", Counter(["保育", "仕事", "相談"])),
]


def test_copies_keep_sizes_and_rarities() -> None:
    grown = list(growth.copies(DOCUMENTS, 4))
    assert grown == list(growth.copies(DOCUMENTS, 4))  # the same in every run
    assert len({code for code, _ in grown}) == 20
    assert [counts for _, counts in grown[:5]] == [counts for _, counts in DOCUMENTS]
    assert [counts for _, counts in grown[5:10]] != [counts for _, counts in DOCUMENTS]
    share = Counter(word for _, counts in DOCUMENTS for word in counts)
    assert Counter(word for _, counts in grown for word in counts) == {word: 4 * n for word, n in share.items()}
    for place, (_, counts) in enumerate(grown):
        assert len(counts) == len(DOCUMENTS[place % 5][1])


@pytest.mark.parametrize("words", [["借金"], ["払う|1", "LAN"], ["相談", "夜"], ["知らない"], []])
def test_every_engine_finds_the_same(tmp_path: Path, words: list[str]) -> None:
    found = {name: set(build()(words)) for name, build in growth.builders(tmp_path, DOCUMENTS)}
    holding = {code for code, counts in DOCUMENTS if not counts.keys().isdisjoint(words)}
    assert found == dict.fromkeys(found, holding)
    assert rivals.programmes(tmp_path / "ours") == DOCUMENTS
