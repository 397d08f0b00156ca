"""Before and after a training: how sure a trainee feels in the six roles, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile

# The six roles of a gatekeeper, in the order of a run (data/roles.toml asks about each).
ROLES = ("notice", "speak", "listen", "connect", "watch", "spread")
STEPS = {1: "まだむずかしい", 2: "少し不安", 3: "どちらともいえない", 4: "たぶんできる", 5: "できそう"}


@dataclass(frozen=True)
class Role:
    """One role and the question about it."""

    code: str
    title: str
    question: str


@dataclass(frozen=True)
class Change:
    """One role before and after; None where nothing was answered."""

    role: Role
    before: int | None
    after: int | None

    @property
    def steps(self) -> int | None:
        """How many steps up (or down, below 0); None when one side is not answered."""
        return None if self.before is None or self.after is None else self.after - self.before


def load(path: Path) -> dict[str, Role]:
    """Reads data/roles.toml; raises DataError when one of the six is missing or another stands there."""
    file = datafile.read(path)
    roles: dict[str, Role] = {}
    for entry in file.entries():
        if entry.key not in ROLES:
            raise entry.refuse("この役割はありません。使えるのは " + "・".join(ROLES) + " です。")
        roles[entry.key] = Role(entry.key, entry.text("title", longest=8), entry.text("question", longest=60))
        entry.done()
    missing = [code for code in ROLES if code not in roles]
    if missing:
        raise file.refuse(f"[{missing[0]}] がありません。")
    return {code: roles[code] for code in ROLES}


def changes(roles: Mapping[str, Role], before: Mapping[str, int], after: Mapping[str, int]) -> tuple[Change, ...]:
    """Role by role, in the order of a run. A step outside 1 to 5 counts as not answered."""
    return tuple(Change(role, _step(before.get(code)), _step(after.get(code))) for code, role in roles.items())


def _step(said: int | None) -> int | None:
    return said if said in STEPS else None


def sentence(found: Sequence[Change]) -> str:
    """What changed, in one plain sentence about the roles and not about the person."""
    known = [change for change in found if change.steps is not None]
    if not known:
        return "前とあとの両方に答えると、変わり方が出ます。"
    titles = {
        "上がったのは": [change.role.title for change in known if (change.steps or 0) > 0],
        "同じなのは": [change.role.title for change in known if change.steps == 0],
        "下がったのは": [change.role.title for change in known if (change.steps or 0) < 0],
    }
    parts = [f"{lead}{'・'.join(names)}" for lead, names in titles.items() if names]
    after = "。むずかしさが見えてきて、下がることもあります。" if titles["下がったのは"] else "。"
    return "、".join(parts) + after
