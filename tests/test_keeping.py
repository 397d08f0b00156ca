"""Backups: one moment, sealed, checked before they are put in place; and real servers beside them."""

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
from datetime import timedelta
from pathlib import Path
from urllib.request import build_opener

import pytest
from sqlalchemy import text

from referral_app import db, keeping
from referral_app.config import Settings
from referral_app.errors import ReferralError
from referral_app.sealing import KeyFile
from tests.browser import free_port, wait_until_healthy
from tests.client import Client, staffed_home
from tests.kept import (
    CLEAR,
    NAME,
    NOW,
    PRIVATE,
    VALUES,
    WORRY,
    first_release,
    opened,
    read,
    referral,
    spilt,
)

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


@pytest.mark.slow
def test_a_running_server_is_backed_up_while_it_writes_and_restored_elsewhere(
    settings: Settings, tmp_path: Path
) -> None:
    first, second = staffed_home(tmp_path / "first"), Settings.at(tmp_path / "second")
    shutil.copytree(settings.index_dir, first.index_dir)
    copies, log = tmp_path / "copies", tmp_path / "log.txt"
    copies.mkdir()
    stop = threading.Event()
    saved: list[int] = []

    def write(address: str) -> None:
        client = Client(address, "mado2")
        while not stop.is_set():
            client.post("/sheets", {"text": WORRY, "picks": "P070"})
            saved.append(1)

    with serving(first, log) as address:
        client = Client(address, "mado")
        client.post("/sheets", {"text": WORRY, "picks": "P070"})
        page = client.post("/sheets/R8-0001", {**VALUES, "version": "1", "windows": "P070"})
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
