"""The press: data is never markup, every font is inside, a missing glyph is told, threads do not meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from referral_app.config import Settings
from referral_app.errors import ReferralError
from referral_app.papers.press import Press, clean, qr
from tests.papers.reading import Paper

pytestmark = pytest.mark.slow

FONTS = {"NotoSansCJKjp-Regular": True}
TEMPLATE = """#import "parts.typ": *
#show: paper.with("見本")
#data.words
#if "pieces" in data { rubies(data.pieces) }
"""


@pytest.fixture(scope="module")
def press(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Press:
    """A press over the shared parts and a template that prints ``words`` as they are."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / "parts.typ").write_bytes((settings.templates / "paper" / "parts.typ").read_bytes())
    (folder / "sample.typ").write_text(TEMPLATE, encoding="utf-8")
    (folder / "broken.typ").write_text("#nothing-of-this-name", encoding="utf-8")
    return Press(folder)


@pytest.mark.parametrize(
    "words",
    [
        "#text(red)[a]",
        "= 見出し",
        "*太い*",
        "$x^2$",
        "@ref <label>",
        "// 注",
        "\\u{41}",
        '"] #panic("x") #["',
        "#import",
    ],
)
def test_what_a_person_typed_is_never_read_as_markup(press: Press, words: str) -> None:
    printed = press.print("sample", {"words": words})
    assert printed.tagged
    assert words.replace(" ", "") in Paper(printed.pdf).text


def test_rare_names_print_with_the_fonts_of_the_package_alone(press: Press) -> None:
    printed = press.print("sample", {"words": "髙﨑 𠮷田 渡邉 齋藤 葛󠄀"})
    assert printed.tagged
    assert printed.warnings == ()
    paper = Paper(printed.pdf)
    assert paper.fonts == FONTS
    assert "髙﨑𠮷田渡邉齋藤" in paper.text
    assert paper.says_ua


def test_a_missing_glyph_is_named_and_the_paper_still_prints_and_says_it_is_not_ua(press: Press) -> None:
    printed = press.print("sample", {"words": "うれしい😀"})
    assert not printed.tagged
    assert "😀" in printed.warnings[0]
    assert "PDF/UA" in printed.warnings[1]
    paper = Paper(printed.pdf)
    assert not paper.says_ua
    assert "うれしい" in paper.text


def test_a_template_that_does_not_work_is_an_error_that_says_what_to_do(press: Press) -> None:
    with pytest.raises(ReferralError, match="ブラウザで印刷"):
        press.print("broken", {"words": ""})


@given(st.text(max_size=60))
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_was_typed_a_paper_comes(press: Press, words: str) -> None:
    printed = press.print("sample", {"words": words})
    assert Paper(printed.pdf).reader.pages
    assert printed.tagged or printed.warnings


def test_readings_do_not_cut_the_words_a_search_looks_for(press: Press) -> None:
    pieces = [
        {"base": base, "reading": reading} for base, reading in (("相談", "そうだん"), ("窓口", "まどぐち"), ("へ", ""))
    ]
    paper = Paper(press.print("sample", {"words": "", "pieces": pieces * 30}).pdf)
    assert paper.text.count("相談窓口へ") == 30
    assert paper.text.count("そうだん") == 30


def test_no_line_begins_with_a_small_kana(press: Press) -> None:
    """Whatever the place of the line's end, 行って is not cut before っ and no line begins with a full stop."""
    pieces = [{"base": "行", "reading": "い"}, {"base": "って、", "reading": ""}]
    for filler in range(12):
        start = [{"base": "あ" * filler, "reading": ""}] if filler else []
        paper = Paper(press.print("sample", {"words": "", "pieces": start + pieces * 40}).pdf)
        assert [line for line in paper.pages[0].splitlines() if line[:1] in "っ、"] == []


def test_threads_print_at_the_same_time(press: Press) -> None:
    def one(n: int) -> bool:
        return f"番号{n:03}" in Paper(press.print("sample", {"words": f"番号{n:03}"}).pdf).text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(64)))


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("一\r\n二\r三", "一\n二\n三"),
        ("一\t二", "一 二"),
        ("一\x00二\x1b三\x7f", "一二三"),
        ("一\u200b二\ufeff三\u202e", "一二三"),
        ("一\u2028二\x85三", "一\n二\n三"),
        ("一\ud800二", "一?二"),
        (3, 3),
        (None, None),
    ],
)
def test_characters_that_are_no_print_go(typed: object, printed: object) -> None:
    assert clean({"a": [typed]}) == {"a": [printed]}


def test_the_qr_code_is_no_micro_qr_and_holds_a_quiet_zone() -> None:
    svg = qr("R8-0001")
    assert 'width="29" height="29"' in svg  # version 1: 21 modules, and 4 of quiet zone on each side
    assert svg == qr("R8-0001") != qr("R8-0002")


@pytest.mark.parametrize("name", ["office", "resident", "slip", "leaflet", "booklet", "card", "parts"])
def test_no_template_asks_for_anything_from_outside(settings: Settings, name: str) -> None:
    text = (settings.templates / "paper" / f"{name}.typ").read_text(encoding="utf-8")
    assert "@preview" not in text
    assert "://www" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "eval(" not in text


def test_templates_are_all_tested(settings: Settings) -> None:
    names = {file.stem for file in (settings.templates / "paper").glob("*.typ")}
    assert names == {"office", "resident", "slip", "leaflet", "booklet", "card", "parts"}
