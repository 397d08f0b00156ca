"""The nearest of a few texts: 空腹 reaches 食べる though no phrase says so."""

from __future__ import annotations

import pytest

from referral_app.errors import InvalidInput
from referral_app.matching import LONGEST_TEXT, Finder, Nearest

TEXTS = {"eat": ("食べていないこと", "パンを一つ"), "sleep": ("眠れないこと",), "work": ("仕事をなくしたこと",)}
NEAREST = {
    "空腹ではありませんか": "eat",
    "不眠が続いていますか": "sleep",
    "職場を辞めたのですか": "work",
    "": None,
    "。。": None,
}


@pytest.fixture(scope="module")
def nearest(finder: Finder) -> Nearest:
    return Nearest(TEXTS, finder.read)


@pytest.mark.parametrize("text", NEAREST)
def test_the_nearest_text_is_found_by_meaning(nearest: Nearest, text: str) -> None:
    assert nearest.best(text, 0.05) == NEAREST[text]


def test_what_is_not_near_enough_is_none(nearest: Nearest, finder: Finder) -> None:
    assert nearest.best("空腹ではありませんか", 0.99) is None
    assert Nearest({}, finder.read).best("空腹ではありませんか", 0.0) is None


def test_a_text_without_end_is_refused(nearest: Nearest) -> None:
    with pytest.raises(InvalidInput):
        nearest.best("あ" * (LONGEST_TEXT + 1), 0.1)
