"""Three people at three desks in a real browser: sent to two departments, one completes, one returns, handed on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from referral_app import audit, db
from referral_app.demo import ACCOUNTS
from referral_app.sealing import KeyFile
from tests.browser import CHROMIUM, accessible, chromium, log_in, server

pytestmark = pytest.mark.slow
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("Chromium が見つからないので、ブラウザの検査はここでは動きません", allow_module_level=True)

STORY = "借金が返せません。子どもを預ける所もなくて働けない"
NAME = "架空野 みほん"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A demo: (address, folder)."""
    folder = tmp_path_factory.mktemp("three")
    with server(folder, "--demo") as running:
        yield running, str(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def context_of(browser: Browser, address: str, **options: object) -> BrowserContext:
    return browser.new_context(
        viewport={"width": 1366, "height": 768},
        base_url=address,
        locale="ja-JP",
        **options,  # type: ignore[arg-type]
    )


def sit_down(browser: Browser, address: str, login: str) -> Page:
    """A person at a PC of their own."""
    page = context_of(browser, address).new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    log_in(page, address, login, next(one.password for one in ACCOUNTS if one.login == login))
    return page


def make_and_send(page: Page) -> str:
    """From the worry to two sent destinations; returns the sheet's number."""
    page.fill("#story", STORY)
    expect(page.locator("#find .group").first).to_be_visible()
    page.get_by_role("button", name=re.compile("こども家庭センター ファミリー.*をシートに入れる")).first.click()
    expect(page.locator("#tie .picked li")).to_have_count(1)
    page.click("#make-sheet")
    page.select_option("#window", label="福祉総合支援課 生活困窮者自立相談支援事業")
    page.get_by_role("button", name="足す", exact=True).click()
    page.check("#explained")
    page.fill("#name", NAME)
    page.fill("#phone", "000-1234-9876")
    page.locator("#may_phone").get_by_text("よい").click()
    for row in page.locator(".dests tbody tr").all():
        row.get_by_text("口頭").click()
        row.locator("select[name^=way-]").select_option("庁内で送付")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("送る前の確認")
    accessible(page)
    page.click("#send-sheet")
    expect(page.locator(".tie-row")).to_have_count(2)
    accessible(page)
    return page.locator("h1 .num").inner_text()


def open_in_inbox(page: Page, number: str) -> None:
    page.get_by_role("link", name=re.compile("^受信箱")).first.click()
    accessible(page)
    page.get_by_role("link", name=f"{number} を開く").click()
    expect(page.locator("h1")).to_contain_text(number)


def test_the_sheet_goes_is_received_answered_returned_and_handed_on(browser: Browser, home: tuple[str, str]) -> None:
    address, folder = home
    desk, kodomo, fukushi = (sit_down(browser, address, login) for login in ("mado", "kodomo", "fukushi"))
    number = make_and_send(desk)

    open_in_inbox(kodomo, number)
    expect(kodomo.get_by_text(NAME)).to_have_count(0)
    accessible(kodomo)
    kodomo.get_by_role("button", name="受け取る", exact=True).click()
    expect(kodomo.get_by_text(NAME)).to_be_visible()
    kodomo.get_by_role("button", name="対応を始める").click()
    kodomo.get_by_label(re.compile("^返事")).first.fill("会員の手続きを案内した。月曜に預かる。")
    kodomo.get_by_role("button", name="完了する", exact=True).click()
    expect(kodomo.locator("header .tag").first).to_have_text("完了")
    accessible(kodomo)

    open_in_inbox(fukushi, number)
    fukushi.get_by_text("差し戻す", exact=True).first.click()
    fukushi.get_by_label(re.compile("^理由")).fill("家計より先に、くらしの相談がよさそうです。")
    fukushi.get_by_role("button", name="差し戻す", exact=True).click()
    expect(fukushi.locator("header .tag").first).to_have_text("差戻し")
    expect(fukushi.get_by_text(NAME)).to_have_count(0)

    desk.reload()
    expect(desk.locator("#count-write")).to_contain_text("2")  # two returns wait: this one and the demo's own
    expect(desk.get_by_text("月曜に預かる")).to_be_visible()
    accessible(desk)
    desk.get_by_role("link", name="つなぎ直す").click()
    accessible(desk)
    desk.select_option("#window", label="福祉総合支援課 生活困窮者自立支援事業（住居確保給付金支給事業）")
    desk.fill("#ask", "家賃の相談からお願いします。")
    desk.select_option("#way", "同行")
    desk.check("#explained")
    desk.locator("#consent").get_by_text("書面").click()
    desk.get_by_role("button", name="つなぎ直して送る").click()
    expect(desk.locator(".tie-row")).to_have_count(3)
    expect(desk.get_by_text("つなぎ直し 2回目")).to_be_visible()
    expect(desk.get_by_text("差戻し 1回")).to_be_visible()

    open_in_inbox(fukushi, number)
    expect(fukushi.get_by_text("つなぎ直し 2回目")).to_be_visible()
    the_record_tells_it_all(folder, number)


def the_record_tells_it_all(folder: str, number: str) -> None:
    engine = db.open_engine(f"sqlite:///{folder}/referral.db", KeyFile(Path(folder) / "data.key"))
    with db.reading(engine) as session:
        lines = reversed(audit.listing(session, sheet=number).entries)
        told = [(line.action, line.detail) for line in lines if line.action == "step"]
        assert [detail for _, detail in told] == [
            *("send", "send", "receive", "start", "finish", "return", "onward", "send"),
        ]
        assert audit.verify(session).wrong is None
    engine.dispose()


def test_an_answer_is_told_on_a_page_that_stands_open(browser: Browser, home: tuple[str, str]) -> None:
    address, _ = home
    desk = sit_down(browser, address, "mado")
    desk.clock.install()
    number = make_and_send(desk)
    desk.goto("/")
    kodomo = sit_down(browser, address, "kodomo")
    open_in_inbox(kodomo, number)
    kodomo.get_by_role("button", name="受け取る", exact=True).click()
    expect(kodomo.get_by_text(NAME)).to_be_visible()
    desk.clock.run_for(61_000)
    expect(desk.locator("#news")).to_contain_text("シートに新しい返事があります")
    accessible(desk)


def test_words_typed_before_the_session_ended_come_back(browser: Browser, home: tuple[str, str]) -> None:
    address, _ = home
    page = sit_down(browser, address, "mado")
    page.fill("#story", STORY)
    expect(page.locator("#find .group").first).to_be_visible()
    page.context.clear_cookies()  # as a session that has ended
    page.locator("#story").press_sequentially("。")
    expect(page.get_by_role("heading", level=1)).to_have_text("ログイン")
    accessible(page)
    page.get_by_role("button", name="見本 一郎").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("書きかけがあります")
    accessible(page)
    page.get_by_role("button", name="続きから始める").click()
    expect(page.locator("#story")).to_have_value(STORY + "。")


@pytest.mark.parametrize("width", [1366, 683])
def test_every_other_page_is_accessible_at_any_width(browser: Browser, home: tuple[str, str], width: int) -> None:
    address, _ = home
    pages = {
        "kanri": ("/accounts", "/accounts/new", "/accounts/1", "/record", "/keeping", "/password", "/explain"),
        "fukushi": ("/inbox", "/inbox?tab=open", "/inbox?tab=ended", "/sheets"),
        "mado": ("/sheets", "/sheets/R8-0001", "/sheets/R8-0002", "/sheets/R8-0001/on"),
    }
    for login, paths in pages.items():
        page = sit_down(browser, address, login)
        page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            page.goto(path)
            accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.context.close()


def test_a_department_works_without_script(browser: Browser, home: tuple[str, str]) -> None:
    address, _ = home
    page = context_of(browser, address, java_script_enabled=False).new_page()
    log_in(page, address, "kodomo", next(one.password for one in ACCOUNTS if one.login == "kodomo"))
    page.goto("/inbox")
    page.get_by_role("link", name="R8-0002 を開く").click()
    page.get_by_role("button", name="受け取る", exact=True).click()
    expect(page.locator("header .tag").first).to_have_text("受領")
    page.get_by_text("差し戻す", exact=True).first.click()
    page.get_by_role("button", name="差し戻す", exact=True).click()
    expect(page.get_by_text("「理由」を書いてください。")).to_be_visible()
