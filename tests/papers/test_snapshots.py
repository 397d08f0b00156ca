"""Every paper looks like what a person has looked at: pages, fonts, tags, boxes and words, kept as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from referral_app.consult import Desk
from referral_app.papers.stationery import Stationery
from tests.papers.making import REVIEWED, papers
from tests.papers.reading import Paper

pytestmark = pytest.mark.slow

NAMES = sorted(file.stem for file in REVIEWED.glob("*.txt"))
HOW = "紙が変わりました。見て、よければ残してください: make papers ARGS=--accept"


def test_every_paper_has_been_reviewed(desk: Desk, stationery: Stationery) -> None:
    assert sorted(papers(desk, stationery)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_paper_is_the_reviewed_one(desk: Desk, stationery: Stationery, name: str, tmp_path: Path) -> None:
    printed = papers(desk, stationery)[name]()
    assert printed.tagged
    assert printed.warnings == ()
    paper = Paper(printed.pdf)
    assert paper.shape() == (REVIEWED / f"{name}.txt").read_text(encoding="utf-8"), HOW
    assert paper.fonts
    assert all(paper.fonts.values())
