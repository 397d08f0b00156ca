"""A real HTTP client for tests against a real server: cookies, forms with their token, status and page."""

from __future__ import annotations

from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from referral_app import db, keeping
from referral_app.config import Settings
from referral_app.sealing import KeyFile
from tests.kept import NOW
from tests.pages import Page
from tests.people import employ, password_of


def staffed_home(home: Path) -> Settings:
    """A home whose database knows tests/people.py."""
    home.mkdir(exist_ok=True)
    settings = Settings.at(home)
    keys = KeyFile(settings.key_file)
    engine = db.open_engine(settings.database_url, keys)
    keeping.prepare(engine, keys)
    with db.transaction(engine) as session:
        employ(session, NOW)
    engine.dispose()
    return settings


class Client:
    """One person at one desk. ``status`` is that of the last answer."""

    def __init__(self, address: str, login: str = "") -> None:
        self.address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._token = ""
        self.status = 0
        if login:
            self.get("/login")
            self.post("/login", {"login": login, "password": password_of(login)})
            assert self.status == 200, login
            self.get("/help")
            self.get("/password")  # its form carries the new session's token

    def get(self, path: str) -> Page:
        return self._answer(path, None)

    def post(self, path: str, fields: dict[str, object]) -> Page:
        body = urlencode({"csrf_token": self._token, **fields}, doseq=True).encode()
        return self._answer(path, body)

    def _answer(self, path: str, body: bytes | None) -> Page:
        try:
            with self._opener.open(self.address + path, body, timeout=60) as answer:
                self.status, html = int(answer.status), answer.read().decode()
        except HTTPError as error:
            self.status, html = error.code, error.read().decode()
        page = Page(html)
        self._token = next((f["value"] for f in page.inputs if f.get("name") == "csrf_token"), self._token)
        return page
