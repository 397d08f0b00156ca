"""The fictional staff of the tests: one account a role, several departments. Their password is their name thrice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from referral_app import accounts
from referral_app.access import NOBODY
from referral_app.accounts import AccountInput

# login name → display name, role, departments
PEOPLE = {
    "mado": ("見本 一郎", "clerk", ("市民協働推進課",)),
    "mado2": ("見本 二郎", "clerk", ("市民協働推進課",)),
    "kokuho": ("見本 五郎", "clerk", ("国保年金課",)),
    "fukushi": ("見本 夏子", "department", ("福祉総合支援課",)),
    "fukushi2": ("見本 春子", "department", ("福祉総合支援課", "生活福祉課")),
    "kodomo": ("見本 秋子", "department", ("こども家庭センター",)),
    "jukou": ("見本 三郎", "trainee", ()),
    "keikaku": ("見本 冬子", "planner", ()),
    "kanri": ("見本 四郎", "admin", ()),
    "kenshu": ("見本 八郎", "trainer", ()),
    "jukou2": ("見本 六郎", "trainee", ()),
}


def password_of(login: str) -> str:
    return f"mihon-{len(login)}-{login[::-1]}-mihon"


def employ(session: Session, now: datetime) -> None:
    """Makes all of PEOPLE, past their one-time password."""
    known = {place for _, _, places in PEOPLE.values() for place in places}
    for login, (name, role, places) in PEOPLE.items():
        account, _ = accounts.create(session, AccountInput(login, name, role, places), known, NOBODY, now)
        account.password_hash, account.one_time_until = accounts.HASHER.hash(password_of(login)), None
