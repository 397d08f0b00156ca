"""How well free questions open what they ask for: ``python -m tests.practice.measure [--fails]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from referral_app import practice as practices
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.matching import Analyser
from referral_app.practice.material import Practice

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("tuned on", "held out", "indirect", "indirect, held out")
TABLE = Path(__file__).parent / "questions.txt"


@dataclass(frozen=True)
class Case:
    """A question, and what it should open: any of ``expected``, nothing else; () when it should open nothing.

    part: one of PARTS.
    """

    scenario: str
    expected: tuple[str, ...]
    question: str
    part: str


@dataclass(frozen=True)
class Outcome:
    """What a question opened of a scenario when it was the first one asked."""

    case: Case
    opened: tuple[str, ...]

    @property
    def hit(self) -> bool:
        return bool(set(self.opened) & set(self.case.expected))

    @property
    def wrong(self) -> bool:
        return bool(set(self.opened) - set(self.case.expected))


def cases() -> Iterator[Case]:
    """Every row of the table."""
    part = PARTS[0]
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        part = row[2:] if row[2:] in PARTS else part
        if row and not row.startswith("#"):
            scenario, expected, question = row.split("|")
            yield Case(scenario, tuple(code for code in expected.split("/") if code != "-"), question, part)


def in_hiragana(table: Iterable[Case], analyser: Analyser) -> Iterator[Case]:
    """The same questions as somebody types them who never converts to kanji."""
    for case in table:
        read = "".join(
            token.surface if token.pos[0] in ("補助記号", "空白") else token.reading
            for token in analyser.tokens(case.question)
        )
        yield replace(case, question="".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in read))


def outcomes(practice: Practice, table: Iterable[Case]) -> list[Outcome]:
    """Asks every question of its scenario, each for itself."""
    found = []
    for case in table:
        opened = practice.asker.opened(practice.scenarios[case.scenario], case.question)
        found.append(Outcome(case, tuple(reveal.code for reveal in opened)))
    return found


def rates(found: Iterable[Outcome]) -> tuple[float, float, float]:
    """(questions that open what they ask for, that also open something else, talk that opens something)."""
    rows = list(found)
    asking = [row for row in rows if row.case.expected]
    talk = [row for row in rows if not row.case.expected]
    return (
        sum(row.hit for row in asking) / len(asking),
        sum(row.wrong for row in asking) / len(asking),
        sum(row.wrong for row in talk) / max(1, len(talk)),
    )


def parts(found: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by the part of the table they stand in."""
    rows = list(found)
    return {part: [row for row in rows if row.case.part == part] for part in PARTS}


def main() -> None:
    """Prints the rates of each part, as typed and in hiragana; with --fails what went wrong, but for the held out."""
    desk = Desk.open(Settings.from_environment())
    if desk.finder is None:
        sys.exit(desk.fault)
    analyser = desk.finder.sources.analyser
    practice = practices.load(ROOT / "data", desk.catalogue, analyser, desk.finder.read)
    found = parts(outcomes(practice, cases()))
    kana = parts(outcomes(practice, in_hiragana(cases(), analyser)))
    for name, rows in (*found.items(), *((f"{part}, in hiragana", rows) for part, rows in kana.items())):
        opened, wrong, talk = rates(rows)
        print(f"{name}: {len(rows)} rows, opens {opened:.3f}, opens another too {wrong:.3f}, talk opens {talk:.3f}")
    for row in (*found[PARTS[0]], *found[PARTS[2]]) if "--fails" in sys.argv else ():
        if row.wrong or (row.case.expected and not row.hit):
            print(row.case.scenario, row.case.expected, row.opened, row.case.question)


if __name__ == "__main__":
    main()
