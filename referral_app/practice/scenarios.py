"""Practice scenarios (練習の場面): an invented person, what they tell when asked, and what would help.

One scenario is one mapping, the same whether it comes from a file, from a form or from another city's export.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from referral_app.catalogue import PRIORITY_GROUPS, Catalogue
from referral_app.errors import InvalidInput
from referral_app.fields import Fields
from referral_app.matching import phrase_fault
from referral_app.types import WAYS

LEVELS = ("初級", "中級", "いのちを守る")
# The lexicon's themes by the names of their files; tests/test_scenarios.py keeps the two in step.
THEMES = (
    *("money", "work", "care", "children", "mind", "body", "family"),
    *("home", "school", "disability", "community", "daily", "staff"),
)
# What a scenario may touch that can hurt the trainee too: it then opens with a warning and a way out.
TOUCHES = ("自殺", "自傷", "死別", "暴力", "虐待")
# The city's own rubric for listening, as its training page names it.
LISTENING = ("共感", "批判しない", "ねぎらう", "相づち", "困りごとを意識")
FITS = ("must", "also", "not")
LONGEST_FOLLOW_UP = 90  # days; who needs another look later than this is followed by the department, not the first desk

LABELS = {
    "code": "記号",
    "title": "題名",
    "level": "段階",
    "theme": "分野",
    "groups": "重点サポート対象者",
    "touches": "重い話題",
    "warning": "はじめの断り書き",
    "person": "相談者",
    "scene": "場面",
    "opening": "はじめの言葉",
    "otherwise": "質問が合わないときの返事",
    "query": "聴きおわったあとの検索文",
    "myths": "あわせて考える問い",
    "reveals": "たずねると話すこと",
    "signs": "気づきのしるし",
    "first_words": "はじめの一言",
    "windows": "窓口",
    "handovers": "つなぎ方",
    "consents": "同意の取り方",
    "follow_up": "見守り",
    "listening": "聴き方のめやす",
    "about": "何の話か",
    "hidden": "かくれた悩み",
    "asks": "問いの種類",
    "phrases": "問いの言葉",
    "answer": "返事",
    "words": "言葉",
    "good": "よい・よくない",
    "why": "理由",
    "shows": "聴き方",
    "to": "窓口の番号",
    "fit": "合う・合わない",
    "way": "渡し方",
    "soonest": "いちばん早い日",
    "latest": "いちばん遅い日",
    "point": "聴き方",
}


@dataclass(frozen=True)
class Reveal:
    """Something the person tells only when asked. ``asks``: kinds of question (data/questions.toml) that open it.

    phrases: further lines of the phrase language that open it. hidden: the worry behind the worry.
    """

    code: str
    about: str
    hidden: bool
    asks: tuple[str, ...]
    phrases: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Choice:
    """A line to tick or pick, right or not, with the reason."""

    words: str
    good: bool
    why: str


@dataclass(frozen=True)
class FirstWords(Choice):
    """A first sentence to say; ``shows`` are the points of LISTENING that it lives up to."""

    shows: tuple[str, ...]


@dataclass(frozen=True)
class Handover(Choice):
    """A way of handing over, one of WAYS, told in a sentence."""

    way: str


@dataclass(frozen=True)
class Fit:
    """Whether a window of the catalogue fits this person. fit: must, also (good too) or not (not here)."""

    to: str
    fit: str
    why: str


@dataclass(frozen=True)
class FollowUp:
    """In how many days to look again: sensible from ``soonest`` to ``latest``."""

    soonest: int
    latest: int
    why: str


@dataclass(frozen=True)
class Hint:
    """How one point of LISTENING sounds with this person."""

    point: str
    words: str


@dataclass(frozen=True)
class Scenario:
    """One scenario, checked. Rows of a kind are named by their place, counted from 1."""

    code: str
    title: str
    level: str
    theme: str
    groups: tuple[str, ...]
    touches: tuple[str, ...]
    warning: str
    person: str
    scene: str
    opening: str
    otherwise: str
    query: str
    myths: tuple[str, ...]
    reveals: tuple[Reveal, ...]
    signs: tuple[Choice, ...]
    first_words: tuple[FirstWords, ...]
    windows: tuple[Fit, ...]
    handovers: tuple[Handover, ...]
    consents: tuple[Choice, ...]
    follow_up: FollowUp
    listening: tuple[Hint, ...]

    @property
    def version(self) -> str:
        """Changes with any edit: an attempt is reviewed against the scenario it was made with."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    @property
    def hidden(self) -> tuple[Reveal, ...]:
        """The worries behind the worry."""
        return tuple(reveal for reveal in self.reveals if reveal.hidden)

    def shown(self, rows: str) -> tuple[tuple[int, Choice], ...]:
        """(place, row) of signs, first_words, handovers or consents in the order of the page.

        Writers put the right rows first; shown so, the place would give the answer away. The order is the same for
        everybody: a course can speak of 「上から2つ目」.
        """
        numbered: list[tuple[int, Choice]] = list(enumerate(getattr(self, rows), 1))
        return tuple(sorted(numbered, key=lambda one: hashlib.sha256(f"{self.code} {one[1].words}".encode()).digest()))

    def fitting(self, fit: str) -> tuple[Fit, ...]:
        """The windows that are must, also or not."""
        return tuple(window for window in self.windows if window.fit == fit)


@dataclass(frozen=True)
class Known:
    """What a scenario may name: windows of the catalogue, kinds of question, myths."""

    catalogue: Catalogue
    asks: Collection[str]
    myths: Collection[str]


def scenario(values: Mapping[str, Any], known: Known) -> Scenario:
    """The scenario behind a mapping; raises InvalidInput that names every fault by its field."""
    fields = Fields(values, LABELS)
    made = Scenario(
        code=_code(fields, "code"),
        title=fields.text("title", 20),
        level=fields.choice("level", LEVELS),
        theme=fields.choice("theme", THEMES),
        groups=fields.texts("groups", PRIORITY_GROUPS),
        touches=fields.texts("touches", TOUCHES),
        warning=fields.text("warning", 120, required=False),
        person=fields.text("person", 80),
        scene=fields.text("scene", 80),
        opening=fields.text("opening", 200),
        otherwise=fields.text("otherwise", 80),
        query=fields.text("query", 200),
        myths=fields.texts("myths", known.myths),
        reveals=tuple(_reveal(row, known) for row in fields.rows("reveals", 3, 8)),
        signs=tuple(_choice(row, 60) for row in fields.rows("signs", 4, 8)),
        first_words=tuple(_first_words(row) for row in fields.rows("first_words", 3, 5)),
        windows=tuple(_fit(row, known.catalogue) for row in fields.rows("windows", 3, 12)),
        handovers=tuple(_handover(row) for row in fields.rows("handovers", 2, 5)),
        consents=tuple(_choice(row, 120) for row in fields.rows("consents", 2, 4)),
        follow_up=_follow_up(fields.table("follow_up")),
        listening=tuple(_hint(row) for row in fields.rows("listening", 2, 5)),
    )
    fields.done()
    if not fields.faults:
        _whole(fields, made)
    if fields.faults:
        raise InvalidInput(fields.faults)
    return made


def values_of(made: Scenario) -> dict[str, Any]:
    """The mapping behind a scenario: ``scenario(values_of(s), known) == s``."""
    return asdict(made)


def _code(fields: Fields, key: str) -> str:
    code = fields.text(key, 30)
    if code and not (code.isascii() and code.replace("-", "").isalnum() and code == code.lower()):
        fields.refuse(key, f"{fields.label(key)}は、半角の英小文字と数字と - で書いてください。")
    return code


def _reveal(row: Fields, known: Known) -> Reveal:
    made = Reveal(
        code=_code(row, "code"),
        about=row.text("about", 24),
        hidden=row.flag("hidden"),
        asks=row.texts("asks", known.asks),
        phrases=row.texts("phrases"),
        answer=row.text("answer", 200),
    )
    fault = next(((line, fault) for line in made.phrases if (fault := phrase_fault(line))), None)
    if fault:
        row.refuse("phrases", f"{row.label('phrases')}の「{fault[0]}」: {fault[1]}")
    if not made.asks and not made.phrases:
        row.refuse("asks", "どんな問いで話すのか、問いの種類か言葉を1つ以上書いてください。")
    row.done()
    return made


def _choice(row: Fields, longest: int) -> Choice:
    made = Choice(row.text("words", longest), row.flag("good"), row.text("why", 120))
    row.done()
    return made


def _first_words(row: Fields) -> FirstWords:
    made = FirstWords(row.text("words", 120), row.flag("good"), row.text("why", 120), row.texts("shows", LISTENING))
    row.done()
    return made


def _handover(row: Fields) -> Handover:
    made = Handover(row.text("words", 120), row.flag("good"), row.text("why", 120), row.choice("way", WAYS))
    row.done()
    return made


def _fit(row: Fields, catalogue: Catalogue) -> Fit:
    made = Fit(row.text("to", 20), row.choice("fit", FITS), row.text("why", 120))
    programme = catalogue.programmes.get(made.to)
    if made.to and programme is None and made.to not in catalogue.outside:
        row.refuse("to", f"「{made.to}」という窓口は目録にありません。")
    elif made.fit == "must" and programme and not programme.referable and not programme.only_for:
        row.refuse("to", f"「{made.to}」は、相談者を案内する窓口ではありません。must にはできません。")
    row.done()
    return made


def _follow_up(table: Fields) -> FollowUp:
    made = FollowUp(
        table.number("soonest", 0, LONGEST_FOLLOW_UP),
        table.number("latest", 0, LONGEST_FOLLOW_UP),
        table.text("why", 160),
    )
    if made.soonest > made.latest:
        table.refuse("latest", "「いちばん遅い日」は、「いちばん早い日」と同じか、あとにしてください。")
    table.done()
    return made


def _hint(row: Fields) -> Hint:
    made = Hint(row.choice("point", LISTENING), row.text("words", 120))
    row.done()
    return made


# Every list to choose from needs a right and a wrong row, or there is nothing to learn: key → what is missing.
_BOTH_SIDES = {
    "signs": "当たるしるしと、当たらないしるしが、両方要ります。",
    "first_words": "よい言葉と、よくない言葉が、両方要ります。",
    "handovers": "よいつなぎ方と、よくないつなぎ方が、両方要ります。",
    "consents": "よい取り方と、よくない取り方が、両方要ります。",
}


def _whole(fields: Fields, made: Scenario) -> None:
    """Faults that show only when the parts are looked at together."""
    for key, reason in _BOTH_SIDES.items():
        if len({row.good for row in getattr(made, key)}) < 2:
            fields.refuse(key, reason)
    if not made.fitting("must"):
        fields.refuse("windows", "かならずつなぐ窓口 (must) が1つもありません。")
    if not made.fitting("not"):
        fields.refuse("windows", "ここではない窓口 (not) が1つもありません。")
    if not made.hidden:
        fields.refuse("reveals", "かくれた悩み (hidden) が1つもありません。")
    for key, names in {
        "reveals": [row.code for row in made.reveals],
        "windows": [row.to for row in made.windows],
        "listening": [row.point for row in made.listening],
    }.items():
        if twice := next((name for name in names if names.count(name) > 1), ""):
            fields.refuse(key, f"「{twice}」が2回あります。")
    if made.level == "いのちを守る" and not made.touches:
        fields.refuse("touches", "「いのちを守る」の場面には、重い話題 (touches) を書いてください。")
    if made.touches and not made.warning:
        fields.refuse("warning", "重い話題にふれる場面には、はじめの断り書きが要ります。")
