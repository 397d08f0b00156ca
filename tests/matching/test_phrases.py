"""The phrase language and the units under it: what agrees, what does not, and what is refused."""

from __future__ import annotations

import pytest

from referral_app.matching import Analyser
from referral_app.matching.phrases import PhraseBook, PhraseError, expand
from referral_app.matching.reading import read
from referral_app.matching.units import NEGATED, PASSIVE, WISHED

ANALYSER = Analyser()
CLASSES = {"child": ("子供", "息子", "うちの子"), "money": ("お金", "貯金")}


def units(text: str):  # type: ignore[no-untyped-def]
    return list(read(text, ANALYSER).units)


def matches(line: str, text: str) -> bool:
    book = PhraseBook(units, CLASSES)
    book.add(line, 0)
    reading = read(text, ANALYSER)
    return bool(book.find(list(reading.units), reading.cleaned.text)[0])


UNITS = {
    "家賃も払えませんでした": [("家賃", 0), ("払う", NEGATED)],
    "お金がありません": [("お金", 0), ("無い", 0)],
    "行きたくない": [("行く", NEGATED | WISHED)],
    "夫に殴られた": [("夫", 0), ("殴る", PASSIVE)],
    "楽しくない": [("楽しい", NEGATED)],
    "住宅ローン": [("住宅ローン", 0)],
}


@pytest.mark.parametrize(("text", "expected"), UNITS.items())
def test_units_carry_their_flags(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(unit.keys[0], unit.flags) for unit in units(text)] == expected


AGREES = [
    ("家賃が払えない", "家賃払えなくて困る"),
    ("家賃が払えない", "家賃がもう払えません"),
    ("借金 返せない", "借金が多くてとても返せない"),
    ("ローンが払えない", "住宅ローンが払えない"),
    ("<child>を預ける", "息子を預けたい"),
    ("<child>を預ける", "うちの子を預ける所"),
    ("{家賃|部屋代}が払えない", "部屋代が払えない"),
    ("残業 & 眠れない", "夜眠れない。残業が続いていて"),
    ("=ねむれへん", "さいきんねむれへんねん"),
    ("生活保護", "生活保護を受けたい"),
    ("したい", "仕事をしたい"),
]
DISAGREES = [
    ("眠れない", "よく眠れる"),
    ("家賃が払える", "家賃が払えない"),
    ("登校", "不登校です"),
    ("借金", "借金はない"),
    ("借金", "借金じゃないです"),
    ("借金 家賃が払えない", "借金はないけど家賃が払えない"),
    ("死ぬ", "死にたい"),
    ("残業 & 眠れない", "残業が続く"),
    ("借金 返せない", "借金がある。本を返せない"),
    ("殴る", "殴られる"),
    ("=ねむれへん", "眠れない"),
]


@pytest.mark.parametrize(("line", "text"), AGREES)
def test_a_line_finds_what_it_means(line: str, text: str) -> None:
    assert matches(line, text)


@pytest.mark.parametrize(("line", "text"), DISAGREES)
def test_a_line_does_not_find_what_it_does_not_mean(line: str, text: str) -> None:
    assert not matches(line, text)


def test_alternatives_multiply() -> None:
    assert expand("{a|b}x{c|d}") == ["axc", "axd", "bxc", "bxd"]


@pytest.mark.parametrize("line", ["{家賃|部屋代が", "<nobody>が", "=あ", "{a|b|c|d|e|f}" * 4])
def test_a_line_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(PhraseError):
        PhraseBook(units, CLASSES).add(line, 0)


def test_a_denied_word_is_named_so_that_it_leads_nowhere() -> None:
    book = PhraseBook(units, CLASSES)
    book.add("借金", 0)
    reading = read("借金はないが家賃が重い", ANALYSER)
    hits, denied = book.find(list(reading.units), reading.cleaned.text)
    assert not hits
    assert denied == {0, 1}


def test_equal_parts_of_many_lines_are_found_for_each_of_them() -> None:
    book = PhraseBook(units, CLASSES)
    for owner in range(50):
        book.add("眠れない & 借金", owner)
    reading = read("借金で眠れない", ANALYSER)
    assert {hit.owner for hit in book.find(list(reading.units), reading.cleaned.text)[0]} == set(range(50))
