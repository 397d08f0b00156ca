"""The shape of questions and answers outside the screen: one JSON object each, for CLI and API alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from referral_app.errors import InvalidInput
from referral_app.matching import readable
from referral_app.types import Alert, Finding


@dataclass(frozen=True)
class Asked:
    """One question: the caller's own id, the text, and kinds of person (codes or labels)."""

    id: str
    text: str
    person: tuple[str, ...]


def question(value: Any) -> Asked:
    """Checks ``{"id": str, "text": str, "person"?: [str]}``; raises InvalidInput."""
    if not isinstance(value, dict):
        raise InvalidInput({"body": '{"id": "…", "text": "…"} の形の JSON を送ってください。'})
    identity, text, person = value.get("id"), value.get("text"), value.get("person", [])
    if not isinstance(identity, str) or not isinstance(text, str):
        raise InvalidInput({"body": "「id」と「text」を、どちらも文字で入れてください。"})
    if not isinstance(person, list) or not all(isinstance(one, str) for one in person):
        raise InvalidInput({"person": "「person」は文字の並びで入れてください。"})
    return Asked(readable(identity), text, tuple(map(readable, person)))


def case(text: str) -> str:
    """The text as a line for tests/matching/cases; what it needs is filled in by the person who keeps it."""
    blank: dict[str, Any] = {"needs": [], "also": [], "crisis": None, "outside": False}
    return json.dumps({"id": "?", "tag": "?", "text": readable(text), **blank}, ensure_ascii=False)


def answer(asked: Asked, alerts: Sequence[Alert], finding: Finding, fault: str = "") -> dict[str, Any]:
    """The contract's answer: alerts, worries, programmes (best first, at most 20), confident.

    ``fault`` is added only when something does not work right now.
    """
    return ({"fault": fault} if fault else {}) | {
        "id": asked.id,
        "alerts": [{"kind": alert.kind, "level": alert.level} for alert in alerts],
        "worries": [
            {"code": worry.code, "label": worry.label, "programmes": list(worry.programmes)}
            for worry in finding.worries
        ],
        "programmes": [
            {
                "code": found.code,
                "score": found.score,
                "reasons": [
                    {"words": list(reason.words), "worry": reason.worry, "why": reason.why} for reason in found.reasons
                ],
            }
            for found in finding.programmes
        ],
        "confident": finding.confident,
    }
