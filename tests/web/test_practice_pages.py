"""The trainee's pages: a run from the list to the review, quiz, confidence, and what must never leave them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from referral_app import consult, db, training
from referral_app import rules as rule_files
from referral_app.access import Person
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.web import create_app
from tests.conftest import TUESDAY
from tests.kept import spilt
from tests.pages import Page, Pages
from tests.people import PEOPLE, password_of
from tests.play import CODE, QUESTIONS, SECRET, badly, begin, enter, well

pytestmark = pytest.mark.slow

PARTS = ("notice", "speak", "listen", "connect", "agree", "watch", "spread")
TRAINEES = [login for login, (_, role, _) in PEOPLE.items() if role != "admin"]


def count(engine: Engine, *tables: str) -> list[int]:
    with engine.connect() as connection:
        return [connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]  # noqa: S608


# ---- a run --------------------------------------------------------------------------------------


def test_a_run_played_well_and_one_played_badly_end_in_different_reviews(app: Flask) -> None:
    trainee = enter(app, "jukou")
    good, bad = well(trainee, begin(trainee)), badly(trainee, begin(trainee))
    assert [found for found in ("3 / 3", "5 / 5", "4 / 4") if found in good.text] == ["3 / 3", "5 / 5", "4 / 4"]
    assert "死にたい気持ち 聴けました" in good.text
    assert "死にたい気持ち まだ聴けていません" in bad.text
    assert "気をつけたい言い方(はげまし)" in bad.text
    assert "見のがした窓口" in bad.text
    assert "ここではない窓口" in bad.text
    assert "見のがした窓口" not in good.text
    for page in (good, bad):
        assert "合計点も合否もありません" in page.text
        assert "合格" not in page.text.replace("合格点", "")
    chart = trainee.get("/practice")
    assert "自分のあゆみ" in chart.text
    assert chart.html.count('class="bar"') == 12  # six steps of two runs


def test_each_step_shows_what_the_one_before_brought(app: Flask) -> None:
    trainee = enter(app, "jukou")
    at = f"/practice/runs/{begin(trainee)}"
    page = trainee.post(f"{at}/notice", {"signs": ["1"]})
    assert "声かけ" in page.title
    page = trainee.post(f"{at}/speak", {"first_words": "2"})
    assert "相談者" in page.text
    page = trainee.post(f"{at}/listen", {"question": QUESTIONS[2], "do": "ask"})
    assert QUESTIONS[2] in page.text
    assert "死にたい気持ち" in trainee.get(f"{at}/connect").text
    page = trainee.post(f"{at}/connect", {"text": "借金が返せない", "do": "find"})
    assert "見つかった窓口" in page.text
    assert "借金が返せない" in page.html
    page = trainee.post(f"{at}/connect", {"text": "借金が返せない", "do": "pick:P070"})
    assert page.value("window") == "P070"
    assert "まだありません" in trainee.post(f"{at}/connect", {"window": "P070", "do": "drop:P070"}).text
    assert trainee.client.get(at).headers["Location"].endswith("/connect")


def test_no_step_is_compulsory_and_a_finished_run_stays_as_it_is(app: Flask) -> None:
    trainee = enter(app, "jukou")
    at = f"/practice/runs/{begin(trainee)}"
    page = trainee.post(f"{at}/notice", {"do": "finish"})
    assert "ふりかえり" in page.title
    assert "答えたものがありません" not in page.title
    trainee.post(f"{at}/notice", {"signs": ["1"]}, status=409)
    assert "ふりかえり" in trainee.get(f"{at}/listen").title
    assert "ふりかえり" in trainee.get(at).title
    for part in PARTS[1:]:
        assert "ふりかえり" in trainee.post(f"/practice/runs/{begin(trainee)}/{part}", {"do": "finish"}).title


def test_a_review_waits_for_the_end_of_the_run(app: Flask) -> None:
    trainee = enter(app, "jukou")
    page = trainee.get(f"/practice/runs/{begin(trainee)}/review", status=409)
    assert "つづきから" in page.text


WRONG = {
    "no first words": ("speak", {}, "first_words-fault", ""),
    "first words too long": ("speak", {"first_words": "0", "own_words": "長" * 201}, "own_words-fault", "長" * 201),
    "no question": ("listen", {"do": "ask", "question": " "}, "question-fault", ""),
    "a speech": ("listen", {"do": "ask", "question": "話" * 201}, "question-fault", "話" * 201),
    "a long request": (
        "connect",
        {"text": "家賃", "window": "P006", "request.P006": "願" * 121},
        "request.P006-fault",
        "家賃",
    ),
    "no date": ("watch", {"follow_up": "other", "day": "来週"}, "day-fault", "来週"),
    "a day long past": ("watch", {"follow_up": "other", "day": "2020-01-01"}, "follow_up-fault", "2020-01-01"),
}


@pytest.mark.parametrize(("part", "fields", "fault", "stays"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_told_at_its_field_and_the_words_stay(
    app: Flask, part: str, fields: dict[str, str], fault: str, stays: str
) -> None:
    trainee = enter(app, "jukou")
    page = trainee.post(f"/practice/runs/{begin(trainee)}/{part}", fields, status=400)
    assert fault in page.ids
    assert stays in page.html
    link = next(address for address in page.addresses if address == f"#{fault.removesuffix('-fault')}")
    assert link[1:] in page.ids


def test_a_date_of_ones_own_is_kept(app: Flask) -> None:
    trainee = enter(app, "jukou")
    at = f"/practice/runs/{begin(trainee)}/watch"
    trainee.post(at, {"follow_up": "other", "day": (TUESDAY + timedelta(days=5)).date().isoformat()})
    assert trainee.get(at).value("day") == "2026-11-29"


EXPIRED = {
    "a question": ("jukou", "/practice/runs/1/listen", {"question": "夜は眠れていますか", "do": "ask"}),
    "own words": ("jukou", "/practice/runs/1/speak", {"first_words": "0", "own_words": "夜は眠れていますか"}),
    "a scenario": ("kenshu", "/training/scenarios/new", {"title": "夜は眠れていますか"}),
    "a course": ("kenshu", "/training/courses", {"title": "夜は眠れていますか"}),
}


@pytest.mark.parametrize(("login", "path", "typed"), EXPIRED.values(), ids=EXPIRED.keys())
def test_words_typed_before_the_session_ended_come_back(
    app: Flask, login: str, path: str, typed: dict[str, str]
) -> None:
    trainee = enter(app, login)
    begin(trainee)
    page = trainee.get("/practice")
    fields = {"drawn_for": page.value("drawn_for"), "csrf_token": page.value("csrf_token")}
    app.extensions["clock"] = lambda: TUESDAY + timedelta(hours=1)
    answer = trainee.client.post(path, data=fields | typed)
    kept = Page(answer.get_data(as_text=True)).value("kept")
    back = Pages(trainee.client).post("/login", {"login": login, "password": password_of(login), "kept": kept})
    again = {field["name"]: field["value"] for field in back.inputs if field.get("type") == "hidden"}
    assert "夜は眠れていますか" in trainee.post(path, again).text


LOCKED = {
    "a question": ("jukou", "/practice/runs/1/listen", {"question": SECRET, "do": "ask"}, SECRET),
    "a request": ("jukou", "/practice/runs/1/connect", {"window": "P006", "request.P006": SECRET}, SECRET),
    "the quiz": ("jukou", "/practice/quiz", {"myth.talk-no-act": "no"}, 'value="no" checked'),
    "confidence": ("jukou", "/practice/confidence/before", {"notice": "2"}, 'value="2" checked'),
    "a scenario": ("kenshu", "/training/scenarios/new", {"title": SECRET}, SECRET),
    "a course": ("kenshu", "/training/courses", {"title": SECRET}, SECRET),
    "a code": ("jukou", "/practice/join", {"code": "ABCDEF"}, "ABCDEF"),
}


@pytest.mark.parametrize(("login", "path", "typed", "stays"), LOCKED.values(), ids=LOCKED.keys())
def test_what_cannot_be_saved_now_says_so_and_stays_on_the_page(
    app: Flask,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    login: str,
    path: str,
    typed: dict[str, str],
    stays: str,
) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 20)
    trainee = enter(app, login)
    begin(trainee)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "referral.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        page = trainee.post(path, typed, status=503)
    assert re.search("まだ(保存して|開いて|入って)いません", page.text)
    assert stays in page.html


def test_a_scenario_that_was_rewritten_is_told_and_can_be_deleted(app: Flask, engine: Engine) -> None:
    trainee = enter(app, "jukou")
    number = begin(trainee)
    with engine.begin() as connection:
        connection.execute(text("UPDATE practice_run SET version = 'older'"))
    assert "もう一度はじめて" in trainee.get(f"/practice/runs/{number}/speak", status=409).text
    assert "消しました" in trainee.post(f"/practice/runs/{number}/delete", {}).text


@pytest.mark.parametrize("path", ["/practice/scenarios/nobody", "/practice/runs/1/nothing", "/practice/runs/77"])
def test_what_is_not_there_is_told_calmly(app: Flask, path: str) -> None:
    trainee = enter(app, "jukou")
    begin(trainee)
    assert "選び直して" in trainee.get(path, status=404).text


# ---- care ---------------------------------------------------------------------------------------


def test_what_touches_somebody_opens_with_a_warning_a_way_out_and_several_help_lines(app: Flask, desk: Desk) -> None:
    trainee = enter(app, "jukou")
    for scenario in desk.practice.scenarios.values():
        page = trainee.get(f"/practice/scenarios/{scenario.code}")
        assert bool(scenario.touches) == ("つらくなったら" in page.text and "はじめる前に" in page.text)
        assert page.html.count('class="tel num"') == (4 if scenario.touches else 0)
        assert not scenario.touches or scenario.warning in page.text
    number = begin(trainee)
    for page in [trainee.get(f"/practice/runs/{number}/{part}") for part in PARTS] + [trainee.get("/practice/quiz")]:
        assert "いつでもやめられます" in page.text
        assert "要確認" in page.text
        assert "/practice" in page.addresses
        assert page.html.count('class="tel num"') >= 3


def test_help_lines_fit_what_the_scenario_touches(app: Flask, desk: Desk) -> None:
    lines = {
        touch: {line.code for line in training.care(made, desk.notes, desk.catalogue, TUESDAY)}
        for made in desk.practice.scenarios.values()
        for touch in made.touches
    }
    assert all(len(found) > 1 for found in lines.values())
    assert lines["暴力"] != lines["自殺"]


# ---- apart from real sheets ---------------------------------------------------------------------

REAL = ("sheet", "sheet_item", "handover", "handover_desk", "handover_event", "addendum", "number_counter")


def test_everything_practised_leaves_sheets_and_inboxes_as_they_were(app: Flask, engine: Engine) -> None:
    before = count(engine, *REAL)
    for login in ("jukou", "mado", "fukushi", "kodomo", "kenshu", "keikaku"):
        trainee = enter(app, login)
        well(trainee, begin(trainee))
        badly(trainee, begin(trainee, "no-bed"))
        trainee.post("/practice/quiz", {"myth.talk-no-act": "yes"})
        trainee.post("/practice/confidence/before", {"notice": "2"})
        trainee.get("/practice/quiz?again=1")
    assert count(engine, *REAL) == before == [0] * len(REAL)
    for login in ("fukushi", "fukushi2", "kodomo"):
        assert "受け取りを待っているシートはありません" in Pages(app.test_client()).enter(login).get("/inbox").text
    assert "まだ1枚もありません" in Pages(app.test_client()).enter("mado").get("/sheets").text


def test_a_run_belongs_to_its_account_alone(app: Flask) -> None:
    trainee = enter(app, "jukou")
    number, finished = begin(trainee), begin(trainee)
    well(trainee, finished)
    for login in TRAINEES:
        if login == "jukou":
            continue
        other = enter(app, login)
        for one in (number, finished):
            for path in ("", *(f"/{part}" for part in PARTS), "/review"):
                other.get(f"/practice/runs/{one}{path}", status=404)
            for path in (*(f"/{part}" for part in PARTS), "/delete"):
                other.post(f"/practice/runs/{one}{path}", {"do": "finish"}, status=404)
        assert "自分のあゆみ" not in other.get("/practice").text
    enter(app, "jukou").get(f"/practice/runs/{finished}/review")


def test_nothing_that_was_answered_stands_in_clear_or_in_the_record(app: Flask, engine: Engine, tmp_path: Path) -> None:
    trainee = enter(app, "jukou")
    lines = count(engine, "audit_entry")
    well(trainee, begin(trainee))
    badly(trainee, begin(trainee))
    trainee.post("/practice/quiz", {"myth.talk-no-act": "yes"})
    trainee.post("/practice/confidence/before", {"notice": "2"})
    assert count(engine, "audit_entry") == lines
    assert spilt(tmp_path, (SECRET, QUESTIONS[2], "talk-no-act", "P058", '"notice"')) == []


# ---- quiz and confidence ------------------------------------------------------------------------


def test_the_quiz_gives_every_reason_and_can_be_answered_again(app: Flask, desk: Desk) -> None:
    trainee = enter(app, "jukou")
    page = trainee.post("/practice/quiz", {}, status=400)
    assert "まだ、どれにも答えていません" in page.text
    page = trainee.post("/practice/quiz", {"myth.talk-no-act": "no", "myth.decided": "yes"})
    assert all(myth.why in page.text for myth in desk.practice.myths.values())
    assert "✓ あなたも ×" in page.text
    assert "あなたは ○" in page.text
    assert "答えと理由を見る" in trainee.get("/practice/quiz?again=1").text


def test_confidence_before_and_after_tells_what_changed(app: Flask) -> None:
    trainee = enter(app, "jukou")
    trainee.post("/practice/confidence/before", {}, status=400)
    trainee.post("/practice/confidence/before", {"notice": "2", "speak": "3"})
    page = trainee.post("/practice/confidence/after", {"notice": "4", "speak": "3", "listen": "9"})
    assert "上がったのは気づき、同じなのは声かけ。" in page.text
    trainee.get("/practice/confidence/never", status=404)
    trainee.post("/practice/confidence/never", {"notice": "1"}, status=404)


# ---- keeping and forgetting ---------------------------------------------------------------------


def test_a_trainee_deletes_one_run_or_everything(app: Flask, engine: Engine) -> None:
    trainee, other = enter(app, "jukou"), enter(app, "jukou2")
    first, _ = begin(trainee), begin(trainee)
    begin(other)
    trainee.post("/practice/quiz", {"myth.talk-no-act": "yes"})
    trainee.post(f"/practice/runs/{first}/delete", {})
    assert count(engine, "practice_run", "practice_answers") == [2, 1]
    trainee.post("/practice/delete", {})
    assert count(engine, "practice_run", "practice_answers") == [1, 0]


def test_practice_ends_after_its_time_and_nobody_sees_whose_it_was(
    app: Flask, engine: Engine, settings: Settings, people: dict[str, Person]
) -> None:
    trainee = enter(app, "jukou")
    begin(trainee)
    trainee.post("/practice/quiz", {"myth.talk-no-act": "yes"})
    spans = rule_files.load(settings.data / "rules.toml")
    app.extensions["clock"] = lambda: TUESDAY + spans.practice - timedelta(minutes=1)
    assert "保存期間の終わった練習はありません" in Pages(app.test_client()).enter("kanri").get("/keeping").text
    app.extensions["clock"] = lambda: TUESDAY + spans.practice
    admin = Pages(app.test_client()).enter("kanri")
    page = admin.get("/keeping")
    assert "2件を消す" in page.text
    assert "jukou" not in page.html
    assert "2件を消しました" in admin.post("/keeping/practice", {}).text
    assert count(engine, "practice_run", "practice_answers") == [0, 0]
    with db.reading(engine) as session:
        assert training.due(session, spans, people["kanri"], TUESDAY + spans.practice) == 0


def test_without_a_finder_the_training_says_so_and_the_desk_goes_on(settings: Settings, engine: Engine) -> None:
    broken = Desk.open(settings)
    broken.finder, broken._fault = None, consult.NOT_NOW
    app = create_app(settings, broken, engine)
    app.extensions["clock"] = lambda: TUESDAY
    pages = Pages(app.test_client()).enter("jukou")
    assert "いま窓口を探せません" in pages.get("/practice", status=503).text
    pages.get("/")
    assert CODE
