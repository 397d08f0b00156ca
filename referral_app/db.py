"""Opens the database, brings it to the newest schema, and gives one transaction per piece of work."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.orm import Session as Session  # the pages name it without knowing SQLAlchemy

from referral_app.errors import ReferralError
from referral_app.sealing import KeyFile, KeyTrouble, give

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_TIMEOUT_MS = 5_000


# Our own mistakes; all other errors (a lock, a full disk, a file that is spoilt or out of reach) are the machine's.
OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


class Unavailable(ReferralError):
    """The database cannot be used now: another save holds it, or it is out of reach."""


def open_engine(url: str | URL, keys: KeyFile | None = None) -> Engine:
    """An engine for the URL; SQLite gets write-ahead log, foreign keys and a busy timeout.

    Without keys it raises KeyTrouble wherever sealed words are read or written.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _prepare_file(parsed)
        engine = create_engine(parsed, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    else:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    if keys:
        give(engine.dialect, keys)
    return engine


@contextmanager
def opened(url: str | URL, keys: KeyFile | None = None) -> Iterator[Engine]:
    """An engine for a short piece of work; afterwards nothing of it holds the file."""
    engine = open_engine(url, keys)
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare_file(url: URL) -> None:
    """A new database file is the owner's alone; SQLite gives its log the same rights."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return
    file = Path(url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself, see _begin
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "secure_delete = ON",
        "recursive_triggers = ON",  # or INSERT OR REPLACE would pass by the record's triggers
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    """Two writers queue at BEGIN instead of failing half-way with a stale read; readers never wait."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """For work that writes. Returning commits, raising rolls back. Raises Unavailable when it must wait too long."""
    with _told(), Session(engine.execution_options(writes=True), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """For pages that only look: one consistent view, nothing is written. Raises Unavailable."""
    with _told(), Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def _told() -> Iterator[None]:
    """Says what the database answered in words for the clerk; its own message may hold a resident's words."""
    try:
        yield
    except KeyTrouble as error:
        logger.error("database: %s", type(error).__name__)
        raise Unavailable(str(error)) from None
    except DatabaseError as error:
        if isinstance(error, OURS):
            raise
        logger.error("database: %s", type(error.orig).__name__)
        if "locked" in str(error.orig):
            raise Unavailable("ほかの人の保存を待っています。少し待って、もう一度押してください。") from None
        raise Unavailable(
            "いまは保存も読み出しもできません。少し待って、もう一度お試しください。"
            "続くときは、管理者に時刻を伝えてください。"
        ) from None


def forget(engine: Engine) -> None:
    """After a deletion: empties SQLite's write-ahead log, which still holds the old text."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def scrub(engine: Engine) -> bool:
    """Writes SQLite's file anew, so that no free page holds what was replaced; False while others hold it."""
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
        busy: int = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        logger.warning("database: in use, free pages not cleared")
        return False
    finally:
        connection.close()
    return not busy


def migrate(engine: Engine) -> bool:
    """Brings the schema to the newest revision; True when something was done. Raises KeyTrouble, ReferralError."""
    if is_current(engine):
        return False
    config = _config()
    try:
        # One transaction that writes from its first word: a second start waits, and finds nothing left to do.
        with engine.execution_options(writes=True).connect() as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise ReferralError(
            "このデータベースは、もっと新しい版のつながるデスクのものです。新しい版で開いてください。"
        ) from None
    scrub(engine)  # 0002 seals what stood there in clear
    return True


def revision(engine: Engine) -> str | None:
    """Where the schema stands; None before the first migration."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """True when the database stands at the newest revision."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return revision(engine) == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
