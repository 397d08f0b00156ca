"""What a piece of work costs: time, and the memory of the process doing it: python -m tests.matching.timing FOLDER."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NOT_MEASURED = "not measured (it is read from /proc, which only Linux has)"


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def resident() -> tuple[float, float] | None:
    """Megabytes of this process in memory now: all, and what is its own; None where /proc is not."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    sizes = {name: int(size) / 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", status, flags=re.M)}
    return (sizes["VmRSS"], sizes["RssAnon"]) if {"VmRSS", "RssAnon"} <= sizes.keys() else None


def busy() -> str:
    """How many processes want to run now, ours among them: above the number of processors, long work looks slower."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not measured"
    return f"load {load} on {os.cpu_count()} processors"


def memory(home: Path) -> str:
    """Resident memory of a fresh process that opens the index under ``home`` and matches; it builds nothing."""
    command = [sys.executable, "-m", "tests.matching.timing", str(home)]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout.strip()


def _opened_and_matched(home: Path) -> str:
    from referral_app.config import Settings
    from referral_app.consult import Desk
    from tests.matching.evaluate import load

    texts = [case.text for case in load()]
    sizes = [resident()]
    desk = Desk.open(Settings.at(home))
    sizes.append(resident())
    for text in texts:
        desk.match(text)
    sizes.append(resident())
    whens = ("before opening", "after", f"after {len(texts)} matches")
    told = [f"{size[0]:.0f} ({size[1]:.0f}) MB {when}" for size, when in zip(sizes, whens, strict=True) if size]
    return "resident memory (without mapped files): " + (", ".join(told) or NOT_MEASURED)


if __name__ == "__main__":
    print(_opened_and_matched(Path(sys.argv[1])))
