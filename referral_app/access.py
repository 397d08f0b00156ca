"""Who may do what: ONE table of roles and permissions. Code obeys it, the users page and the docs are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from referral_app.errors import Refused


class Permission(StrEnum):
    """What a page or a step may ask for."""

    CONSULT = "consult"
    WRITE = "write"
    RECEIVE = "receive"
    LEXICON = "lexicon"
    ACCOUNTS = "accounts"
    RECORD = "record"
    KEEPING = "keeping"
    PRACTISE = "practise"
    TRAIN = "train"


PERMISSIONS = {
    Permission.CONSULT: "相談の画面で窓口を探す",
    Permission.WRITE: "自分の課のシートを書く・送る・つなぎ直す",
    Permission.RECEIVE: "自分の課に届いたシートを受け取り、答える",
    Permission.LEXICON: "悩み辞書をしらべる",
    Permission.ACCOUNTS: "利用者を登録・停止する",
    Permission.RECORD: "記録を見る・確かめる",
    Permission.KEEPING: "保存期間の終わったシートと練習を消す",
    Permission.PRACTISE: "研修の練習をする",
    Permission.TRAIN: "練習の場面を書き、講座を開く",
}


@dataclass(frozen=True)
class Role:
    """A kind of user. ``placed``: belongs to one or more departments; what they see is their departments' alone."""

    label: str
    permissions: frozenset[Permission]
    placed: bool


def _role(label: str, *permissions: Permission, placed: bool = False) -> Role:
    return Role(label, frozenset(permissions), placed)


# An administrator sees no sheet; whoever keeps the lexicon sees none either.
ROLES = {
    "clerk": _role("窓口職員", Permission.CONSULT, Permission.WRITE, Permission.PRACTISE, placed=True),
    "department": _role(
        "所管課職員", Permission.CONSULT, Permission.WRITE, Permission.RECEIVE, Permission.PRACTISE, placed=True
    ),
    "trainee": _role("研修受講者", Permission.CONSULT, Permission.PRACTISE),
    "trainer": _role("研修担当", Permission.CONSULT, Permission.PRACTISE, Permission.TRAIN),
    "planner": _role("計画担当", Permission.CONSULT, Permission.LEXICON, Permission.PRACTISE, Permission.TRAIN),
    "admin": _role(
        "管理者", Permission.CONSULT, Permission.LEXICON, Permission.ACCOUNTS, Permission.RECORD, Permission.KEEPING
    ),
}


@dataclass(frozen=True)
class Person:
    """Who acts: somebody logged in, or NOBODY. ``departments``: the first is the desk a new sheet belongs to."""

    id: int | None
    login: str
    name: str
    role: str
    departments: tuple[str, ...] = ()
    one_time: bool = False

    def may(self, permission: Permission) -> bool:
        """True when the role holds the permission."""
        return self.role in ROLES and permission in ROLES[self.role].permissions

    def require(self, permission: Permission) -> None:
        """Raises Refused without the permission."""
        if not self.may(permission):
            raise Refused(f"この操作は「{PERMISSIONS[permission]}」ができる人だけのものです。管理者に聞いてください。")

    @property
    def desk(self) -> str:
        """The department this person's new sheets belong to; "" for roles without one."""
        return self.departments[0] if self.departments else ""

    @property
    def label(self) -> str:
        """市民協働推進課 見本 一郎."""
        return f"{self.desk or ROLES[self.role].label} {self.name}" if self.role in ROLES else ""


NOBODY = Person(None, "", "", "")
