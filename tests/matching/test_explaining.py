"""Why a text finds what it finds: every word the tables need is there."""

from __future__ import annotations

from referral_app.matching import Finder, crisis, explain, explaining


def test_every_kind_and_level_of_an_alert_has_its_words() -> None:
    assert set(explaining._KINDS) == set(crisis.KINDS)
    assert set(explaining._LEVELS) == set(crisis.LEVELS)


def test_what_was_denied_is_marked(finder: Finder) -> None:
    units = {said: denied for said, _, denied in explain(finder, "借金はない。眠れない").tables[0].rows}
    assert units["借金"] == "数えない"
    assert units["眠れない"] == ""


def test_a_text_as_typed_needs_no_table_of_its_own(finder: Finder) -> None:
    titles = [table.title for table in explain(finder, "借金が返せない").tables]
    assert "読みかえた文" not in titles
    assert titles[0] == "言葉"
    assert explain(finder, "ｼｬｯｷﾝ").tables[0].title == "読みかえた文"
