"""The sheet's PDFs: each reader sees their own, nothing is cut, the page says which sheet it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PageObject

from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import NotFound
from referral_app.models import Addendum, SheetItem
from referral_app.papers import copies, sheet_papers
from referral_app.papers.copies import OfficeCopy
from referral_app.papers.press import Press, qr
from tests.papers.reading import Paper
from tests.papers.test_copies import NOW, filled, resident, sheet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def press(settings: Settings) -> Press:
    return Press(settings.templates / "paper")


def office(catalogue: Catalogue, *codes: str, **values: str) -> OfficeCopy:
    return copies.office_copy(filled(catalogue, sheet(*codes, **values)))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_nothing_but_readings_is_smaller_than_14_points_on_the_residents_copy(press: Press, desk: Desk) -> None:
    copy = resident(desk, sheet("P070", "P032", "hellowork", clerk_department="市民協働推進課"))
    small: list[str] = []

    def look(text: str, _cm: Any, _tm: Any, _font: Any, size: float) -> None:
        if text.strip() and size < 13.9:
            small.append(text.strip())

    pages: list[PageObject] = Paper(sheet_papers.resident_pdf(press, copy).pdf).reader.pages  # type: ignore[assignment]
    for page in pages:
        page.extract_text(visitor_text=look)
    assert small
    assert [text for text in small if not re.fullmatch(r"[ぁ-ゖー\s]+", text)] == []


def test_the_residents_copy_is_read_in_the_order_of_the_paper(press: Press, desk: Desk) -> None:
    text = Paper(sheet_papers.resident_pdf(press, resident(desk, sheet("P070", "P032"))).pdf).text
    order = ["つながるシート", "くらしの相談", "地域での育児の助け合い", "持ち物", "よりそいホットライン", "厚木市役所"]
    assert sorted(order, key=text.index) == order


def test_each_set_counts_its_own_pages_and_names_the_sheet_on_each(press: Press, catalogue: Catalogue) -> None:
    copy = office(catalogue, "P070", "P032", story="とても長いお話です。" * 400)
    pages = Paper(sheet_papers.office_pdf(press, copy).pdf).pages
    feet = [re.search(r"つながるシート R8-0417 (\d+/\d+)", page) for page in pages]
    counted = [foot[1] for foot in feet if foot]
    assert len(counted) == len(pages)
    size = int(counted[-1].split("/")[1])
    assert counted[-size:] == [f"{n}/{size}" for n in range(1, size + 1)]
    assert counted.count("1/" + counted[0].split("/")[1]) >= 1
    assert sum(mark.startswith("1/") for mark in counted) == 3  # 庁内控え and two desks


def test_a_desk_sees_its_own_destination_alone(press: Press, catalogue: Catalogue) -> None:
    copy = office(catalogue, "P070", "P032")
    paper = Paper(sheet_papers.desk_pdf(press, copy, 2).pdf)
    assert "こども家庭センター" in paper.text
    assert "市民協働推進課" not in paper.text
    assert "返信" in paper.text
    assert "署名" not in paper.text


def test_a_desk_without_consent_has_no_page(press: Press, catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet("P070", "P032"))
    made.handovers[1].consent = "refused"
    copy = copies.office_copy(made)
    for number in (2, 9):
        with pytest.raises(NotFound, match="同意を確かめて"):
            sheet_papers.desk_pdf(press, copy, number)
    text = Paper(sheet_papers.office_pdf(press, copy).pdf).text
    assert text.count("担当課へ") == 1
    assert "同意なし" in text


def test_a_group_a_reader_may_not_see_leaves_no_trace(press: Press, catalogue: Catalogue) -> None:
    copy = office(catalogue, "P070", name="見本 花子", phone="000-1111")
    page = replace(sheet_papers.office_pages(copy)[1], people=(), items=(), stories=())
    head = {"number": copy.number, "received": copy.received, "receiver": copy.receiver, "pages": (page,)}
    paper = Paper(press.print("office", head, qr=qr(copy.number)).pdf)
    for word in ("ご本人", "追記", "困りごと", "お話", "見本花子", "000-1111"):
        assert word not in paper.text
    assert paper.pictures.keys() == {"書きこむ四角", "番号 R8-0417 のQRコード"}
    assert "お願い" in paper.text


def test_no_row_is_cut_by_the_end_of_a_page(press: Press, catalogue: Catalogue) -> None:
    made = filled(catalogue, sheet(*["P070", "P032", "P046", "P006", "P045", "P058", "P063"] * 2))
    for n, handover in enumerate(made.handovers):
        handover.ask = f"始{n:02}" + "くわしいお願いです。" * (20 + 10 * (n % 5)) + f"終{n:02}"
    pages = [squeezed(page) for page in Paper(sheet_papers.office_pdf(press, copies.office_copy(made)).pdf).pages]
    for n in range(len(made.handovers)):
        assert [page for page in pages if f"始{n:02}" in page] == [page for page in pages if f"終{n:02}" in page]


def test_text_longer_than_pages_flows_to_its_end(press: Press, catalogue: Catalogue) -> None:
    long = "始まり" + "とても長いお話です。\n" * 500 + "終わり"
    copy = office(catalogue, "P070", story=long)
    row = replace(copy.rows[0], ask="頼み" + "凜" * 6000 + "以上")
    text = Paper(sheet_papers.office_pdf(press, replace(copy, rows=(row,), desks=(row,))).pdf).text
    for word, times in (("始まり", 2), ("終わり", 2), ("頼み", 2), ("以上", 2)):
        assert text.count(word) == times
    assert text.count("とても長いお話です。") == 1000
    assert text.count("凜") == 12_000


def test_what_is_ticked_is_drawn_and_said(press: Press, catalogue: Catalogue) -> None:
    pictures = Paper(sheet_papers.office_pdf(press, office(catalogue, "P070")).pdf).pictures
    assert (pictures["いちばん重いもの"], pictures["しるしあり"], pictures["しるしなし"]) == (2, 2, 28)
    assert pictures["書きこむ四角"] == 6


def test_a_character_no_font_holds_is_told_and_the_paper_still_comes(press: Press, catalogue: Catalogue) -> None:
    printed = sheet_papers.office_pdf(press, office(catalogue, "P070", story="つらい😢"))
    assert not printed.tagged
    assert "😢" in printed.warnings[0]
    assert "つらい" in Paper(printed.pdf).text


def test_a_sheet_without_destinations_still_prints(press: Press, desk: Desk, catalogue: Catalogue) -> None:
    assert "つなぎ先がまだありません" in Paper(sheet_papers.office_pdf(press, office(catalogue)).pdf).text
    assert sheet_papers.resident_pdf(press, resident(desk, sheet())).tagged


SEEN = {
    ("oral", "all"): ("ご本人", "困りごと", "お話", "追記"),
    ("written", "contact"): ("ご本人",),
    ("legal", "all"): ("ご本人",),
}


@pytest.mark.parametrize(("basis", "seen"), SEEN.items(), ids=lambda one: "-".join(one))
def test_a_desks_pdf_tells_what_its_consent_allows(
    press: Press, catalogue: Catalogue, basis: tuple[str, str], seen: tuple[str, ...]
) -> None:
    made = filled(catalogue, sheet("P070", story="ひみつのお話", name="見本 花子"))
    made.items, made.addenda = (
        [SheetItem(item="債務", gravest=True)],
        [Addendum(at=NOW, by_name="見本", words="後の話")],
    )
    made.handovers[0].consent, made.handovers[0].scope = basis
    text = Paper(sheet_papers.desk_pdf(press, copies.office_copy(made), 1).pdf).text
    headings = ("ご本人", "困りごと", "お話", "追記")
    assert tuple(one for one in headings if one in text.replace("電話", "")) == seen
    assert ("ひみつのお話" in text, "後の話" in text, "いちばん重い" in text) == ("お話" in seen,) * 3
    assert "見本花子" in text


def test_a_hidden_telephone_is_on_no_paper(press: Press, catalogue: Catalogue) -> None:
    copy = office(catalogue, "P070", phone="000-1234", address="中町の家")
    text = Paper(sheet_papers.office_pdf(press, copy).pdf).text  # the sheet ticks DV・虐待
    assert "000-1234" not in text
    assert "中町の家" not in text
    assert text.count("電話と住所は伏せています") == 2


def test_a_word_without_end_is_broken_and_not_cut(press: Press, catalogue: Catalogue) -> None:
    word = "https" + "x" * 240 + "END"
    made = filled(catalogue, sheet("P070", story=word, name="W" * 60))
    made.items, made.handovers[0].ask = [], word
    printed = sheet_papers.office_pdf(press, copies.office_copy(made))
    assert printed.tagged
    paper = Paper(printed.pdf)
    assert paper.text.replace("\u200b", "").count(word) == 4
    lines = [line.replace("\u200b", "") for page in paper.pages for line in page.splitlines()]
    assert max(len(line) for line in lines if re.search("[xW]{9}", line)) < 110  # of 180 mm, at 1.9 mm and more
