"""The papers a city hands to anyone: information at the moment of a procedure, and the card. Data, checked on load."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile
from referral_app.catalogue import Catalogue
from referral_app.datafile import Entry

MOST_WINDOWS = 8  # what a folded A4 holds
LEAST_LINES = 2  # never one help line alone: connection rates are low
# No paper that goes home says these, whatever the matter.
NEVER = re.compile("自殺|自死|死|DV|ＤＶ|虐待|暴力|リスク|危険")
# Nor does a paper chosen for one person tell these about them. 保護者 is a parent.
TELLING = re.compile(f"{NEVER.pattern}|借金|債務|滞納|困窮|離婚|保護(?!者)|ひきこもり|不登校|中絶|依存")


@dataclass(frozen=True)
class Moment:
    """A procedure at whose window a leaflet is handed over. ``name`` is the desk's word and never printed."""

    code: str
    name: str
    title: str
    lead: str
    given_by: str
    windows: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class CardText:
    """The words of the card: how to say it (front), whom to call (back). ``lines``: codes of help lines."""

    title: str
    ask: str
    say: tuple[str, ...]
    note: str
    back_title: str
    lines: tuple[str, ...]
    back_note: str


def load_moments(path: Path, catalogue: Catalogue) -> dict[str, Moment]:
    """Reads ``data/moments.toml``; raises DataError with file, line and reason at the first fault."""
    return {entry.key: _moment(entry, catalogue) for entry in datafile.read(path).entries()}


def _moment(entry: Entry, catalogue: Catalogue) -> Moment:
    moment = Moment(
        code=entry.key,
        name=entry.text("name", longest=24),
        title=_harmless(entry, "title", 20),
        lead=_harmless(entry, "lead", 80),
        given_by=_programme(entry, catalogue),
        windows=_windows(entry, catalogue),
        lines=_lines(entry, catalogue),
    )
    entry.done()
    return moment


def _programme(entry: Entry, catalogue: Catalogue) -> str:
    code = entry.text("given_by")
    if code not in catalogue.programmes:
        raise entry.refuse(f"「given_by」の「{code}」という事業はありません。", "given_by")
    return code


def _windows(entry: Entry, catalogue: Catalogue) -> tuple[str, ...]:
    codes = entry.texts("windows", [*catalogue.programmes, *catalogue.outside])
    if not 1 <= len(codes) <= MOST_WINDOWS or len(set(codes)) != len(codes):
        raise entry.refuse(f"「windows」は、ちがう窓口を1つから{MOST_WINDOWS}つまで書いてください。", "windows")
    for code in codes:
        programme = catalogue.programmes.get(code)
        if (programme and not programme.referable) or catalogue.window(code).discreet:
            reason = "は、案内する窓口ではないか、名前で事情が分かる窓口です。ほかの窓口にしてください。"
            raise entry.refuse(f"「windows」の「{code}」{reason}", "windows")
    return codes


def _lines(entry: Entry, catalogue: Catalogue) -> tuple[str, ...]:
    printable = [line.code for line in catalogue.help_lines if line.on_paper and line.contact.phones]
    codes = entry.texts("lines", printable)
    if not LEAST_LINES <= len(set(codes)) <= 3:
        raise entry.refuse("「lines」は、ちがう電話を二つか三つ書いてください。一つでは、つながらない時に困ります。")
    return codes


def _harmless(entry: Entry, key: str, longest: int) -> str:
    text = entry.text(key, longest=longest)
    if found := TELLING.search(text):
        raise entry.refuse(f"「{key}」の「{found[0]}」は、持ち帰る紙には書けません。言いかえてください。", key)
    return text


def load_card(path: Path, catalogue: Catalogue) -> CardText:
    """Reads ``data/card.toml``; raises DataError with file, line and reason at the first fault."""
    file = datafile.read(path)
    for key in ("front", "back"):
        if key not in file.values:
            raise file.refuse(f"[{key}] がありません。表は [front]、裏は [back] に書いてください。")
    for other in file.entries(without=("front", "back")):
        raise other.refuse("この見出しは使えません。[front] と [back] だけです。")
    front, back = file.entry("front"), file.entry("back")
    say = front.texts("say")
    if len(say) != 3 or any(not one or len(one) > 20 or TELLING.search(one) for one in say):
        raise front.refuse("「say」は、20字までの言葉を3つ、事情が分からないように書いてください。", "say")
    card = CardText(
        title=_harmless(front, "title", 16),
        ask=_harmless(front, "ask", 22),
        say=say,
        note=_harmless(front, "note", 22),
        back_title=_harmless(back, "title", 16),
        lines=_lines(back, catalogue),
        back_note=_harmless(back, "note", 25),
    )
    front.done()
    back.done()
    return card
