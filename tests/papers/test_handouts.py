"""Information moments and the card: ours, harmless at home, refused with file, line and reason when not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from referral_app.catalogue import Catalogue
from referral_app.checking import faults
from referral_app.config import Settings
from referral_app.errors import DataError
from referral_app.papers.handouts import TELLING, load_card, load_moments

MOMENTS = {"死亡届", "児童扶養手当の現況届", "母子健康手帳の交付", "健診受診券", "救急搬送(未遂のとき)", "休日夜間急患"}


def test_the_plans_information_moments_are_all_there(settings: Settings, catalogue: Catalogue) -> None:
    moments = load_moments(settings.data / "moments.toml", catalogue)
    assert {moment.name for moment in moments.values()} == MOMENTS
    for moment in moments.values():
        assert moment.given_by in catalogue.programmes
        assert len(moment.lines) >= 2


GOOD = """[a]
name = "届"
title = "窓口のご案内"
lead = "ここでたずねられます。"
given_by = "P042"
windows = ["P045", "P070"]
lines = ["yorisoi", "kokoro_dial"]
"""
SPOILT = {
    "risk word": ('title = "窓口のご案内"', 'title = "自殺の相談"', "moments.toml:3: [a] 「title」の「自殺」は"),
    "telling word": ('lead = "ここで', 'lead = "借金のことも、', "moments.toml:4: [a] 「lead」の「借金」は"),
    "unknown programme": ("P042", "P942", "moments.toml:5: [a] 「given_by」の「P942」という事業はありません"),
    "unknown window": ('"P070"]', '"P970"]', "moments.toml:6: [a] 「windows」の「P970」は使えません"),
    "no window for residents": ('"P070"]', '"P001"]', "moments.toml:6: [a] 「windows」の「P001」は、案内する窓口では"),
    "discreet window": ('"P070"]', '"P069"]', "moments.toml:6: [a] 「windows」の「P069」は、案内する窓口では"),
    "discreet outside": ('"P070"]', '"dvplus"]', "moments.toml:6: [a] 「windows」の「dvplus」は、案内する窓口では"),
    "twice": ('"P070"]', '"P045"]', "moments.toml:6: [a] 「windows」は、ちがう窓口を"),
    "no windows": ('"P045", "P070"', "", "moments.toml:6: [a] 「windows」は、ちがう窓口を"),
    "one line alone": (', "kokoro_dial"', "", "moments.toml:1: [a] 「lines」は、ちがう電話を"),
    "a line that tells": ('"kokoro_dial"', '"dvplus"', "moments.toml:7: [a] 「lines」の「dvplus」は使えません"),
    "no title": ('title = "窓口のご案内"\n', "", "moments.toml:1: [a] 「title」がありません"),
    "misspelt": ("lead =", "leed =", "moments.toml:1: [a] 「lead」がありません"),
    "extra": ('name = "届"', 'name = "届"\nnote = "x"', "moments.toml:3: [a] 「note」という項目はありません"),
}


@pytest.mark.parametrize(("old", "new", "message"), SPOILT.values(), ids=SPOILT.keys())
def test_a_fault_is_refused_with_its_line(
    tmp_path: Path, catalogue: Catalogue, old: str, new: str, message: str
) -> None:
    file = tmp_path / "data" / "moments.toml"
    file.parent.mkdir()
    file.write_text(GOOD, encoding="utf-8")
    assert load_moments(file, catalogue)["a"].windows == ("P045", "P070")
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load_moments(file, catalogue)
    assert str(refused.value).startswith("data/" + message)


SPOILT_CARDS = {
    "telling": ("こまったときの ひとこと", "DVのカード", "card.toml:", "「DV」は、持ち帰る紙には書けません"),
    "too long": ("ひとつ、どうぞ。", "ひとつ、どうぞ。どれでもかまいません。", "card.toml:", "22 字まで"),
    "two sentences": ('  "うまく話せないけれど、こまっています。",\n', "", "card.toml:", "20字までの言葉を3つ"),
    "one line alone": (', "kokoro_dial"', "", "card.toml:", "二つか三つ"),
    "no back": ("[back]", "[bak]", "card.toml", "[back] がありません"),
    "another side": ("[back]", "[side]\n[back]", "card.toml:", "[front] と [back] だけです"),
    "extra": ("[back]", '[back]\nx = "y"', "card.toml:", "「x」という項目はありません"),
}


@pytest.mark.parametrize(("old", "new", "where", "why"), SPOILT_CARDS.values(), ids=SPOILT_CARDS.keys())
def test_a_fault_of_the_card_is_refused(
    data_copy: Path, catalogue: Catalogue, old: str, new: str, where: str, why: str
) -> None:
    file = data_copy / "card.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load_card(file, catalogue)
    assert where in str(refused.value)
    assert why in str(refused.value)


def test_the_check_command_looks_at_both_files(data_copy: Path) -> None:
    (data_copy / "moments.toml").write_text(GOOD.replace("P042", "P942"), encoding="utf-8")
    (data_copy / "card.toml").write_text("[front]\n", encoding="utf-8")
    assert [fault.file.split("/")[-1] for fault in faults(data_copy)] == ["moments.toml", "card.toml"]


@pytest.mark.parametrize("word", ["保護者の方", "手続き", "お子さま"])
def test_ordinary_words_tell_nothing(word: str) -> None:
    assert not TELLING.search(word)


@pytest.mark.parametrize("word", ["生活保護", "自死", "DV", "借金", "離婚", "死亡"])
def test_words_that_tell_are_known(word: str) -> None:
    assert TELLING.search(word)


def test_no_file_of_ours_holds_a_telephone_number_of_its_own(settings: Settings) -> None:
    for name in ("moments.toml", "card.toml"):
        assert not re.search(r"\d{2,4}-\d{2,4}", (settings.data / name).read_text(encoding="utf-8")), name
