"""Example utterances, text files that a city can extend: what people say, and what it tells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile

CRISIS = "crisis_examples.toml"
LEVELS = {"imminent": "urgent", "high": "urgent", "concern": "concern", "calm": "outside"}  # heading → what it teaches
OUTSIDE = "outside"  # said of no worry of the catalogue, and of nothing that calls for an alert


@dataclass(frozen=True)
class Example:
    """One utterance and what it tells: worries, or levels of an alert; OUTSIDE for none of them."""

    text: str
    tells: tuple[str, ...]


def version(data: Path) -> str:
    """Changes with any edit of the examples."""
    digest = hashlib.sha256()
    for path in (*sorted((data / "examples").glob("*.toml")), data / CRISIS):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def load(folder: Path, known: Iterable[str]) -> tuple[Example, ...]:
    """Reads data/examples; raises DataError for an unknown worry or a bad file."""
    texts: dict[str, list[str]] = {}
    codes = {*known, OUTSIDE}
    for path in sorted(folder.glob("*.toml")):
        for entry in datafile.read(path).entries():
            if entry.key not in codes:
                raise entry.refuse(f"悩み「{entry.key}」は悩み辞書にありません。名前を確かめてください。")
            for _, line in (*entry.lines("told"), *entry.lines("lived")):
                found = texts.setdefault(line, [])
                if entry.key not in found:
                    found.append(entry.key)
            entry.done()
    return tuple(Example(text, tuple(codes)) for text, codes in texts.items())


def load_crisis(path: Path, ordinary: Iterable[Example] = ()) -> tuple[Example, ...]:
    """Reads the lines that teach the crisis reading; ordinary examples join them as calm ones.

    Not those of the worries the file names under ``unsure``: there people may well speak of dying. Raises DataError.
    """
    file = datafile.read(path)
    top = file.top()
    unsure = frozenset(top.texts("unsure"))
    found: dict[str, Example] = {}
    for heading, teaches in LEVELS.items():
        entry = file.entry(heading)
        for _, line in entry.lines("said", required=True):
            found.setdefault(line, Example(line, (teaches,)))
        entry.done()
    for row in ordinary:
        if not unsure.intersection(row.tells):
            found.setdefault(row.text, Example(row.text, (OUTSIDE,)))
    return tuple(found.values())
