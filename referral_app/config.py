"""Settings, read once from the environment; every path is derived here and nowhere else."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from referral_app.errors import ReferralError

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent


def _shipped(name: str) -> Path:
    """``data/`` and ``templates/``: inside an installed package, else beside it in the checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else CHECKOUT / name


def _default_home() -> Path:
    """The checkout while developing; a folder of the user's own once installed from a wheel."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.home() / "tsunagaru-desk"


def _put(made: Path, file: Path) -> None:
    """In its place in one step, never over a key that another start has put there."""
    if file.exists() and not file.read_text().strip():
        os.replace(made, file)
        return
    with suppress(FileExistsError):
        os.link(made, file)  # unlike a rename, fails when somebody was quicker
    made.unlink()


@dataclass(frozen=True)
class Settings:
    """Where things are. ``home`` is the only place the program writes to."""

    home: Path
    database_url: str
    data: Path
    templates: Path
    key_file: Path  # opens the sealed words of the database; never beside a backup
    hosts: tuple[str, ...] = ()  # names under which other PCs call this server
    https: bool = False  # True behind a proxy that speaks TLS: the session's cookie then travels over TLS only

    @classmethod
    def from_environment(cls) -> Settings:
        """Reads REFERRAL_HOME (folder), REFERRAL_DATABASE (SQLAlchemy URL), REFERRAL_KEY_FILE (path),

        REFERRAL_HOSTS (names, separated by commas) and REFERRAL_HTTPS (1 behind a proxy that speaks TLS).
        """
        home = Path(os.environ.get("REFERRAL_HOME") or _default_home()).resolve()
        found = cls.at(home, os.environ.get("REFERRAL_DATABASE"), os.environ.get("REFERRAL_KEY_FILE"))
        hosts = tuple(name.strip() for name in os.environ.get("REFERRAL_HOSTS", "").split(",") if name.strip())
        return replace(found, hosts=hosts, https=os.environ.get("REFERRAL_HTTPS") == "1")

    @classmethod
    def at(cls, home: Path, database_url: str | None = None, key_file: str | None = None) -> Settings:
        """Settings for one home; raises ReferralError if it lies under ``data/``."""
        data = _shipped("data").resolve()
        if home == data or data in home.parents:
            raise ReferralError(
                f"REFERRAL_HOME は data/ の下に置けません ({home})。"
                "data/ は配布物に入ります。別のフォルダにしてください。"
            )
        url = database_url or f"sqlite:///{home / 'referral.db'}"
        key = Path(key_file).absolute() if key_file else home / "data.key"
        return cls(home, url, data, _shipped("templates"), key)

    @property
    def index_dir(self) -> Path:
        """Disposable search index; may be deleted at any time."""
        return self.home / "index"

    def secret_key(self) -> str:
        """The key that signs form tokens; made on first use, readable by the owner only.

        Written beside its place and linked: a process killed half-way leaves no empty key, and two starts at once
        end with one.
        """
        file = self.home / "secret.key"
        if not file.exists() or not file.read_text().strip():
            self.home.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.home, prefix="secret-")  # mode 0600
            with os.fdopen(descriptor, "w") as handle:
                handle.write(secrets.token_hex(32))
            _put(Path(name), file)
        return file.read_text().strip()
