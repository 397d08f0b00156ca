"""Measures finding on the cases beside this file: python -m tests.matching.evaluate [--fails].

A case names its needs (groups of programmes, any of which answers that need, best first), further
sensible programmes, acceptable crisis levels (null: must not alarm) and whether it lies outside the
catalogue. Grades for nDCG: first of a need 3, other of a need 2, also 1. Cases are split in two
halves by their text; weights may be tuned on the first half only, both are reported.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from referral_app.config import Settings
from referral_app.consult import Desk

CASES = Path(__file__).parent / "cases"
_TO_HIRAGANA = {code: code - 96 for code in range(ord("ァ"), ord("ヶ") + 1)}
# 240 lines written without sight of the rules and of data/crisis_examples.toml; never to be learnt from.
CRISIS_LINES = Path(__file__).parent / "crisis_lines.jsonl"
# On a case without crisis only these kinds count as a false alarm; violence and grief may well be heard.
DYING = ("suicide", "self_harm", "other_person")


@dataclass(frozen=True)
class Case:
    id: str
    tag: str
    text: str
    needs: tuple[tuple[str, ...], ...]
    also: tuple[str, ...]
    crisis: tuple[str, ...]
    outside: bool

    @property
    def tuned(self) -> bool:
        """True for the half that weights may be chosen on."""
        return hashlib.sha256(self.text.encode()).digest()[0] < 128


@dataclass(frozen=True)
class Score:
    """One case's result; every figure from 0 to 1."""

    case: Case
    ndcg: float
    first_three: float
    first_five: float
    found: tuple[str, ...]
    worries: tuple[str, ...]
    confident: bool
    alarmed: bool


def load(folder: Path = CASES) -> list[Case]:
    rows = [
        json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    return [_case(row) for row in rows]


def _case(row: dict[str, Any]) -> Case:
    return Case(
        id=row["id"],
        tag=row["tag"],
        text=row["text"],
        needs=tuple(map(tuple, row["needs"])),
        also=tuple(row["also"]),
        crisis=tuple(row["crisis"] or ()),
        outside=row["outside"],
    )


def grades(case: Case) -> dict[str, int]:
    found = dict.fromkeys(case.also, 1)
    for need in case.needs:
        for position, code in enumerate(need):
            found[code] = max(found.get(code, 0), 3 if position == 0 else 2)
    return found


def ndcg(found: Sequence[str], worth: dict[str, int], at: int = 10) -> float:
    gained = sum((2 ** worth.get(code, 0) - 1) / math.log2(i + 2) for i, code in enumerate(found[:at]))
    best = sorted(worth.values(), reverse=True)[:at]
    return gained / sum((2**grade - 1) / math.log2(i + 2) for i, grade in enumerate(best))


def score(case: Case, desk: Desk) -> Score:
    alerts, finding = desk.match(case.text)
    found = tuple(programme.code for programme in finding.programmes)
    right = {code for need in case.needs for code in need}
    covered = sum(any(code in found[:5] for code in need) for need in case.needs)
    return Score(
        case=case,
        ndcg=ndcg(found, grades(case)) if case.needs else 0.0,
        first_three=float(any(code in right for code in found[:3])),
        first_five=covered / len(case.needs) if case.needs else 0.0,
        found=found,
        worries=tuple(worry.code for worry in finding.worries),
        confident=finding.confident,
        alarmed=any(case.crisis or alert.kind in DYING for alert in alerts),
    )


def in_kana(case: Case, desk: Desk) -> Case:
    """The same case as somebody types it who changes nothing into kanji."""
    assert desk.finder
    typed = "".join(
        token.reading.translate(_TO_HIRAGANA) if re.search("[一-鿿々]", token.surface) else token.surface
        for token in desk.finder.sources.analyser.tokens(case.text)
    )
    return replace(case, text=typed, tag="in kana")


def mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else float("nan")


def table(scores: Sequence[Score]) -> str:
    """One row per tag and for all, with the figures of both halves."""
    lines = [f"{'':10} {'n':>4}  nDCG  top3  top5   | tuned half: nDCG top3 top5 | other half: nDCG top3 top5"]
    groups: dict[str, list[Score]] = defaultdict(list)
    for one in scores:
        if one.case.needs and not one.case.outside:
            groups[one.case.tag].append(one)
            groups["ALL"].append(one)
    for tag, group in sorted(groups.items(), key=lambda row: row[0]):
        halves = (group, [s for s in group if s.case.tuned], [s for s in group if not s.case.tuned])
        lines.append(f"{tag:10} {len(group):4}  " + " | ".join(map(_figures, halves)))
    return "\n".join([*lines, *_refusals(scores)])


def _figures(scores: Sequence[Score]) -> str:
    return " ".join(f"{mean(getattr(s, name) for s in scores):.3f}" for name in ("ndcg", "first_three", "first_five"))


def _refusals(scores: Sequence[Score]) -> list[str]:
    """How often a matter outside is said to be outside, and how well crisis wording is told from calm."""
    groups = {
        "outside, said so": [float(not s.confident) for s in scores if s.case.outside],
        "real, but no match": [float(not s.confident) for s in scores if s.case.needs],
        "crisis high or imminent, flagged": [
            float(s.alarmed) for s in scores if {"high", "imminent"} & {*s.case.crisis}
        ],
        "crisis concern, flagged": [float(s.alarmed) for s in scores if s.case.crisis == ("concern",)],
        "calm, flagged falsely": [float(s.alarmed) for s in scores if not s.case.crisis],
    }
    return [f"{name:34} {mean(values):.3f} of {len(values)}" for name, values in groups.items()]


def heard(desk: Desk, file: Path = CRISIS_LINES) -> dict[str, float]:
    """Per level (none: look-alikes and calm distress) the share of lines that raise an alert about dying."""
    raised: dict[str, list[float]] = defaultdict(list)
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        alerts, _ = desk.listen(row["text"])
        raised[row["level"] or "none"].append(float(any(alert.kind in DYING for alert in alerts)))
    return {level: mean(raised[level]) for level in ("imminent", "high", "concern", "none")}


def main(show_fails: bool) -> None:
    with tempfile.TemporaryDirectory() as home:
        desk = Desk.open(Settings.at(Path(home)))
        cases = load()
        scores = [score(case, desk) for case in cases]
        typed = [score(in_kana(case, desk), desk) for case in cases if case.tag != "kana" and case.needs]
        lines = heard(desk)
    print(table(scores))
    print("crisis lines nobody had read    " + "  ".join(f"{level} {share:.3f}" for level, share in lines.items()))
    print(f"all of them retyped in kana ({len(typed)})     {_figures(typed)}")
    if show_fails:
        for one in scores:
            if one.case.needs and (one.first_three < 1 or one.first_five < 1):
                print(one.case.id, one.case.tag, one.case.text, one.case.needs, one.found[:6], one.worries)
            if one.case.outside and one.confident:
                print("OUTSIDE", one.case.id, one.case.text, one.worries)
            if one.alarmed != bool(one.case.crisis):
                print("CRISIS", one.case.id, one.case.text, one.case.crisis, one.alarmed)


if __name__ == "__main__":
    main("--fails" in sys.argv)
