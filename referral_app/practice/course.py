"""What a trainer sees of a course: counts over people, never one person."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from referral_app.practice.confidence import Change
from referral_app.practice.grading import MARKS, Review
from referral_app.practice.quiz import Myth

# Below five, who knows the course could guess whose answer it is; five is the usual least count of public tables.
LEAST_PEOPLE = 5
TOO_FEW = f"{LEAST_PEOPLE}人未満のため、出しません。"
CONFIDENCE = "自信の変わり方"
QUIZ = "思いこみと事実"
LEFT_OUT = "答えのあとで書きかえられた場面があり、その答えは入っていません。"
HEADINGS = ("場面", "人数", "項目", "数", "おぼえ")


@dataclass(frozen=True)
class Attempt:
    """One person's last review of one scenario. ``person`` only tells people apart; it never leaves this module."""

    person: str
    scenario: str
    review: Review


@dataclass(frozen=True)
class Row:
    """One line of the course report; ``people`` and ``count`` are None where too few took part."""

    scenario: str
    people: int | None
    item: str
    count: int | None
    note: str


def rows(attempts: Iterable[Attempt], titles: Mapping[str, str], name: Callable[[str], str] = str) -> tuple[Row, ...]:
    """The report of a course, scenario by scenario in the order of ``titles``. name: how a window's code reads.

    Each person counts once per scenario, with the attempt that stands last. A scenario that fewer than
    LEAST_PEOPLE took gives one row that says so and no number. A count of some of the people, but not all, is
    given only where at least LEAST_PEOPLE stand on both its sides, or it would tell of the few by what is missing.
    """
    last = {(attempt.scenario, attempt.person): attempt.review for attempt in attempts}
    made: list[Row] = []
    for code, title in titles.items():
        reviews = [review for (scenario, _), review in last.items() if scenario == code]
        if 0 < len(reviews) < LEAST_PEOPLE:
            made.append(Row(title, None, "", None, TOO_FEW))
        elif reviews:
            made += _missed(title, reviews, name)
            made += _points(title, reviews)
    return tuple(made)


def _points(title: str, reviews: Sequence[Review]) -> list[Row]:
    """Per step the points of all together, out of what all together could reach."""
    people = len(reviews)
    found = []
    for number, step in enumerate(reviews[0].steps):
        total = sum(review.steps[number].points for review in reviews)
        most = sum(review.steps[number].out_of for review in reviews)
        found.append(Row(title, people, f"{step.label}の点の合計", total, f"最大 {most}"))
    return found


def _missed(title: str, reviews: Sequence[Review], name: Callable[[str], str]) -> list[Row]:
    """How many missed a window or went to one that is not here, most first; small counts are withheld."""
    people = len(reviews)
    counted: Counter[tuple[str, str]] = Counter()
    for review in reviews:
        counted.update(
            {
                (remark.mark, remark.words)
                for remark in review.step("connect").remarks
                if remark.mark in ("missed", "over")
            }
        )
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [
        Row(title, people, f"{name(words)}（{MARKS[mark]}）", n, "")
        for (mark, words), n in ordered
        if _may_tell(n, people)
    ]


def _may_tell(count: int, people: int) -> bool:
    return count >= LEAST_PEOPLE and (count == people or people - count >= LEAST_PEOPLE)


def quiz_rows(people: Iterable[Mapping[str, bool]], myths: Mapping[str, Myth]) -> tuple[Row, ...]:
    """How many answered otherwise than the reason says, statement by statement; small counts are withheld.

    people: for each person the answers by statement.
    """
    said = tuple(people)
    made = []
    for code, myth in myths.items():
        answered = [one[code] for one in said if code in one]
        otherwise = sum(one is not myth.true for one in answered)
        if len(answered) >= LEAST_PEOPLE and _may_tell(otherwise, len(answered)):
            made.append(
                Row(QUIZ, len(answered), myth.statement, otherwise, f"理由とちがう答えの数。答えは {_sign(myth)}")
            )
    return tuple(made)


def _sign(myth: Myth) -> str:
    return "○" if myth.true else "×"


def to_csv(found: Iterable[Row]) -> bytes:
    """The report for Excel: UTF-8 with a byte order mark, and no cell that a spreadsheet would compute."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(HEADINGS)
    for row in found:
        out.writerow([_cell(value) for value in (row.scenario, row.people, row.item, row.count, row.note)])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: str | int | None) -> str:
    """A quote before what begins like a formula, in full width too; line breaks become spaces."""
    shown = "" if value is None else " ".join(str(value).split())
    return f"'{shown}" if shown.startswith(tuple("=+-@＝＋－＠")) else shown


def confidence_rows(people: Iterable[Sequence[Change]]) -> tuple[Row, ...]:
    """How sure a course feels before and after, role by role: averages over those who answered both.

    people: one sequence of changes for each person (``confidence.changes``).
    """
    answered: dict[str, list[tuple[int, int]]] = {}
    for found in people:
        for change in found:
            both = answered.setdefault(change.role.title, [])
            if change.before is not None and change.after is not None:
                both.append((change.before, change.after))
    return tuple(_confidence(title, both) for title, both in answered.items())


def _confidence(title: str, both: Sequence[tuple[int, int]]) -> Row:
    people = len(both)
    if people < LEAST_PEOPLE:
        return Row(CONFIDENCE, None, title, None, TOO_FEW)
    before, after = (sum(pair[side] for pair in both) / people for side in (0, 1))
    return Row(CONFIDENCE, people, title, people, f"平均 前 {before:.1f} あと {after:.1f}（1〜5）")
