"""The papers kept as reviewed snapshots: make papers (python -m tests.papers.making FOLDER [--accept]).

Writes every PDF (and its pages as pictures where pdftoppm is found) for a person to look at. ``--accept``
keeps their structure under tests/papers/reviewed once they have been looked at.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.models import Addendum, SheetItem
from referral_app.papers import copies, sheet_papers
from referral_app.papers.press import Printed
from referral_app.papers.stationery import Stationery
from tests.papers import test_copies
from tests.papers.reading import Paper

REVIEWED = Path(__file__).with_name("reviewed")
NOW = datetime(2026, 11, 24, 14, 32)
RARE = "𠮷田 髙﨑 渡邉 齋藤 邊 塚󠄁 葛󠄀"


def papers(desk: Desk, stationery: Stationery, turn: int = 0) -> dict[str, Callable[[], Printed]]:
    """Name → what prints it. Each turn has another number, day and story: the compiler remembers what it has set."""
    today, press = NOW.date() + timedelta(days=turn), stationery.press
    known = {"name": RARE, "kana": "よしだ たかさき", "phone": "000-0000-0000"}
    contact = {"may_phone": "よい", "phone_hours": "平日 10時〜15時"}

    def sheet(*codes: str, **values: str) -> test_copies.Sheet:
        made = test_copies.filled(desk.catalogue, test_copies.sheet(*codes, **{**known, **contact, **values}))
        made.clerk_department, made.clerk_name = "市民協働推進課", "見本 一郎"
        made.number, made.received_at = f"R8-{417 + turn:04}", NOW + timedelta(days=turn)
        return made

    def resident(*codes: str) -> Printed:
        return sheet_papers.resident_pdf(press, test_copies.resident(desk, sheet(*codes)))

    def office(story: str, ask: str, later: str = "", **values: str) -> Printed:
        told = {"story": story.replace("。", f"{turn or ''}。"), "wish": "昼に働きたい。\n子どもを預けたい。"}
        made = sheet("P070", "P032", "P046", **told, **values)
        if later:  # and an item that hides telephone and address
            made.addenda = [Addendum(at=NOW, by_name="見本 二郎", words=later)]
        else:
            made.items = [SheetItem(item="債務", gravest=True), SheetItem(item="住まい", gravest=False)]
        made.handovers[0].ask, made.handovers[2].consent = ask, "refused"
        return sheet_papers.office_pdf(press, copies.office_copy(made))

    return {
        "resident": lambda: resident("P070", "P032"),
        "resident-many": lambda: resident("P070", "P032", "P006", "P065", "P069", "P050", "hellowork", "houterasu"),
        "office": lambda: office("カードの借金が返せない。", "弁護士の特別相談につないでください。"),
        "office-long": lambda: office(
            "とても長いお話です。" * 400, "くわしいお願いです。" * 30, "仕事が決まった。", may_post="だめ"
        ),
        "slip": lambda: stationery.slip(today),
        **{
            f"leaflet-{code}": lambda code=code: stationery.leaflet_for_moment(code, today)  # type: ignore[misc]
            for code in stationery.moments
        },
        "leaflet-worry-debt": lambda: stationery.leaflet_for_worry("debt", today),
        "leaflet-worry-dv": lambda: stationery.leaflet_for_worry("dv", today),
        "card": lambda: stationery.card(today),
        "booklet": lambda: stationery.booklet(today),
    }


def main(folder: Path, accept: bool) -> None:
    settings = Settings.from_environment()
    desk = Desk.open(settings)
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in papers(desk, Stationery.open(settings, desk)).items():
        file = folder / f"{name}.pdf"
        file.write_bytes(make().pdf)
        if shutil.which("pdftoppm"):
            subprocess.run(["pdftoppm", "-r", "80", "-png", str(file), str(folder / name)], check=True)
        if accept:
            (REVIEWED / f"{name}.txt").write_text(Paper(file.read_bytes()).shape(), encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--accept" in sys.argv)
