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
from referral_app.practice import Practice

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = Path(__file__).parent / "questions.txt"


@dataclass(frozen=True)
class Case:
    """A question, and what it should open: any of ``expected``, nothing else; () when it should open nothing.

    tuned: in the part that was looked at when phrases were mended.
    """

    scenario: str
    expected: tuple[str, ...]
    question: str
    tuned: bool


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
    tuned = True
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        tuned = tuned and row != "# held out"
        if row and not row.startswith("#"):
            scenario, expected, question = row.split("|")
            yield Case(scenario, tuple(code for code in expected.split("/") if code != "-"), question, tuned)


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
        sum(row.wrong for row in talk) / len(talk),
    )


def halves(found: Iterable[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """(outcomes of the part tuned on, of the part held out)."""
    rows = list(found)
    return [row for row in rows if row.case.tuned], [row for row in rows if not row.case.tuned]


def main() -> None:
    """Prints the rates of both parts and in hiragana, and with --fails every question that went wrong in the first."""
    desk = Desk.open(Settings.from_environment())
    if desk.finder is None:
        sys.exit(desk.fault)
    analyser = desk.finder.sources.analyser
    practice = practices.load(ROOT / "data", desk.catalogue, analyser, desk.finder.read)
    tuned, held = halves(outcomes(practice, cases()))
    kana = outcomes(practice, in_hiragana(cases(), analyser))
    for name, rows in (("tuned on", tuned), ("held out", held), ("all in hiragana", kana)):
        opened, wrong, talk = rates(rows)
        print(f"{name}: {len(rows)} rows, opens {opened:.3f}, opens another too {wrong:.3f}, talk opens {talk:.3f}")
    for row in tuned if "--fails" in sys.argv else ():
        if row.wrong or (row.case.expected and not row.hit):
            print(row.case.scenario, row.case.expected, row.opened, row.case.question)


if __name__ == "__main__":
    main()
