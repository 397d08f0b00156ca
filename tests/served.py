"""A real server as a process that a test may kill, starve of disk, and start again at the same address."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser import ROOT, free_port, wait_until_healthy


class Served:
    """``referral serve`` on one home. What it says goes to ``log``."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self.log, self.port = home, log, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        if not (home / "index").exists():
            (ROOT / "index").mkdir(exist_ok=True)
            (home / "index").symlink_to(ROOT / "index", target_is_directory=True)

    def start(self) -> None:
        """Does not wait; ``ready`` does."""
        line = [sys.executable, "-m", "referral_app.cli", "serve", "--port", str(self.port)]
        with self.log.open("ab") as output:
            environment = {**os.environ, "REFERRAL_HOME": str(self.home)}
            self.process = subprocess.Popen(line, env=environment, stdout=output, stderr=output)

    def ready(self) -> None:
        assert self.process
        wait_until_healthy(self.address, self.process)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, closed or rolled back."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def serving(home: Path, *logs: Path) -> Iterator[list[Served]]:
    """One server for each log, all on the same home, started at the same moment."""
    servers = [Served(home, log) for log in logs]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.ready()
        yield servers
    finally:
        for server in servers:
            server.stop()
