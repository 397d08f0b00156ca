"""Papers over HTTP: what anyone may have, and a sheet's own papers as PDF."""

from __future__ import annotations

import io
import re
import time

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from referral_app import audit, db
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.models import Sheet
from referral_app.papers.stationery import Stationery
from tests.pages import Page, Pages
from tests.travel import PERSON, STORY, row, sent, take

pytestmark = pytest.mark.slow


@pytest.fixture
def sheet(engine: Engine, catalogue: Catalogue, people: dict[str, Person]) -> Sheet:
    return sent(engine, catalogue, people["mado"], row("P046", scope="contact"), row("P032"))


def text_of(answer: TestResponse) -> str:
    """The words of a PDF, without blanks."""
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    pages = PdfReader(io.BytesIO(answer.get_data())).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def post(pages: Pages, path: str, **fields: object) -> TestResponse:
    return pages.client.post(path, data={"csrf_token": pages.token(), **fields})


def test_the_sheets_papers_open_as_pdf_and_stand_in_the_record(pages: Pages, engine: Engine, sheet: Sheet) -> None:
    assert "PDFを開いて印刷する" in pages.get(f"/sheets/{sheet.number}/resident").text
    home = text_of(post(pages, f"/sheets/{sheet.number}/resident.pdf"))
    assert "福祉総合支援課" in home
    assert not [word for word in (PERSON["name"].replace(" ", ""), STORY, "債務") if word in home]
    office = text_of(post(pages, f"/sheets/{sheet.number}/office.pdf"))
    assert PERSON["name"].replace(" ", "") in office
    with db.reading(engine) as session:
        printed = [(line.detail, line.sheet) for line in audit.listing(session, action="sheet_printed").entries]
    assert printed == [("office", sheet.number), ("resident", sheet.number), ("resident", sheet.number)]


def test_readings_are_mended_for_one_print_and_faults_are_told(pages: Pages, sheet: Sheet) -> None:
    page = pages.get(f"/sheets/{sheet.number}/resident")
    readings = [field["value"] for field in page.inputs if field.get("name") == "reading"]
    assert len(readings) > 20
    token = {"csrf_token": page.value("csrf_token")}
    mended = ["なおした" if n == 0 else reading for n, reading in enumerate(readings)]
    path = f"/sheets/{sheet.number}/resident.pdf"
    assert "なおした" in text_of(pages.client.post(path, data=token | {"reading": mended}))
    answer = pages.client.post(path, data=token | {"reading": ["漢字", *readings[1:]]})
    assert answer.status_code == 400
    assert "ruby-0-fault" in Page(answer.get_data(as_text=True)).ids
    assert pages.client.post(path, data=token | {"reading": readings[1:]}).status_code == 400


def test_a_receiving_desk_prints_its_own_page_from_receipt_until_the_end(
    app: Flask, engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    desk = Pages(app.test_client()).enter("fukushi")
    number = sheet.handovers[0].id
    path = f"/inbox/{number}/desk.pdf"
    assert post(desk, path).status_code == 404
    take(engine, number, "receive", people["fukushi"])
    paper = text_of(post(desk, path))
    assert PERSON["phone"] in paper
    assert not [word for word in (STORY, "こども家庭センター") if word in paper]
    assert post(Pages(app.test_client()).enter("kodomo"), path).status_code == 403
    take(engine, number, "return", people["fukushi"])
    assert post(desk, path).status_code == 404


def test_a_finished_desk_prints_nothing_that_came_later(
    app: Flask, pages: Pages, engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    number = sheet.handovers[1].id
    for step in ("receive", "finish"):
        take(engine, number, step, people["kodomo"])
    pages.post(f"/sheets/{sheet.number}/addenda", {"words": "あとから分かった引っ越し先"})
    desk = Pages(app.test_client()).enter("kodomo")
    assert "あとから分かった引っ越し先" not in text_of(post(desk, f"/inbox/{number}/desk.pdf"))


@pytest.mark.parametrize(("step", "login"), [("return", "fukushi"), ("recall", "mado")])
def test_the_paper_that_goes_home_names_no_window_that_is_closed_to_the_resident(
    pages: Pages, engine: Engine, people: dict[str, Person], sheet: Sheet, step: str, login: str
) -> None:
    take(engine, sheet.handovers[0].id, step, people[login])
    home = text_of(post(pages, f"/sheets/{sheet.number}/resident.pdf"))
    assert "福祉総合支援課" not in home
    assert "こども家庭センター" in home


@pytest.mark.parametrize("paper", ["card", "slip", "booklet", "moment:bereaved", "worry:debt"])
def test_papers_for_anyone_are_made_on_the_spot(pages: Pages, paper: str) -> None:
    assert f'value="{paper}"' in pages.get("/papers").html
    words = text_of(post(pages, "/papers", paper=paper))
    assert words
    assert paper == "booklet" or "借金" not in words


@pytest.mark.parametrize("paper", ["", "worry:nope", "moment:nope", "x:y"])
def test_a_paper_that_cannot_be_made_is_said_calmly(pages: Pages, paper: str) -> None:
    assert "ほかのものを選んでください" in pages.post("/papers", {"paper": paper}, status=404).text


def test_all_leaflets_are_made_meanwhile_and_fetched_when_done(
    app: Flask, pages: Pages, stationery: Stationery, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = stationery.subjects()[:3]
    monkeypatch.setattr(Stationery, "subjects", lambda self: few)
    assert "まだ作っていません" in pages.get("/papers/all").text
    assert pages.client.get("/papers/all.pdf").status_code == 303
    pages.post("/papers/all", {})
    end = time.monotonic() + 60
    while not pages.client.get("/papers/all/progress").get_json()["ready"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert pages.client.get("/papers/all/progress").get_json() == {"done": 3, "total": 3, "ready": True, "fault": ""}
    assert "できました。案内は 3種類" in pages.get("/papers/all").text
    assert text_of(pages.client.get("/papers/all.pdf"))


def test_a_file_that_cannot_be_made_says_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(Stationery, "all_leaflets", break_down)
    pages.post("/papers/all", {})
    while pages.client.get("/papers/all/progress").get_json()["fault"] == "":
        time.sleep(0.01)
    assert "もう一度お試しください" in pages.get("/papers/all").text
