"""What one reader may see of a sheet, for screens and papers alike: groups by consent, contact by caution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from referral_app.consent import ADDENDA, CONTACT, DETAILS, GROUPS, GUARDED_FIELDS, HIDDEN, ITEMS, STORIES, shows
from referral_app.inbox import due
from referral_app.models import Addendum, Handover, HandoverEvent, Sheet
from referral_app.rules import Rules
from referral_app.sheet_input import TEXT_FIELDS
from referral_app.sheets import has_hidden, is_guarded
from referral_app.types import NATIONAL_ITEMS

Pairs = tuple[tuple[str, str], ...]  # (label, value)
READABLE = ("received", "working", "done")  # states in which the receiving desk sees more than the request


@dataclass(frozen=True)
class SafeContact:
    """What stands in red above every telephone number. ``needed`` when there is a word or an address to guard."""

    rows: Pairs
    needed: bool


@dataclass(frozen=True)
class Shown:
    """A sheet as this reader may see it. A group that may not be seen is empty; ``hidden``: contact is covered;
    ``guarded``: it tells of violence.

    items: every national item with its mark (◎, ✓ or "").
    """

    safe: SafeContact
    groups: frozenset[str]
    resident: Pairs = ()
    visitor: Pairs = ()
    items: Pairs = ()
    stories: Pairs = ()
    addenda: tuple[Addendum, ...] = ()
    hidden: bool = False
    guarded: bool = False


def shown(sheet: Sheet, groups: frozenset[str], opened: bool = False, until: datetime | None = None) -> Shown:
    """The sheet cut down to ``groups``. ``opened``: the reader gave a reason to see a hidden contact.

    until: the desk has finished then; facts that came later are not its business any more.
    """
    covered = has_hidden(sheet) and not opened
    values = {name: getattr(sheet, name) for name in TEXT_FIELDS}
    if covered:
        values |= {name: HIDDEN for name in GUARDED_FIELDS if values[name]}
    ticked = {item.item: "◎" if item.gravest else "✓" for item in sheet.items}
    contact, details, items, stories = (group in groups for group in (CONTACT, DETAILS, ITEMS, STORIES))
    return Shown(
        safe=safe_contact({name: getattr(sheet, name) for name in _SAFE} | values),
        groups=groups,
        resident=(
            *(_labelled(values, "name", "kana") if contact else ()),
            *((("性別", sheet.gender), *_labelled(values, "birth")) if details else ()),
            *(_labelled(values, "phone", "address") if contact else ()),
        ),
        visitor=_labelled(values, *_VISITOR) if contact else (),
        items=tuple((item, ticked.get(item, "")) for item in NATIONAL_ITEMS) if items else (),
        stories=_labelled(values, *_STORIES) if stories else (),
        addenda=tuple(one for one in sheet.addenda if until is None or one.at <= until) if ADDENDA in groups else (),
        hidden=covered and contact,
        guarded=is_guarded(sheet),
    )


def for_sender(sheet: Sheet, opened: bool = False) -> Shown:
    """The sheet's own desk sees every group."""
    return shown(sheet, frozenset(GROUPS), opened)


def for_receiver(handover: Handover, opened: bool = False) -> Shown:
    """What the consent allows, from receipt on; before it, and after a return or withdrawal, nothing of the person."""
    groups = shows(handover) if handover.state in READABLE else frozenset()
    return shown(handover.sheet, groups, opened, handover.ended_at)


# What the receiving desk is told of the request itself, by state; before receipt the request, after the end nothing.
_ASK, _REASON, _WORDS = "ask", "reason", "words"
_TOLD = {"sent": (_ASK,), **dict.fromkeys(READABLE, (_ASK, _REASON, _WORDS))}


@dataclass(frozen=True)
class Request:
    """What the receiving desk reads of a つなぎ: the request, the legal reason, what was answered so far."""

    ask: str = ""
    reason: str = ""
    answers: tuple[HandoverEvent, ...] = ()


def request_of(handover: Handover) -> Request:
    """Cut down to the state."""
    told = _TOLD.get(handover.state, ())
    answers = tuple(event for event in handover.events if event.words and event.step != "phoned")
    return Request(
        ask=handover.ask if _ASK in told else "",
        reason=handover.legal_reason if _REASON in told else "",
        answers=answers if _WORDS in told else (),
    )


_VISITOR = ("visitor_name", "visitor_relation", "visitor_phone")
_STORIES = ("story", "wish", "done_so_far")
_SAFE = ("may_phone", "may_leave_message", "may_post")
_SAFE_ROWS = (
    ("電話", "may_phone"),
    ("電話してよい時間", "phone_hours"),
    ("留守電に残す", "may_leave_message"),
    ("家への郵便", "may_post"),
)


def _labelled(values: Mapping[str, str], *names: str) -> Pairs:
    return tuple((TEXT_FIELDS[name].label, values[name]) for name in names)


def safe_contact(values: Mapping[str, str]) -> SafeContact:
    """The red box, for screens and papers alike."""
    guarded = (*(name for _, name in _SAFE_ROWS), *GUARDED_FIELDS)
    return SafeContact(
        rows=tuple((label, values.get(name) or "未記入") for label, name in _SAFE_ROWS),
        needed=any(values.get(name) for name in guarded),
    )


@dataclass(frozen=True)
class Stop:
    """One stop on a つなぎ's track. kind: done, now, late, next or back (returned, taken back)."""

    kind: str
    label: str
    when: str


_LINE = (("同意", ("consent",)), ("送付", ("send",)), ("受領", ("receive", "phoned")), ("対応中", ("start",)))
_ENDS = {
    "done": ("done", "完了", "finish"),
    "returned": ("back", "差戻し", "return"),
    "onward": ("back", "差戻し", "return"),
    "recalled": ("back", "取下げ", "recall"),
    "withdrawn": ("back", "同意の取り消し", "withdraw"),
}


def track(handover: Handover, rules: Rules, today: date) -> tuple[Stop, ...]:
    """Where a つなぎ has been and where it stands; the next stop carries the deadline."""
    events = {event.step: event for event in handover.events}
    reached = [(label, next((events[step] for step in steps if step in events), None)) for label, steps in _LINE]
    if handover.state in _ENDS:
        stops = [_done(label, event) for label, event in reached if event]
        kind, label, step = _ENDS[handover.state]
        last = events[step]
        stops.append(Stop(kind, label, f"{_day(last.at)} {last.by_name}"))
        if handover.state == "onward":
            stops.append(Stop("done", "つなぎ直し", f"{_day(events['onward'].at)} → 下へ"))
        return tuple(stops)
    deadline = due(handover, rules, today)
    stops, waits = [], True
    for label, event in (*reached, ("完了", None)):
        if event:
            stops.append(_done(label, event))
        elif waits and deadline and label != "対応中":
            kind = "late" if deadline.late else "now"
            stops.append(Stop(kind, label, f"{deadline.day.day}日まで"))
            waits = False
        else:
            stops.append(Stop("next", label, ""))
    return tuple(stops)


def _done(label: str, event: HandoverEvent) -> Stop:
    who = f" {event.words or event.by_name}" if label == "受領" else ""
    return Stop("done", label, f"{_day(event.at)} {event.at:%H:%M}{who}")


def _day(moment: datetime) -> str:
    return f"{moment.day}日"
