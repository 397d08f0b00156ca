"""Verbs at the door: entering, leaving, a new password. Wrong passwords make a name wait."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referral_app import accounts, audit
from referral_app.access import NOBODY, Person
from referral_app.accounts import as_person, digest, new_stamp, normal
from referral_app.audit import Action, Line
from referral_app.models import Account, LoginTry

_NO_ACCOUNT = accounts.HASHER.hash(secrets.token_hex(8))  # an unknown name takes as long as a wrong password

# Failures in a row → how long nothing more is tried under that name. Forgotten after a day.
THROTTLE = ((12, timedelta(hours=1)), (8, timedelta(minutes=15)), (5, timedelta(minutes=1)), (3, timedelta(seconds=5)))
FORGOTTEN = timedelta(days=1)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
_TOO_LATE = "一度だけのパスワードの期限が切れています。管理者に、新しいものを出してもらってください。"


@dataclass(frozen=True)
class Candidate:
    """Whose password is asked, as far as the name tells; ``password_hash`` is never empty."""

    login: str
    account_id: int | None
    password_hash: str


@dataclass(frozen=True)
class Entry:
    """The answer at the door. Without a person ``message`` says why; ``stamp`` belongs into the session."""

    person: Person | None
    stamp: str = ""
    message: str = ""


def candidate(session: Session, login: str, demo: bool = False) -> Candidate:
    """The account behind a name, or a stand-in that no password fits. Demo accounts are there in a demo only."""
    login = normal(login)
    account = session.scalar(select(Account).where(Account.login == login, Account.stopped_at.is_(None)))
    if account is None or (account.demo and not demo):
        return Candidate(login, None, _NO_ACCOUNT)
    return Candidate(login, account.id, account.password_hash)


def fits(asked: Candidate, password: str) -> bool:
    """True for the right password. Slow on purpose: never call it while holding the database."""
    try:
        return (
            accounts.HASHER.verify(asked.password_hash, password[: LONGEST_PASSWORD + 1])
            and asked.account_id is not None
        )
    except (VerificationError, InvalidHashError):
        return False


def enter(session: Session, asked: Candidate, fitted: bool, now: datetime) -> Entry:
    """Lets in or counts the failure; both are in the record. While a name must wait, nothing is tried."""
    account = session.get(Account, asked.account_id) if asked.account_id else None
    who = as_person(account) if account else NOBODY
    refused = _tried(session, asked, fitted, who, now)
    if refused or account is None:
        return Entry(None, message=refused)
    if account.one_time_until and account.one_time_until < now:
        return Entry(None, message=_TOO_LATE)
    audit.write(session, who, now, Line(Action.LOGIN))
    return Entry(who, account.stamp)


def _tried(session: Session, asked: Candidate, fitted: bool, who: Person, now: datetime) -> str:
    """ "" for the right password in time; else why not, with the failure counted and in the record."""
    failed = session.get(LoginTry, digest(asked.login), with_for_update=True)
    wait = _wait(failed, now)
    account = session.get(Account, asked.account_id) if asked.account_id else None
    changed = account is None or account.stopped_at or account.password_hash != asked.password_hash
    if wait or changed or not fitted:
        audit.write(session, who, now, Line(Action.LOGIN_FAILED, detail="wait" if wait else ""))
        return _turned_away(wait or _count_failure(session, failed, asked.login, now))
    if failed:
        session.delete(failed)
    return ""


def _wait(failed: LoginTry | None, now: datetime) -> timedelta:
    """How long the name has still to wait; nothing when it may try."""
    if failed is None:
        return timedelta(0)
    needed = next((span for least, span in THROTTLE if failed.failures >= least), timedelta(0))
    return max(failed.last_at + needed - now, timedelta(0))


def _count_failure(session: Session, failed: LoginTry | None, login: str, now: datetime) -> timedelta:
    session.execute(delete(LoginTry).where(LoginTry.last_at < now - FORGOTTEN))
    if failed is None or failed.last_at < now - FORGOTTEN:
        failed = session.merge(LoginTry(name=digest(login), failures=0, last_at=now))
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


def person(session: Session, account_id: int, stamp: str, demo: bool = False) -> Person | None:
    """Who an open session belongs to; None when it was ended or the account may not enter here."""
    account = session.get(Account, account_id)
    if account is None or account.stopped_at or (account.demo and not demo):
        return None
    return as_person(account) if secrets.compare_digest(account.stamp, stamp) else None


def leave(session: Session, by: Person, now: datetime) -> None:
    """Ends every session of this person: a cookie copied at the counter opens nothing any more."""
    accounts.get(session, by.id or 0).stamp = new_stamp()
    audit.write(session, by, now, Line(Action.LOGOUT))


@dataclass(frozen=True)
class NewPassword:
    """What was keyed in, checked and hashed before the database is held; ``faults`` by field."""

    old: str
    hashed: str
    faults: dict[str, str]


def new_password(login: str, old: str, new: str, again: str) -> NewPassword:
    """Slow on purpose: never call it while holding the database."""
    faults = _password_faults(login, old, new, again)
    return NewPassword(old, "" if faults else accounts.HASHER.hash(new), faults)


def change_password(
    session: Session, by: Person, asked: Candidate, fitted: bool, new: NewPassword, now: datetime
) -> tuple[str, dict[str, str]]:
    """(new stamp, {}): every other session ends; or ("", faults). A wrong old password counts as a failed login."""
    refused = _tried(session, asked, fitted, by, now)
    faults = ({"old": refused.replace("利用者名かパスワード", "いまのパスワード")} if refused else {}) | new.faults
    if faults:
        return "", faults
    account = accounts.get(session, by.id or 0)
    account.password_hash, account.one_time_until, account.stamp = new.hashed, None, new_stamp()
    audit.write(session, by, now, Line(Action.PASSWORD_CHANGED))
    return account.stamp, {}


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
