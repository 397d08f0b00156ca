"""Kana put back into kanji: the field's words are found again, and every character keeps its way back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_app.errors import SearchDown
from referral_app.matching import Finder
from referral_app.matching.kana import Kana
from referral_app.matching.text import clean

KNOWN = {
    "しゃっきんがかえせなくてよるもねむれません": ("借金", "返せ", "眠れ"),
    "おっとになぐられています。こどももいます": ("夫", "殴ら"),
    "むすめががっこうにいきたがらなくてこまっています": ("娘", "学校"),
    "ははのにんちしょうがすすんでめがはなせません": ("母", "認知症", "目"),
}


@pytest.mark.parametrize(("typed", "words"), KNOWN.items())
def test_words_of_the_field_come_back(finder: Finder, typed: str, words: tuple[str, ...]) -> None:
    restored = finder.sources.read(typed).cleaned
    assert all(word in restored.text for word in words), restored.text


@pytest.mark.parametrize(
    "text", ["", "家賃が払えません。", "死にたい", "子どもを預けるところがなくて働けない", "あ", "ー"]
)
def test_what_is_written_as_usual_stays(finder: Finder, text: str) -> None:
    assert finder.sources.read(text).cleaned == clean(text)


@given(st.text(alphabet="あいうえおかきくけこしたなにのはまもりるれんっゃー。、お母さん借金ﾊﾟ\n A", max_size=120))
@settings(max_examples=200, deadline=None)
def test_every_character_keeps_its_way_back(finder: Finder, text: str) -> None:
    restored = finder.sources.read(text).cleaned
    assert restored.original == text
    assert len(restored.origin) == len(restored.text)
    assert list(restored.origin) == sorted(restored.origin)
    assert restored.said(0, len(restored.text)) == text[restored.origin[0] if restored.origin else 0 :].strip()


def test_the_clerk_sees_the_words_as_they_were_typed(finder: Finder) -> None:
    worries = finder.find("しゃっきんがかえせなくてこまっています").worries
    assert worries[0].code == "debt"
    assert "しゃっきん" in "".join(worries[0].words)


def test_a_broken_file_is_told(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "kana.json").write_text('{"words": {"か"')
    with pytest.raises(SearchDown):
        Kana.load(tmp_path)
