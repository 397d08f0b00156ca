"""Sheets of evidently fictional people, so that a newcomer finds something to open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from referral_app import sheets
from referral_app.catalogue import Catalogue
from referral_app.sheets import HandoverInput, SheetInput

_CLERK = {"clerk_department": "市民協働推進課", "clerk_name": "見本 一郎"}
_SHEETS = (
    SheetInput(
        values={
            **_CLERK,
            "name": "記入例 ゆき",
            "kana": "きにゅうれい ゆき",
            "birth": "30代",
            "phone": "000-0000-0000",
            "may_phone": "よい",
            "may_leave_message": "だめ",
            "may_post": "だめ",
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
        version=0,
    ),
    SheetInput(
        values={
            **_CLERK,
            "birth": "70代",
            "story": "妻の物忘れが進み、夜中に外へ出てしまう。自分も腰が痛くて眠れない。",
        },
        items=("病気や健康・障害", "介護"),
        handovers=(HandoverInput("P006", "自宅の様子を聞き、介護の相談に乗ってください。"),),
        version=0,
    ),
)


def fill(session: Session, catalogue: Catalogue, now: datetime | None = None) -> int:
    """Adds the sheets to an empty database and returns how many; a database in use is left alone."""
    if sheets.listing(session).total:
        return 0
    moment = (now or datetime.now()).replace(second=0, microsecond=0)
    for given in _SHEETS:
        moment -= timedelta(minutes=40)
        codes = [handover.window for handover in given.handovers]
        sheet = sheets.create(session, catalogue, story="", windows=codes, items=(), now=moment)
        session.flush()
        sheets.save(session, catalogue, sheet.number, replace(given, version=sheet.version), moment)
    return len(_SHEETS)
