"""Everything a practice run needs, loaded once: scenarios, kinds of question, rubric, quiz, roles.

A run never touches a sheet: this module and what it uses know neither the database nor the sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from referral_app.catalogue import Catalogue
from referral_app.errors import DataError, InvalidInput
from referral_app.matching import Analyser, CrisisReader, Restore, load_crisis
from referral_app.practice import asking, confidence, files, listening, quiz
from referral_app.practice.asking import Asker, Kind, phrase_error
from referral_app.practice.confidence import Role
from referral_app.practice.grading import Answers, Review, review
from referral_app.practice.listening import Heard, Listener
from referral_app.practice.quiz import Myth
from referral_app.practice.scenarios import Known, Scenario, scenario


@dataclass(frozen=True)
class Practice:
    """The material of the training, checked; immutable and safe for threads."""

    scenarios: Mapping[str, Scenario]
    kinds: Mapping[str, Kind]
    myths: Mapping[str, Myth]
    roles: Mapping[str, Role]
    known: Known
    asker: Asker
    listener: Listener
    analyser: Analyser

    def check(self, values: Mapping[str, Any]) -> Scenario:
        """The scenario that a trainer wrote; raises InvalidInput naming every fault by its field, in Japanese."""
        made = scenario(values, self.known)
        if fault := phrase_error(made, self.analyser):
            raise InvalidInput({"reveals": fault})
        return made

    def read(self, text: str) -> Scenario:
        """A scenario that another trainer exported; raises DataError with line and reason."""
        made = files.from_text(text, self.known)
        if fault := phrase_error(made, self.analyser):
            raise DataError(files.HANDED, None, fault)
        return made

    def heard(self, own_words: str, questions: Iterable[str]) -> Heard:
        """What the rubric reads in a trainee's own words; raises InvalidInput when a text is too long."""
        return self.listener.heard(text for text in (own_words, *questions) if text.strip())

    def review(self, played: Scenario, answers: Answers) -> Review:
        """The review of one run."""
        return review(played, answers, self.myths)


def load(data: Path, catalogue: Catalogue, analyser: Analyser, restore: Restore | None = None) -> Practice:
    """Loads all of it; raises DataError with file, line and reason at the first fault, loading nothing.

    restore: ``Finder.read`` where there is a finder, so that questions in hiragana alone are understood.
    """
    kinds = asking.load(data / "questions.toml")
    myths = quiz.load(data / "myths.toml")
    known = Known(catalogue, tuple(kinds), tuple(myths))
    scenarios = files.load(data / files.FOLDER, known)
    for made in scenarios.values():
        if fault := phrase_error(made, analyser):
            raise DataError(f"{files.FOLDER}/{made.code}.toml", None, fault)
    return Practice(
        scenarios=scenarios,
        kinds=kinds,
        myths=myths,
        roles=confidence.load(data / "roles.toml"),
        known=known,
        asker=Asker(kinds, analyser, CrisisReader(load_crisis(data / "crisis.toml")), restore),
        listener=Listener(listening.load(data / "listening.toml"), analyser),
        analyser=analyser,
    )
