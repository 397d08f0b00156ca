"""On what basis a sheet may go to a department, and what each basis lets it see. Two tables."""

from __future__ import annotations

from typing import Protocol

CONSENTS = {
    "oral": "口頭",
    "written": "書面",
    "refused": "いただけない",
    "legal": "法律の根拠で渡す",
    "withdrawn": "取り消し",
}
GIVEN = ("oral", "written")
MAY_SHARE = (*GIVEN, "legal")
GROUNDS = (
    "生命・身体の緊急",
    "児童虐待の通告",
    "高齢者虐待・障害者虐待の通報",
    "個人情報保護法69条2項",
    "社会福祉法106条の6 支援会議",
)

# What the resident agreed to hand on; a legal ground never carries more than the contact and the written reason.
SCOPES = {"all": "すべて", "contact": "お名前と連絡先、お願いだけ"}
CONTACT, DETAILS, ITEMS, STORIES, ADDENDA = "contact", "details", "items", "stories", "addenda"
GROUPS = {
    CONTACT: "お名前と連絡先",
    DETAILS: "性別と年代",
    ITEMS: "困りごと",
    STORIES: "お話とのぞみ",
    ADDENDA: "あとから分かったこと",
}
_SHOWS = {
    **dict.fromkeys([(given, "all") for given in GIVEN], frozenset(GROUPS)),
    **dict.fromkeys([(given, "contact") for given in GIVEN], frozenset({CONTACT})),
    **dict.fromkeys([("legal", scope) for scope in SCOPES], frozenset({CONTACT})),
}

# A sheet that tells of violence hides where the person can be found, unless opened with a reason.
GUARDED_ITEM = "DV・虐待"
GUARDED_WINDOWS = ("P068", "P069", "P085", "dvplus", "jido")
GUARDED_GROUNDS = ("児童虐待の通告", "高齢者虐待・障害者虐待の通報")
GUARDED_FIELDS = ("phone", "address", "visitor_phone")
HIDDEN = "伏せています"
REASONS_TO_OPEN = {
    "call": "ご本人に電話する",
    "post": "郵便を送る(送ってよいと確かめた)",
    "visit": "会いに行く・保護する",
    "check": "番号や住所を確かめ直す",
}


class _Based(Protocol):
    consent: str
    scope: str


def shows(row: _Based) -> frozenset[str]:
    """The GROUPS that this row's destination may see; none without a basis."""
    return _SHOWS.get((row.consent, row.scope), frozenset())
