"""Every page over HTTP: opened, checked, and given what tired people and machines give."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import Engine, text

from referral_app import db, sheet_input, sheets
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.exchange import case
from tests.pages import Pages

MIXED = "借金が返せません。子どもを預ける所もなくて働けない"
STRANGE = {
    "nothing": "",
    "blanks": " \u3000\n\t ",
    "control characters": "借金\x00\x07が\x1b[31m返せない\x7f",
    "lone surrogate": "借金\ud800が返せない",
    "HTML": "<script>alert(1)</script><b>借金</b>",
    "query syntax": '借金 AND (OR NOT *?~^ "家賃 [a TO b] worry:*',
    "templates": "{{ 7*7 }}{% raw %}${7*7}",
    "emoji and rare kanji": "😭𠮷田さんの借金🙏\u200d",
    "right to left": "\u202e借金\u202c",
    "one long word": "あ" * 9_999,
    "full length": ("借金が返せない。" * 1_250)[:10_000],
    "digits": "0" * 5_000,
    "half-width kana": "ｼﾔｯｷﾝｶﾞｶｴｾﾅｲ",
}


@pytest.fixture
def number(pages: Pages) -> str:
    page = pages.post("/sheets", {"text": MIXED, "picks": ["P070", "P032"]})
    return re.search(r"R\d+-\d{4}", page.title)[0]  # type: ignore[index]


def form_of(page_html: str, engine: Engine, number: str) -> dict[str, object]:
    """The fields a browser would send back for a sheet."""
    with db.reading(engine) as session:
        given = sheet_input.as_input(sheets.get(session, number))
    fields: dict[str, object] = {**given.values, "items": list(given.items), "version": given.version}
    fields["windows"] = [handover.window for handover in given.handovers]
    for row in given.handovers:
        fields |= {f"ask-{row.window}": row.ask, f"way-{row.window}": row.way, f"consent-{row.window}": row.consent}
    return fields


def test_the_first_page_offers_every_theme(pages: Pages, finder) -> None:  # type: ignore[no-untyped-def]
    page = pages.get("/")
    assert all(theme.label in page.text for theme in finder.sources.lexicon.data.themes)


def test_a_worry_brings_its_windows_with_department_and_reason(pages: Pages) -> None:
    page = pages.post("/", {"text": MIXED})
    assert "市民協働推進課" in page.text
    assert "こども家庭センター" in page.text
    assert "<mark>" in page.html
    assert "要確認" in page.text
    assert "046-223-1511" in page.text


def test_the_resident_words_are_in_no_address(pages: Pages) -> None:
    page = pages.post("/", {"text": MIXED})
    assert all("借金" not in address and "%E5" not in address for address in page.addresses)
    assert {form.get("method") for form in page.forms} <= {"post", "dialog"}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_input_gives_a_calm_page(pages: Pages, text: str) -> None:
    page = pages.post("/", {"text": text.encode("utf-8", "surrogatepass")})
    assert "<script>alert" not in page.html
    assert ("{{ 7*7 }}" in text) == ("{{ 7*7 }}" in page.html)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_input_becomes_a_sheet_all_the_same(pages: Pages, text: str) -> None:
    pages.post("/sheets", {"text": text.encode("utf-8", "surrogatepass"), "picks": "P070"})


@pytest.fixture
def planner(app: Flask) -> Pages:
    return Pages(app.test_client()).enter("keikaku")


def test_explain_shows_what_the_command_shows_and_a_case_to_keep(planner: Pages, desk: Desk) -> None:
    text = "しゃっきんがかえせない。\n夜も眠れないし「もう消えてしまいたい」"
    page = planner.post("/explain", {"text": text.replace("\n", "\r\n")})
    tables = desk.explain(text).tables
    for table in tables:
        for words in (table.title, table.note, *table.columns, *(cell for row in table.rows for cell in row)):
            assert str(escape(words)) in page.html
    assert tables[0].rows[0][1].startswith("借金が返せない")
    assert str(escape(case(text))) in page.html
    assert json.loads(case(text))["text"] == text


def test_explain_keeps_the_text_out_of_addresses_database_and_log(
    planner: Pages, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = planner.post("/explain", {"text": MIXED})
    assert all("借金" not in address and "%E5" not in address for address in page.addresses)
    assert {form["method"] for form in page.forms} == {"post"}
    assert "借金" not in caplog.text
    assert "借金" not in planner.get("/explain?text=借金").html  # an address asks nothing
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sheet")) == 0


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_input_is_explained_calmly(planner: Pages, text: str) -> None:
    page = planner.post("/explain", {"text": text.encode("utf-8", "surrogatepass")})
    assert "<script>alert" not in page.html
    assert ("しらべる文を打ってください" in page.text) == (not text.strip())


def test_explain_says_when_a_text_is_too_long_and_keeps_it(planner: Pages) -> None:
    page = planner.post("/explain", {"text": "眠れない。" * 2_001})
    assert "文が長すぎます" in page.text
    assert "眠れない。" * 2_001 in page.html
    assert "検査の例" not in page.text


def test_explain_says_when_nothing_can_be_searched(planner: Pages, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.finder.sources, "fault", "索引を開けません。")  # type: ignore[union-attr]
    page = planner.post("/explain", {"text": MIXED})
    assert "索引を開けません。" in page.text
    assert "借金・返済" in page.text  # the lexicon still speaks
    monkeypatch.setattr(desk, "finder", None)
    monkeypatch.setattr(desk, "_fault", "辞書を開けません。")
    page = planner.post("/explain", {"text": MIXED})
    assert "辞書を開けません。" in page.text
    assert MIXED in page.html
    assert "検査の例" not in page.text


def test_the_consultation_leads_those_who_keep_the_lexicon_to_the_explanation(pages: Pages, planner: Pages) -> None:
    assert all("/explain" in planner.get(path).addresses for path in ("/", "/help"))
    assert all("/explain" not in pages.get(path).addresses for path in ("/", "/help"))


def test_a_text_too_long_says_so_and_keeps_it(pages: Pages) -> None:
    page = pages.post("/", {"text": "眠れない。" * 2_001})
    assert "文が長すぎます" in page.text
    assert "眠れない。" * 2_001 in page.html


def test_a_request_too_large_is_refused_calmly(pages: Pages) -> None:
    page = pages.post("/", {"text": "あ" * 400_000}, status=413)
    assert "大きすぎます" in page.text


def test_buttons_work_without_script(pages: Pages) -> None:
    page = pages.post("/", {"text": MIXED, "do": "pick:P070"})
    assert 'name="picks" value="P070"' in page.html
    page = pages.post("/", {"text": MIXED, "picks": ["P070", "P032"], "do": "unpick:P070"})
    assert 'name="picks" value="P032"' in page.html
    assert 'name="picks" value="P070"' not in page.html
    page = pages.post("/", {"text": MIXED, "do": "drop:debt"})
    assert 'name="removed" value="debt"' in page.html
    page = pages.post("/", {"text": "", "do": "browse:money"})
    assert 'value="add:debt"' in page.html
    page = pages.post("/", {"text": "", "do": "memo:open"})
    assert "いま電話する" in page.text


@pytest.mark.parametrize("do", ["pick:NOPE", "add:nope", "drop:nope", "fly:away", ":", "pick", "browse:nope"])
def test_an_unknown_button_changes_nothing(pages: Pages, do: str) -> None:
    pages.post("/", {"text": MIXED, "do": do})


def test_a_sheet_without_a_window_is_explained_and_nothing_is_lost(pages: Pages) -> None:
    page = pages.post("/sheets", {"text": MIXED}, status=400)
    assert "窓口を1つ以上" in page.text
    assert MIXED in page.html


def test_a_sheet_is_made_edited_and_printed(pages: Pages, engine: Engine, number: str) -> None:
    fields = form_of("", engine, number) | {
        "name": "記入例 花子",
        "explained": "yes",
        "consent-P070": "oral",
        "way-P070": "同行",
        "gravest": "債務",
        "do": "print:office",
    }
    page = pages.post(f"/sheets/{number}", fields)
    assert "記入例 花子" in page.text
    assert "市民協働推進課" in page.text
    assert "こども家庭センター" in page.text
    resident = pages.get(f"/sheets/{number}/resident")
    assert "市民協働推進課" in resident.text.replace(" ", "")
    assert "借金" not in resident.html
    assert "記入例" not in resident.html
    assert number in pages.get("/sheets").text


def test_destinations_are_added_and_removed_on_the_sheet(pages: Pages, engine: Engine, number: str) -> None:
    page = pages.post(f"/sheets/{number}", form_of("", engine, number) | {"do": "add", "window": "houterasu"})
    assert "法テラス" in page.text
    page = pages.post(f"/sheets/{number}", form_of("", engine, number) | {"do": "remove:P032"})
    with db.reading(engine) as session:
        assert [h.window for h in sheets.get(session, number).handovers] == ["P070", "houterasu"]


def test_faults_are_listed_on_top_and_link_to_their_fields(pages: Pages, engine: Engine, number: str) -> None:
    fields = form_of("", engine, number) | {"wish": "のぞみ", "consent-P070": "oral", "gravest": "介護"}
    page = pages.post(f"/sheets/{number}", fields, status=400)
    assert "まだ保存していません" in page.text
    assert {"#explained", "#items"} <= set(page.addresses)
    assert {"explained", "items"} <= set(page.ids)
    assert "のぞみ" in page.html


def test_a_second_saver_is_told_and_keeps_what_was_typed(pages: Pages, engine: Engine, number: str) -> None:
    fields = form_of("", engine, number)
    pages.post(f"/sheets/{number}", fields | {"wish": "先の人"})
    page = pages.post(f"/sheets/{number}", fields | {"wish": "後の人"}, status=409)
    assert "ほかの画面" in page.text
    assert "後の人" in page.html
    pages.post(f"/sheets/{number}", fields | {"wish": "後の人", "version": page.value("version")})


def test_a_draft_can_be_discarded(pages: Pages, number: str) -> None:
    assert "消しました" in pages.post(f"/sheets/{number}/discard", {}).text
    pages.get(f"/sheets/{number}", status=404)


@pytest.mark.parametrize("path", ["/nowhere", "/sheets/R8-9999", "/sheets/R8-9999/resident", "/sheets/x/office"])
def test_what_does_not_exist_is_said_calmly(pages: Pages, path: str) -> None:
    assert "ありません" in pages.get(path, status=404).text


def test_forms_without_our_token_are_refused(app: Flask) -> None:
    client = Pages(app.test_client()).enter("mado").client
    for path in ("/", "/sheets", "/sheets/R8-0001", "/sheets/R8-0001/discard", "/handovers/1/receive", "/logout"):
        assert client.post(path, data={"text": "借金"}).status_code == 400
    assert app.test_client().post("/login", data={"login": "mado"}).status_code == 400


def test_another_host_name_is_refused(app: Flask) -> None:
    assert app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_pages_are_not_kept_and_not_framed(app: Flask) -> None:
    headers = app.test_client().get("/login").headers
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"


def test_an_unforeseen_error_tells_nothing_of_what_was_typed(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from referral_app.web import consult as pages_of_consult

    def explode(*_: object) -> None:
        raise RuntimeError("借金")

    monkeypatch.setattr(pages_of_consult.verbs, "consult", explode)
    answer = Pages(app.test_client()).enter("mado").client.get("/")
    assert answer.status_code == 500
    assert "借金" not in answer.get_data(as_text=True)
    assert "借金" not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("path", ["/", "/help", "/memo", "/sheets", "/password"])
def test_pages_without_arguments_open(pages: Pages, path: str) -> None:
    pages.get(path)


def test_every_template_compiles(app: Flask, settings: Settings) -> None:
    names = [p.relative_to(settings.templates).as_posix() for p in Path(settings.templates).rglob("*.html")]
    assert len(names) >= 10
    for name in names:
        app.jinja_env.get_template(name)


def test_static_files_are_ours_and_small(app: Flask) -> None:
    for file in Path(app.static_folder or "").iterdir():
        if file.suffix in (".css", ".js", ".svg"):
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"https?://(?!www\.w3\.org)", text), file
            assert len(text) < 20_000


def api(app: Flask, body: object) -> tuple[int, dict[str, object]]:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    answer = app.test_client().post("/api/v1/match", data=data, content_type="application/json")
    return answer.status_code, answer.get_json()


def test_the_api_answers_by_the_contract(app: Flask) -> None:
    status, found = api(app, {"id": "a", "text": "家賃が払えず追い出されそう。死にたい", "person": ["働いている"]})
    assert status == 200
    assert set(found) == {"id", "alerts", "worries", "programmes", "confident"}
    assert found["alerts"][0]["kind"] == "suicide"  # type: ignore[index]
    assert len(found["programmes"]) <= 20  # type: ignore[arg-type]
    assert set(found["programmes"][0]) == {"code", "score", "reasons"}  # type: ignore[index]


REFUSED = {
    "not JSON": ("{", 400),
    "a list": ([], 400),
    "no text": ({"id": "a"}, 400),
    "number for text": ({"id": "a", "text": 1}, 400),
    "person no list": ({"id": "a", "text": "", "person": "x"}, 400),
    "too long": ({"id": "a", "text": "あ" * 10_001}, 413),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_api_errors_have_one_shape(app: Flask, body: object, status: int) -> None:
    got, found = api(app, body)
    assert got == status
    assert set(found) == {"error"}
    assert set(found["error"]) == {"code", "message"}  # type: ignore[arg-type]


def test_unknown_api_paths_and_methods_answer_in_the_same_shape(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/api/v1/nothing").get_json()["error"]["message"]
    assert client.get("/api/v1/match").status_code == 405
    assert client.get("/api/v1/match").get_json()["error"]["code"]


def test_every_json_endpoint_is_described(app: Flask) -> None:
    described = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    routes = {str(rule) for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert set(described) == routes


def test_health_names_the_versions_and_the_reason(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    good = app.test_client().get("/healthz")
    assert good.status_code == 200
    assert all(good.get_json()[name] for name in ("app", "catalogue", "lexicon", "index"))
    monkeypatch.setattr(app.extensions["desk"].finder.sources, "fault", "索引を開けません。")
    bad = app.test_client().get("/healthz")
    assert (bad.status_code, bad.get_json()["reason"]) == (503, "索引を開けません。")
