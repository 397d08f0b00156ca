"""Verbs that let a sheet go: check before sending, send, hand on again, add what came later."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from referral_app import accounts, audit, handovers, sheets
from referral_app.access import Person
from referral_app.audit import Action, Line
from referral_app.catalogue import Catalogue
from referral_app.consent import GROUPS, MAY_SHARE, shows
from referral_app.errors import Conflict, InvalidInput
from referral_app.models import Addendum, Handover, HandoverDesk, Sheet
from referral_app.sheet_input import HandoverInput, handover_faults
from referral_app.steps import DESK, ENDED, PAPER, UNSENT

LONGEST_ADDENDUM = 2_000


@dataclass(frozen=True)
class Parcel:
    """One destination before sending: whether it goes, how, what its desk will see, what is missing."""

    handover: Handover
    goes: bool
    channel: str
    sees: tuple[str, ...]
    missing: str


def check(session: Session, catalogue: Catalogue, number: str, by: Person, now: datetime) -> tuple[Sheet, list[Parcel]]:
    """What would happen on sending, looked at before: stands in the record. Raises NotFound, Refused, Sent."""
    found = parcels(session, catalogue, number, by)
    audit.write(session, by, now, Line(Action.SHEET_READ, number))
    return found


def parcels(session: Session, catalogue: Catalogue, number: str, by: Person) -> tuple[Sheet, list[Parcel]]:
    """The same, drawn once more after a press that did not send. Raises NotFound, Refused, Sent."""
    sheet = sheets.draft(session, number, by)
    online = accounts.online(session)
    return sheet, [_parcel(row, _departments(catalogue, row), online) for row in sheet.handovers]


def _parcel(row: Handover, departments: tuple[str, ...], online: Collection[str]) -> Parcel:
    goes = row.consent in MAY_SHARE
    missing = "同意も法律の根拠もないので、送りません" if not goes else "" if row.way else "つなぎ方を選んでください"
    sees = tuple(label for group, label in GROUPS.items() if group in shows(row))
    return Parcel(row, goes, _channel(departments, online), sees, missing)


def send(session: Session, catalogue: Catalogue, number: str, version: int, by: Person, now: datetime) -> Sheet:
    """Sends every destination that has a basis, all in one transaction; the sheet is frozen from now on.

    Raises NotFound, Refused, Sent, Conflict (saved in between), InvalidInput (nothing may go, or a way is missing).
    """
    sheet = sheets.draft(session, number, by)
    if sheet.version != version:
        raise Conflict("送る前に、ほかの画面で保存されています。いまの内容を確かめて、もう一度送ってください。")
    going = [row for row in sheet.handovers if row.state == "consented"]
    if not going:
        raise InvalidInput({"consent": "同意か法律の根拠のあるつなぎ先がありません。「説明と同意」で選んでください。"})
    without = [row.department for row in going if not row.way]
    if without:
        raise InvalidInput({"way": f"{'、'.join(without)} への「つなぎ方」を選んでください。"})
    sheet.sent_at = sheet.saved_at = now
    sheet.version += 1
    online = accounts.online(session)
    try:
        for row in going:
            _dispatch(session, row, _departments(catalogue, row), online, by, now)
    except StaleDataError:
        raise Conflict("ほかの画面で先に送られています。シートを開き直してください。") from None
    return sheet


def hand_on(
    session: Session,
    catalogue: Catalogue,
    number: str,
    given: HandoverInput,
    explained: bool,
    after: tuple[int, int] | None,
    by: Person,
    now: datetime,
) -> Handover:
    """One more destination of a sheet that was sent; ``after``: (number, version) of the returned つなぎ it takes up.

    Raises NotFound, Refused, Conflict (not sent yet, or taken up by somebody else), InvalidInput.
    """
    sheet = sheets.own(session, number, by)
    if sheet.sent_at is None:
        raise Conflict("このシートは、まだ送っていません。シートの画面でつなぎ先を足してください。")
    window = catalogue.window(given.window) if given.window else None
    sheet.version += 1  # of two who hand on at once one must look again
    origin = _origin(session, sheet, after)
    faults = _hand_on_faults(sheet, given, explained)
    if faults or window is None:
        raise InvalidInput(faults)
    row = next((row for row in sheet.handovers if row.window == given.window and row.state in UNSENT), None)
    if row is None:
        row = sheets.new_handover(window)
        sheet.handovers.append(row)
    position = row.position or max(other.position or 0 for other in sheet.handovers) + 1
    sheets.fill_handover(row, given, position, by, now)
    try:
        session.flush()
    except StaleDataError:
        raise Conflict("ほかの画面で先に送られています。シートを開き直してください。") from None
    if origin:
        row.origin_id = origin.id
        origin.state, origin.version = "onward", origin.version + 1
        handovers.note_event(origin, "onward", by, now)
        audit.write(session, by, now, Line(Action.STEP, number, origin.id, "onward"))
    _dispatch(session, row, _departments(catalogue, row), accounts.online(session), by, now)
    return row


def _origin(session: Session, sheet: Sheet, after: tuple[int, int] | None) -> Handover | None:
    if after is None:
        return None
    origin = handovers.get(session, after[0])
    if origin.sheet_id != sheet.id or origin.state != "returned" or origin.version != after[1]:
        raise Conflict("この差戻しは、ほかの画面で先につなぎ直されています。シートを開き直して確かめてください。")
    return origin


def _hand_on_faults(sheet: Sheet, given: HandoverInput, explained: bool) -> dict[str, str]:
    """As on the draft's form, and what sending needs: a destination, a basis, a way."""
    busy = any(row.window == given.window and row.state not in (*ENDED, "returned", *UNSENT) for row in sheet.handovers)
    found = {name.partition("-")[0]: sentence for name, sentence in handover_faults(given, explained).items()}
    checks = (
        ("window", not given.window, "つなぐ先を選んでください。"),
        ("window", busy, "この窓口には、もうつないでいます。"),
        ("consent", given.consent not in MAY_SHARE, "同意をいただくか、法律の根拠を選ぶと送れます。"),
        ("way", not given.way, "つなぎ方を選んでください。"),
    )
    return found | {name: sentence for name, wrong, sentence in checks if wrong}


def add(session: Session, number: str, words: str, by: Person, now: datetime) -> Addendum:
    """A fact that came after sending. Raises NotFound, Refused, Conflict (not sent yet), InvalidInput."""
    sheet = sheets.own(session, number, by)
    words = words.strip()
    if sheet.sent_at is None:
        raise Conflict("このシートは、まだ送っていません。シートの画面に書けます。")
    if not words:
        raise InvalidInput({"words": "足すことを書いてください。"})
    if len(words) > LONGEST_ADDENDUM:
        raise InvalidInput({"words": f"{LONGEST_ADDENDUM:,} 字までです (いま {len(words):,} 字)。短くしてください。"})
    added = Addendum(at=now, by_name=by.name, words=words)
    sheet.addenda.append(added)
    audit.write(session, by, now, Line(Action.ADDENDUM, number))
    return added


def _departments(catalogue: Catalogue, row: Handover) -> tuple[str, ...]:
    """The city's departments behind a window; () for one outside the city."""
    if row.window in catalogue.programmes:
        return catalogue.programmes[row.window].departments
    return tuple(name for name in row.department.split("・") if name in catalogue.departments)


def _channel(departments: Collection[str], online: Collection[str]) -> str:
    return DESK if set(departments) & set(online) else PAPER


def _dispatch(
    session: Session, row: Handover, departments: tuple[str, ...], online: Collection[str], by: Person, now: datetime
) -> None:
    row.state, row.sent_at, row.channel = "sent", now, _channel(departments, online)
    row.version += 1
    row.desks = [HandoverDesk(department=name) for name in departments]
    taken = replace(by, name=row.consent_by or by.name)
    handovers.note_event(row, "consent", taken, row.consent_at or now)
    handovers.note_event(row, "send", by, now)
    audit.write(session, by, now, Line(Action.STEP, row.sheet.number, row.id, "send"))
