"""Reads a TOML file that people edit, and knows the line of everything it refuses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from referral_app.errors import DataError

_TYPE_WORDS = {str: '文字 ("…")', int: "数", bool: "true か false", list: "[ ] の並び", dict: "{ } の組"}


@dataclass(frozen=True)
class DataFile:
    """One parsed file: its name as shown in messages, its text and its tables."""

    name: str
    text: str
    values: dict[str, Any]

    def refuse(self, reason: str, line: int | None = None) -> DataError:
        """The error to raise for this file."""
        return DataError(self.name, line, reason)

    def entry(self, key: str) -> Entry:
        """The table ``[key]``."""
        value = self.values[key]
        if not isinstance(value, dict):
            raise self.refuse(
                f"「{key}」は [{key}] の見出しで書いてください。", self._line(rf"^\s*{re.escape(key)}\s*=")
            )
        return Entry(self, key, value)

    def entries(self, without: Iterable[str] = ()) -> Iterator[Entry]:
        """Every table of the file, in order; keys named in ``without`` are left out."""
        skipped = set(without)
        for key in self.values:
            if key not in skipped:
                yield self.entry(key)

    def top(self) -> Entry:
        """The keys that stand before the first table."""
        return Entry(self, "", self.values)

    def line_of(self, table: str, key: str = "", containing: str = "") -> int | None:
        """1-based line of a table's heading, of a key in it, or of the first line after it with some text."""
        start = self._headings.get(table) if table else 0
        if start is None or not key:
            return start
        at_key = self._line(rf'^\s*"?{re.escape(key)}"?\s*=', start)
        if at_key and containing:
            return self._line(re.escape(containing), at_key - 1) or at_key
        return at_key or start or None

    def line_of_field(self, field: str) -> int | None:
        """1-based line of a field named by its path: ``title``, ``follow_up.why``, ``reveals.2.answer``."""
        table, _, rest = field.partition(".")
        number, _, key = rest.partition(".")
        if not number.isdigit():
            return self.line_of(table, rest) if rest or table in self._headings else self.line_of("", table)
        headings = [n for n, row in enumerate(self._rows, 1) if re.match(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]", row)]
        if int(number) > len(headings):
            return self.line_of("", table)
        start = headings[int(number) - 1]
        following = next(
            (n for n, row in enumerate(self._rows[start:], start + 1) if row.lstrip().startswith("[")), None
        )
        at_key = self._line(rf'^\s*"?{re.escape(key)}"?\s*=', start) if key else None
        return at_key if at_key and (following is None or at_key < following) else start

    @cached_property
    def _rows(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _headings(self) -> dict[str, int]:
        """[table], ["table"] and [[table]] → line; the first of a name counts."""
        found: dict[str, int] = {}
        for number, row in enumerate(self._rows, 1):
            heading = re.match(r"\s*\[+\s*(.+?)\s*\]+", row)
            if heading:
                name = heading[1]
                found.setdefault(name[1:-1] if name.startswith('"') and name.count('"') == 2 else name, number)
        return found

    def _line(self, pattern: str, start: int = 0) -> int | None:
        for number, line in enumerate(self._rows[start:], start + 1):
            if re.search(pattern, line):
                return number
        return None


def read(path: Path) -> DataFile:
    """Parses one file; raises DataError when it is missing, not UTF-8 or not TOML."""
    name = "/".join(path.parts[-2:])
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise DataError(name, None, "ファイルがありません。") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(name, line, "文字コードが UTF-8 ではありません。UTF-8 で保存し直してください。") from None
    return parse(name, text)


def parse(name: str, text: str) -> DataFile:
    """Parses a text that is called ``name`` in messages; raises DataError when it is not TOML."""
    try:
        return DataFile(name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise DataError(name, int(found[1]) if found else None, f"書き方が読みとれません ({error})。") from None


class Entry:
    """One table of a file. Each reader checks the type; ``done`` refuses keys nobody read."""

    def __init__(self, file: DataFile, key: str, values: dict[str, Any]) -> None:
        self.file, self.key, self._values = file, key, values
        self._read: set[str] = set()

    def refuse(self, reason: str, key: str = "", containing: str = "") -> DataError:
        """The error to raise for this table, at the line of ``key``."""
        where = f"[{self.key}] " if self.key else ""
        return self.file.refuse(where + reason, self.file.line_of(self.key, key, containing))

    def _get(self, key: str, kind: type, required: bool) -> Any:
        self._read.add(key)
        if key not in self._values:
            if required:
                raise self.refuse(f"「{key}」がありません。書き足してください。")
            return None
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.refuse(f"「{key}」は {_TYPE_WORDS[kind]} で書いてください。", key)
        return value

    def text(self, key: str, *, required: bool = True, longest: int = 400) -> str:
        """A line of text, stripped; "" when optional and absent."""
        value = str(self._get(key, str, required) or "").strip()
        if required and not value:
            raise self.refuse(f"「{key}」が空です。", key)
        if len(value) > longest:
            raise self.refuse(f"「{key}」は {longest} 字までです (いま {len(value)} 字)。", key)
        return value

    def number(self, key: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = int(self._get(key, int, True))
        if not low <= value <= high:
            raise self.refuse(f"「{key}」は {low} から {high} までの数です (いま {value})。", key)
        return value

    def flag(self, key: str) -> bool:
        """true or false; false when absent."""
        return bool(self._get(key, bool, False))

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """One of the allowed words."""
        value = self.text(key)
        if value not in allowed:
            raise self.refuse(f"「{key}」の「{value}」は使えません。使えるのは {'・'.join(allowed)} です。", key)
        return value

    def texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of words, each out of ``allowed`` when given; () when absent."""
        values = self._get(key, list, False) or []
        known = None if allowed is None else set(allowed)
        for value in values:
            if not isinstance(value, str) or (known is not None and value not in known):
                raise self.refuse(f"「{key}」の「{value}」は使えません。", key)
        return tuple(values)

    def lines(self, key: str, *, required: bool = False) -> tuple[tuple[int, str], ...]:
        """A multi-line text as (line in the file, line); blank lines and # comments are left out."""
        value = str(self._get(key, str, required) or "")
        start = (self.file.line_of(self.key, key) or 0) + 1
        rows = enumerate(value.split("\n"), start)
        return tuple((n, row.strip()) for n, row in rows if row.strip() and not row.strip().startswith("#"))

    def tables(self, key: str) -> tuple[Entry, ...]:
        """A list of inline tables ``[{…}, {…}]``."""
        values = self._get(key, list, False) or []
        for value in values:
            if not isinstance(value, dict):
                raise self.refuse(f"「{key}」は {{ }} の組の並びで書いてください。", key)
        return tuple(_Inline(self, key, value) for value in values)

    def done(self) -> None:
        """Refuses a key that no reader asked for: most often a misspelling."""
        for key in self._values:
            if key not in self._read:
                raise self.refuse(f"「{key}」という項目はありません。つづりを確かめてください。", key)


class _Inline(Entry):
    """A ``{…}`` inside a list: errors point at the line that holds its first value."""

    def __init__(self, parent: Entry, key: str, values: dict[str, Any]) -> None:
        super().__init__(parent.file, parent.key, values)
        self._parent, self._list = parent, key

    def refuse(self, reason: str, key: str = "", containing: str = "") -> DataError:
        first = next((f'"{value}"' for value in self._values.values() if isinstance(value, str)), "")
        return self._parent.refuse(f"「{self._list}」の {reason}", self._list, containing or first)
