"""Real data, a real index, a real database in a temporary home; only the clock is set."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine

from referral_app import accounts, db
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.matching import Finder
from referral_app.papers.stationery import Stationery
from referral_app.sealing import KeyFile
from referral_app.web import create_app
from tests.kept import add_sheet, home_with
from tests.pages import Pages
from tests.people import PEOPLE, employ

ROOT = Path(__file__).resolve().parent.parent
TUESDAY = datetime(2026, 11, 24, 14, 32)  # an ordinary working day, windows open
accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the same hash, at a test's cost


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home shared by the tests that only read; its index is the checkout's, built once for each state of the data."""
    place = tmp_path_factory.mktemp("home")
    (ROOT / "index").mkdir(exist_ok=True)
    (place / "index").symlink_to(ROOT / "index", target_is_directory=True)
    return place


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    return Settings.at(home)


@pytest.fixture(scope="session")
def desk(settings: Settings) -> Desk:
    opened = Desk.open(settings)
    assert not opened.fault
    return opened


@pytest.fixture(scope="session")
def catalogue(desk: Desk) -> Catalogue:
    return desk.catalogue


@pytest.fixture(scope="session")
def stationery(settings: Settings, desk: Desk) -> Stationery:
    return Stationery.open(settings, desk)


@pytest.fixture(scope="session")
def finder(desk: Desk) -> Finder:
    assert desk.finder is not None
    return desk.finder


@pytest.fixture(scope="session")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and a database at the newest schema that knows the test's people; copied for each test."""
    folder = tmp_path_factory.mktemp("staffed")
    keys = KeyFile(folder / "data.key")
    keys.create()
    engine = db.open_engine(f"sqlite:///{folder / 'referral.db'}", keys)
    db.migrate(engine)
    with db.transaction(engine) as session:
        employ(session, TUESDAY)
    db.forget(engine)
    engine.dispose()
    return folder


@pytest.fixture
def keys(staffed: Path, tmp_path: Path) -> KeyFile:
    """The key of the test's own database."""
    shutil.copy(staffed / "data.key", tmp_path / "data.key")
    return KeyFile(tmp_path / "data.key")


@pytest.fixture
def engine(staffed: Path, tmp_path: Path, keys: KeyFile) -> Iterator[Engine]:
    file = tmp_path / "referral.db"
    shutil.copy(staffed / "referral.db", file)
    opened = db.open_engine(f"sqlite:///{file}", keys)
    yield opened
    opened.dispose()


@pytest.fixture
def people(engine: Engine) -> dict[str, Person]:
    """Login name → who acts; see tests/people.py."""
    with db.reading(engine) as session:
        return {name: accounts.as_person(accounts.by_login(session, name)) for name in PEOPLE}


@pytest.fixture
def clerk(people: dict[str, Person]) -> Person:
    """A clerk of 市民協働推進課."""
    return people["mado"]


@pytest.fixture
def kept(tmp_path: Path, engine: Engine, keys: KeyFile, catalogue: Catalogue) -> Settings:
    """A home of its own with one sheet."""
    add_sheet(engine, catalogue)
    return home_with(tmp_path / "home", engine, keys)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests, not once for each application."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(
    settings: Settings, desk: Desk, engine: Engine, stationery: Stationery, compiled: FileSystemBytecodeCache
) -> Flask:
    made = create_app(settings, desk, engine, stationery=stationery)
    made.extensions["clock"] = lambda: TUESDAY
    made.jinja_env.bytecode_cache = compiled
    return made


@pytest.fixture
def pages(app: Flask) -> Pages:
    """A clerk's client that checks every page it opens."""
    return Pages(app.test_client()).enter("mado")


@pytest.fixture
def data_copy(settings: Settings, tmp_path: Path) -> Path:
    """A copy of data/ that a test may spoil."""
    return Path(shutil.copytree(settings.data, tmp_path / "data"))
