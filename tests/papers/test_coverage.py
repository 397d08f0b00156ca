"""One view-model, two papers: every field stands in the print view of the browser and in the PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from flask import Flask, render_template

from referral_app.config import Settings
from referral_app.matching import Ruby
from referral_app.models import Addendum
from referral_app.papers import sheet_papers
from referral_app.papers.copies import OfficeCopy, ResidentCopy, Rubies
from referral_app.papers.handouts import CardText
from referral_app.papers.leaflets import Booklet, Card, Leaflet, Slip
from referral_app.papers.press import Press
from tests.papers.making import NOW
from tests.papers.reading import Paper

pytestmark = pytest.mark.slow

# For the clerk's screen alone: what is said aloud, what is still to do. Neither may stand on a paper.
ON_SCREEN_ONLY = {"left_out", "missing"}
# The list is short on purpose, its lines are told without hours; in the booklet the department is the section's title.
TOLD_OTHERWISE = {Slip: {"hours"}, Booklet: {"department"}}


class Filler:
    """Makes a view-model whose every text is a word of its own, and remembers these words by field."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self._numbers = count(101)

    def word(self, field: str) -> str:
        made = f"見本{next(self._numbers)}"
        self.words[made] = field
        return made

    def fill(self, kind: Any, field: str) -> Any:
        if kind == Rubies:
            return (Ruby(self.word(field), ""), Ruby("字", "じ"))
        if kind is Addendum:
            return Addendum(at=NOW, by_name=self.word(field), words=self.word(field))
        if field == "desks":  # the rows that may be shared
            return ()
        if get_origin(kind) is frozenset:
            return frozenset()
        if is_dataclass(kind) and isinstance(kind, type):
            hints = get_type_hints(kind)
            return kind(**{one.name: self.fill(hints[one.name], one.name) for one in fields(kind)})
        if get_origin(kind) is tuple:
            inner = [one for one in get_args(kind) if one is not Ellipsis]
            if field == "items":
                return ((self.word(field), "◎"), (self.word(field), ""))
            return tuple(self.fill(one, field) for one in (inner * 2 if Ellipsis in get_args(kind) else inner))
        return {str: self.word, int: lambda _: next(self._numbers), bool: lambda _: True}[kind](field)


@pytest.fixture(scope="module")
def press(settings: Settings) -> Press:
    return Press(settings.templates / "paper")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def html(app: Flask, template: str, copy: Any) -> str:
    """The paper of the print view: what is inside <main>."""
    with app.test_request_context():
        screen = {"warnings": (), "words": [], "discreet": False, "fields": {}, "longest": 0}
        page = render_template(template, copy=copy, sheet=SimpleNamespace(number=copy.number), **screen)
    return squeezed(re.sub(r"<rt>.*?</rt>|<[^>]*>", "", page[page.index("<main") : page.index("</main>")]))


def pdf(press: Press, copy: Any) -> str:
    make = sheet_papers.resident_pdf if isinstance(copy, ResidentCopy) else sheet_papers.office_pdf
    return Paper(make(press, copy).pdf).text


def filled(kind: type) -> tuple[Any, dict[str, str]]:
    filler = Filler()
    copy = filler.fill(kind, kind.__name__)
    if isinstance(copy, OfficeCopy):
        copy = replace(copy, desks=tuple(replace(row, stop="") for row in copy.rows))
    return copy, filler.words


SHEET_PAPERS = [("papers/resident.html", ResidentCopy), ("papers/office.html", OfficeCopy)]


@pytest.mark.parametrize(("template", "kind"), SHEET_PAPERS, ids=lambda one: getattr(one, "__name__", ""))
def test_every_field_of_the_sheets_papers_stands_in_both(app: Flask, press: Press, template: str, kind: type) -> None:
    copy, words = filled(kind)
    for place, text in (("html", html(app, template, copy)), ("pdf", pdf(press, copy))):
        absent = {field for word, field in words.items() if word not in text}
        assert absent == {field for field in words.values() if field in ON_SCREEN_ONLY}, place


def test_the_gravest_item_is_marked_in_both(app: Flask, press: Press) -> None:
    copy, _ = filled(OfficeCopy)
    assert "◎" in html(app, "papers/office.html", copy)
    pictures = Paper(sheet_papers.office_pdf(press, copy).pdf).pictures
    assert pictures["いちばん重いもの"] == 1 + len(copy.desks)


def leaves(press: Press) -> Iterator[tuple[str, type, Any]]:
    yield "slip", Slip, lambda made: made
    yield "booklet", Booklet, lambda made: made
    yield "card", Card, lambda made: made
    yield "leaflet", Leaflet, lambda made: {"leaflets": [made, made]}  # two: bookmarks carry the clerk's names


@pytest.mark.parametrize("n", range(4), ids=["slip", "booklet", "card", "leaflet"])
def test_every_field_of_the_papers_for_anyone_is_drawn(press: Press, n: int) -> None:
    template, kind, shaped = list(leaves(press))[n]
    made, words = filled(kind)
    paper = Paper(press.print(template, shaped(made)).pdf)
    seen = paper.text + squeezed("".join(paper.bookmarks))
    otherwise = TOLD_OTHERWISE.get(kind, set())
    unseen = {word: field for word, field in words.items() if word not in seen and field not in otherwise}
    if kind is Card:  # the codes of the lines were looked up already
        unseen = {word: field for word, field in unseen.items() if word not in repr(made.text.lines)}
        assert isinstance(made.text, CardText)
    assert unseen == {}
