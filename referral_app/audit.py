"""The record (記録): who did or read what, when. New lines only; each is chained to the one before."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_app.access import Person
from referral_app.errors import InvalidInput
from referral_app.models import Account, AuditEntry, AuditHead
from referral_app.paging import place

PAGE_SIZE = 100
CLOSING_DIGITS = 12


class Action(StrEnum):
    """Every key that may stand in the record."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a key of the record)
    ACCOUNT_MADE = "account_made"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_STOPPED = "account_stopped"
    ACCOUNT_RESUMED = "account_resumed"
    ACCOUNT_RESET = "account_reset"
    REFUSED = "refused"
    LIST_READ = "list_read"
    SHEET_MADE = "sheet_made"
    SHEET_READ = "sheet_read"
    SHEET_SAVED = "sheet_saved"
    SHEET_DISCARDED = "sheet_discarded"
    SHEET_ENDED = "sheet_ended"
    SHEET_PRINTED = "sheet_printed"
    CONTACT_OPENED = "contact_opened"
    ADDENDUM = "addendum"
    STEP = "step"
    RECORD_READ = "record_read"
    RECORD_CHECKED = "record_checked"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    KEY_ROTATED = "key_rotated"
    SCENARIO_PUBLISHED = "scenario_published"
    SCENARIO_WITHDRAWN = "scenario_withdrawn"
    COURSE_OPENED = "course_opened"
    COURSE_CLOSED = "course_closed"
    COURSE_EXPORTED = "course_exported"
    PRACTICE_ENDED = "practice_ended"


ACTIONS = {
    Action.LOGIN: "ログイン",
    Action.LOGIN_FAILED: "ログインできなかった",
    Action.LOGOUT: "ログアウト",
    Action.PASSWORD_CHANGED: "パスワードを変えた",
    Action.ACCOUNT_MADE: "利用者を登録した",
    Action.ACCOUNT_CHANGED: "利用者を直した",
    Action.ACCOUNT_STOPPED: "利用者を停止した",
    Action.ACCOUNT_RESUMED: "利用者の停止を解いた",
    Action.ACCOUNT_RESET: "一度だけのパスワードを出した",
    Action.REFUSED: "断られた",
    Action.LIST_READ: "一覧を見た",
    Action.SHEET_MADE: "シートを作った",
    Action.SHEET_READ: "シートを開いた",
    Action.SHEET_SAVED: "シートを保存した",
    Action.SHEET_DISCARDED: "下書きを消した",
    Action.SHEET_ENDED: "保存期間が終わり、消した",
    Action.SHEET_PRINTED: "紙を開いた",
    Action.CONTACT_OPENED: "伏せた連絡先を開いた",
    Action.ADDENDUM: "あとから分かったことを足した",
    Action.STEP: "手続きを進めた",
    Action.RECORD_READ: "記録を見た",
    Action.RECORD_CHECKED: "記録を確かめた",
    Action.BACKED_UP: "控えを取った",
    Action.RESTORED: "控えから戻した",
    Action.KEY_ROTATED: "鍵を替えた",
    Action.SCENARIO_PUBLISHED: "練習の場面を出した",
    Action.SCENARIO_WITHDRAWN: "練習の場面を引っこめた",
    Action.COURSE_OPENED: "講座を開いた",
    Action.COURSE_CLOSED: "講座をしめきった",
    Action.COURSE_EXPORTED: "講座のまとめを取り出した",
    Action.PRACTICE_ENDED: "保存期間が終わり、練習を消した",
}


@dataclass(frozen=True)
class Line:
    """What is to be written. ``detail`` is a key (a step, a reason, a page, an account's number), never free text."""

    action: Action
    sheet: str = ""
    handover: int | None = None
    detail: str = ""


def write(session: Session, by: Person, now: datetime, line: Line) -> None:
    """One line, in the caller's transaction: what is rolled back was not done and leaves no line."""
    head = session.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        head = AuditHead(id=1, last=0, mac="", secret=secrets.token_hex(32))
        session.add(head)
    entry = AuditEntry(
        id=head.last + 1,
        at=now,
        account_id=by.id,
        action=line.action.value,
        sheet=line.sheet,
        handover_id=line.handover,
        detail=line.detail,
        mac="",
    )
    entry.mac = head.mac = _mac(head.secret, head.mac, entry)
    head.last = entry.id
    session.add(entry)
    session.flush()


def _mac(secret: str, before: str, entry: AuditEntry) -> str:
    """Without the secret, which is sealed, nobody can compute a line that fits."""
    told = [entry.id, entry.at.isoformat(), entry.account_id, entry.action]
    told += [entry.sheet, entry.handover_id, entry.detail]
    message = before + json.dumps(told, ensure_ascii=True)
    return hmac.new(bytes.fromhex(secret), message.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """``wrong``: number of the first line that does not fit, None when all do. ``closing``: to be noted on paper."""

    lines: int
    wrong: int | None
    closing: str


def verify(session: Session, closing: str = "") -> Verdict:
    """Walks the whole record. ``closing``: one noted earlier (12:ab34…); it must still stand in the chain.

    The chain shows every changed, inserted or missing line; that its end was cut off shows only against a closing
    noted elsewhere. Raises InvalidInput for what is no closing.
    """
    noted = _noted(closing)
    head = session.get(AuditHead, 1)
    if head is None:
        return Verdict(0, 1 if session.scalar(select(func.count()).select_from(Account)) else None, "")
    before, count, found = "", 0, noted is None
    for entry in _walk(session):
        count += 1
        if entry.id != count or not hmac.compare_digest(entry.mac, _mac(head.secret, before, entry)):
            return Verdict(count, count, "")
        before = entry.mac
        found = found or (noted is not None and noted[0] == count and before.startswith(noted[1]))
    if (head.last, head.mac) != (count, before) or not found:
        return Verdict(count, count + 1, "")
    return Verdict(count, None, f"{count}:{before[:CLOSING_DIGITS]}")


def _noted(closing: str) -> tuple[int, str] | None:
    """Number and digits as keyed in from paper, in any width; None for nothing. Raises InvalidInput."""
    closing = unicodedata.normalize("NFKC", closing).strip().casefold()
    if not closing:
        return None
    found = re.fullmatch(rf"(\d+):([0-9a-f]{{{CLOSING_DIGITS},64}})", closing)
    if not found:
        raise InvalidInput({"closing": "「しめくくり」は 12:ab34… の形です。紙の控えを見て、全部入れてください。"})
    return int(found[1]), found[2]


def _walk(session: Session) -> Iterator[AuditEntry]:
    yield from session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000))


@dataclass(frozen=True)
class RecordPage:
    """One page of the record, newest first."""

    entries: tuple[AuditEntry, ...]
    number: int
    pages: int
    total: int


def listing(session: Session, page: int = 1, action: str = "", sheet: str = "") -> RecordPage:
    """Lines by action and sheet number; a page beyond the end is the last one."""
    asked = [AuditEntry.action == action] if action else []
    asked += [AuditEntry.sheet == sheet] if sheet else []
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*asked)) or 0
    page, pages, before = place(page, total, PAGE_SIZE)
    query = select(AuditEntry).where(*asked).order_by(AuditEntry.id.desc())
    return RecordPage(tuple(session.scalars(query.limit(PAGE_SIZE).offset(before))), page, pages, total)
