"""Personal data at rest: sealed in every file, opened by its key alone."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from referral_app import db, keeping, sheets
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.models import Base, Sheet
from referral_app.sealing import KeyFile, KeyTrouble, Sealed
from tests.kept import (
    CLEAR,
    GIVEN,
    NAME,
    NOW,
    VALUES,
    WORRY,
    add_sheet,
    first_release,
    opened,
    read,
    referral,
    spilt,
)
from tests.people import PEOPLE

CLERK = Person(None, "", "見本 一郎", "clerk", ("市民協働推進課",))

# ---- sealing ------------------------------------------------------------------------------------


def test_no_personal_word_stands_in_any_file(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    add_sheet(engine, catalogue)
    assert (tmp_path / "referral.db-wal").stat().st_size
    assert spilt(tmp_path) == []
    assert read(engine) == replace(GIVEN, version=2, values=read(engine).values)
    assert read(engine).values.items() >= VALUES.items()


def test_every_text_a_person_writes_is_sealed() -> None:
    clear = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.type.python_type is str and not isinstance(column.type, Sealed)
    }
    routing = {f"handover.{name}" for name in ("window", "department", "programme", "way", "consent")}
    travel = {"handover.scope", "handover.state", "handover.channel", "handover_desk.department"}
    events = {"handover_event.step", "handover_event.by_department"}
    staff = {f"account.{name}" for name in ("login", "role", "password_hash")} | {"account_department.department"}
    record = {f"audit_entry.{name}" for name in ("action", "sheet", "detail", "mac")} | {"audit_head.mac"}
    numbers = {"sheet.number", "sheet.clerk_department", "number_counter.prefix", "login_try.name"}
    staff.add("account_department.department")
    # Which text of which scenario is played, and by which code a course is joined; what is answered is sealed.
    training = {f"practice_scenario.{name}" for name in ("code", "state")} | {"practice_scenario_text.version"}
    training |= {"practice_course.code", "practice_run.scenario", "practice_run.version", "practice_answers.kind"}
    assert clear == numbers | routing | travel | events | staff | record | training


@given(words=st.text(), again=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_any_text_comes_back_to_the_letter(engine: Engine, words: str, again: str) -> None:
    with db.transaction(engine) as session:
        session.add(Sheet(number="x", version=1, received_at=NOW, saved_at=NOW, story=words, name=again))
        session.flush()
        session.expire_all()
        found = session.scalars(select(Sheet)).one()
        assert (found.story, found.name) == (words, again)
        session.rollback()


def test_the_same_words_are_sealed_differently_every_time(keys: KeyFile) -> None:
    assert keys.seal(NAME) != keys.seal(NAME)


def test_an_error_of_the_database_names_no_words(engine: Engine) -> None:
    with pytest.raises(Exception, match="NOT NULL") as told, db.transaction(engine) as session:
        session.add(Sheet(number=NAME, version=1, received_at=NOW, story=WORRY))
    assert NAME not in str(told.value)


# ---- the key ------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "far" / "data.key")
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(KeyFile(keys.path).create())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in keys.path.parent.iterdir()] == ["data.key"]
    assert keys.open(keys.seal(WORRY)) == WORRY


def test_the_place_of_the_key_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFERRAL_KEY_FILE", str(tmp_path / "usb" / "k"))
    assert Settings.from_environment().key_file == tmp_path / "usb" / "k"


def both(kept: Settings) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in kept.home.iterdir() if file.name in ("referral.db", "data.key")}


@pytest.mark.parametrize("spoil", ["missing", "wrong", "empty", "no key"])
def test_a_lost_or_wrong_key_is_told_and_nothing_is_written(kept: Settings, catalogue: Catalogue, spoil: str) -> None:
    kept.key_file.unlink()
    if spoil == "wrong":
        KeyFile(kept.key_file).create()
    elif spoil != "missing":
        kept.key_file.write_text("" if spoil == "empty" else "password")
    before = both(kept)
    for arguments in (("init",), ("key", "rotate")):
        result = referral(kept, *arguments)
        assert result.exit_code == 1
        assert "鍵" in result.output
        assert "写し" in result.output
        assert "Traceback" not in result.output
    with opened(kept) as (engine, keys), pytest.raises(KeyTrouble):
        keeping.prepare(engine, keys)
    assert before == both(kept)
    with opened(kept) as (engine, _keys), pytest.raises(db.Unavailable, match="鍵"):
        read(engine)
    if spoil != "wrong":
        with opened(kept) as (engine, _keys), pytest.raises(db.Unavailable, match="鍵"):
            add_sheet(engine, catalogue)


def test_a_key_swapped_under_a_running_program_is_refused(engine: Engine, keys: KeyFile, catalogue: Catalogue) -> None:
    add_sheet(engine, catalogue)
    keys.path.unlink()
    KeyFile(keys.path).create()
    with pytest.raises(db.Unavailable, match="別の鍵"):
        add_sheet(engine, catalogue)


def test_a_changed_row_is_told_by_its_name(kept: Settings) -> None:
    with closing(sqlite3.connect(kept.home / "referral.db")) as raw, raw:
        token = raw.execute("SELECT story FROM sheet").fetchone()[0]
        middle = len(token) // 2
        spoilt = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
        raw.execute("UPDATE sheet SET story = ?", (spoilt,))
    with opened(kept) as (engine, _keys), pytest.raises(db.Unavailable, match="開けない欄"):
        read(engine)
    for arguments in (("init",), ("key", "rotate")):
        result = referral(kept, *arguments)
        assert result.exit_code == 1
        assert "開けない行: sheet 1" in result.output


def test_rotation_renews_every_row_and_a_running_program_follows(kept: Settings, catalogue: Catalogue) -> None:
    old = kept.key_file.read_text().split()
    with opened(kept) as (running, _keys):
        before = read(running)
        result = referral(kept, "key", "rotate")
        assert result.exit_code == 0, result.output
        rows = 4 + len(PEOPLE) + 1  # a sheet, two items, a handover; accounts; the record's secret
        assert f" {rows} 行を封じ直しました" in result.output
        new = kept.key_file.read_text().split()
        assert (len(new), new[1:]) == (2, old)
        assert kept.key_file.stat().st_mode & 0o777 == 0o600
        assert read(running) == before
        number = add_sheet(running, catalogue)
    kept.key_file.write_text(new[0] + "\n")
    with opened(kept) as (engine, keys):
        keeping.prepare(engine, keys, thorough=True)
        assert read(engine) == before
        assert read(engine, number).values["name"] == NAME


def test_a_rotation_that_fails_leaves_every_row_readable(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(100))

    def renew(keys: KeyFile, token: str) -> str:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return keys.seal(keys.open(token))

    monkeypatch.setattr(KeyFile, "renew", renew)
    with opened(kept) as (engine, keys):
        before = read(engine)
        with pytest.raises(KeyboardInterrupt):
            keeping.rotate(engine, keys)
        assert read(engine) == before
        keeping.prepare(engine, keys, thorough=True)


# ---- a database of the first release ------------------------------------------------------------


def test_the_rows_of_the_first_release_are_sealed_and_nothing_is_left_in_clear(tmp_path: Path) -> None:
    kept = Settings.at(tmp_path)
    first_release(tmp_path / "referral.db")
    assert {word for _, word in spilt(tmp_path)} == set(CLEAR)
    with opened(kept) as (engine, keys):
        assert keeping.prepare(engine, keys) == keeping.Prepared(key_made=True, migrated=True)
        assert spilt(tmp_path) == []
        found = read(engine, "R8-0007")
        assert found.values.items() >= VALUES.items()
        assert (found.items, found.gravest, found.version) == (("債務",), "債務", 3)
        assert replace(found.handovers[0], way="") == GIVEN.handovers[0]
        assert keeping.prepare(engine, keys, thorough=True) == keeping.Prepared(key_made=False, migrated=False)
        with db.transaction(engine) as session:
            sheets.discard(session, "R8-0007", CLERK, NOW)
            assert session.scalar(text("SELECT count(*) FROM sheet_item")) == 0


def test_without_a_key_the_first_release_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "referral.db"
    first_release(file)
    engine = db.open_engine(f"sqlite:///{file}", KeyFile(tmp_path / "nowhere"))
    with pytest.raises(KeyTrouble, match="データの鍵がありません"):
        db.migrate(engine)
    assert db.revision(engine) == "0001"
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM sheet")) == NAME
        assert connection.scalar(text("SELECT item FROM sheet_item")) == "債務"
    engine.dispose()
