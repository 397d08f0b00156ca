"""The review of a practice run: a pure function of the scenario and the answers.

It counts what was found in each step and gives the reason for every line. It never adds the steps up and never
says what a person is: there is no total, no grade, no pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from referral_app.practice.listening import NOTHING, Heard
from referral_app.practice.quiz import Myth
from referral_app.practice.scenarios import LISTENING, Choice, Scenario

# How a line of the review is marked: a word and a shape on the page, never a colour alone.
MARKS = {
    "found": "気づけた・できた",
    "missed": "見のがした",
    "also": "これもよい",
    "over": "ここではない",
    "unlisted": "この場面では決めていない",
}
# The steps of a run: code (as in confidence.ROLES), label, what is counted.
STEPS = (
    ("notice", "気づき", "当たるしるしをえらんだ数（当たらないしるしの分を引く）"),
    ("speak", "声かけ", "はじめの一言"),
    ("listen", "傾聴", "たずねて聴けたことの数"),
    ("connect", "つなぎ", "かならずつなぐ窓口の数（ここではない窓口の分を引く）と、つなぎ方、同意の取り方"),
    ("watch", "見守り", "つぎに声をかける日"),
    ("spread", "知識の普及", "思いこみと事実の問い"),
)
NO_DATE = "つぎに声をかける日が、決まっていません。"
TOO_SOON = "少し早いかもしれません。"
TOO_LATE = "間があきすぎるかもしれません。"
UNLISTED = "この場面の答えには入っていません。渡す前に、何をお願いするのかを言えるか、確かめてください。"
OWN_WORDS = "自分の言葉で声をかけました。機械の読みなので、点は手がかりです。仲間や講師と読み合わせてください。"


@dataclass(frozen=True)
class Answers:
    """What a trainee did in a run. Rows of the scenario are named by their place, counted from 1; 0 is none.

    opened: codes of what the person told. myths: code → ○ (True) or × (False). follow_up: in how many days,
    None without a date. heard: what ``listening.Listener`` read in everything the trainee said in their own words;
    own_heard: in the first words alone.
    """

    signs: frozenset[int] = frozenset()
    first_words: int = 0
    own_words: str = ""
    opened: frozenset[str] = frozenset()
    windows: frozenset[str] = frozenset()
    handover: int = 0
    consent: int = 0
    follow_up: int | None = None
    myths: tuple[tuple[str, bool], ...] = ()
    heard: Heard = NOTHING
    own_heard: Heard = NOTHING


@dataclass(frozen=True)
class Remark:
    """One line of the review: how it is marked, what it is about, why. ``hidden``: the worry behind the worry."""

    mark: str
    words: str
    why: str
    hidden: bool = False


@dataclass(frozen=True)
class StepReview:
    """One step: ``points`` out of ``out_of`` (0 ≤ points ≤ out_of), what is counted, and every remark."""

    step: str
    label: str
    counted: str
    points: int
    out_of: int
    remarks: tuple[Remark, ...]

    def marked(self, mark: str) -> tuple[Remark, ...]:
        """The remarks of one mark."""
        return tuple(remark for remark in self.remarks if remark.mark == mark)


@dataclass(frozen=True)
class ListeningReview:
    """One point of the rubric: the trainee's words that showed it, and how it sounds with this person."""

    point: str
    shown: tuple[str, ...]
    hint: str


@dataclass(frozen=True)
class Review:
    """The whole review: steps in the order of a run, the rubric, and wordings to be careful with."""

    steps: tuple[StepReview, ...]
    listening: tuple[ListeningReview, ...]
    cautions: tuple[tuple[str, tuple[str, ...]], ...]

    def step(self, code: str) -> StepReview:
        """One step by its code."""
        return next(step for step in self.steps if step.step == code)


Counted = tuple[int, int, tuple[Remark, ...]]  # points, out of, remarks


def review(scenario: Scenario, answers: Answers, myths: Mapping[str, Myth]) -> Review:
    """Grades one run. Deterministic: the same scenario and answers give the same review.

    Answers that the scenario does not know (a row that is gone, a code that is none) count for nothing.
    """
    steps = []
    for code, label, counted in STEPS:
        points, out_of, remarks = _GRADERS[code](scenario, answers, myths)
        steps.append(StepReview(code, label, counted, points, out_of, remarks))
    return Review(tuple(steps), _listening(scenario, answers), tuple(sorted(answers.heard.cautions.items())))


def _bounded(points: int, out_of: int) -> int:
    return max(0, min(points, out_of))


def _signs(scenario: Scenario, answers: Answers, _: Mapping[str, Myth]) -> Counted:
    marks = {(True, True): "found", (True, False): "missed", (False, True): "over"}
    remarks = []
    for number, sign in enumerate(scenario.signs, 1):
        mark = marks.get((sign.good, number in answers.signs))
        if mark:
            remarks.append(Remark(mark, sign.words, sign.why))
    right = sum(sign.good for sign in scenario.signs)
    points = _count(remarks, "found") - _count(remarks, "over")
    return _bounded(points, right), right, tuple(remarks)


def _count(remarks: Iterable[Remark], mark: str) -> int:
    return sum(remark.mark == mark for remark in remarks)


def _one_of(rows: Sequence[Choice], number: int) -> Counted:
    """A single choice: 1 point for a good row; the good ones that were not picked are shown with their reason."""
    picked = rows[number - 1] if 1 <= number <= len(rows) else None
    remarks = [Remark("found" if picked.good else "over", picked.words, picked.why)] if picked else []
    rest = "also" if picked and picked.good else "missed"
    remarks += [Remark(rest, row.words, row.why) for row in rows if row.good and row is not picked]
    return int(picked is not None and picked.good), 1, tuple(remarks)


def _first_words(scenario: Scenario, answers: Answers, _: Mapping[str, Myth]) -> Counted:
    """Own words count when the rubric is seen in them and no wording to be careful with."""
    if answers.first_words or not answers.own_words.strip():
        return _one_of(scenario.first_words, answers.first_words)
    seen = bool(answers.own_heard.points) and not answers.own_heard.cautions
    own = Remark("found" if seen else "unlisted", answers.own_words.strip(), OWN_WORDS)
    good = tuple(Remark("also", row.words, row.why) for row in scenario.first_words if row.good)
    return int(seen), 1, (own, *good)


def _reveals(scenario: Scenario, answers: Answers, _: Mapping[str, Myth]) -> Counted:
    remarks = tuple(
        Remark("found" if row.code in answers.opened else "missed", row.about, row.answer, row.hidden)
        for row in scenario.reveals
    )
    return _count(remarks, "found"), len(scenario.reveals), remarks


def _windows(scenario: Scenario, picked: frozenset[str]) -> Counted:
    marks = {
        ("must", True): "found",
        ("must", False): "missed",
        ("also", True): "also",
        ("not", True): "over",
    }
    remarks = []
    for row in scenario.windows:
        mark = marks.get((row.fit, row.to in picked))
        if mark:
            remarks.append(Remark(mark, row.to, row.why))
    listed = {row.to for row in scenario.windows}
    remarks += [Remark("unlisted", code, UNLISTED) for code in sorted(picked - listed)]
    must = len(scenario.fitting("must"))
    return _bounded(_count(remarks, "found") - _count(remarks, "over"), must), must, tuple(remarks)


def _connect(scenario: Scenario, answers: Answers, _: Mapping[str, Myth]) -> Counted:
    parts = (
        _windows(scenario, answers.windows),
        _one_of(scenario.handovers, answers.handover),
        _one_of(scenario.consents, answers.consent),
    )
    remarks = tuple(remark for part in parts for remark in part[2])
    return sum(part[0] for part in parts), sum(part[1] for part in parts), remarks


def _follow_up(scenario: Scenario, answers: Answers, _: Mapping[str, Myth]) -> Counted:
    sensible, days = scenario.follow_up, answers.follow_up
    if days is None:
        return 0, 1, (Remark("missed", NO_DATE, sensible.why),)
    words = "その日のうち" if days == 0 else f"{days}日後"
    if sensible.soonest <= days <= sensible.latest:
        return 1, 1, (Remark("found", words, sensible.why),)
    return 0, 1, (Remark("over", words, (TOO_SOON if days < sensible.soonest else TOO_LATE) + sensible.why),)


def _spread(scenario: Scenario, answers: Answers, myths: Mapping[str, Myth]) -> Counted:
    said = dict(answers.myths)
    asked = [myths[code] for code in scenario.myths if code in myths]
    remarks = tuple(
        Remark("found" if said.get(myth.code) is myth.true else "missed", myth.statement, myth.why) for myth in asked
    )
    return _count(remarks, "found"), len(asked), remarks


_GRADERS: Mapping[str, Callable[[Scenario, Answers, Mapping[str, Myth]], Counted]] = {
    "notice": _signs,
    "speak": _first_words,
    "listen": _reveals,
    "connect": _connect,
    "watch": _follow_up,
    "spread": _spread,
}


def _listening(scenario: Scenario, answers: Answers) -> tuple[ListeningReview, ...]:
    """The five points: own words first, then the chosen sentence where it lives up to the point."""
    number = answers.first_words
    picked = scenario.first_words[number - 1] if 1 <= number <= len(scenario.first_words) else None
    hints = {hint.point: hint.words for hint in scenario.listening}
    reviews = []
    for point in LISTENING:
        shown = tuple(answers.heard.points.get(point, ()))
        if picked and point in picked.shows:
            shown = (*shown, picked.words)
        reviews.append(ListeningReview(point, shown, hints.get(point, "")))
    return tuple(reviews)


def progress(reviews: Iterable[Review]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Step by step the (points, out of) of several runs, in their order: what a trainee's own chart is drawn from."""
    done = tuple(reviews)
    return {code: tuple((made.step(code).points, made.step(code).out_of) for made in done) for code, _, _ in STEPS}
