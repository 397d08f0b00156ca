"""What a trainer does with a course: opens it with a code, ends the answering, reads what the group found together.

The report is made once, when answering ends, and then stays: numbers that were seen to change one by one would tell
who changed them. It counts people and names none.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_app import audit, shelf
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.models import PracticeAnswers, PracticeCourse, PracticeMember, PracticeRun
from referral_app.practice import Practice, confidence, course, runs
from referral_app.practice.course import Attempt, Row
from referral_app.practice.scenarios import Scenario

LONGEST_TITLE = 40
CODE_LENGTH = 6
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike on a board
STILL_OPEN = "まだ答えを集めています。「答えをしめきる」を押すと、まとめが出ます。"


@dataclass(frozen=True)
class Course:
    """A course as a trainer sees it. ``report`` is () until answering has ended."""

    id: int
    title: str
    code: str
    opened_at: datetime
    closed_at: datetime | None
    members: int
    report: tuple[Row, ...]


def listing(session: Session, by: Person) -> tuple[Course, ...]:
    """All courses, open ones first, then the newest. Raises Refused."""
    by.require(Permission.TRAIN)
    rows = session.scalars(
        select(PracticeCourse).order_by(PracticeCourse.closed_at.isnot(None), PracticeCourse.id.desc())
    )
    return tuple(_course(session, row) for row in rows)


def get(session: Session, number: int, by: Person) -> Course:
    """One course; raises Refused, NotFound."""
    return _course(session, _row(session, number, by))


def start(session: Session, title: str, by: Person, now: datetime) -> Course:
    """Opens a course with a code of its own. Raises Refused, InvalidInput."""
    by.require(Permission.TRAIN)
    title = " ".join(title.split())
    if not title:
        raise InvalidInput({"title": "講座の名前を書いてください。"})
    if len(title) > LONGEST_TITLE:
        raise InvalidInput({"title": f"講座の名前は {LONGEST_TITLE} 字までです (いま {len(title)} 字)。"})
    row = PracticeCourse(title=title, code=_free_code(session), account_id=by.id, opened_at=now)
    session.add(row)
    session.flush()
    audit.write(session, by, now, Line(Action.COURSE_OPENED, detail=f"course:{row.id}"))
    return _course(session, row)


def close(session: Session, practice: Practice, number: int, by: Person, now: datetime) -> Course:
    """Ends the answering and makes the report. Raises Refused, NotFound; Conflict when it has ended already."""
    row = _row(session, number, by)
    if row.closed_at:
        raise Conflict("この講座は、もうしめきっています。")
    row.closed_at = now
    row.report = json.dumps([asdict(line) for line in _report(session, practice, row.id)], ensure_ascii=False)
    audit.write(session, by, now, Line(Action.COURSE_CLOSED, detail=f"course:{row.id}"))
    return _course(session, row)


def export(session: Session, number: int, by: Person, now: datetime) -> tuple[Course, bytes]:
    """The report as a CSV file; stands in the record. Raises Refused, NotFound; Conflict before answering has ended."""
    found = get(session, number, by)
    if found.closed_at is None:
        raise Conflict(STILL_OPEN)
    audit.write(session, by, now, Line(Action.COURSE_EXPORTED, detail=f"course:{found.id}"))
    return found, course.to_csv(found.report)


def _row(session: Session, number: int, by: Person) -> PracticeCourse:
    by.require(Permission.TRAIN)
    row = session.get(PracticeCourse, number, with_for_update=True)
    if row is None:
        raise NotFound("この講座はありません。「研修の準備」の一覧から選び直してください。")
    return row


def _course(session: Session, row: PracticeCourse) -> Course:
    members = session.scalar(select(func.count()).select_from(PracticeMember).where(PracticeMember.course_id == row.id))
    found: list[dict[str, Any]] = json.loads(row.report) if row.report else []
    report = tuple(Row(**line) for line in found)
    return Course(row.id, row.title, row.code, row.opened_at, row.closed_at, members or 0, report)


def _free_code(session: Session) -> str:
    """A code that no course has had: a paper may outlive its course."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
        if session.scalar(select(PracticeCourse.id).where(PracticeCourse.code == code)) is None:
            return code


def _report(session: Session, practice: Practice, number: int) -> tuple[Row, ...]:
    finished = session.scalars(
        select(PracticeRun)
        .where(PracticeRun.course_id == number, PracticeRun.finished_at.isnot(None))
        .order_by(PracticeRun.finished_at, PracticeRun.id)
    )
    attempts: list[Attempt] = []
    titles: dict[str, str] = {}
    changed = 0
    for row in finished:
        scenario = shelf.version_of(session, practice, row.scenario, row.version)
        if scenario is None:
            changed += 1
            continue
        # Two texts of one scenario are not counted together: their rows may differ.
        titles.setdefault(row.version, scenario.title)
        attempts.append(_attempt(row, scenario, practice))
    left_out = (Row("", None, "", None, course.LEFT_OUT),) if changed else ()
    return (
        *course.rows(attempts, titles, _names(practice)),
        *course.quiz_rows(_said(session, number, "quiz").values(), practice.myths),
        *course.confidence_rows(_changes(session, practice, number)),
        *left_out,
    )


def _names(practice: Practice) -> Callable[[str], str]:
    """Codes of windows as a trainer reads them; anything else as it is."""
    catalogue = practice.known.catalogue

    def name(words: str) -> str:
        if words not in catalogue.programmes and words not in catalogue.outside:
            return words
        window = catalogue.window(words)
        return f"{window.department} {window.plain_name}"

    return name


def _attempt(row: PracticeRun, scenario: Scenario, practice: Practice) -> Attempt:
    made = runs.review(runs.from_text(row.text), scenario, practice)
    return Attempt(str(row.account_id), row.version, made)


def _said(session: Session, number: int, kind: str) -> dict[int, dict[str, Any]]:
    asked = select(PracticeAnswers).where(PracticeAnswers.course_id == number, PracticeAnswers.kind == kind)
    return {row.account_id: json.loads(row.answers) for row in session.scalars(asked.order_by(PracticeAnswers.id))}


def _changes(session: Session, practice: Practice, number: int) -> list[tuple[confidence.Change, ...]]:
    before, after = (_said(session, number, kind) for kind in ("before", "after"))
    nothing: Mapping[str, int] = {}
    people = sorted({*before, *after})
    return [confidence.changes(practice.roles, before.get(one, nothing), after.get(one, nothing)) for one in people]
