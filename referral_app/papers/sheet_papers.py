"""The sheet's papers as PDF, drawn from the view-models of ``printing``: 本人控え, 庁内用, one desk's page alone."""

from __future__ import annotations

from dataclasses import dataclass

from referral_app.days import month_day_time
from referral_app.errors import NotFound
from referral_app.papers.copies import OfficeCopy, OfficeRow, ResidentCopy
from referral_app.papers.press import Press, Printed, qr
from referral_app.viewing import Pairs, SafeContact, Shown

_COVERED = "電話と住所は伏せています。要るときは受付の課に聞いてください"


@dataclass(frozen=True)
class Destination:
    """One つなぎ as it stands on paper; ``stop`` says why its desk gets none."""

    number: int
    department: str
    programme: str
    ask: str
    way: str
    consent: str
    reason: str
    stop: str


@dataclass(frozen=True)
class OfficePage:
    """All that one set of pages holds; the template draws nothing from anywhere else.

    A group this reader may not see is () and leaves no trace on the paper: no heading, no empty box.
    rows: destinations on it. blanks: "answer" for 返信欄 to be filled in by a desk, "marks" for the front desk's own
    ticks. consented: windows the signature is for.
    """

    kind: str
    title: str
    note: str
    rows: tuple[Destination, ...]
    safe: SafeContact
    people: tuple[Pairs, ...]
    people_note: str
    items: Pairs
    stories: Pairs
    addenda: Pairs
    blanks: str
    consented: tuple[str, ...] = ()


def office_pages(copy: OfficeCopy) -> tuple[OfficePage, ...]:
    """庁内控え first, then a page for each desk that may have the sheet, in the order of the sheet."""
    note = "受付の課で保管し、ほかの課には渡さない"
    keeping = _page("庁内控え", "庁内控え", note, copy.rows, copy.shown, "marks", copy.consented)
    desks = (_page("担当課へ", row.department, row.programme, (row,), row.shown, "answer") for row in copy.desks)
    return (keeping, *desks)


def _page(
    kind: str,
    title: str,
    note: str,
    rows: tuple[OfficeRow, ...],
    shown: Shown,
    blanks: str,
    consented: tuple[str, ...] = (),
) -> OfficePage:
    """A page of what ``shown`` lets its reader see; the visitor stands on it only when somebody else came."""
    visitor = (shown.visitor,) if any(value for _, value in shown.visitor) else ()
    return OfficePage(
        kind=kind,
        title=title,
        note=note,
        rows=tuple(map(_destination, rows)),
        safe=shown.safe,
        people=((shown.resident,) if shown.resident else ()) + visitor,
        people_note=_COVERED if shown.hidden else "",
        items=shown.items,
        stories=shown.stories,
        addenda=tuple((f"{month_day_time(one.at)} {one.by_name}", one.words) for one in shown.addenda),
        blanks=blanks,
        consented=consented,
    )


def _destination(row: OfficeRow) -> Destination:
    return Destination(
        number=row.number,
        department=row.department,
        programme=row.programme,
        ask=row.ask,
        way=row.way,
        consent=row.consent,
        reason=row.reason,
        stop=row.stop,
    )


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
