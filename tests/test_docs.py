"""The documents say what the code says: tables, commands, settings."""

from __future__ import annotations

import re
from pathlib import Path

from referral_app.cli import main
from referral_app.cli_admin import as_markdown

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_roles_and_steps_stand_in_the_docs_as_in_the_code() -> None:
    assert as_markdown() in (ROOT / "docs" / "tables.md").read_text(encoding="utf-8"), "referral tables"


def test_every_command_stands_in_the_readme_and_has_a_help() -> None:
    for name, command in main.commands.items():
        assert f"referral {name}" in README, name
        assert command.help, name


def test_every_setting_of_the_environment_stands_in_the_readme() -> None:
    settings = set(re.findall(r"REFERRAL_[A-Z_]+", (ROOT / "referral_app" / "config.py").read_text(encoding="utf-8")))
    assert settings
    assert {name for name in settings if name not in README} == set()


def test_every_link_of_the_readme_and_the_design_leads_to_a_file() -> None:
    for name in ("README.md", "DESIGN.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == []
