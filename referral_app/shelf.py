"""Scenarios on the shelf: those that ship with the tool, and those that trainers wrote here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_app import audit
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.models import PracticeScenario, PracticeScenarioText
from referral_app.practice import Practice
from referral_app.practice.scenarios import Scenario, values_of

STATES = {"draft": "下書き", "published": "出しています", "withdrawn": "引っこめました"}
TAKEN = "この記号の場面は、もうあります。ほかの記号にしてください。"
CHANGED = (
    "ほかの人が、先に保存しています。あなたの書いたものは、この画面に残っています。"
    "別の画面で場面を開いて見くらべ、よければもう一度保存してください。"
)


@dataclass(frozen=True)
class Written:
    """A trainer's scenario with its newest text. ``scenario`` is None while there are ``faults`` (field → sentence)."""

    id: int
    state: str
    version: int
    saved_at: datetime
    values: Mapping[str, Any]
    faults: Mapping[str, str]
    scenario: Scenario | None

    @property
    def title(self) -> str:
        """What the list calls it, also while nothing is written."""
        return str(self.values.get("title") or "") or "(題名なし)"


def playable(session: Session, practice: Practice) -> dict[str, Scenario]:
    """Everything a trainee may choose, by code: shipped ones, then published ones that fit today's catalogue."""
    found = dict(practice.scenarios)
    rows = session.scalars(
        select(PracticeScenario).where(PracticeScenario.state == "published").order_by(PracticeScenario.id)
    )
    for row in rows:
        scenario, _ = _check(session, practice, _values(row.texts[-1]), row.id)
        if scenario:
            found.setdefault(scenario.code, scenario)
    return found


def version_of(session: Session, practice: Practice, code: str, version: str) -> Scenario | None:
    """The very text a run began with; None when it is no longer there or names what the catalogue lost."""
    shipped = practice.scenarios.get(code)
    if shipped and shipped.version == version:
        return shipped
    asked = select(PracticeScenarioText).where(PracticeScenarioText.version == version)
    row = session.scalars(asked.order_by(PracticeScenarioText.id).limit(1)).one_or_none()
    if row is None:
        return None
    try:
        made = practice.check(_values(row))
    except InvalidInput:
        return None
    return made if made.version == version else None


def written(session: Session, practice: Practice, by: Person) -> tuple[Written, ...]:
    """Every scenario that was written here, the newest first. Raises Refused."""
    by.require(Permission.TRAIN)
    rows = session.scalars(select(PracticeScenario).order_by(PracticeScenario.saved_at.desc(), PracticeScenario.id))
    return tuple(_written(session, practice, row) for row in rows)


def get(session: Session, practice: Practice, number: int, by: Person) -> Written:
    """One of them; raises Refused and NotFound."""
    return _written(session, practice, _row(session, number, by))


def save(
    session: Session,
    practice: Practice,
    number: int | None,
    values: Mapping[str, Any],
    version: int,
    by: Person,
    now: datetime,
) -> Written:
    """A new text of a scenario, or a new scenario (number None). What was written before stays.

    A draft may be saved with faults: nobody writes a scenario in one go. Raises Refused; Conflict when somebody saved
    in between; InvalidInput when a published one would be left with faults.
    """
    by.require(Permission.TRAIN)
    if number is None:
        row = PracticeScenario(version=0, saved_at=now, state="draft", code="")
        session.add(row)
        session.flush()
    else:
        row = _row(session, number, by)
        if row.version != version:
            raise Conflict(CHANGED)
    scenario, faults = _check(session, practice, values, row.id)
    if row.state == "published" and scenario is None:
        raise InvalidInput(dict(faults))
    row.version, row.saved_at = row.version + 1, now
    row.code = scenario.code if scenario and row.state == "published" else ""
    kept = json.dumps(values, ensure_ascii=False)
    held = PracticeScenarioText(
        version=scenario.version if scenario else "", text=kept, account_id=by.id or 0, at=now, scenario_id=row.id
    )
    row.texts.append(held)
    session.flush()
    return _written(session, practice, row)


def take_in(session: Session, practice: Practice, text: str, by: Person, now: datetime) -> Written:
    """A draft out of another trainer's file; raises Refused, and DataError with line and reason."""
    by.require(Permission.TRAIN)
    return save(session, practice, None, values_of(practice.read(text)), 0, by, now)


def publish(session: Session, practice: Practice, number: int, by: Person, now: datetime) -> Written:
    """Puts it on the shelf, for all trainees. Raises Refused; InvalidInput while there are faults."""
    row = _row(session, number, by)
    scenario, faults = _check(session, practice, _values(row.texts[-1]), row.id)
    if scenario is None:
        raise InvalidInput(dict(faults))
    row.state, row.code, row.version = "published", scenario.code, row.version + 1
    audit.write(session, by, now, Line(Action.SCENARIO_PUBLISHED, detail=f"scenario:{row.id}"))
    return _written(session, practice, row)


def withdraw(session: Session, practice: Practice, number: int, by: Person, now: datetime) -> Written:
    """Takes it off the shelf; runs that have begun go on. Raises Refused."""
    row = _row(session, number, by)
    row.state, row.code, row.version = "withdrawn", "", row.version + 1
    audit.write(session, by, now, Line(Action.SCENARIO_WITHDRAWN, detail=f"scenario:{row.id}"))
    return _written(session, practice, row)


def _row(session: Session, number: int, by: Person) -> PracticeScenario:
    by.require(Permission.TRAIN)
    row = session.get(PracticeScenario, number, with_for_update=True)
    if row is None:
        raise NotFound("この場面はありません。「研修の準備」の一覧から選び直してください。")
    return row


def _values(text: PracticeScenarioText) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.text)
    return found


def _check(
    session: Session, practice: Practice, values: Mapping[str, Any], own: int
) -> tuple[Scenario | None, dict[str, str]]:
    """The scenario, or its faults; a code that another one has is a fault too."""
    try:
        made = practice.check(values)
    except InvalidInput as error:
        return None, error.fields
    others = select(PracticeScenario.id).where(PracticeScenario.code == made.code, PracticeScenario.id != own)
    if made.code in practice.scenarios or session.scalar(others.limit(1)) is not None:
        return None, {"code": TAKEN}
    return made, {}


def _written(session: Session, practice: Practice, row: PracticeScenario) -> Written:
    values = _values(row.texts[-1])
    scenario, faults = _check(session, practice, values, row.id)
    return Written(row.id, row.state, row.version, row.saved_at, values, faults, scenario)
