"""The two papers: the resident's tells where to go and nothing of why; the office's tells all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from referral_app import sheet_input, viewing
from referral_app.catalogue import Catalogue
from referral_app.consent import CONSENTS
from referral_app.consult import Desk
from referral_app.models import Handover, Sheet, SheetItem
from referral_app.papers import copies
from referral_app.papers.copies import ResidentCopy
from referral_app.types import NATIONAL_ITEMS, WAYS

NOW = datetime(2026, 11, 24, 14, 32)
STORY = "夫に殴られ、借金もある。死にたい"
RISKY = ("自殺", "自死", "DV", "ＤＶ", "虐待", "死", "借金", "債務", "殴", "困窮", "保護", "リスク")


def sheet(*windows: str, way: str = "同行", consent: str = "oral", **values: str) -> Sheet:
    made = Sheet(number="R8-0417", received_at=NOW, saved_at=NOW, version=1, explained=True, story=STORY)
    for name in (*sheet_input.TEXT_FIELDS, *sheet_input.CHOICE_FIELDS):
        setattr(made, name, values.get(name, STORY if name == "story" else ""))
    made.items = [SheetItem(item="DV・虐待", gravest=True), SheetItem(item="債務", gravest=False)]
    made.handovers = [
        Handover(
            window=code, department="", programme="", position=n, way=way, consent=consent, ask="", name_only=False,
            consent_by="見本 一郎" if consent else "", consent_at=NOW if consent else None,
            withdrawn_by="", withdrawn_at=None, legal_ground="", legal_reason="", scope="all", state="draft",
        )
        for n, code in enumerate(windows, 1)
    ]  # fmt: skip
    return made


def filled(catalogue: Catalogue, made: Sheet) -> Sheet:
    for handover in made.handovers:
        window = catalogue.window(handover.window)
        handover.department, handover.programme = window.department, window.programme
    return made


def resident(desk: Desk, made: Sheet) -> ResidentCopy:
    return copies.resident_copy(filled(desk.catalogue, made), desk.catalogue, desk.ruby, NOW.date())


def plain(pieces: copies.Rubies) -> str:
    return "".join(piece.base for piece in pieces)


def everything(copy: ResidentCopy) -> str:
    texts = [
        copy.day,
        copy.lead,
        copy.bring,
        copy.say,
        copy.opening,
        copy.otherwise,
        copy.notice,
        copy.sender,
        copy.address,
    ]
    texts += [t for p in copy.places for t in (p.department, p.what, p.when, p.where, p.hours, p.phone_note)]
    texts += [t for line in copy.lines for t in (line.name, line.hours, line.seen)]
    return "\n".join(plain(text) for text in texts)


def test_the_resident_copy_never_tells_why(desk: Desk, catalogue: Catalogue) -> None:
    """Every window that may be picked, all at once: no risk word, no worry, no story."""
    codes = [p.code for p in catalogue.programmes.values() if p.referable] + list(catalogue.outside)
    said = everything(resident(desk, sheet(*codes)))
    for name in sorted({w.department for w in map(catalogue.window, codes)}, key=len, reverse=True):
        said = said.replace(name, "")  # a department's own name is a fact of the address
    assert [word for word in RISKY if word in said] == []


def test_discreet_windows_show_their_department_alone(desk: Desk) -> None:
    copy = resident(desk, sheet("P069", "P070"))
    assert [plain(place.what) for place in copy.places] == ["", "くらしの相談"]


def test_an_outside_window_whose_name_tells_is_left_out_and_said_aloud(desk: Desk) -> None:
    copy = resident(desk, sheet("dvplus", "houterasu"))
    assert copy.left_out == ("DV相談+",)
    assert [plain(place.department) for place in copy.places] == ["法テラス"]


@pytest.mark.parametrize(
    ("way", "consent", "promised"),
    [
        ("同行", "oral", True),
        ("電話で受理を確認", "written", True),
        ("庁内で送付", "legal", True),
        ("本人が持参", "oral", False),
        ("", "oral", False),
        ("同行", "", False),
        ("同行", "refused", False),
        ("庁内で送付", "withdrawn", False),
    ],
)
def test_no_need_to_start_again_is_promised_only_when_every_desk_knows(
    desk: Desk, way: str, consent: str, promised: bool
) -> None:
    made = sheet("P032", "P070")
    made.handovers[1].way, made.handovers[1].consent = way, consent
    assert ("はじめから話さなくて大丈夫" in plain(resident(desk, made).lead)) is promised


CALLS = {
    "phone": ({"may_phone": "よい"}, "この課から電話でお知らせします"),
    "letter only": ({"may_phone": "だめ", "may_post": "よい"}, "この課から手紙でお知らせします"),
    "neither": ({"may_phone": "だめ", "may_post": "だめ"}, "電話や手紙はしません"),
    "nobody asked": ({}, "電話や手紙はしません"),
}


@pytest.mark.parametrize("way", ["電話で受理を確認", "庁内で送付"])
@pytest.mark.parametrize(("allowed", "said"), CALLS.values(), ids=CALLS.keys())
def test_a_call_or_letter_is_announced_only_where_it_may_arrive(
    desk: Desk, way: str, allowed: dict[str, str], said: str
) -> None:
    assert said in plain(resident(desk, sheet("P070", way=way, **allowed)).places[0].when)


@pytest.mark.parametrize("consent", ["", "refused", "withdrawn"])
@pytest.mark.parametrize("way", ["", *WAYS])
def test_without_consent_the_resident_goes_alone_and_nobody_calls(desk: Desk, consent: str, way: str) -> None:
    when = plain(resident(desk, sheet("P070", way=way, consent=consent, may_phone="よい")).places[0].when)
    assert when.startswith("ご自分で行くとき")
    assert "お知らせ" not in when


def test_who_goes_to_an_unknown_place_is_told_whom_to_ask(desk: Desk) -> None:
    made = sheet("P070", "P070", "P005", "hellowork", way="本人が持参")
    made.handovers[1].way = "庁内で送付"
    asks, sent, known, outside = (plain(place.where) for place in resident(desk, made).places)
    assert asks == "市役所の受付でおたずねください"
    assert (sent, known, outside) == ("", "本庁舎2階", "")


def test_unknown_telephones_lead_to_the_switchboard_and_known_ones_do_not_hide(desk: Desk) -> None:
    copy = resident(desk, sheet("P070", "P065", "hellowork"))
    assert [place.phones for place in copy.places] == [("046-223-1511",), ("046-225-2922",), ()]
    assert "代表" in plain(copy.places[0].phone_note)
    assert "おたずね" in plain(copy.places[2].phone_note)


def test_a_telephone_window_of_unknown_number_never_shows_its_departments_number_as_its_own(desk: Desk) -> None:
    place = resident(desk, sheet("P057")).places[0]
    assert place.phones == ("046-223-1511",)
    assert plain(place.phone_note) == "市役所の代表。あつぎ健康相談ダイヤル24の番号は、ここでたずねてください"


def test_help_lines_are_for_anyone_and_one_for_money_worries(desk: Desk) -> None:
    with_debt = resident(desk, sheet("P070"))
    assert [plain(line.name) for line in with_debt.lines] == [
        "よりそいホットライン",
        "こころの健康相談統一ダイヤル",
        "法テラス",
    ]
    made = sheet("P070")
    made.items = [SheetItem(item="介護", gravest=False)]
    assert [plain(line.name) for line in resident(desk, made).lines] == [
        "よりそいホットライン",
        "こころの健康相談統一ダイヤル",
    ]


def test_never_one_help_line_alone(desk: Desk) -> None:
    made = sheet("P070")
    made.items = []
    few = replace(desk.catalogue, help_lines=tuple(x for x in desk.catalogue.help_lines if x.code != "kokoro_dial"))
    copy = copies.resident_copy(filled(desk.catalogue, made), few, desk.ruby, NOW.date())
    assert len(copy.lines) == copies.LEAST_LINES


def test_the_paper_says_once_that_numbers_change_and_when_each_was_seen(desk: Desk) -> None:
    copy = resident(desk, sheet("P070"))
    said = everything(copy)
    assert "要確認" not in said
    assert said.count("変わっていることがあります") == 1
    assert [plain(line.seen) for line in copy.lines] == ["2024年の案内", "2024年の案内", "案内の年は未確認"]


def texts(copy: ResidentCopy) -> tuple[copies.Rubies, ...]:
    return (copy.day, copy.lead, copy.notice, copy.address, copy.bring, copy.say, copy.opening, copy.otherwise)


def test_every_kanji_on_the_resident_copy_has_its_reading(desk: Desk, catalogue: Catalogue) -> None:
    codes = [p.code for p in catalogue.programmes.values() if p.referable]
    copies = [
        resident(desk, sheet(*codes, clerk_department="市民協働推進課", way=way, consent=consent, **allowed))
        for way, consent, allowed in (
            ("同行", "oral", {}),
            ("庁内で送付", "oral", {"may_phone": "よい"}),
            ("庁内で送付", "legal", {"may_post": "よい"}),
            ("庁内で送付", "oral", {}),
            ("本人が持参", "oral", {}),
            ("", "", {}),
        )
    ]
    pieces = [piece for copy in copies for text in texts(copy) for piece in text]
    places = [place for copy in copies for place in copy.places]
    pieces += [p for place in places for text in (place.department, place.what, place.when, place.where) for p in text]
    bare = {piece.base for piece in pieces if not piece.reading and any("一" <= c <= "龯" for c in piece.base)}
    assert bare == set()


def test_the_keeping_copy_holds_all_fields_and_each_desk_its_own_row(catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet("P070", "P032", name="𠮷田 髙﨑", phone="000-0000", may_phone="だめ"))
    made.handovers[1].consent = ""
    copy = copies.office_copy(made)
    assert [item for item, _ in copy.shown.items] == list(NATIONAL_ITEMS)
    marks = dict(copy.shown.items)
    assert (marks["DV・虐待"], marks["債務"], marks["介護"]) == ("◎", "✓", "")
    assert dict(copy.shown.resident)["氏名"] == "𠮷田 髙﨑"
    assert dict(copy.shown.resident)["住所"] == ""
    assert dict(copy.shown.safe.rows) == {
        "電話": "だめ", "電話してよい時間": "未記入", "留守電に残す": "未記入", "家への郵便": "未記入",
    }  # fmt: skip
    assert [row.number for row in copy.rows] == [1, 2]
    assert [row.number for row in copy.desks] == [1]
    assert "見本 一郎 11月24日 14:32" in copy.rows[0].consent


STOPS = {
    "oral": "",
    "written": "",
    "legal": "",
    "": "同意はまだ。いただくまで、この課には渡さない",
    "refused": "同意なし。この課には渡さない。通告・通報にあたるときは上司に確認する",
    "withdrawn": "同意の取り消し。この課には渡さない。通告・通報にあたるときは上司に確認する",
}


def test_every_kind_of_consent_says_whether_its_desk_gets_a_paper(catalogue: Catalogue) -> None:
    assert set(STOPS) == {"", *CONSENTS}
    for consent, stop in STOPS.items():
        copy = copies.office_copy(filled(catalogue, sheet("P070", consent=consent)))
        assert copy.rows[0].stop == stop
        assert len(copy.desks) == (not stop)


def test_the_signature_names_only_windows_the_resident_agreed_to(catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet("P070", "P032", "P006", "P065"))
    for handover, consent in zip(made.handovers, ("written", "refused", "legal", "withdrawn"), strict=True):
        handover.consent = consent
    assert copies.office_copy(made).consented == ("市民協働推進課(市民相談事業)",)


def test_a_legal_ground_and_a_withdrawal_are_told_in_full(catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet("P070", "P032", consent="legal"))
    made.handovers[0].legal_ground, made.handovers[0].legal_reason = "児童虐待の通告", "家に帰せない"
    made.handovers[1].consent = "withdrawn"
    made.handovers[1].withdrawn_by, made.handovers[1].withdrawn_at = "見本 二郎", NOW.replace(day=25)
    legal, withdrawn = copies.office_copy(made).rows
    assert (legal.consent, legal.reason) == (
        "法律の根拠で渡す(児童虐待の通告) 見本 一郎 11月24日 14:32",
        "家に帰せない",
    )
    assert withdrawn.consent == "取り消し 見本 二郎 11月25日 14:32(同意は 見本 一郎 11月24日 14:32)"


GUARDED = ("may_phone", "phone_hours", "may_leave_message", "may_post", "phone", "address", "visitor_phone")


@pytest.mark.parametrize("name", GUARDED)
def test_one_word_about_contact_is_enough_for_the_red_box(name: str) -> None:
    assert viewing.safe_contact({name: "だめ"}).needed
    assert not viewing.safe_contact({name: "", "name": "記入例"}).needed


def test_a_window_that_left_the_catalogue_keeps_its_name_on_paper(desk: Desk) -> None:
    made = sheet("P070")
    made.handovers[0].window, made.handovers[0].department = "P999", "むかしの課"
    copy = copies.resident_copy(made, desk.catalogue, desk.ruby, NOW.date())
    assert plain(copy.places[0].department) == "むかしの課"


def test_what_is_still_to_do_is_counted() -> None:
    given = sheet_input.as_input(sheet("P070", "P032", way="", consent=""))
    assert "同意があと2件" in copies.missing(given)
    assert "つなぎ方があと2件" in copies.missing(given)
