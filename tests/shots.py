"""Draws every screen and paper into a folder: python tests/shots.py build/shots [address]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser import chromium, server

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


def sheet(page: Page, folder: Path, prefix: str) -> None:
    page.goto("/sheets")
    page.screenshot(path=folder / f"{prefix}-6-list.png")
    page.get_by_role("link", name="開く").last.click()
    page.screenshot(path=folder / f"{prefix}-7-sheet.png", full_page=True)
    page.goto("/sheets")
    page.get_by_role("link", name="開く").first.click()
    page.fill("#clerk_name", "")
    page.locator(".dests .chip").first.click()
    page.click("#save-sheet")
    page.screenshot(path=folder / f"{prefix}-8-faults.png", full_page=True)
    page.goto("/help")
    page.screenshot(path=folder / f"{prefix}-9-help.png")
    page.goto("/memo")
    page.screenshot(path=folder / f"{prefix}-10-memo-page.png")
    page.goto("/nowhere")
    page.screenshot(path=folder / f"{prefix}-11-error.png")


def papers(page: Page, folder: Path) -> None:
    for name in ("resident", "office"):
        page.goto(f"/sheets/R8-0001/{name}")
        page.screenshot(path=folder / f"paper-{name}.png", full_page=True)
        page.pdf(path=folder / f"paper-{name}.pdf", prefer_css_page_size=True)


def main(folder: Path, address: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for prefix, (width, height) in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": height}, base_url=address, locale="ja-JP")
            page.on("dialog", lambda dialog: dialog.accept())
            consult(page, folder, prefix)
            sheet(page, folder, prefix)
            if prefix == "desk":
                papers(page, folder)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if len(sys.argv) > 2:
        main(target, sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as home, server(Path(home), "--demo") as address:
            main(target, address)
