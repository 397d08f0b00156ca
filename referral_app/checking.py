"""Looks through every data file and names all faults at once, not only the first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from referral_app import catalogue as catalogues
from referral_app import memo as memos
from referral_app import rules
from referral_app.catalogue import Catalogue
from referral_app.errors import DataError
from referral_app.matching import Analyser, examples, load_corrections, load_crisis, names_of
from referral_app.matching.lexicon import Lexicon
from referral_app.matching.lexicon import load as load_lexicon
from referral_app.matching.reading import read
from referral_app.papers import handouts
from referral_app.practice import asking, confidence, files, listening, quiz
from referral_app.practice.scenarios import Known

PROGRAMMES = 110  # of the plan; a code is never reused

Attempt = Callable[[Callable[[], Any]], Any]  # loads and keeps the fault; None when there was one


def faults(data: Path) -> list[DataError]:
    """Every fault of ``data/``, () when it may be loaded. One fault per file: mend and check again."""
    found: list[DataError] = []

    def attempt(load: Callable[[], Any]) -> Any:
        try:
            return load()
        except DataError as error:
            found.append(error)
            return None

    attempt(lambda: load_crisis(data / "crisis.toml"))
    attempt(lambda: memos.load(data / "memo.toml"))
    attempt(lambda: rules.load(data / "rules.toml"))
    catalogue: Catalogue | None = attempt(lambda: catalogues.load(data))
    if catalogue is None:
        return found
    if len(catalogue.programmes) != PROGRAMMES:
        reason = f"事業が {len(catalogue.programmes)} あります。計画の事業は {PROGRAMMES} です。"
        found.append(DataError("catalogue", None, reason))
    attempt(lambda: load_corrections(data / "ruby.toml", names_of(catalogue)))
    attempt(lambda: handouts.load_moments(data / "moments.toml", catalogue))
    attempt(lambda: handouts.load_card(data / "card.toml", catalogue))
    lexicon = attempt(lambda: load_lexicon(data / "lexicon", catalogue))
    if lexicon is not None:
        analyser = Analyser()
        attempt(lambda: Lexicon(lexicon, lambda text: list(read(text, analyser).units)))
        attempt(lambda: examples.load(data / "examples", lexicon.files))
    attempt(lambda: examples.load_crisis(data / examples.CRISIS))
    _practice(data, catalogue, attempt)
    return found


def _practice(data: Path, catalogue: Catalogue, attempt: Attempt) -> None:
    """The material of the training; scenarios are looked through once what they name is sound."""
    kinds = attempt(lambda: asking.load(data / "questions.toml"))
    myths = attempt(lambda: quiz.load(data / "myths.toml"))
    attempt(lambda: listening.load(data / "listening.toml"))
    attempt(lambda: confidence.load(data / "roles.toml"))
    if kinds is None or myths is None:
        return
    known = Known(catalogue, tuple(kinds), tuple(myths))
    for path in files.paths(data / files.FOLDER):
        attempt(partial(files.load_one, path, known))
