"""Scenarios as files: data/scenarios/*.toml, and one scenario as text to hand to another trainer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from referral_app import datafile
from referral_app.datafile import DataFile
from referral_app.errors import DataError, InvalidInput
from referral_app.practice.scenarios import Known, Scenario, scenario, values_of

FOLDER = "scenarios"
HANDED = "読みこむファイル"  # what a text handed over is called in messages


def load(folder: Path, known: Known) -> dict[str, Scenario]:
    """All scenarios of a folder by code, in the order of the file names.

    Raises DataError with file, line and reason at the first bad file, loading nothing.
    """
    made = [load_one(path, known) for path in paths(folder)]
    return {scenario.code: scenario for scenario in made}


def paths(folder: Path) -> list[Path]:
    """The files of a folder of scenarios, in their order."""
    return sorted(folder.glob("*.toml"))


def load_one(path: Path, known: Known) -> Scenario:
    """One file, named after its scenario's code; raises DataError with file, line and reason."""
    file = datafile.read(path)
    made = _scenario(file, known)
    if made.code != path.stem:
        raise file.refuse(f"「記号」は、ファイルの名前と同じ「{path.stem}」にしてください。", file.line_of("", "code"))
    return made


def from_text(text: str, known: Known, name: str = HANDED) -> Scenario:
    """One scenario out of a TOML text, as ``to_text`` writes it; raises DataError with line and reason."""
    try:
        return _scenario(datafile.parse(name, text), known)
    except RecursionError:
        raise DataError(name, None, "かっこが深く重なりすぎていて、読めません。") from None


def _scenario(file: DataFile, known: Known) -> Scenario:
    try:
        return scenario(file.values, known)
    except InvalidInput as error:
        faults = [DataError(file.name, file.line_of_field(field), said) for field, said in error.fields.items()]
        raise min(faults, key=lambda fault: fault.line or 0) from None


def to_text(made: Scenario) -> str:
    """The scenario as a TOML text in a fixed order of keys: ``from_text(to_text(s), known) == s``."""
    values = values_of(made)
    plain = {key: value for key, value in values.items() if not _is_table(value)}
    tables = {key: value for key, value in values.items() if _is_table(value)}
    lines = _pairs(plain)
    for key, value in tables.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *_pairs(value)]
        else:
            for row in value:
                lines += ["", f"[[{key}]]", *_pairs(row)]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, tuple) and any(isinstance(row, Mapping) for row in value))


def _pairs(values: Mapping[str, Any]) -> list[str]:
    """``key = value`` of everything that says something; what is absent reads back as empty."""
    return [
        f"{key} = {_literal(value)}" for key, value in values.items() if value is not False and value not in ("", ())
    ]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(one) for one in value)}]"
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
