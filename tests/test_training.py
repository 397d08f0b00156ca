"""The training's verbs and tables: whose they are, and that no way leads from them to a sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from referral_app import courses, db, shelf, training
from referral_app.access import ROLES, Permission, Person
from referral_app.consult import Desk
from referral_app.errors import Conflict, InvalidInput, NotFound, Refused
from referral_app.models import Base, PracticeMember, PracticeRun
from referral_app.practice import runs
from referral_app.practice.scenarios import values_of
from tests.conftest import TUESDAY

Verb = Callable[[Session, Desk, Person], Any]


def test_no_table_of_the_training_leads_to_a_sheet_or_back() -> None:
    for table in Base.metadata.sorted_tables:
        targets = {key.column.table.name for key in table.foreign_keys}
        if table.name.startswith("practice_"):
            assert {name for name in targets if not name.startswith("practice_")} <= {"account"}, table.name
        else:
            assert not {name for name in targets if name.startswith("practice_")}, table.name


def first(desk: Desk) -> Any:
    return desk.practice.scenarios["no-bed"]


TRAINEES_VERBS: dict[str, Verb] = {
    "begin": lambda s, desk, by: training.begin(s, first(desk), by, TUESDAY),
    "get": lambda s, desk, by: training.get(s, desk.practice, 1, by),
    "forget": lambda s, desk, by: training.forget(s, 1, by),
    "answer": lambda s, desk, by: training.answer(s, "quiz", {"a": True}, by, TUESDAY),
    "join": lambda s, desk, by: training.join(s, "ABCDEF", by, TUESDAY),
}
TRAINERS_VERBS: dict[str, Verb] = {
    "written": lambda s, desk, by: shelf.written(s, desk.practice, by),
    "read one": lambda s, desk, by: shelf.get(s, desk.practice, 1, by),
    "save": lambda s, desk, by: shelf.save(s, desk.practice, None, {}, 0, by, TUESDAY),
    "take in": lambda s, desk, by: shelf.take_in(s, desk.practice, "", by, TUESDAY),
    "publish": lambda s, desk, by: shelf.publish(s, desk.practice, 1, by, TUESDAY),
    "withdraw": lambda s, desk, by: shelf.withdraw(s, desk.practice, 1, by, TUESDAY),
    "courses": lambda s, desk, by: courses.listing(s, by),
    "start": lambda s, desk, by: courses.start(s, "見本", by, TUESDAY),
    "close": lambda s, desk, by: courses.close(s, desk.practice, 1, by, TUESDAY),
    "export": lambda s, desk, by: courses.export(s, 1, by, TUESDAY),
}
ALL = [(Permission.PRACTISE, verb) for verb in TRAINEES_VERBS.items()] + [
    (Permission.TRAIN, verb) for verb in TRAINERS_VERBS.items()
]


@pytest.mark.parametrize(("needed", "verb"), ALL, ids=[name for _, (name, _) in ALL])
def test_every_verb_asks_who_may(
    engine: Engine, desk: Desk, people: dict[str, Person], needed: Permission, verb: tuple[str, Verb]
) -> None:
    for login in ("jukou", "mado", "fukushi", "kenshu", "keikaku", "kanri"):
        by = people[login]
        may = needed in ROLES[by.role].permissions
        with db.reading(engine) as session:
            try:
                verb[1](session, desk, by)
            except Refused:
                assert not may, login
            except Exception:
                assert may, login
            else:
                assert may, login


def begun(engine: Engine, desk: Desk, by: Person) -> int:
    with db.transaction(engine) as session:
        return training.begin(session, first(desk), by, TUESDAY).id


def test_a_finished_run_takes_no_more_and_keeps_its_points(
    engine: Engine, desk: Desk, people: dict[str, Person]
) -> None:
    jukou, number = people["jukou"], begun(engine, desk, people["jukou"])
    with db.transaction(engine) as session:
        training.act(session, desk.practice, number, lambda run, s: runs.notice(run, s, [1]), jukou, TUESDAY)
        training.finish(session, desk.practice, number, jukou, TUESDAY)
        training.finish(session, desk.practice, number, jukou, TUESDAY)
    with pytest.raises(Conflict), db.transaction(engine) as session:
        training.act(session, desk.practice, number, lambda run, s: runs.notice(run, s, []), jukou, TUESDAY)
    with db.reading(engine) as session:
        past = training.history(session, jukou)
        assert [column.cells[0] for column in training.chart(past)] == [past[0].points["notice"]]
        assert training.history(session, people["jukou2"]) == ()


def test_a_deed_that_is_refused_changes_nothing(engine: Engine, desk: Desk, people: dict[str, Person]) -> None:
    jukou, number = people["jukou"], begun(engine, desk, people["jukou"])
    with pytest.raises(InvalidInput), db.transaction(engine) as session:
        training.act(session, desk.practice, number, lambda run, s: runs.follow(run, -1), jukou, TUESDAY)
    with db.reading(engine) as session:
        assert training.get(session, desk.practice, number, jukou).run.follow_up is None
    with pytest.raises(NotFound), db.reading(engine) as session:
        training.get(session, desk.practice, number, people["kenshu"])


def test_one_is_in_one_course_at_a_time_and_leaves_with_ones_answers(
    engine: Engine, desk: Desk, people: dict[str, Person]
) -> None:
    jukou = people["jukou"]
    with db.transaction(engine) as session:
        one, two = (courses.start(session, title, people["kenshu"], TUESDAY) for title in ("いち", "に"))
        training.join(session, one.code, jukou, TUESDAY)
        run = training.begin(session, first(desk), jukou, TUESDAY)
        assert run.course_id == one.id
        training.join(session, two.code, jukou, TUESDAY)
        session.refresh(run)
        assert run.course_id is None
        assert [row.course_id for row in session.query(PracticeMember)] == [two.id]
        courses.close(session, desk.practice, two.id, people["kenshu"], TUESDAY)
        assert training.course_of(session, jukou) is None
        assert training.begin(session, first(desk), jukou, TUESDAY).course_id is None


def test_a_scenario_that_names_a_lost_window_is_not_offered(
    engine: Engine, desk: Desk, people: dict[str, Person]
) -> None:
    values = values_of(first(desk)) | {"code": "our-own"}
    by = people["kenshu"]
    with db.transaction(engine) as session:
        made = shelf.save(session, desk.practice, None, values, 0, by, TUESDAY)
        shelf.publish(session, desk.practice, made.id, by, TUESDAY)
        assert "our-own" in shelf.playable(session, desk.practice)
        row = session.get(shelf.PracticeScenario, made.id)
        assert row
        row.texts[-1].text = row.texts[-1].text.replace('"P0', '"P9')
        session.flush()
        assert "our-own" not in shelf.playable(session, desk.practice)
        assert shelf.written(session, desk.practice, by)[0].faults
        assert (
            shelf.version_of(session, desk.practice, "our-own", made.scenario.version if made.scenario else "") is None
        )


def test_no_run_is_of_a_scenario_without_a_version(engine: Engine, desk: Desk, people: dict[str, Person]) -> None:
    with db.transaction(engine) as session:
        shelf.save(session, desk.practice, None, {"title": "書きかけ"}, 0, people["kenshu"], TUESDAY)
        assert shelf.version_of(session, desk.practice, "", "") is None
        assert session.query(PracticeRun).count() == 0
