"""The two papers: the resident's tells where to go and nothing of why; the office's tells all."""

from __future__ import annotations

from datetime import datetime

import pytest

from referral_app import printing, sheets
from referral_app.catalogue import Catalogue
from referral_app.consult import Desk
from referral_app.models import Handover, Sheet, SheetItem
from referral_app.printing import ResidentCopy
from referral_app.types import NATIONAL_ITEMS

NOW = datetime(2026, 11, 24, 14, 32)
STORY = "夫に殴られ、借金もある。死にたい"
RISKY = ("自殺", "自死", "DV", "ＤＶ", "虐待", "死", "借金", "債務", "殴", "困窮", "保護", "リスク")


def sheet(*windows: str, way: str = "同行", consent: str = "oral", **values: str) -> Sheet:
    made = Sheet(number="R8-0417", received_at=NOW, saved_at=NOW, version=1, explained=True, story=STORY)
    for name in (*sheets.TEXT_FIELDS, *sheets.CHOICE_FIELDS):
        setattr(made, name, values.get(name, STORY if name == "story" else ""))
    made.items = [SheetItem(item="DV・虐待", gravest=True), SheetItem(item="債務", gravest=False)]
    made.handovers = [
        Handover(
            window=code, department="", programme="", position=n, way=way, consent=consent, ask="", name_only=False,
            consent_by="見本 一郎" if consent else "", consent_at=NOW if consent else None,
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
    return printing.resident_copy(filled(desk.catalogue, made), desk.catalogue, desk.ruby, NOW.date())


def plain(pieces: printing.Rubies) -> str:
    return "".join(piece.base for piece in pieces)


def everything(copy: ResidentCopy) -> str:
    texts = [copy.day, copy.lead, copy.bring, copy.otherwise, copy.notice, copy.sender, copy.address]
    texts += [t for p in copy.places for t in (p.department, p.what, p.when, p.where, p.phone_note)]
    texts += [t for line in copy.lines for t in (line.name, line.hours, line.checked)]
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


def test_no_need_to_start_again_is_promised_only_with_consent(desk: Desk) -> None:
    assert "はじめから話さなくて大丈夫" in plain(resident(desk, sheet("P070")).lead)
    for consent in ("", "refused"):
        assert "はじめから" not in plain(resident(desk, sheet("P070", consent=consent)).lead)


@pytest.mark.parametrize("way", ["電話で受理を確認", "庁内で送付"])
def test_no_call_is_announced_to_a_phone_that_must_not_ring(desk: Desk, way: str) -> None:
    may, must_not = resident(desk, sheet("P070", way=way)), resident(desk, sheet("P070", way=way, may_phone="だめ"))
    assert "お知らせします" in plain(may.places[0].when)
    assert "電話はしません" in plain(must_not.places[0].when)


def test_unknown_telephones_lead_to_the_switchboard_and_known_ones_do_not_hide(desk: Desk) -> None:
    copy = resident(desk, sheet("P070", "P065", "hellowork"))
    assert [place.phones for place in copy.places] == [("046-223-1511",), ("046-225-2922",), ()]
    assert "代表" in plain(copy.places[0].phone_note)
    assert "おたずね" in plain(copy.places[2].phone_note)


def test_several_help_lines_stand_on_the_paper_with_their_check(desk: Desk) -> None:
    copy = resident(desk, sheet("P070"))
    assert len(copy.lines) >= printing.LEAST_LINES
    assert all("要確認" in plain(line.checked) for line in copy.lines)


def test_every_kanji_on_the_resident_copy_has_its_reading(desk: Desk, catalogue: Catalogue) -> None:
    codes = [p.code for p in catalogue.programmes.values() if p.referable]
    copy = resident(desk, sheet(*codes, clerk_department="市民協働推進課"))
    pieces = [*copy.day, *copy.lead, *copy.notice, *copy.address, *copy.bring]
    pieces += [piece for place in copy.places for text in (place.department, place.what, place.when) for piece in text]
    bare = {piece.base for piece in pieces if not piece.reading and any("一" <= c <= "龯" for c in piece.base)}
    assert bare == set()


def test_the_office_copy_holds_all_fields(catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet("P070", "P032", name="𠮷田 髙﨑", phone="000-0000", may_phone="だめ"))
    made.handovers[1].consent = ""
    copy = printing.office_copy(made)
    assert [item for item, _ in copy.items] == list(NATIONAL_ITEMS)
    marks = dict(copy.items)
    assert (marks["DV・虐待"], marks["債務"], marks["介護"]) == ("◎", "✓", "")
    assert dict(copy.resident)["氏名"] == "𠮷田 髙﨑"
    assert dict(copy.safe)["電話"] == "だめ"
    assert [row.may_share for row in copy.rows] == [True, False]
    assert "見本 一郎 11月24日 14:32" in copy.rows[0].consent


def test_a_window_that_left_the_catalogue_keeps_its_name_on_paper(desk: Desk) -> None:
    made = sheet("P070")
    made.handovers[0].window, made.handovers[0].department = "P999", "むかしの課"
    copy = printing.resident_copy(made, desk.catalogue, desk.ruby, NOW.date())
    assert plain(copy.places[0].department) == "むかしの課"


def test_what_is_still_to_do_is_counted() -> None:
    given = sheets.as_input(sheet("P070", "P032", way="", consent=""))
    assert "同意があと2件" in printing.missing(given)
    assert "つなぎ方があと2件" in printing.missing(given)
