"""Loads the catalogue: programmes, departments, help lines, outside windows. All or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from referral_app import datafile
from referral_app.datafile import DataFile, Entry
from referral_app.errors import NotFound
from referral_app.types import NATURES, Contact, Department, HelpLine, OutsideWindow, Programme, Window

PRIORITY_GROUPS = ("高齢者", "生活困窮者", "勤労者")
T = TypeVar("T")

STAFF_CIRCLES = ("city_staff", "teacher")
AUDIENCES = ("anyone", "night", "youth", "violence", "child", "money", "health")


@dataclass(frozen=True)
class Catalogue:
    """Everything the desk may name, checked and frozen. ``version`` changes with any edit."""

    version: str
    programmes: dict[str, Programme]
    departments: dict[str, Department]
    switchboard: Department
    address: str
    places: dict[str, Contact]
    outside: dict[str, OutsideWindow]
    help_lines: tuple[HelpLine, ...]

    def window(self, code: str) -> Window:
        """The window behind a programme code (P001…) or an outside code; raises NotFound."""
        if code in self.programmes:
            return self._programme_window(self.programmes[code])
        if code in self.outside:
            return _outside_window(self.outside[code])
        raise NotFound(f"「{code}」という窓口は目録にありません。相談の画面から選び直してください。")

    def offered(self) -> list[Window]:
        """Every window a sheet may be sent to: the city's by department, then those outside."""
        own = [self.window(one.code) for one in self.programmes.values() if one.referable]
        outside = [self.window(code) for code in self.outside]
        return sorted([*own, *outside], key=lambda window: (window.outside, window.department))

    def _programme_window(self, programme: Programme) -> Window:
        contact = self.places.get(programme.code) or self.departments[programme.departments[0]].contact
        return Window(
            code=programme.code,
            department="・".join(programme.departments),
            programme=programme.name,
            plain_name=programme.plain_name,
            summary=programme.summary,
            for_whom=programme.for_whom,
            condition=programme.condition,
            what_to_say=programme.what_to_say,
            which_one=programme.which_one,
            contact=contact,
            outside=False,
            discreet=programme.discreet,
        )


def _outside_window(outside: OutsideWindow) -> Window:
    return Window(
        code=outside.code,
        department=outside.name,
        programme=outside.plain_name,
        plain_name=outside.plain_name,
        summary=outside.what,
        for_whom="",
        condition=outside.condition,
        what_to_say=outside.what_to_say,
        which_one="",
        contact=outside.contact,
        outside=True,
        discreet=outside.discreet,
    )


def load(folder: Path) -> Catalogue:
    """Reads ``data/``; raises DataError (file, line, reason) at the first fault, loading nothing."""
    departments_file = datafile.read(folder / "departments.toml")
    departments = _departments(departments_file)
    switchboard = departments_file.entry("switchboard")
    programmes: dict[str, Programme] = {}
    for path in sorted((folder / "catalogue").glob("*.toml")):
        for entry in datafile.read(path).entries():
            if entry.key in programmes:
                raise entry.refuse("この番号は、ほかのファイルにもあります。番号は一度だけ使えます。")
            programmes[entry.key] = _programme(entry, departments)
    if not programmes:
        raise datafile.DataFile("catalogue", "", {}).refuse(
            "事業が1つもありません。data/catalogue/ を確かめてください。"
        )
    return Catalogue(
        version=version(folder),
        programmes=dict(sorted(programmes.items())),
        departments=departments,
        switchboard=Department(switchboard.text("name"), "", _contact(switchboard)),
        address=f"〒{switchboard.text('postal_code')} {switchboard.text('address')}",
        places=_places(departments_file, programmes),
        outside={entry.key: _outside(entry) for entry in datafile.read(folder / "external.toml").entries()},
        help_lines=tuple(_help_line(entry) for entry in datafile.read(folder / "help_lines.toml").entries()),
    )


def version(folder: Path) -> str:
    """Twelve hex digits over every file the catalogue is made of."""
    names = ["departments.toml", "external.toml", "help_lines.toml"]
    paths = [folder / name for name in names] + sorted((folder / "catalogue").glob("*.toml"))
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _date(entry: Entry, key: str) -> date | None:
    value = entry.text(key, required=False)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise entry.refuse(f"「{key}」は 2026-11-23 のような日付で書いてください。", key) from None


def _contact(entry: Entry) -> Contact:
    phone = entry.text("phone", required=False)
    return Contact(
        phones=(phone,) if phone else entry.texts("phones"),
        place=entry.text("place", required=False),
        hours=entry.text("hours", required=False),
        url=entry.text("url", required=False),
        note=entry.text("note", required=False),
        source=entry.text("source", required=False),
        seen=entry.text("seen", required=False),
        confirmed=_date(entry, "confirmed"),
    )


def _departments(file: DataFile) -> dict[str, Department]:
    return {
        entry.key: _checked(entry, lambda e: Department(e.key, e.text("kana"), _contact(e)))
        for entry in file.entries(without=("switchboard", "place"))
    }


def _checked(entry: Entry, make: Callable[[Entry], T]) -> T:
    value = make(entry)
    entry.done()
    return value


def _places(file: DataFile, programmes: dict[str, Programme]) -> dict[str, Contact]:
    """Facilities with a number of their own: [place."P065"]."""
    places = {}
    for code, values in file.values.get("place", {}).items():
        entry = Entry(file, f'place."{code}', values)
        if code not in programmes:
            raise file.refuse(f"「{code}」という事業はありません。", file.line_of(f'place."{code}'))
        places[code] = replace(_contact(entry), name=entry.text("name"))
        entry.done()
    return places


def _programme(entry: Entry, departments: dict[str, Department]) -> Programme:
    code = entry.key
    if len(code) != 4 or code[0] != "P" or not code[1:].isdigit():
        raise entry.refuse("番号は P001 のように書いてください。")
    programme = Programme(
        code=code,
        name=entry.text("name"),
        new=entry.flag("new"),
        policy=entry.number("policy", 1, 6),
        sub_policy=entry.choice("sub_policy", ("ア", "イ", "ウ")),
        departments=entry.texts("departments", departments),
        priority_groups=entry.texts("priority_groups", PRIORITY_GROUPS),
        nature=entry.choice("nature", NATURES),
        referable=entry.flag("referable"),
        plain_name=entry.text("plain_name", longest=24),
        summary=entry.text("summary", longest=100),
        for_whom=entry.text("for_whom", longest=40),
        condition=entry.text("condition", required=False, longest=50),
        what_to_say=entry.text("what_to_say", longest=80),
        which_one=entry.text("which_one", required=False, longest=120),
        only_for=entry.texts("only_for", STAFF_CIRCLES),
        for_helpers=entry.flag("for_helpers"),
        handout=entry.flag("handout"),
        discreet=entry.flag("discreet"),
    )
    if not programme.departments:
        raise entry.refuse("担当課 (departments) が1つもありません。", "departments")
    entry.done()
    return programme


def _outside(entry: Entry) -> OutsideWindow:
    return _checked(
        entry,
        lambda e: OutsideWindow(
            code=e.key,
            name=e.text("name", longest=40),
            kana=e.text("kana"),
            plain_name=e.text("plain_name", longest=24),
            what=e.text("what", longest=60),
            condition=e.text("condition", required=False, longest=60),
            what_to_say=e.text("what_to_say", longest=80),
            contact=_contact(e),
            discreet=e.flag("discreet"),
        ),
    )


def _help_line(entry: Entry) -> HelpLine:
    return _checked(
        entry,
        lambda e: HelpLine(
            code=e.key,
            name=e.text("name", longest=40),
            kana=e.text("kana"),
            contact=_contact(e),
            audience=e.texts("for", AUDIENCES),
            on_paper=e.flag("on_paper"),
        ),
    )
