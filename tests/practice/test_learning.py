"""Rubric, quiz, confidence and the report of a course."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_app.errors import DataError
from referral_app.practice import confidence, listening, quiz
from referral_app.practice.confidence import changes, sentence
from referral_app.practice.course import LEAST_PEOPLE, TOO_FEW, Attempt, Row, confidence_rows, quiz_rows, rows, to_csv
from referral_app.practice.grading import Answers, Review
from referral_app.practice.material import Practice
from referral_app.practice.scenarios import LISTENING

HEARD = {
    "それはおつらかったですね。": ({"共感"}, set()),
    "話してくださって、ありがとうございます。": ({"ねぎらう"}, set()),
    "ここまで頑張ってこられたのですね。": ({"ねぎらう"}, set()),
    "そうでしたか。": ({"相づち"}, set()),
    "いちばんお困りなのは何ですか。": ({"困りごとを意識"}, set()),
    "あなたのせいではないと思います。": ({"批判しない"}, set()),
    "頑張ってくださいね。": (set(), {"はげまし"}),
    "元気を出して、前向きにいきましょう。": (set(), {"はげまし"}),
    "命を粗末にしてはいけません。": (set(), {"説教・言い聞かせ"}),
    "考えすぎじゃないですか。": (set(), {"軽くあつかう"}),
    "考えすぎではないと思います。": (set(), set()),
    "そのうちなんとかなりますよ。": (set(), {"軽くあつかう"}),
    "ぜったい秘密にします。だれにも言いません。": (set(), {"守れない約束"}),
    "だれにも言わないとは約束できないんです。": (set(), set()),
    "番号札をお持ちですか": (set(), set()),
}


@pytest.mark.parametrize("words", HEARD)
def test_the_rubric_is_read_in_ones_own_words(practice: Practice, words: str) -> None:
    heard = practice.heard(words, ())
    assert (set(heard.points), set(heard.cautions)) == HEARD[words]


def test_words_are_shown_as_typed_and_in_no_order_of_asking(practice: Practice) -> None:
    questions = ("いちばん困っているのは", "お困りのことは")
    assert practice.heard("", questions) == practice.heard("", questions[::-1])
    assert practice.heard("", ("お困りのことは",)).points == {"困りごとを意識": ("お困り",)}


def test_the_rubric_has_the_five_points_of_the_city(practice: Practice) -> None:
    assert tuple(point.name for point in practice.listener.rubric.points) == LISTENING


def test_a_rubric_with_a_point_missing_is_refused(data_copy: Path) -> None:
    path = data_copy / "listening.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('name = "ねぎらう"', 'name = "相づち"'), encoding="utf-8")
    with pytest.raises(DataError, match="ねぎらう"):
        listening.load(path)


def test_the_quiz_has_true_and_false_and_no_figures(practice: Practice) -> None:
    myths = practice.myths.values()
    assert len(myths) >= 16
    assert sum(myth.true for myth in myths) >= 4
    assert sum(not myth.true for myth in myths) >= 8
    assert not any(character.isdigit() or character in "%％割" for myth in myths for character in myth.why)


def test_a_quiz_shows_the_reason_whatever_was_said(practice: Practice) -> None:
    marked = quiz.marked(practice.myths, {"talk-no-act": False, "listen-first": False})
    by_code = {row.myth.code: row for row in marked}
    assert by_code["talk-no-act"].right
    assert not by_code["listen-first"].right
    assert not by_code["decided"].right
    assert all(row.myth.why for row in marked)


def test_an_answer_other_than_a_circle_or_a_cross_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "myths.toml"
    file.write_text('[a]\nstatement = "x"\nanswer = "はい"\nwhy = "y"\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        quiz.load(file)
    assert refused.value.line == 3


CHANGES = {
    "nothing": ({}, {}, "前とあとの両方に答えると、変わり方が出ます。"),
    "up": ({"notice": 2}, {"notice": 4}, "上がったのは気づき。"),
    "same": ({"notice": 3}, {"notice": 3}, "同じなのは気づき。"),
    "mixed": (
        {"notice": 2, "speak": 4, "listen": 3},
        {"notice": 3, "speak": 2, "listen": 3},
        "上がったのは気づき、同じなのは傾聴、下がったのは声かけ。むずかしさが見えてきて、下がることもあります。",
    ),
    "no step": ({"notice": 9}, {"notice": 3}, "前とあとの両方に答えると、変わり方が出ます。"),
}


@pytest.mark.parametrize(("before", "after", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_by_role(practice: Practice, before: dict[str, int], after: dict[str, int], said: str) -> None:
    found = changes(practice.roles, before, after)
    assert sentence(found) == said
    assert tuple(change.role.code for change in found) == confidence.ROLES


def test_a_seventh_role_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('[lead]\ntitle = "x"\nquestion = "y"\n', encoding="utf-8")
    with pytest.raises(DataError, match="役割はありません"):
        confidence.load(file)


def attempts(practice: Practice, windows: list[set[str]], code: str = "no-bed") -> list[Attempt]:
    played = practice.scenarios[code]
    done = [practice.review(played, Answers(windows=frozenset(picked))) for picked in windows]
    return [Attempt(f"person {number}", code, one) for number, one in enumerate(done)]


def test_a_group_smaller_than_the_least_shows_no_number(practice: Practice) -> None:
    few = rows(attempts(practice, [set()] * (LEAST_PEOPLE - 1)), {"no-bed": "紙袋ふたつ"})
    assert [(row.people, row.count, row.note) for row in few] == [(None, None, TOO_FEW)]


def test_a_person_counts_once_with_the_last_attempt(practice: Practice) -> None:
    twice = attempts(practice, [set()] * LEAST_PEOPLE) + attempts(practice, [{"P046", "P052"}] * LEAST_PEOPLE)
    found = rows(twice, {"no-bed": "紙袋ふたつ"})
    assert {row.people for row in found} == {LEAST_PEOPLE}
    assert not any(row.item.startswith("P046") for row in found)


def test_a_window_most_missed_stands_first_and_small_counts_are_withheld(practice: Practice) -> None:
    picked = [{"P046"}] * 6 + [{"P052"}] * 5 + [{"P046", "P052", "P071"}]
    found = rows(attempts(practice, picked), {"no-bed": "紙袋ふたつ"})
    missed = [(row.item, row.count) for row in found if row.item.startswith("P")]
    assert missed == [("P052（見のがした）", 6), ("P046（見のがした）", 5)]


@given(st.lists(st.sets(st.sampled_from(["P046", "P052", "P071", "P026"])), max_size=14))
def test_no_row_tells_of_fewer_than_the_least(practice: Practice, picked: list[set[str]]) -> None:
    for row in rows(attempts(practice, picked), {"no-bed": "紙袋ふたつ"}):
        if row.count is None or "点の合計" in row.item:
            continue
        assert row.people is not None
        assert row.count >= LEAST_PEOPLE
        assert row.count == row.people or row.people - row.count >= LEAST_PEOPLE


def test_the_report_names_nobody(practice: Practice) -> None:
    found = rows(attempts(practice, [set()] * 6), {"no-bed": "紙袋ふたつ"})
    assert "person" not in repr(found)
    assert isinstance(attempts(practice, [set()])[0].review, Review)


def test_a_course_sees_averages_of_those_who_answered_both(practice: Practice) -> None:
    sides = [({"notice": 2, "speak": 3}, {"notice": 4, "speak": 3})] * 4 + [({"notice": 3, "speak": 1}, {"notice": 4})]
    found = confidence_rows([changes(practice.roles, before, after) for before, after in sides])
    by_role = {row.item: row for row in found}
    assert by_role["気づき"].note == "平均 前 2.2 あと 4.0（1〜5）"
    assert by_role["気づき"].people == LEAST_PEOPLE
    assert (by_role["声かけ"].people, by_role["声かけ"].note) == (None, TOO_FEW)
    assert by_role["傾聴"].note == TOO_FEW


def test_the_quiz_of_a_course_tells_of_many_and_of_no_few(practice: Practice) -> None:
    said = [{"talk-no-act": True}] * 5 + [{"talk-no-act": False}] * 5 + [{"decided": True}] * 4
    found = quiz_rows(said, practice.myths)
    assert [(row.item, row.people, row.count) for row in found] == [
        (practice.myths["talk-no-act"].statement, 10, LEAST_PEOPLE)
    ]
    assert quiz_rows([{"talk-no-act": True}] * 9 + [{"talk-no-act": False}], practice.myths) == ()


CELLS = {
    "=1+1": "'=1+1",
    "+81": "'+81",
    "-2": "'-2",
    "@SUM(A1)": "'@SUM(A1)",
    "＝1": "'＝1",
    "\t=1": "'=1",
    " =1": "'=1",
    "二行の\nお話": "二行の お話",
    "ふつう": "ふつう",
}


@pytest.mark.parametrize(("written", "cell"), CELLS.items())
def test_no_cell_of_the_report_is_computed_by_a_spreadsheet(written: str, cell: str) -> None:
    content = to_csv([Row(written, 6, 'a,"b"', None, "")])
    assert content.startswith(b"\xef\xbb\xbf")
    head, row, end = content.decode("utf-8-sig").split("\r\n")
    assert (head, row, end) == ("場面,人数,項目,数,おぼえ", f'{cell},6,"a,""b""",,', "")
