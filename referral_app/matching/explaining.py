"""Why a text finds what it finds: every source's voice, for those who keep the lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from referral_app.matching import ranking
from referral_app.matching.finder import Finder
from referral_app.matching.phrases import Hit
from referral_app.matching.reading import Reading
from referral_app.matching.units import NEGATED, PASSIVE, WISHED
from referral_app.types import Finding

_FLAGS = ((NEGATED, "ない"), (WISHED, "たい"), (PASSIVE, "れる"))
SHOWN = 8


@dataclass(frozen=True)
class Explanation:
    """Rows of text per source, ready to print; ``finding`` is what the screen shows."""

    units: tuple[str, ...]
    phrases: tuple[str, ...]
    similar: tuple[str, ...]
    taught: tuple[str, ...]
    outside: float
    voices: tuple[str, ...]
    finding: Finding


def explain(finder: Finder, text: str, person: Sequence[str] = ()) -> Explanation:
    """All evidence for one text. Raises InvalidInput when it is too long."""
    sources = finder.sources
    reading = sources.read(text)
    evidence = sources.evidence(reading)
    heard = evidence.heard
    finding = finder.find(text, person)
    label = {code: worry.label for code, worry in sources.lexicon.worries.items()}
    voices = ranking.voices(evidence, sources.lexicon, frozenset(finding.person))
    return Explanation(
        units=tuple(_unit(reading, i) for i in range(len(reading.units))),
        phrases=tuple(
            f"{label[code]} {kind}: {_hit(hit, reading)}"
            for kind, found in (("強", heard.strong), ("弱", heard.weak))
            for code, hits in found.items()
            for hit in hits
        ),
        similar=tuple(f"{label[code]} {score:.1f}" for code, score in evidence.similar[:SHOWN]),
        taught=tuple(f"{label[code]} {belief:.2f}" for code, belief in evidence.taught[:SHOWN]),
        outside=evidence.outside,
        voices=tuple(
            f"{voice.worry.label} {voice.strength:.3f}{' (推しはかり)' if voice.guessed else ''}" for voice in voices
        ),
        finding=finding,
    )


def _unit(reading: Reading, position: int) -> str:
    unit = reading.units[position]
    flags = "".join(f"+{word}" for flag, word in _FLAGS if unit.flags & flag)
    return f"{reading.cleaned.said(unit.start, unit.end)} = {'/'.join(unit.keys)}{flags}"


def _hit(hit: Hit, reading: Reading) -> str:
    said = " … ".join(reading.cleaned.said(start, end) for span in hit.spans for start, end in span.pieces)
    return f"{hit.line} ← {said}"
