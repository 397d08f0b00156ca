"""Case cards for a role-play in a group of three: 相談者, 相談員, 観察者. Text only; paper is the printer's matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from referral_app.practice.material import Practice
from referral_app.practice.scenarios import Scenario

PRACTICE = "研修用です。作った話で、実在の方ではありません。"
WAY_OUT = "つらくなったら、いつでもやめて、講師に声をかけてください。"


@dataclass(frozen=True)
class Section:
    """A heading with its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One sheet of paper for one role. ``notes`` stand first: that it is practice, warning, the way out."""

    role: str
    title: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]


def cards(scenario: Scenario, practice: Practice) -> tuple[Card, ...]:
    """The three cards. Only the first and the third tell what the person hides."""
    notes = tuple(note for note in (PRACTICE, scenario.warning, WAY_OUT if scenario.touches else "") if note)
    return tuple(
        Card(role, scenario.title, notes, tuple(section for section in write(scenario, practice) if section.lines))
        for role, write in _ROLES.items()
    )


def _resident(scenario: Scenario, practice: Practice) -> Sequence[Section]:
    told = []
    for row in scenario.reveals:
        kinds = "、".join(practice.kinds[code].label for code in row.asks)
        hidden = "（はじめは言わない）" if row.hidden else ""
        told.append(f"{row.about}{hidden}: {row.answer} たずねられたら: {kinds}")
    return (
        Section("あなたは", (scenario.person, scenario.scene)),
        Section("はじめに言うこと", (scenario.opening,)),
        Section("たずねられたら話すこと", tuple(told)),
        Section("ちがうことを聞かれたら", (scenario.otherwise,)),
        Section(
            "演じるときに",
            ("責められたら、黙ります。ねぎらわれたら、少し話します。", "言葉は、自分の言い方に変えてかまいません。"),
        ),
    )


def _listener(scenario: Scenario, practice: Practice) -> Sequence[Section]:
    return (
        Section("場面", (scenario.scene, scenario.person)),
        Section("はじめの言葉", (scenario.opening,)),
        Section("聴くときの5つ", tuple(f"{row.name}: {row.meaning}" for row in practice.listener.rubric.points)),
        Section(
            "すること",
            (
                "気になるようすや言葉に、気づく。",
                "声をかけ、助言を急がずに聴く。",
                "どの窓口へ、どうつなぐかを、本人と話す。",
                "つぎに声をかける日を決める。",
            ),
        ),
    )


def _observer(scenario: Scenario, practice: Practice) -> Sequence[Section]:
    window = practice.known.catalogue.window
    must = tuple(
        f"{window(row.to).department} {window(row.to).plain_name}: {row.why}" for row in scenario.fitting("must")
    )
    return (
        Section("見るところ: 聴き方", tuple(f"□ {row.name}: {row.meaning}" for row in practice.listener.rubric.points)),
        Section("見るところ: 気づき", tuple(f"□ {row.words}" for row in scenario.signs if row.good)),
        Section("かくれた悩みまで聴けたか", tuple(f"□ {row.about}" for row in scenario.hidden)),
        Section("かならずつなぐ窓口", tuple(f"□ {line}" for line in must)),
        Section(
            "つなぎ方・同意", tuple(f"□ {row.words}" for row in (*scenario.handovers, *scenario.consents) if row.good)
        ),
        Section(
            "あとで伝えること",
            ("よかったところを先に、見たことを言う。人をよい・悪いと言わない。", scenario.follow_up.why),
        ),
    )


_ROLES: dict[str, Callable[[Scenario, Practice], Sequence[Section]]] = {
    "相談者": _resident,
    "相談員": _listener,
    "観察者": _observer,
}
