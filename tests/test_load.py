"""``make load`` runs to its end: two desks, a moment, one real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.load import Row, table

ROOT = Path(__file__).resolve().parent.parent


def test_the_table_sets_every_row_beside_the_bare_page() -> None:
    floor = Row("bare", [1.0, 2.0, 3.0], span=1.0)
    _over, _heads, first, second = table([floor, Row("slow", [10.0], errors=1, span=1.0)], floor)
    assert first.split() == ["bare", "3.0", "2.0", "3.0", "0", "1.0000", "1.0×", "1.0×"]
    assert second.split() == ["slow", "1.0", "10.0", "10.0", "1", "0.3333", "5.0×", "3.3×"]


@pytest.mark.slow
def test_two_desks_match_and_send_for_a_moment_without_an_error() -> None:
    line = [sys.executable, "-m", "tests.load", "--desks", "2", "--seconds", "0.5", "--paced", "0"]
    told = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True, timeout=200).stdout
    rows = [row for row in told.splitlines() if row.endswith("×")]
    names = ("bare", "match", "sheet: make", "sheet: save", "sheet: send", "log in")
    assert [next(name for name in names if row.startswith(name)) for row in rows] == list(names)
    assert [row.split()[-4] for row in rows] == ["0"] * len(names)
