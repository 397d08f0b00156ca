"""This city's own figures (data/rules.toml): deadlines, how long sheets are kept, how long a login lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from referral_app import datafile
from referral_app.datafile import DataFile, Entry
from referral_app.types import WAYS


@dataclass(frozen=True)
class Rules:
    """receipt_days: way of handing over → business days. closed, draft, practice, idle, longest are spans of time."""

    receipt_days: dict[str, int]
    answer_days: int
    closed: timedelta
    draft: timedelta
    practice: timedelta
    idle: timedelta
    longest: timedelta


def load(path: Path) -> Rules:
    """Reads data/rules.toml; raises DataError with file, line and reason."""
    file = datafile.read(path)
    receipt, answer, keeping, session = (_table(file, key) for key in ("receipt_days", "answer", "keeping", "session"))
    rules = Rules(
        receipt_days={way: receipt.number(way, 0, 30) for way in WAYS},
        answer_days=answer.number("days", 1, 120),
        closed=timedelta(days=keeping.number("closed_days", 30, 36_500)),
        draft=timedelta(days=keeping.number("draft_days", 1, 3_650)),
        practice=timedelta(days=keeping.number("practice_days", 1, 3_650)),
        idle=timedelta(minutes=session.number("idle_minutes", 5, 240)),
        longest=timedelta(hours=session.number("longest_hours", 1, 24)),
    )
    for entry in (receipt, answer, keeping, session):
        entry.done()
    return rules


def _table(file: DataFile, key: str) -> Entry:
    if key not in file.values:
        raise file.refuse(f"[{key}] がありません。書き足してください。")
    return file.entry(key)
