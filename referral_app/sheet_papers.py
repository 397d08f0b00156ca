"""The sheet's papers as PDF, drawn from the view-models of ``printing``: 本人控え, 庁内用, one desk's page alone."""

from __future__ import annotations

from dataclasses import dataclass

from referral_app.errors import NotFound
from referral_app.paper import Press, Printed, qr
from referral_app.printing import OfficeCopy, OfficeRow, ResidentCopy, SafeContact

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OfficePage:
    """All that one set of pages holds; the template draws nothing from anywhere else.

    A group this reader may not see is () (``safe``: None) and leaves no trace on the paper: no heading, no empty box.
    rows: destinations on it. blanks: "answer" for 返信欄 to be filled in by a desk, "marks" for the front desk's own
    ticks, "" for none. consented: windows the signature is for.
    """

    kind: str
    title: str
    note: str
    rows: tuple[OfficeRow, ...]
    safe: SafeContact | None
    people: tuple[Pairs, ...]
    items: Pairs
    stories: Pairs
    blanks: str
    consented: tuple[str, ...] = ()


def office_pages(copy: OfficeCopy) -> tuple[OfficePage, ...]:
    """庁内控え first, then a page for each desk that may have the sheet, in the order of the sheet."""
    return (_keeping(copy), *(_desk(copy, row) for row in copy.desks))


def _keeping(copy: OfficeCopy) -> OfficePage:
    return OfficePage(
        kind="庁内控え",
        title="庁内控え",
        note="受付の課で保管し、ほかの課には渡さない",
        rows=copy.rows,
        safe=copy.safe,
        people=_people(copy),
        items=copy.items,
        stories=copy.stories,
        blanks="marks",
        consented=copy.consented,
    )


def _desk(copy: OfficeCopy, row: OfficeRow) -> OfficePage:
    return OfficePage(
        kind="担当課へ",
        title=row.department,
        note=row.programme,
        rows=(row,),
        safe=copy.safe,
        people=_people(copy),
        items=copy.items,
        stories=copy.stories,
        blanks="answer",
    )


def _people(copy: OfficeCopy) -> tuple[Pairs, ...]:
    """The resident, and the visitor when somebody else came."""
    return (copy.resident, copy.visitor) if any(value for _, value in copy.visitor) else (copy.resident,)


def resident_pdf(press: Press, copy: ResidentCopy) -> Printed:
    """本人控え. Raises ReferralError when it cannot be drawn."""
    return press.print("resident", copy)


def office_pdf(press: Press, copy: OfficeCopy) -> Printed:
    """庁内控え and every desk's page in one file, each counting its own pages. Raises ReferralError."""
    return _office(press, copy, office_pages(copy))


def desk_pdf(press: Press, copy: OfficeCopy, number: int) -> Printed:
    """The page of destination ``number`` alone. Raises NotFound when there is none it may have."""
    pages = [page for page in office_pages(copy)[1:] if page.rows[0].number == number]
    if not pages:
        raise NotFound("この課に渡せる紙はありません。シートの同意を確かめてください。")
    return _office(press, copy, tuple(pages))


def _office(press: Press, copy: OfficeCopy, pages: tuple[OfficePage, ...]) -> Printed:
    head = {"number": copy.number, "received": copy.received, "receiver": copy.receiver or "受付者 未記入"}
    return press.print("office", {**head, "pages": pages}, qr=qr(copy.number))
