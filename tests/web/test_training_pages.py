"""The trainer's pages: scenarios from a form or a file, courses that tell of many and of nobody, cards on paper."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from referral_app import audit, db
from referral_app.consult import Desk
from referral_app.practice import files
from referral_app.practice.course import LEAST_PEOPLE, TOO_FEW
from referral_app.practice.forms import LISTS, to_form
from referral_app.practice.scenarios import values_of
from tests.people import PEOPLE
from tests.play import SECRET, Training, badly, begin, enter, well

pytestmark = pytest.mark.slow

GROUP = ("mado", "mado2", "fukushi", "kodomo", "jukou", "jukou2")


def fields_of(desk: Desk, like: str, **changed: str) -> dict[str, Any]:
    """A scenario as its form sends it: ticks as several values of one name."""
    form = to_form(values_of(desk.practice.scenarios[like])) | changed
    return {
        name: value.split("\n") if name.rpartition(".")[2] in LISTS and value else value for name, value in form.items()
    }


def number_of(page_addresses: list[str]) -> int:
    return int(next(m[1] for a in page_addresses if (m := re.fullmatch(r"/training/scenarios/(\d+)", a))))


@pytest.fixture
def trainer(app: Flask) -> Training:
    return enter(app, "kenshu")


@pytest.fixture
def written(trainer: Training, desk: Desk) -> int:
    """The number of a draft without faults, written after a shipped one."""
    page = trainer.post("/training/scenarios/new", fields_of(desk, "no-bed", code="our-own", title="うちの場面"))
    assert "保存しました" in page.text
    assert "直すところ" not in page.text
    return number_of(page.addresses)


# ---- scenarios ----------------------------------------------------------------------------------


def test_a_scenario_is_written_tried_published_played_and_withdrawn(
    app: Flask, trainer: Training, desk: Desk, written: int
) -> None:
    form = fields_of(desk, "no-bed", code="our-own", title="うちの場面")
    trainee = enter(app, "jukou")
    trainee.get("/practice/scenarios/our-own", status=404)
    page = trainer.post(f"/training/scenarios/{written}", {**form, "version": "1", "do": "try"})
    assert "練習 うちの場面" in page.text
    page = trainer.post(f"/training/scenarios/{written}", {**form, "version": "2", "do": "publish"})
    assert "出しました" in page.text
    assert "うちの場面" in trainee.get("/practice?level=中級").text
    run = begin(trainee, "our-own")
    page = trainer.post(f"/training/scenarios/{written}/withdraw", {})
    assert "引っこめました" in page.text
    trainee.get("/practice/scenarios/our-own", status=404)
    assert "ふりかえり" in trainee.post(f"/practice/runs/{run}/notice", {"do": "finish"}).title


def test_a_run_goes_on_with_the_text_it_began_with(app: Flask, trainer: Training, desk: Desk, written: int) -> None:
    form = fields_of(desk, "no-bed", code="our-own", title="うちの場面")
    trainer.post(f"/training/scenarios/{written}", {**form, "version": "1", "do": "publish"})
    trainee = enter(app, "jukou")
    run = begin(trainee, "our-own")
    edited = {**form, "title": "書き直した場面", "version": "3"}
    assert "保存しました" in trainer.post(f"/training/scenarios/{written}", edited).text
    assert "うちの場面" in trainee.get(f"/practice/runs/{run}/notice").text
    assert "書き直した場面" in trainee.get(f"/practice/runs/{begin(trainee, 'our-own')}/notice").text


def test_a_draft_may_have_faults_each_told_at_its_field_and_nothing_typed_is_lost(trainer: Training) -> None:
    page = trainer.post(
        "/training/scenarios/new",
        {"title": "書きかけ", "signs.3.words": "あとで書く", "follow_up.soonest": "あさって", "touches": "自殺"},
    )
    assert {"level-fault", "code-fault", "signs.1.why-fault", "follow_up.soonest-fault", "windows-fault"} <= set(
        page.ids
    )
    for typed in ("書きかけ", "あとで書く", "あさって"):
        assert typed in page.html
    assert all(address[1:] in page.ids for address in page.addresses if address.startswith("#"))
    number = number_of(page.addresses)
    page = trainer.post(f"/training/scenarios/{number}", {"title": "書きかけ", "version": "1", "do": "publish"})
    assert "下書き" in page.text
    assert "直すところ" in trainer.get("/training").text


def test_a_published_scenario_is_never_left_with_faults(
    app: Flask, trainer: Training, desk: Desk, written: int
) -> None:
    form = fields_of(desk, "no-bed", code="our-own")
    trainer.post(f"/training/scenarios/{written}", {**form, "version": "1", "do": "publish"})
    broken = {**form, "opening": "", "title": "途中の題名", "version": "3", "state": "published"}
    page = trainer.post(f"/training/scenarios/{written}", broken, status=400)
    assert "opening-fault" in page.ids
    assert "途中の題名" in page.html
    assert "まだ保存していません" in page.text
    enter(app, "jukou").get("/practice/scenarios/our-own")


def test_a_code_is_given_once(trainer: Training, desk: Desk, written: int) -> None:
    page = trainer.post("/training/scenarios/new", fields_of(desk, "no-bed"))
    assert "もうあります" in page.text
    form = fields_of(desk, "no-bed", code="our-own")
    trainer.post(f"/training/scenarios/{written}", {**form, "version": "1", "do": "publish"})
    assert "もうあります" in trainer.post("/training/scenarios/new", form).text


def test_two_trainers_do_not_overwrite_each_other_unseen(
    app: Flask, trainer: Training, desk: Desk, written: int
) -> None:
    form = fields_of(desk, "no-bed", code="our-own")
    other = enter(app, "keikaku")
    other.post(f"/training/scenarios/{written}", {**form, "title": "先の題名", "version": "1"})
    page = trainer.post(f"/training/scenarios/{written}", {**form, "title": "あとの題名", "version": "1"}, status=409)
    assert "ほかの人が、先に保存しています" in page.text
    assert "あとの題名" in page.html
    assert page.value("version") == "2"


def test_the_form_of_a_shipped_scenario_is_offered_to_be_changed(trainer: Training) -> None:
    page = trainer.get("/training/scenarios/new?like=no-bed")
    assert page.value("title") == "紙袋ふたつ"
    assert page.value("code") == ""
    assert "windows-list" in page.ids


@pytest.mark.parametrize("code", ["no-bed", "no-bother", "other-address"])
def test_a_scenario_goes_out_as_a_file_and_comes_in_again(trainer: Training, desk: Desk, code: str) -> None:
    answer = trainer.client.get(f"/training/file/{code}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}.toml"'
    handed = answer.get_data(as_text=True).replace(f'code = "{code}"', 'code = "from-afar"', 1)
    page = trainer.post("/training/import", {"file": (io.BytesIO(handed.encode("utf-8-sig")), "x.toml")})
    assert "下書きに読みこみました" in page.text
    number = number_of(page.addresses)
    back = trainer.client.get(f"/training/file/~{number}").get_data(as_text=True)
    assert back == files.to_text(desk.practice.read(handed)) == handed
    assert "下書きに読みこみました" in trainer.post("/training/import", {"text": handed}).text


def test_a_bad_file_is_told_with_its_line_and_stays_in_the_form(trainer: Training, desk: Desk) -> None:
    good = files.to_text(desk.practice.scenarios["no-bed"])
    page = trainer.post("/training/import", {"text": good.replace('level = "中級"', 'level = "特級"')}, status=400)
    assert "3行目" in page.text
    assert "特級" in page.html
    trainer.post("/training/import", {"text": "これは場面ではない"}, status=400)
    trainer.post("/training/import", {"text": " "}, status=400)
    trainer.post("/training/import", {"text": "a=" + "[" * 5000}, status=400)


def test_what_has_faults_is_no_file_and_no_paper(trainer: Training) -> None:
    page = trainer.post("/training/scenarios/new", {"title": "書きかけ"})
    number = number_of(page.addresses)
    for path in (f"/training/file/~{number}", f"/training/cards/~{number}"):
        assert "直すところ" in trainer.get(path, status=409).text
    for nobody in ("nobody", "~77", "~" + "9" * 30):
        trainer.get(f"/training/cards/{nobody}", status=404)
    trainer.get("/training/scenarios/77", status=404)


def test_three_cards_are_printed_and_the_listener_knows_nothing_hidden(trainer: Training, desk: Desk) -> None:
    page = trainer.get("/training/cards/no-bother")
    resident, listener, observer = page.html.split('<article class="paper card">')[1:]
    hidden = desk.practice.scenarios["no-bother"].hidden[0]
    assert hidden.answer in resident
    assert hidden.answer not in listener
    assert hidden.about in observer
    assert page.html.count('<p class="kind">研修用</p>') == 3


# ---- courses ------------------------------------------------------------------------------------


def hold(app: Flask, trainer: Training, logins: tuple[str, ...]) -> tuple[int, str]:
    """A course that these people joined and played in; its number and the HTML of its page before it was closed."""
    page = trainer.post("/training/courses", {"title": "=秋の講座"})
    code = re.search(r'class="secret num">([A-Z0-9]{6})<', page.html)
    assert code
    number = int(next(m[1] for a in page.addresses if (m := re.fullmatch(r"/training/courses/(\d+)/close", a))))
    for login in logins:
        trainee = enter(app, login)
        assert "秋の講座" in trainee.post("/practice/join", {"code": f" {code[1].lower()} "}).text
        badly(trainee, begin(trainee))
        trainee.post("/practice/quiz", {"myth.talk-no-act": "yes"})
        trainee.post("/practice/confidence/before", {"notice": "2"})
        trainee.post("/practice/confidence/after", {"notice": "4"})
    return number, trainer.get(f"/training/courses/{number}").html


def csv_of(trainer: Training, number: int) -> list[list[str]]:
    content = trainer.client.get(f"/training/courses/{number}/report.csv").data
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_course_sees_together_which_window_most_missed(app: Flask, trainer: Training, engine: Engine) -> None:
    number, before = hold(app, trainer, GROUP)
    assert "見のがした" not in before
    trainer.client.get(f"/training/courses/{number}/report.csv")
    page = trainer.post(f"/training/courses/{number}/close", {})
    assert re.search(r"地域包括ケア推進課 [^（]+（見のがした） 6 6人", page.text)
    assert "平均 前 2.0 あと 4.0" in page.text
    assert "「死にたい」と口に出す人は、本当に死ぬことはない。 6 6人" in page.text
    rows = csv_of(trainer, number)
    assert rows[0] == ["場面", "人数", "項目", "数", "おぼえ"]
    assert any("見のがした" in row[2] and row[1:4:2] == ["6", "6"] for row in rows)
    whole = page.html + repr(rows)
    assert not [name for _, (name, _, _) in PEOPLE.items() if name in whole.replace("見本 八郎", "")]
    assert SECRET not in whole
    trainer.post(f"/training/courses/{number}/close", {}, status=409)


def test_a_small_group_shows_no_numbers(app: Flask, trainer: Training) -> None:
    number, _ = hold(app, trainer, GROUP[: LEAST_PEOPLE - 1])
    page = trainer.post(f"/training/courses/{number}/close", {})
    assert TOO_FEW in page.text
    rows = csv_of(trainer, number)[1:]
    assert rows
    assert {(row[1], row[3]) for row in rows} == {("", "")}


def test_a_report_stays_as_it_was_made(app: Flask, trainer: Training, engine: Engine) -> None:
    number, _ = hold(app, trainer, GROUP)
    trainer.post(f"/training/courses/{number}/close", {})
    before = csv_of(trainer, number)
    trainee = enter(app, "jukou")
    trainee.post("/practice/delete", {})
    well(trainee, begin(trainee))
    assert csv_of(trainer, number) == before
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM practice_run WHERE course_id IS NULL")) == 1


def test_a_report_waits_for_the_end(app: Flask, trainer: Training) -> None:
    number, _ = hold(app, trainer, ("jukou",))
    assert "まだ答えを集めています" in trainer.get(f"/training/courses/{number}/report.csv", status=409).text
    trainer.get("/training/courses/77", status=404)


def test_who_leaves_a_course_is_not_counted_in_it(app: Flask, trainer: Training) -> None:
    number, _ = hold(app, trainer, GROUP[:LEAST_PEOPLE])
    page = enter(app, "mado").post("/practice/leave", {})
    assert "講座から出ました" in page.text
    assert "ふりかえり" in enter(app, "mado").get("/practice/runs/1/review").title
    assert TOO_FEW in trainer.post(f"/training/courses/{number}/close", {}).text


def test_a_code_of_no_open_course_is_told_and_kept(app: Flask, trainer: Training) -> None:
    number, before = hold(app, trainer, ("jukou",))
    code = re.search(r'class="secret num">([A-Z0-9]{6})<', before)
    assert code
    trainer.post(f"/training/courses/{number}/close", {})
    page = enter(app, "jukou2").post("/practice/join", {"code": code[1]}, status=400)
    assert "code-fault" in page.ids
    assert page.value("code") == code[1]
    page = trainer.post("/training/courses", {"title": " "}, status=400)
    assert "title-fault" in page.ids
    assert "長" * 41 in trainer.post("/training/courses", {"title": "長" * 41}, status=400).html


def test_deeds_of_a_trainer_stand_in_the_record_and_answers_never(
    app: Flask, trainer: Training, desk: Desk, engine: Engine, written: int
) -> None:
    form = fields_of(desk, "no-bed", code="our-own")
    trainer.post(f"/training/scenarios/{written}", {**form, "version": "1", "do": "publish"})
    trainer.post(f"/training/scenarios/{written}/withdraw", {})
    number, _ = hold(app, trainer, ("jukou",))
    trainer.post(f"/training/courses/{number}/close", {})
    csv_of(trainer, number)
    with db.reading(engine) as session:
        lines = [(line.action, line.detail) for line in audit.listing(session).entries if line.action != "login"]
    assert lines[:5] == [
        ("course_exported", f"course:{number}"),
        ("course_closed", f"course:{number}"),
        ("course_opened", f"course:{number}"),
        ("scenario_withdrawn", f"scenario:{written}"),
        ("scenario_published", f"scenario:{written}"),
    ]
    assert {action for action, _ in lines[5:]} == {"account_made"}


def test_trainees_see_nothing_of_the_trainers_pages(app: Flask) -> None:
    for login in ("jukou", "mado", "fukushi"):
        enter(app, login).get("/training", status=403)
