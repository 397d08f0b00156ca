"""Starts: several at the same moment, and one that could not write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from referral_app import accounts, db
from referral_app.config import Settings
from tests.pages import Pages
from tests.people import password_of
from tests.served import serving


@pytest.mark.slow
def test_first_starts_at_the_same_moment_make_one_database_and_both_use_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with serving(home, tmp_path / "first.txt", tmp_path / "second.txt") as servers:
        told = [server.said for server in servers]
    assert sum("データの鍵を作りました" in said for said in told) == 1
    assert all("利用者がまだいません" in said for said in told)  # each has asked the database
    assert not any("データベースを開けません" in said for said in told)


def test_an_account_of_the_demo_that_a_start_could_not_close_enters_no_real_installation(
    app: Flask, engine: Engine
) -> None:
    with db.transaction(engine) as session:
        accounts.by_login(session, "mado2").demo = True
    pages = Pages(app.test_client())
    fields = {"login": "mado2", "password": password_of("mado2")}
    pages.post("/login", fields, 401)
    app.config["DEMO"] = True
    pages.post("/login", fields)


def test_starts_at_the_same_moment_make_one_key_for_the_sessions(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)

    def start(home: Path) -> str:
        barrier.wait(10)
        return Settings.at(home).secret_key()

    with ThreadPoolExecutor(8) as starts:
        for n in range(30):
            home = tmp_path / str(n)
            assert len(set(starts.map(start, [home] * 8))) == 1
            assert [file.name for file in home.iterdir()] == ["secret.key"]
