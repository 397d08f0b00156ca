"""The true/false quiz (思いこみと事実): statements about suicide and about helping, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile


@dataclass(frozen=True)
class Myth:
    """A statement, whether it is so, and why."""

    code: str
    statement: str
    true: bool
    why: str


@dataclass(frozen=True)
class Marked:
    """One answer looked at: what was said, whether it agrees; the reason is shown either way."""

    myth: Myth
    said: bool | None

    @property
    def right(self) -> bool:
        return self.said is self.myth.true


def load(path: Path) -> dict[str, Myth]:
    """Reads data/myths.toml, in its order; raises DataError."""
    myths: dict[str, Myth] = {}
    for entry in datafile.read(path).entries():
        so = entry.choice("answer", ("○", "×")) == "○"
        myths[entry.key] = Myth(entry.key, entry.text("statement", longest=60), so, entry.text("why", longest=160))
        entry.done()
    return myths


def marked(myths: Mapping[str, Myth], said: Mapping[str, bool]) -> tuple[Marked, ...]:
    """Every statement with what was said of it (None: not answered), in the order of the quiz."""
    return tuple(Marked(myth, said.get(code)) for code, myth in myths.items())
