"""The record: append-only, chained, and free of personal words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from referral_app import audit, db, keeping
from referral_app.access import Person
from referral_app.audit import Action, Line
from referral_app.config import Settings
from referral_app.errors import InvalidInput
from referral_app.sealing import KeyFile
from tests.conftest import TUESDAY
from tests.kept import referral
from tests.people import PEOPLE

LAST = len(PEOPLE) + 5  # the lines when five were written: the accounts of the test were made before


def write(engine: Engine, by: Person, count: int) -> None:
    with db.transaction(engine) as session:
        for n in range(count):
            audit.write(session, by, TUESDAY + timedelta(minutes=n), Line(Action.SHEET_READ, f"R8-{n:04}"))


def verdict(engine: Engine, closing: str = "") -> audit.Verdict:
    with db.reading(engine) as session:
        return audit.verify(session, closing)


def test_an_untouched_record_fits(engine: Engine, clerk: Person) -> None:
    write(engine, clerk, 5)
    found = verdict(engine)
    assert (found.wrong, found.lines) == (None, LAST)
    assert found.closing.startswith(f"{LAST}:")


@pytest.mark.parametrize("deed", ["UPDATE audit_entry SET detail = 'x'", "DELETE FROM audit_entry"])
def test_the_application_can_neither_change_nor_delete_a_line(engine: Engine, clerk: Person, deed: str) -> None:
    write(engine, clerk, 1)
    with pytest.raises(SQLAlchemyError, match="new lines only"), db.transaction(engine) as session:
        session.execute(text(deed))


def forge(file: Path, *deeds: str) -> None:
    """As somebody with the file, but without the key, would: the triggers are simply dropped."""
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("DROP TRIGGER audit_entry_no_update")
        raw.execute("DROP TRIGGER audit_entry_no_delete")
        for deed in deeds:
            raw.execute(deed)


TAMPERED = {
    "another person": (["UPDATE audit_entry SET account_id = 2 WHERE id = 11"], 11),
    "another time": (["UPDATE audit_entry SET at = '2026-11-25 00:00:00.000000' WHERE id = 10"], 10),
    "another sheet": (["UPDATE audit_entry SET sheet = 'R8-9999' WHERE id = 12"], 12),
    "a line taken out": (["DELETE FROM audit_entry WHERE id = 11"], 11),
    "taken out and renumbered": (
        ["DELETE FROM audit_entry WHERE id = 11", "UPDATE audit_entry SET id = id - 1 WHERE id > 11"],
        11,
    ),
    "the end cut off": ([f"DELETE FROM audit_entry WHERE id = {LAST}"], LAST),  # noqa: S608 (a test forges)
    "two lines swapped": (
        [
            "UPDATE audit_entry SET id = 99 WHERE id = 11",
            "UPDATE audit_entry SET id = 11 WHERE id = 12",
            "UPDATE audit_entry SET id = 12 WHERE id = 99",
        ],
        11,
    ),
    "emptied": (["DELETE FROM audit_entry"], 1),
}


@pytest.mark.parametrize(("deeds", "wrong"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_shows_where_it_begins(
    engine: Engine, clerk: Person, tmp_path: Path, deeds: list[str], wrong: int
) -> None:
    write(engine, clerk, 5)
    forge(tmp_path / "referral.db", *deeds)
    assert verdict(engine).wrong == wrong


def test_an_end_cut_off_together_with_its_head_shows_against_the_noted_closing(
    engine: Engine, clerk: Person, tmp_path: Path
) -> None:
    write(engine, clerk, 5)
    noted = verdict(engine).closing
    forge(
        tmp_path / "referral.db",
        f"UPDATE audit_head SET last = {LAST - 1}, mac = (SELECT mac FROM audit_entry WHERE id = {LAST - 1})",  # noqa: S608 (a test forges)
        f"DELETE FROM audit_entry WHERE id = {LAST}",  # noqa: S608 (a test forges)
    )
    assert verdict(engine).wrong is None
    assert verdict(engine, noted).wrong == LAST


def test_an_older_closing_still_stands_in_a_longer_record(engine: Engine, clerk: Person) -> None:
    noted = verdict(engine).closing
    write(engine, clerk, 3)
    assert verdict(engine, noted).wrong is None


def test_what_was_rolled_back_leaves_no_line(engine: Engine, clerk: Person) -> None:
    before = verdict(engine).lines
    with db.transaction(engine) as session:
        audit.write(session, clerk, TUESDAY, Line(Action.SHEET_READ))
        session.rollback()
    write(engine, clerk, 1)
    assert verdict(engine).lines == before + 1


def test_the_chain_outlives_a_rotation_of_the_key(engine: Engine, keys: KeyFile, clerk: Person) -> None:
    write(engine, clerk, 2)
    keeping.rotate(engine, keys)
    write(engine, clerk, 2)
    assert verdict(engine).wrong is None


def test_the_record_is_cut_into_pages_and_sifted(engine: Engine, clerk: Person) -> None:
    write(engine, clerk, audit.PAGE_SIZE)
    with db.reading(engine) as session:
        first, last = audit.listing(session), audit.listing(session, 99)
        assert (first.pages, first.entries[0].sheet, len(last.entries)) == (2, "R8-0099", len(PEOPLE))
        assert audit.listing(session, 1, "account_made").total == len(PEOPLE)
        assert audit.listing(session, 1, "", "R8-0007").total == 1


SPOIL: dict[str, Callable[[Path], None]] = {
    "untouched": lambda file: None,
    "changed": lambda file: forge(file, "UPDATE audit_entry SET detail = 'x' WHERE id = 3"),
}


@pytest.mark.parametrize("state", SPOIL)
def test_the_console_verifies_the_record(kept: Settings, state: str) -> None:
    SPOIL[state](kept.home / "referral.db")
    result = referral(kept, "audit", "verify")
    whole = state == "untouched"
    assert (result.exit_code == 0) == whole
    assert ("しめくくり" in result.output) == whole
    assert ("3 番目" in result.output) == (not whole)


@pytest.mark.parametrize("closing", ["3", "3:", "3;abc", "abc", "3:xyz", "14:83"])
def test_what_is_no_closing_is_said_and_not_passed_over(engine: Engine, closing: str) -> None:
    with pytest.raises(InvalidInput, match="の形です"):
        verdict(engine, closing)


def test_a_closing_is_read_in_any_width(engine: Engine) -> None:
    noted = verdict(engine).closing
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in noted)  # full-width forms
    assert verdict(engine, f" {wide} ").wrong is None


def test_an_emptied_record_is_not_all_right(engine: Engine, tmp_path: Path) -> None:
    forge(tmp_path / "referral.db", "DELETE FROM audit_entry", "DELETE FROM audit_head")
    assert verdict(engine).wrong == 1


def test_replacing_a_line_is_no_way_round_the_triggers(engine: Engine) -> None:
    with pytest.raises(SQLAlchemyError, match="new lines only"), db.transaction(engine) as session:
        session.execute(text("INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE id = 1"))


def test_deeds_of_the_console_stand_in_the_record(kept: Settings, tmp_path: Path) -> None:
    for deed in (("backup", str(tmp_path / "b.db")), ("key", "rotate"), ("user", "list"), ("retention", "list")):
        assert referral(kept, *deed).exit_code == 0
    assert referral(kept, "restore", str(tmp_path / "b.db"), "--replace").exit_code == 0
    engine = db.open_engine(kept.database_url, KeyFile(kept.key_file))
    with db.reading(engine) as session:
        assert audit.listing(session).entries[0].action == "restored"
    engine.dispose()
