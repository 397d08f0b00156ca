"""A scenario as a flat form and back: ``reveals.2.answer`` → text, as a trainer's page sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FLAGS = frozenset(("hidden", "good"))
NUMBERS = frozenset(("soonest", "latest"))
LISTS = frozenset(("groups", "touches", "myths", "asks", "phrases", "shows"))  # one entry a line
CHOICES = frozenset(("fit", "way", "point"))  # a list to pick from always sends something
LONGEST_NUMBER = 4
ROWS = ("reveals", "signs", "first_words", "windows", "handovers", "consents", "listening")
TICKED = "1"


def to_form(values: Mapping[str, Any]) -> dict[str, str]:
    """The form behind a scenario's mapping. A field is named as ``Fields`` names its faults."""
    form: dict[str, str] = {}
    for key, value in values.items():
        if key in ROWS:
            for number, row in enumerate(value, 1):
                form |= {f"{key}.{number}.{name}": _shown(name, part) for name, part in row.items()}
        elif isinstance(value, Mapping):
            form |= {f"{key}.{name}": _shown(name, part) for name, part in value.items()}
        else:
            form[key] = _shown(key, value)
    return form


def _shown(key: str, value: Any) -> str:
    if key in FLAGS:
        return TICKED if value else ""
    return "\n".join(value) if key in LISTS else str(value)


def from_form(form: Mapping[str, str]) -> dict[str, Any]:
    """The mapping behind a form, for ``Practice.check``.

    Rows with no text at all are left out and the others close up: a page that shows faults draws its rows anew from
    this mapping (``to_form``). A number that is none stays text, so that the check can name it.
    """
    values: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, text in form.items():
        table, _, rest = name.partition(".")
        number, _, key = rest.partition(".")
        if table in ROWS and number.isdecimal() and key:
            rows.setdefault(table, {}).setdefault(int(number), {})[key] = text
        elif rest and isinstance(values.setdefault(table, {}), dict):
            values[table][rest] = _meant(rest, text)
        elif not rest:
            values[table] = _meant(table, text)
    for table, numbered in rows.items():
        values[table] = [
            {key: _meant(key, text) for key, text in row.items()} for _, row in sorted(numbered.items()) if _says(row)
        ]
    return values


def _says(row: Mapping[str, str]) -> bool:
    return any(text.strip() for key, text in row.items() if key not in FLAGS | CHOICES)


def _meant(key: str, text: str) -> Any:
    if key in FLAGS:
        return text == TICKED
    if key in LISTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if key in NUMBERS and text.strip().isdecimal() and len(text.strip()) <= LONGEST_NUMBER:
        return int(text)
    return text
