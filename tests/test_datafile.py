"""A file that people edit: every fault is told with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from referral_app import datafile
from referral_app.errors import DataError

GOOD = """# heading
title = "x"

[debt]
label = "借金"
weight = 3
links = [
  { to = "P070", why = "聞ける" },
  { to = "P999", why = "ない" },
]
strong = '''
借金

# a note
返せない
'''
"""


@pytest.fixture
def entry(tmp_path: Path) -> datafile.Entry:
    file = tmp_path / "worries.toml"
    file.write_text(GOOD, encoding="utf-8")
    return datafile.read(file).entry("debt")


def test_lines_know_where_they_stand_in_the_file(entry: datafile.Entry) -> None:
    assert entry.lines("strong") == ((12, "借金"), (15, "返せない"))


READERS = {
    "missing key": (lambda e: e.text("item"), 4, "「item」がありません"),
    "wrong type": (lambda e: e.text("weight"), 6, "文字"),
    "too long": (lambda e: e.text("label", longest=1), 5, "1 字まで"),
    "not allowed": (lambda e: e.choice("label", ("家賃",)), 5, "「借金」は使えません"),
    "out of range": (lambda e: e.number("weight", 1, 2), 6, "1 から 2"),
    "unknown key": (lambda e: e.done(), 5, "「label」という項目はありません"),
    "inside a list": (lambda e: e.tables("links")[1].number("weight", 1, 3), 9, "「weight」がありません"),
}


@pytest.mark.parametrize(("read", "line", "reason"), READERS.values(), ids=READERS.keys())
def test_a_fault_is_told_with_its_line(entry: datafile.Entry, read, line: int, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError) as refused:
        read(entry)
    assert refused.value.line == line
    assert reason in refused.value.reason
    assert refused.value.file.endswith("worries.toml")


BROKEN = {
    "not TOML": (b"a = 1\nb = = 2\n", 2),
    "key twice": (b"a = 1\na = 2\n", 2),
    "not UTF-8": ('a = 1\nb = "借金"\n'.encode("cp932"), 2),
}


@pytest.mark.parametrize(("content", "line"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unreadable_file_is_refused_with_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    with pytest.raises(DataError) as refused:
        datafile.read(file)
    assert refused.value.line == line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ファイルがありません"):
        datafile.read(tmp_path / "none.toml")


def test_windows_line_ends_and_a_byte_order_mark_are_welcome(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert datafile.read(file).entry("debt").text("label") == "借金"


FORMED = """title = "x"

[[reveals]]
code = "one"
answer = "a"

[[reveals]]
code = "two"

[follow_up]
why = "b"
"""
FIELDS = {
    "title": 1,
    "reveals": 3,
    "reveals.1.answer": 5,
    "reveals.2.answer": 7,  # not there: the heading of its row
    "reveals.2": 7,
    "follow_up.why": 11,
    "follow_up": 10,
    "nowhere": None,
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_form_has_its_line_in_a_file(field: str) -> None:
    assert datafile.parse("x.toml", FORMED).line_of_field(field) == FIELDS[field]


def test_a_text_that_is_no_file_is_parsed_under_the_name_it_is_given() -> None:
    with pytest.raises(DataError) as refused:
        datafile.parse("持ちこみ", "a = = 1\n")
    assert (refused.value.file, refused.value.line) == ("持ちこみ", 1)
