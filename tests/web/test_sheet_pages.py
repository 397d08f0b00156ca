"""The sheet over HTTP when things go wrong, and its papers as a real browser prints them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext
from pypdf import PdfReader
from sqlalchemy import Engine, text

from referral_app import accounts, db, sheet_input, sheets
from referral_app import catalogue as catalogues
from referral_app.config import Settings
from referral_app.sealing import KeyFile
from referral_app.sheet_input import SheetInput
from tests.browser import CHROMIUM, chromium, log_in, server
from tests.client import staffed_home
from tests.conftest import TUESDAY
from tests.pages import Page, Pages

Fields = dict[str, Any]


@pytest.fixture
def number(pages: Pages) -> str:
    page = pages.post("/sheets", {"text": "借金が返せません", "picks": ["P070", "P032"]})
    return re.search(r"R\d+-\d{4}", page.title)[0]  # type: ignore[index]


def form_of(page: Page, engine: Engine, number: str) -> Fields:
    """The fields a browser would send back for the page it was given."""
    with db.reading(engine) as session:
        given = sheet_input.as_input(sheets.get(session, number))
    fields: Fields = {**given.values, "items": list(given.items), "version": given.version, "base": page.value("base")}
    fields["windows"] = [row.window for row in given.handovers]
    for row in given.handovers:
        fields |= {f"ask-{row.window}": row.ask, f"way-{row.window}": row.way, f"consent-{row.window}": row.consent}
    return fields


@pytest.fixture
def fields(pages: Pages, engine: Engine, number: str) -> Fields:
    return form_of(pages.get(f"/sheets/{number}"), engine, number)


def saved(engine: Engine, number: str) -> SheetInput:
    with db.reading(engine) as session:
        return sheet_input.as_input(sheets.get(session, number))


def links_lead_somewhere(page: Page) -> bool:
    """Every link within the page points at an element that is there and can be seen."""
    hidden = {field.get("id") for field in page.inputs if field.get("type") == "hidden"}
    targets = {address[1:] for address in page.addresses if address.startswith("#")}
    return targets <= set(page.ids) - hidden


def test_a_conflict_keeps_both_peoples_work(pages: Pages, engine: Engine, number: str, fields: Fields) -> None:
    pages.post(f"/sheets/{number}", fields | {"may_phone": "だめ", "wish": "先の人"})
    page = pages.post(f"/sheets/{number}", fields | {"wish": "後の人", "done_so_far": "電話した"}, status=409)
    assert "ほかの画面で先に保存" in page.text
    assert "11月24日 14:32" in page.text
    assert "先の人" in page.text
    assert links_lead_somewhere(page)
    again = form_of(page, engine, number) | {"wish": "後の人", "done_so_far": page_area(page, "done_so_far")}
    pages.post(f"/sheets/{number}", again | {"may_phone": checked(page, "may_phone")})
    values = saved(engine, number).values
    assert (values["may_phone"], values["wish"], values["done_so_far"]) == ("だめ", "後の人", "電話した")


def page_area(page: Page, name: str) -> str:
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>([^<]*)', page.html)
    return found[1] if found else ""


def checked(page: Page, name: str) -> str:
    return next((f["value"] for f in page.inputs if f.get("name") == name and "checked" in f), "")


@pytest.mark.parametrize("consent", ["refused", "withdrawn"])
def test_a_refusal_saved_meanwhile_stays_in_the_form(
    pages: Pages, engine: Engine, number: str, fields: Fields, consent: str
) -> None:
    known = {"explained": "yes"}
    pages.post(f"/sheets/{number}", fields | known | {"consent-P070": consent})
    page = pages.post(f"/sheets/{number}", fields | known | {"consent-P070": "oral"}, status=409)
    assert checked(page, "consent-P070") == consent
    assert "安全のため" in page.text
    assert saved(engine, number).handovers[0].consent == consent


@pytest.mark.parametrize("spoil", ["", "x", "other sheet"])
def test_a_base_that_cannot_be_trusted_lists_every_difference(
    pages: Pages, number: str, fields: Fields, spoil: str
) -> None:
    base = fields["base"][:-4] + "AAAA" if spoil == "x" else ""
    if spoil == "other sheet":
        other = pages.post("/sheets", {"text": "", "picks": "P070"})
        base = other.value("base")
    pages.post(f"/sheets/{number}", fields | {"may_phone": "だめ"})
    page = pages.post(f"/sheets/{number}", fields | {"base": base}, status=409)
    assert checked(page, "may_phone") == "だめ"
    assert 'href="#may_phone"' in page.html
    assert "そのまま入れたところ" not in page.text


def test_two_saves_of_the_same_form_conflict_even_within_a_minute(pages: Pages, number: str, fields: Fields) -> None:
    pages.post(f"/sheets/{number}", fields)
    pages.post(f"/sheets/{number}", fields, status=409)


def test_a_busy_database_keeps_the_form(
    pages: Pages, engine: Engine, number: str, fields: Fields, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.connect() as short:
        short.exec_driver_sql("PRAGMA busy_timeout = 50")
    with db.transaction(db.open_engine(str(engine.url))) as holding:
        holding.execute(text("SELECT 1"))
        page = pages.post(f"/sheets/{number}", fields | {"wish": "消えないで"}, status=503)
    assert "ほかの人の保存を待っています" in page.text
    assert page_area(page, "wish") == "消えないで"
    assert page.value("base") == fields["base"]
    pages.post(f"/sheets/{number}", fields | {"wish": "消えないで"})
    assert saved(engine, number).values["wish"] == "消えないで"


def test_a_sheet_discarded_meanwhile_can_be_saved_anew(
    pages: Pages, engine: Engine, number: str, fields: Fields
) -> None:
    pages.post(f"/sheets/{number}/discard", {})
    page = pages.post(f"/sheets/{number}", fields | {"wish": "消えないで"}, status=404)
    assert "消されています" in page.text
    assert page_area(page, "wish") == "消えないで"
    assert 'name="do" value="anew"' in page.html
    assert links_lead_somewhere(page)
    fresh = pages.post(f"/sheets/{number}", fields | {"wish": "消えないで", "do": "anew"})
    assert "R8-0002" in fresh.title
    assert saved(engine, "R8-0002").values["wish"] == "消えないで"


def test_saving_anew_what_still_exists_makes_no_second_sheet(pages: Pages, number: str, fields: Fields) -> None:
    assert number in pages.post(f"/sheets/{number}", fields | {"do": "anew"}).title
    pages.get("/sheets/R8-0002", status=404)


def test_a_lost_token_keeps_the_form_and_gives_a_new_one(
    app: Flask, pages: Pages, engine: Engine, number: str, fields: Fields
) -> None:
    stranger = Pages(app.test_client()).enter("mado2")
    page = stranger.post(f"/sheets/{number}", fields | {"wish": "消えないで", "csrf_token": "old"}, status=400)
    assert page_area(page, "wish") == "消えないで"
    assert "まだ保存していません" in page.text
    assert saved(engine, number).values["wish"] == ""
    stranger.post(f"/sheets/{number}", fields | {"wish": "消えないで", "csrf_token": page.value("csrf_token")})
    assert saved(engine, number).values["wish"] == "消えないで"


def test_an_unknown_destination_to_add_keeps_the_form(pages: Pages, number: str, fields: Fields) -> None:
    page = pages.post(f"/sheets/{number}", fields | {"do": "add", "window": "P999", "wish": "消えないで"}, status=400)
    assert page_area(page, "wish") == "消えないで"
    assert links_lead_somewhere(page)


def test_a_window_that_left_the_catalogue_opens_prints_and_saves(
    pages: Pages, engine: Engine, number: str, fields: Fields
) -> None:
    with db.transaction(engine) as session:
        session.execute(text("UPDATE handover SET window = 'P999', department = 'むかしの課' WHERE window = 'P070'"))
    page = pages.get(f"/sheets/{number}")
    assert "むかしの課" in page.text
    for paper in ("resident", "office"):
        assert "むかしの課" in pages.get(f"/sheets/{number}/{paper}").text.replace(" ", "")
    fields = form_of(page, engine, number)
    pages.post(f"/sheets/{number}", fields | {"wish": "そのまま"})
    assert [row.window for row in saved(engine, number).handovers] == ["P999", "P032"]


@pytest.mark.parametrize("name", ["may_leave_message", "may_post", "address", "visitor_phone"])
def test_the_red_box_stands_above_every_address_and_phone(pages: Pages, number: str, fields: Fields, name: str) -> None:
    assert 'id="guard"' not in pages.get(f"/sheets/{number}").html
    assert 'id="guard"' in pages.post(f"/sheets/{number}", fields | {name: "だめ"}).html


def test_a_legal_ground_without_its_words_is_refused_beside_the_fields(
    pages: Pages, engine: Engine, number: str, fields: Fields
) -> None:
    legal = fields | {"consent-P070": "legal"}
    page = pages.post(f"/sheets/{number}", legal, status=400)
    assert {"legal_ground-P070-fault", "legal_reason-P070-fault"} <= set(page.ids)
    assert links_lead_somewhere(page)
    words = {"legal_ground-P070": "児童虐待の通告", "legal_reason-P070": "けががある"}
    page = pages.post(f"/sheets/{number}", legal | words | {"do": "print:office"})
    assert "児童虐待の通告" in page.text
    assert "けががある" in page.text
    assert "同意します" not in page.text


def test_each_desk_page_names_no_other_desk(pages: Pages, number: str, fields: Fields) -> None:
    known = {"explained": "yes", "do": "print:office"}
    page = pages.post(f"/sheets/{number}", fields | known | {"consent-P070": "oral", "consent-P032": "written"})
    keeping, first, second = page.html.split('<table class="paper office"')[1:]
    assert "市民協働推進課" in keeping
    assert "こども家庭センター" in keeping
    assert "市民協働推進課" in first
    assert "こども家庭センター" not in first
    assert "市民相談事業" not in second
    assert all(number in part for part in (keeping, first, second))
    page = pages.post(f"/sheets/{number}", form_of_saved(page, fields) | {"consent-P032": "refused"})
    refused = pages.get(f"/sheets/{number}/office").html
    assert refused.count('<table class="paper office"') == 2
    assert "同意なし。この課には渡さない。" in refused


def form_of_saved(_page: Page, fields: Fields) -> Fields:
    known = {"explained": "yes", "consent-P070": "oral"}
    return fields | known | {"version": int(fields["version"]) + 1}


def test_discarding_leaves_no_word_in_any_file(
    pages: Pages, engine: Engine, number: str, fields: Fields, tmp_path: Path
) -> None:
    pages.post(f"/sheets/{number}", fields | {"story": "だれにも見せない話"})
    with engine.connect() as connection:
        sealed = str(connection.scalar(text("SELECT story FROM sheet")))
    pages.post(f"/sheets/{number}/discard", {})
    assert not [f.name for f in tmp_path.glob("referral.db*") if sealed.encode() in f.read_bytes()]


# ---- papers in a real browser -------------------------------------------------------------------

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="Chromium が見つからないので、紙の検査はここでは動きません"
)
PLACED = ("P065", "P005", "P026", "P031")  # a place each; the first has a telephone of its own with a note
UNPLACED = ("P070", "P010", "P047", "P055")
TAIL = "だれかと話したいとき"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Engine]]:
    home = tmp_path_factory.mktemp("papers")
    staffed_home(home)
    with server(home) as address:
        engine = db.open_engine(f"sqlite:///{home / 'referral.db'}", KeyFile(home / "data.key"))
        yield address, engine
        engine.dispose()


@pytest.fixture(scope="module")
def browser(printed: tuple[str, Engine]) -> Iterator[BrowserContext]:
    """A clerk's browser."""
    with chromium() as launched:
        context = launched.new_context()
        log_in(context.new_page(), printed[0], "mado")
        yield context


def make(engine: Engine, codes: tuple[str, ...], way: str, consent: str, story: str = "借金がある") -> str:
    catalogue = catalogues.load(Settings.from_environment().data)
    with db.transaction(engine) as session:
        by = accounts.as_person(accounts.by_login(session, "mado"))
        sheet = sheets.create(session, catalogue, story=story, windows=codes, items=["債務"], by=by, now=TUESDAY)
        given = sheet_input.as_input(sheet)
        rows = tuple(replace(row, way=way, consent=consent) for row in given.handovers)
        sheets.save(session, catalogue, sheet.number, replace(given, explained=True, handovers=rows), by, TUESDAY)
        return sheet.number


def pages_of(browser: BrowserContext, address: str, path: str, file: Path) -> list[str]:
    """The printed pages as text, without blanks."""
    page = browser.new_page()
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('rt').forEach(rt => rt.remove())")
    page.pdf(path=file, prefer_css_page_size=True)
    page.close()
    return [re.sub(r"\s", "", sheet.extract_text()) for sheet in PdfReader(file).pages]


def height(browser: BrowserContext, address: str, path: str, file: Path) -> int:
    """How many pages with the ふりがな in place."""
    page = browser.new_page()
    page.goto(address + path)
    page.pdf(path=file, prefer_css_page_size=True)
    page.close()
    return len(PdfReader(file).pages)


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("codes", [PLACED, UNPLACED], ids=["known places", "unknown places"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_three_destinations_fit_the_residents_page(
    browser: BrowserContext, printed: tuple[str, Engine], tmp_path: Path, codes: tuple[str, ...], count: int
) -> None:
    address, engine = printed
    for way, consent in (("同行", "oral"), ("本人が持参", "refused")):
        path = f"/sheets/{make(engine, codes[:count], way, consent)}/resident"
        assert height(browser, address, path, tmp_path / "a.pdf") <= (1 if count < 4 else 2), (way, consent)
        last = pages_of(browser, address, path, tmp_path / "b.pdf")[-1]
        assert TAIL in last


@needs_browser
@pytest.mark.slow
def test_every_office_page_carries_the_number_and_nothing_is_cut_off(
    browser: BrowserContext, printed: tuple[str, Engine], tmp_path: Path
) -> None:
    address, engine = printed
    number = make(engine, PLACED[:3], "電話で受理を確認", "oral", story="長いお話です。" * 700)
    texts = pages_of(browser, address, f"/sheets/{number}/office", tmp_path / "long.pdf")
    if not texts[-1]:  # for a few lengths of story Chromium adds one empty page behind a split table
        texts.pop()
    assert len(texts) > 4
    assert all(number in text for text in texts)
    page = browser.new_page()
    page.goto(f"{address}/sheets/{number}/office")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # A4 without its margins
    wide = page.evaluate(
        "[...document.querySelectorAll('td, th, dd, dt, p, li')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim())"
    )
    page.close()
    assert wide == []


@needs_browser
@pytest.mark.slow
def test_each_desk_begins_a_page_of_its_own(
    browser: BrowserContext, printed: tuple[str, Engine], tmp_path: Path
) -> None:
    address, engine = printed
    number = make(engine, PLACED[:2], "同行", "written")
    texts = pages_of(browser, address, f"/sheets/{number}/office", tmp_path / "office.pdf")
    assert ["庁内控え" in text for text in texts] == [True, False, False]
    assert "地域包括ケア推進課" not in texts[1]
    assert "こども家庭センター" not in texts[2]
