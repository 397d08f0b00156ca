"""Verbs on accounts: what an administrator does with them."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from referral_app import audit
from referral_app.access import NOBODY, ROLES, Permission, Person
from referral_app.audit import Action, Line
from referral_app.errors import InvalidInput, NotFound, Refused
from referral_app.models import Account, AccountDepartment, Handover, LoginTry
from referral_app.steps import OPEN

ONE_TIME = timedelta(days=7)  # how long a one-time password is good
HASHER = PasswordHasher()  # argon2id with the library's own cost (RFC 9106, low memory)
LONGEST_NAME = 40
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike on paper


@dataclass(frozen=True)
class AccountInput:
    """An account as keyed in. The first department is the desk."""

    login: str = ""
    name: str = ""
    role: str = ""
    departments: tuple[str, ...] = ()


def normal(login: str) -> str:
    """Full-width letters and capitals are the same name; what no database takes is replaced."""
    login = login.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", login).strip().casefold()


def digest(login: str) -> str:
    """Under which failed logins are counted: people type passwords into the field for the name."""
    return hashlib.sha256(login.encode()).hexdigest()


def as_person(account: Account) -> Person:
    """The account as the one who acts."""
    departments = tuple(row.department for row in account.departments)
    return Person(
        account.id, account.login, account.name, account.role, departments, account.one_time_until is not None
    )


def new_stamp() -> str:
    """Stands in a session; another one ends it."""
    return secrets.token_urlsafe(24)


def one_time_password() -> str:
    """Four groups of four letters, to be read out and changed at the first login."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def listing(session: Session) -> tuple[Account, ...]:
    """All accounts: working ones first, then by login name."""
    return tuple(session.scalars(select(Account).order_by(Account.stopped_at.isnot(None), Account.login)))


def probe(session: Session) -> None:
    """Raises what reading an account raises when the database or its key is gone."""
    session.scalar(select(Account.name).limit(1))


def any_open(session: Session) -> bool:
    """True when somebody can log in to an installation."""
    open_ones = select(Account.id).where(Account.stopped_at.is_(None), Account.demo.is_(False))
    return session.scalar(open_ones.limit(1)) is not None


def names(session: Session) -> dict[int, str]:
    """Account number → login and name, for the record's page."""
    return {account.id: f"{account.login} {account.name}" for account in session.scalars(select(Account))}


def online(session: Session) -> frozenset[str]:
    """Departments in which somebody can receive a sheet here."""
    roles = [code for code, role in ROLES.items() if Permission.RECEIVE in role.permissions]
    query = (
        select(AccountDepartment.department)
        .join(Account, Account.id == AccountDepartment.account_id)
        .where(Account.stopped_at.is_(None), Account.role.in_(roles))
    )
    return frozenset(session.scalars(query))


def create(
    session: Session, given: AccountInput, known: Collection[str], by: Person, now: datetime, demo: bool = False
) -> tuple[Account, str]:
    """A new account and its one-time password. Raises InvalidInput; by NOBODY only at the first start."""
    given = _checked(session, given, known, None)
    password = one_time_password()
    account = Account(
        login=given.login,
        name=given.name,
        role=given.role,
        password_hash=HASHER.hash(password),
        one_time_until=now + ONE_TIME,
        stamp=new_stamp(),
        demo=demo,
        created_at=now,
        departments=_rows(given.departments),
    )
    session.add(account)
    session.flush()
    audit.write(session, by, now, Line(Action.ACCOUNT_MADE, detail=str(account.id)))
    return account, password


def first_administrator(session: Session, now: datetime) -> tuple[str, str] | None:
    """Login and one-time password of the first account of an installation; None when there is one already.

    The people of a demo do not count: they cannot enter an installation.
    """
    if session.scalar(select(func.count()).where(Account.demo.is_(False))):
        return None
    account, password = create(session, AccountInput("admin", "管理者", "admin"), (), NOBODY, now)
    return account.login, password


def change(
    session: Session, account_id: int, given: AccountInput, known: Collection[str], by: Person, now: datetime
) -> Account:
    """Name, role and departments; open sessions end, so that a smaller role counts at once. Raises InvalidInput."""
    account = get(session, account_id)
    given = _checked(session, given, known, account)
    if account.role == "admin" != given.role:
        _keep_an_administrator(session, account, by)
    places = tuple(row.department for row in account.departments)
    if (given.role, given.departments) != (account.role, places):
        account.stamp = new_stamp()
        _give_back(session, account)
        account.departments.clear()
        session.flush()
        account.departments = _rows(given.departments)
    account.name, account.role = given.name, given.role
    audit.write(session, by, now, Line(Action.ACCOUNT_CHANGED, detail=str(account.id)))
    return account


def stop(session: Session, account_id: int, by: Person, now: datetime) -> int:
    """Closes an account, ends its sessions, gives its open work back to the department; returns how many つなぎ.

    Raises Refused for oneself and for the last administrator.
    """
    account = get(session, account_id)
    _keep_an_administrator(session, account, by)
    account.stopped_at, account.stamp = now, new_stamp()
    given_back = _give_back(session, account)
    audit.write(session, by, now, Line(Action.ACCOUNT_STOPPED, detail=str(account.id)))
    return given_back


def _give_back(session: Session, account: Account) -> int:
    """Open work in these hands goes back to its department; returns how many つなぎ."""
    held = update(Handover).where(Handover.holder_id == account.id, Handover.state.in_(OPEN)).values(holder_id=None)
    return int(session.execute(held).rowcount)  # type: ignore[attr-defined]


def resume(session: Session, account_id: int, by: Person, now: datetime) -> str:
    """Opens a stopped account again; returns its new one-time password."""
    get(session, account_id).stopped_at = None
    audit.write(session, by, now, Line(Action.ACCOUNT_RESUMED, detail=str(account_id)))
    return reset(session, account_id, by, now)


def reset(session: Session, account_id: int, by: Person, now: datetime) -> str:
    """A new one-time password, and no more waiting for this name."""
    account = get(session, account_id)
    password = one_time_password()
    account.password_hash, account.one_time_until, account.stamp = HASHER.hash(password), now + ONE_TIME, new_stamp()
    session.execute(delete(LoginTry).where(LoginTry.name == digest(account.login)))
    audit.write(session, by, now, Line(Action.ACCOUNT_RESET, detail=str(account.id)))
    return password


def get(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    return _get(session, account_id)


def by_login(session: Session, login: str) -> Account:
    """Raises NotFound."""
    account = session.scalar(select(Account).where(Account.login == normal(login)))
    if account is None:
        raise NotFound("その利用者名は登録されていません。つづりを確かめてください。")
    return account


def _get(session: Session, account_id: int | None) -> Account:
    account = session.get(Account, account_id) if account_id else None
    if account is None:
        raise NotFound("この利用者は登録されていません。一覧から選び直してください。")
    return account


def _keep_an_administrator(session: Session, account: Account, by: Person) -> None:
    if account.id == by.id:
        raise Refused("自分の権限は、自分では変えられません。ほかの管理者に頼んでください。")
    others = select(func.count()).where(Account.role == "admin", Account.stopped_at.is_(None), Account.id != account.id)
    if account.role == "admin" and not session.scalar(others):
        raise Refused("管理者がいなくなってしまいます。先に、ほかの人を管理者にしてください。")


def _rows(departments: Sequence[str]) -> list[AccountDepartment]:
    return [AccountDepartment(department=name, position=n) for n, name in enumerate(departments)]


def _checked(session: Session, given: AccountInput, known: Collection[str], kept: Account | None) -> AccountInput:
    """The input as it will be stored. Raises InvalidInput with every fault at once."""
    login, name = normal(given.login), given.name.strip()
    placed = given.role in ROLES and ROLES[given.role].placed
    taken = session.scalar(select(Account.id).where(Account.login == login))
    checks = (
        ("login", not LOGIN.fullmatch(login), "半角の英字と数字で、2字から40字までにしてください。"),
        ("login", taken is not None and (kept is None or taken != kept.id), "この利用者名は使われています。"),
        ("name", not 1 <= len(name) <= LONGEST_NAME, f"氏名を {LONGEST_NAME} 字までで入れてください。"),
        ("role", given.role not in ROLES, "一覧から選んでください。"),
        ("departments", placed and not given.departments, "課を1つ以上選んでください。"),
        ("departments", not set(given.departments) <= set(known), "一覧から選び直してください。"),
    )
    faults = {field: sentence for field, wrong, sentence in reversed(checks) if wrong}
    if faults:
        raise InvalidInput(faults)
    return AccountInput(login, name, given.role, tuple(dict.fromkeys(given.departments)) if placed else ())
