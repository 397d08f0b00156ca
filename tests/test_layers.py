"""The three floors hold: nobody imports upward, and two libraries have one door each."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "referral_app"
GROUND = {
    *("errors", "types", "datafile", "fields", "catalogue", "config", "days", "paging"),
    *("rules", "access", "consent", "steps"),
}
# Verbs of the training: they keep what is practised, and may not even name sheets, sending, handovers or inbox.
TRAINING = {"shelf", "training", "courses"}
VERBS = {
    *("models", "db", "sealing", "keeping", "consult", "sheets", "papers"),
    *("merging", "memo", "demo", "exchange", "checking", "sheet_input", "viewing"),
    *("accounts", "entering", "audit", "sending", "handovers", "inbox", "retention"),
    *TRAINING,
    "practice",
}
# module → the names of the package it may use, and the libraries only it may import
MAY_USE = {
    **dict.fromkeys(GROUND, GROUND),
    "matching": GROUND | {"matching"},
    **{name: GROUND | VERBS | {"matching"} for name in VERBS},
    # The training knows neither sheets nor the database, so a practice run can reach no inbox.
    "practice": GROUND | {"matching", "practice"},
    **dict.fromkeys(TRAINING, GROUND | TRAINING | {"models", "audit", "memo", "matching", "practice"}),
    "web": GROUND | VERBS | {"matching", "web"},
    "serving": GROUND | VERBS | {"matching", "web"},
    "cli": GROUND | VERBS | {"matching", "serving", "cli_admin", "cli_print"},
    "cli_admin": GROUND | VERBS,
    "cli_print": GROUND | VERBS,
    "migrations": {"models", "sealing"},
}
ONLY_DOOR = {
    "sudachipy": {"matching/analyser.py"},
    "whoosh": {"matching/index.py"},
    "jpholiday": {"days.py"},
    "argon2": {"accounts.py", "entering.py"},
    "flask": {"web/"},
    "flask_login": {"web/guard.py"},
    "itsdangerous": {"web/"},
    "flask_wtf": {"web/"},
    "jinja2": {"web/"},
    "numpy": {"matching/"},
    "werkzeug": {"web/"},
    "waitress": {"serving.py"},
    "click": {"cli.py", "cli_admin.py", "cli_print.py"},
    "typst": {"papers/press.py"},
    "segno": {"papers/press.py"},
    "noto_cjk_sans_jp_regular": {"papers/press.py"},
    "noto_cjk_sans_jp_bold": {"papers/press.py"},
    "alembic": {"db.py", "migrations/"},
    "cryptography": {"sealing.py"},
    "sqlalchemy": {
        "db.py",
        "models.py",
        "sealing.py",
        "keeping.py",
        *(
            "sheets.py",
            "accounts.py",
            "entering.py",
            "audit.py",
            "sending.py",
            "handovers.py",
            "inbox.py",
            "retention.py",
            "shelf.py",
            "training.py",
            "courses.py",
        ),
        "demo.py",
        "serving.py",
        "cli_admin.py",
        "migrations/",
        "web/__init__.py",
        "web/desk.py",
        "web/errors.py",
    },
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_module_looks_upward(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        assert not imports(file) or imports(file) == ["__future__.annotations"]
        return
    own = [name.split(".")[1] for name in imports(file) if name.startswith("referral_app.")]
    forbidden = {name for name in own if name not in MAY_USE[room] and name != "__version__"}
    assert not forbidden


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_each_library_has_its_door(file: Path) -> None:
    place = file.relative_to(PACKAGE).as_posix()
    for name in imports(file):
        doors = ONLY_DOOR.get(name.split(".")[0])
        assert doors is None or any(place == door or (door.endswith("/") and place.startswith(door)) for door in doors)


def test_pages_and_commands_enter_matching_by_its_front_door() -> None:
    for file in [*PACKAGE.glob("web/*.py"), PACKAGE / "cli.py", PACKAGE / "cli_print.py", PACKAGE / "serving.py"]:
        inside = [name for name in imports(file) if name.startswith("referral_app.matching.") and name.count(".") > 2]
        assert not inside, file


@pytest.mark.parametrize(
    "file", [f for f in FILES if "versions" not in f.parts], ids=lambda file: str(file.relative_to(PACKAGE))
)
def test_no_room_is_too_large(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 42, node.name
