"""How well free questions open what they ask for: ``python -m tests.practice.measure [--fails]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from referral_app import catalogue as catalogues
from referral_app import practice as practices
from referral_app.matching import Analyser
from referral_app.practice import Practice

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = Path(__file__).parent / "questions.txt"


@dataclass(frozen=True)
class Case:
    """A question, and what it should open: any of ``expected``, nothing else; () when it should open nothing."""

    scenario: str
    expected: tuple[str, ...]
    question: str


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
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            scenario, expected, question = row.split("|")
            yield Case(scenario, tuple(code for code in expected.split("/") if code != "-"), question)


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
        sum(row.wrong for row in talk) / len(talk),
    )


def halves(practice: Practice, found: Iterable[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Outcomes of the scenarios at odd places (tuned on) and at even places (measured only), by their codes."""
    order = {code: place for place, code in enumerate(sorted(practice.scenarios), 1)}
    rows = list(found)
    return (
        [row for row in rows if order[row.case.scenario] % 2],
        [row for row in rows if not order[row.case.scenario] % 2],
    )


def main() -> None:
    """Prints the rates of both halves, and with --fails every question that went wrong in the first."""
    data = ROOT / "data"
    practice = practices.load(data, catalogues.load(data), Analyser())
    tuned, held = halves(practice, outcomes(practice, cases()))
    for name, rows in (("tuned on", tuned), ("held out", held)):
        hit, wrong, talk = rates(rows)
        print(f"{name}: {len(rows)} rows, opens {hit:.3f}, opens another too {wrong:.3f}, talk opens {talk:.3f}")
    for row in tuned if "--fails" in sys.argv else ():
        if row.wrong or (row.case.expected and not row.hit):
            print(row.case.scenario, row.case.expected, row.opened, row.case.question)


if __name__ == "__main__":
    main()
