"""Papers for anyone: they lead somewhere, they tell nothing, and every number on them is the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest

from referral_app.catalogue import Catalogue
from referral_app.errors import NotFound
from referral_app.matching import KANJI, Ruby
from referral_app.papers.handouts import NEVER, TELLING
from referral_app.papers.leaflets import FOR_ANYONE, MOST_FOR_WORRY, Leaflet, Writer
from referral_app.papers.stationery import Stationery
from tests.papers.reading import Paper
from tests.papers.test_copies import plain

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def writer(stationery: Stationery) -> Writer:
    return Writer(stationery.catalogue, stationery.ruby, TODAY)


@pytest.fixture(scope="module")
def leaflets(stationery: Stationery, writer: Writer) -> dict[str, Leaflet]:
    """Every leaflet that can be made: the moments' and the worries'."""
    made = {code: writer.for_moment(moment) for code, moment in stationery.moments.items()}
    for code, worry in stationery.worries.items():
        try:
            made[code] = writer.for_worry(worry)
        except NotFound:
            continue
    return made


def words(value: Any) -> Iterator[str]:
    """Every text of a view-model that may be ink on paper."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple) and value and all(isinstance(one, Ruby) for one in value):
        yield plain(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from words(one)
    elif is_dataclass(value):
        for field in fields(value):
            if (type(value).__name__, field.name) not in {("Leaflet", "name")}:
                yield from words(getattr(value, field.name))


def test_no_leaflet_tells_why_somebody_holds_it(leaflets: dict[str, Leaflet], catalogue: Catalogue) -> None:
    """A department's own name is a fact of the address."""
    for code, leaflet in leaflets.items():
        said = "\n".join(words(leaflet))
        for name in sorted(catalogue.departments, key=len, reverse=True):
            said = said.replace(name, "")
        telling = TELLING.search(said)
        assert telling is None, (code, telling)


def test_a_worry_is_not_named_on_its_leaflet(leaflets: dict[str, Leaflet], stationery: Stationery) -> None:
    for code, worry in stationery.worries.items():
        if code in leaflets:
            assert plain(leaflets[code].title) == "窓口のご案内"
            assert worry.label not in "\n".join(words(leaflets[code].lead))
            assert leaflets[code].name == worry.label


def test_a_telling_window_shows_its_department_and_never_stands_alone(leaflets: dict[str, Leaflet]) -> None:
    entries = leaflets["dv"].entries
    assert [plain(one.department) for one in entries] == ["こども家庭センター", "市民協働推進課", "健康医療課"]
    assert (entries[0].what, entries[0].summary, entries[0].condition) == ((), (), ())


def test_every_leaflet_of_a_worry_also_names_where_anyone_may_ask(
    leaflets: dict[str, Leaflet], stationery: Stationery, catalogue: Catalogue
) -> None:
    names = {catalogue.programmes[code].plain_name for code in FOR_ANYONE}
    for code in stationery.worries.keys() & leaflets.keys():
        assert names <= {plain(one.what) for one in leaflets[code].entries}
        assert len(leaflets[code].entries) <= MOST_FOR_WORRY + len(FOR_ANYONE)


def test_never_one_help_line_alone_and_each_says_how_old_it_is(leaflets: dict[str, Leaflet], writer: Writer) -> None:
    lists = [leaflet.common.lines for leaflet in leaflets.values()]
    lists += [writer.booklet().common.lines, writer.slip().lines]
    for lines in lists:
        assert len(lines) >= 2
        assert all(line.seen for line in lines)


def test_every_number_on_paper_is_the_catalogues(
    leaflets: dict[str, Leaflet], writer: Writer, stationery: Stationery, catalogue: Catalogue
) -> None:
    contacts = [catalogue.switchboard.contact, *catalogue.places.values()]
    contacts += [one.contact for one in catalogue.departments.values()]
    contacts += [one.contact for one in (*catalogue.outside.values(), *catalogue.help_lines)]
    known = {phone for contact in contacts for phone in contact.phones}
    papers = [*leaflets.values(), writer.booklet(), writer.slip(), writer.card(stationery.card_text)]
    found = {n for text in words(tuple(papers)) for n in re.findall(r"0\d{1,3}-\d+(?:-\d+)?|#\d{4}", text)}
    assert found
    assert found <= known


def test_every_kanji_on_these_papers_has_its_reading(leaflets: dict[str, Leaflet], writer: Writer) -> None:
    pieces = [piece for paper in (*leaflets.values(), writer.booklet(), writer.slip()) for piece in rubies(paper)]
    assert {piece.base for piece in pieces if not piece.reading and re.search(f"[{KANJI}]", piece.base)} == set()


def rubies(value: Any) -> Iterator[Ruby]:
    if isinstance(value, Ruby):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from rubies(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from rubies(getattr(value, field.name))


def test_the_booklet_holds_every_window_of_a_resident_and_no_other(writer: Writer, catalogue: Catalogue) -> None:
    sections = writer.booklet().sections
    told = {plain(entry.what) for section in sections for entry in section.entries}
    programmes = catalogue.programmes.values()
    assert {one.plain_name for one in programmes if one.referable and not one.only_for} <= told
    assert told.isdisjoint(one.plain_name for one in programmes if one.nature in ("staff", "network"))
    assert told.isdisjoint(one.plain_name for one in catalogue.outside.values() if one.discreet)
    assert NEVER.search("\n".join(words(sections))) is None


def test_the_booklet_says_what_is_not_known(writer: Writer, catalogue: Catalogue) -> None:
    sections = {section.name: section for section in writer.booklet().sections}
    assert plain(sections["青少年課"].where).startswith("場所は要確認")
    assert sections["青少年課"].phones == catalogue.switchboard.contact.phones
    assert "要確認" in plain(sections["青少年課"].phone_note)
    assert plain(sections["子育て給付課"].phone_note) == "番号は要確認"
    assert plain(sections["地域包括ケア推進課"].where) == "本庁舎2階"


SEEN = {
    "confirmed": ({"confirmed": date(2026, 4, 1)}, "確認日 令和8年4月1日(水)"),
    "confirmed long ago": ({"confirmed": date(2024, 4, 1), "seen": "2024"}, "2024年の案内。番号は要確認"),
    "seen": ({"seen": "2019-05"}, "2019年の案内。番号は要確認"),
}


@pytest.mark.parametrize(("facts", "told"), SEEN.values(), ids=SEEN.keys())
def test_a_number_of_a_department_says_how_old_it_is(
    stationery: Stationery, catalogue: Catalogue, facts: dict[str, Any], told: str
) -> None:
    department = catalogue.departments["子育て給付課"]
    known = replace(department, contact=replace(department.contact, **facts))
    other = replace(catalogue, departments={**catalogue.departments, known.name: known})
    sections = {section.name: section for section in Writer(other, stationery.ruby, TODAY).booklet().sections}
    assert plain(sections["子育て給付課"].phone_note) == told


def test_the_plain_list_is_the_same_for_everybody(stationery: Stationery, writer: Writer, catalogue: Catalogue) -> None:
    slip = writer.slip()
    named = {plain(row.name) for row in slip.rows}
    for programme in catalogue.programmes.values():
        if programme.referable:
            assert set(programme.departments) <= named
    paper = Paper(stationery.slip(TODAY).pdf)
    assert len(paper.pages) == 1
    assert not re.search(r"R\d+-\d{4}|令和|11月", paper.text)
    assert writer.slip() == Writer(catalogue, stationery.ruby, date(2026, 1, 1)).slip()


def test_a_worry_without_a_printable_window_is_refused_with_a_way_out(stationery: Stationery) -> None:
    with pytest.raises(NotFound, match="口頭で伝えて"):
        stationery.leaflet_for_worry("sports", TODAY)
    for wrong in (stationery.leaflet_for_worry, stationery.leaflet_for_moment):
        with pytest.raises(NotFound, match="referral print list"):
            wrong("nothing", TODAY)


def test_all_leaflets_stand_in_one_file_two_pages_each_found_by_their_names(stationery: Stationery) -> None:
    seen = []
    batch = stationery.all_leaflets(TODAY, lambda subjects: (seen.append(one) or one for one in subjects))  # type: ignore[func-returns-value]
    assert len(seen) == len(stationery.subjects()) == batch.count + len(batch.left_out)
    assert "スポーツ・運動" in batch.left_out
    assert batch.printed.tagged
    paper = Paper(batch.printed.pdf)
    assert len(paper.reader.pages) == 2 * batch.count
    assert len(paper.bookmarks) == batch.count
    assert paper.bookmarks[0] == "死亡届"


def test_the_card_comes_ten_times_with_both_sides(stationery: Stationery) -> None:
    paper = Paper(stationery.card(TODAY).pdf)
    front, back = (re.sub(r"\s", "", page) for page in paper.pages)
    assert front.count(re.sub(r"\s", "", stationery.card_text.title)) == 10
    assert all(front.count(one.rstrip("。")) == 10 for one in stationery.card_text.say)
    assert back.count("046-223-1511") == 10
    assert back.count("0120-279-338") == 10
    assert TELLING.search(paper.text) is None
