"""Joins two readings of crisis wording: what the rules name and what example lines taught.

Each confirms the other's weak voice: clear wording always stands, weak wording needs a little of the learnt belief, and
a strong belief speaks alone. Without analyser or index the rules go on by themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from referral_app.matching.crisis import LEVELS, CrisisReader
from referral_app.matching.reading import Reading
from referral_app.matching.sources import Sources
from referral_app.types import Alert

logger = logging.getLogger(__name__)

DYING = ("suicide", "self_harm", "other_person")  # what the example lines are about
# Chosen by cross-validation over data/crisis_examples.toml; `make eval` reports lines nobody had read.
CONFIRMS = 0.05  # belief that lets weak wording stand
ALONE = 0.9  # belief that raises a concern when no wording was named


def joined(text: str, reader: CrisisReader, reading: Reading | None, sources: Sources | None) -> tuple[Alert, ...]:
    """At most one alert per kind, the most urgent first. ``reading`` is of the same text, None when there is none."""
    named = reader.read(text)
    if reading is None or sources is None:
        return named
    try:
        return _confirmed(named, reader, reading, sources)
    except Exception as error:  # only the kind of error is logged: its message might hold the text
        logger.error("learnt crisis reading failed: %s", type(error).__name__)
        return named


def _confirmed(named: tuple[Alert, ...], reader: CrisisReader, reading: Reading, sources: Sources) -> tuple[Alert, ...]:
    if reading.restored:
        named = _merged((*named, *reader.read(reading.cleaned.text, reading.cleaned.said)))
    belief = sources.alarm(reading)
    if belief is None:
        return named
    stand = [alert for alert in named if alert.kind not in DYING or alert.sure or belief >= CONFIRMS]
    if belief >= ALONE and not any(alert.kind in DYING for alert in stand):
        stand.append(Alert(reader.whose(reading.cleaned.text), "concern", sources.alarming(reading), sure=False))
    return tuple(sorted(stand, key=lambda alert: LEVELS.index(alert.level)))


def _merged(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """One alert per kind: the higher level, the words of both."""
    kept: dict[str, Alert] = {}
    for alert in alerts:
        if other := kept.get(alert.kind):
            level = min(other.level, alert.level, key=LEVELS.index)
            words = tuple(dict.fromkeys((*other.words, *alert.words)))
            alert = Alert(alert.kind, level, words, other.sure or alert.sure)
        kept[alert.kind] = alert
    return tuple(kept.values())
