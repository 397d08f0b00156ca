"""What may go wrong with a machine, done for real: killed processes, no room on the disk, locks, two servers at once.

Nothing may be half-sent and nothing typed may be lost. See tests/scene.py for the sheets and what "whole" means.
"""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlalchemy import Engine

from referral_app import catalogue as catalogues
from referral_app import db, sending
from referral_app.catalogue import Catalogue
from referral_app.config import CHECKOUT, Settings
from referral_app.sealing import KeyFile
from tests import scene
from tests.client import Client, staffed_home
from tests.kept import NOW, opened, spilt
from tests.pages import Page, Pages
from tests.people import password_of
from tests.scene import WORDS, Press
from tests.served import Served, serving

resource = pytest.importorskip("resource", reason="needs a system that can limit and kill processes")
pytestmark = pytest.mark.slow
NO_ROOM = 4_096  # bytes a file may have: the first write into the log of the database fails


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue alone: the desk is opened by the servers."""
    return catalogues.load(CHECKOUT / "data")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of the tests' people."""
    return staffed_home(tmp_path_factory.mktemp("faults") / "home")


@pytest.fixture(scope="module")
def pair(city: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    """Two servers on one database, started at the same moment."""
    logs = tmp_path_factory.mktemp("logs")
    with serving(city.home, logs / "first.txt", logs / "second.txt") as servers:
        yield servers
        for server in servers:
            assert "Traceback" not in server.said
            assert WORDS not in server.said


# ---- killed -------------------------------------------------------------------------------------


def test_a_process_killed_between_its_writes_and_its_commit_has_sent_nothing(
    city: Settings, catalogue: Catalogue
) -> None:
    with opened(city) as (engine, _keys):
        (number,) = scene.ready(engine, catalogue, 1)
        before = scene.everything(city)
        log = city.home / "referral.db-wal"
        length = log.stat().st_size
        context = multiprocessing.get_context("spawn")
        told, tell = context.Pipe(duplex=False)
        process = context.Process(target=_send_half, args=(city, number, tell))
        process.start()
        assert told.recv() == "written"
        assert log.stat().st_size > length  # its pages are in the file, its commit is not
        process.kill()
        process.join()
        assert scene.everything(city) == before
        assert scene.whole(engine, catalogue, number) == "draft"
        with db.transaction(engine) as session:
            sending.send(session, catalogue, number, 2, scene.person(session, "mado"), NOW)
        assert scene.whole(engine, catalogue, number) == "sent"
        scene.verified(engine)


def _send_half(city: Settings, number: str, tell: Connection) -> None:
    """Sends, up to the commit; then waits to be killed."""
    catalogue = catalogues.load(city.data)
    with opened(city) as (engine, _keys), db.transaction(engine) as session:
        session.connection().exec_driver_sql("PRAGMA cache_size = 1")  # does not fit: pages go to the file at once
        sending.send(session, catalogue, number, 2, scene.person(session, "mado"), NOW)
        session.flush()
        tell.send("written")
        threading.Event().wait()


def test_a_server_killed_while_many_send_leaves_every_sheet_whole_and_a_second_press_sends_it_once(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    city, luck = staffed_home(tmp_path / "home"), random.SystemRandom()
    server = Served(city.home, tmp_path / "log.txt")
    try:
        server.start()
        server.ready()
        clients: SimpleQueue[Client] = SimpleQueue()
        for login in ("mado", "mado2", "mado", "mado2", "mado"):
            clients.put(Client(server.address, login))
        for _ in range(3):
            _kill_amid(server, city, catalogue, clients, luck)
    finally:
        server.stop()
    assert "Traceback" not in server.said


def _kill_amid(
    server: Served, city: Settings, catalogue: Catalogue, clients: SimpleQueue[Client], luck: random.SystemRandom
) -> None:
    """Five desks send thirty sheets; the server dies somewhere in between and comes back."""
    with opened(city) as (engine, _keys):
        numbers = scene.ready(engine, catalogue, 30)
    alive, answered = threading.Event(), threading.Semaphore(0)
    alive.set()

    def press(number: str) -> int:
        client = clients.get()
        try:
            return _until_answered(client, alive, f"/sheets/{number}/send", {"version": 2})
        finally:
            answered.release()
            clients.put(client)

    with ThreadPoolExecutor(5) as desks:
        presses = [desks.submit(press, number) for number in numbers]
        for _ in range(luck.randint(1, 20)):
            answered.acquire()
        alive.clear()
        threading.Event().wait(luck.uniform(0, 0.05))  # any moment will do, not only right after an answer
        server.kill()
        with opened(city) as (engine, _keys):
            states = {scene.whole(engine, catalogue, number) for number in numbers}
            scene.verified(engine)
        server.start()
        server.ready()
        alive.set()
        assert {done.result() for done in presses} <= {200, 409}
    assert states == {"draft", "sent"}
    with opened(city) as (engine, _keys):
        assert {scene.whole(engine, catalogue, number) for number in numbers} == {"sent"}
        scene.verified(engine)


def _until_answered(client: Client, alive: threading.Event, path: str, fields: dict[str, object]) -> int:
    """Presses again after the server came back; the last status. 409 tells that the first press had been heard."""
    while True:
        try:
            client.post(path, fields)
        except (OSError, HTTPException):
            assert alive.wait(60)
        else:
            return client.status


# ---- no room, no lock ---------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes the limits of a running process")
def test_with_a_full_disk_every_word_stays_in_its_form_and_windows_and_memo_go_on(
    pair: list[Served], city: Settings, catalogue: Catalogue
) -> None:
    server = pair[0]
    with opened(city) as (engine, _keys):
        presses = scene.presses(engine, catalogue)
        clients = {login: Client(server.address, login) for login in ("mado", "fukushi", "kodomo", "kanri", "kokuho")}
        before = scene.everything(city)
        with full_disk(server):
            for press in presses:
                told_calmly(clients[press.login], press)
            for login, path in (("mado", "/sheets"), ("fukushi", "/inbox"), ("kanri", "/record")):
                assert_calm(clients[login].get(path), clients[login].status)
            goes_on(clients["mado"])
            nobody = Client(server.address)
            page = log_in(nobody, "mado2")
            assert_calm(page, nobody.status)
            assert page.value("kept") == WORDS  # what an expired form held travels on in the login page
            goes_on(nobody)
            clients["kokuho"].post("/logout", {})
            assert "ログイン" in clients["kokuho"].get("/password").title  # left, though no record of it could be kept
        assert scene.everything(city) == before
        form = {"text": WORDS, "picks": "P070", "drawn_for": nobody.get("/").value("drawn_for")}
        kept = nobody.post("/sheets", form).value("kept")  # typed before the login that works again
        assert WORDS in log_in(nobody, "mado2", kept).html
        done(clients, presses)
        assert set(scene.states(engine, catalogue)) <= {"draft", "sent"}
        scene.verified(engine)
    assert spilt(city.home, (WORDS,)) == []


def log_in(client: Client, login: str, kept: str = WORDS) -> Page:
    client.get("/login")
    return client.post("/login", {"login": login, "password": password_of(login), "kept": kept})


@contextmanager
def full_disk(server: Served) -> Iterator[None]:
    """No file of the server may grow: the system refuses its writes as it does on a full disk."""
    assert server.process
    pid = server.process.pid
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NO_ROOM, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_while_another_process_holds_the_database_words_stay_and_windows_and_memo_go_on(
    pair: list[Served], city: Settings, catalogue: Catalogue
) -> None:
    address = pair[0].address
    with opened(city) as (engine, _keys):
        presses = scene.presses(engine, catalogue)
        before = scene.everything(city)
        own = [Client(address, press.login) for press in presses]
        looking = Client(address, "mado2")
        waiting = list(zip(own, presses, strict=True))
        for lock, part in (("IMMEDIATE", waiting[::2]), ("EXCLUSIVE", waiting[1::2])):
            with locked(city, lock), ThreadPoolExecutor(len(part)) as desks:
                told = [desks.submit(told_calmly, *one) for one in part]
                goes_on(looking)
                assert not any(one.done() for one in told)  # windows and memo did not wait for the lock
                for one in told:
                    one.result()
        assert scene.everything(city) == before
        done({press.login: client for press, client in zip(presses, own, strict=True)}, presses)
        assert set(scene.states(engine, catalogue)) <= {"draft", "sent"}
        scene.verified(engine)


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN " + sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(city: Settings, lock: str) -> Iterator[None]:
    line = [sys.executable, "-c", HOLDER, str(city.home / "referral.db"), lock]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield
        process.stdin.close()


def told_calmly(client: Client, press: Press) -> None:
    """503, in our own words, and the typed ones still there."""
    page = client.post(press.path, press.fields)
    assert_calm(page, client.status)
    assert press.stays in page.html, press.path


def assert_calm(page: Page, status: int) -> None:
    assert status == 503
    assert page.html.count("<h1") == 1
    assert "もう一度" in page.text
    assert "Traceback" not in page.html


def goes_on(client: Client) -> None:
    """Windows are found and the memo opens."""
    page = client.post("/", {"text": "家賃が払えず追い出されそう"})
    assert (client.status, "P046" in page.html) == (200, True)
    page = client.get("/memo")
    assert (client.status, "対応メモ" in page.text) == (200, True)


def done(clients: dict[str, Client], presses: list[Press]) -> None:
    """The same presses once more, now that they can be heard."""
    for press in presses:
        clients[press.login].post(press.path, press.fields)
        assert clients[press.login].status == 200, press.path


@pytest.mark.parametrize("spoilt", [slice(0, 100), slice(4_096, None)], ids=["its first bytes", "all but them"])
def test_with_a_spoilt_database_windows_and_memo_go_on_and_the_rest_is_told_calmly(
    pages: Pages, engine: Engine, tmp_path: Path, spoilt: slice
) -> None:
    file = tmp_path / "referral.db"
    db.forget(engine)
    engine.dispose()
    content = bytearray(file.read_bytes())
    content[spoilt] = b"#" * len(content[spoilt])
    file.write_bytes(content)
    only_windows_and_memo(pages)


def test_with_its_key_gone_somebody_logged_in_goes_on_finding_windows(pages: Pages, keys: KeyFile) -> None:
    keys.path.unlink()
    only_windows_and_memo(pages)


def only_windows_and_memo(pages: Pages) -> None:
    """They go on; the rest is told calmly."""
    assert "P046" in pages.post("/", {"text": "家賃が払えず追い出されそう"}).html
    assert "対応メモ" in pages.get("/memo").text
    assert "ログインを確かめられません" in pages.get("/sheets", 503).text
    assert pages.client.get("/healthz").status_code == 503


# ---- two servers --------------------------------------------------------------------------------


def test_two_people_at_two_servers_receive_one_tsunagi_and_the_second_is_told_who_was_first(
    pair: list[Served], city: Settings, catalogue: Catalogue
) -> None:
    people = {"fukushi": "見本 夏子", "fukushi2": "見本 春子"}
    desks = [Client(server.address, login) for server, login in zip(pair, people, strict=True)]
    with opened(city) as (engine, _keys):
        for number in scene.sent(engine, catalogue, 15):
            row = scene.rows(engine, number)["P046"]
            fields = {"version": row.version, "from": "inbox"}
            pages = at_once(desks, f"/handovers/{row.id}/receive", fields)
            assert sorted(client.status for client in desks) == [200, 409]
            winner = next(login for login, client in zip(people, desks, strict=True) if client.status == 200)
            loser = next(page for page, client in zip(pages, desks, strict=True) if client.status == 409)
            assert f"{people[winner]} さんが「受け取る」をしています" in loser.text
            received = [event.by_name for event in scene.rows(engine, number)["P046"].events if event.step == "receive"]
            assert received == [people[winner]]
        scene.verified(engine)


def test_two_clerks_at_two_servers_send_one_sheet_once(
    pair: list[Served], city: Settings, catalogue: Catalogue
) -> None:
    desks = [Client(server.address, login) for server, login in zip(pair, ("mado", "mado2"), strict=True)]
    with opened(city) as (engine, _keys):
        for number in scene.ready(engine, catalogue, 15):
            pages = at_once(desks, f"/sheets/{number}/send", {"version": 2})
            assert sorted(client.status for client in desks) == [200, 409]
            loser = next(page for page, client in zip(pages, desks, strict=True) if client.status == 409)
            assert "送られています" in loser.text
            assert scene.whole(engine, catalogue, number) == "sent"
        scene.verified(engine)


def at_once(desks: list[Client], path: str, fields: dict[str, object]) -> list[Page]:
    """The same button at the same moment at every desk."""
    barrier = threading.Barrier(len(desks))

    def press(desk: Client) -> Page:
        barrier.wait(10)
        return desk.post(path, fields)

    with ThreadPoolExecutor(len(desks)) as threads:
        return list(threads.map(press, desks))
