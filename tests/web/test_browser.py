"""A real clerk's way through, in a real Chromium on a real server. CI must have the browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from referral_app.demo import ACCOUNTS
from tests.browser import CHROMIUM, accessible, chromium, log_in, server

pytestmark = pytest.mark.slow
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("Chromium が見つからないので、ブラウザの検査はここでは動きません", allow_module_level=True)

STORY = "借金が返せません。子どもを預ける所もなくて働けない"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("browser"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def wrong() -> list[str]:
    """Errors in the console and requests to elsewhere; a test that provokes them clears it."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, wrong: list[str]) -> Iterator[Page]:
    """A clerk's screen; anything in ``wrong`` at the end fails the test."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=address, locale="ja-JP")
    opened = context.new_page()
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
    enter(opened, address, "mado")
    yield opened
    context.close()
    assert not wrong


def enter(page: Page, address: str, login: str) -> None:
    log_in(page, address, login, next(one.password for one in ACCOUNTS if one.login == login))


def type_story(page: Page, text: str = STORY) -> None:
    page.locator("#story").press_sequentially(text[-3:]) if page.locator("#story").input_value() else page.fill(
        "#story", text
    )
    expect(page.locator("#find .group").first).to_be_visible()


def test_from_the_worry_to_the_paper(page: Page) -> None:
    page.goto("/")
    accessible(page)
    type_story(page)
    accessible(page)
    page.get_by_role("button", name=re.compile("市民相談事業をシートに入れる")).first.click()
    page.get_by_role("button", name=re.compile("こども家庭センター .*をシートに入れる")).first.click()
    expect(page.locator("#tie .picked li")).to_have_count(2)
    page.get_by_role("button", name="シートを作る").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("つながるシート")
    expect(page.locator("#story")).to_have_value(STORY)
    expect(page.get_by_role("checkbox", name="債務", exact=True)).to_be_checked()
    accessible(page)
    page.check("#explained")
    page.fill("#name", "記入例 花子")
    for row in page.locator(".dests tbody tr").all():
        row.get_by_text("口頭").click()
        row.locator("select[name^=way-]").select_option("同行")
    page.get_by_role("button", name="庁内用を印刷").click()
    for words in ("市民協働推進課", "こども家庭センター", "記入例 花子"):
        expect(page.locator(".paper").first).to_contain_text(words)
    accessible(page)


def test_the_papers_are_a4_with_one_page_for_each_reader(page: Page, tmp_path: Path) -> None:
    # the office keeps one page and gives one to each of the two desks that may have it
    for name, pages in (("resident", 1), ("office", 3)):
        page.goto(f"/sheets/R8-0004/{name}")
        accessible(page)
        file = tmp_path / f"{name}.pdf"
        page.pdf(path=file, prefer_css_page_size=True)
        sheets = PdfReader(file).pages
        assert len(sheets) == pages, name
        assert [round(float(side)) for side in sheets[0].mediabox[2:]] == [595, 842]


def test_keys_alone_are_enough(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#story")).to_be_focused()
    page.keyboard.insert_text(STORY)
    expect(page.locator("#find .group").first).to_be_visible()
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#tie .picked li")).to_have_count(1)
    page.keyboard.press("Alt+Digit3")
    expect(page.locator("#tie .picked li")).to_have_count(2)
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#tie .picked li")).to_have_count(1)
    expect(page.locator("#story")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("つながるシート")


def test_the_memo_comes_folds_stays_folded_and_opens_by_key(page: Page) -> None:
    page.goto("/")
    type_story(page, STORY + "。もう死にたい")
    memo = page.locator("#memo")
    expect(memo).to_have_attribute("open", "")
    expect(page.locator("#find .group").first).to_be_visible()
    accessible(page)
    page.keyboard.press("Escape")
    expect(memo).not_to_have_attribute("open", "")
    page.locator("#story").press_sequentially("です。")
    page.wait_for_timeout(600)
    expect(memo).not_to_have_attribute("open", "")
    page.keyboard.press("Alt+Digit0")
    expect(memo).to_have_attribute("open", "")
    page.keyboard.press("Alt+Digit0")
    expect(page.locator("#asks")).to_have_attribute("open", "")
    accessible(page)


def test_the_memo_opens_by_hand(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Alt+Digit0")
    expect(page.locator("#memo")).to_have_attribute("open", "")
    page.goto("/sheets")
    page.keyboard.press("Alt+Digit0")
    expect(page.locator("#memo")).to_be_visible()


def test_an_open_conversion_fires_no_search(page: Page) -> None:
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    session = page.context.new_cdp_session(page)
    page.focus("#story")
    for reading in ("し", "しゃ", "しゃっきん"):
        session.send("Input.imeSetComposition", {"text": reading, "selectionStart": -1, "selectionEnd": -1})
        page.wait_for_timeout(300)
    assert asked == []
    session.send("Input.insertText", {"text": "借金"})
    expect(page.locator("#find .group").first).to_be_visible()
    assert len(asked) >= 1


def test_typing_on_never_loses_a_letter(page: Page) -> None:
    page.goto("/")
    text = "家賃が払えず、母の介護もあり、夜も眠れない。"
    page.locator("#story").press_sequentially(text, delay=15)
    expect(page.locator("#find .group").nth(1)).to_be_visible()
    expect(page.locator("#story")).to_have_value(text)


def test_columns_do_not_move_while_typing(page: Page) -> None:
    page.goto("/")
    places = lambda: [page.locator(name).bounding_box()["x"] for name in ("#story", "#find", "#tie")]  # type: ignore[index]  # noqa: E731
    before = places()
    type_story(page)
    assert places() == before
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#tie .picked li")).to_have_count(1)
    assert places() == before


def test_two_quick_picks_are_both_kept(page: Page) -> None:
    page.goto("/")
    type_story(page)
    page.keyboard.press("Alt+Digit1")
    page.keyboard.press("Alt+Digit3")
    expect(page.locator("#tie .picked li")).to_have_count(2)


def test_a_key_held_down_makes_one_sheet(page: Page, address: str) -> None:
    page.goto("/")
    type_story(page)
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#tie .picked li")).to_have_count(1)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.url == f"{address}/sheets" else None)
    page.keyboard.down("Control")
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(page.get_by_role("heading", level=1)).to_have_text("つながるシート")
    assert len([url for url in posts if url.endswith("/sheets")]) == 1


def test_help_opens_without_losing_the_story(page: Page) -> None:
    page.goto("/")
    type_story(page)
    page.get_by_role("link", name="操作のいちらん").click()
    expect(page.locator("#help")).to_be_visible()
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.locator("#story")).to_have_value(STORY)


def test_a_dropped_worry_stays_in_sight_and_comes_back(page: Page) -> None:
    page.goto("/")
    type_story(page)
    page.click("#drop-debt")
    expect(page.locator("#drop-debt")).to_have_count(0)
    expect(page.locator("#back-debt")).to_be_visible()
    expect(page.locator("#browse-all")).to_be_focused()
    page.click("#back-debt")
    expect(page.locator("#drop-debt")).to_be_visible()


def test_leaving_with_a_story_asks_first(page: Page) -> None:
    page.goto("/")
    type_story(page)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name=re.compile("^シート")).click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.locator("#story")).to_have_value(STORY)


def test_without_script_the_same_form_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    enter(page, address, "mado")
    page.fill("#story", STORY)
    page.get_by_role("button", name="窓口を探す").last.click()
    page.get_by_role("button", name=re.compile("市民相談事業をシートに入れる")).first.click()
    page.get_by_role("button", name="シートを作る").click()
    expect(page.locator("#story")).to_have_value(STORY)
    page.goto("/sheets/R8-0001")
    page.get_by_role("link", name="つなぎ直す").click()
    page.get_by_role("button", name="つなぎ直して送る").click()
    expect(page.get_by_role("alert")).to_contain_text("まだ送っていません")
    context.close()


def test_a_lost_server_is_told_and_the_text_stays(page: Page, wrong: list[str]) -> None:
    page.goto("/")
    page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill("#story", STORY)
    expect(page.locator("#searching")).to_contain_text("つながりません")
    expect(page.locator("#story")).to_have_value(STORY)
    page.unroute("**/*")
    assert all("ERR_FAILED" in line for line in wrong)
    wrong.clear()
    page.locator("#story").press_sequentially("。")
    expect(page.locator("#find .group").first).to_be_visible()


def test_unsaved_words_hold_the_page(page: Page) -> None:
    page.goto("/sheets/R8-0003")
    page.locator("#wish").press_sequentially("まだ")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="相談", exact=True).click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_the_explanation_is_asked_and_copied_by_keys_alone(page: Page, address: str) -> None:
    page.goto("about:blank")  # else a late answer of the clerk's page may bring its cookie back
    page.context.clear_cookies()
    enter(page, address, "keikaku")
    page.goto("/explain")
    accessible(page)
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.insert_text(STORY + "。しゃっきんがかえせない。もう死にたい")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="事業")).to_contain_text("P070")
    assert page.url.endswith("/explain")
    accessible(page)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("#case").evaluate("field => field === document.activeElement"):
            break
    expect(page.locator("#case")).to_be_focused()
    expect(page.locator("#case")).to_have_attribute("readonly", "")


@pytest.mark.parametrize("width", [768, 683])
def test_narrow_screens_and_doubled_zoom_need_no_sideways_scrolling(page: Page, width: int) -> None:
    """683 px is the desk's screen at 200 % zoom."""
    page.set_viewport_size({"width": width, "height": 900})
    page.on("dialog", lambda dialog: dialog.accept())
    for path in ("/", "/sheets", "/sheets/R8-0001", "/sheets/R8-0004", "/sheets/R8-0004/send", "/help"):
        page.goto(path)
        if path == "/":
            type_story(page, STORY + "。もう死にたい")
            page.keyboard.press("Alt+Digit1")
            expect(page.locator("#make-sheet")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        accessible(page)
