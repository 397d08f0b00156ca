"""Named groups of phrases: found in questions, whatever negation or politeness is around them."""

from __future__ import annotations

import pytest

from referral_app.matching import Finder, PhraseError, Phrasings, phrase_fault

GROUPS = {"hurt": ("けが", "=痛い"), "work": ("{仕事|勤め}",), "both": ("お金 & 眠れる",)}


@pytest.fixture(scope="module")
def phrasings(finder: Finder) -> Phrasings:
    return Phrasings(GROUPS, finder.sources.analyser)


HEARD = {
    "けがはないですか": {"hurt"},
    "けがはしていませんか": {"hurt"},
    "お仕事はされていますか": {"work"},
    "お金のことで眠れないのですか": {"both"},
    "お金は": set(),
    "": set(),
}


@pytest.mark.parametrize("text", HEARD)
def test_groups_are_heard_with_the_words_as_typed(phrasings: Phrasings, text: str) -> None:
    assert set(phrasings.heard(text)) == HEARD[text]
    for words in phrasings.heard(text).values():
        assert all(word in text for word in words)


FAULTS = {"お金": "", "{a|b": "数", "<child>": "語の組", "=痛": "2字", "a & ": "空"}


@pytest.mark.parametrize("line", FAULTS)
def test_a_line_that_is_no_phrase_says_why(line: str) -> None:
    assert FAULTS[line] in phrase_fault(line)
    assert bool(phrase_fault(line)) == bool(FAULTS[line])


def test_a_line_that_cannot_be_compiled_is_refused(finder: Finder) -> None:
    with pytest.raises(PhraseError):
        Phrasings({"x": ("{a|b",)}, finder.sources.analyser)
