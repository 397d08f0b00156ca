"""Readings mended by a clerk: for this paper alone, hiragana only, the words untouched."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_app.consult import Desk
from referral_app.errors import InvalidInput
from referral_app.matching import Ruby
from referral_app.papers import rereading
from tests.papers.test_copies import plain, resident, sheet


@dataclass(frozen=True)
class Line:
    name: tuple[Ruby, ...]
    phone: str


@dataclass(frozen=True)
class Sample:
    title: tuple[Ruby, ...]
    lines: tuple[Line, ...]
    number: int = 1


SAMPLE = Sample(
    title=(Ruby("方", "かた"), Ruby("と", ""), Ruby("一日", "いちにち")),
    lines=(Line((Ruby("髙﨑さんの", ""), Ruby("方", "かた"), Ruby("は", "")), "000"), Line((), "方")),
)
WORDS = (Ruby("方", "かた"), Ruby("一日", "いちにち"), Ruby("髙﨑", ""))


def test_words_are_listed_once_in_the_order_of_the_paper_with_kanji_that_have_no_reading() -> None:
    assert rereading.words(SAMPLE) == WORDS


def test_a_mended_reading_stands_everywhere_on_this_paper() -> None:
    changes = rereading.typed(SAMPLE, ["ほう", "ツイタチ", "たかさき"])
    made = rereading.mended(SAMPLE, changes)
    assert made.title == (Ruby("方", "ほう"), Ruby("と", ""), Ruby("一日", "ついたち"))
    assert made.lines[0].name == (Ruby("髙﨑", "たかさき"), Ruby("さんの", ""), Ruby("方", "ほう"), Ruby("は", ""))
    assert (made.lines[1], made.number) == (SAMPLE.lines[1], 1)


def test_an_empty_reading_takes_it_away_and_the_same_one_changes_nothing() -> None:
    assert rereading.typed(SAMPLE, ["かた", "いちにち", ""]) == {}
    assert rereading.typed(SAMPLE, ["", " いちにち ", ""]) == {WORDS[0]: ""}


@pytest.mark.parametrize("wrong", ["方", "kata", "かた1", "か た", "あ" * 21])
def test_only_hiragana_is_taken_and_the_fault_names_its_field(wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rereading.typed(SAMPLE, ["かた", wrong, ""])
    assert list(refused.value.fields) == ["ruby-1"]
    assert "「一日」" in refused.value.fields["ruby-1"]


def test_a_form_of_another_paper_is_refused() -> None:
    with pytest.raises(InvalidInput, match="もう一度"):
        rereading.typed(SAMPLE, ["かた"])


def test_the_residents_copy_can_be_mended(desk: Desk) -> None:
    copy = resident(desk, sheet("P070", "P032"))
    words = rereading.words(copy)
    assert Ruby("番号", "ばんごう") in words
    readings = ["ナンバー" if word.base == "番号" else word.reading for word in words]
    made = rereading.mended(copy, rereading.typed(copy, readings))
    assert plain(made.otherwise) == plain(copy.otherwise)
    assert Ruby("番号", "なんばー") in made.otherwise
    assert rereading.mended(copy, {}) is not None
    assert [plain(place.department) for place in made.places] == [plain(place.department) for place in copy.places]


PIECES = st.lists(
    st.builds(Ruby, st.text("方一日と髙 a", min_size=1, max_size=4), st.sampled_from(["", "かな"])), max_size=6
)


@given(PIECES, st.sampled_from(["", "よみ"]))
def test_no_mending_changes_a_word(pieces: list[Ruby], reading: str) -> None:
    paper = Sample(tuple(pieces), ())
    made = rereading.mended(paper, dict.fromkeys(rereading.words(paper), reading))
    assert "".join(one.base for one in made.title) == "".join(one.base for one in pieces)
    assert {one.reading for one in made.title if one in rereading.words(made)} <= {reading}
