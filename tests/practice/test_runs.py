"""A run played through: every verb gives the next run; a good one and a bad one end in different reviews."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_app.errors import InvalidInput
from referral_app.practice import cards, forms, runs
from referral_app.practice.material import Practice
from referral_app.practice.runs import Line, Run
from referral_app.practice.scenarios import values_of
from tests.conftest import ROOT

CODES = sorted(path.stem for path in (ROOT / "data" / "scenarios").glob("*.toml"))


def played_well(practice: Practice) -> Run:
    scenario = practice.scenarios["no-bother"]
    run = runs.notice(runs.begin(scenario), scenario, [1, 2, 3])
    run, _ = runs.speak(run, scenario, practice, 2)
    for question in (
        "退院されてから、お体はどうですか",
        "息子さんには話されましたか",
        "とても心配です。死にたいと思うことがありますか",
        "夜は眠れていますか",
    ):
        run, _ = runs.ask(run, scenario, practice, question)
    run = runs.fill(run, practice, [Line("P006", "今日、会ってほしい"), Line("P058", "気持ちを聴いてほしい")])
    run = runs.follow(runs.hand_over(run, scenario, 1, 1), 1)
    return runs.judge(run, scenario, {"talk-no-act": False, "asking-plants": False, "weak-person": True})


def played_badly(practice: Practice) -> Run:
    scenario = practice.scenarios["no-bother"]
    run = runs.notice(runs.begin(scenario), scenario, [4, 99])
    run, _ = runs.speak(run, scenario, practice, 0, "まだまだ頑張ってくださいよ。")
    run, _ = runs.ask(run, scenario, practice, "息子さんのためにも長生きしましょう。")
    run = runs.fill(run, practice, [Line("P029", "")])
    return runs.hand_over(run, scenario, 2, 99)


def test_a_good_run_and_a_bad_run_end_in_different_reviews(practice: Practice) -> None:
    scenario = practice.scenarios["no-bother"]
    good = runs.review(played_well(practice), scenario, practice)
    bad = runs.review(played_badly(practice), scenario, practice)
    assert [(step.points, step.out_of) for step in good.steps] == [(3, 3), (1, 1), (5, 5), (4, 4), (1, 1), (2, 2)]
    assert [step.points for step in bad.steps] == [0] * 6
    assert [row.words for row in bad.step("listen").marked("missed") if row.hidden] == ["死にたい気持ち"]
    assert [name for name, _ in bad.cautions] == ["はげまし"]
    assert good.cautions == ()


def test_steps_are_done_when_there_is_something_in_them_and_none_is_compulsory(practice: Practice) -> None:
    assert runs.done(runs.begin(practice.scenarios["no-bother"])) == frozenset()
    assert len(runs.done(played_well(practice))) == 6
    assert runs.done(played_badly(practice)) == {"notice", "speak", "listen"}
    scenario = practice.scenarios["no-bother"]
    assert runs.review(runs.begin(scenario), scenario, practice).step("watch").points == 0


@pytest.mark.parametrize("code", CODES)
def test_a_good_sentence_opens_the_person_and_a_bad_one_does_not(practice: Practice, code: str) -> None:
    scenario = practice.scenarios[code]
    for number, row in enumerate(scenario.first_words, 1):
        run, reply = runs.speak(runs.begin(scenario), scenario, practice, number)
        assert bool(reply.opened) == row.good
        assert run.told == {reveal.code for reveal in reply.opened}
        assert run.asked[-1].reply == reply.words


def test_own_words_open_the_person_when_the_rubric_is_seen_in_them(practice: Practice) -> None:
    scenario = practice.scenarios["no-bother"]
    for words, opened in (("つらかったですね。", True), ("はあ。", False), ("がんばって。", False)):
        _, reply = runs.speak(runs.begin(scenario), scenario, practice, 0, words)
        assert bool(reply.opened) == opened, words


def test_to_be_listened_to_brings_the_next_thing_as_a_question_does(practice: Practice) -> None:
    scenario = practice.scenarios["no-bed"]
    _, reply = runs.ask(runs.begin(scenario), scenario, practice, "そうでしたか。")
    assert [reveal.code for reveal in reply.opened] == ["night"]
    _, reply = runs.ask(runs.begin(scenario), scenario, practice, "そうですか。でも頑張ってください。")
    assert reply.opened == ()


REFUSED = {
    "no first words": (lambda run, s, p: runs.speak(run, s, p, 0, " "), "first_words"),
    "first words without end": (lambda run, s, p: runs.speak(run, s, p, 0, "あ" * 201), "own_words"),
    "empty question": (lambda run, s, p: runs.ask(run, s, p, "　"), "question"),
    "speech": (lambda run, s, p: runs.ask(run, s, p, "あ" * 201), "question"),
    "one question too many": (
        lambda run, s, p: runs.ask(
            replace(run, asked=(runs.Asked("a", (), ()),) * runs.MOST_QUESTIONS), s, p, "眠れますか"
        ),
        "question",
    ),
    "unknown window": (lambda run, s, p: runs.fill(run, p, [Line("P999", "")]), "lines"),
    "long request": (lambda run, s, p: runs.fill(run, p, [Line("P006", "あ" * 121)]), "request.P006"),
    "too many windows": (lambda run, s, p: runs.fill(run, p, [Line(f"P{n:03}", "") for n in range(1, 12)]), "lines"),
    "yesterday": (lambda run, s, p: runs.follow(run, -1), "follow_up"),
    "changed scenario": (lambda run, s, p: runs.review(replace(run, version="old"), s, p), "scenario"),
}


@pytest.mark.parametrize(("act", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_with_its_field(practice: Practice, act, field: str) -> None:  # type: ignore[no-untyped-def]
    scenario = practice.scenarios["no-bother"]
    with pytest.raises(InvalidInput) as refused:
        act(runs.begin(scenario), scenario, practice)
    assert list(refused.value.fields) == [field]


def test_a_run_survives_being_kept(practice: Practice) -> None:
    for run in (runs.begin(practice.scenarios["no-bed"]), played_well(practice), played_badly(practice)):
        assert runs.from_text(runs.to_text(run)) == run


def test_three_cards_for_each_scenario_and_only_two_know_what_is_hidden(practice: Practice) -> None:
    for scenario in practice.scenarios.values():
        resident, listener, observer = cards.cards(scenario, practice)
        assert [card.role for card in (resident, listener, observer)] == ["相談者", "相談員", "観察者"]
        for hidden in scenario.hidden:
            assert hidden.answer in repr(resident)
            assert hidden.about in repr(observer)
            assert hidden.answer not in repr(listener)
            assert hidden.about not in repr(listener.sections)  # a warning may name it: care comes first
        for card in (resident, listener, observer):
            assert card.notes[0] == cards.PRACTICE
            assert (scenario.warning in card.notes) == bool(scenario.warning)
            assert (cards.WAY_OUT in card.notes) == bool(scenario.touches)


@pytest.mark.parametrize("code", CODES)
def test_a_scenario_goes_through_the_trainers_form_unchanged(practice: Practice, code: str) -> None:
    scenario = practice.scenarios[code]
    form = forms.to_form(values_of(scenario))
    assert practice.check(forms.from_form(form)) == scenario


def test_empty_rows_close_up_and_a_number_that_is_none_is_named(practice: Practice) -> None:
    form = forms.to_form(values_of(practice.scenarios["no-bed"]))
    form |= {
        "windows.9.to": "",
        "windows.9.why": " ",
        "windows.9.fit": "must",
        "signs.8.words": "",
        "signs.8.good": "1",
    }
    form |= {"follow_up.latest": "あさって", "signs.1.why": ""}
    with pytest.raises(InvalidInput) as refused:
        practice.check(forms.from_form(form))
    assert set(refused.value.fields) == {"follow_up.latest", "signs.1.why"}


names = st.sampled_from(
    ["title", "reveals", "reveals.1", "reveals.1.asks", "follow_up", "follow_up.soonest", "x.y.z", "."]
)


@given(st.dictionaries(names, st.text(max_size=6)))
def test_no_form_breaks_the_check(practice: Practice, form: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        practice.check(forms.from_form(form))
