"""The training in a real browser: one scenario played well and badly, by mouse, by keys alone and without script."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from referral_app.demo import ACCOUNTS
from tests.browser import CHROMIUM, ROOT, accessible, chromium, log_in, server

pytestmark = pytest.mark.slow
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("Chromium が見つからないので、ブラウザの検査はここでは動きません", allow_module_level=True)

WIDE, NARROW = 1366, 683  # a desk's PC, and the same at 200 %
GOOD_SIGNS = ("大事にしていた物を人にゆずる", "「世話になったねえ」と別れのように言う", "退院して、つきあいが切れた")
QUESTIONS = (
    "退院されてから、お体はどうですか",
    "息子さんには話されましたか",
    "とても心配です。死にたいと思うことがありますか",
    "夜は眠れていますか",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("training"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def sit_down(browser: Browser, address: str, login: str, width: int = WIDE, script: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 768}, base_url=address, locale="ja-JP", java_script_enabled=script
    )
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    log_in(page, address, login, next(one.password for one in ACCOUNTS if one.login == login))
    return page


def looked_at(page: Page) -> None:
    """Reachable for everybody, nothing to the side of the screen, and plainly practice."""
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    expect(page.locator(".top .tag.train")).to_have_text("研修用")
    assert page.locator(".btn.main").count() == 1, page.url


def go(page: Page) -> None:
    page.locator(".go .btn.main").click()


def begin(page: Page) -> None:
    page.goto("/practice?level=いのちを守る")
    page.get_by_role("link", name="世話はかけん をえらぶ").click()
    expect(page.get_by_role("heading", name="はじめる前に")).to_be_visible()
    expect(page.locator(".care .tel")).to_have_count(4)
    page.get_by_role("button", name="はじめる").click()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_played_well(browser: Browser, address: str, width: int) -> None:
    page = sit_down(browser, address, "jukou", width)
    begin(page)
    looked_at(page)
    for sign in GOOD_SIGNS:
        page.get_by_label(sign).check()
    go(page)
    looked_at(page)
    page.get_by_label(re.compile("何かあったんですか")).check()
    go(page)
    for question in QUESTIONS:
        page.fill("#question", question)
        go(page)
        expect(page.locator(".talk .mine").last).to_contain_text(question)
    looked_at(page)
    page.get_by_role("link", name="聴きおわったら、つなぎへ進む").click()
    page.fill("#text", "一人暮らしの高齢の方。退院したばかり。死にたい気持ちがあり、夜も眠れない")
    page.get_by_role("button", name="窓口を探す").click()
    page.get_by_role("button", name=re.compile("臨床心理士との相談をシートに入れる")).first.click()
    page.get_by_role("button", name=re.compile("高齢の方と暮らしの相談をシートに入れる")).first.click()
    page.get_by_label("お願いすること").first.fill("今日、会ってほしい")
    looked_at(page)
    go(page)
    looked_at(page)
    page.get_by_label(re.compile("もう一人の職員を呼び")).check()
    page.get_by_label(re.compile("お気持ちのことを")).check()
    go(page)
    looked_at(page)
    page.get_by_label(re.compile("あした")).check()
    go(page)
    looked_at(page)
    for statement in page.locator("fieldset.myth").all():
        statement.get_by_text("× ちがう").click()
    go(page)
    looked_at(page)
    assert found(page) == ["3 / 3", "1 / 1", "5 / 5", "4 / 4", "1 / 1", "2 / 2"]
    expect(page.locator(".hidden-worry")).to_contain_text("聴けました")
    expect(page.locator(".remarks .missed")).to_have_count(0)
    page.goto("/practice")
    accessible(page)
    expect(page.get_by_role("heading", name="自分のあゆみ")).to_be_visible()


def test_played_badly_without_script(browser: Browser, address: str) -> None:
    page = sit_down(browser, address, "fukushi", script=False)
    begin(page)
    page.get_by_label("九州の言葉で話す").check()
    go(page)
    page.get_by_label(re.compile("あと20年は大丈夫")).check()
    go(page)
    page.fill("#question", "頑張ってください。息子さんのためにも長生きしましょう。")
    go(page)
    page.get_by_role("link", name="聴きおわったら、つなぎへ進む").click()
    page.fill("#text", "仲間と体操がしたい。スポーツ教室")
    page.get_by_role("button", name="窓口を探す").click()
    page.get_by_role("button", name=re.compile("をシートに入れる")).first.click()
    go(page)
    page.get_by_label(re.compile("体操教室のちらしを渡す")).check()
    page.get_by_label(re.compile("すぐ電話します")).check()
    go(page)
    page.get_by_label(re.compile("1か月後")).check()
    go(page)
    for statement in page.locator("fieldset.myth").all():
        statement.get_by_label("○ そうだ").check(force=True)
    go(page)
    assert found(page) == ["0 / 3", "0 / 1", "0 / 5", "0 / 4", "0 / 1", "0 / 2"]
    expect(page.locator(".hidden-worry")).to_contain_text("まだ聴けていません")
    expect(page.locator(".caution")).to_contain_text("はげまし")
    assert page.locator(".remarks .missed").count() > 8
    page.goto("/inbox")
    assert "研修" not in page.locator("main").inner_text()


def found(page: Page) -> list[str]:
    """How many in each step, as the review shows them."""
    return page.locator(".step-review > header > .num").all_inner_texts()


def test_a_run_needs_no_mouse(browser: Browser, address: str) -> None:
    page = sit_down(browser, address, "kodomo")
    page.goto("/practice/scenarios/no-bed")
    tab_to(page, "はじめる")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/notice$"))
    page.locator("[name=signs]").first.focus()
    page.keyboard.press("Space")
    tab_to(page, "決めて、声をかける")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/speak$"))
    page.locator("[name=first_words]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/listen"))
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("今夜はどうされますか")
    tab_to(page, "たずねる")
    page.keyboard.press("Enter")
    expect(page.locator(".talk .mine")).to_have_count(2)
    tab_to(page, "ここまででふりかえる")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/review$"))


def tab_to(page: Page, words: str) -> None:
    """Tab, forward, until what has the focus says so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText ?? ''").strip() == words:
            return
    raise AssertionError(words)


@pytest.mark.parametrize("width", [WIDE, 1100, NARROW])
def test_the_other_pages_are_there_for_everybody(browser: Browser, address: str, width: int) -> None:
    page = sit_down(browser, address, "keikaku", width)
    for path in ("/practice/scenarios/no-bother", "/practice/quiz", "/practice/confidence/before", "/training"):
        page.goto(path)
        looked_at(page)
    page.fill("#title", "見本の講座")
    page.get_by_role("button", name="講座を開く").click()
    looked_at(page)
    page.get_by_role("button", name="答えをしめきる").click()
    expect(page.get_by_role("link", name="CSVで取り出す")).to_be_visible()
    looked_at(page)
    for path in ("/training/scenarios/new?like=no-bed", "/training/import"):
        page.goto(path)
        looked_at(page)
    page.goto("/practice?level=中級")
    looked_at(page)
    page.goto("/training/cards/no-bother")
    accessible(page)


def test_cards_are_three_sheets_of_paper(browser: Browser, address: str, tmp_path: Path) -> None:
    from pypdf import PdfReader

    page = sit_down(browser, address, "kenshu")
    for file in sorted((ROOT / "data" / "scenarios").glob("*.toml")):
        page.goto(f"/training/cards/{file.stem}")
        page.pdf(path=tmp_path / "cards.pdf", prefer_css_page_size=True)
        sheets = [
            unicodedata.normalize("NFKC", sheet.extract_text()) for sheet in PdfReader(tmp_path / "cards.pdf").pages
        ]
        assert len(sheets) == 3, file.stem
        assert all("研修用" in sheet for sheet in sheets)
        assert "印刷する" not in "".join(sheets)
