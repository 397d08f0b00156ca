"""What ships: the wheel holds every template and data file, and nothing private; the locks name no host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.slow
def test_the_wheel_holds_what_is_needed_and_nothing_private(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", ".git", "build", "*.egg-info", "index", "*.db*"))
    for private in ("data/referral.db", "data/secret.key", "data/lexicon/notes.txt", "templates/old.html.bak"):
        (tree / private).write_text("private", encoding="utf-8")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "out"), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    wheel = next((tmp_path / "out").glob("*.whl"))
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    for folder in ("data", "templates"):
        shipped = {f"referral_app/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert {name for name in names if name.startswith(f"referral_app/{folder}/")} == shipped
    own = {p.relative_to(ROOT).as_posix() for p in (ROOT / "referral_app").rglob("*") if p.is_file()}
    own = {name for name in own if "__pycache__" not in name}
    assert {name for name in names if not re.match(r"referral_app/(data|templates)/", name)} == own


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_with_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.findall(r"^([a-z0-9-]+)==(.*?)(?=^[a-z]|\Z)", text, flags=re.M | re.S)
    assert len(entries) > 15
    assert all("--hash=sha256:" in rest for _, rest in entries)


def test_every_dependency_has_its_reason_in_the_design() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [re.split(r"[<>=]", d)[0] for d in project["dependencies"] + project["optional-dependencies"]["dev"]]
    design = (ROOT / "DESIGN.md").read_text(encoding="utf-8")
    assert [name for name in named if name not in design] == []


def test_the_project_speaks_of_itself_alone() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in files:
        path = ROOT / name
        if path.suffix in (".py", ".toml", ".md", ".html", ".css", ".js", ".lock", ".mako", ".typ") and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(^|[^a-z.])/(w" r"ork|h" r"ome|t" r"mp)/[a-z]", text), name
