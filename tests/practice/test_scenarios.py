"""Scenarios: what ships is whole, varied and careful; what is wrong is told by field, file and line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_app import practice as practices
from referral_app.catalogue import PRIORITY_GROUPS
from referral_app.checking import faults
from referral_app.config import Settings
from referral_app.consult import Desk, Question, consult
from referral_app.errors import DataError, InvalidInput
from referral_app.practice.files import from_text, to_text
from referral_app.practice.material import Practice
from referral_app.practice.scenarios import LABELS, LEVELS, THEMES, Scenario, scenario, values_of
from tests.conftest import ROOT, TUESDAY

FILES = sorted(path.stem for path in (ROOT / "data" / "scenarios").glob("*.toml"))
GRAVE = "いのちを守る"
# A scenario never tells how somebody could die.
NEVER = re.compile(r"飛び降|手首|腕を切|飛び込|首を(つ|吊)|ロープ|練炭|線路|屋上|橋の上|過量|大量に飲")


def test_there_are_enough_scenarios_over_all_themes_groups_and_levels(practice: Practice) -> None:
    made = practice.scenarios.values()
    assert len(made) >= 24
    assert {one.theme for one in made} == set(THEMES)
    groups = Counter(group for one in made for group in one.groups)
    assert all(groups[group] >= 8 for group in PRIORITY_GROUPS)
    levels = Counter(one.level for one in made)
    assert all(levels[level] >= 5 for level in LEVELS)


def test_the_themes_are_those_of_the_lexicon(desk: Desk) -> None:
    assert desk.finder is not None
    assert {theme.code for theme in desk.finder.sources.lexicon.data.themes} == set(THEMES)


@pytest.mark.parametrize("code", FILES)
def test_the_apps_own_search_finds_every_must_window(practice: Practice, desk: Desk, code: str) -> None:
    played = practice.scenarios[code]
    answer = consult(desk, Question(text=played.query), TUESDAY)
    shown = {card.window.code for group in answer.groups for card in (*group.shown, *group.more)}
    assert {window.to for window in played.fitting("must")} <= shown


@pytest.mark.parametrize("code", FILES)
def test_a_scenario_is_careful_with_the_trainee_and_gives_no_number(practice: Practice, code: str) -> None:
    played = practice.scenarios[code]
    text = to_text(played)
    assert not NEVER.search(text)
    assert not re.search(r"\d{2,4}-\d{2,4}", text)
    if played.touches:
        assert re.search("やめられます|とばしてかまいません", played.warning)


def test_grave_scenarios_raise_the_memo_in_the_app_and_end_with_somebody_near(practice: Practice, desk: Desk) -> None:
    for played in practice.scenarios.values():
        if played.level == GRAVE:
            alerts, _ = desk.match(played.query)
            assert alerts, played.code
            assert all(row.way == "同行" for row in played.handovers if row.good), played.code
            assert played.follow_up.soonest == 0, played.code
            assert played.follow_up.latest <= 2, played.code


@pytest.mark.parametrize("rows", ["signs", "first_words", "handovers", "consents"])
def test_the_place_on_the_page_does_not_give_the_answer_away(practice: Practice, rows: str) -> None:
    first: Counter[bool] = Counter()
    for played in practice.scenarios.values():
        shown = played.shown(rows)
        assert sorted(place for place, _ in shown) == list(range(1, len(shown) + 1))
        assert all(getattr(played, rows)[place - 1] == row for place, row in shown)
        first[shown[0][1].good] += 1
    assert min(first[True], first[False]) >= len(practice.scenarios) // 5


def test_only_good_first_words_live_up_to_the_rubric(practice: Practice) -> None:
    for played in practice.scenarios.values():
        assert all(bool(row.shows) == row.good for row in played.first_words), played.code


def test_every_kind_of_question_and_every_myth_is_used(practice: Practice) -> None:
    made = practice.scenarios.values()
    assert set(practice.kinds) - {kind for one in made for row in one.reveals for kind in row.asks} == set()
    assert len({code for one in made for code in one.myths}) >= 12


@pytest.mark.parametrize("code", FILES)
def test_a_scenario_written_out_reads_back_the_same(practice: Practice, code: str) -> None:
    played = practice.scenarios[code]
    assert from_text(to_text(played), practice.known) == played
    assert practice.check(values_of(played)) == played
    assert practice.read(to_text(played)) == played


@given(st.text(min_size=1, max_size=20), st.text(max_size=60))
def test_any_words_survive_a_file_or_are_refused_with_a_field(practice: Practice, title: str, words: str) -> None:
    values = values_of(next(iter(practice.scenarios.values())))
    values["title"], values["reveals"][0]["answer"] = title, words
    made, fields = read(values, practice)
    assert fields <= {"title", "reveals.1.answer"}
    assert made is None or from_text(to_text(made), practice.known) == made


def read(values: dict[str, Any], practice: Practice) -> tuple[Scenario | None, set[str]]:
    """The scenario, or the fields that keep it from being one."""
    try:
        return scenario(values, practice.known), set()
    except InvalidInput as error:
        return None, set(error.fields)


def values() -> dict[str, Any]:
    """A whole scenario that each test may spoil in one place."""
    return tomllib.loads((ROOT / "data" / "scenarios" / "no-bed.toml").read_text(encoding="utf-8"))


def put(path: str, value: Any) -> Any:
    """Sets one value by its path; rows count from 1."""

    def spoil(whole: dict[str, Any]) -> None:
        *way, last = path.split(".")
        inner: Any = whole
        for step in way:
            inner = inner[int(step) - 1] if step.isdigit() else inner[step]
        inner[last] = value

    return spoil


def all_of(key: str, **changed: Any) -> Any:
    def spoil(whole: dict[str, Any]) -> None:
        for row in whole[key]:
            row.update(changed)

    return spoil


SPOILED = {
    "no title": (put("title", ""), "title", "「題名」を書いてください。"),
    "long title": (put("title", "あ" * 21), "title", "「題名」は 20 字までです (いま 21 字)。"),
    "two lines": (put("opening", "一\n二"), "opening", "改行をせず"),
    "half a character": (put("opening", "\ud800"), "opening", "使えない字"),
    "number as text": (put("title", 3), "title", "文字で"),
    "unknown level": (put("level", "上級"), "level", "初級・中級・いのちを守る から"),
    "unknown group": (put("groups", ["若者"]), "groups", "「若者」は使えません"),
    "list as text": (put("groups", "高齢者"), "groups", "並び"),
    "bad code": (put("code", "Heya 1"), "code", "半角の英小文字"),
    "unknown key": (put("titel", "x"), "titel", "という項目はありません"),
    "unknown key in a row": (put("signs.2.wy", "x"), "signs.2.wy", "という項目はありません"),
    "too few reveals": (put("reveals", []), "reveals", "3 から 8 まで"),
    "rows that are none": (put("signs", ["x"]), "signs", "[[signs]]"),
    "unknown kind of question": (put("reveals.1.asks", ["sky"]), "reveals.1.asks", "「sky」は使えません"),
    "no question opens it": (put("reveals.1.asks", []), "reveals.1.asks", None),
    "bad phrase": (put("reveals.2.phrases", ["{a|b"]), "reveals.2.phrases", "{ と } の数"),
    "class in a phrase": (put("reveals.2.phrases", ["<child>"]), "reveals.2.phrases", "語の組"),
    "unknown window": (put("windows.1.to", "P999"), "windows.1.to", "目録にありません"),
    "must for a committee": (put("windows.1.to", "P001"), "windows.1.to", "案内する窓口ではありません"),
    "unknown fit": (put("windows.2.fit", "maybe"), "windows.2.fit", "must・also・not"),
    "flag as text": (put("signs.1.good", "はい"), "signs.1.good", "true"),
    "no reason": (put("signs.3.why", " "), "signs.3.why", "「理由」を書いてください。"),
    "unknown way": (put("handovers.1.way", "郵送"), "handovers.1.way", "同行・電話で受理を確認"),
    "late before soon": (put("follow_up", {"soonest": 9, "latest": 3, "why": "x"}), "follow_up.latest", "あとに"),
    "days beyond": (put("follow_up.latest", 400), "follow_up.latest", "0 から 90 まで"),
    "no follow-up": (put("follow_up", "x"), "follow_up", "「見守り」を書いてください。"),
    "only right signs": (all_of("signs", good=True), "signs", "両方要ります"),
    "nothing hidden": (all_of("reveals", hidden=False), "reveals", "かくれた悩み"),
    "no must": (all_of("windows", fit="not"), "windows", "must"),
    "window twice": (put("windows.2.to", "P046"), "windows", "2回"),
    "grave without warning": (put("touches", ["自殺"]), "warning", "断り書き"),
    "grave level, light topics": (put("level", GRAVE), "touches", "重い話題"),
}


@pytest.mark.parametrize(("spoil", "field", "said"), SPOILED.values(), ids=SPOILED.keys())
def test_a_fault_is_named_by_its_field(practice: Practice, spoil: Any, field: str, said: str | None) -> None:
    whole = values()
    whole["reveals"][0].pop("phrases", None)
    spoil(whole)
    with pytest.raises(InvalidInput) as refused:
        practice.check(whole)
    assert list(refused.value.fields) == [field]
    assert (said or "問いの種類") in refused.value.fields[field]


def test_all_faults_are_named_at_once(practice: Practice) -> None:
    with pytest.raises(InvalidInput) as refused:
        practice.check({})
    needed = {"code", "title", "level", "person", "reveals", "signs", "windows", "follow_up", "query"}
    assert needed <= set(refused.value.fields)
    assert not any(key in sentence for key, sentence in refused.value.fields.items() if key != "windows")


def test_every_field_has_a_name_a_person_can_read(practice: Practice) -> None:
    whole = asdict(next(iter(practice.scenarios.values())))
    rows = [row for value in whole.values() if isinstance(value, tuple) for row in value if isinstance(row, dict)]
    assert {key for table in (whole, whole["follow_up"], *rows) for key in table} <= set(LABELS)


BAD_FILES = {
    "a key of a row": ('fit = "must"', 'fit = "most"', "must・also・not"),
    "a key of a table": ("soonest = 0", "soonest = -1", "いちばん早い日"),
    "a key at the top": ('level = "中級"', 'level = "上級"', "段階"),
    "a name that is not the file's": ('code = "no-bed"', 'code = "bed"', "no-bed"),
}


@pytest.mark.parametrize(("old", "new", "said"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_refused_with_file_line_and_reason(
    data_copy: Path, practice: Practice, old: str, new: str, said: str
) -> None:
    path = data_copy / "scenarios" / "no-bed.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        practices.load(data_copy, practice.known.catalogue, practice.analyser)
    assert refused.value.file == "scenarios/no-bed.toml"
    assert refused.value.line == text[: text.index(old)].count("\n") + 1
    assert said in refused.value.reason


def test_a_handed_over_text_with_a_fault_is_refused_with_its_line(practice: Practice) -> None:
    text = to_text(practice.scenarios["no-bed"])
    with pytest.raises(DataError) as refused:
        practice.read(text.replace('fit = "not"', 'fit = "no"', 1))
    assert refused.value.line == text[: text.index('fit = "not"')].count("\n") + 1
    with pytest.raises(DataError):
        practice.read("code = = 1")


def test_check_names_every_bad_file_of_the_training(data_copy: Path) -> None:
    for name, old, new in (
        ("scenarios/no-bed.toml", 'theme = "home"', 'theme = "house"'),
        ("scenarios/next-door.toml", 'theme = "community"', 'theme = "town"'),
        ("roles.toml", "[notice]", "[note]"),
        ("listening.toml", "=ありがとう", "=あ"),
    ):
        path = data_copy / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    found = faults(data_copy)
    assert sorted(fault.file.split("/")[-1] for fault in found) == [
        "listening.toml",
        "next-door.toml",
        "no-bed.toml",
        "roles.toml",
    ]
    assert all(fault.line for fault in found)


def test_an_edit_changes_the_version(practice: Practice) -> None:
    played = next(iter(practice.scenarios.values()))
    changed = deepcopy(values_of(played))
    changed["title"] += "二"
    assert practice.check(changed).version != played.version


def test_shipped_material_has_no_fault(settings: Settings) -> None:
    assert faults(settings.data) == []


def test_the_guide_for_trainers_names_every_key_there_is(practice: Practice) -> None:
    guide = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    shown = tomllib.loads(guide.split("```toml\n")[1].split("```")[0])
    whole = asdict(practice.scenarios["rent-notice"])
    assert set(shown) == set(whole)
    for key, value in whole.items():
        if isinstance(value, dict):
            assert set(shown[key]) == set(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], dict):
            assert set(shown[key][0]) == set(value[0])
