"""A client that checks every page: status, one h1, a title, no id twice, labelled fields, own origin only."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import password_of


class Page(HTMLParser):
    """What a test wants to know of a page, without a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings: list[str] = []  # the text of every h1
        self.title = ""
        self.forms: list[dict[str, str]] = []
        self.inputs: list[dict[str, str]] = []
        self.label_targets: set[str] = set()
        self.addresses: list[str] = []
        self._inside: list[str] = []
        self.feed(html)
        self.html = html
        self.text = re.sub(r"\s+", " ", re.sub(r"<(script|style|rt)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        self.addresses += [found[name] for name in ("href", "src", "action", "formaction") if name in found]
        if tag == "h1":
            self.headings.append("")
        if tag == "form":
            self.forms.append(found)
        if tag in ("input", "select", "textarea"):
            inside_label = "label" in self._inside
            self.inputs.append({"tag": tag, **found, **({"labelled": "yes"} if inside_label else {})})
        if tag == "label" and "for" in found:
            self.label_targets.add(found["for"])
        if tag not in ("input", "link", "meta", "br"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._inside[-1:]:
            self.title += data
        if "h1" in self._inside:
            self.headings[-1] += data

    def value(self, name: str) -> str:
        """The value of the first field of that name."""
        return next(field.get("value", "") for field in self.inputs if field.get("name") == name)


class Pages:
    """get and post; every HTML answer is checked before the test sees it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def enter(self, login: str) -> Pages:
        """Logs in with name and password, as one of tests/people.py."""
        fields = {"csrf_token": self.token(), "login": login, "password": password_of(login)}
        assert self.client.post("/login", data=fields).status_code == 303
        return self

    def get(self, path: str, status: int = 200) -> Page:
        return self._checked(self.client.get(path, follow_redirects=True), status)

    def post(self, path: str, fields: dict[str, Any], status: int = 200) -> Page:
        answer = self.client.post(path, data={"csrf_token": self.token(), **fields}, follow_redirects=True)
        return self._checked(answer, status)

    def token(self) -> str:
        """From a small page; from the consultation while nobody can log in."""
        for path in ("/password", "/"):
            page = Page(self.client.get(path, follow_redirects=True).get_data(as_text=True))
            if any(field.get("name") == "csrf_token" for field in page.inputs):
                break
        return page.value("csrf_token")

    def _checked(self, answer: TestResponse, status: int) -> Page:
        html = answer.get_data(as_text=True)
        assert answer.status_code == status, html[:2000]
        page = Page(html)
        assert [bool(heading.strip()) for heading in page.headings] == [True], page.headings
        assert page.title.strip(), "no title"
        assert len(page.ids) == len(set(page.ids)), [i for i in page.ids if page.ids.count(i) > 1]
        assert all(form.get("action") for form in page.forms)
        assert all(address.startswith(("/", "#")) for address in page.addresses), page.addresses
        unlabelled = [
            field
            for field in page.inputs
            if field.get("type") not in ("hidden", "submit")
            and not (field.get("labelled") or field.get("aria-label") or field.get("id") in page.label_targets)
        ]
        assert not unlabelled, unlabelled
        return page
