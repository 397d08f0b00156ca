"""Sheets end after their time: a list first, then a deletion that really removes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from referral_app import audit, db, retention, rules, sheets
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.errors import Conflict, NotFound, Refused
from referral_app.rules import Rules
from tests.kept import referral
from tests.travel import SENT_AT, draft, row, sent, take

People = dict[str, Person]


@pytest.fixture
def spans(settings: Settings) -> Rules:
    return rules.load(settings.data / "rules.toml")


def due(engine: Engine, spans: Rules, people: People, now: datetime) -> list[str]:
    with db.reading(engine) as session:
        return [one.number for one in retention.due(session, spans, people["kanri"], now)]


def test_a_sheet_ends_when_all_its_destinations_have_ended_long_ago(
    engine: Engine, catalogue: Catalogue, people: People, spans: Rules
) -> None:
    first, second = sent(engine, catalogue, people["mado"]).handovers
    ended = SENT_AT + timedelta(days=7)
    take(engine, first.id, "receive", people["fukushi"])
    take(engine, first.id, "finish", people["fukushi"], at=ended)
    assert due(engine, spans, people, ended + spans.closed + timedelta(days=400)) == []
    take(engine, second.id, "recall", people["mado"], at=ended)
    assert due(engine, spans, people, ended + spans.closed - timedelta(days=1)) == []
    assert due(engine, spans, people, ended + spans.closed + timedelta(days=1)) == ["R8-0001"]


def test_a_draft_ends_when_nobody_touched_it(
    engine: Engine, catalogue: Catalogue, people: People, spans: Rules
) -> None:
    draft(engine, catalogue, people["mado"])
    assert due(engine, spans, people, SENT_AT + spans.draft - timedelta(minutes=1)) == []
    assert due(engine, spans, people, SENT_AT + spans.draft) == ["R8-0001"]


def test_only_who_keeps_the_sheets_may_end_them(engine: Engine, people: People, spans: Rules) -> None:
    for login in ("mado", "fukushi", "keikaku", "jukou"):
        with pytest.raises(Refused), db.transaction(engine) as session:
            retention.due(session, spans, people[login], SENT_AT)
        with pytest.raises(Refused), db.transaction(engine) as session:
            retention.end(session, spans, ["R8-0001"], people[login], SENT_AT)


def test_what_is_ended_is_gone_with_everything_and_from_every_file(
    engine: Engine, catalogue: Catalogue, people: People, spans: Rules, tmp_path: Path
) -> None:
    made = sent(engine, catalogue, people["mado"], row("P046"))
    take(engine, made.handovers[0].id, "recall", people["mado"])
    young = draft(engine, catalogue, people["mado"])
    now = SENT_AT + spans.closed + timedelta(days=1)
    with engine.connect() as connection:
        sealed = [str(connection.scalar(text(f"SELECT {name} FROM sheet WHERE id = 1"))) for name in ("story", "name")]  # noqa: S608
    with pytest.raises(Conflict, match="何も消していません"), db.transaction(engine) as session:
        retention.end(session, spans, [made.number, "R8-9999"], people["kanri"], now)
    with db.transaction(engine) as session:
        assert retention.end(session, spans, [made.number], people["kanri"], now) == 1
    db.forget(engine)
    assert db.scrub(engine)
    files = b"".join(file.read_bytes() for file in tmp_path.glob("referral.db*"))
    assert not [token for token in sealed if token.encode() in files]
    with db.reading(engine) as session:
        with pytest.raises(NotFound):
            sheets.get(session, made.number)
        sheets.get(session, young.number)
        for name in ("handover", "handover_event", "handover_desk"):
            left = session.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            assert left == (2 if name == "handover" else 0), name
        line = audit.listing(session).entries[0]
        assert (line.action, line.sheet) == ("sheet_ended", made.number)
        assert audit.verify(session).wrong is None


def test_a_chain_of_handovers_can_be_ended(engine: Engine, catalogue: Catalogue, people: People, spans: Rules) -> None:
    from referral_app import sending

    made = sent(engine, catalogue, people["mado"], row("P046"))
    back = take(engine, made.handovers[0].id, "return", people["fukushi"])
    with db.transaction(engine) as session:
        after = (back.id, back.version)
        again = sending.hand_on(session, catalogue, made.number, row("P050"), True, after, people["mado"], SENT_AT)
    take(engine, again.id, "recall", people["mado"])
    with db.transaction(engine) as session:
        now = SENT_AT + spans.closed + timedelta(days=1)
        assert retention.end(session, spans, [made.number], people["kanri"], now) == 1


def test_the_console_lists_and_ends(kept: Settings) -> None:
    assert referral(kept, "retention", "list").output == ""
    refused = referral(kept, "retention", "end", "R8-0001")
    assert (refused.exit_code, "何も消していません" in refused.output) == (1, True)
