"""A real server and a real Chromium, for the browser tests and the pictures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.people import password_of

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# No call home: the machine may have no network, and a desk's PC has none.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
START_SECONDS = 120  # the first start builds the index
ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(home: Path, *arguments: str) -> Iterator[str]:
    """``referral serve`` as a process of its own; gives its address. The index is the checkout's, built once."""
    port = free_port()
    if not (home / "index").exists():
        (ROOT / "index").mkdir(exist_ok=True)
        (home / "index").symlink_to(ROOT / "index", target_is_directory=True)
    command = [sys.executable, "-m", "referral_app.cli", "serve", "--port", str(port), *arguments]
    process = subprocess.Popen(command, env={**os.environ, "REFERRAL_HOME": str(home)}, stdout=subprocess.DEVNULL)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the server stopped"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; raises when there is none."""
    if CHROMIUM is None:
        raise RuntimeError("Chromium が見つかりません。")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def log_in(page: Page, address: str, login: str, password: str = "") -> None:
    """One of tests/people.py, or anybody whose password is given."""
    page.goto(f"{address}/login")
    page.fill("#login", login)
    page.fill("#password", password or password_of(login))
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def accessible(page: Page) -> None:
    """WCAG 2.2 AA, as far as axe can tell."""
    results = Axe().run(page, options=AXE)
    assert results.violations_count == 0, results.generate_report()
