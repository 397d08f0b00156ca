"""The review: a good run and a bad run differ line by line; nobody is summed up."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_app.practice import confidence
from referral_app.practice.grading import MARKS, STEPS, UNLISTED, Answers, Review, progress, review
from referral_app.practice.listening import Heard
from referral_app.practice.material import Practice
from referral_app.practice.scenarios import LISTENING, Scenario
from tests.conftest import ROOT

CODES = sorted(path.stem for path in (ROOT / "data" / "scenarios").glob("*.toml"))


def places(rows: tuple, good: bool) -> list[int]:  # type: ignore[type-arg]
    return [number for number, row in enumerate(rows, 1) if row.good is good]


def well(played: Scenario, practice: Practice) -> Answers:
    return Answers(
        signs=frozenset(places(played.signs, True)),
        first_words=places(played.first_words, True)[0],
        opened=frozenset(row.code for row in played.reveals),
        windows=frozenset(window.to for window in played.fitting("must")),
        handover=places(played.handovers, True)[0],
        consent=places(played.consents, True)[0],
        follow_up=played.follow_up.latest,
        myths=tuple((code, practice.myths[code].true) for code in played.myths),
    )


def badly(played: Scenario, practice: Practice) -> Answers:
    return Answers(
        signs=frozenset(places(played.signs, False)),
        first_words=places(played.first_words, False)[0],
        windows=frozenset(window.to for window in played.fitting("not")),
        handover=places(played.handovers, False)[0],
        consent=places(played.consents, False)[0],
        follow_up=played.follow_up.latest + 1,
        myths=tuple((code, not practice.myths[code].true) for code in played.myths),
    )


@pytest.mark.parametrize("code", CODES)
def test_played_well_everything_is_found(practice: Practice, code: str) -> None:
    played = practice.scenarios[code]
    done = practice.review(played, well(played, practice))
    assert [(step.points, bool(step.marked("missed"))) for step in done.steps] == [
        (step.out_of, False) for step in done.steps
    ]
    assert not any(step.marked("over") for step in done.steps)


@pytest.mark.parametrize("code", CODES)
def test_played_badly_every_step_says_what_was_missed_and_why(practice: Practice, code: str) -> None:
    played = practice.scenarios[code]
    done = practice.review(played, badly(played, practice))
    assert [step.points for step in done.steps] == [0] * len(STEPS)
    connect = done.step("connect")
    assert {window.to for window in played.fitting("must")} <= {row.words for row in connect.marked("missed")}
    assert {window.to for window in played.fitting("not")} <= {row.words for row in connect.marked("over")}
    assert [row.hidden for row in done.step("listen").marked("missed")].count(True) == len(played.hidden)
    assert all(remark.why for step in done.steps for remark in step.remarks)


def test_the_review_holds_no_total_and_no_verdict() -> None:
    names = {field.name for kind in (Review,) for field in dataclasses.fields(kind)}
    assert names == {"steps", "listening", "cautions"}
    assert not any(word in text for text in MARKS.values() for word in ("合格", "不合格", "失格", "向いて"))


def test_steps_are_the_six_roles_in_their_order() -> None:
    assert tuple(code for code, _, _ in STEPS) == confidence.ROLES


CONNECT = {
    "all": ((), (), 0),
    "one missed": (("P046",), (), -1),
    "also good costs nothing": ((), ("P050",), 0),
    "not here takes one away": ((), ("P071",), -1),
    "unlisted costs nothing": ((), ("P090",), 0),
    "never below nothing": (("P046", "P052"), ("P071", "P026"), -2),
}


@pytest.mark.parametrize(("left_out", "added", "difference"), CONNECT.values(), ids=CONNECT.keys())
def test_windows_are_counted(practice: Practice, left_out: tuple[str], added: tuple[str], difference: int) -> None:
    played = practice.scenarios["no-bed"]
    full = well(played, practice)
    answers = dataclasses.replace(full, windows=(full.windows - set(left_out)) | set(added))
    step = practice.review(played, answers).step("connect")
    assert step.points == step.out_of + difference


def test_a_window_the_scenario_does_not_speak_of_is_asked_about(practice: Practice) -> None:
    played = practice.scenarios["no-bed"]
    done = practice.review(played, Answers(windows=frozenset({"P090"})))
    assert [row.why for row in done.step("connect").marked("unlisted")] == [UNLISTED]


DAYS = {None: 0, 0: 0, 3: 1, 10: 1, 2: 0, 11: 0}


@pytest.mark.parametrize("days", DAYS)
def test_a_date_to_look_again_is_sensible_within_its_days(practice: Practice, days: int | None) -> None:
    played = practice.scenarios["wall-voices"]
    assert (played.follow_up.soonest, played.follow_up.latest) == (3, 10)
    assert practice.review(played, Answers(follow_up=days)).step("watch").points == DAYS[days]


OWN = {
    "warm": ("つらかったですね。来てくださってありがとうございます。", 1, "found"),
    "cheering on": ("おつらいですね。でも頑張ってくださいね。", 0, "unlisted"),
    "nothing to read": ("はあ", 0, "unlisted"),
}


@pytest.mark.parametrize(("words", "points", "mark"), OWN.values(), ids=OWN.keys())
def test_own_words_are_read_for_hints(practice: Practice, words: str, points: int, mark: str) -> None:
    played = practice.scenarios["no-bed"]
    done = practice.review(played, Answers(own_words=words, own_heard=practice.heard(words, ())))
    step = done.step("speak")
    assert (step.points, step.remarks[0].mark) == (points, mark)
    assert {row.mark for row in step.remarks[1:]} == {"also"}


def test_the_rubric_shows_own_words_and_the_chosen_sentence(practice: Practice) -> None:
    played = practice.scenarios["no-bed"]
    heard = practice.heard("", ("いちばん困っていることは何ですか", "そのうちなんとかなりますよ"))
    done = practice.review(played, dataclasses.replace(well(played, practice), heard=heard))
    shown = {row.point: row.shown for row in done.listening}
    assert tuple(shown) == LISTENING
    assert "いちばん困って" in shown["困りごとを意識"]
    assert shown["共感"]
    assert [name for name, _ in done.cautions] == ["軽くあつかう"]


numbers = st.integers(min_value=-3, max_value=12)
codes = st.sampled_from([f"P{n:03}" for n in range(1, 111)] + ["jido", "iryo", "nowhere"])
answers = st.builds(
    Answers,
    signs=st.frozensets(numbers),
    first_words=numbers,
    own_words=st.text(max_size=20),
    opened=st.frozensets(st.sampled_from(["night", "eat", "job", "body", "family", "die", "x"])),
    windows=st.frozensets(codes),
    handover=numbers,
    consent=numbers,
    follow_up=st.none() | numbers,
    myths=st.lists(st.tuples(st.sampled_from(["men-strong", "consent-before", "x"]), st.booleans())).map(tuple),
    heard=st.just(Heard({}, {})),
)
scenarios = st.sampled_from(CODES)


@given(scenarios, answers)
def test_points_stay_within_their_bounds_whatever_was_answered(practice: Practice, code: str, given_: Answers) -> None:
    done = practice.review(practice.scenarios[code], given_)
    assert all(0 <= step.points <= step.out_of for step in done.steps)
    assert {remark.mark for step in done.steps for remark in step.remarks} <= set(MARKS)
    assert done == practice.review(practice.scenarios[code], given_)


@given(scenarios, answers, st.data())
def test_a_right_answer_more_never_lowers_a_step(
    practice: Practice, code: str, given_: Answers, data: st.DataObject
) -> None:
    played = practice.scenarios[code]
    window = data.draw(st.sampled_from([*played.fitting("must"), *played.fitting("also")]))
    sign = data.draw(st.sampled_from(places(played.signs, True)))
    reveal = data.draw(st.sampled_from(played.reveals))
    more = dataclasses.replace(
        given_,
        windows=given_.windows | {window.to},
        signs=given_.signs | {sign},
        opened=given_.opened | {reveal.code},
    )
    before, after = review(played, given_, practice.myths), review(played, more, practice.myths)
    assert all(a.points <= b.points for a, b in zip(before.steps, after.steps, strict=True))


@given(scenarios, answers, st.data())
def test_a_wrong_answer_more_never_raises_a_step(
    practice: Practice, code: str, given_: Answers, data: st.DataObject
) -> None:
    played = practice.scenarios[code]
    window = data.draw(st.sampled_from(played.fitting("not")))
    sign = data.draw(st.sampled_from(places(played.signs, False)))
    more = dataclasses.replace(given_, windows=given_.windows | {window.to}, signs=given_.signs | {sign})
    before, after = review(played, given_, practice.myths), review(played, more, practice.myths)
    assert all(a.points >= b.points for a, b in zip(before.steps, after.steps, strict=True))


@given(st.permutations(["P046", "P052", "P071", "P090"]), st.permutations([1, 2, 3, 4]))
def test_the_order_of_answers_does_not_matter(practice: Practice, windows: list[str], signs: list[int]) -> None:
    played = practice.scenarios["no-bed"]
    same = Answers(windows=frozenset(("P046", "P052", "P071", "P090")), signs=frozenset((1, 2, 3, 4)))
    shuffled = Answers(windows=frozenset(windows), signs=frozenset(signs))
    assert practice.review(played, shuffled) == practice.review(played, same)


def test_progress_keeps_the_order_of_runs_and_adds_nothing_up(practice: Practice) -> None:
    played = practice.scenarios["no-bed"]
    runs = [practice.review(played, badly(played, practice)), practice.review(played, well(played, practice))]
    drawn = progress(runs)
    assert tuple(drawn) == confidence.ROLES
    assert drawn["notice"] == ((0, 3), (3, 3))
    assert progress([])["watch"] == ()
