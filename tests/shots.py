"""Draws every screen and paper into a folder: python tests/shots.py build/shots [address]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from referral_app.demo import ACCOUNTS
from tests.browser import chromium, log_in, server

STORY = (
    "夫が出ていって、カードの借金が180万くらい返せなくて。子どもは4歳で、預ける所がなくて働きに出られない。"
    "夜も眠れなくて頭がぼーっとする。"
)
WIDTHS = {"desk": (1366, 768), "narrow": (768, 1024)}


def type_story(page: Page, text: str) -> None:
    page.fill("#story", text)
    page.wait_for_timeout(900)


def consult(page: Page, folder: Path, prefix: str) -> None:
    page.goto("/")
    page.screenshot(path=folder / f"{prefix}-1-empty.png")
    type_story(page, STORY)
    page.locator("#find .window button").first.click()
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"{prefix}-2-consult.png")
    type_story(page, STORY + "このまま消えてしまえたらと思う。")
    page.screenshot(path=folder / f"{prefix}-3-memo.png")
    page.keyboard.press("Alt+Digit0")
    page.screenshot(path=folder / f"{prefix}-3b-memo-asks.png")
    page.goto("/")
    type_story(page, "引っ越すので粗大ごみの出し方を聞きたい。住民票もとりたい。")
    page.screenshot(path=folder / f"{prefix}-4-outside.png")
    page.goto("/")
    page.click("#browse-all")
    page.wait_for_timeout(300)
    page.locator("#browse .chip").first.click()
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"{prefix}-5-browse.png")


# who looks → (name of the picture, path)
SCREENS = {
    "": (("login", "/login"),),
    "mado": (
        *(
            ("list", "/sheets"),
            ("sent", "/sheets/R8-0001"),
            ("hidden", "/sheets/R8-0002"),
            ("draft", "/sheets/R8-0004"),
        ),
        *(("check", "/sheets/R8-0004/send"), ("onward", "/sheets/R8-0001/on"), ("papers", "/papers")),
        *(("resident", "/sheets/R8-0004/resident"), ("office", "/sheets/R8-0004/office")),
        *(("help", "/help"), ("memo-page", "/memo"), ("password", "/password"), ("error", "/nowhere")),
    ),
    "kodomo": (("inbox", "/inbox"), ("inbox-empty", "/inbox?tab=ended"), ("arrived", "/inbox/3")),
    "kanri": (("accounts", "/accounts"), ("account", "/accounts/1"), ("record", "/record"), ("keeping", "/keeping")),
    "keikaku": (("explain", "/explain"),),
}


def training(page: Page, folder: Path, prefix: str) -> None:
    """A run from the list to its review, then the trainer's pages."""
    log_in(page, "", "jukou", demo_password("jukou"))
    for name, path in (("list", "/practice"), ("front", "/practice/scenarios/no-bother")):
        page.goto(path)
        page.screenshot(path=folder / f"{prefix}-20-{name}.png", full_page=True)
    page.get_by_role("button", name="はじめる").click()
    page.locator(".choice").nth(0).click()
    page.locator(".choice").nth(2).click()
    page.screenshot(path=folder / f"{prefix}-21-notice.png")
    page.locator(".go .main").click()
    page.locator(".choice").nth(1).click()
    page.screenshot(path=folder / f"{prefix}-22-speak.png")
    page.locator(".go .main").click()
    page.fill("#question", "とても心配です。死にたいと思うことがありますか")
    page.locator(".go .main").click()
    page.screenshot(path=folder / f"{prefix}-23-listen.png", full_page=True)
    page.get_by_role("link", name="聴きおわったら、つなぎへ進む").click()
    page.fill("#text", "一人暮らしの高齢の方。死にたい気持ちがあり、夜も眠れない")
    page.get_by_role("button", name="窓口を探す").click()
    page.locator(".finds-list .window button").first.click()
    page.screenshot(path=folder / f"{prefix}-24-connect.png", full_page=True)
    page.locator(".go .main").click()
    for row in (0, 3):
        page.locator(".choice").nth(row).click()
    page.screenshot(path=folder / f"{prefix}-25-agree.png", full_page=True)
    page.locator(".go .main").click()
    page.locator(".choice").nth(1).click()
    page.screenshot(path=folder / f"{prefix}-26-watch.png", full_page=True)
    page.locator(".go .main").click()
    page.screenshot(path=folder / f"{prefix}-27-spread.png", full_page=True)
    page.locator(".go .main").click()
    page.screenshot(path=folder / f"{prefix}-28-review.png", full_page=True)
    page.goto("/practice/quiz")
    page.screenshot(path=folder / f"{prefix}-29-quiz.png")
    page.goto("/practice/confidence/before")
    page.screenshot(path=folder / f"{prefix}-30-confidence.png", full_page=True)
    page.goto("/practice")
    page.screenshot(path=folder / f"{prefix}-31-list-after.png", full_page=True)
    preparing(page, folder, prefix)


def preparing(page: Page, folder: Path, prefix: str) -> None:
    page.context.clear_cookies()
    log_in(page, "", "kenshu", demo_password("kenshu"))
    page.goto("/training")
    page.screenshot(path=folder / f"{prefix}-32-training.png")
    page.fill("#title", "見本の講座")
    page.get_by_role("button", name="講座を開く").click()
    page.screenshot(path=folder / f"{prefix}-33-course.png")
    page.get_by_role("button", name="答えをしめきる").click()
    page.screenshot(path=folder / f"{prefix}-34-course-closed.png")
    page.goto("/training/scenarios/new?like=no-bed")
    page.screenshot(path=folder / f"{prefix}-35-scenario.png")
    page.get_by_role("button", name="保存", exact=True).click()
    page.screenshot(path=folder / f"{prefix}-36-scenario-faults.png")
    page.goto("/training/import")
    page.screenshot(path=folder / f"{prefix}-37-import.png")
    page.goto("/training/cards/no-bed")
    page.screenshot(path=folder / f"{prefix}-38-cards.png")


def demo_password(login: str) -> str:
    return next(one.password for one in ACCOUNTS if one.login == login)


def screens(page: Page, folder: Path, prefix: str, login: str, address: str) -> None:
    """Every page of one person, whole."""
    if login:
        log_in(page, address, login, next(one.password for one in ACCOUNTS if one.login == login))
    if login == "mado":
        consult(page, folder, prefix)
    for name, path in SCREENS[login]:
        page.goto(path)
        page.screenshot(path=folder / f"{prefix}-{login or 'nobody'}-{name}.png", full_page=True)


def main(folder: Path, address: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for prefix, (width, height) in WIDTHS.items():
            trainee = browser.new_page(viewport={"width": width, "height": height}, base_url=address, locale="ja-JP")
            trainee.on("dialog", lambda dialog: dialog.accept())
            training(trainee, folder, prefix)
            for login in SCREENS:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, base_url=address, locale="ja-JP"
                )
                page = context.new_page()
                page.on("dialog", lambda dialog: dialog.accept())
                screens(page, folder, prefix, login, address)
                context.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if len(sys.argv) > 2:
        main(target, sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as home, server(Path(home), "--demo") as address:
            main(target, address)
