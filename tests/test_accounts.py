"""Accounts: the door, its throttle, passwords, and what an administrator may do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text

from referral_app import accounts, audit, db, entering, handovers
from referral_app import demo as demos
from referral_app.access import NOBODY, PERMISSIONS, ROLES, Permission, Person
from referral_app.accounts import AccountInput
from referral_app.audit import ACTIONS, Action
from referral_app.catalogue import Catalogue
from referral_app.entering import THROTTLE
from referral_app.errors import InvalidInput, NotFound, Refused
from referral_app.models import Account, LoginTry
from tests.conftest import TUESDAY
from tests.kept import referral
from tests.people import password_of
from tests.travel import sent, take

People = dict[str, Person]


def try_to_enter(engine: Engine, login: str, password: str, seconds: float = 0, demo: bool = False) -> entering.Entry:
    with db.reading(engine) as session:
        asked = entering.candidate(session, login, demo)
    fitted = entering.fits(asked, password)
    with db.transaction(engine) as session:
        return entering.enter(session, asked, fitted, TUESDAY + timedelta(seconds=seconds))


# ---- tables -------------------------------------------------------------------------------------


def test_the_tables_of_roles_and_actions_are_whole() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert set(ACTIONS) == set(Action)
    granted = {permission for role in ROLES.values() for permission in role.permissions}
    assert granted == set(Permission)


def test_whoever_keeps_the_accounts_or_the_lexicon_sees_no_sheet() -> None:
    for code in ("admin", "planner", "trainee"):
        assert not ROLES[code].permissions & {Permission.WRITE, Permission.RECEIVE}


# ---- the door -----------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["mado", "MADO", " ｍａｄｏ "])
def test_the_right_password_opens_however_the_name_is_typed(engine: Engine, login: str) -> None:
    entry = try_to_enter(engine, login, password_of("mado"))
    assert entry.person is not None
    assert (entry.person.name, entry.person.departments) == ("見本 一郎", ("市民協働推進課",))


@pytest.mark.parametrize(
    ("login", "password"),
    [("mado", "wrong"), ("mado", ""), ("nobody", "x"), ("", ""), ("mado\0", "x"), ("\ud800", "x")],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(engine: Engine, login: str, password: str) -> None:
    entry = try_to_enter(engine, login, password)
    assert entry.person is None
    assert entry.message == "利用者名かパスワードが違います。確かめて、もう一度入れてください。"


@pytest.mark.parametrize("login", ["mado", "nobody"])
def test_failures_in_a_row_make_a_name_wait_longer_and_longer(engine: Engine, login: str) -> None:
    clock, waits = 0.0, []
    for _ in range(12):
        message = try_to_enter(engine, login, "wrong", clock).message
        waits.append("あと" in message)
        with db.reading(engine) as session:
            tried = session.scalars(select(LoginTry)).one()
            wait = entering._wait(tried, TUESDAY + timedelta(seconds=clock))
        clock += wait.total_seconds() + 1
    assert waits == [False, False, *[True] * 10]
    assert wait == THROTTLE[0][1]
    blocked = try_to_enter(engine, login, password_of(login), clock - 60)
    assert blocked.person is None
    assert "待ってから" in blocked.message


def test_the_right_password_within_the_wait_does_not_open_and_is_not_counted(engine: Engine) -> None:
    for _ in range(5):
        try_to_enter(engine, "mado", "wrong", 100)
    with db.transaction(engine) as session:
        session.scalars(select(LoginTry)).one().failures = 5
    assert try_to_enter(engine, "mado", password_of("mado"), 101).person is None
    assert try_to_enter(engine, "mado", password_of("mado"), 101 + 61).person is not None
    with db.reading(engine) as session:
        assert session.scalars(select(LoginTry)).all() == []


def test_failures_are_forgotten_after_a_day(engine: Engine) -> None:
    for _ in range(3):
        try_to_enter(engine, "mado", "wrong")
    day = timedelta(days=1, seconds=1).total_seconds()
    assert "あと" not in try_to_enter(engine, "mado", "wrong", day).message


def test_what_was_typed_as_a_name_is_kept_nowhere(engine: Engine) -> None:
    try_to_enter(engine, "my-secret-password", "x")
    with engine.connect() as connection:
        tries = list(connection.execute(text("SELECT * FROM login_try")))
        lines = list(connection.execute(text("SELECT * FROM audit_entry")))
    dump = "".join(map(str, tries + lines))
    assert "secret" not in dump


def test_every_entry_and_failure_stands_in_the_record(engine: Engine, people: People) -> None:
    try_to_enter(engine, "mado", "wrong")
    try_to_enter(engine, "nobody", "wrong")
    try_to_enter(engine, "mado", password_of("mado"))
    with db.reading(engine) as session:
        lines = [(one.action, one.account_id) for one in audit.listing(session).entries[:3]]
    number = people["mado"].id
    assert lines == [("login", number), ("login_failed", None), ("login_failed", number)]


# ---- passwords ----------------------------------------------------------------------------------

BAD = {
    "short": ("kurumi-momo", "new"),
    "long": ("あ" * 60 + "いうえお" * 20, "new"),
    "own name": ("kanri-mado-kanri", "new"),
    "one letter": ("aaaaaaaaaaaaaaaa", "new"),
}


def change(engine: Engine, by: Person, old: str, new: str, again: str) -> tuple[str, dict[str, str]]:
    with db.reading(engine) as session:
        asked = entering.candidate(session, by.login)
    checked = entering.new_password(by.login, old, new, again)
    fitted = entering.fits(asked, old)
    with db.transaction(engine) as session:
        return entering.change_password(session, by, asked, fitted, checked, TUESDAY)


@pytest.mark.parametrize(("new", "field"), BAD.values(), ids=BAD.keys())
def test_a_weak_password_is_refused_with_its_reason(engine: Engine, clerk: Person, new: str, field: str) -> None:
    stamp, faults = change(engine, clerk, password_of("mado"), new, new)
    assert (stamp, set(faults)) == ("", {field})


def test_every_fault_of_a_password_change_is_told_at_once(engine: Engine, clerk: Person) -> None:
    assert set(change(engine, clerk, "wrong", "short", "other")[1]) == {"old", "new", "again"}


def test_guessing_the_old_password_is_counted_and_recorded_as_a_failed_login(engine: Engine, clerk: Person) -> None:
    told = [change(engine, clerk, "wrong", "kurumi-momo-budou", "kurumi-momo-budou")[1]["old"] for _ in range(4)]
    assert "いまのパスワードが違います" in told[0]
    assert "あと" in told[3]
    assert change(engine, clerk, password_of("mado"), "kurumi-momo-budou", "kurumi-momo-budou")[0] == ""
    with db.reading(engine) as session:
        assert audit.listing(session, action="login_failed").total == 5


def test_a_new_password_ends_every_other_session(engine: Engine, clerk: Person) -> None:
    old = try_to_enter(engine, "mado", password_of("mado")).stamp
    stamp, _ = change(engine, clerk, password_of("mado"), "kurumi-momo-budou", "kurumi-momo-budou")
    with db.reading(engine) as session:
        assert entering.person(session, clerk.id or 0, old) is None
        assert entering.person(session, clerk.id or 0, stamp) is not None
    assert try_to_enter(engine, "mado", "kurumi-momo-budou").person is not None
    assert try_to_enter(engine, "mado", password_of("mado")).person is None


def test_logging_out_ends_every_session_of_this_person(engine: Engine, clerk: Person) -> None:
    stamp = try_to_enter(engine, "mado", password_of("mado")).stamp
    with db.transaction(engine) as session:
        entering.leave(session, clerk, TUESDAY)
        assert entering.person(session, clerk.id or 0, stamp) is None


def test_a_one_time_password_ends_by_itself(engine: Engine, people: People) -> None:
    with db.transaction(engine) as session:
        password = accounts.reset(session, people["mado"].id or 0, people["kanri"], TUESDAY)
    week = accounts.ONE_TIME.total_seconds()
    assert "期限" in try_to_enter(engine, "mado", password, week + 1).message
    assert try_to_enter(engine, "mado", password, week - 1).person is not None


def test_a_password_replaced_between_look_and_entry_opens_nothing(engine: Engine, people: People) -> None:
    with db.transaction(engine) as session:
        asked = entering.candidate(session, "mado")
        accounts.reset(session, people["mado"].id or 0, people["kanri"], TUESDAY)
        assert entering.enter(session, asked, True, TUESDAY).person is None


def test_who_moves_to_another_department_gives_their_open_work_back(
    engine: Engine, people: People, catalogue: Catalogue
) -> None:
    number = sent(engine, catalogue, people["mado"]).handovers[0].id
    take(engine, number, "receive", people["fukushi"])
    with db.transaction(engine) as session:
        given = AccountInput("fukushi", "見本 夏子", "department", ("学務課",))
        accounts.change(session, people["fukushi"].id or 0, given, {"学務課"}, people["kanri"], TUESDAY)
        assert handovers.get(session, number).holder_id is None


def test_hashes_are_argon2id(engine: Engine) -> None:
    with db.reading(engine) as session:
        assert all(account.password_hash.startswith("$argon2id$") for account in session.scalars(select(Account)))


# ---- the administrator --------------------------------------------------------------------------


def made(engine: Engine, people: People, given: AccountInput) -> tuple[Account, str]:
    with db.transaction(engine) as session:
        return accounts.create(session, given, {"学務課", "青少年課"}, people["kanri"], TUESDAY)


def test_a_new_account_enters_once_with_its_one_time_password(engine: Engine, people: People) -> None:
    account, password = made(engine, people, AccountInput("new.one", "架空 花", "department", ("学務課", "青少年課")))
    entry = try_to_enter(engine, "new.one", password)
    assert entry.person is not None
    assert entry.person.one_time
    assert (entry.person.desk, entry.person.departments) == ("学務課", ("学務課", "青少年課"))
    assert account.password_hash != password


WRONG = {
    "no login": (AccountInput("", "花", "trainee"), "login"),
    "Japanese login": (AccountInput("花子", "花", "trainee"), "login"),
    "taken": (AccountInput("MADO", "花", "trainee"), "login"),
    "no name": (AccountInput("new", " ", "trainee"), "name"),
    "long name": (AccountInput("new", "花" * 41, "trainee"), "name"),
    "no role": (AccountInput("new", "花", "king"), "role"),
    "no place": (AccountInput("new", "花", "clerk"), "departments"),
    "unknown place": (AccountInput("new", "花", "clerk", ("竜宮課",)), "departments"),
}


@pytest.mark.parametrize(("given", "field"), WRONG.values(), ids=WRONG.keys())
def test_a_bad_account_is_refused_beside_its_field(
    engine: Engine, people: People, given: AccountInput, field: str
) -> None:
    with pytest.raises(InvalidInput) as told:
        made(engine, people, given)
    assert set(told.value.fields) == {field}


def test_a_stopped_account_does_not_enter_and_its_sessions_end(engine: Engine, people: People) -> None:
    stamp = try_to_enter(engine, "mado", password_of("mado")).stamp
    with db.transaction(engine) as session:
        accounts.stop(session, people["mado"].id or 0, people["kanri"], TUESDAY)
    assert try_to_enter(engine, "mado", password_of("mado")).person is None
    with db.transaction(engine) as session:
        assert entering.person(session, people["mado"].id or 0, stamp) is None
        password = accounts.resume(session, people["mado"].id or 0, people["kanri"], TUESDAY)
    assert try_to_enter(engine, "mado", password, 9).person is not None


def test_a_smaller_role_counts_at_once(engine: Engine, people: People) -> None:
    stamp = try_to_enter(engine, "fukushi", password_of("fukushi")).stamp
    with db.transaction(engine) as session:
        given = AccountInput("fukushi", "見本 夏子", "trainee")
        accounts.change(session, people["fukushi"].id or 0, given, (), people["kanri"], TUESDAY)
        assert entering.person(session, people["fukushi"].id or 0, stamp) is None
    entry = try_to_enter(engine, "fukushi", password_of("fukushi"))
    assert entry.person is not None
    assert (entry.person.role, entry.person.departments) == ("trainee", ())


def test_the_last_administrator_stays_and_nobody_stops_themselves(engine: Engine, people: People) -> None:
    number = people["kanri"].id or 0
    for by in (people["kanri"], NOBODY):
        with pytest.raises(Refused), db.transaction(engine) as session:
            accounts.stop(session, number, by, TUESDAY)
    with pytest.raises(Refused), db.transaction(engine) as session:
        accounts.change(session, number, AccountInput("kanri", "見本", "trainee"), (), NOBODY, TUESDAY)
    with pytest.raises(NotFound), db.transaction(engine) as session:
        accounts.stop(session, 999, people["kanri"], TUESDAY)


def test_a_reset_ends_the_waiting(engine: Engine, people: People) -> None:
    for _ in range(3):
        try_to_enter(engine, "mado", "wrong")
    with db.transaction(engine) as session:
        password = accounts.reset(session, people["mado"].id or 0, people["kanri"], TUESDAY)
    assert try_to_enter(engine, "mado", password).person is not None


# ---- first start and demo -----------------------------------------------------------------------


def test_the_first_administrator_is_made_once(engine: Engine) -> None:
    with db.transaction(engine) as session:
        session.execute(text("DELETE FROM account"))
        found = accounts.first_administrator(session, TUESDAY)
        assert found is not None
        assert accounts.first_administrator(session, TUESDAY) is None
    entry = try_to_enter(engine, *found)
    assert entry.person is not None
    assert (entry.person.role, entry.person.one_time) == ("admin", True)


def test_demo_people_enter_a_demo_only(engine: Engine, catalogue: Catalogue) -> None:
    with db.transaction(engine) as session:
        assert not demos.open_accounts(session, catalogue, TUESDAY)  # real people are here
        session.execute(text("DELETE FROM account"))
        assert demos.open_accounts(session, catalogue, TUESDAY)
        assert demos.fill(session, catalogue, TUESDAY) == 4
        assert demos.fill(session, catalogue, TUESDAY) == 0
    one = demos.ACCOUNTS[0]
    entry = try_to_enter(engine, one.login, one.password, demo=True)
    assert entry.person is not None
    assert try_to_enter(engine, one.login, one.password).person is None
    with db.transaction(engine) as session:
        assert entering.person(session, entry.person.id or 0, entry.stamp) is None
        demos.close_accounts(session, TUESDAY)
        assert accounts.online(session) == frozenset()
        assert accounts.first_administrator(session, TUESDAY) is not None


def test_there_is_a_demo_account_for_every_role() -> None:
    assert {one.role for one in demos.ACCOUNTS} == set(ROLES)


def test_the_console_lists_people_and_gives_a_one_time_password(kept) -> None:  # type: ignore[no-untyped-def]
    assert "fukushi2\t所管課職員\t福祉総合支援課・生活福祉課" in referral(kept, "user", "list").output
    result = referral(kept, "user", "reset", "ＭＡＤＯ")
    assert result.exit_code == 0
    assert "パスワード" in result.output
    missing = referral(kept, "user", "reset", "nobody")
    assert (missing.exit_code, "登録されていません" in missing.output) == (1, True)
