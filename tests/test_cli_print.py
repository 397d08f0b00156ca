"""``referral print``: a file, a sentence about it, and a way out when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from referral_app.cli import main
from referral_app.config import Settings
from tests.papers.reading import Paper

pytestmark = pytest.mark.slow

PAPERS = {
    "worry": (["leaflet", "--worry", "debt"], 2),
    "moment": (["leaflet", "--moment", "bereaved"], 2),
    "slip": (["slip"], 1),
    "card": (["card"], 2),
    "booklet": (["booklet"], None),
}


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["print", *arguments], env={"REFERRAL_HOME": str(settings.home)})


@pytest.mark.parametrize(("arguments", "pages"), PAPERS.values(), ids=PAPERS.keys())
def test_a_paper_is_written(settings: Settings, tmp_path: Path, arguments: list[str], pages: int | None) -> None:
    out = tmp_path / "紙.pdf"
    result = run(settings, *arguments, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert f"書き出しました ({out})。" in result.output
    paper = Paper(out.read_bytes())
    assert pages is None or len(paper.pages) == pages
    assert paper.says_ua


def test_all_leaflets_say_how_many_there_are_and_which_were_left_out(settings: Settings, tmp_path: Path) -> None:
    result = run(settings, "leaflet", "--all", "--out", str(tmp_path / "all.pdf"))
    assert result.exit_code == 0, result.output
    assert "案内を書いています" in result.output
    assert "種類です" in result.output
    assert "作らなかったもの: " in result.output


def test_the_codes_are_listed(settings: Settings) -> None:
    output = run(settings, "list").output
    assert "死亡届" in output
    assert "debt" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["leaflet", "--worry", "nothing"], "「nothing」という悩みはありません"),
        (["leaflet", "--moment", "nothing"], "「nothing」という手続きはありません"),
        (["leaflet", "--worry", "sports"], "口頭で伝えてください"),
        (["leaflet"], "一つを書いてください"),
        (["leaflet", "--worry", "debt", "--all"], "一つを書いてください"),
    ],
)
def test_what_cannot_be_printed_is_told(settings: Settings, tmp_path: Path, arguments: list[str], message: str) -> None:
    result = run(settings, *arguments, "--out", str(tmp_path / "x.pdf"))
    assert result.exit_code != 0
    assert message in result.output
    assert not (tmp_path / "x.pdf").exists()


def test_a_place_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    result = run(settings, "card", "--out", str(tmp_path / "no" / "x.pdf"))
    assert result.exit_code == 1
    assert "別の場所を --out に" in result.output
