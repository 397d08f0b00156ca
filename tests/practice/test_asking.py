"""Free questions: they open what they ask for, and advice opens nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from referral_app.errors import DataError, InvalidInput
from referral_app.matching import LONGEST_TEXT
from referral_app.practice.asking import MOST_AT_ONCE, asked_part, load
from referral_app.practice.material import Practice
from tests.practice.measure import cases, in_hiragana, outcomes, parts, rates

# (at least, at most another too, at most by talk): what docs/measured.md says, with room for a reworded scenario.
LIMITS = {
    "tuned on": (0.95, 0.12, 0.05),
    "held out": (0.95, 0.12, 0.05),
    "indirect": (0.80, 0.25, 0.0),
    "indirect, held out": (0.65, 0.25, 0.0),
}
IN_HIRAGANA = 0.1  # so much less may be opened


def test_every_scenario_is_asked_at_least_five_questions(practice: Practice) -> None:
    asked = Counter(case.scenario for case in cases() if case.expected)
    assert set(asked) == set(practice.scenarios)
    assert min(asked.values()) >= 5


@pytest.mark.parametrize("hiragana", [False, True], ids=["as typed", "in hiragana"])
@pytest.mark.parametrize("part", LIMITS)
def test_questions_open_what_they_ask_for_and_little_else(practice: Practice, part: str, hiragana: bool) -> None:
    table = in_hiragana(cases(), practice.analyser) if hiragana else cases()
    opened, wrong, talk = rates(parts(outcomes(practice, table))[part])
    least, most_wrong, most_talk = LIMITS[part]
    assert opened >= least - IN_HIRAGANA * hiragana
    assert wrong <= most_wrong + IN_HIRAGANA * hiragana
    assert talk <= most_talk


FRANK = (
    "しにたいとおもうことがありますか",
    "死にたいと思うことがありますか",
    "死んでしまいたいくらい、つらいですか？",
    "とても心配しています。死にたいお気持ちはありますか。",
    "消えてしまいたいと思うことはある？",
    "自殺を考えておられるのではないかと心配です。",
    "生きているのがつらいと思うほどですか",
    "もう生きとってもしかたないと思いますか",
    "死が頭をよぎることはありますか",
    "自分なんていないほうがいい、と思うことがありますか",
    "このまま目が覚めなければ、と思う夜がありますか",
)


@pytest.mark.parametrize("question", FRANK)
def test_the_frank_question_always_gets_its_answer(practice: Practice, question: str) -> None:
    asked = [one for one in practice.scenarios.values() if "suicide" in {k for row in one.reveals for k in row.asks}]
    assert len(asked) >= 5
    for played in asked:
        opened = practice.asker.opened(played, question)
        assert any("suicide" in reveal.asks for reveal in opened), played.code


KINDS = {
    "夜は眠れていますか": {"sleep"},
    "寝れてる？": {"sleep"},
    "けがはないですか": {"body"},
    "お仕事はされていますか": {"work"},
    "借金はありませんか": {"debt"},
    "ほかに困っていることはありますか": {"open"},
    "お酒は増えていませんか": {"alcohol"},
    "そうなんですね": set(),
    "眠れないときは、お酒を控えましょう。": set(),
}


@pytest.mark.parametrize("question", KINDS)
def test_a_kind_of_question_is_heard_in_ordinary_wordings(practice: Practice, question: str) -> None:
    assert KINDS[question] <= practice.asker.kinds(question)
    assert bool(practice.asker.kinds(question)) == bool(KINDS[question])


TALK = (
    "ちゃんと食べたほうがいいですよ。",
    "家賃は払うべきです。",
    "病院に行ってください。",
    "頑張って！",
    "働くしかないですよ。",
    "弁護士に聞いてみてはどうですか",
    "ここにお名前をお願いします。",
    "お金は大事です。",
    "命を粗末にしてはいけませんよ。",
    "死ぬなんて考えちゃだめ。",
    "自殺は家族が悲しみます。",
)


@pytest.mark.parametrize("sentence", TALK)
def test_advice_and_errands_are_no_question(sentence: str) -> None:
    assert asked_part(sentence) == ""


def test_a_question_beside_advice_still_counts() -> None:
    assert asked_part("無理しないでください。夜は眠れていますか？") == "夜は眠れていますか？"
    assert asked_part("よかったら、お仕事のことを話してください。") != ""


def test_what_was_told_is_not_told_again_and_an_open_question_brings_the_next(practice: Practice) -> None:
    played = practice.scenarios["wall-voices"]
    first = practice.asker.opened(played, "もう少し聞かせてください")
    assert [reveal.code for reveal in first] == ["noise"]
    assert practice.asker.opened(played, "どんな音がしますか", told={"noise"}) == ()
    assert practice.asker.opened(played, "もう少し聞かせてください", told={row.code for row in played.reveals}) == ()


@pytest.mark.parametrize("question", FRANK)
def test_whoever_asks_frankly_is_never_met_by_a_reply_beside_the_point(practice: Practice, question: str) -> None:
    for played in practice.scenarios.values():
        reply = practice.asker.reply(played, question)
        assert reply.words != (played.otherwise,), played.code


def test_a_person_asked_again_says_it_again_and_evades_what_is_no_question(practice: Practice) -> None:
    played = practice.scenarios["no-bed"]
    first = practice.asker.reply(played, "今夜、泊まる所はありますか")
    again = practice.asker.reply(played, "今夜、泊まる所はありますか", told={"night"})
    assert first.words == again.words
    assert [reveal.code for reveal in first.opened] == ["night"]
    assert again.opened == ()
    assert practice.asker.reply(played, "がんばりましょう。").words == (played.otherwise,)


def test_a_question_about_everything_opens_no_more_than_a_person_would_answer(practice: Practice) -> None:
    everything = "眠れていますか、食べていますか、お金は、借金は、家族は、仕事は、死にたい気持ちはありますか"
    for played in practice.scenarios.values():
        assert len(practice.asker.opened(played, everything)) <= MOST_AT_ONCE


def test_a_text_without_end_is_refused(practice: Practice) -> None:
    with pytest.raises(InvalidInput):
        practice.asker.kinds("あ" * (LONGEST_TEXT + 1))


def test_a_bad_line_is_told_with_its_place(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "questions.toml"
    file.write_text("[open]\nlabel = \"x\"\nphrases = '''\nほか\n{a|b\n'''\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load(file)
    assert refused.value.line == 5
