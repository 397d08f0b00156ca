"""How long sheets are kept: a list before deletion, and a deletion that really removes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_app import audit
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.errors import Conflict
from referral_app.models import Handover, Sheet
from referral_app.rules import Rules
from referral_app.steps import ENDED, UNSENT


@dataclass(frozen=True)
class Overdue:
    """A sheet whose time is over. No name: whoever deletes need not know whose it was."""

    number: str
    department: str
    was_sent: bool
    since: datetime


def due(session: Session, rules: Rules, by: Person, now: datetime) -> tuple[Overdue, ...]:
    """Sent sheets all of whose つなぎ ended long ago, and drafts long untouched, oldest first. Raises Refused."""
    by.require(Permission.KEEPING)
    return _due(session, rules, now)


def hanging(session: Session, rules: Rules, by: Person, now: datetime) -> tuple[Overdue, ...]:
    """Sheets sent as long ago of which some つなぎ never ended: to be asked about, not deleted. Raises Refused."""
    by.require(Permission.KEEPING)
    still = select(Handover.sheet_id).where(Handover.state.not_in((*ENDED, *UNSENT)))
    query = select(Sheet).where(Sheet.sent_at <= now - rules.closed, Sheet.id.in_(still)).order_by(Sheet.sent_at)
    return tuple(Overdue(one.number, one.clerk_department, True, _since(one)) for one in session.scalars(query))


def _due(session: Session, rules: Rules, now: datetime) -> tuple[Overdue, ...]:
    still = select(Handover.sheet_id).where(Handover.state.not_in((*ENDED, *UNSENT)))
    young = select(Handover.sheet_id).where(Handover.ended_at > now - rules.closed)
    old = Sheet.saved_at <= now - rules.closed
    sent = select(Sheet).where(Sheet.sent_at.isnot(None), old, Sheet.id.not_in(still), Sheet.id.not_in(young))
    drafts = select(Sheet).where(Sheet.sent_at.is_(None), Sheet.saved_at <= now - rules.draft)
    found = [*session.scalars(sent), *session.scalars(drafts)]
    rows = (Overdue(one.number, one.clerk_department, one.sent_at is not None, _since(one)) for one in found)
    return tuple(sorted(rows, key=lambda row: (row.since, row.number)))


def _since(sheet: Sheet) -> datetime:
    return max([sheet.saved_at, *(row.ended_at for row in sheet.handovers if row.ended_at)])


def end(session: Session, rules: Rules, numbers: Collection[str], by: Person, now: datetime) -> int:
    """Deletes the sheets of the list that was shown; returns how many. Afterwards the caller scrubs the file.

    Raises Refused; Conflict when one of them is not due (any more), and then deletes none.
    """
    by.require(Permission.KEEPING)
    ripe = {row.number for row in _due(session, rules, now)}
    if not set(numbers) <= ripe:
        raise Conflict("一覧が変わっています。何も消していません。もう一度、一覧を確かめてください。")
    for sheet in session.scalars(select(Sheet).where(Sheet.number.in_(numbers))):
        for row in sheet.handovers:
            row.origin_id = None  # a chain within the sheet must not hold its own rows
        session.flush()
        session.delete(sheet)
        audit.write(session, by, now, Line(Action.SHEET_ENDED, sheet.number))
    return len(set(numbers))
