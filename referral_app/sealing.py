"""Sealed text: the one column type for personal words, and the file of keys that opens it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from referral_app.errors import ReferralError


class KeyTrouble(ReferralError, DontWrapMixin):
    """The key is missing, spoilt or another one, or a sealed text was changed. Nothing was written."""


@dataclass(frozen=True)
class _Held:
    """What was read from the file; ``stamp`` tells when it must be read again."""

    stamp: tuple[int, int, int]
    lines: tuple[str, ...]
    ring: MultiFernet


class KeyFile:
    """The keys of one home, newest first: the first seals, any opens.

    The file is looked at before every use, so a running server follows a rotation and stops when its key is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: _Held | None = None

    def seal(self, text: str) -> str:
        """Raises KeyTrouble."""
        return self._now().ring.encrypt(text.encode()).decode("ascii")

    def open(self, token: str) -> str:
        """Raises KeyTrouble for a text sealed with no key of ours, or changed since."""
        try:
            return self._now().ring.decrypt(token.encode()).decode()
        except InvalidToken:
            raise KeyTrouble(
                f"開けない欄があります。データの鍵 ({self.path}) が違うか、データベースに手が加わっています。"
                "上書きはしていません。referral init を実行すると、どちらかが分かります。"
            ) from None

    def renew(self, token: str) -> str:
        """The same text under the newest key. Raises KeyTrouble."""
        return self.seal(self.open(token))

    def create(self) -> bool:
        """A first key, unless the file is there; True when made. Two starts at once end with one key."""
        if self.path.exists():
            return False
        made = self._written((Fernet.generate_key().decode("ascii"),))
        try:
            os.link(made, self.path)  # unlike a rename, fails when somebody was quicker
        except FileExistsError:
            return False
        except OSError as error:
            raise KeyTrouble(f"データの鍵を作れません ({self.path}: {error.strerror})。") from None
        finally:
            made.unlink()
        return True

    def add(self) -> None:
        """A new key above the old ones, in one step. Only under the database's write lock. Raises KeyTrouble."""
        made = self._written((Fernet.generate_key().decode("ascii"), *self._now().lines))
        os.replace(made, self.path.resolve())

    def _written(self, lines: tuple[str, ...]) -> Path:
        """A file of the owner's alone beside the place."""
        folder, name = self.path.resolve().parent, ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix="data-", suffix=".key")  # mode 0600
            with os.fdopen(descriptor, "w", encoding="ascii") as handle:
                handle.write("\n".join(lines) + "\n")
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            if name:
                Path(name).unlink(missing_ok=True)
            raise KeyTrouble(f"データの鍵を書けません ({self.path}: {error.strerror})。") from None
        return Path(name)

    def _now(self) -> _Held:
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            held = self._held
            if held is None or held.stamp != stamp:
                held = self._held = self._read(stamp)
        except FileNotFoundError:
            raise KeyTrouble(
                f"データの鍵がありません ({self.path})。シートは、この鍵でしか読めません。"
                "保管してある鍵の写しをこの場所に戻すか、REFERRAL_KEY_FILE で場所を指定してください。"
                "新しい鍵は作らず、何も上書きしていません。"
            ) from None
        except OSError as error:
            raise KeyTrouble(
                f"データの鍵を読めません ({self.path}: {error.strerror})。権限を確かめてください。"
            ) from None
        return held

    def _read(self, stamp: tuple[int, int, int]) -> _Held:
        try:
            lines = tuple(filter(None, map(str.strip, self.path.read_text(encoding="utf-8-sig").splitlines())))
            ring = MultiFernet([Fernet(line) for line in lines])
        except ValueError:  # no line, or one that is no key: its content must not be shown
            raise KeyTrouble(
                f"データの鍵のファイルが壊れています ({self.path})。保管してある写しで戻してください。"
                "何も上書きしていません。"
            ) from None
        if self._held and not set(lines) & set(self._held.lines):
            raise KeyTrouble(
                f"データの鍵が、動いているあいだに別の鍵に替わりました ({self.path})。"
                "もとの鍵に戻すか、画面を動かし直してください。何も上書きしていません。"
            )
        return _Held(stamp, lines, ring)


_KEYS: WeakKeyDictionary[Dialect, KeyFile] = WeakKeyDictionary()  # an engine has one dialect object of its own


def give(dialect: Dialect, keys: KeyFile) -> None:
    """From now on the engine of this dialect seals and opens with these keys."""
    _KEYS[dialect] = keys


def keys_of(dialect: Dialect) -> KeyFile:
    """Raises KeyTrouble for an engine opened without keys."""
    if dialect not in _KEYS:
        raise KeyTrouble(
            "データの鍵が使えないため、シートは読み書きできません。"
            "管理者が referral init を実行すると、理由と直し方が出ます。"
        )
    return _KEYS[dialect]


class Sealed(TypeDecorator[str]):
    """Text sealed in the database and plain in Python. Nothing stays nothing: checks for '' go on working.

    The same text is sealed differently every time: SQL can neither compare nor sort it, Python must.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value and keys_of(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value and keys_of(dialect).open(value)
