"""What a trainee does and keeps: runs, quiz, confidence, membership of a course. Nothing here can reach a sheet.

What somebody answers is theirs alone: no verb gives it to another account, and none of it stands in the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from referral_app import audit, memo, shelf
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.catalogue import Catalogue
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.memo import Note
from referral_app.models import PracticeAnswers, PracticeCourse, PracticeMember, PracticeRun
from referral_app.practice import Practice, runs
from referral_app.practice.grading import STEPS, Review
from referral_app.practice.runs import Run
from referral_app.practice.scenarios import Scenario
from referral_app.rules import Rules
from referral_app.types import Alert, HelpLine

Deed = Callable[[Run, Scenario], Run]

GONE = (
    "この場面は、書きかえられたか、なくなりました。この練習は、つづけられません。一覧から、もう一度はじめてください。"
)
FINISHED = "この練習は、もうふりかえりまで進んでいます。もう一度練習するときは、一覧からはじめてください。"
NOT_YOURS = "この練習はありません。「研修」の一覧から選び直してください。"
NO_COURSE = "この合いことばの講座は、開いていません。文字を確かめるか、講師に聞いてください。"
_KEPT = (PracticeRun, PracticeAnswers)  # what somebody answered
SHOWN_RUNS = 6  # in the chart: what fits beside six steps
# What a scenario touches → the kind of memo whose help lines are for the trainee too.
_KINDS = {
    "自殺": "suicide",
    "自傷": "self_harm",
    "死別": "bereavement",
    "暴力": "violence",
    "虐待": "child_abuse",
}


@dataclass(frozen=True)
class Played:
    """A run of one's own, and the text of the scenario it is played on."""

    row: PracticeRun
    run: Run
    scenario: Scenario


@dataclass(frozen=True)
class Past:
    """A run in the list of one's own. ``points``: step → (points, out of), {} until it is finished."""

    number: int
    scenario: str
    saved_at: datetime
    finished: bool
    points: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """One finished run in the chart. cells: step by step (points, out of)."""

    past: Past
    cells: tuple[tuple[int, int], ...]


# ---- runs ---------------------------------------------------------------------------------------


def begin(session: Session, scenario: Scenario, by: Person, now: datetime) -> PracticeRun:
    """A new run, of the open course that this person has joined, if any. Raises Refused."""
    by.require(Permission.PRACTISE)
    joined = course_of(session, by)
    row = PracticeRun(
        account_id=by.id,
        course_id=joined.id if joined else None,
        scenario=scenario.code,
        version=scenario.version,
        text=runs.to_text(runs.begin(scenario)),
        started_at=now,
        saved_at=now,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, practice: Practice, number: int, by: Person) -> Played:
    """A run of one's own. Raises NotFound for anybody else's; Conflict when its scenario is gone."""
    row = _mine(session, number, by)
    scenario = shelf.version_of(session, practice, row.scenario, row.version)
    if scenario is None:
        raise Conflict(GONE)
    return Played(row, runs.from_text(row.text), scenario)


def act(session: Session, practice: Practice, number: int, deed: Deed, by: Person, now: datetime) -> Played:
    """One thing done in a run. Raises what the deed raises, NotFound, and Conflict when the run is finished."""
    played = get(session, practice, number, by)
    if played.row.finished_at:
        raise Conflict(FINISHED)
    done = deed(played.run, played.scenario)
    played.row.text, played.row.saved_at = runs.to_text(done), now
    return Played(played.row, done, played.scenario)


def finish(session: Session, practice: Practice, number: int, by: Person, now: datetime) -> None:
    """Ends a run; its points go into one's own chart. Done twice it changes nothing. Raises NotFound, Conflict."""
    played = get(session, practice, number, by)
    if played.row.finished_at:
        return
    made = runs.review(played.run, played.scenario, practice)
    played.row.points = json.dumps({step.step: (step.points, step.out_of) for step in made.steps})
    played.row.finished_at = played.row.saved_at = now


def review(session: Session, practice: Practice, number: int, by: Person) -> tuple[Played, Review]:
    """The review of a finished run. Raises NotFound; Conflict while it is not finished."""
    played = get(session, practice, number, by)
    if not played.row.finished_at:
        raise Conflict("まだ練習のとちゅうです。つづきから進めるか、「ここまででふりかえる」を押してください。")
    return played, runs.review(played.run, played.scenario, practice)


def history(session: Session, by: Person) -> tuple[Past, ...]:
    """One's own runs, the newest first."""
    rows = session.scalars(select(PracticeRun).where(PracticeRun.account_id == by.id).order_by(PracticeRun.id.desc()))
    return tuple(
        Past(row.id, row.scenario, row.saved_at, row.finished_at is not None, _points(row.points)) for row in rows
    )


def _points(text: str) -> dict[str, tuple[int, int]]:
    found: dict[str, Sequence[int]] = json.loads(text) if text else {}
    return {step: (pair[0], pair[1]) for step, pair in found.items()}


def chart(past: Sequence[Past]) -> tuple[Column, ...]:
    """The last finished runs, oldest first, for a small chart. Nothing is added up over steps or runs."""
    last = [one for one in past if one.points][:SHOWN_RUNS]
    return tuple(Column(one, tuple(one.points.get(code, (0, 0)) for code, _, _ in STEPS)) for one in reversed(last))


def forget(session: Session, number: int, by: Person) -> None:
    """Deletes a run of one's own; raises NotFound. Afterwards the caller empties the log."""
    session.delete(_mine(session, number, by))


def forget_all(session: Session, by: Person) -> None:
    """Deletes everything somebody has answered in the training."""
    session.execute(delete(PracticeRun).where(PracticeRun.account_id == by.id))
    session.execute(delete(PracticeAnswers).where(PracticeAnswers.account_id == by.id))


def _mine(session: Session, number: int, by: Person) -> PracticeRun:
    by.require(Permission.PRACTISE)
    row = session.get(PracticeRun, number, with_for_update=True)
    if row is None or row.account_id != by.id:
        raise NotFound(NOT_YOURS)
    return row


def care(
    scenario: Scenario | None, notes: dict[str, Note], catalogue: Catalogue, now: datetime
) -> tuple[HelpLine, ...]:
    """Help lines for the trainee's own sake, several of them: for what this scenario touches, or for anyone (None).

    () for a scenario that touches nothing heavy.
    """
    touches = scenario.touches if scenario else ("自殺",)
    alerts = [Alert(_KINDS[touch], "concern") for touch in touches]
    return memo.memo(alerts, notes, catalogue, now).lines if alerts else ()


# ---- quiz and confidence ------------------------------------------------------------------------


def answer(session: Session, kind: str, said: Mapping[str, Any], by: Person, now: datetime) -> None:
    """Keeps the answers to the quiz or to the six roles (before, after), in the place of earlier ones.

    Those given in a course stay with it. Raises Refused; InvalidInput when nothing is answered.
    """
    by.require(Permission.PRACTISE)
    if not said:
        raise InvalidInput({kind: "まだ、どれにも答えていません。1つ以上えらんでください。"})
    joined = course_of(session, by)
    row = _answers(session, kind, joined.id if joined else None, by)
    if row is None:
        row = PracticeAnswers(account_id=by.id, course_id=joined.id if joined else None, kind=kind)
        session.add(row)
    row.answers, row.saved_at = json.dumps(dict(said)), now


def answers(session: Session, kind: str, by: Person) -> dict[str, Any]:
    """One's own last answers of a kind, of the course one is in; {} without."""
    joined = course_of(session, by)
    row = _answers(session, kind, joined.id if joined else None, by)
    found: dict[str, Any] = json.loads(row.answers) if row else {}
    return found


def _answers(session: Session, kind: str, course: int | None, by: Person) -> PracticeAnswers | None:
    asked = select(PracticeAnswers).where(
        PracticeAnswers.account_id == by.id, PracticeAnswers.kind == kind, PracticeAnswers.course_id == course
    )
    return session.scalars(asked.order_by(PracticeAnswers.id.desc()).limit(1)).one_or_none()


# ---- a course -----------------------------------------------------------------------------------


def join(session: Session, code: str, by: Person, now: datetime) -> PracticeCourse:
    """Joins the open course of that code; what is practised from now on counts in it. Raises Refused, InvalidInput."""
    by.require(Permission.PRACTISE)
    code = "".join(code.split()).upper()
    found = session.scalar(
        select(PracticeCourse).where(PracticeCourse.code == code, PracticeCourse.closed_at.is_(None))
    )
    if found is None:
        raise InvalidInput({"code": NO_COURSE})
    leave(session, by)
    session.add(PracticeMember(course_id=found.id, account_id=by.id or 0, joined_at=now))
    session.flush()
    return found


def leave(session: Session, by: Person) -> None:
    """Leaves every open course: what was practised in it stays one's own and counts there no more."""
    still_open = select(PracticeCourse.id).where(PracticeCourse.closed_at.is_(None))
    mine = PracticeMember.account_id == by.id, PracticeMember.course_id.in_(still_open)
    left = session.scalars(select(PracticeMember.course_id).where(*mine)).all()
    for held in _KEPT:
        session.execute(update(held).where(held.account_id == by.id, held.course_id.in_(left)).values(course_id=None))
    session.execute(delete(PracticeMember).where(*mine))


def course_of(session: Session, by: Person) -> PracticeCourse | None:
    """The open course somebody is in."""
    asked = select(PracticeCourse).join(PracticeMember, PracticeMember.course_id == PracticeCourse.id)
    mine = asked.where(PracticeMember.account_id == by.id, PracticeCourse.closed_at.is_(None))
    return session.scalars(mine.limit(1)).one_or_none()


# ---- how long it is kept ------------------------------------------------------------------------


def due(session: Session, rules: Rules, by: Person, now: datetime) -> int:
    """How many runs and answers lie longer than they may; a number, for nobody need know whose. Raises Refused."""
    by.require(Permission.KEEPING)
    limit = now - rules.practice
    return sum(
        session.scalar(select(func.count()).select_from(kind).where(kind.saved_at <= limit)) or 0 for kind in _KEPT
    )


def end_due(session: Session, rules: Rules, by: Person, now: datetime) -> int:
    """Deletes them, and who was in courses of that time; returns how many. Afterwards the caller scrubs the file."""
    count = due(session, rules, by, now)
    limit = now - rules.practice
    for kind in _KEPT:
        session.execute(delete(kind).where(kind.saved_at <= limit))
    session.execute(delete(PracticeMember).where(PracticeMember.joined_at <= limit))
    if count:
        audit.write(session, by, now, Line(Action.PRACTICE_ENDED))
    return count
