"""The sheet's way over HTTP: the whole table of steps × people × states, and every page on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from referral_app import db, handovers, sheets
from referral_app.access import ROLES, Person
from referral_app.catalogue import Catalogue
from referral_app.models import Sheet
from referral_app.steps import RECEIVER, SENDER, STATES, STEPS
from tests.conftest import TUESDAY
from tests.pages import Page, Pages
from tests.people import PEOPLE
from tests.travel import PERSON, SENT_AT, STORY, draft, row, sent, take

pytestmark = pytest.mark.slow

Fields = dict[str, Any]
WORDS = {"answer": "返事です", "reason": "理由です", "receiver": "架空野 受付"}


@pytest.fixture
def sheet(engine: Engine, catalogue: Catalogue, people: dict[str, Person]) -> Sheet:
    """A sheet at 福祉総合支援課 (first) and こども家庭センター (second)."""
    return sent(engine, catalogue, people["mado"])


@pytest.fixture
def desks(app: Flask) -> dict[str, Pages]:
    """Everybody's own client."""
    return {login: Pages(app.test_client()).enter(login) for login in PEOPLE}


def state_of(engine: Engine, number: int) -> tuple[str, int]:
    with engine.connect() as connection:
        query = text("SELECT state, version FROM handover WHERE id = :id")
        state, version = connection.execute(query, {"id": number}).one()
    return state, version


def put(engine: Engine, number: int, state: str) -> None:
    """The つなぎ in a state, whatever led there."""
    consent = "withdrawn" if state == "withdrawn" else "oral"
    with engine.begin() as connection:
        values = {"id": number, "state": state, "consent": consent, "at": SENT_AT}
        query = "UPDATE handover SET state = :state, consent = :consent, withdrawn_at = :at WHERE id = :id"
        connection.execute(text(query), values)


def remember_everything(engine: Engine, number: int) -> None:
    """An event of every step, so that the page can be drawn whatever the state."""
    with engine.begin() as connection:
        for step in STEPS:
            values = {"id": number, "step": step, "at": SENT_AT}
            connection.execute(
                text(
                    "INSERT INTO handover_event (handover_id, step, at, by_department, by_name, words)"
                    " VALUES (:id, :step, :at, '', '', '')"
                ),
                values,
            )


# ---- the whole table ----------------------------------------------------------------------------

SIDES = {"mado": {SENDER}, "mado2": {SENDER}, "fukushi": {RECEIVER}, "fukushi2": {RECEIVER}}
BUTTONS = [code for code, step in STEPS.items() if not step.by_form]


@pytest.mark.parametrize("code", BUTTONS)
def test_a_step_is_taken_by_its_side_from_its_states_and_by_nobody_else(
    desks: dict[str, Pages], engine: Engine, sheet: Sheet, code: str
) -> None:
    step, number = STEPS[code], sheet.handovers[0].id
    remember_everything(engine, number)
    for login, pages in desks.items():
        token = pages.token()
        for state in STATES:
            put(engine, number, state)
            _, version = state_of(engine, number)
            place = "inbox" if RECEIVER in SIDES.get(login, ()) else "sheet"
            fields = {"csrf_token": token, "version": version, "from": place, **WORDS}
            status = pages.client.post(f"/handovers/{number}/{code}", data=fields).status_code
            may = bool(SIDES.get(login, set()) & set(step.sides))
            if state in ("draft", "consented"):  # not sent yet: there is nothing to act on
                expected, after = (404 if ROLES[PEOPLE[login][1]].placed else 403), state
            elif not may:
                expected, after = 403, state
            elif state not in step.origins:
                expected, after = 409, state
            else:
                expected, after = 303, step.target or state
            told = (code, login, state, status)
            assert status == expected, told
            assert state_of(engine, number)[0] == after, told


@pytest.mark.parametrize("code", [code for code in STEPS if code not in BUTTONS])
def test_a_step_of_a_form_is_no_button_over_http_either(desks: dict[str, Pages], sheet: Sheet, code: str) -> None:
    for login in ("mado", "fukushi"):
        desks[login].post(f"/handovers/{sheet.handovers[0].id}/{code}", {"version": 1, **WORDS}, status=404)


def test_a_button_is_drawn_for_exactly_the_steps_that_are_allowed(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    first = sheet.handovers[0].id
    for step in ("receive", "start", "finish"):
        for login, path in (("mado", f"/sheets/{sheet.number}"), ("fukushi", f"/inbox/{first}")):
            drawn = re.findall(rf'action="/handovers/{first}/(\w+)"', desks[login].get(path).html)
            with db.reading(engine) as session:
                assert tuple(sorted(drawn)) == tuple(
                    sorted(handovers.offered(handovers.get(session, first), people[login]))
                )
        take(engine, first, step, people["fukushi"])


# ---- sending ------------------------------------------------------------------------------------


def test_sending_is_checked_first_and_says_who_will_see_what(
    pages: Pages, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = draft(engine, catalogue, people["mado"], row("P046", scope="contact"), row("P032", ""), row("houterasu"))
    page = pages.get(f"/sheets/{made.number}/send")
    assert "2か所に送る" in page.text
    assert "見えるもの お名前と連絡先 " in page.text
    assert "同意も法律の根拠もないので、送りません" in page.text
    assert "紙か電話で" in page.text
    page = pages.post(f"/sheets/{made.number}/send", {"version": page.value("version")})
    assert "2か所に送りました" in page.text
    assert "同意をいただいて送る" in page.text
    assert not [address for address in page.addresses if "/on?" in address and "row=" not in address]
    again = pages.post(f"/sheets/{made.number}/send", {"version": made.version}, status=409)
    assert "送られています" in again.text


def test_from_the_form_one_button_saves_and_leads_to_the_check(
    pages: Pages, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = draft(engine, catalogue, people["mado"], row("P046"))
    fields = {"version": made.version, "windows": "P046", "ask-P046": "新しいお願い", "way-P046": "同行"}
    page = pages.post(f"/sheets/{made.number}", {**fields, "consent-P046": "oral", "explained": "yes", "do": "check"})
    assert "送る前の確認" in page.title
    assert "新しいお願い" in page.text


@pytest.mark.parametrize(("given", "said"), [(row("P046", ""), "同意か法律の根拠"), (row("P046", way=""), "つなぎ方")])
def test_what_is_missing_is_said_and_nothing_goes(
    pages: Pages, engine: Engine, catalogue: Catalogue, people: dict[str, Person], given: Any, said: str
) -> None:
    made = draft(engine, catalogue, people["mado"], given)
    page = pages.post(f"/sheets/{made.number}/send", {"version": made.version}, status=400)
    assert "まだ送っていません" in page.text
    assert said in page.text


def test_saving_what_was_sent_meanwhile_keeps_the_words_in_sight(pages: Pages, engine: Engine, sheet: Sheet) -> None:
    fields = {"version": sheet.version - 1, "windows": ["P046", "P032"], "wish": "消えないで"}
    page = pages.post(f"/sheets/{sheet.number}", fields, status=409)
    assert "送られています" in page.text
    assert "消えないで" in page.html
    assert "送ったシートを開く" in page.text
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version FROM sheet")) == sheet.version


# ---- the inbox ----------------------------------------------------------------------------------


def test_the_inbox_names_nobody_and_counts_what_is_late(app: Flask, desks: dict[str, Pages], sheet: Sheet) -> None:
    page = desks["fukushi"].get("/inbox")
    assert "P046 へのお願い" in page.text
    assert sheet.number in page.text
    assert PERSON["name"] not in page.html
    assert "受信箱 1 件" in page.text
    app.extensions["clock"] = lambda: TUESDAY + timedelta(days=3)
    fresh = Pages(app.test_client()).enter("fukushi").get("/inbox")
    assert "期限を過ぎた 1" in fresh.text
    assert "2日過ぎています" in fresh.text
    for tab in ("open", "ended", "nonsense"):
        desks["kodomo"].get(f"/inbox?tab={tab}&page=99")


def test_only_the_departments_own_sheets_open(desks: dict[str, Pages], sheet: Sheet) -> None:
    first, second = (one.id for one in sheet.handovers)
    desks["fukushi"].get(f"/inbox/{second}", status=403)
    desks["kodomo"].get(f"/inbox/{first}", status=403)
    desks["fukushi"].get("/inbox/999", status=404)
    desks["fukushi"].get(f"/sheets/{sheet.number}", status=403)


def test_receipt_shows_the_person_and_the_sender_gets_a_notice(desks: dict[str, Pages], sheet: Sheet) -> None:
    number = sheet.handovers[0].id
    page = desks["fukushi"].get(f"/inbox/{number}")
    assert PERSON["name"] not in page.html
    assert STORY not in page.html
    page = desks["fukushi"].post(
        f"/handovers/{number}/receive", {"version": sheet.handovers[0].version, "from": "inbox"}
    )
    assert PERSON["name"] in page.text
    assert STORY in page.text
    assert 'id="guard"' in page.html
    assert "こども家庭センター" not in page.text  # the other destination is none of this desk's business
    assert desks["mado2"].client.get("/news").get_json() == {"waiting": 0, "late": 0, "news": 1}
    page = desks["mado"].get(f"/sheets/{sheet.number}")
    assert "新しい返事" in page.text
    assert "見本 夏子" in page.text
    assert "新しい返事" not in desks["mado"].get(f"/sheets/{sheet.number}").text


def test_two_who_press_at_once_leave_one_winner_and_one_clear_message(desks: dict[str, Pages], sheet: Sheet) -> None:
    number, version = sheet.handovers[0].id, sheet.handovers[0].version
    desks["fukushi"].post(f"/handovers/{number}/receive", {"version": version, "from": "inbox"})
    late = {"version": version, "from": "inbox", "reason": "うちではありません"}
    page = desks["fukushi2"].post(f"/handovers/{number}/return", late, status=409)
    assert "福祉総合支援課 見本 夏子 さんが「受け取る」をしています" in page.text
    assert "うちではありません" in page.html


def test_a_step_without_its_words_is_told_beside_the_field_and_keeps_the_rest(
    desks: dict[str, Pages], engine: Engine, sheet: Sheet
) -> None:
    number, version = sheet.handovers[0].id, sheet.handovers[0].version
    page = desks["fukushi"].post(f"/handovers/{number}/return", {"version": version, "from": "inbox"}, status=400)
    assert f"return-{number}-reason-fault" in page.ids
    page = desks["mado"].post(f"/handovers/{number}/phoned", {"version": version}, status=400)
    assert f"phoned-{number}-receiver-fault" in page.ids
    page = desks["mado"].post(f"/handovers/{number}/recall", {"version": version, "reason": "あ" * 501}, status=400)
    assert "あ" * 501 in page.html
    assert state_of(engine, number)[0] == "sent"


def test_a_withdrawal_is_seen_by_those_who_have_the_sheet(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    number = sheet.handovers[0].id
    version = take(engine, number, "receive", people["fukushi"]).version
    desks["mado"].post(f"/handovers/{number}/withdraw", {"version": version})
    page = desks["fukushi"].get(f"/inbox/{number}")
    assert "ご本人が同意を取り消しました" in page.text
    assert not [word for word in (PERSON["name"], PERSON["phone"], STORY, "へのお願い") if word in page.html]
    assert "同意が取り消されました" in desks["fukushi"].get("/inbox?tab=ended").text


# ---- handing on, paper, addenda -----------------------------------------------------------------


def test_a_returned_one_is_handed_on_from_its_page(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    take(engine, sheet.handovers[0].id, "return", people["fukushi"])
    page = desks["mado"].get(f"/sheets/{sheet.number}")
    path = next(address for address in page.addresses if "/on?after=" in address).replace("&amp;", "&")
    page = desks["mado"].get(path)
    assert "担当が違います" in page.text
    fields = {"after": page.value("after"), "after_version": page.value("after_version"), "ask": "のこす言葉"}
    page = desks["mado"].post(f"/sheets/{sheet.number}/on", fields, status=400)
    assert {"window-fault", "consent-fault", "way-fault"} <= set(page.ids)
    assert "のこす言葉" in page.html
    good = fields | {"window": "P050", "way": "同行", "consent": "oral", "explained": "yes"}
    page = desks["mado"].post(f"/sheets/{sheet.number}/on", good)
    assert "つなぎ直し 2回目" in page.text
    assert "差戻し 1回" in page.text
    assert "先につなぎ直されています" in desks["mado2"].post(f"/sheets/{sheet.number}/on", good, status=409).text


def test_a_paper_answer_is_keyed_in_on_the_sheets_page(
    desks: dict[str, Pages], engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = sent(engine, catalogue, people["mado"], row("houterasu"))
    one = made.handovers[0]
    fields = {"version": one.version, "receiver": "架空野 受付", "words": "予約を取った"}
    page = desks["mado"].post(f"/handovers/{one.id}/reply", fields, status=400)
    assert f"reply-{one.id}-result-fault" in page.ids
    assert "予約を取った" in page.html
    page = desks["mado"].post(f"/handovers/{one.id}/reply", fields | {"result": "finish"})
    assert "架空野 受付" in page.text
    assert state_of(engine, one.id)[0] == "done"


def test_what_came_later_is_added_and_reaches_who_may_know(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    page = desks["mado"].post(f"/sheets/{sheet.number}/addenda", {"words": " "}, status=400)
    assert "words-fault" in page.ids
    assert "あとの話" in desks["mado"].post(f"/sheets/{sheet.number}/addenda", {"words": "あとの話"}).text
    take(engine, sheet.handovers[1].id, "receive", people["kodomo"])
    assert "あとの話" in desks["kodomo"].get(f"/inbox/{sheet.handovers[1].id}").text


# ---- where somebody in danger can be found ------------------------------------------------------


@pytest.fixture
def danger(engine: Engine, catalogue: Catalogue, people: dict[str, Person]) -> Sheet:
    return sent(engine, catalogue, people["mado"], row("P032"), items=("DV・虐待",))


def hides(page: Page) -> bool:
    return not [word for word in (PERSON["phone"], PERSON["address"]) if word in page.html]


def test_address_and_telephone_open_with_a_reason_only_on_every_page(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], danger: Sheet
) -> None:
    number = danger.handovers[0].id
    take(engine, number, "receive", people["kodomo"])
    for login, path in (("mado", f"/sheets/{danger.number}"), ("kodomo", f"/inbox/{number}")):
        page = desks[login].get(path)
        assert hides(page)
        assert 'id="guard"' in page.html
        assert hides(desks[login].post(f"{path}/open", {"open_reason": ""}, status=400))
        assert not hides(desks[login].post(f"{path}/open", {"open_reason": "call"}))
        assert hides(desks[login].get(path))
    assert hides(desks["mado"].get(f"/sheets/{danger.number}/office"))
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT detail FROM audit_entry WHERE action = 'contact_opened'")).all()
    assert [line[0] for line in lines] == ["call", "call"]


def test_a_draft_of_somebody_in_danger_hides_and_keeps_the_contact(
    pages: Pages, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = draft(engine, catalogue, people["mado"], row("P032"), items=("DV・虐待",))
    page = pages.get(f"/sheets/{made.number}")
    assert hides(page)
    assert "phone" not in {field.get("name") for field in page.inputs}
    import base64

    assert PERSON["phone"].encode() not in base64.urlsafe_b64decode(page.value("base").split(".")[0] + "==")
    fields = {
        "version": made.version,
        "base": page.value("base"),
        "windows": "P032",
        "items": "DV・虐待",
        "wish": "安全に",
    }
    page = pages.post(f"/sheets/{made.number}", fields)
    assert hides(page)
    stale = pages.post(f"/sheets/{made.number}", fields | {"wish": "べつの"}, status=409)
    assert hides(stale)
    opened = pages.post(
        f"/sheets/{made.number}", fields | {"version": made.version + 1, "do": "open", "open_reason": "call"}
    )
    assert not hides(opened)
    with db.reading(engine) as session:
        kept = sheets.get(session, made.number)
        assert (kept.phone, kept.address, kept.wish) == (PERSON["phone"], PERSON["address"], "安全に")


def test_a_conflict_with_a_sheet_that_became_guarded_tells_nothing_of_the_new_address(
    app: Flask, engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = draft(engine, catalogue, people["mado"], row("P032"))
    mine, other = (Pages(app.test_client()).enter(login) for login in ("mado", "mado2"))
    base = mine.get(f"/sheets/{made.number}").value("base")
    fields = {"version": made.version, "windows": "P032", "items": "DV・虐待"}
    other.post(f"/sheets/{made.number}", fields | {"address": "かくれ家1-1", "phone": "000-5555-0000"})
    old = fields | {"base": base, "address": PERSON["address"], "phone": "000-9999-1111", "items": "債務"}
    page = mine.post(f"/sheets/{made.number}", old, status=409)
    assert not [word for word in ("かくれ家1-1", "000-5555-0000") if word in page.html]
    assert "000-9999-1111" in page.html  # what I typed is told, so that nothing is lost
    assert "伏せています" in page.text
    again = old | {"version": page.value("version"), "base": page.value("base"), "items": "DV・虐待"}
    mine.post(f"/sheets/{made.number}", {k: v for k, v in again.items() if k not in ("address", "phone")})
    with db.reading(engine) as session:
        kept = sheets.get(session, made.number)
        assert (kept.address, kept.phone) == ("かくれ家1-1", "000-5555-0000")


@pytest.mark.parametrize("take_off", ["item", "window"])
def test_what_uncovers_a_hidden_contact_needs_a_reason_too(
    pages: Pages, engine: Engine, catalogue: Catalogue, people: dict[str, Person], take_off: str
) -> None:
    items = ("DV・虐待",) if take_off == "item" else ("債務",)
    second = row("P069" if take_off == "window" else "P046")
    made = draft(engine, catalogue, people["mado"], row("P032"), second, items=items)
    fields = {"version": made.version, "windows": "P032", "wish": "のこる言葉"}
    page = pages.post(f"/sheets/{made.number}", fields, status=400)
    assert hides(page)
    assert "open_reason-fault" in page.ids
    assert "のこる言葉" in page.html
    assert not hides(pages.post(f"/sheets/{made.number}", fields | {"open_reason": "check"}))
    with engine.connect() as connection:
        query = text("SELECT detail FROM audit_entry WHERE action = 'contact_opened'")
        assert connection.execute(query).all() == [("check",)]


LEGAL = {"consent": "legal", "legal_ground": "生命・身体の緊急", "legal_reason": "首にあざ"}


def test_before_receipt_and_after_the_end_the_desk_reads_no_reason_and_no_answer(
    desks: dict[str, Pages], engine: Engine, catalogue: Catalogue, people: dict[str, Person]
) -> None:
    made = sent(engine, catalogue, people["mado"], row("P046", **LEGAL))
    number = made.handovers[0].id
    assert "首にあざ" not in desks["fukushi"].get(f"/inbox/{number}").html
    take(engine, number, "receive", people["fukushi"])
    assert "首にあざ" in desks["fukushi"].get(f"/inbox/{number}").html
    take(engine, number, "answer", people["fukushi"])
    take(engine, number, "return", people["fukushi"])
    page = desks["fukushi"].get(f"/inbox/{number}")
    ended = desks["fukushi"].get("/inbox?tab=ended")
    assert not [word for word in ("首にあざ", "へのお願い", "予約を取りました") if word in page.html + ended.html]
    office = desks["mado"].get(f"/sheets/{made.number}/office")
    assert "この課には渡さない" in office.text
    assert office.html.count('<table class="paper office"') == 1


def test_what_came_after_a_desk_had_finished_is_none_of_its_business(
    desks: dict[str, Pages], engine: Engine, people: dict[str, Person], sheet: Sheet
) -> None:
    number = sheet.handovers[1].id
    for step in ("receive", "finish"):
        take(engine, number, step, people["kodomo"])
    desks["mado"].post(f"/sheets/{sheet.number}/addenda", {"words": "引っ越した先の話"})
    assert "引っ越した先の話" not in desks["kodomo"].get(f"/inbox/{number}").html


# ---- nothing leaks ------------------------------------------------------------------------------


def test_name_and_worry_stand_in_clear_in_no_file_log_or_record(
    desks: dict[str, Pages],
    engine: Engine,
    sheet: Sheet,
    people: dict[str, Person],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    number = sheet.handovers[0].id
    desks["mado"].post("/", {"text": STORY})
    desks["fukushi"].post(f"/handovers/{number}/receive", {"version": sheet.handovers[0].version, "from": "inbox"})
    version = state_of(engine, number)[1]
    said = {"version": version, "from": "inbox", "answer": f"{STORY}と話した"}
    desks["fukushi"].post(f"/handovers/{number}/finish", said)
    desks["mado"].post(f"/sheets/{sheet.number}/addenda", {"words": f"{PERSON['name']}の話"})
    desks["kokuho"].get(f"/sheets/{sheet.number}", status=403)
    desks["kanri"].get("/record")
    words = (PERSON["name"], PERSON["phone"], PERSON["address"], STORY, "P046 へのお願い", "見本 夏子")
    files = [file for folder in (tmp_path,) for file in folder.rglob("*") if file.is_file()]
    files += [file for file in Path("index").rglob("*") if file.is_file() and ".npy" not in file.name]
    assert any(file.name == "referral.db" for file in files)
    assert [(file.name, word) for file in files for word in words if word.encode() in file.read_bytes()] == []
    assert not [word for word in words if word in caplog.text]
    with engine.connect() as connection:
        record = str(connection.execute(text("SELECT * FROM audit_entry")).all())
    assert "step" in record
    assert not [word for word in words if word in record]


def test_no_address_on_the_way_carries_a_word(desks: dict[str, Pages], sheet: Sheet) -> None:
    pages = [desks["mado"].get(f"/sheets/{sheet.number}"), desks["fukushi"].get("/inbox"), desks["mado"].get("/sheets")]
    addresses = " ".join(address for page in pages for address in page.addresses)
    assert "%" not in addresses
    assert addresses.isascii()


# ---- the end of a sheet -------------------------------------------------------------------------


def test_sheets_whose_time_is_over_are_listed_and_ended_by_the_administrator(
    app: Flask, engine: Engine, desks: dict[str, Pages], catalogue: Catalogue, people: dict[str, Person]
) -> None:
    assert "ありません" in desks["kanri"].get("/keeping").text
    made = draft(engine, catalogue, people["mado"])
    app.extensions["clock"] = lambda: SENT_AT + timedelta(days=31)
    admin = Pages(app.test_client()).enter("kanri")
    page = admin.get("/keeping")
    assert made.number in page.text
    assert PERSON["name"] not in page.html
    assert "何も消していません" in admin.post("/keeping", {"numbers": ["R8-9999"]}).text
    assert "1枚を消しました" in admin.post("/keeping", {"numbers": [made.number]}).text
    assert "0枚を消しました" in admin.post("/keeping", {}).text
