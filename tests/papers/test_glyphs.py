"""What the fonts cannot draw is named before it prints as an empty box."""

from __future__ import annotations

from pathlib import Path

import pytest

from referral_app.papers.glyphs import Glyphs
from referral_app.papers.press import FONTS
from referral_app.types import NATIONAL_ITEMS


@pytest.fixture(scope="module")
def glyphs() -> Glyphs:
    return Glyphs.of(*FONTS)


@pytest.mark.parametrize(
    "name", ["髙﨑", "𠮷田", "渡邉", "渡邊", "齋藤", "齊藤", "濵﨑", "栁", "𣘺本", "德永", "凜", "〆", "々"]
)
def test_rare_names_are_drawn(glyphs: Glyphs, name: str) -> None:
    assert glyphs.missing(name) == ()


@pytest.mark.parametrize("name", ["葛󠄀", "塚󠄁", "辻󠄀", "邉󠄁"])
def test_variants_of_names_are_drawn_in_their_own_form(glyphs: Glyphs, name: str) -> None:
    assert glyphs.warnings(name) == ()


def test_missing_characters_are_named_once_in_order(glyphs: Glyphs) -> None:
    assert glyphs.missing("笑😀とꙮと😀\n") == ("😀", "ꙮ")
    assert glyphs.warnings("笑😀") == (
        "印刷できない字があります:😀。四角で出るので、ひらがなにするか、手で書いてください。",
    )


def test_what_cannot_be_seen_is_named_by_its_number(glyphs: Glyphs) -> None:
    assert "U+E000" in glyphs.warnings("\ue000")[0]


def test_a_long_list_is_cut(glyphs: Glyphs) -> None:
    assert "ほか12字" in glyphs.warnings("".join(chr(0x1F600 + n) for n in range(20)))[0]


def test_a_variant_the_fonts_do_not_know_is_told(glyphs: Glyphs) -> None:
    assert glyphs.plain_variants("葛\U000e01ef") == ("葛",)
    assert "字の形" in glyphs.warnings("葛\U000e01ef")[0]


def test_our_own_words_are_all_drawn(glyphs: Glyphs) -> None:
    assert glyphs.missing("".join(NATIONAL_ITEMS) + "〜・「」()（）〒＋#※①") == ()


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.otf"
    file.write_bytes(b"OTTO" + b"\0" * 20)
    with pytest.raises(ValueError, match="cmap"):
        Glyphs.of(file)
