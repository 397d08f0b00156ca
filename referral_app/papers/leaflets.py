"""Papers for anyone: leaflets by worry or procedure, the booklet by department, the list of windows, the card.

The same rule as for 本人控え: windows and telephones, nothing of why somebody holds the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from referral_app.catalogue import Catalogue
from referral_app.consult import GENERAL_WINDOW
from referral_app.days import wareki
from referral_app.errors import NotFound
from referral_app.matching.lexicon import Worry
from referral_app.papers.copies import Line, Read, Rubies, line_on_paper, opening, otherwise, telephones
from referral_app.papers.handouts import NEVER, TELLING, CardText, Moment
from referral_app.types import Contact, Department, HelpLine, Window

MOST_FOR_WORRY = 6
# Whatever the worry, a paper also names where anyone may ask: a single telling window is never alone on it.
FOR_ANYONE = ("P045", GENERAL_WINDOW)
_PLAIN_TITLE = "窓口のご案内"
_PLAIN_LEAD = "どの窓口でも、まず話を聞きます。ちがうときは、合う窓口を一緒にさがします。"
_SLIP_TITLE = "市役所の主な窓口"


@dataclass(frozen=True)
class Entry:
    """A window on a paper for anyone. ``what`` and ``summary`` are empty where they would tell too much."""

    department: Rubies
    what: Rubies
    summary: Rubies
    condition: Rubies
    where: Rubies
    hours: Rubies
    phones: tuple[str, ...]
    phone_note: Rubies


@dataclass(frozen=True)
class Common:
    """What stands on each of these papers: when the city is open, whom to call, from whom, of which month."""

    opening: Rubies
    lines: tuple[Line, ...]
    otherwise: Rubies
    sender: Rubies
    address: Rubies
    switchboard: str
    made: Rubies


@dataclass(frozen=True)
class Leaflet:
    """A folded A4. ``name`` is the clerk's word for it: a bookmark in the file, never ink on the paper."""

    name: str
    title: Rubies
    lead: Rubies
    entries: tuple[Entry, ...]
    common: Common


@dataclass(frozen=True)
class Section:
    """A department of the booklet with its windows; those outside the city stand in one section.

    An entry repeats neither place nor telephone of its department.
    """

    name: str
    title: Rubies
    where: Rubies
    phones: tuple[str, ...]
    phone_note: Rubies
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Booklet:
    """Every window a resident may go to, by department (市民便利帳)."""

    title: Rubies
    lead: Rubies
    sections: tuple[Section, ...]
    common: Common


@dataclass(frozen=True)
class SlipRow:
    """A department on the plain list."""

    name: Rubies
    where: Rubies
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Slip:
    """The same list for everybody: it cannot tell which of its windows is meant, nor that one is."""

    title: Rubies
    opening: Rubies
    switchboard: str
    rows: tuple[SlipRow, ...]
    lines: tuple[Line, ...]
    otherwise: Rubies
    address: Rubies


@dataclass(frozen=True)
class Card:
    """The card with its help lines."""

    text: CardText
    lines: tuple[Line, ...]
    switchboard: str
    opening: Rubies


class Writer:
    """Writes these papers from one catalogue, for one day."""

    def __init__(self, catalogue: Catalogue, ruby: Read, today: date) -> None:
        self.catalogue, self.ruby, self.today = catalogue, ruby, today

    def for_moment(self, moment: Moment) -> Leaflet:
        """The leaflet handed over at a procedure."""
        entries = [self._entry(self.catalogue.window(code)) for code in moment.windows]
        return Leaflet(
            name=moment.name,
            title=self.ruby(moment.title),
            lead=self.ruby(moment.lead),
            entries=tuple(entries),
            common=self._common(moment.lines),
        )

    def for_worry(self, worry: Worry) -> Leaflet:
        """The leaflet of a worry, without the worry's name. Raises NotFound when no window of it may be printed."""
        windows = self._printable([link.to for link in (*worry.links, *worry.outside)])[:MOST_FOR_WORRY]
        if not windows:
            raise NotFound(f"「{worry.label}」には、紙で案内する窓口がありません。口頭で伝えてください。")
        more = [code for code in FOR_ANYONE if code not in {window.code for window in windows}]
        windows += [self.catalogue.window(code) for code in more]
        return Leaflet(
            name=worry.label,
            title=self.ruby(_PLAIN_TITLE),
            lead=self.ruby(_PLAIN_LEAD),
            entries=tuple(dict.fromkeys(self._entry(window) for window in windows)),
            common=self._common(),
        )

    def _printable(self, codes: Iterable[str]) -> list[Window]:
        """Windows a resident may go to; one outside whose very name tells is said aloud, not printed."""
        programmes = self.catalogue.programmes
        windows = [self.catalogue.window(c) for c in codes if c not in programmes or programmes[c].referable]
        return [window for window in windows if not (window.outside and window.discreet)]

    def booklet(self) -> Booklet:
        """Every window of the catalogue that may be printed, by department."""
        open_to_all = [code for code, one in self.catalogue.programmes.items() if one.referable and not one.only_for]
        windows = [self.catalogue.window(code) for code in open_to_all]
        sections = [
            self._section(
                department, [window for window in windows if department.name in window.department.split("・")]
            )
            for department in self.catalogue.departments.values()
        ]
        outside = tuple(self._open_entry(window) for window in self._printable(self.catalogue.outside))
        sections.append(Section("市の外の窓口など", self.ruby("市の外の窓口など"), (), (), (), outside))
        return Booklet(
            title=self.ruby("相談窓口べんり帳"),
            lead=self.ruby("どこで話せるかを、課ごとにまとめました。"),
            sections=tuple(section for section in sections if section.entries),
            common=self._common(),
        )

    def _section(self, department: Department, windows: Sequence[Window]) -> Section:
        contact = department.contact
        entries = [(window.contact, self._open_entry(window)) for window in windows]
        return Section(
            name=department.name,
            title=self.ruby(department.name),
            where=self.ruby(contact.place or "場所は要確認。市役所の受付でおたずねください"),
            phones=contact.phones or self.catalogue.switchboard.contact.phones,
            phone_note=self.ruby(self._trust(contact)),
            entries=tuple(
                replace(entry, where=(), hours=(), phones=(), phone_note=()) if own == contact else entry
                for own, entry in entries
            ),
        )

    def _trust(self, contact: Contact) -> str:
        """How far a department's printed number may be trusted."""
        if not contact.phones:
            return "市役所の代表。課の番号は要確認"
        if contact.confirmed and contact.is_confirmed(self.today):
            return f"確認日 {wareki(contact.confirmed)}"
        return f"{contact.seen[:4]}年の案内。番号は要確認" if contact.seen else "番号は要確認"

    def _open_entry(self, window: Window) -> Entry:
        """An entry of a book that is the same for everybody: it may name what a single paper may not."""
        entry = self._entry(window, NEVER)
        named = replace(entry, what=self.ruby(window.plain_name))
        return named if entry.phones else replace(named, phone_note=self.ruby("番号は要確認。市役所の代表へ"))

    def slip(self) -> Slip:
        """The very discreet paper: every department with a window, in the city's order, nothing marked."""
        used = {name for one in self.catalogue.programmes.values() if one.referable for name in one.departments}
        departments = [one for one in self.catalogue.departments.values() if one.name in used]
        return Slip(
            title=self.ruby(_SLIP_TITLE),
            opening=opening(self.ruby),
            switchboard=self.catalogue.switchboard.contact.phones[0],
            rows=tuple(
                SlipRow(self.ruby(one.name), self.ruby(one.contact.place), one.contact.phones) for one in departments
            ),
            lines=self._lines(),
            otherwise=otherwise(self.catalogue, self.ruby),
            address=self.ruby(self.catalogue.address),
        )

    def card(self, text: CardText) -> Card:
        """The card's words with the help lines they name."""
        return Card(
            text=text,
            lines=self._lines(text.lines),
            switchboard=self.catalogue.switchboard.contact.phones[0],
            opening=opening(self.ruby),
        )

    def _entry(self, window: Window, unsaid: re.Pattern[str] = TELLING) -> Entry:
        phones, note = telephones(window, self.catalogue, self.today)
        told = {
            key: "" if window.discreet or unsaid.search(words) else words
            for key, words in (("summary", window.summary), ("condition", window.condition))
        }
        return Entry(
            department=self.ruby(window.department),
            what=() if window.discreet else self.ruby(window.plain_name),
            summary=self.ruby(told["summary"]),
            condition=self.ruby(told["condition"]),
            where=self.ruby(window.contact.place),
            hours=self.ruby(window.contact.hours),
            phones=phones,
            phone_note=self.ruby(note),
        )

    def _common(self, codes: Sequence[str] = ()) -> Common:
        return Common(
            opening=opening(self.ruby),
            lines=self._lines(codes),
            otherwise=otherwise(self.catalogue, self.ruby),
            sender=self.ruby("厚木市役所"),
            address=self.ruby(self.catalogue.address),
            switchboard=self.catalogue.switchboard.contact.phones[0],
            made=self.ruby(f"{wareki(self.today)}に作りました"),
        )

    def _lines(self, codes: Sequence[str] = ()) -> tuple[Line, ...]:
        """The help lines named, or those for anyone."""
        offered = [line for line in self.catalogue.help_lines if line.on_paper and line.contact.phones]
        chosen: list[HelpLine] = [line for line in offered if line.code in codes]
        return tuple(
            line_on_paper(line, self.ruby, self.today)
            for line in chosen or [line for line in offered if "anyone" in line.audience]
        )
