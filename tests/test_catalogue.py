"""The catalogue: all of the plan's programmes, refused whole when one file is bad."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from referral_app import catalogue as catalogues
from referral_app.catalogue import Catalogue
from referral_app.errors import DataError, NotFound
from referral_app.types import Contact

# Words that must not stand on a paper that others in the household may read.
NOT_FOR_PAPER = ("自殺", "自死", "DV", "ＤＶ", "虐待", "死亡", "未遂", "困窮", "生活保護")
# Each confirmed by DOMAIN's sources; a slip of a digit here sends a caller to a stranger.
HELP_LINE_DIGITS = {
    "yorisoi": ("0120279338",),
    "inochi_sos": ("0120061338",),
    "kokoro_dial": ("0570064556",),
    "inochi_denwa": ("0120783556", "0570783556"),
    "kanagawa_kokoro": ("0120821606",),
    "jido189": ("189",),
    "dvplus": ("0120279889", "8008"),
    "houterasu": ("0570078374",),
    "shohi188": ("188",),
    "kyukyu7119": ("7119", "0452327119"),
    "kodomo_sos": ("0120078310",),
    "keisatsu9110": ("9110",),
}


def test_all_programmes_stand_under_the_codes_of_the_plan(catalogue: Catalogue) -> None:
    assert list(catalogue.programmes) == [f"P{n:03}" for n in range(1, 111)]
    assert len(catalogue.departments) == 26
    assert [p.code for p in catalogue.programmes.values() if p.new] == ["P036", "P037"]
    used = {name for programme in catalogue.programmes.values() for name in programme.departments}
    assert used == set(catalogue.departments)


def test_every_programme_can_be_told_in_plain_words(catalogue: Catalogue) -> None:
    for programme in catalogue.programmes.values():
        assert programme.summary.endswith("。")
        assert programme.what_to_say.endswith("。")
        assert programme.condition != "なし"
        assert not any(word in programme.plain_name for word in NOT_FOR_PAPER), programme.code


def test_what_would_tell_too_much_at_home_is_marked_discreet(catalogue: Catalogue) -> None:
    discreet = {p.code for p in catalogue.programmes.values() if p.discreet}
    assert {"P041", "P069", "P085"} <= discreet


@pytest.mark.parametrize("code", HELP_LINE_DIGITS)
def test_help_lines_have_the_digits_of_their_source(catalogue: Catalogue, code: str) -> None:
    line = next(line for line in catalogue.help_lines if line.code == code)
    assert tuple(re.sub(r"\D", "", phone) for phone in line.contact.phones) == HELP_LINE_DIGITS[code]
    assert line.contact.source


def test_paper_lines_are_never_alone_and_name_no_risk(catalogue: Catalogue) -> None:
    lines = [line for line in catalogue.help_lines if line.on_paper]
    assert len(lines) >= 2
    assert not any(word in line.name for line in lines for word in (*NOT_FOR_PAPER, "いのち", "SOS"))


def test_nobody_confirmed_these_contacts_so_none_claims_it(catalogue: Catalogue) -> None:
    everyone = [*catalogue.departments.values(), *catalogue.outside.values(), *catalogue.help_lines]
    assert not any(one.contact.confirmed for one in everyone)


def test_a_confirmation_lasts_twelve_months() -> None:
    day = date(2026, 4, 1)
    contact = Contact(phones=("000",), confirmed=day)
    assert contact.is_confirmed(day + timedelta(days=365))
    assert not contact.is_confirmed(day + timedelta(days=367))


def test_windows_have_one_face_whether_inside_or_outside(catalogue: Catalogue) -> None:
    inside, outside = catalogue.window("P065"), catalogue.window("houterasu")
    assert inside.contact.phones == ("046-225-2922",)
    assert inside.department == "こども家庭センター"
    assert outside.outside
    assert outside.contact.phones == ("0570-078374",)
    with pytest.raises(NotFound):
        catalogue.window("P999")


SPOILED = {
    "unknown department": ("catalogue/policy-1.toml", '"健康医療課"', '"健康課"', "「健康課」は使えません"),
    "misspelt key": ("catalogue/policy-1.toml", "summary =", "sumary =", "「summary」がありません"),
    "code twice": ("catalogue/policy-2.toml", "[P009]", "[P001]", "ほかのファイルにもあります"),
    "bad code": ("catalogue/policy-2.toml", "[P009]", "[Q9]", "P001 のように"),
    "bad date": ("help_lines.toml", 'seen = "2024"', 'confirmed = "昨日"', "日付で"),
    "unknown audience": ("help_lines.toml", '"anyone"', '"all"', "「all」は使えません"),
}


@pytest.mark.parametrize(("file", "old", "new", "reason"), SPOILED.values(), ids=SPOILED.keys())
def test_a_bad_file_is_refused_with_file_line_and_reason(
    data_copy: Path, file: str, old: str, new: str, reason: str
) -> None:
    path = data_copy / file
    text = path.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        catalogues.load(data_copy)
    assert file.endswith(refused.value.file) or refused.value.file.endswith(file)
    assert reason in refused.value.reason
    assert refused.value.line is not None
    assert abs(refused.value.line - line) <= 16


def test_any_edit_changes_the_version(data_copy: Path, catalogue: Catalogue) -> None:
    path = data_copy / "external.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert catalogues.load(data_copy).version != catalogue.version
