"""Verbs on accounts: entering, passwords, and what an administrator does with them."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from referral_app import audit
from referral_app.access import NOBODY, ROLES, Permission, Person
from referral_app.audit import Action, Line
from referral_app.errors import InvalidInput, NotFound, Refused
from referral_app.models import Account, AccountDepartment, Handover, LoginTry
from referral_app.steps import OPEN

HASHER = PasswordHasher()  # argon2id with the library's own cost (RFC 9106, low memory)
_NO_ACCOUNT = HASHER.hash(secrets.token_hex(8))  # an unknown name takes as long as a wrong password

# Failures in a row → how long nothing more is tried under that name. Forgotten after a day.
THROTTLE = ((12, timedelta(hours=1)), (8, timedelta(minutes=15)), (5, timedelta(minutes=1)), (3, timedelta(seconds=5)))
FORGOTTEN = timedelta(days=1)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
LONGEST_NAME = 40
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike on paper


@dataclass(frozen=True)
class Candidate:
    """Who wants to enter, as far as the name tells; ``password_hash`` is never empty."""

    login: str
    account_id: int | None
    password_hash: str


@dataclass(frozen=True)
class Entry:
    """The answer at the door. Without a person ``message`` says why; ``stamp`` belongs into the session."""

    person: Person | None
    stamp: str = ""
    message: str = ""


@dataclass(frozen=True)
class AccountInput:
    """An account as keyed in. The first department is the desk."""

    login: str = ""
    name: str = ""
    role: str = ""
    departments: tuple[str, ...] = ()


# ---- entering -----------------------------------------------------------------------------------


def normal(login: str) -> str:
    """Full-width letters and capitals are the same name; what no database takes is replaced."""
    login = login.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", login).strip().casefold()


def candidate(session: Session, login: str) -> Candidate:
    """The account behind a name, or a stand-in that no password fits."""
    login = normal(login)
    account = session.scalar(select(Account).where(Account.login == login, Account.stopped_at.is_(None)))
    return Candidate(login, account.id, account.password_hash) if account else Candidate(login, None, _NO_ACCOUNT)


def fits(asked: Candidate, password: str) -> bool:
    """True for the right password. Slow on purpose: never call it while holding the database."""
    try:
        return HASHER.verify(asked.password_hash, password[: LONGEST_PASSWORD + 1]) and asked.account_id is not None
    except (VerificationError, InvalidHashError):
        return False


def enter(session: Session, asked: Candidate, fitted: bool, now: datetime) -> Entry:
    """Lets in or counts the failure; both are in the record. While a name must wait, nothing is tried."""
    failed = session.get(LoginTry, _digest(asked.login), with_for_update=True)
    wait = _wait(failed, now)
    account = session.get(Account, asked.account_id) if asked.account_id else None
    if wait or not fitted or account is None or account.stopped_at:
        audit.write(session, _numbered(account), now, Line(Action.LOGIN_FAILED, detail="wait" if wait else ""))
        if not wait:
            wait = _count_failure(session, failed, asked.login, now)
        return Entry(None, message=_turned_away(wait))
    if failed:
        session.delete(failed)
    audit.write(session, _numbered(account), now, Line(Action.LOGIN))
    return Entry(as_person(account), account.stamp)


def _digest(login: str) -> str:
    return hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()


def _wait(failed: LoginTry | None, now: datetime) -> timedelta:
    """How long the name has still to wait; nothing when it may try."""
    if failed is None:
        return timedelta(0)
    needed = next((span for least, span in THROTTLE if failed.failures >= least), timedelta(0))
    return max(failed.last_at + needed - now, timedelta(0))


def _count_failure(session: Session, failed: LoginTry | None, login: str, now: datetime) -> timedelta:
    session.execute(delete(LoginTry).where(LoginTry.last_at < now - FORGOTTEN))
    if failed is None or failed.last_at < now - FORGOTTEN:
        failed = session.merge(LoginTry(name=_digest(login), failures=0, last_at=now))
    failed.failures += 1
    failed.last_at = now
    return _wait(failed, now)


def _turned_away(wait: timedelta) -> str:
    wrong = "利用者名かパスワードが違います。"
    if not wait:
        return f"{wrong}確かめて、もう一度入れてください。"
    seconds = int(wait.total_seconds()) + 1
    span = f"{seconds}秒" if seconds < 60 else f"{-(-seconds // 60)}分"
    return f"まちがいが続いたので、あと{span}は試せません。待ってから入れるか、管理者に聞いてください。"


def _numbered(account: Account | None) -> Person:
    return as_person(account) if account else NOBODY


def person(session: Session, account_id: int, stamp: str) -> Person | None:
    """Who an open session belongs to; None when it was ended or the account is stopped."""
    account = session.get(Account, account_id)
    if account is None or account.stopped_at or not secrets.compare_digest(account.stamp, stamp):
        return None
    return as_person(account)


def as_person(account: Account) -> Person:
    """The account as the one who acts."""
    departments = tuple(row.department for row in account.departments)
    return Person(account.id, account.login, account.name, account.role, departments, account.one_time)


def leave(session: Session, by: Person, now: datetime) -> None:
    """Writes the log-out into the record."""
    audit.write(session, by, now, Line(Action.LOGOUT))


# ---- passwords ----------------------------------------------------------------------------------


def change_password(session: Session, by: Person, old: str, new: str, again: str, now: datetime) -> str:
    """Returns the new stamp: every other session of this person ends. Raises InvalidInput."""
    account = _get(session, by.id)
    faults: dict[str, str] = {}
    if not fits(Candidate(account.login, account.id, account.password_hash), old):
        faults["old"] = "いまのパスワードが違います。"
    faults |= _password_faults(account.login, old, new, again)
    if faults:
        raise InvalidInput(faults)
    account.password_hash, account.one_time, account.stamp = HASHER.hash(new), False, secrets.token_urlsafe(24)
    audit.write(session, by, now, Line(Action.PASSWORD_CHANGED))
    return account.stamp


def _password_faults(login: str, old: str, new: str, again: str) -> dict[str, str]:
    checks = (
        (
            "new",
            len(new) < SHORTEST_PASSWORD,
            f"{SHORTEST_PASSWORD} 字以上にしてください。言葉を並べると覚えられます。",
        ),
        ("new", len(new) > LONGEST_PASSWORD, f"{LONGEST_PASSWORD} 字までにしてください。"),
        ("new", login in new.casefold(), "利用者名を入れないでください。"),
        ("new", len(set(new)) < 5, "同じ文字の繰り返しは、すぐに当てられます。"),
        ("new", new == old, "いまのパスワードと違うものにしてください。"),
        ("again", new != again, "新しいパスワードと同じものを入れてください。"),
    )
    faults: dict[str, str] = {}
    for name, wrong, sentence in checks:
        if wrong:
            faults.setdefault(name, sentence)
    return faults


def one_time_password() -> str:
    """Four groups of four letters, to be read out and changed at the first login."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


# ---- the administrator --------------------------------------------------------------------------


def listing(session: Session) -> tuple[Account, ...]:
    """All accounts: working ones first, then by login name."""
    return tuple(session.scalars(select(Account).order_by(Account.stopped_at.isnot(None), Account.login)))


def probe(session: Session) -> None:
    """Raises what reading an account raises when the database or its key is gone."""
    session.scalar(select(Account.name).limit(1))


def any_open(session: Session) -> bool:
    """True when somebody can log in."""
    return session.scalar(select(Account.id).where(Account.stopped_at.is_(None)).limit(1)) is not None


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
        stamp=secrets.token_urlsafe(24),
        demo=demo,
        created_at=now,
        departments=_rows(given.departments),
    )
    session.add(account)
    session.flush()
    audit.write(session, by, now, Line(Action.ACCOUNT_MADE, detail=str(account.id)))
    return account, password


def first_administrator(session: Session, now: datetime) -> tuple[str, str] | None:
    """Login and one-time password of the first account of an installation; None when there is one already."""
    if session.scalar(select(func.count()).select_from(Account)):
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
        account.stamp = secrets.token_urlsafe(24)
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
    account.stopped_at, account.stamp = now, secrets.token_urlsafe(24)
    held = update(Handover).where(Handover.holder_id == account.id, Handover.state.in_(OPEN)).values(holder_id=None)
    given_back = session.execute(held).rowcount  # type: ignore[attr-defined]
    audit.write(session, by, now, Line(Action.ACCOUNT_STOPPED, detail=str(account.id)))
    return int(given_back)


def resume(session: Session, account_id: int, by: Person, now: datetime) -> str:
    """Opens a stopped account again; returns its new one-time password."""
    get(session, account_id).stopped_at = None
    audit.write(session, by, now, Line(Action.ACCOUNT_RESUMED, detail=str(account_id)))
    return reset(session, account_id, by, now)


def reset(session: Session, account_id: int, by: Person, now: datetime) -> str:
    """A new one-time password, and no more waiting for this name."""
    account = get(session, account_id)
    password = one_time_password()
    account.password_hash, account.one_time, account.stamp = HASHER.hash(password), True, secrets.token_urlsafe(24)
    session.execute(delete(LoginTry).where(LoginTry.name == _digest(account.login)))
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
