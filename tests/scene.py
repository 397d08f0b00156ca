"""Sheets at every stage for the tests of faults, and what must be true of each whatever happened to the machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from referral_app import accounts, audit, db, handovers, sending, sheets
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.models import AuditEntry, Handover, Sheet
from referral_app.sheet_input import HandoverInput, SheetInput
from tests.kept import NOW

WORDS = "月の裏がわまで歩いて帰った"
# Two desks of this house, one outside of it, one without consent that stays behind.
GOING = ("P046", "P032", "hellowork")
GIVEN = SheetInput(
    values={"story": "見本の話", "name": "架空野 みほん"},
    explained=True,
    handovers=(
        *(HandoverInput(code, "見本のお願い", "庁内で送付", "oral") for code in GOING),
        HandoverInput("P070", "見本のお願い", "", "refused"),
    ),
)
TABLES = ("sheet", "sheet_item", "handover", "handover_desk", "handover_event", "addendum", "number_counter")


def person(session: Session, login: str) -> Person:
    return accounts.as_person(accounts.by_login(session, login))


def ready(engine: Engine, catalogue: Catalogue, count: int) -> list[str]:
    """Numbers of new drafts, saved with consent (version 2), to be sent."""
    with db.transaction(engine) as session:
        return [_draft(session, catalogue) for _ in range(count)]


def _draft(session: Session, catalogue: Catalogue) -> str:
    by = person(session, "mado")
    codes = [row.window for row in GIVEN.handovers]
    sheet = sheets.create(session, catalogue, story="", windows=codes, items=(), by=by, now=NOW)
    return sheets.save(session, catalogue, sheet.number, replace(GIVEN, version=sheet.version), by, NOW).number


def sent(engine: Engine, catalogue: Catalogue, count: int) -> list[str]:
    """Numbers of new sheets on their way."""
    with db.transaction(engine) as session:
        numbers = [_draft(session, catalogue) for _ in range(count)]
        for number in numbers:
            sending.send(session, catalogue, number, 2, person(session, "mado"), NOW)
        return numbers


def rows(engine: Engine, number: str) -> dict[str, Handover]:
    """The つなぎ of a sheet by window."""
    with db.reading(engine) as session:
        return {row.window: row for row in sheets.get(session, number).handovers}


# ---- buttons ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Press:
    """A button somebody presses, with what they typed. ``stays``: what the answer to a failure must show."""

    login: str
    path: str
    fields: dict[str, object]
    stays: str = WORDS


def presses(engine: Engine, catalogue: Catalogue) -> list[Press]:
    """Everything that writes between consultation and answer, on sheets of their own: each can be done in any order."""
    draft, to_send = ready(engine, catalogue, 2)
    way, back, on = sent(engine, catalogue, 3)
    row = rows(engine, way)
    returning = rows(engine, back)["P046"]
    with db.transaction(engine) as session:
        kodomo = person(session, "kodomo")
        held = handovers.take(session, row["P032"].id, "receive", 2, handovers.Words(), kodomo, NOW)
    inbox = {"from": "inbox"}
    more = {"window": "P006", "ask": WORDS, "way": "同行", "consent": "oral", "explained": "yes"}
    reply = {"version": row["hellowork"].version, "receiver": "見本", "result": "finish", "words": WORDS}
    return [
        Press("mado", "/sheets", {"text": WORDS, "picks": "P070"}),
        Press("mado", f"/sheets/{draft}", {"version": 2, "windows": "P046", "story": WORDS}),
        Press("mado", f"/sheets/{to_send}/send", {"version": 2}, "まだ送っていません"),
        Press("mado", f"/sheets/{way}/addenda", {"words": WORDS}),
        Press("mado", f"/handovers/{row['hellowork'].id}/reply", reply),
        Press("mado", f"/sheets/{on}/on", more),
        Press("fukushi", f"/handovers/{row['P046'].id}/receive", {"version": row["P046"].version, **inbox}, "もう一度"),
        Press("fukushi", f"/handovers/{returning.id}/return", {"version": returning.version, "reason": WORDS, **inbox}),
        Press("kodomo", f"/handovers/{held.id}/finish", {"version": held.version, "answer": WORDS, **inbox}),
        Press("kanri", "/accounts/new", {"login": f"new-{draft.lower()}", "name": WORDS, "role": "trainee"}),
    ]


# ---- what must be true --------------------------------------------------------------------------


def everything(home: Settings) -> dict[str, list[tuple[object, ...]]]:
    """All rows about sheets as they lie in the file."""
    with closing(sqlite3.connect(home.home / "referral.db", timeout=60)) as raw:
        return {name: raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}  # noqa: S608


def states(engine: Engine, catalogue: Catalogue) -> Iterator[str]:
    """``whole`` of every sheet."""
    with db.reading(engine) as session:
        numbers = session.scalars(select(Sheet.number)).all()
    return (whole(engine, catalogue, number) for number in numbers)


def whole(engine: Engine, catalogue: Catalogue, number: str) -> str:
    """draft or sent; fails on anything in between. Sheet, つなぎ, desks, history and record must agree."""
    with db.reading(engine) as session:
        sheet = sheets.get(session, number)
        lines = session.scalars(select(AuditEntry).where(AuditEntry.sheet == number, AuditEntry.action == "step")).all()
    noted = sorted((line.handover_id, line.detail) for line in lines)
    told = sorted((row.id, event.step) for row in sheet.handovers for event in row.events if event.step != "consent")
    assert noted == told, number
    if sheet.sent_at is None:
        assert not told, number
    for row in sheet.handovers:
        departments = catalogue.programmes[row.window].departments if row.window in catalogue.programmes else ()
        goes = sheet.sent_at is not None and row.consent == "oral"
        steps = [event.step for event in row.events][:2]
        desks = {desk.department for desk in row.desks}
        assert (steps, desks) == ((["consent", "send"], set(departments)) if goes else ([], set())), number
        assert [told.count((row.id, "send")), bool(row.sent_at), bool(row.channel)] == [goes] * 3, number
        assert (row.state in ("draft", "consented")) != goes, number
    return "sent" if sheet.sent_at else "draft"


def verified(engine: Engine) -> None:
    """The chain of the record is whole."""
    with db.reading(engine) as session:
        assert audit.verify(session).wrong is None
