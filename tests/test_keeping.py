"""Personal data at rest: sealed in every file, opened by its key alone, kept by backups."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from alembic import command
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from referral_app import db, keeping, sheets
from referral_app.catalogue import Catalogue
from referral_app.cli import main
from referral_app.config import Settings
from referral_app.errors import ReferralError
from referral_app.models import Base, Sheet
from referral_app.sealing import KeyFile, KeyTrouble, Sealed
from referral_app.sheets import HandoverInput, SheetInput
from tests.browser import free_port, wait_until_healthy
from tests.pages import Page

NOW = datetime(2026, 11, 24, 14, 32)
NAME, WORRY, PHONE = "架空野 みほん", "夜ごと天井の数をかぞえている", "000-1234-9876"
PRIVATE = (NAME, WORRY, PHONE)
VALUES = {"name": NAME, "story": WORRY, "phone": PHONE, "clerk_name": "見本 一郎"}
GIVEN = SheetInput(
    values=VALUES,
    items=("住まい", "債務"),
    gravest="債務",
    explained=True,
    handovers=(
        HandoverInput("P070", "ひみつのお願い", consent="legal", legal_ground=sheets.GROUNDS[1], legal_reason="けが"),
    ),
    version=1,
)
CLEAR = (*PRIVATE, "見本 一郎", "債務", "ひみつのお願い", sheets.GROUNDS[1], "けが")


def add_sheet(engine: Engine, catalogue: Catalogue, given: SheetInput = GIVEN) -> str:
    with db.transaction(engine) as session:
        sheet = sheets.create(session, catalogue, story="", windows=["P070"], items=[], now=NOW)
        session.flush()
        return sheets.save(session, catalogue, sheet.number, given, NOW).number


def read(engine: Engine, number: str = "R8-0001") -> SheetInput:
    with db.reading(engine) as session:
        return sheets.as_input(sheets.get(session, number))


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


@pytest.fixture
def kept(tmp_path: Path, engine: Engine, keys: KeyFile, catalogue: Catalogue) -> Settings:
    """A home of its own with one sheet."""
    add_sheet(engine, catalogue)
    return home_with(tmp_path / "home", engine, keys)


@contextmanager
def opened(kept: Settings) -> Iterator[tuple[Engine, KeyFile]]:
    keys = KeyFile(kept.key_file)
    engine = db.open_engine(kept.database_url, keys)
    yield engine, keys
    engine.dispose()


def referral(kept: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"REFERRAL_HOME": str(kept.home)})


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
    assert clear == {"sheet.number", "sheet.clerk_department", "number_counter.prefix", *routing}


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
        assert "4 行を封じ直しました" in result.output  # a sheet, two items, a handover
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


def first_release(file: Path) -> None:
    """A database at 0001 with a sheet in clear."""
    engine = db.open_engine(f"sqlite:///{file}")
    config = db._config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    blank = dict.fromkeys((*sheets.TEXT_FIELDS, *sheets.CHOICE_FIELDS), "")
    row = blank | VALUES | {"number": "R8-0007", "at": NOW}
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
            {"ground": sheets.GROUNDS[1]},
        )
    engine.dispose()


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
            sheets.discard(session, "R8-0007")
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


# ---- backups ------------------------------------------------------------------------------------


def test_a_backup_is_one_sealed_file_without_the_key_and_never_overwrites(kept: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "b.db"
    copy.parent.mkdir()
    assert referral(kept, "backup", str(copy)).exit_code == 0
    assert [file.name for file in copy.parent.iterdir()] == ["b.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert spilt(copy.parent, (*CLEAR, kept.key_file.read_text().strip())) == []
    before = copy.read_bytes()
    again = referral(kept, "backup", str(copy))
    assert (again.exit_code, copy.read_bytes()) == (1, before)
    assert "上書きはしません" in again.output


def test_a_backup_needs_a_sealed_database(tmp_path: Path) -> None:
    empty = Settings.at(tmp_path)
    assert "まだありません" in referral(empty, "backup", str(tmp_path / "b.db")).output
    first_release(tmp_path / "referral.db")
    assert "前の版" in referral(empty, "backup", str(tmp_path / "b.db")).output
    assert not (tmp_path / "b.db").exists()


def test_restore_never_overwrites_and_keeps_the_old_one_aside(kept: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "b.db"
    keeping.backup(kept, copy)
    with opened(kept) as (engine, _keys), db.transaction(engine) as session:
        session.execute(text("UPDATE sheet SET number = 'R8-0099'"))
    refused = referral(kept, "restore", str(copy))
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    with opened(kept) as (engine, _keys):
        read(engine, "R8-0099")
        with pytest.raises(ReferralError, match="動いている画面を止めて"):
            keeping.restore(kept, copy, True, NOW)
    assert referral(kept, "restore", str(copy), "--replace").exit_code == 0
    with opened(kept) as (engine, _keys):
        assert read(engine).values["name"] == NAME
    aside = next(kept.home.glob("referral.db.old-*"))
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT number FROM sheet").fetchall() == [("R8-0099",)]
    assert not list(kept.home.glob("*restore*"))


@pytest.mark.parametrize("spoil", ["other key", "no key", "cut", "no database", "another database", "changed row"])
def test_a_bad_backup_is_refused_before_anything_is_touched(kept: Settings, tmp_path: Path, spoil: str) -> None:
    copy = tmp_path / "b.db"
    keeping.backup(kept, copy)
    if spoil in ("other key", "no key"):
        kept.key_file.unlink()
    if spoil == "other key":
        KeyFile(kept.key_file).create()
    if spoil == "cut":
        copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    if spoil == "no database":
        copy.write_text("これはデータベースではありません" * 100)
    if spoil == "another database":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as other:
            other.execute("CREATE TABLE t (x)")
    if spoil == "changed row":
        with closing(sqlite3.connect(copy)) as raw, raw:
            raw.execute("UPDATE sheet SET name = story || 'A'")
    database = kept.home / "referral.db"
    before = database.read_bytes()
    result = referral(kept, "restore", str(copy), "--replace")
    assert result.exit_code == 1
    assert re.search("鍵が|控えとして読めません|手が加わ", result.output)
    assert "Traceback" not in result.output
    assert database.read_bytes() == before
    assert not [*kept.home.glob("*restore*"), *kept.home.glob("*old*")]


def test_a_backup_of_a_newer_version_is_refused(kept: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "b.db"
    keeping.backup(kept, copy)
    with closing(sqlite3.connect(copy)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "もっと新しい版" in referral(kept, "restore", str(copy), "--replace").output


# ---- a real server ------------------------------------------------------------------------------


@contextmanager
def serving(kept: Settings, log: Path) -> Iterator[str]:
    port = free_port()
    line = [sys.executable, "-m", "referral_app.cli", "serve", "--port", str(port)]
    environment = {**os.environ, "REFERRAL_HOME": str(kept.home)}
    with log.open("wb") as output:
        process = subprocess.Popen(line, env=environment, stdout=output, stderr=output)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def post(client: OpenerDirector, address: str, path: str, fields: dict[str, str]) -> Page:
    token = Page(client.open(address).read().decode()).value("csrf_token")
    body = urlencode({"csrf_token": token, **fields}).encode()
    return Page(client.open(address + path, body).read().decode())


@pytest.mark.slow
def test_a_running_server_is_backed_up_while_it_writes_and_restored_elsewhere(
    settings: Settings, tmp_path: Path
) -> None:
    first, second = Settings.at(tmp_path / "first"), Settings.at(tmp_path / "second")
    shutil.copytree(settings.index_dir, first.index_dir)
    copies, log = tmp_path / "copies", tmp_path / "log.txt"
    copies.mkdir()
    stop = threading.Event()
    saved: list[int] = []

    def write(address: str) -> None:
        client = build_opener(HTTPCookieProcessor(CookieJar()))
        while not stop.is_set():
            post(client, address, "/sheets", {"text": WORRY, "picks": "P070"})
            saved.append(1)

    with serving(first, log) as address:
        client = build_opener(HTTPCookieProcessor(CookieJar()))
        post(client, address, "/sheets", {"text": WORRY, "picks": "P070"})
        page = post(client, address, "/sheets/R8-0001", {**VALUES, "version": "1", "windows": "P070"})
        assert "R8-0001" in page.title
        writer = threading.Thread(target=write, args=(address,))
        writer.start()
        for n in range(5):
            assert referral(first, "backup", str(copies / f"{n}.db")).exit_code == 0
            if n == 2:
                assert referral(first, "key", "rotate").exit_code == 0
        stop.set()
        writer.join()
        assert spilt(first.home, PRIVATE) == []
    assert saved
    assert spilt(copies, PRIVATE) == []
    assert spilt(log.parent, PRIVATE) == []
    assert "ERROR" not in log.read_text(encoding="utf-8")
    assert "データの鍵を作りました" in log.read_text(encoding="utf-8")
    second.home.mkdir()
    shutil.copy(first.key_file, second.key_file)
    for n in range(5):
        keeping.restore(second, copies / f"{n}.db", n > 0, NOW + timedelta(seconds=n))
        with opened(second) as (engine, _keys):
            assert read(engine).values.items() >= VALUES.items()


@pytest.mark.slow
def test_a_server_without_its_key_finds_windows_and_touches_no_sheet(
    kept: Settings, settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(settings.index_dir, kept.index_dir)
    kept.key_file.unlink()
    KeyFile(kept.key_file).create()
    log = tmp_path / "log.txt"
    port = free_port()
    line = [sys.executable, "-m", "referral_app.cli", "serve", "--port", str(port)]
    before = (kept.home / "referral.db").read_bytes()
    with log.open("wb") as output:
        environment = {**os.environ, "REFERRAL_HOME": str(kept.home)}
        process = subprocess.Popen(line, env=environment, stdout=output, stderr=output)
        try:
            told = told_by(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(10)
    assert told == {"/": 200, "/sheets": 503, "/healthz": 503}
    assert "データの鍵が違います" in log.read_text(encoding="utf-8")
    assert (kept.home / "referral.db").read_bytes() == before


def told_by(address: str, process: subprocess.Popen[bytes]) -> dict[str, int]:
    """The status of each page once the server listens."""
    import time
    from urllib.error import HTTPError, URLError

    def status(path: str) -> int:
        try:
            with build_opener().open(address + path, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    for _ in range(300):
        assert process.poll() is None
        try:
            return {path: status(path) for path in ("/", "/sheets", "/healthz")}
        except URLError:
            time.sleep(0.1)
    raise TimeoutError(address)
