"""Verbs on the つながるシート against a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, inspect

from referral_app import db, demo, sheets
from referral_app.catalogue import Catalogue
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.models import Base, Sheet
from referral_app.sheets import HandoverInput, SheetInput

NOW = datetime(2026, 11, 24, 14, 32)
AWKWARD = "𠮷田 髙﨑 <b>&\"'; DROP TABLE sheet; --\n二行目　\u200b🙂"


@pytest.fixture
def sheet(engine: Engine, catalogue: Catalogue) -> Sheet:
    with db.transaction(engine) as session:
        return sheets.create(
            session, catalogue, story="借金がある", windows=["P070", "houterasu"], items=["債務"], now=NOW
        )


def test_a_sheet_is_prefilled_from_the_consultation(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    with db.reading(engine) as session:
        found = sheets.get(session, "R8-0001")
    assert (found.story, found.version) == ("借金がある", 1)
    assert [item.item for item in found.items] == ["債務"]
    assert [(h.window, h.department) for h in found.handovers] == [
        ("P070", "市民協働推進課"),
        ("houterasu", "法テラス"),
    ]
    assert found.handovers[0].ask == catalogue.programmes["P070"].what_to_say
    assert not found.handovers[0].consent


def test_a_sheet_needs_a_window_and_a_known_one(engine: Engine, catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput), db.transaction(engine) as session:
        sheets.create(session, catalogue, story="", windows=[], items=[], now=NOW)
    with pytest.raises(NotFound), db.transaction(engine) as session:
        sheets.create(session, catalogue, story="", windows=["P999"], items=[], now=NOW)


def test_everything_keyed_in_comes_back_to_the_letter(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    given = SheetInput(
        values={name: AWKWARD[: rule.longest].strip() for name, rule in sheets.TEXT_FIELDS.items()}
        | {name: allowed[0] for name, allowed in sheets.CHOICE_FIELDS.items()},
        items=("住まい", "その他"),
        gravest="その他",
        explained=True,
        handovers=(HandoverInput("P006", AWKWARD.strip(), "同行", "written", True),),
        version=1,
    )
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, NOW)
    with db.reading(engine) as session:
        assert sheets.as_input(sheets.get(session, sheet.number)) == replace(given, version=2)


def test_two_people_saving_at_once_leaves_one_winner(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    given = sheets.as_input(sheet)
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, NOW)
    with pytest.raises(Conflict, match="ほかの画面"), db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, NOW)


def test_consent_keeps_who_took_it_and_when(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    row = HandoverInput("P070", consent="oral")
    given = SheetInput(values={"clerk_name": "見本 一郎"}, explained=True, handovers=(row,), version=1)
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, NOW)
    later = replace(given, values={"clerk_name": "見本 二郎"}, version=2)
    with db.transaction(engine) as session:
        saved = sheets.save(session, catalogue, sheet.number, later, NOW + timedelta(hours=1))
    assert (saved.handovers[0].consent_by, saved.handovers[0].consent_at) == ("見本 一郎", NOW)


FAULTS = {
    "consent without a clerk": (
        SheetInput(explained=True, handovers=(HandoverInput("P070", consent="oral"),)),
        "clerk_name",
    ),
    "consent without an explanation": (
        SheetInput(values={"clerk_name": "見本"}, handovers=(HandoverInput("P070", consent="written"),)),
        "explained",
    ),
    "gravest not ticked": (SheetInput(items=("債務",), gravest="介護"), "items"),
    "story too long": (SheetInput(values={"story": "あ" * 10_001}), "story"),
    "unknown way": (SheetInput(handovers=(HandoverInput("P070", way="鳩"),)), "consent-P070"),
    "unknown choice": (SheetInput(values={"may_phone": "たぶん"}), "may_phone"),
    "ask too long": (SheetInput(handovers=(HandoverInput("P070", ask="あ" * 301),)), "ask-P070"),
    "too many": (SheetInput(handovers=tuple(HandoverInput(f"P{n:03}") for n in range(1, 14))), "handovers"),
}


@pytest.mark.parametrize(("given", "field"), FAULTS.values(), ids=FAULTS.keys())
def test_what_must_be_mended_is_told_beside_its_field(given: SheetInput, field: str) -> None:
    assert field in sheets.faults(given)


def test_refusal_of_consent_needs_no_explanation() -> None:
    assert not sheets.faults(SheetInput(handovers=(HandoverInput("P070", consent="refused"),)))


def test_a_number_is_never_given_twice(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    with db.transaction(engine) as session:
        sheets.discard(session, sheet.number)
    with db.transaction(engine) as session:
        again = sheets.create(session, catalogue, story="", windows=["P006"], items=[], now=NOW)
        next_year = sheets.create(session, catalogue, story="", windows=["P006"], items=[], now=datetime(2027, 4, 1))
        assert (again.number, next_year.number) == ("R8-0002", "R9-0001")
    with pytest.raises(NotFound), db.reading(engine) as session:
        sheets.get(session, sheet.number)


def test_the_list_is_cut_into_pages_and_a_page_too_far_is_the_last(engine: Engine, catalogue: Catalogue) -> None:
    with db.transaction(engine) as session:
        for n in range(sheets.PAGE_SIZE + 1):
            sheets.create(session, catalogue, story="", windows=["P006"], items=[], now=NOW + timedelta(minutes=n))
    with db.reading(engine) as session:
        first, last = sheets.listing(session), sheets.listing(session, 99)
    assert (len(first.sheets), first.pages, first.total) == (50, 2, 51)
    assert first.sheets[0].number == "R8-0051"
    assert [s.number for s in last.sheets] == ["R8-0001"]


def test_demo_sheets_enter_an_empty_database_only(engine: Engine, catalogue: Catalogue) -> None:
    with db.transaction(engine) as session:
        assert demo.fill(session, catalogue, NOW) == 2
    with db.transaction(engine) as session:
        assert demo.fill(session, catalogue, NOW) == 0


def test_migrations_lead_to_exactly_the_tables_of_the_models(engine: Engine) -> None:
    tables = inspect(engine)
    assert set(tables.get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    for name, table in Base.metadata.tables.items():
        assert {column["name"] for column in tables.get_columns(name)} == {column.name for column in table.columns}


def test_sqlite_keeps_foreign_keys_and_writes_ahead(engine: Engine) -> None:
    with engine.connect() as connection:
        answers = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "journal_mode")]
    assert answers == [1, "wal"]
