"""The crisis reading: stands alone, never misses direct wording, tells look-alikes apart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_app.config import Settings
from referral_app.errors import DataError
from referral_app.matching.crisis import CrisisReader, load_crisis

READER = CrisisReader(load_crisis(Settings.from_environment().data / "crisis.toml"))
DYING = {"suicide", "self_harm", "other_person"}

DIRECT = [
    "死にたい",
    "もう死にたいです",
    "しにたい",
    "シニタイ",
    "死にてえ",
    "自殺を考えています",
    "消えてしまいたい",
    "生きていたくない",
    "首を吊ろうと思って",
    "飛び降りたい",
    "楽に死ねる方法を探した",
    "遺書を書きました",
    "薬をためています。いつか全部飲もうと",
]
SETTINGS = [
    "{}",
    "住民票を取りに来たんですけど、{}",
    "借金が返せなくて。{}。どうしたらいいですか",
    "娘が「{}」と言うんです",
]
URGENT = ["今夜死にます", "いま屋上にいます。飛び降ります", "薬を全部飲んでしまいました", "これから首を吊ります"]
LOOK_ALIKE = [
    "死ぬほど忙しい",
    "暑くて死にそう",
    "死亡届はどこですか",
    "遺言書の書き方を知りたい",
    "消えるペンで書いてもいいですか",
    "自殺対策講演会はいつですか",
    "過労死のニュースを見た",
    "飼っていた犬が死んだ",
    "電池が死んだ",
    "必死に働いています",
    "飛び込みで相談してもいいですか",
    "ゲームで死んでばかりいる",
    "笑い死にするかと思った",
]
ORDINARY = [
    "借金が返せない",
    "夜眠れない",
    "仕事を辞めたい",
    "家賃が払えず追い出されそう",
    "母の介護で疲れた",
    "子どもが学校に行かない",
    "生活保護を受けたい",
    "",
]


def kinds(text: str) -> set[str]:
    return {alert.kind for alert in READER.read(text)}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("wording", DIRECT)
def test_direct_wording_is_never_missed(wording: str, setting: str) -> None:
    assert kinds(setting.format(wording)) & DYING


@pytest.mark.parametrize("wording", URGENT)
def test_what_happens_now_is_imminent(wording: str) -> None:
    assert READER.read(wording)[0].level == "imminent"


@pytest.mark.parametrize("text", LOOK_ALIKE + ORDINARY)
def test_look_alikes_and_ordinary_worries_stay_calm(text: str) -> None:
    assert not kinds(text) & DYING


def test_a_denial_lowers_and_does_not_silence() -> None:
    assert [alert.level for alert in READER.read("死にたいとまでは思わないけど、つらい")] == ["concern"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("息子が自殺をほのめかしています", "other_person"),
        ("リストカットがやめられない", "self_harm"),
        ("夫に殴られています", "violence"),
        ("子どもを叩いてしまう。止められない", "child_abuse"),
        ("夫を自死で亡くしました", "bereavement"),
    ],
)
def test_each_kind_is_told_apart(text: str, kind: str) -> None:
    assert kind in kinds(text)


def test_words_are_the_resident_s_own() -> None:
    text = "借金で、もう　ｼﾆﾀｲ…死に たいです"
    for alert in READER.read(text):
        assert all(word in text for word in alert.words)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(DIRECT))
def test_whatever_stands_around_it_reading_never_breaks(noise: str, wording: str) -> None:
    for alert in READER.read(noise + "。" + wording):
        assert all(word in noise + "。" + wording for word in alert.words)


def test_ten_thousand_characters_are_read_before_the_clerk_notices() -> None:
    text = ("借金が返せなくて夜も眠れない。もう消えてしまいたい。" * 400)[:10_000]
    start = time.perf_counter()
    READER.read(text)
    assert time.perf_counter() - start < 1.0  # some 20 ms on a quiet machine; this only catches runaway patterns


@pytest.mark.parametrize(
    ("old", "new"),
    [('level = "imminent"', 'level = "soon"'), ("\n[[rule]]", "\n[[rules]]"), ("\n[spelling]", "\n[spellings]")],
)
def test_a_bad_rule_file_is_refused_with_its_line(data_copy: Path, old: str, new: str) -> None:
    file = data_copy / "crisis.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load_crisis(file)
    assert refused.value.line
