"""The command line by its contract, in processes of its own where that matters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from referral_app.cli import main

pytestmark = pytest.mark.slow


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("REFERRAL_HOME", str(home))

    def invoke(*arguments: str, given: str | bytes = "") -> Result:
        return CliRunner().invoke(main, arguments, input=given)

    return invoke


def test_match_answers_line_by_line_in_order(run) -> None:  # type: ignore[no-untyped-def]
    lines = [{"id": f"{n}", "text": text} for n, text in enumerate(("家賃が払えず追い出されそう", "", "粗大ごみ"))]
    result = run("match", given="\n".join(json.dumps(line) for line in lines) + "\n")
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["0", "1", "2"]
    assert answers[0]["programmes"][0]["code"] in ("P050", "P046")
    assert answers[0]["programmes"][0]["reasons"][0]["words"]
    assert [answer["confident"] for answer in answers] == [True, False, False]


def test_a_bad_line_is_told_and_the_rest_goes_on(run) -> None:  # type: ignore[no-untyped-def]
    given = '{"id": "a", "text": "眠れない"}\nnot json\n\n{"id": 3}\n{"id": "b", "text": "\\ud800借金"}\n'
    result = run("match", given=given)
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert [answer["id"] for answer in answers] == ["a", None, None, "b"]
    assert set(answers[1]) == {"id", "error"}


def test_match_as_a_real_process_reads_and_writes_utf8(home: Path) -> None:
    environment = {**os.environ, "REFERRAL_HOME": str(home), "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    command = [sys.executable, "-m", "referral_app.cli", "match"]
    given = '{"id":"a","text":"家賃が払えず追い出されそう"}\n'.encode()
    done = subprocess.run(command, input=given, capture_output=True, env=environment, check=True)
    assert "家賃" in done.stdout.decode("utf-8")


def test_check_finds_no_fault_in_what_we_ship(run) -> None:  # type: ignore[no-untyped-def]
    result = run("check")
    assert result.exit_code == 0, result.output


SPOILED = {
    "lexicon/money.toml": ("weight = 3", "weight = 9"),
    "crisis.toml": ('level = "', 'level = "?'),
    "memo.toml": ("[violence]", "[violense]"),
    "catalogue/policy-3.toml": ("policy = 3", 'policy = "3"'),
}


def test_check_names_every_bad_file_with_its_line(run, data_copy: Path) -> None:  # type: ignore[no-untyped-def]
    for name, (old, new) in SPOILED.items():
        path = data_copy / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    first = run("check", "--data", str(data_copy))
    assert first.exit_code == 1
    for name in ("crisis.toml", "memo.toml", "policy-3.toml"):
        assert name in first.output
    path = data_copy / "catalogue/policy-3.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('policy = "3"', "policy = 3", 1), encoding="utf-8")
    second = run("check", "--data", str(data_copy))
    assert "money.toml:" in second.output
    assert "1 から 3" in second.output


def test_init_may_be_run_again_and_again(run, desk, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("REFERRAL_HOME", str(tmp_path / "new" / "home"))
    shutil.copytree(settings.index_dir, tmp_path / "new" / "home" / "index")  # building one is tested below
    assert "用意しました" in run("init").output
    assert "最新です" in run("init").output
    for name in ("secret.key", "data.key"):
        assert (tmp_path / "new" / "home" / name).stat().st_mode & 0o077 == 0


def test_explain_shows_every_source_and_a_case_to_keep(run) -> None:  # type: ignore[no-untyped-def]
    result = run("explain", "借金が返せない。夜も眠れない")
    assert result.exit_code == 0
    for part in ("返せない  返す+ない", "借金・返済  強", "言葉の近い悩み", "例から習ったこと", "P070 市民相談事業"):
        assert part in result.output
    assert "言い方の例との近さ" in result.output
    assert json.loads(result.output.splitlines()[-1])["text"] == "借金が返せない。夜も眠れない"


def test_explain_puts_what_crisis_wording_raised_where_match_does(run, desk) -> None:  # type: ignore[no-untyped-def]
    text = "もう死にたい。借金もある"
    found = desk.explain(text)
    assert found.finding == desk.match(text)[1]
    output = run("explain", text).output
    assert "死にたい気持ち (suicide)  はっきり (high)" in output
    assert "死にたい  はっきりした言い方\n" in output
    for table in found.tables:
        assert f"■ {table.title}\n" in output
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_explain_says_what_it_cannot_take(run) -> None:  # type: ignore[no-untyped-def]
    result = run("explain", "あ" * 10_001)
    assert result.exit_code == 1
    assert "文が長すぎます" in result.output


@pytest.mark.slow
def test_index_is_rebuilt_on_request(run) -> None:  # type: ignore[no-untyped-def]
    assert "作り直しました" in run("index").output


def test_a_home_under_data_is_refused(run, monkeypatch: pytest.MonkeyPatch, settings) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("REFERRAL_HOME", str(settings.data / "here"))
    result = run("init")
    assert result.exit_code == 1
    assert "data/ の下に置けません" in result.output
