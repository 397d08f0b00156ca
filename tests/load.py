"""How forty desks fare on one server: python -m tests.load (make load). Loopback only; stops by itself.

One process serves this app and one bare Flask page on the same waitress with as many threads as ``referral serve``.
The desks press without a pause first (how much goes through), then as people do (how long one waits). A press ends
when the page that follows it has arrived, redirects included. Desks and server share the processors of one machine,
so the desks' own work lowers every rate, the bare page's most: read the multiples, and the load printed above them.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from referral_app import accounts, catalogue, db, keeping
from referral_app.access import NOBODY
from referral_app.accounts import AccountInput
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.sealing import KeyFile
from referral_app.serving import HOST, THREADS
from referral_app.web import create_app
from tests.browser import ROOT, free_port, wait_until_healthy
from tests.matching import evaluate
from tests.matching.timing import busy

MOST = 2_000  # presses a desk may make in one part, however fast the server is
PAUSE = (2.0, 8.0)  # seconds a person takes between two presses
PASSWORD = "mihon-no-aikotoba-40"
PICKS = ("P046", "P032")
SHEET = {
    "version": "1",
    "windows": PICKS,
    "name": "架空野 みほん",
    "phone": "000-0000-0000",
    "may_phone": "よい",
    "wish": "いまの部屋に住み続けたい",
    "explained": "yes",
    "items": ("住まい", "債務"),
    **{f"ask-{code}": "様子を聞いてください" for code in PICKS},
    **{f"way-{code}": "庁内で送付" for code in PICKS},
    **{f"consent-{code}": "oral" for code in PICKS},
    "do": "check",
}
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]*)"')


class Visitor:
    """One person at one desk, on a connection that stays open."""

    def __init__(self, port: int, login: str) -> None:
        self.login = login
        self._connection = HTTPConnection(HOST, port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._token = ""
        self.place = ""

    def get(self, path: str) -> bool:
        return self._ask("GET", path, None) == 200

    def post(self, path: str, fields: dict[str, object]) -> bool:
        return self._ask("POST", path, urlencode({"csrf_token": self._token, **fields}, doseq=True)) == 200

    def _ask(self, method: str, path: str, body: str | None) -> int:
        """The status at the end of the redirects; ``place`` is then where it ended."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            page = answer.read().decode()
        except (OSError, HTTPException):
            self._connection.close()  # opened anew by the next request
            raise
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        found = TOKEN.search(page)
        self._token = found.group(1) if found else self._token
        self.place = path
        location = answer.headers.get("Location")
        return self._ask("GET", location, None) if location else answer.status


@dataclass
class Row:
    """One line of the table: milliseconds of every press, and how many went wrong."""

    name: str
    times: list[float] = field(default_factory=list)
    errors: int = 0
    span: float = 1.0

    def add(self, press: Callable[[], bool]) -> bool:
        start = time.perf_counter()
        try:
            well = press()
        except (OSError, HTTPException):
            well = False
        self.times.append((time.perf_counter() - start) * 1000)
        self.errors += not well
        return well

    def figures(self) -> tuple[float, float, float]:
        """Presses a second, median and 95th percentile in milliseconds."""
        times = sorted(self.times) or [0.0]
        return len(self.times) / self.span, times[len(times) // 2], times[int(len(times) * 0.95)]


Deed = Callable[[Visitor, str], Iterator[tuple[str, Callable[[], bool]]]]


def bare(visitor: Visitor, _text: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    yield "bare Flask page", lambda: visitor.get("/bare/")


def match(visitor: Visitor, text: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    yield "match", lambda: visitor.post("/", {"text": text})


def sheet(visitor: Visitor, text: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    """One sheet on its way; what follows a press that failed is left out."""
    yield "sheet: make", lambda: visitor.post("/sheets", {"text": text, "picks": PICKS})
    yield "sheet: save, look before sending", lambda: visitor.post(visitor.place, {**SHEET, "story": text})
    yield "sheet: send", lambda: visitor.post(visitor.place, {"version": "2"})


def consultation(visitor: Visitor, text: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    """What a desk does with one resident: the text grows, then a sheet goes out."""
    for part in (text[: len(text) // 2], text, text):
        yield from match(visitor, part)
    yield from sheet(visitor, text)


def part(desks: list[Visitor], deed: Deed, seconds: float, texts: list[str], pause: tuple[float, float]) -> list[Row]:
    """All desks at once until the time is over; one row for every kind of press."""
    rows: dict[str, Row] = {}
    lock, over, luck = threading.Lock(), threading.Event(), random.SystemRandom()

    def sit(number: int) -> None:
        desk, pressed = desks[number], 0
        if over.wait(luck.uniform(0, pause[1])):
            return
        while not over.is_set() and pressed < MOST:
            text = texts[(number * 31 + pressed) % len(texts)]
            for name, press in deed(desk, text):
                with lock:
                    row = rows.setdefault(name, Row(name))
                pressed += 1
                if not row.add(press):
                    break
                if over.wait(luck.uniform(*pause)) and pause[1]:
                    break  # without a pause what was begun is finished: every row has its presses

    start = time.perf_counter()
    with ThreadPoolExecutor(len(desks)) as people:
        sitting = [people.submit(sit, number) for number in range(len(desks))]
        threading.Timer(seconds, over.set).start()
        for one in sitting:
            one.result()
    for row in rows.values():
        row.span = time.perf_counter() - start
    return list(rows.values())


def log_in(desks: list[Visitor]) -> Row:
    """Everybody at the same moment, as on a morning."""
    row = Row("log in, all at once")

    def enter(desk: Visitor) -> None:
        desk.get("/login")
        assert row.add(lambda: desk.post("/login", {"login": desk.login, "password": PASSWORD})), desk.login

    start = time.perf_counter()
    with ThreadPoolExecutor(len(desks)) as people:
        list(people.map(enter, desks))
    row.span = time.perf_counter() - start
    return row


# ---- the server ---------------------------------------------------------------------------------


def serve(home: Path, port: int) -> None:
    """This app at /, one bare Flask page at /bare/, as ``referral serve`` would serve them."""
    settings = Settings.at(home)
    engine = db.open_engine(settings.database_url, KeyFile(settings.key_file))
    plain = Flask("bare")
    plain.add_url_rule("/", view_func=lambda: "<!doctype html><title>.</title><p>.")
    both = DispatcherMiddleware(create_app(settings, Desk.open(settings), engine), {"/bare": plain})
    create_server(both, host=HOST, port=port, threads=THREADS, ident=None).run()


def staff(home: Path, count: int) -> list[str]:
    """A home with so many accounts, spread over the departments; the login names."""
    settings = Settings.at(home)
    (ROOT / "index").mkdir(exist_ok=True)
    settings.index_dir.symlink_to(ROOT / "index", target_is_directory=True)
    departments = list(catalogue.load(settings.data).departments)
    keys, now = KeyFile(settings.key_file), datetime.now().replace(microsecond=0)
    engine = db.open_engine(settings.database_url, keys)
    keeping.prepare(engine, keys)
    logins = [f"desk{n:02}" for n in range(count)]
    with db.transaction(engine) as session:
        for n, login in enumerate(logins):
            given = AccountInput(login, f"見本 {n}", "department", (departments[n % len(departments)],))
            account, _ = accounts.create(session, given, departments, NOBODY, now)
            account.password_hash, account.one_time_until = accounts.HASHER.hash(PASSWORD), None
    engine.dispose()
    return logins


# ---- the table ----------------------------------------------------------------------------------


def table(rows: list[Row], floor: Row) -> Iterator[str]:
    """Every row beside the bare page."""
    yield f"{'':34}{'':>36}    beside the bare page:"
    yield f"{'':34}{'presses/s':>10}{'median ms':>11}{'p95 ms':>9}{'errors':>8}    rate  median     p95"
    base = floor.figures()
    for row in rows:
        figures = row.figures()
        rate, middle, slow = (mine / bare for mine, bare in zip(figures, base, strict=True))
        told = f"{rate:8.4f}{middle:7.1f}×{slow:7.1f}×"
        yield f"{row.name:34}{figures[0]:10.1f}{figures[1]:11.1f}{figures[2]:9.1f}{row.errors:6}{told}"


def measure(home: Path, count: int, seconds: float, paced: float) -> None:
    """Starts the server, sits everybody down, prints the tables, stops the server."""
    logins, port = staff(home, count), free_port()
    line = [sys.executable, "-m", "tests.load", "--serve", str(home), str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log, cwd=ROOT)
    try:
        wait_until_healthy(f"http://{HOST}:{port}", process)
        desks = [Visitor(port, login) for login in logins]
        texts = [case.text for case in evaluate.load()]
        print(f"{count} desks, one server process of {THREADS} threads, all on the same {os.cpu_count()} processors")
        print(f"{busy()}\n", flush=True)
        entered = log_in(desks)
        now = (0.0, 0.0)
        rows = [row for deed in (bare, match, sheet) for row in part(desks, deed, seconds, texts, now)]
        print(f"pressing without a pause, {seconds:g} s each")
        print("\n".join(table([*rows, entered], rows[0])), flush=True)
        if paced:
            print(f"\npressing as people do, {PAUSE[0]:g} to {PAUSE[1]:g} s between two presses, for {paced:g} s")
            quiet = part(desks, bare, paced / 2, texts, PAUSE)
            print("\n".join(table([*quiet, *part(desks, consultation, paced, texts, PAUSE)], quiet[0])), flush=True)
        print(f"\n{busy()}")
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--desks", type=int, default=40, choices=range(1, 81), metavar="1-80")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each part without a pause")
    parser.add_argument("--paced", type=float, default=40.0, help="seconds at a person's pace; 0 leaves it out")
    parser.add_argument("--serve", nargs=2, metavar=("HOME", "PORT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(Path(asked.serve[0]), int(asked.serve[1]))
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        measure(Path(folder), asked.desks, min(asked.seconds, 60), min(asked.paced, 300))


if __name__ == "__main__":
    main()
