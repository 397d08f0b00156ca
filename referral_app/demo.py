"""A demo: one account a role and sheets of evidently fictional people, so that a newcomer finds something to open.

Demo accounts have passwords that everybody may read. They enter only while the server runs as a demo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_app import accounts, handovers, sending, sheets
from referral_app.access import NOBODY, Person
from referral_app.accounts import AccountInput
from referral_app.catalogue import Catalogue
from referral_app.days import add_business_days
from referral_app.handovers import Words
from referral_app.models import Account, Sheet
from referral_app.sheet_input import HandoverInput, SheetInput


@dataclass(frozen=True)
class DemoAccount:
    """A fictional colleague, with the password the login page offers."""

    login: str
    password: str
    name: str
    role: str
    departments: tuple[str, ...] = ()


ACCOUNTS = (
    DemoAccount("mado", "mihon-no-madoguchi", "見本 一郎", "clerk", ("市民協働推進課",)),
    DemoAccount("fukushi", "mihon-no-fukushi", "見本 夏子", "department", ("福祉総合支援課",)),
    DemoAccount("kodomo", "mihon-no-kodomo", "見本 秋子", "department", ("こども家庭センター",)),
    DemoAccount("jukou", "mihon-no-jukou", "見本 三郎", "trainee"),
    DemoAccount("kenshu", "mihon-no-kenshu", "見本 八郎", "trainer"),
    DemoAccount("keikaku", "mihon-no-keikaku", "見本 冬子", "planner"),
    DemoAccount("kanri", "mihon-no-kanri", "見本 四郎", "admin"),
)


def open_accounts(session: Session, catalogue: Catalogue, now: datetime) -> bool:
    """Makes or opens the demo's accounts; False, and nothing done, where real people have accounts."""
    found = {account.login: account for account in session.scalars(select(Account))}
    if any(not account.demo for account in found.values()):
        return False
    for one in ACCOUNTS:
        if one.login in found:
            found[one.login].stopped_at = None
            continue
        given = AccountInput(one.login, one.name, one.role, one.departments)
        account, _ = accounts.create(session, given, catalogue.departments, NOBODY, now, demo=True)
        account.password_hash, account.one_time_until = accounts.HASHER.hash(one.password), None
    return True


def close_accounts(session: Session, now: datetime) -> None:
    """At every start that is no demo: nobody enters with a password that everybody may read."""
    for account in session.scalars(select(Account).where(Account.demo, Account.stopped_at.is_(None))):
        account.stopped_at, account.stamp = now, accounts.new_stamp()


_SAFE = {"phone": "000-0000-0000", "may_phone": "よい", "may_leave_message": "だめ", "may_post": "だめ"}
_SENT = (
    SheetInput(
        values={
            **_SAFE,
            "name": "記入例 たろう",
            "kana": "きにゅうれい たろう",
            "birth": "50代",
            "story": "仕事をやめてから家賃が2か月払えていない。大家さんから手紙が来た。",
            "wish": "今の部屋に住み続けたい。",
        },
        items=("住まい", "収入・生活費", "家賃やローンの支払い"),
        gravest="家賃やローンの支払い",
        explained=True,
        handovers=(
            HandoverInput("P046", "家賃の立て直しを一緒に考えてください。", "庁内で送付", "written"),
            HandoverInput("hellowork", "仕事さがしの相談をお願いします。", "本人が持参", "oral"),
        ),
    ),
    SheetInput(
        values={
            **_SAFE,
            "name": "記入例 はな",
            "birth": "20代",
            "story": "夫がどなり、物を投げる。子どもがおびえている。",
        },
        items=("DV・虐待", "子育て"),
        explained=True,
        handovers=(
            HandoverInput("P085", "子どもの様子を一緒に見てください。", "電話で受理を確認", "oral", scope="contact"),
        ),
    ),
)
# minutes ago, what was written
_DRAFTS = (
    (
        80,
        SheetInput(
            values={
                "birth": "70代",
                "story": "妻の物忘れが進み、夜中に外へ出てしまう。自分も腰が痛くて眠れない。",
            },
            items=("病気や健康・障害", "介護"),
            handovers=(HandoverInput("P006", "自宅の様子を聞き、介護の相談に乗ってください。"),),
        ),
    ),
    (
        40,
        SheetInput(
            values={
                **_SAFE,
                "name": "記入例 ゆき",
                "kana": "きにゅうれい ゆき",
                "birth": "30代",
                "phone_hours": "平日 10時〜15時",
                "story": "カードの借金が返せない。4歳の子を預ける所がなく、働きに出られない。夜も眠れない。",
                "wish": "子どもを預けて、昼に働きたい。",
            },
            items=("収入・生活費", "債務", "子育て"),
            gravest="債務",
            explained=True,
            handovers=(
                HandoverInput("P070", "弁護士の特別相談につないでください。", "電話で受理を確認", "oral"),
                HandoverInput("P032", "預けたい曜日を聞き、会員になる手続きを案内してください。", "同行", "oral"),
            ),
        ),
    ),
)


def fill(session: Session, catalogue: Catalogue, now: datetime) -> int:
    """Adds the sheets to an empty database, two of them on their way, and returns how many."""
    people = _people(session)
    if session.scalar(select(Sheet.id).limit(1)) or not people:
        return 0
    morning = datetime.combine(add_business_days((now - timedelta(days=6)).date(), 0), time(10, 5))
    sent = morning + timedelta(minutes=9)
    for story in _SENT:
        sheet = _sheet(session, catalogue, story, people["mado"], morning)
        sending.send(session, catalogue, sheet.number, sheet.version, people["mado"], sent)
        _return(session, sheet, people["fukushi"], morning + timedelta(hours=2))
    for minutes, story in _DRAFTS:
        _sheet(session, catalogue, story, people["mado"], now - timedelta(minutes=minutes))
    return len(_SENT) + len(_DRAFTS)


def _people(session: Session) -> dict[str, Person]:
    return {one.login: accounts.as_person(one) for one in session.scalars(select(Account).where(Account.demo))}


def _sheet(session: Session, catalogue: Catalogue, given: SheetInput, by: Person, now: datetime) -> Sheet:
    codes = [row.window for row in given.handovers]
    sheet = sheets.create(session, catalogue, story="", windows=codes, items=(), by=by, now=now)
    return sheets.save(session, catalogue, sheet.number, replace(given, version=sheet.version), by, now)


def _return(session: Session, sheet: Sheet, by: Person, now: datetime) -> None:
    mine = [row for row in sheet.handovers if handovers.sides(row, by)]
    for row in mine:
        words = Words(reason="家賃の前に、仕事の相談を先にしたいとのことでした。")
        handovers.take(session, row.id, "return", row.version, words, by, now)
