"""Closed by default: every route × every role over HTTP, the session's end, and words kept over a login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from referral_app import accounts, audit, db
from referral_app.access import PERMISSIONS, ROLES, Permission, Person
from referral_app.catalogue import Catalogue
from referral_app.sealing import KeyFile
from referral_app.web import guard
from referral_app.web.guard import ANYONE, SIGNED_IN
from tests.conftest import TUESDAY
from tests.pages import Page, Pages
from tests.people import PEOPLE, password_of
from tests.travel import PERSON, STORY, draft, sent, take

pytestmark = pytest.mark.slow

# Every route and who may open it. A new route must be added here, and with it a thought about who it is for.
ROUTES: dict[str, tuple[Permission | str, ...]] = {
    "/static/<path:filename>": (ANYONE,),
    "/healthz": (ANYONE,),
    "/api/v1/match": (ANYONE,),
    "/api/v1/openapi.json": (ANYONE,),
    "/memo": (ANYONE,),
    "/help": (ANYONE,),
    "/login": (ANYONE,),
    "/logout": (SIGNED_IN,),
    "/password": (SIGNED_IN,),
    "/": (Permission.CONSULT,),
    "/explain": (Permission.LEXICON,),
    "/sheets": (Permission.WRITE,),
    "/sheets/find": (Permission.WRITE,),
    "/sheets/<number>": (Permission.WRITE,),
    "/sheets/<number>/discard": (Permission.WRITE,),
    "/sheets/<number>/resident": (Permission.WRITE,),
    "/sheets/<number>/resident.pdf": (Permission.WRITE,),
    "/sheets/<number>/office": (Permission.WRITE,),
    "/sheets/<number>/office.pdf": (Permission.WRITE,),
    "/sheets/<number>/send": (Permission.WRITE,),
    "/sheets/<number>/on": (Permission.WRITE,),
    "/sheets/<number>/addenda": (Permission.WRITE,),
    "/sheets/<number>/open": (Permission.WRITE,),
    "/handovers/<int(max=2147483647):number>/<step>": (Permission.WRITE, Permission.RECEIVE),
    "/handovers/<int(max=2147483647):number>/reply": (Permission.WRITE,),
    "/inbox": (Permission.RECEIVE,),
    "/inbox/<int(max=2147483647):number>": (Permission.RECEIVE,),
    "/inbox/<int(max=2147483647):number>/open": (Permission.RECEIVE,),
    "/inbox/<int(max=2147483647):number>/desk.pdf": (Permission.RECEIVE,),
    "/papers": (Permission.CONSULT,),
    "/papers/all": (Permission.CONSULT,),
    "/papers/all.pdf": (Permission.CONSULT,),
    "/papers/all/progress": (Permission.CONSULT,),
    "/news": (Permission.WRITE, Permission.RECEIVE),
    "/accounts": (Permission.ACCOUNTS,),
    "/accounts/new": (Permission.ACCOUNTS,),
    "/accounts/<int(max=2147483647):number>": (Permission.ACCOUNTS,),
    "/accounts/<int(max=2147483647):number>/<deed>": (Permission.ACCOUNTS,),
    "/record": (Permission.RECORD,),
    "/record/check": (Permission.RECORD,),
    "/keeping": (Permission.KEEPING,),
    "/keeping/practice": (Permission.KEEPING,),
    "/practice": (Permission.PRACTISE,),
    "/practice/scenarios/<code>": (Permission.PRACTISE,),
    "/practice/runs/<int(max=2147483647):number>": (Permission.PRACTISE,),
    "/practice/runs/<int(max=2147483647):number>/<name>": (Permission.PRACTISE,),
    "/practice/runs/<int(max=2147483647):number>/review": (Permission.PRACTISE,),
    "/practice/runs/<int(max=2147483647):number>/delete": (Permission.PRACTISE,),
    "/practice/delete": (Permission.PRACTISE,),
    "/practice/quiz": (Permission.PRACTISE,),
    "/practice/confidence/<side>": (Permission.PRACTISE,),
    "/practice/join": (Permission.PRACTISE,),
    "/practice/leave": (Permission.PRACTISE,),
    "/training": (Permission.TRAIN,),
    "/training/courses": (Permission.TRAIN,),
    "/training/courses/<int(max=2147483647):number>": (Permission.TRAIN,),
    "/training/courses/<int(max=2147483647):number>/close": (Permission.TRAIN,),
    "/training/courses/<int(max=2147483647):number>/report.csv": (Permission.TRAIN,),
    "/training/scenarios/new": (Permission.TRAIN,),
    "/training/scenarios/<int(max=2147483647):number>": (Permission.TRAIN,),
    "/training/scenarios/<int(max=2147483647):number>/withdraw": (Permission.TRAIN,),
    "/training/import": (Permission.TRAIN,),
    "/training/file/<ref>": (Permission.TRAIN,),
    "/training/cards/<ref>": (Permission.TRAIN,),
}
METHODS = ("GET", "POST")


def rules_of(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(route, endpoint, method) of everything the application answers."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & set(METHODS)):
            yield str(rule), rule.endpoint, method


def address(route: str) -> str:
    samples = {"path:filename": "base.css", "int(max=2147483647):number": "1", "number": "R8-0001"}
    samples |= {
        "step": "receive",
        "deed": "reset",
        "side": "before",
        "code": "no-bed",
        "ref": "no-bed",
        "name": "notice",
    }
    return re.sub(r"<([^>]+)>", lambda found: samples[found[1]], route)


def enter(app: Flask, login: str) -> FlaskClient:
    return Pages(app.test_client()).enter(login).client if login else app.test_client()


def test_every_route_declares_what_it_needs(app: Flask) -> None:
    assert {str(rule) for rule in app.url_map.iter_rules()} == set(ROUTES)
    for route, endpoint, _ in rules_of(app):
        assert set(guard.needed(app, endpoint)) == set(ROUTES[route]), route


def test_a_route_that_declares_nothing_is_closed_to_all(app: Flask) -> None:
    app.view_functions["consult.guide"].needs = ()  # type: ignore[attr-defined]
    try:
        assert app.test_client().get("/help").status_code == 303
        assert enter(app, "kanri").get("/help").status_code == 403
    finally:
        app.view_functions["consult.guide"].needs = (ANYONE,)  # type: ignore[attr-defined]


@pytest.mark.parametrize("login", ["", *("mado", "kodomo", "jukou", "kenshu", "keikaku", "kanri")])
def test_every_route_opens_for_its_roles_and_for_nobody_else(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person], login: str
) -> None:
    sent(engine, catalogue, people["mado"])
    role = ROLES[PEOPLE[login][1]] if login else None
    app.config["WTF_CSRF_ENABLED"] = False  # who may is asked before the token; the token has tests of its own
    client = enter(app, login)
    for route, _, method in rules_of(app):
        if route in ("/logout", "/login"):
            continue
        with client.open(address(route), method=method) as answer:
            status = answer.status_code
        needed = set(ROUTES[route])
        if ANYONE in needed:
            assert status in (200, 400), (route, method, status)
        elif role is None:
            assert status == (303 if method == "GET" else 401), (route, method, status)
        elif SIGNED_IN in needed or needed & role.permissions:
            inner = login == "kodomo" or (login == "mado" and "<step>" in route)  # not theirs: refused by the verb
            assert status != 401, (route, method, status)
            assert status != 403 or inner, (route, method, status)
        else:
            assert status == 403, (route, method, status)


def test_a_refusal_stands_in_the_record_and_tells_nothing(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    sent(engine, catalogue, people["mado"])
    stranger = Pages(app.test_client()).enter("kokuho")
    page = stranger.get("/sheets/R8-0001", status=403)
    assert "ほかの課のもの" in page.text
    assert not [word for word in (*PERSON.values(), STORY) if word in page.html and word != "よい"]
    with db.reading(engine) as session:
        line = audit.listing(session).entries[0]
    assert (line.action, line.sheet, line.account_id, line.detail) == (
        "refused",
        "R8-0001",
        people["kokuho"].id,
        "sheets.edit",
    )


def test_each_sees_in_the_navigation_what_they_may_open(app: Flask) -> None:
    entries = {"/sheets": "write", "/inbox": "receive", "/explain": "lexicon", "/accounts": "accounts"}
    entries |= {"/practice": "practise", "/training": "train"}
    for login, (_, role, _) in PEOPLE.items():
        page = Pages(app.test_client()).enter(login).get("/")
        shown = {path for path in entries if path in page.addresses}
        assert shown == {path for path, code in entries.items() if Permission(code) in ROLES[role].permissions}


def test_the_users_page_is_drawn_from_the_table_of_roles(app: Flask) -> None:
    page = Pages(app.test_client()).enter("kanri").get("/accounts")
    assert all(label in page.text for label in PERMISSIONS.values())
    assert all(role.label in page.text for role in ROLES.values())
    assert page.html.count("できる</span>") == sum(len(role.permissions) for role in ROLES.values())


# ---- the door -----------------------------------------------------------------------------------


def test_a_wrong_password_says_so_and_keeps_the_name(app: Flask) -> None:
    pages = Pages(app.test_client())
    page = pages.post("/login", {"login": "mado", "password": "wrong"}, status=401)
    assert "利用者名かパスワードが違います" in page.text
    assert page.value("login") == "mado"
    assert page.value("password") == ""


def test_after_the_login_comes_the_page_that_was_asked_for(app: Flask) -> None:
    pages = Pages(app.test_client())
    page = pages.get("/sheets")
    assert page.value("next") == "/sheets"
    fields = {"login": "mado", "password": password_of("mado"), "next": "/sheets"}
    assert "まだ1枚もありません" in pages.post("/login", fields).text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "/\n/x", "evil", ""]
)
def test_no_login_leads_to_another_address(app: Flask, path: str) -> None:
    pages = Pages(app.test_client())
    fields = {"csrf_token": pages.token(), "login": "mado", "password": password_of("mado"), "next": path}
    assert pages.client.post("/login", data=fields).headers["Location"] == "/"


def test_a_one_time_password_opens_nothing_but_the_change(
    app: Flask, engine: Engine, people: dict[str, Person]
) -> None:
    with db.transaction(engine) as session:
        password = accounts.reset(session, people["mado"].id or 0, people["kanri"], TUESDAY)
    pages = Pages(app.test_client())
    page = pages.post("/login", {"login": "mado", "password": password})
    assert "一度だけのもの" in page.text
    assert "パスワードを変える" in pages.get("/sheets").title
    new = "kurumi-momo-budou"
    pages.post("/password", {"old": password, "new": new, "again": new})
    assert "まだ1枚もありません" in pages.get("/sheets").text


def test_logging_out_ends_the_session(pages: Pages) -> None:
    pages.post("/logout", {})
    assert "ログイン" in pages.get("/sheets").title


def test_the_demos_people_are_offered_in_a_demo_only(app: Flask) -> None:
    assert "見本の人でためす" not in app.test_client().get("/login").get_data(as_text=True)
    app.config["DEMO"] = True
    page = Pages(app.test_client()).get("/login")
    assert "見本の人でためす" in page.text
    assert "実在の方の情報は入れない" in page.text


# ---- the administrator's pages ------------------------------------------------------------------


def test_an_account_is_made_changed_stopped_and_resumed(app: Flask) -> None:
    admin = Pages(app.test_client()).enter("kanri")
    page = admin.post("/accounts/new", {"login": "花", "role": "clerk"}, status=400)
    assert {"login-fault", "name-fault", "departments-fault"} <= set(page.ids)
    fields = {"login": "hana", "name": "架空 花", "role": "clerk", "desk": "学務課", "departments": ["青少年課"]}
    page = admin.post("/accounts/new", fields)
    password = re.search(r'class="secret num">([^<]+)', page.html)[1]  # type: ignore[index]
    assert password not in admin.get("/accounts").html
    number = next(address for address in admin.get("/accounts").addresses if re.fullmatch(r"/accounts/1\d", address))
    assert "学務課、青少年課" in admin.post(number, fields | {"name": "架空 花子"}).text
    assert "停止しました" in admin.post(f"{number}/stop", {}).text
    assert "一度だけのパスワード" in admin.post(f"{number}/resume", {}).title
    admin.post(f"{number}/fly", {}, status=404)


def test_the_record_is_read_sifted_and_checked(app: Flask, pages: Pages) -> None:
    pages.get("/sheets")
    admin = Pages(app.test_client()).enter("kanri")
    page = admin.get("/record?action=list_read")
    assert "mado 見本 一郎" in page.text
    assert "一覧を見た シート" in page.text
    assert "すべて合っています" in admin.post("/record/check", {"closing": ""}).text
    assert "合いません" in admin.post("/record/check", {"closing": "３：００００００００００００"}).text
    assert "の形です" in admin.post("/record/check", {"closing": "3;abc"}, status=400).text


def test_the_record_is_sifted_by_number_and_no_other_word_gets_into_an_address(pages: Pages, app: Flask) -> None:
    admin = Pages(app.test_client()).enter("kanri")
    page = admin.post("/record", {"action": "list_read", "sheet": "ｒ８－7777"})
    assert "この条件の記録はありません" in page.text
    assert page.value("sheet") == "R8-7777"
    page = admin.post("/record", {"action": "nothing", "sheet": "架空 花子"})
    assert "名前では探せません" in page.text
    assert not [address for address in page.addresses if "%" in address or "架空" in address or "nothing" in address]


# ---- time-out -----------------------------------------------------------------------------------


def at(app: Flask, moment: datetime) -> None:
    app.extensions["clock"] = lambda: moment


def test_a_session_ends_after_rest_and_after_a_day(app: Flask, pages: Pages) -> None:
    for minutes in (29, 58, 87):
        at(app, TUESDAY + timedelta(minutes=minutes))
        assert "シート" in pages.get("/sheets").title
    at(app, TUESDAY + timedelta(minutes=87 + 31))
    assert "ログイン" in pages.get("/sheets").title


def test_a_page_asking_for_news_keeps_nobodys_session_alive(app: Flask, pages: Pages) -> None:
    for minutes in (20, 29):
        at(app, TUESDAY + timedelta(minutes=minutes))
        assert pages.client.get("/news").get_json() == {"waiting": 0, "late": 0, "news": 0}
    at(app, TUESDAY + timedelta(minutes=31))
    assert pages.client.get("/news").status_code == 303


def test_even_a_busy_session_ends_after_its_longest_time(app: Flask, pages: Pages) -> None:
    for n in range(1, 25):
        at(app, TUESDAY + timedelta(minutes=25 * n))
        page = pages.get("/sheets")
    assert "ログイン" in page.title or n * 25 <= 600
    at(app, TUESDAY + timedelta(hours=10, minutes=5))
    assert "ログイン" in pages.get("/sheets").title


def form_fields(page: Page) -> dict[str, object]:
    return {"drawn_for": page.value("drawn_for"), "csrf_token": page.value("csrf_token")}


def expire(app: Flask) -> None:
    at(app, TUESDAY + timedelta(hours=1))


def test_a_press_that_is_not_kept_says_that_nothing_happened_and_leads_back(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = draft(engine, catalogue, people["mado"])
    pages = Pages(app.test_client()).enter("mado")
    fields = form_fields(pages.get(f"/sheets/{made.number}/send"))
    expire(app)
    answer = pages.client.post(f"/sheets/{made.number}/send", data=fields | {"version": made.version})
    page = Page(answer.get_data(as_text=True))
    assert "まだ何も変えていません" in page.text
    assert page.value("next") == f"/sheets/{made.number}/send"


def test_the_page_asked_for_keeps_its_question_over_a_login(app: Flask) -> None:
    page = Pages(app.test_client()).get("/sheets/R8-0001/on?after=10&after_version=3")
    assert page.value("next") == "/sheets/R8-0001/on?after=10&amp;after_version=3".replace("&amp;", "&")
    assert "ログインしてください" in page.text


@pytest.mark.parametrize("path", ["/", "/sheets/R8-0001"])
def test_words_typed_before_the_session_ended_come_back_to_the_same_person(
    app: Flask, pages: Pages, engine: Engine, path: str
) -> None:
    pages.post("/sheets", {"text": "借金", "picks": "P070"})
    fields = form_fields(pages.get(path))
    typed = {"text": "二行の\r\nお話", "wish": "二行の\r\nのぞみ", "version": "1", "windows": "P070"}
    expire(app)
    answer = pages.client.post(path, data=fields | typed)
    assert answer.status_code == 401
    page = Page(answer.get_data(as_text=True))
    assert "打った内容は残してあります" in page.text
    kept = page.value("kept")
    assert "のぞみ" not in page.html  # sealed, not only hidden
    page = pages.post("/login", {"login": "mado", "password": password_of("mado"), "kept": kept})
    again = {field["name"]: field["value"] for field in page.inputs if field.get("type") == "hidden"}
    assert next(form["action"] for form in page.forms if form["action"] == path)
    page = pages.post(path, again)
    assert ("お話" if path == "/" else "のぞみ") in page.html
    if path != "/":
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT version FROM sheet")) == 2


def test_the_next_person_at_the_desk_does_not_get_them(app: Flask, pages: Pages) -> None:
    fields = form_fields(pages.get("/"))
    expire(app)
    page = Page(pages.client.post("/", data=fields | {"text": "だれにも見せない話"}).get_data(as_text=True))
    fields = {"login": "mado2", "password": password_of("mado2"), "kept": page.value("kept")}
    page = pages.post("/login", fields)
    assert "だれにも見せない話" not in page.html
    assert "書いた人だけ" in pages.get("/sheets").text or "書いた人だけ" in page.text


@pytest.mark.parametrize("spoil", ["", "x", "signed for somebody else"])
def test_a_form_that_names_no_owner_is_not_kept(app: Flask, pages: Pages, spoil: str) -> None:
    expire(app)
    page = Page(pages.client.post("/", data={"text": "話", "drawn_for": spoil}).get_data(as_text=True))
    assert page.value("kept") == ""
    assert "残してあります" not in page.text


def test_a_kept_form_changed_on_the_way_is_dropped(pages: Pages) -> None:
    page = pages.post("/login", {"login": "mado", "password": password_of("mado"), "kept": "gAAAA"})
    assert "相談" in page.title


# ---- when the accounts cannot be read -----------------------------------------------------------


def test_windows_and_memo_work_for_everybody_when_no_account_can_be_read(
    app: Flask, pages: Pages, keys: KeyFile
) -> None:
    token = pages.token()
    lost = keys.path.read_bytes()
    keys.path.unlink()
    for client in (pages.client, app.test_client()):
        answer = client.get("/")
        assert answer.status_code == 200
        assert client.get("/memo").status_code == 200
        assert client.get("/sheets").status_code == 503
    found = pages.client.post("/", data={"csrf_token": token, "text": "もう死にたい。借金が返せない"})
    assert "対応メモ" in found.get_data(as_text=True)
    assert "市民協働推進課" in found.get_data(as_text=True)
    keys.path.write_bytes(lost)
    assert "シート" in pages.get("/sheets").title  # nobody has to log in again


# ---- every reading stands in the record ---------------------------------------------------------


def test_no_page_shows_a_resident_without_a_line_in_the_record(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = sent(engine, catalogue, people["mado"])
    open_draft = draft(engine, catalogue, people["mado"])
    number = made.handovers[0].id
    version = take(engine, number, "receive", people["fukushi"]).version
    clerk, desk = (Pages(app.test_client()).enter(login) for login in ("mado", "fukushi"))
    asked = [
        (clerk, f"/sheets/{made.number}", None),
        (clerk, f"/sheets/{made.number}/on", None),
        (clerk, f"/sheets/{made.number}/office", None),
        (clerk, f"/sheets/{made.number}/addenda", {"words": ""}),
        (clerk, f"/sheets/{made.number}/open", {}),
        (clerk, f"/sheets/{made.number}/send", {}),
        (clerk, f"/sheets/{made.number}", {"version": 1}),
        (clerk, f"/handovers/{number}/recall", {"version": version}),
        (clerk, f"/sheets/{open_draft.number}", {"version": 0}),
        (clerk, f"/sheets/{open_draft.number}", {"version": open_draft.version, "gravest": "介護"}),
        (clerk, f"/sheets/{open_draft.number}/send", {"version": 0}),
        (desk, f"/inbox/{number}", None),
        (desk, f"/inbox/{number}/open", {}),
        (desk, f"/handovers/{number}/finish", {"version": version, "from": "inbox"}),
        (desk, f"/handovers/{number}/finish", {"version": 1, "from": "inbox", "answer": "x"}),
    ]
    shown = 0
    for pages, path, fields in asked:
        token = {"csrf_token": pages.token()}
        before = lines(engine)
        answer = pages.client.get(path) if fields is None else pages.client.post(path, data=token | fields)
        assert answer.status_code < 500, path
        told = [word for word in (PERSON["name"], STORY, "へのお願い") if word in answer.get_data(as_text=True)]
        assert not told or lines(engine) > before, path
        shown += bool(told)
    assert shown == len(asked) - 3  # three show only what the request itself brought


def lines(engine: Engine) -> int:
    with db.reading(engine) as session:
        return audit.listing(session).total


@pytest.mark.parametrize("path", ["/sheets/架空野花子0901234", "/inbox/99999999999999999999", "/sheets/R8-0001"])
def test_no_word_typed_into_an_address_gets_into_the_record(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person], path: str
) -> None:
    sent(engine, catalogue, people["mado"])
    client = Pages(app.test_client()).enter("kokuho").client
    for method in ("GET", "POST"):
        status = client.open(path, method=method, data={"version": "1"} if method == "POST" else None).status_code
        assert status in (400, 403, 404, 405)
    with engine.connect() as connection:
        assert "架空野" not in str(connection.execute(text("SELECT * FROM audit_entry")).all())
        refused = connection.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'refused'"))
    assert refused == (2 if path.endswith("R8-0001") else 0)


def test_a_sheet_is_found_by_its_number_and_nothing_else_gets_into_an_address(pages: Pages) -> None:
    pages.post("/sheets", {"text": "", "picks": "P070"})
    for typed in (" ｒ８-０００１ ", "0001", "r8-1"):
        assert "R8-0001" in pages.post("/sheets/find", {"number": typed}).title, typed
    assert "この課にはありません" in pages.post("/sheets/find", {"number": "R8-0077"}).text
    answer = pages.client.post("/sheets/find", data={"csrf_token": pages.token(), "number": "架空野花子"})
    assert answer.headers["Location"] == "/sheets"
    assert "名前では探せません" in pages.get("/sheets").text
