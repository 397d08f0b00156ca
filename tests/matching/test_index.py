"""The index: never half-written, swept with care, and scored in arrays exactly as Whoosh would."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from whoosh import index as whoosh_index
from whoosh.query import Or, Term

from referral_app.errors import SearchDown
from referral_app.matching import cache, index
from referral_app.matching.index import Index

DOCUMENTS = [
    ("worry", "debt", ["借金", "返す|1", "借金", "ローン", "払う|1"]),
    ("worry", "rent", ["家賃", "払う|1", "アパート"]),
    ("worry", "sleep", ["眠る|1", "夜", "夜", "夜", "薬"]),
    ("programme", "P070", ["相談", "弁護士", "借金", "暮らし"]),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    index.write(folder, DOCUMENTS)
    return folder


@pytest.mark.parametrize("words", [["借金"], ["払う|1", "家賃"], ["夜", "払う|1"], ["知らない"], []])
def test_scores_in_arrays_order_as_whoosh_does(place: Path, words: list[str]) -> None:
    found = Index(place).search("worry", words, 10)
    with whoosh_index.open_dir(place).searcher() as searcher:
        hits = searcher.search(Or([Term("worry", word) for word in words]), limit=10)
        assert [code for code, _ in found] == [hit["code"] for hit in hits]
    assert all(math.isfinite(score) and score > 0 for _, score in found)


def test_kinds_do_not_mix(place: Path) -> None:
    assert [code for code, _ in Index(place).search("programme", ["借金"], 10)] == ["P070"]


def test_the_whole_catalogue_answers_with_finite_scores(finder) -> None:  # type: ignore[no-untyped-def]
    rows = finder.sources.evidence(_reading(finder, "借金が返せない。家賃も払えない")).similar
    assert {"debt", "rent"} <= {code for code, _ in rows[:5]}


def _reading(finder, text: str):  # type: ignore[no-untyped-def]
    from referral_app.matching.reading import read

    return read(text, finder.sources.analyser)


def test_a_build_killed_half_way_leaves_nothing_to_open(tmp_path: Path) -> None:
    def killed(place: Path) -> None:
        (place / "half").write_text("written")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.build(tmp_path, "state", killed)
    assert not (tmp_path / "state").exists()
    with pytest.raises(SearchDown):
        Index(tmp_path / "state")


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SearchDown, match="書きこめるか"):
        cache.build(blocked, "state", lambda _: None)


def test_the_state_before_stays_for_those_who_still_read_it(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        cache.build(tmp_path, name, lambda _: None)
        os.utime(tmp_path / name, (time.time(), time.time() - {"one": 30, "two": 20, "three": 10}[name]))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["three", "two"]


def test_an_old_unfinished_folder_is_removed_and_a_fresh_one_is_not(tmp_path: Path) -> None:
    for name, age in (("building-old", 2 * cache.LEFT_BEHIND), ("building-new", 0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time(), time.time() - age))
    cache.build(tmp_path, "state", lambda _: None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["building-new", "state"]
