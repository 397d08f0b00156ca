"""A sheet on its way, against a real database: steps, consent, frozen content, who sees what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import IntegrityError

from referral_app import accounts, audit, db, handovers, inbox, rules, sending, sheet_input, sheets, viewing
from referral_app.access import ROLES, Person
from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.consent import CONSENTS, GROUNDS, GROUPS, MAY_SHARE, SCOPES, shows
from referral_app.errors import Conflict, InvalidInput, NotFound, Refused
from referral_app.handovers import Words
from referral_app.models import Handover, Sheet
from referral_app.rules import Rules
from referral_app.sheet_input import HandoverInput
from referral_app.steps import FIELDS, RECEIVER, SENDER, SIDES, STATES, STEPS
from tests.travel import PERSON, SAID, SENT_AT, STORY, draft, row, sent, take

People = dict[str, Person]


@pytest.fixture
def desk_rules(settings: Settings) -> Rules:
    return rules.load(settings.data / "rules.toml")


@pytest.fixture
def sheet(engine: Engine, catalogue: Catalogue, people: People) -> Sheet:
    return sent(engine, catalogue, people["mado"])


def states(engine: Engine, number: str) -> list[str]:
    with db.reading(engine) as session:
        return [row.state for row in sheets.get(session, number).handovers]


# ---- the tables ---------------------------------------------------------------------------------


def test_the_table_of_steps_names_known_states_sides_and_fields() -> None:
    for step in STEPS.values():
        assert set(step.origins) <= set(STATES)
        assert step.target is None or step.target in STATES
        assert set(step.sides) <= set(SIDES)
        assert set(step.needs) <= set(FIELDS)
        assert all(permission in ROLES["department"].permissions for permission in step.permissions)


def test_every_state_is_reached_and_every_open_one_is_left() -> None:
    assert {step.target for step in STEPS.values()} >= set(STATES)
    for code, state in STATES.items():
        leads_on = [step for step in STEPS.values() if code in step.origins and step.target not in (None, code)]
        assert bool(leads_on) == (bool(state.waits_for) or code == "done"), code  # a consent can be withdrawn even then


def test_what_a_basis_shows_is_decided_for_every_consent_and_scope() -> None:
    for consent in ("", *CONSENTS):
        for scope in SCOPES:
            seen = shows(HandoverInput("P046", consent=consent, scope=scope))
            assert bool(seen) == (consent in MAY_SHARE)
            assert seen <= set(GROUPS)
    assert shows(HandoverInput("P046", consent="legal")) == {"contact"}


# ---- sending ------------------------------------------------------------------------------------


def test_sending_takes_what_has_a_basis_and_leaves_the_rest(
    engine: Engine, catalogue: Catalogue, people: People
) -> None:
    made = sent(engine, catalogue, people["mado"], row("P046"), row("P032", "refused"), row("houterasu", "written"))
    first, second, third = made.handovers
    assert [first.state, second.state, third.state] == ["sent", "draft", "sent"]
    assert (first.channel, third.channel) == ("desk", "paper")
    assert [desk.department for desk in first.desks] == ["福祉総合支援課"]
    assert third.desks == []
    assert [event.step for event in first.events] == ["consent", "send"]
    assert made.sent_at == SENT_AT


def test_a_department_without_anybody_here_is_reached_on_paper(
    engine: Engine, catalogue: Catalogue, people: People
) -> None:
    made = sent(engine, catalogue, people["mado"], row("P070"))  # 市民協働推進課 has clerks, nobody who receives
    assert made.handovers[0].channel == "paper"
    with db.reading(engine) as session:
        assert accounts.online(session) == {"福祉総合支援課", "生活福祉課", "こども家庭センター"}


MISSING = {
    "no basis": ((row("P046", ""), row("P032", "refused")), "consent"),
    "no way": ((row("P046", way=""),), "way"),
    "no destination": ((), "consent"),
}


@pytest.mark.parametrize(("rows", "field"), MISSING.values(), ids=MISSING.keys())
def test_nothing_goes_while_something_is_missing(
    engine: Engine, catalogue: Catalogue, people: People, rows: tuple[HandoverInput, ...], field: str
) -> None:
    made = draft(engine, catalogue, people["mado"], *(rows or (row("P046"),)))
    if not rows:
        with db.transaction(engine) as session:
            given = replace(sheet_input.as_input(made), handovers=())
            made = sheets.save(session, catalogue, made.number, given, people["mado"], SENT_AT)
    with pytest.raises(InvalidInput) as told, db.transaction(engine) as session:
        sending.send(session, catalogue, made.number, made.version, people["mado"], SENT_AT)
    assert field in told.value.fields
    assert "sent" not in states(engine, made.number)


def test_the_database_itself_refuses_to_move_a_row_without_a_basis(
    engine: Engine, catalogue: Catalogue, people: People
) -> None:
    draft(engine, catalogue, people["mado"], row("P046", ""))
    with pytest.raises(IntegrityError), db.transaction(engine) as session:
        session.execute(text("UPDATE handover SET state = 'sent'"))


def test_a_sent_sheet_is_frozen(engine: Engine, catalogue: Catalogue, people: People, sheet: Sheet) -> None:
    given = sheet_input.as_input(sheet)
    for verb in (
        lambda session: sheets.save(session, catalogue, sheet.number, given, people["mado"], SENT_AT),
        lambda session: sheets.discard(session, sheet.number, people["mado"], SENT_AT),
        lambda session: sending.send(session, catalogue, sheet.number, sheet.version, people["mado"], SENT_AT),
        lambda session: sending.check(session, catalogue, sheet.number, people["mado"], SENT_AT),
    ):
        with pytest.raises(sheets.Sent, match="書きかえられません"), db.transaction(engine) as session:
            verb(session)


def test_what_was_saved_in_between_is_looked_at_before_it_goes(
    engine: Engine, catalogue: Catalogue, people: People
) -> None:
    made = draft(engine, catalogue, people["mado"])
    with pytest.raises(Conflict, match="送る前に"), db.transaction(engine) as session:
        sending.send(session, catalogue, made.number, made.version - 1, people["mado"], SENT_AT)
    assert states(engine, made.number) == ["consented", "consented"]


def test_a_sheet_belongs_to_its_desk_alone(engine: Engine, catalogue: Catalogue, people: People, sheet: Sheet) -> None:
    with db.reading(engine) as session:
        assert sheets.own(session, sheet.number, people["mado2"]).number == sheet.number
        for login in ("kokuho", "fukushi", "jukou", "keikaku", "kanri"):
            with pytest.raises(Refused):
                sheets.own(session, sheet.number, people[login])


# ---- steps --------------------------------------------------------------------------------------


def test_from_receipt_to_completion_with_a_named_person(engine: Engine, people: People, sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    take(engine, number, "receive", people["fukushi"])
    take(engine, number, "start", people["fukushi"], at=SENT_AT + timedelta(days=1))
    done = take(engine, number, "finish", people["fukushi"], at=SENT_AT + timedelta(days=2))
    assert [(event.step, event.by_name) for event in done.events[2:]] == [
        ("receive", "見本 夏子"),
        ("start", "見本 夏子"),
        ("finish", "見本 夏子"),
    ]
    assert (done.state, done.received_at, done.ended_at) == ("done", SENT_AT, SENT_AT + timedelta(days=2))
    assert (done.news, done.holder_id) == (True, None)
    assert done.events[-1].words == SAID.answer


def test_two_people_at_once_leave_one_winner_and_a_message_naming_them(
    engine: Engine, people: People, sheet: Sheet
) -> None:
    number, version = sheet.handovers[0].id, sheet.handovers[0].version
    take(engine, number, "receive", people["fukushi"], version=version)
    with pytest.raises(Conflict, match="福祉総合支援課 見本 夏子 さんが「受け取る」") as told:
        take(engine, number, "return", people["fukushi2"], version=version)
    assert "いまは「受領」" in str(told.value)


def test_a_step_needs_its_words(engine: Engine, people: People, sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    for words, said in ((Words(), "書いてください"), (Words(reason="あ" * 501), "500 字まで")):
        with pytest.raises(InvalidInput, match=said):
            take(engine, number, "return", people["fukushi"], words)
    assert states(engine, sheet.number) == ["sent", "sent"]


@pytest.mark.parametrize("code", ["consent", "unconsent", "send", "onward", "nothing"])
def test_steps_of_forms_are_no_buttons(engine: Engine, people: People, sheet: Sheet, code: str) -> None:
    with pytest.raises(NotFound):
        take(engine, sheet.handovers[0].id, code, people["mado"])


def test_a_withdrawal_closes_the_sheet_to_its_desk_at_once(engine: Engine, people: People, sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    take(engine, number, "receive", people["fukushi"])
    withdrawn = take(engine, number, "withdraw", people["mado"])
    assert (withdrawn.state, withdrawn.consent, withdrawn.consent_by, withdrawn.withdrawn_by) == (
        "withdrawn",
        "withdrawn",
        "見本 一郎",
        "見本 一郎",
    )
    assert everything(desk_sees(engine, number)) == ""
    assert handovers.offered(withdrawn, people["fukushi"]) == ()


def test_a_legal_ground_cannot_be_withdrawn(engine: Engine, catalogue: Catalogue, people: People) -> None:
    legal = row("P046", "legal", legal_ground=GROUNDS[0], legal_reason="命があぶない")
    number = sent(engine, catalogue, people["mado"], legal).handovers[0].id
    with pytest.raises(InvalidInput, match="取り下げる"):
        take(engine, number, "withdraw", people["mado"])
    with db.reading(engine) as session:
        assert "withdraw" not in handovers.offered(handovers.get(session, number), people["mado"])


def test_who_left_gives_their_open_work_back_to_the_department(engine: Engine, people: People, sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    held = take(engine, number, "receive", people["fukushi"])
    assert held.holder_id == people["fukushi"].id
    with db.transaction(engine) as session:
        assert accounts.stop(session, people["fukushi"].id or 0, people["kanri"], SENT_AT) == 1
    with db.reading(engine) as session:
        left = handovers.get(session, number)
        assert left.holder_id is None
        assert "take_over" in handovers.offered(left, people["fukushi2"])
    assert take(engine, number, "take_over", people["fukushi2"]).holder_id == people["fukushi2"].id


# ---- handing on ---------------------------------------------------------------------------------


def onward(
    engine: Engine, catalogue: Catalogue, number: str, after: Handover | None, by: Person, given: HandoverInput
) -> Handover:
    with db.transaction(engine) as session:
        origin = (after.id, after.version) if after else None
        return sending.hand_on(session, catalogue, number, given, True, origin, by, SENT_AT + timedelta(days=1))


def test_a_returned_one_is_handed_on_linked_and_counted(
    engine: Engine, catalogue: Catalogue, people: People, sheet: Sheet
) -> None:
    back = take(engine, sheet.handovers[0].id, "return", people["fukushi"])
    second = onward(engine, catalogue, sheet.number, back, people["mado2"], row("P050", "written"))
    assert (second.state, second.origin_id, handovers.chain(second)) == ("sent", back.id, 2)
    assert second.consent_by == "見本 二郎"
    assert states(engine, sheet.number) == ["onward", "sent", "sent"]
    with pytest.raises(Conflict, match="先につなぎ直されています"):
        onward(engine, catalogue, sheet.number, back, people["mado"], row("P051"))
    third = onward(
        engine,
        catalogue,
        sheet.number,
        take(engine, second.id, "return", people["fukushi"]),
        people["mado"],
        row("P046"),
    )
    assert handovers.chain(third) == 3


def test_a_refused_row_can_be_sent_when_consent_came_later(
    engine: Engine, catalogue: Catalogue, people: People
) -> None:
    made = sent(engine, catalogue, people["mado"], row("P046"), row("P032", ""))
    late = onward(engine, catalogue, made.number, None, people["mado"], row("P032"))
    assert late.id == made.handovers[1].id
    assert states(engine, made.number) == ["sent", "sent"]


ONWARD = {
    "nowhere": (row(""), True, "window"),
    "no basis": (row("P050", ""), True, "consent"),
    "refused": (row("P050", "refused"), True, "consent"),
    "not explained": (row("P050"), False, "explained"),
    "no way": (row("P050", way=""), True, "way"),
    "already there": (row("P032"), True, "window"),
    "bare ground": (row("P050", "legal"), True, "legal_reason"),
}


@pytest.mark.parametrize(("given", "explained", "field"), ONWARD.values(), ids=ONWARD.keys())
def test_handing_on_needs_as_much_as_sending(
    engine: Engine,
    catalogue: Catalogue,
    people: People,
    sheet: Sheet,
    given: HandoverInput,
    explained: bool,
    field: str,
) -> None:
    with pytest.raises(InvalidInput) as told, db.transaction(engine) as session:
        sending.hand_on(session, catalogue, sheet.number, given, explained, None, people["mado"], SENT_AT)
    assert field in told.value.fields
    assert len(states(engine, sheet.number)) == 2


# ---- paper --------------------------------------------------------------------------------------


def key_in(
    engine: Engine, number: int, result: str, by: Person, receiver: str = "架空野 受付", words: str = "返事"
) -> Handover:
    with db.transaction(engine) as session:
        version = handovers.get(session, number).version
        return handovers.key_in(session, number, result, version, receiver, words, by, SENT_AT)


@pytest.mark.parametrize(("result", "state"), [("finish", "done"), ("answer", "received"), ("return", "returned")])
def test_a_paper_answer_is_keyed_in_by_the_sender(
    engine: Engine, catalogue: Catalogue, people: People, result: str, state: str
) -> None:
    number = sent(engine, catalogue, people["mado"], row("houterasu")).handovers[0].id
    kept = key_in(engine, number, result, people["mado"])
    assert kept.state == state
    assert [(event.step, event.words) for event in kept.events[2:]] == [("phoned", "架空野 受付"), (result, "返事")]
    assert kept.news is False


@pytest.mark.parametrize(
    ("receiver", "result", "words", "field"),
    [
        ("", "finish", "x", "receiver"),
        ("x", "", "x", "result"),
        ("x", "finish", " ", "words"),
        ("x", "finish", "あ" * 1001, "words"),
    ],
)
def test_half_a_paper_answer_changes_nothing(
    engine: Engine, catalogue: Catalogue, people: People, receiver: str, result: str, words: str, field: str
) -> None:
    number = sent(engine, catalogue, people["mado"], row("houterasu")).handovers[0].id
    with pytest.raises(InvalidInput) as told:
        key_in(engine, number, result, people["mado"], receiver, words)
    assert set(told.value.fields) == {field}
    with db.reading(engine) as session:
        assert handovers.get(session, number).state == "sent"


def test_a_receipt_by_telephone_opens_the_way_for_answers_by_telephone(
    engine: Engine, people: People, sheet: Sheet
) -> None:
    number = sheet.handovers[0].id
    with pytest.raises(Refused):
        take(engine, number, "finish", people["mado"])
    take(engine, number, "phoned", people["mado"])
    assert take(engine, number, "finish", people["mado"]).state == "done"


# ---- who sees what ------------------------------------------------------------------------------


def desk_sees(engine: Engine, number: int) -> viewing.Shown:
    """What the receiving desk sees now."""
    with db.reading(engine) as session:
        return viewing.for_receiver(handovers.get(session, number))


def everything(seen: viewing.Shown) -> str:
    pairs = (*seen.resident, *seen.visitor, *seen.stories, *((one.by_name, one.words) for one in seen.addenda))
    return " ".join(value for _, value in pairs)


def test_before_receipt_the_desk_sees_the_request_alone(engine: Engine, people: People, sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    assert everything(desk_sees(engine, number)) == ""
    take(engine, number, "receive", people["fukushi"])
    assert PERSON["name"] in everything(desk_sees(engine, number))


def test_a_narrow_consent_hides_story_worries_and_addenda(engine: Engine, catalogue: Catalogue, people: People) -> None:
    made = sent(engine, catalogue, people["mado"], row("P046", scope="contact"), row("P032"))
    with db.transaction(engine) as session:
        sending.add(session, made.number, "あとの話", people["mado"], SENT_AT)
    for one, login in zip(made.handovers, ("fukushi", "kodomo"), strict=True):
        take(engine, one.id, "receive", people[login])
    narrow, wide = (desk_sees(engine, one.id) for one in made.handovers)
    assert PERSON["name"] in everything(narrow)
    assert (narrow.stories, narrow.items, narrow.addenda) == ((), (), ())
    assert STORY in everything(wide)
    assert "あとの話" in everything(wide)
    assert dict(wide.items)["債務"] == "✓"


def test_after_a_return_the_desk_sees_nothing_of_the_person(engine: Engine, people: People, sheet: Sheet) -> None:
    for step in ("receive", "return"):
        take(engine, sheet.handovers[0].id, step, people["fukushi"])
    assert everything(desk_sees(engine, sheet.handovers[0].id)) == ""


GUARDED = {"item": (("DV・虐待",), "P046"), "window": (("債務",), "P069")}


@pytest.mark.parametrize(("items", "window"), GUARDED.values(), ids=GUARDED.keys())
def test_where_somebody_in_danger_lives_is_opened_with_a_reason_only(
    engine: Engine, catalogue: Catalogue, people: People, items: tuple[str, ...], window: str
) -> None:
    made = sent(engine, catalogue, people["mado"], row(window), items=items)
    seen = viewing.for_sender(made)
    assert seen.hidden
    assert PERSON["phone"] not in everything(seen)
    assert PERSON["address"] not in everything(seen)
    assert seen.safe.needed
    assert PERSON["phone"] in everything(viewing.for_sender(made, opened=True))
    with pytest.raises(InvalidInput, match="理由"), db.transaction(engine) as session:
        sheets.open_contact(session, made.number, "なんとなく", people["mado"], SENT_AT)
    with db.transaction(engine) as session:
        sheets.open_contact(session, made.number, "call", people["mado"], SENT_AT)
        line = audit.listing(session).entries[0]
        assert (line.action, line.detail, line.sheet) == ("contact_opened", "call", made.number)


def test_an_addendum_is_refused_empty_too_long_or_before_sending(
    engine: Engine, catalogue: Catalogue, people: People, sheet: Sheet
) -> None:
    for words in ("", "  ", "あ" * 2_001):
        with pytest.raises(InvalidInput), db.transaction(engine) as session:
            sending.add(session, sheet.number, words, people["mado"], SENT_AT)
    early = draft(engine, catalogue, people["mado"])
    with pytest.raises(Conflict), db.transaction(engine) as session:
        sending.add(session, early.number, "話", people["mado"], SENT_AT)


# ---- deadlines, counts, tracks ------------------------------------------------------------------

# sent on, way, today → the last day, open days late (23 November is a holiday, 28 and 29 a weekend)
DUE = {
    "same day by telephone": ((2026, 11, 24, 10), "電話で受理を確認", (2026, 11, 24), (2026, 11, 24), 0),
    "one day late": ((2026, 11, 24, 10), "電話で受理を確認", (2026, 11, 25), (2026, 11, 24), 1),
    "next open day": ((2026, 11, 24, 10), "庁内で送付", (2026, 11, 25), (2026, 11, 25), 0),
    "after closing time": ((2026, 11, 24, 18), "同行", (2026, 11, 25), (2026, 11, 25), 0),
    "over a long weekend": ((2026, 11, 20, 10), "庁内で送付", (2026, 11, 24), (2026, 11, 24), 0),
    "a weekend counts nothing": ((2026, 11, 26, 10), "庁内で送付", (2026, 11, 29), (2026, 11, 27), 0),
    "over new year": ((2026, 12, 28, 10), "本人が持参", (2027, 1, 5), (2027, 1, 4), 1),
}


@pytest.mark.parametrize(("at", "way", "today", "last", "late"), DUE.values(), ids=DUE.keys())
def test_receipt_is_due_in_open_days(
    desk_rules: Rules, at: tuple[int, ...], way: str, today: tuple[int, int, int], last: tuple[int, int, int], late: int
) -> None:
    waiting = Handover(state="sent", way=way, sent_at=datetime(*at))  # type: ignore[arg-type]
    found = inbox.due(waiting, desk_rules, datetime(*today).date())
    assert found is not None
    assert (found.day, found.late) == (datetime(*last).date(), late)


def test_an_answer_is_due_ten_open_days_after_receipt(desk_rules: Rules) -> None:
    working = Handover(state="working", way="同行", sent_at=SENT_AT, received_at=datetime(2026, 11, 24, 15))
    found = inbox.due(working, desk_rules, datetime(2026, 12, 10).date())
    assert found is not None
    assert (found.day, found.late) == (datetime(2026, 12, 8).date(), 2)


def test_the_inbox_counts_what_waits_and_what_is_late(
    engine: Engine, catalogue: Catalogue, people: People, desk_rules: Rules
) -> None:
    for _ in range(3):
        made = sent(engine, catalogue, people["mado"])
    later = SENT_AT + timedelta(days=3)
    take(engine, made.handovers[0].id, "receive", people["fukushi"], at=later)
    with db.transaction(engine) as session:
        page = inbox.page(session, people["fukushi2"], "waiting", 1, desk_rules, later)
        assert [(tab.code, tab.count, tab.late) for tab in page.tabs] == [
            ("waiting", 2, 2),
            ("open", 1, 0),
            ("ended", 0, 0),
        ]
        assert [row.handover.sheet.number for row in page.rows] == ["R8-0001", "R8-0002"]
        assert inbox.counts(session, people["fukushi"], desk_rules, later.date()).waiting == 2
        assert inbox.counts(session, people["mado"], desk_rules, later.date()).news == 1
        assert inbox.counts(session, people["kokuho"], desk_rules, later.date()) == inbox.Counts()
        with pytest.raises(Refused):
            inbox.page(session, people["mado"], "waiting", 1, desk_rules, later)


def test_an_answer_is_news_until_the_senders_desk_has_seen_it(
    engine: Engine, people: People, sheet: Sheet, desk_rules: Rules
) -> None:
    take(engine, sheet.handovers[0].id, "receive", people["fukushi"])
    with db.transaction(engine) as session:
        assert inbox.counts(session, people["mado2"], desk_rules, SENT_AT.date()).news == 1
        own = sheets.own(session, sheet.number, people["mado"])
        inbox.seen(own, {own.handovers[0].id: own.handovers[0].version - 1})
        assert inbox.counts(session, people["mado"], desk_rules, SENT_AT.date()).news == 1  # a newer one came
        inbox.seen(own, {own.handovers[0].id: own.handovers[0].version})
    with db.reading(engine) as session:
        assert inbox.counts(session, people["mado2"], desk_rules, SENT_AT.date()).news == 0


TRACKS = {
    "sent": ((), ["done", "done", "now", "next", "next"]),
    "received": (("receive",), ["done", "done", "done", "next", "now"]),
    "working": (("receive", "start"), ["done", "done", "done", "done", "now"]),
    "done": (("receive", "start", "finish"), ["done"] * 5),
    "returned": (("return",), ["done", "done", "back"]),
    "withdrawn": (("receive", "withdraw"), ["done", "done", "done", "back"]),
}


@pytest.mark.parametrize(("steps", "kinds"), TRACKS.values(), ids=TRACKS.keys())
def test_the_track_tells_where_it_stands(
    engine: Engine, people: People, sheet: Sheet, desk_rules: Rules, steps: tuple[str, ...], kinds: list[str]
) -> None:
    number = sheet.handovers[0].id
    for step in steps:
        take(engine, number, step, people["fukushi"])
    with db.reading(engine) as session:
        stops = viewing.track(handovers.get(session, number), desk_rules, SENT_AT.date())
    assert [stop.kind for stop in stops] == kinds


def test_a_late_one_says_so_on_its_track(engine: Engine, sheet: Sheet, desk_rules: Rules) -> None:
    with db.reading(engine) as session:
        row = session.scalars(select(Handover)).first()
        assert row is not None
        stops = viewing.track(row, desk_rules, SENT_AT.date() + timedelta(days=8))
    assert [stop.kind for stop in stops][2] == "late"


def test_sides_need_both_the_permission_and_the_department(engine: Engine, people: People, sheet: Sheet) -> None:
    with db.transaction(engine) as session:
        found = handovers.get(session, sheet.handovers[0].id)
        standing = {login: handovers.sides(found, person) for login, person in people.items()}
        assert {login for login, sides in standing.items() if SENDER in sides} == {"mado", "mado2"}
        assert {login for login, sides in standing.items() if RECEIVER in sides} == {"fukushi", "fukushi2"}
        session.execute(update(Sheet).values(clerk_department="福祉総合支援課"))
        session.expire_all()
        assert handovers.sides(handovers.get(session, found.id), people["fukushi"]) == {SENDER, RECEIVER}
