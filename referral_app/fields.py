"""Looks through values that came from a form or a file and names every fault by its field, in Japanese."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any


def _unwritable(value: str) -> str:
    """What keeps a line out of a file, as the end of a sentence; "" when it can be written."""
    if any(ord(character) < 32 for character in value):
        return "は、改行をせず1行で書いてください。"
    return "に、使えない字があります。" if any("\ud800" <= c <= "\udfff" for c in value) else ""


class Fields:
    """One table of values. A reader returns the value, or notes a fault and returns an empty one.

    A fault's field is the path to it: ``title``, ``follow_up.why``, ``reveals.2.answer`` (rows count from 1).
    ``faults`` is shared by a table and its rows; it is empty when everything may be used.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        labels: Mapping[str, str],
        path: str = "",
        faults: dict[str, str] | None = None,
    ) -> None:
        """``labels``: key → the name that a person reads (題名)."""
        self.faults: dict[str, str] = {} if faults is None else faults
        self._values, self._labels, self._path = values, labels, path
        self._read: set[str] = set()

    def refuse(self, key: str, reason: str) -> None:
        """Notes a fault; the first one of a field stays."""
        self.faults.setdefault(f"{self._path}.{key}" if self._path else key, reason)

    def label(self, key: str) -> str:
        """How a person calls this key."""
        return f"「{self._labels.get(key, key)}」"

    def _get(self, key: str) -> Any:
        self._read.add(key)
        return self._values.get(key)

    def text(self, key: str, longest: int, *, required: bool = True) -> str:
        """One line of text, stripped."""
        value = self._get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.refuse(key, f"{self.label(key)}を書いてください。")
            return ""
        if not isinstance(value, str):
            self.refuse(key, f"{self.label(key)}は文字で書いてください。")
            return ""
        value = value.strip()
        if len(value) > longest:
            self.refuse(key, f"{self.label(key)}は {longest} 字までです (いま {len(value)} 字)。")
        if fault := _unwritable(value):
            self.refuse(key, f"{self.label(key)}{fault}")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """One of the allowed words."""
        value = self._get(key)
        if not isinstance(value, str) or value not in allowed:
            self.refuse(key, f"{self.label(key)}は、{'・'.join(allowed)} から選んでください。")
            return ""
        return value

    def number(self, key: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(key, f"{self.label(key)}は {low} から {high} までの数で書いてください。")
            return low
        return value

    def flag(self, key: str) -> bool:
        """true or false; false when absent."""
        value = self._get(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, f"{self.label(key)}は、はい (true) か、いいえ (false) です。")
        return value is True

    def texts(self, key: str, allowed: Collection[str] | None = None, *, least: int = 0) -> tuple[str, ...]:
        """A list of lines, none twice; each out of ``allowed`` when given."""
        values = self._get(key)
        values = [] if values is None else values
        if not isinstance(values, Sequence) or isinstance(values, str):
            self.refuse(key, f"{self.label(key)}は、並び [ ] で書いてください。")
            return ()
        kept: dict[str, None] = {}
        for value in values:
            if not isinstance(value, str) or not value.strip() or _unwritable(value):
                self.refuse(key, f"{self.label(key)}に、空の行か、文字でないものがあります。")
            elif allowed is not None and value.strip() not in allowed:
                self.refuse(key, f"{self.label(key)}の「{value}」は使えません。")
            else:
                kept[value.strip()] = None
        if len(kept) < least:
            self.refuse(key, f"{self.label(key)}を {least} つ以上えらんでください。")
        return tuple(kept)

    def rows(self, key: str, least: int, most: int) -> list[Fields]:
        """A list of tables, each to be read in turn."""
        values = self._get(key)
        values = [] if values is None else values
        if not isinstance(values, Sequence) or not all(isinstance(row, Mapping) for row in values):
            self.refuse(key, f"{self.label(key)}は、[[{key}]] の組で書いてください。")
            return []
        if not least <= len(values) <= most:
            self.refuse(key, f"{self.label(key)}は {least} から {most} までです (いま {len(values)})。")
        path = f"{self._path}.{key}" if self._path else key
        return [Fields(row, self._labels, f"{path}.{n}", self.faults) for n, row in enumerate(values, 1)]

    def table(self, key: str) -> Fields:
        """One table inside this one; an absent one is an empty one."""
        value = self._get(key)
        if not isinstance(value, Mapping):
            self.refuse(key, f"{self.label(key)}を書いてください。")
            value = {}
        path = f"{self._path}.{key}" if self._path else key
        # The fault of the whole table stands already; its parts need no fault of their own.
        return Fields(value, self._labels, path, self.faults if self._values.get(key) is value else {})

    def done(self) -> None:
        """Refuses keys that no reader asked for: most often a misspelling."""
        for key in self._values:
            if key not in self._read:
                self.refuse(key, f"「{key}」という項目はありません。つづりを確かめてください。")
