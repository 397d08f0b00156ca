"""What waits for whom: a department's inbox, the counts in the navigation, deadlines in open days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from referral_app import audit
from referral_app.access import Permission, Person
from referral_app.audit import Action, Line
from referral_app.days import add_business_days, business_days_late, counted_from
from referral_app.handovers import chain
from referral_app.models import Handover, HandoverDesk, Sheet
from referral_app.paging import place
from referral_app.rules import Rules
from referral_app.steps import OPEN, STATES, UNSENT, WAITING

# The inbox's tabs: label, the states in it.
TABS = {
    "waiting": ("受け取り待ち", WAITING),
    "open": ("対応中", OPEN),
    "ended": ("終わったもの", tuple(state for state in STATES if state not in (*UNSENT, *WAITING, *OPEN))),
}
PAGE_SIZE = 50


@dataclass(frozen=True)
class Due:
    """A deadline: the last day in time, and how many open days it is over."""

    day: date
    late: int


@dataclass(frozen=True)
class Row:
    """A つなぎ in a list. No name of a resident stands in any list."""

    handover: Handover
    due: Due | None
    attempt: int


@dataclass(frozen=True)
class Tab:
    """One tab's head: how many lie there, how many of them late."""

    code: str
    label: str
    count: int
    late: int


@dataclass(frozen=True)
class InboxPage:
    """One page of one tab, the most urgent first."""

    tab: str
    tabs: tuple[Tab, ...]
    rows: tuple[Row, ...]
    number: int
    pages: int


@dataclass(frozen=True)
class Counts:
    """What the navigation shows. waiting, late: to be received here; news: answers and returns not seen yet."""

    waiting: int = 0
    late: int = 0
    news: int = 0


def due(handover: Handover, rules: Rules, today: date) -> Due | None:
    """Until when it must be received, or answered; None when nobody waits for the receiver."""
    if handover.state in WAITING and handover.sent_at:
        days = rules.receipt_days.get(handover.way, 1)
        return _due(handover.sent_at, days, today)
    if handover.state in OPEN and handover.received_at:
        return _due(handover.received_at, rules.answer_days, today)
    return None


def _due(start: datetime, days: int, today: date) -> Due:
    last = add_business_days(counted_from(start), days)
    return Due(last, business_days_late(last, today))


def page(session: Session, by: Person, tab: str, number: int, rules: Rules, now: datetime) -> InboxPage:
    """One tab of the inbox of all this person's departments; stands in the record. Raises Refused."""
    by.require(Permission.RECEIVE)
    tab = tab if tab in TABS else "waiting"
    tabs = tuple(_tab(session, code, by, rules, now.date()) for code in TABS)
    total = next(one.count for one in tabs if one.code == tab)
    number, pages, before = place(number, total, PAGE_SIZE)
    order = Handover.ended_at.desc() if tab == "ended" else Handover.sent_at
    query = select(Handover).where(_mine(by), Handover.state.in_(TABS[tab][1])).order_by(order, Handover.id)
    found = session.scalars(query.limit(PAGE_SIZE).offset(before)).all()
    audit.write(session, by, now, Line(Action.LIST_READ, detail=f"inbox:{tab}"))
    return InboxPage(tab, tabs, _rows(found, rules, now.date()), number, pages)


def _rows(found: Sequence[Handover], rules: Rules, today: date) -> tuple[Row, ...]:
    return tuple(Row(handover, due(handover, rules, today), chain(handover)) for handover in found)


def _tab(session: Session, code: str, by: Person, rules: Rules, today: date) -> Tab:
    label, states = TABS[code]
    asked = _mine(by) & Handover.state.in_(states)
    count = session.scalar(select(func.count()).select_from(Handover).where(asked)) or 0
    return Tab(code, label, count, _late(session, asked, rules, today) if code != "ended" else 0)


def _late(session: Session, asked: ColumnElement[bool], rules: Rules, today: date) -> int:
    columns = (Handover.state, Handover.way, Handover.sent_at, Handover.received_at)
    rows = session.execute(select(*columns).where(asked))
    return sum(_is_late(*row, rules, today) for row in rows)


def _is_late(state: str, way: str, sent: datetime | None, received: datetime | None, rules: Rules, today: date) -> bool:
    found = due(Handover(state=state, way=way, sent_at=sent, received_at=received), rules, today)
    return found is not None and found.late > 0


def _mine(by: Person) -> ColumnElement[bool]:
    """Lies in the inbox of one of this person's departments."""
    desks = select(HandoverDesk.handover_id).where(HandoverDesk.department.in_(by.departments))
    return Handover.id.in_(desks)


def counts(session: Session, by: Person, rules: Rules, today: date) -> Counts:
    """For every page's navigation: two small queries, nothing personal."""
    waiting = late = news = 0
    if by.may(Permission.RECEIVE):
        tab = _tab(session, "waiting", by, rules, today)
        waiting, late = tab.count, tab.late
    if by.may(Permission.WRITE):
        mine = Handover.sheet_id.in_(select(Sheet.id).where(Sheet.clerk_department.in_(by.departments)))
        asks = or_(Handover.news.is_(True), Handover.state == "returned")
        news = session.scalar(select(func.count()).select_from(Handover).where(mine, asks)) or 0
    return Counts(waiting, late, news)


def seen(sheet: Sheet, shown: Mapping[int, int]) -> None:
    """The sender's desk has looked at these つなぎ (number → version): no news any more, unless a newer one came."""
    for row in sheet.handovers:
        if shown.get(row.id) == row.version:
            row.news = False
