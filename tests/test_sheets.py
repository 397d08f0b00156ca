"""Verbs on the つながるシート against a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from referral_app import db, merging, sheet_input, sheets
from referral_app.access import Person
from referral_app.catalogue import Catalogue
from referral_app.consent import CONSENTS, GROUNDS
from referral_app.errors import Conflict, InvalidInput, NotFound
from referral_app.models import Base, Sheet
from referral_app.sheet_input import HandoverInput, SheetInput

NOW = datetime(2026, 11, 24, 14, 32)
AWKWARD = "𠮷田 髙﨑 <b>&\"'; DROP TABLE sheet; --\n二行目　\u200b🙂"


@pytest.fixture
def sheet(engine: Engine, catalogue: Catalogue, clerk: Person) -> Sheet:
    with db.transaction(engine) as session:
        return sheets.create(
            session, catalogue, story="借金がある", windows=["P070", "houterasu"], items=["債務"], by=clerk, now=NOW
        )


def test_a_sheet_is_prefilled_from_the_consultation(engine: Engine, sheet: Sheet, catalogue: Catalogue) -> None:
    with db.reading(engine) as session:
        found = sheets.get(session, "R8-0001")
    assert (found.story, found.version) == ("借金がある", 1)
    assert [item.item for item in found.items] == ["債務"]
    assert [(h.window, h.department) for h in found.handovers] == [
        ("P070", "市民協働推進課"),
        ("houterasu", "法テラス"),
    ]
    assert found.handovers[0].ask == catalogue.programmes["P070"].what_to_say
    assert not found.handovers[0].consent


def test_a_sheet_needs_a_window_and_a_known_one(engine: Engine, catalogue: Catalogue, clerk: Person) -> None:
    with pytest.raises(InvalidInput), db.transaction(engine) as session:
        sheets.create(session, catalogue, story="", windows=[], items=[], by=clerk, now=NOW)
    with pytest.raises(NotFound), db.transaction(engine) as session:
        sheets.create(session, catalogue, story="", windows=["P999"], items=[], by=clerk, now=NOW)


def test_everything_keyed_in_comes_back_to_the_letter(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person
) -> None:
    given = SheetInput(
        values={name: AWKWARD[: rule.longest].strip() for name, rule in sheet_input.TEXT_FIELDS.items()}
        | {name: allowed[0] for name, allowed in sheet_input.CHOICE_FIELDS.items()},
        items=("住まい", "その他"),
        gravest="その他",
        explained=True,
        handovers=(HandoverInput("P006", AWKWARD.strip(), "同行", "legal", True, GROUNDS[2], AWKWARD.strip()),),
        version=1,
    )
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)
    with db.reading(engine) as session:
        assert sheet_input.as_input(sheets.get(session, sheet.number)) == replace(given, version=2)


def test_two_people_saving_at_once_leaves_one_winner(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person
) -> None:
    given = sheet_input.as_input(sheet)
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)
    with pytest.raises(Conflict, match="ほかの画面"), db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)


def test_consent_keeps_who_took_it_and_when(engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person) -> None:
    row = HandoverInput("P070", consent="oral")
    given = SheetInput(explained=True, handovers=(row,), version=1)
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)
    later = replace(given, version=2)
    with db.transaction(engine) as session:
        saved = sheets.save(session, catalogue, sheet.number, later, clerk, NOW + timedelta(hours=1))
    assert (saved.handovers[0].consent_by, saved.handovers[0].consent_at) == ("見本 一郎", NOW)


def saved(engine: Engine, catalogue: Catalogue, sheet: Sheet, row: HandoverInput, by: Person, hours: int) -> Sheet:
    with db.transaction(engine) as session:
        version = sheets.get(session, sheet.number).version
        given = SheetInput(explained=True, handovers=(row,), version=version)
        return sheets.save(session, catalogue, sheet.number, given, by, NOW + timedelta(hours=hours))


def test_a_withdrawal_keeps_the_consent_it_takes_back(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    saved(engine, catalogue, sheet, HandoverInput("P070", consent="oral"), people["mado"], 0)
    row = saved(engine, catalogue, sheet, HandoverInput("P070", consent="withdrawn"), people["mado2"], 1).handovers[0]
    assert (row.consent_by, row.consent_at) == ("見本 一郎", NOW)
    assert (row.withdrawn_by, row.withdrawn_at) == ("見本 二郎", NOW + timedelta(hours=1))
    row = saved(engine, catalogue, sheet, HandoverInput("P070", consent="written"), people["mado2"], 2).handovers[0]
    assert (row.consent_by, row.withdrawn_by, row.withdrawn_at) == ("見本 二郎", "", None)


def test_a_legal_ground_is_stored_with_its_reason_and_leaves_with_it(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    legal = HandoverInput("P070", consent="legal", legal_ground=GROUNDS[1], legal_reason=" 家に帰せない ")
    row = saved(engine, catalogue, sheet, legal, people["mado"], 0).handovers[0]
    assert (row.legal_ground, row.legal_reason, row.consent_by) == (GROUNDS[1], "家に帰せない", "見本 一郎")
    changed = replace(legal, legal_reason="けががある")
    assert saved(engine, catalogue, sheet, changed, people["mado2"], 1).handovers[0].consent_by == "見本 二郎"
    back = saved(engine, catalogue, sheet, replace(legal, consent="refused"), people["mado2"], 2).handovers[0]
    assert (back.legal_ground, back.legal_reason) == ("", "")


def test_the_database_takes_every_consent_and_no_bare_legal_ground(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    for consent in CONSENTS:
        row = HandoverInput("P070", consent=consent, legal_ground=GROUNDS[0], legal_reason="命の危険")
        assert saved(engine, catalogue, sheet, row, people["mado"], 0).handovers[0].consent == consent
    with pytest.raises(IntegrityError), db.transaction(engine) as session:
        session.execute(text("UPDATE handover SET consent = 'legal', legal_ground = 'x', legal_reason = ''"))


def test_a_save_between_our_look_and_our_write_is_a_conflict(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person
) -> None:
    with db.transaction(engine) as session:
        given = sheet_input.as_input(sheets.get(session, sheet.number))
        session.execute(text("UPDATE sheet SET version = version + 1"))
        with pytest.raises(Conflict):
            sheets.save(session, catalogue, sheet.number, given, clerk, NOW + timedelta(hours=1))
        session.rollback()


def test_a_window_in_neither_sheet_nor_catalogue_is_told_beside_the_destinations(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person
) -> None:
    given = SheetInput(handovers=(HandoverInput("P999"),), version=1)
    with pytest.raises(InvalidInput) as told, db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)
    assert "P999" in told.value.fields["handovers"]


FAULTS = {
    "consent without an explanation": (
        SheetInput(handovers=(HandoverInput("P070", consent="written"),)),
        "explained",
    ),
    "gravest not ticked": (SheetInput(items=("債務",), gravest="介護"), "items"),
    "story too long": (SheetInput(values={"story": "あ" * 10_001}), "story"),
    "unknown way": (SheetInput(handovers=(HandoverInput("P070", way="鳩"),)), "consent-P070"),
    "unknown choice": (SheetInput(values={"may_phone": "たぶん"}), "may_phone"),
    "ask too long": (SheetInput(handovers=(HandoverInput("P070", ask="あ" * 301),)), "ask-P070"),
    "ground missing": (SheetInput(handovers=(HandoverInput("P070", consent="legal"),)), "legal_ground-P070"),
    "ground unknown": (SheetInput(handovers=(HandoverInput("P070", legal_ground="なんとなく"),)), "legal_ground-P070"),
    "reason missing": (SheetInput(handovers=(HandoverInput("P070", consent="legal"),)), "legal_reason-P070"),
    "reason blank": (
        SheetInput(handovers=(HandoverInput("P070", consent="legal", legal_reason=" \n"),)),
        "legal_reason-P070",
    ),
    "reason too long": (SheetInput(handovers=(HandoverInput("P070", legal_reason="あ" * 501),)), "legal_reason-P070"),
    "too many": (SheetInput(handovers=tuple(HandoverInput(f"P{n:03}") for n in range(1, 14))), "handovers"),
}


@pytest.mark.parametrize(("given", "field"), FAULTS.values(), ids=FAULTS.keys())
def test_what_must_be_mended_is_told_beside_its_field(given: SheetInput, field: str) -> None:
    assert field in sheet_input.faults(given)


def test_all_faults_are_told_at_once() -> None:
    row = HandoverInput("P070", ask="あ" * 301, way="鳩", consent="oral")
    assert set(sheet_input.faults(SheetInput(handovers=(row,)))) == {
        "ask-P070",
        "consent-P070",
        "explained",
    }


def test_refusal_of_consent_needs_no_explanation() -> None:
    assert not sheet_input.faults(SheetInput(handovers=(HandoverInput("P070", consent="refused"),)))


def test_a_number_is_never_given_twice(engine: Engine, sheet: Sheet, catalogue: Catalogue, clerk: Person) -> None:
    with db.transaction(engine) as session:
        sheets.discard(session, sheet.number, clerk, NOW)
    with db.transaction(engine) as session:
        again = sheets.create(session, catalogue, story="", windows=["P006"], items=[], by=clerk, now=NOW)
        next_year = sheets.create(
            session, catalogue, story="", windows=["P006"], items=[], by=clerk, now=datetime(2027, 4, 1)
        )
        assert (again.number, next_year.number) == ("R8-0002", "R9-0001")
    with pytest.raises(NotFound), db.reading(engine) as session:
        sheets.get(session, sheet.number)


def test_a_discarded_sheet_is_gone_from_every_file(
    engine: Engine, sheet: Sheet, catalogue: Catalogue, tmp_path: Path, clerk: Person
) -> None:
    given = replace(sheet_input.as_input(sheet), values={"story": "だれにも見せない話", "address": "見本町"})
    with db.transaction(engine) as session:
        sheets.save(session, catalogue, sheet.number, given, clerk, NOW)
        sealed = str(session.scalar(text("SELECT story FROM sheet")))
    assert files_with(tmp_path, sealed)
    with db.transaction(engine) as session:
        sheets.discard(session, sheet.number, clerk, NOW)
    db.forget(engine)
    assert files_with(tmp_path, sealed) == []


def files_with(folder: Path, words: str) -> list[str]:
    return [file.name for file in folder.glob("referral.db*") if words.encode() in file.read_bytes()]


def test_a_new_database_and_its_log_are_the_owners_alone(tmp_path: Path) -> None:
    opened = db.open_engine(f"sqlite:///{tmp_path / 'new' / 'referral.db'}")
    db.migrate(opened)
    with opened.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        rights = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()}
    opened.dispose()
    assert set(rights) >= {"referral.db", "referral.db-wal"}
    assert set(rights.values()) == {0o600}


def test_a_save_that_waits_too_long_is_told_in_our_words(
    engine: Engine, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 50)
    impatient = db.open_engine(str(engine.url))
    with db.transaction(engine) as session:
        sheets.get(session, sheet.number)
        with pytest.raises(db.Unavailable, match="ほかの人の保存"), db.transaction(impatient) as second:
            sheets.get(second, sheet.number)
    impatient.dispose()


def test_the_list_is_cut_into_pages_and_a_page_too_far_is_the_last(
    engine: Engine, catalogue: Catalogue, clerk: Person
) -> None:
    with db.transaction(engine) as session:
        for n in range(sheets.PAGE_SIZE + 1):
            sheets.create(
                session, catalogue, story="", windows=["P006"], items=[], by=clerk, now=NOW + timedelta(minutes=n)
            )
    with db.reading(engine) as session:
        first, last = sheets.listing(session, clerk), sheets.listing(session, clerk, 99)
    assert (len(first.sheets), first.pages, first.total) == (50, 2, 51)
    assert first.sheets[0].number == "R8-0051"
    assert [s.number for s in last.sheets] == ["R8-0001"]


def test_migrations_lead_to_exactly_the_tables_of_the_models(engine: Engine) -> None:
    tables = inspect(engine)
    assert set(tables.get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    for name, table in Base.metadata.tables.items():
        assert {column["name"] for column in tables.get_columns(name)} == {column.name for column in table.columns}


def test_sqlite_keeps_foreign_keys_and_writes_ahead(engine: Engine) -> None:
    with engine.connect() as connection:
        answers = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "journal_mode")]
    assert answers == [1, "wal"]


BASE = SheetInput(
    values={"wish": "もとののぞみ", "may_phone": ""},
    items=("債務",),
    handovers=(HandoverInput("P070", "もとのお願い", "同行", ""), HandoverInput("P006", "", "", "")),
    version=1,
)


def changed(given: SheetInput, **values: object) -> SheetInput:
    """``given`` with text fields, or any field of SheetInput, replaced."""
    own = {
        name: values.pop(name)
        for name in list(values)
        if name in (*sheet_input.TEXT_FIELDS, *sheet_input.CHOICE_FIELDS)
    }
    return replace(given, values=given.values | own, **values)  # type: ignore[arg-type]


def merged(mine: SheetInput, other: SheetInput, base: SheetInput | None = BASE) -> merging.Merged:
    return merging.merge(base, mine, replace(other, version=2), lambda code: code)


def clashes(found: merging.Merged) -> list[tuple[str, str, str, str]]:
    return [(clash.field, clash.saved, clash.mine, clash.stays) for clash in found.clashes]


def test_two_people_on_different_fields_lose_nothing() -> None:
    mine = changed(BASE, wish="わたしの", items=("債務", "住まい"))
    other = changed(BASE, may_phone="だめ", phone_hours="昼だけ", items=("債務", "介護"), explained=True)
    found = merged(mine, other)
    assert found.clashes == ()
    assert (found.given.values["wish"], found.given.values["may_phone"], found.given.version) == ("わたしの", "だめ", 2)
    assert (found.given.items, found.given.explained) == (("住まい", "債務", "介護"), True)
    assert "電話してよい時間" in found.taken


def test_the_same_field_is_listed_and_mine_stands_in_the_form() -> None:
    found = merged(changed(BASE, wish="わたしの"), changed(BASE, wish="あの人の"))
    assert clashes(found) == [("wish", "あの人の", "わたしの", "mine")]
    assert found.given.values["wish"] == "わたしの"


@pytest.mark.parametrize("name", ["may_phone", "may_leave_message", "may_post"])
def test_a_saved_no_is_never_loosened_by_my_older_form(name: str) -> None:
    found = merged(changed(BASE, **{name: "よい"}), changed(BASE, **{name: "だめ"}))
    assert clashes(found) == [(name, "だめ", "よい", "saved")]
    assert found.given.values[name] == "だめ"


def test_a_no_that_i_saw_and_changed_is_shown_all_the_same() -> None:
    before = changed(BASE, may_phone="だめ")
    found = merged(changed(before, may_phone="よい"), changed(before, wish="あの人の"), before)
    assert clashes(found) == [("may_phone", "だめ", "よい", "mine")]


@pytest.mark.parametrize("kept", ["refused", "withdrawn"])
def test_a_saved_refusal_stays_against_my_consent(kept: str) -> None:
    def with_consent(consent: str) -> SheetInput:
        return replace(BASE, handovers=(replace(BASE.handovers[0], consent=consent), BASE.handovers[1]))

    found = merged(with_consent("oral"), with_consent(kept))
    assert clashes(found) == [("consent-P070", CONSENTS[kept], "口頭", "saved")]
    assert found.given.handovers[0].consent == kept


def test_destinations_added_and_taken_off_by_either_are_kept_apart() -> None:
    first, second = BASE.handovers
    mine = replace(BASE, handovers=(first, second, HandoverInput("P032")))
    other = replace(BASE, handovers=(first, HandoverInput("P026")))
    found = merged(mine, other)
    assert [row.window for row in found.given.handovers] == ["P070", "P032", "P026"]
    assert found.clashes == ()
    assert found.taken == ("P006のつなぎ先(外した)", "P026のつなぎ先(足した)")


def test_a_destination_i_took_off_and_the_other_changed_stays() -> None:
    first, second = BASE.handovers
    refused = replace(second, consent="refused")
    found = merged(replace(BASE, handovers=(first,)), replace(BASE, handovers=(first, refused)))
    assert refused in found.given.handovers
    assert clashes(found) == [("window-P006", "あり(同意 いただけない)", "なし", "saved")]
    found = merged(replace(BASE, handovers=(first, refused)), replace(BASE, handovers=(first,)))
    assert refused in found.given.handovers
    assert clashes(found) == [("window-P006", "なし", "あり(同意 いただけない)", "mine")]


def test_without_the_base_every_difference_is_listed() -> None:
    found = merged(changed(BASE, wish="わたしの", handovers=()), changed(BASE, phone="000", items=("介護",)), None)
    assert {clash.field for clash in found.clashes} == {"wish", "phone", "items", "window-P070", "window-P006"}
    assert len(found.given.handovers) == 2
