"""Keeps what is stored safe: first key, key check, rotation, backup, restore."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, TableClause, column, inspect, select, table, update
from sqlalchemy.engine import URL, make_url

from referral_app import db
from referral_app.config import Settings
from referral_app.errors import ReferralError
from referral_app.models import Base
from referral_app.sealing import KeyFile, KeyTrouble, Sealed

KEY_MADE = """データの鍵を作りました ({path})。
この鍵がないと、シートも控えも二度と読めません。写しを、控えとは別の安全な場所に置いてください。"""
BEFORE_SEALING = (None, "0001")  # revisions whose words stand in clear
SAMPLE = 50  # sealed texts tried at a start; everything is tried by init, rotate and restore


@dataclass(frozen=True)
class Prepared:
    """What a start had to do."""

    key_made: bool
    migrated: bool


@dataclass(frozen=True)
class _Row:
    """A row as it lies in the file: its sealed columns that hold something."""

    table: TableClause
    id: int
    sealed: dict[str, str]


def prepare(engine: Engine, keys: KeyFile, thorough: bool = False) -> Prepared:
    """Key and newest schema for this database. Raises KeyTrouble; a key is made only where nothing is sealed yet."""
    made = False
    if db.revision(engine) in BEFORE_SEALING:
        made = keys.create()
    else:
        with engine.connect() as connection:
            made = next(_rows(connection), None) is None and keys.create()
            _check(connection, keys, None if thorough else SAMPLE)
    return Prepared(made, db.migrate(engine))


def rotate(engine: Engine, keys: KeyFile) -> int:
    """A new key, and every row under it in one transaction; returns how many. Old keys stay for old backups."""
    prepare(engine, keys)
    with db.transaction(engine) as session:
        connection = session.connection()  # from here on nobody else saves, or adds a key
        _check(connection, keys, None)
        keys.add()
        rows = list(_rows(connection))
        for row in rows:
            renewed = {name: keys.renew(token) for name, token in row.sealed.items()}
            connection.execute(update(row.table).where(row.table.c.id == row.id).values(renewed))
    db.scrub(engine)
    return len(rows)


def backup(settings: Settings, target: Path) -> None:
    """A copy of one moment, while others go on working. Never holds the key. Raises ReferralError."""
    file = _database_file(settings)
    if not file.exists():
        raise ReferralError(f"データベースがまだありません ({file})。先に referral init を実行してください。")
    engine = db.open_engine(settings.database_url)
    try:
        if not db.is_current(engine):
            raise ReferralError("データベースが前の版のままです。先に referral init を実行してください。")
        _claim(target)
        try:
            with closing(engine.raw_connection()) as pooled:
                _copy(pooled.driver_connection, target)  # type: ignore[arg-type]
        except BaseException:
            target.unlink()  # half a copy must not look like one
            raise
    finally:
        engine.dispose()


def restore(settings: Settings, source: Path, replace: bool, now: datetime) -> Path | None:
    """Puts a backup in place once it is whole and the key opens every word; returns where the old one was put."""
    file = _database_file(settings)
    if file.exists() and not replace:
        raise ReferralError(
            f"すでにデータベースがあります ({file})。入れ替えるときは --replace を付けてください"
            "(いまのものは、名前を変えて残します)。"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix="referral.db-restore-")  # mode 0600
    os.close(descriptor)
    staged = Path(name)
    try:
        _stage(source, staged, KeyFile(settings.key_file))
        aside = _put_aside(file, now) if file.exists() else None
        os.replace(staged, file)
    finally:
        for leftover in (staged, Path(f"{staged}-wal"), Path(f"{staged}-shm")):
            leftover.unlink(missing_ok=True)
    return aside


def _stage(source: Path, staged: Path, keys: KeyFile) -> None:
    """A checked copy at the newest schema. Raises ReferralError."""
    no_backup = ReferralError(f"控えとして読めません ({source})。壊れているか、つながるデスクの控えではありません。")
    log = Path(f"{source}-wal")
    if not source.is_file() or (log.exists() and log.stat().st_size):
        raise no_backup
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            _copy(opened, staged)
    except sqlite3.Error:
        raise no_backup from None
    engine = db.open_engine(URL.create("sqlite", database=str(staged)), keys)
    try:
        if db.revision(engine) is None:
            raise no_backup
        if db.revision(engine) not in BEFORE_SEALING:
            with engine.connect() as connection:
                _check(connection, keys, None)
        db.migrate(engine)
    finally:
        engine.dispose()
    _fold(staged)


def _put_aside(file: Path, now: datetime) -> Path:
    """The database in use under another name. Raises ReferralError while a server holds it."""
    aside = file.with_name(f"{file.name}.old-{now:%Y%m%d-%H%M%S}")
    if aside.exists():
        raise ReferralError(f"{aside} がすでにあります。少し待って、もう一度実行してください。")
    try:
        _fold(file)
    except sqlite3.OperationalError:
        raise ReferralError(
            "データベースが使われています。動いている画面を止めてから、もう一度実行してください。"
        ) from None
    except sqlite3.DatabaseError:  # what is kept aside may be the broken one: with its log, as it is
        for end in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{file}{end}", f"{aside}{end}")
    os.replace(file, aside)
    return aside


def _fold(file: Path) -> None:
    """Takes the write-ahead log into the file; SQLite refuses while anybody else has it open."""
    with closing(sqlite3.connect(file, timeout=1)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """One consistent copy in one file. Raises sqlite3.DatabaseError for what is not whole."""
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("not whole")


def _claim(target: Path) -> None:
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise ReferralError(f"{target} はすでにあります。上書きはしません。別の名前にしてください。") from None
    except OSError as error:
        raise ReferralError(f"{target} に書けません ({error.strerror})。") from None


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise ReferralError(
            "この命令は SQLite のデータベースだけのものです。お使いのデータベースの道具を使ってください。"
        )
    return Path(url.database).absolute()


def _check(connection: Connection, keys: KeyFile, most: int | None) -> None:
    """Opens sealed words, ``most`` of them or all. Raises KeyTrouble for a wrong key, and for changed rows by name."""
    tried, bad = 0, []
    for row in _rows(connection):
        for token in row.sealed.values():
            tried += 1
            try:
                keys.open(token)
            except KeyTrouble:
                keys.seal("")  # a missing or spoilt file tells its own story
                bad.append(f"{row.table.name} {row.id}")
        if most and tried >= most:
            break
    if tried and len(bad) == tried:
        raise KeyTrouble(
            f"データの鍵が違います ({keys.path})。このデータベースを封じた鍵の写しを、この場所に戻してください。"
            "何も上書きしていません。"
        )
    if bad and not most:
        raise KeyTrouble(
            f"データベースに手が加わったか、壊れています。開けない行: {'、'.join(sorted(set(bad))[:10])}。"
            "referral restore で控えから戻してください。何も上書きしていません。"
        )


def _rows(connection: Connection) -> Iterator[_Row]:
    """Every row that holds sealed words, as it lies in the file."""
    there = inspect(connection)
    for model in Base.metadata.sorted_tables:
        if not there.has_table(model.name):
            continue
        known = {found["name"] for found in there.get_columns(model.name)}
        names = [one.name for one in model.columns if isinstance(one.type, Sealed) and one.name in known]
        if not names:
            continue
        raw = table(model.name, column("id"), *map(column, names))
        for found in connection.execute(select(raw)).mappings().all():
            sealed = {name: found[name] for name in names if found[name]}
            if sealed:
                yield _Row(raw, found["id"], sealed)
