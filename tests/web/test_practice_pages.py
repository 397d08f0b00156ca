"""The trainee's pages: a run from the list to the review, quiz, confidence, and what must never leave them."""

from __future__ import annotations

from flask import Flask

from tests.play import CODE, badly, begin, enter, well


def test_a_run_played_well_and_one_played_badly_end_in_different_reviews(app: Flask) -> None:
    trainee = enter(app, "jukou")
    good = well(trainee, begin(trainee))
    bad = badly(trainee, begin(trainee))
    assert "5 / 5" in good.text
    assert "死にたい気持ち 聴けました" in good.text
    assert "死にたい気持ち まだ聴けていません" in bad.text
    assert "気をつけたい言い方(はげまし)" in bad.text
    assert CODE
