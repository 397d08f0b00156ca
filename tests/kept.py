"""A sheet of a made-up person, homes that hold it, and a look for its words in every file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from alembic import command
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from referral_app import accounts, consent, db, sheet_input, sheets
from referral_app.catalogue import Catalogue
from referral_app.cli import main
from referral_app.config import Settings
from referral_app.sealing import KeyFile
from referral_app.sheet_input import HandoverInput, SheetInput

NOW = datetime(2026, 11, 24, 14, 32)
NAME, WORRY, PHONE = "架空野 みほん", "夜ごと天井の数をかぞえている", "000-1234-9876"
PRIVATE = (NAME, WORRY, PHONE)
VALUES = {"name": NAME, "story": WORRY, "phone": PHONE}
GIVEN = SheetInput(
    values=VALUES,
    items=("住まい", "債務"),
    gravest="債務",
    explained=True,
    handovers=(
        HandoverInput("P070", "ひみつのお願い", consent="legal", legal_ground=consent.GROUNDS[1], legal_reason="けが"),
    ),
    version=1,
)
CLEAR = (*PRIVATE, "見本 一郎", "債務", "ひみつのお願い", consent.GROUNDS[1], "けが")


def add_sheet(engine: Engine, catalogue: Catalogue, given: SheetInput = GIVEN) -> str:
    with db.transaction(engine) as session:
        by = accounts.as_person(accounts.by_login(session, "mado"))
        sheet = sheets.create(session, catalogue, story="", windows=["P070"], items=[], by=by, now=NOW)
        given = replace(given, version=sheet.version)
        return sheets.save(session, catalogue, sheet.number, given, by, NOW).number


def read(engine: Engine, number: str = "R8-0001") -> SheetInput:
    with db.reading(engine) as session:
        return sheet_input.as_input(sheets.get(session, number))


def spilt(folder: Path, words: tuple[str, ...] = CLEAR) -> list[tuple[str, str]]:
    """Which words stand in clear in which file."""
    files = [file for file in folder.rglob("*") if file.is_file() and "index" not in file.parts]
    return [(file.name, word) for file in files for word in words if word.encode() in file.read_bytes()]


def home_with(folder: Path, engine: Engine, keys: KeyFile) -> Settings:
    """A home holding a copy of the engine's database and key."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "referral.db")) as copy, closing(engine.raw_connection()) as pooled:
        pooled.driver_connection.backup(copy)  # type: ignore[union-attr]
    shutil.copy(keys.path, folder / "data.key")
    return Settings.at(folder)


@contextmanager
def opened(kept: Settings) -> Iterator[tuple[Engine, KeyFile]]:
    keys = KeyFile(kept.key_file)
    engine = db.open_engine(kept.database_url, keys)
    yield engine, keys
    engine.dispose()


def referral(kept: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"REFERRAL_HOME": str(kept.home)})


def first_release(file: Path) -> None:
    """A database at 0001 with a sheet in clear."""
    engine = db.open_engine(f"sqlite:///{file}")
    config = db._config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    clerk = {"clerk_department": "市民協働推進課", "clerk_name": "見本 一郎"}
    blank = dict.fromkeys((*clerk, *sheet_input.TEXT_FIELDS, *sheet_input.CHOICE_FIELDS), "")
    row = blank | clerk | VALUES | {"number": "R8-0007", "at": NOW}
    names = ", ".join(blank)
    marks = ", ".join(f":{name}" for name in blank)
    with engine.connect() as connection, connection.begin():
        connection.execute(
            text(
                f"INSERT INTO sheet (number, version, received_at, saved_at, explained, {names})"  # noqa: S608
                f" VALUES (:number, 3, :at, :at, 1, {marks})"
            ),
            row,
        )
        connection.execute(text("INSERT INTO sheet_item (sheet_id, item, gravest) VALUES (1, '債務', 1)"))
        connection.execute(
            text(
                "INSERT INTO handover (sheet_id, position, window, department, programme, ask, way, name_only, consent,"
                " consent_by, withdrawn_by, legal_ground, legal_reason) VALUES (1, 1, 'P070', '課', '事業',"
                " 'ひみつのお願い', '', 0, 'legal', '見本 一郎', '', :ground, 'けが')"
            ),
            {"ground": consent.GROUNDS[1]},
        )
    engine.dispose()
