"""A folder made of data that can be made again: complete under its stamp, or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from referral_app.errors import SearchDown

SCHEMA_NUMBER = 14  # raise when what is written changes its shape

LEFT_BEHIND = 600  # seconds after which an unfinished folder belongs to a process that died


def stamp(*versions: str) -> str:
    """Names one state of everything the cache is made of."""
    return hashlib.sha256("\0".join((str(SCHEMA_NUMBER), *versions)).encode()).hexdigest()[:16]


def build(folder: Path, stamp: str, write: Callable[[Path], None]) -> Path:
    """Lets ``write`` fill a temporary folder and renames it to ``folder/stamp``; returns that place.

    Readers of an older state go on undisturbed; a process killed half-way leaves only a temporary
    folder that the next build removes. Raises SearchDown when the disk refuses.
    """
    target = folder / stamp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
        write(building)
        shutil.rmtree(target, ignore_errors=True)  # an index rebuilt on request
        with contextlib.suppress(OSError):  # another process was first: its state is the same
            os.rename(building, target)
        _sweep(folder, keep=stamp)
    except OSError as error:
        reason = f"索引を作れません ({error.strerror})。"
        raise SearchDown(f"{reason}{folder} に書きこめるか、空きがあるかを確かめてください。") from error
    return target


def _sweep(folder: Path, keep: str) -> None:
    """Removes what nobody reads any more; the state before this one stays for servers still running on it."""
    others = sorted((old for old in folder.iterdir() if old.is_dir() and old.name != keep), key=_changed)
    finished = [old for old in others if not old.name.startswith("building-")]
    left = [old for old in others if old.name.startswith("building-") and time.time() - _changed(old) > LEFT_BEHIND]
    for old in [*finished[:-1], *left]:
        shutil.rmtree(old, ignore_errors=True)


def _changed(folder: Path) -> float:
    return folder.stat().st_mtime
