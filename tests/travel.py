"""Sheets on their way, for tests: P046 lies with 福祉総合支援課, P032 with こども家庭センター."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from referral_app import db, handovers, sending, sheets
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.handovers import Words
from referral_app.models import Handover, Sheet
from referral_app.sheet_input import HandoverInput, SheetInput

SENT_AT = datetime(2026, 11, 24, 10, 0)
SAID = Words(answer="予約を取りました", reason="担当が違います", receiver="架空野 受付")
PERSON = {"name": "架空野 みほん", "phone": "000-1234-9876", "address": "見本町1-2", "may_phone": "よい"}
STORY = "夜ごと天井の数をかぞえている"


def row(window: str, consent: str = "oral", way: str = "庁内で送付", **more: str) -> HandoverInput:
    return HandoverInput(window, f"{window} へのお願い", way, consent, **more)  # type: ignore[arg-type]


def draft(
    engine: Engine, catalogue: Catalogue, by: Person, *rows: HandoverInput, items: tuple[str, ...] = ("債務",)
) -> Sheet:
    """A saved sheet, not sent."""
    rows = rows or (row("P046"), row("P032"))
    with db.transaction(engine) as session:
        made = sheets.create(
            session, catalogue, story="", windows=[one.window for one in rows], items=(), by=by, now=SENT_AT
        )
        given = SheetInput({**PERSON, "story": STORY}, items, "", True, rows, made.version)
        return sheets.save(session, catalogue, made.number, given, by, SENT_AT)


def sent(
    engine: Engine, catalogue: Catalogue, by: Person, *rows: HandoverInput, items: tuple[str, ...] = ("債務",)
) -> Sheet:
    """A sheet that was sent to every row with a basis."""
    made = draft(engine, catalogue, by, *rows, items=items)
    with db.transaction(engine) as session:
        return sending.send(session, catalogue, made.number, made.version, by, SENT_AT)


def take(
    engine: Engine, handover: int, step: str, by: Person, words: Words = SAID, at: datetime = SENT_AT, version: int = 0
) -> Handover:
    """One step, from the version that is there now unless one is given."""
    with db.transaction(engine) as session:
        found = handovers.get(session, handover)
        return handovers.take(session, handover, step, version or found.version, words, by, at)
