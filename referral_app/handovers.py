"""Verbs on one つなぎ after sending: take a step of the table, key in a paper answer, open what may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from referral_app import audit
from referral_app.access import Person
from referral_app.audit import Action, Line
from referral_app.consent import GIVEN
from referral_app.days import month_day_time
from referral_app.errors import Conflict, InvalidInput, NotFound, Refused
from referral_app.models import Handover, HandoverEvent
from referral_app.sheets import tell_reason
from referral_app.steps import ENDED, FIELDS, OPEN, PAPER, RECEIVER, SENDER, SIDES, STATES, STEPS, UNSENT, Step


@dataclass(frozen=True)
class Words:
    """What was keyed in for a step; names as in steps.FIELDS."""

    answer: str = ""
    reason: str = ""
    receiver: str = ""


def sides(handover: Handover, by: Person) -> frozenset[str]:
    """Where this person stands to a つなぎ: at the sender's desk, at the receiver's, at both, nowhere."""
    places = {SENDER: {handover.sheet.clerk_department}, RECEIVER: {row.department for row in handover.desks}}
    mine = set(by.departments)
    return frozenset(side for side, permission in SIDES.items() if by.may(permission) and places[side] & mine)


def allowed(handover: Handover, code: str, by: Person) -> bool:
    """True when the person stands on the step's side. The sender keys in further answers that came on paper."""
    step, standing = STEPS[code], sides(handover, by)
    if standing & set(step.sides):
        return True
    keyed = handover.channel == PAPER and handover.state in OPEN and bool(step.needs)
    return keyed and SENDER in standing


def offered(handover: Handover, by: Person) -> tuple[str, ...]:
    """The steps this person may take now by a button, in the table's order."""
    buttons = (code for code, step in STEPS.items() if not step.by_form and handover.state in step.origins)
    return tuple(code for code in buttons if allowed(handover, code, by) and _makes_sense(handover, code, by))


def _makes_sense(handover: Handover, code: str, by: Person) -> bool:
    """Only a given consent can be withdrawn; nobody takes over what is in their own hands."""
    if code == "withdraw":
        return handover.consent in GIVEN
    return code != "take_over" or handover.holder_id != by.id


def get(session: Session, handover_id: int) -> Handover:
    """Whoever asks; raises NotFound."""
    handover = session.get(Handover, handover_id)
    if handover is None or handover.state in UNSENT:
        raise NotFound("このつなぎはありません。受信箱から選び直してください。")
    return handover


def received_by(session: Session, handover_id: int, by: Person) -> Handover:
    """One that lies in an inbox of this person. Raises NotFound, Refused."""
    handover = get(session, handover_id)
    if RECEIVER not in sides(handover, by):
        raise Refused("このつなぎは、ほかの課に届いたものです。")
    return handover


def read(session: Session, handover_id: int, by: Person, now: datetime) -> Handover:
    """Opened by the receiving desk: stands in the record. Opening is not receipt."""
    handover = received_by(session, handover_id, by)
    audit.write(session, by, now, Line(Action.SHEET_READ, handover.sheet.number, handover.id))
    return handover


def open_contact(session: Session, handover_id: int, reason: str, by: Person, now: datetime) -> Handover:
    """Hidden address and telephone opened by the receiving desk: the reason stands in the record."""
    handover = received_by(session, handover_id, by)
    tell_reason(session, handover.sheet.number, handover.id, reason, by, now)
    return handover


def take(
    session: Session, handover_id: int, code: str, version: int, words: Words, by: Person, now: datetime
) -> Handover:
    """One step. Raises NotFound, Refused (wrong side), Conflict (somebody was quicker), InvalidInput (no words)."""
    handover = get(session, handover_id)
    step = STEPS.get(code)
    if step is None or step.by_form:
        raise NotFound("この手続きはありません。画面を開き直してください。")
    if not allowed(handover, code, by):
        raise Refused(f"「{step.label}」は、{_who(step)}の人だけができます。")
    if handover.version != version or handover.state not in step.origins:
        raise Conflict(_told(handover))
    if code == "withdraw" and handover.consent not in GIVEN:
        raise InvalidInput({"withdraw": "法律の根拠で渡したものです。取り消しではなく「取り下げる」を使ってください。"})
    said = _words(step, words)
    _move(handover, code, by, now)
    note_event(handover, code, by, now, said)
    try:
        audit.write(session, by, now, Line(Action.STEP, handover.sheet.number, handover.id, code))
    except StaleDataError:  # between our look and our write, where the database does not make writers queue
        raise Conflict(_QUICKER) from None
    return handover


_QUICKER = "ほかの人が先に進めています。ここで押したことは、まだ何も変えていません。画面を開き直して確かめてください。"


# The results of a paper's 返信欄, each as the step it stands for.
REPLIES = {"finish": "完了", "answer": "対応中", "return": "差戻し"}


def key_in(
    session: Session, handover_id: int, result: str, version: int, receiver: str, words: str, by: Person, now: datetime
) -> Handover:
    """What came back on paper or by telephone, in one go: the receipt, then the result (a key of REPLIES).

    Raises as ``take``; InvalidInput names the fields receiver, result and words.
    """
    faults = {
        name: sentence
        for name, wrong, sentence in (
            ("receiver", not receiver.strip(), "受け取った人の氏名を書いてください。"),
            ("result", result not in REPLIES, "結果を選んでください。"),
            ("words", not words.strip(), "返信欄の「対応・理由・次回」を書いてください。"),
        )
        if wrong
    }
    if faults:
        raise InvalidInput(faults)
    handover = take(session, handover_id, "phoned", version, Words(receiver=receiver), by, now)
    try:
        return take(session, handover_id, result, handover.version, Words(answer=words, reason=words), by, now)
    except InvalidInput as error:  # too long
        raise InvalidInput({"words": str(error)}) from None


def _who(step: Step) -> str:
    names = {SENDER: "送った課", RECEIVER: "届いた課"}
    return "か".join(names[side] for side in step.sides)


def _told(handover: Handover) -> str:
    """Who was quicker, when, and where it stands now."""
    last = handover.events[-1]
    who, deed = f"{last.by_department} {last.by_name} さん", STEPS[last.step].label
    return (
        f"{month_day_time(last.at)} に {who}が「{deed}」をしています。いまは「{STATES[handover.state].label}」です。"
        "ここで押したことは、まだ何も変えていません。"
    )


def _words(step: Step, given: Words) -> str:
    """The words the step needs, checked. Raises InvalidInput."""
    for name in step.needs:
        said, rule = str(getattr(given, name)).strip(), FIELDS[name]
        if not said:
            raise InvalidInput({name: f"「{rule.label}」を書いてください。"})
        if len(said) > rule.longest:
            raise InvalidInput({name: f"「{rule.label}」は {rule.longest:,} 字までです (いま {len(said):,} 字)。"})
        return said
    return ""


def _move(handover: Handover, code: str, by: Person, now: datetime) -> None:
    """State, times and hands; the words stand in the event."""
    step, standing = STEPS[code], sides(handover, by)
    handover.version += 1
    handover.state = step.target or handover.state
    if handover.state == "received" and handover.received_at is None:
        handover.received_at = now
    if code == "phoned":
        handover.channel = PAPER  # what follows may come by telephone or on paper too
    if handover.state in OPEN and RECEIVER in standing and code != "phoned":
        handover.holder_id = by.id
    if handover.state in (*ENDED, "returned"):
        handover.ended_at, handover.holder_id = now, None
    if code == "withdraw":
        handover.consent, handover.withdrawn_by, handover.withdrawn_at = "withdrawn", by.name, now
    handover.news = (handover.news or step.tells) and SENDER not in standing


def note_event(handover: Handover, code: str, by: Person, now: datetime, words: str = "") -> None:
    """The line of the つなぎ's own history, kept and deleted with it."""
    mine = [row.department for row in handover.desks if row.department in by.departments]
    at_sender = SENDER in sides(handover, by) and (SENDER in STEPS[code].sides or not mine)
    place = handover.sheet.clerk_department if at_sender or not mine else mine[0]
    handover.events.append(HandoverEvent(step=code, at=now, by_department=place, by_name=by.name, words=words))


def chain(handover: Handover) -> int:
    """The how-manieth attempt this is: 1 for a first つなぎ, 2 after one 再つなぎ."""
    rows = {row.id: row for row in handover.sheet.handovers}
    count, origin = 1, handover.origin_id
    while origin in rows:
        count, origin = count + 1, rows[origin].origin_id
    return count
