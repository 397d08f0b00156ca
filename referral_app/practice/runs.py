"""One practice run (練習): what a trainee has done so far, and what each thing they do changes. Stores nothing.

A run is a value. Every verb takes one and returns the next; whoever keeps runs keeps ``to_text``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from referral_app.errors import InvalidInput, NotFound
from referral_app.practice.asking import OPEN, Reply
from referral_app.practice.grading import Answers, Review
from referral_app.practice.material import Practice
from referral_app.practice.scenarios import LONGEST_FOLLOW_UP, Reveal, Scenario

LONGEST_QUESTION = 200  # a question asked aloud; longer is a speech
LONGEST_REQUEST = 120
MOST_QUESTIONS = 30
MOST_WINDOWS = 10
CHANGED = "この場面は、書きかえられました。はじめから練習してください。"


@dataclass(frozen=True)
class Asked:
    """One question, what the person said, and the codes of what they told by it."""

    question: str
    reply: tuple[str, ...]
    opened: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One line of the practice sheet: a window and what it is asked to do."""

    window: str
    request: str


@dataclass(frozen=True)
class Run:
    """Rows of the scenario are named by their place, counted from 1; 0 is none. follow_up: days, None without."""

    scenario: str
    version: str
    signs: tuple[int, ...] = ()
    first_words: int = 0
    own_words: str = ""
    asked: tuple[Asked, ...] = ()
    lines: tuple[Line, ...] = ()
    handover: int = 0
    consent: int = 0
    follow_up: int | None = None
    myths: tuple[tuple[str, bool], ...] = ()

    @property
    def told(self) -> frozenset[str]:
        """Codes of everything the person has told."""
        return frozenset(code for asked in self.asked for code in asked.opened)


def begin(scenario: Scenario) -> Run:
    """A run with nothing done."""
    return Run(scenario.code, scenario.version)


def notice(run: Run, scenario: Scenario, signs: Sequence[int]) -> Run:
    """Ticks the signs; places that the scenario does not have are left out."""
    return replace(run, signs=tuple(sorted({n for n in signs if 1 <= n <= len(scenario.signs)})))


def speak(run: Run, scenario: Scenario, practice: Practice, number: int, own_words: str = "") -> tuple[Run, Reply]:
    """Says the first words, a sentence of the list or one's own. Raises InvalidInput.

    A good sentence brings what it asks about, else what the person tells of their own accord; so do own words in
    which the rubric is seen.
    """
    own_words = own_words.strip()
    if not 1 <= number <= len(scenario.first_words):
        if not own_words:
            raise InvalidInput({"first_words": "はじめの一言をえらぶか、自分の言葉で書いてください。"})
        return _speak_own(replace(run, first_words=0), scenario, practice, _short(own_words, "own_words"))
    picked = scenario.first_words[number - 1]
    reply = _answered(run, scenario, practice, picked.words) if picked.good else Reply((scenario.otherwise,), ())
    return _said(replace(run, first_words=number, own_words=""), picked.words, reply), reply


def _speak_own(run: Run, scenario: Scenario, practice: Practice, words: str) -> tuple[Run, Reply]:
    reply = _to_own_words(run, scenario, practice, words)
    return _said(replace(run, own_words=words), words, reply), reply


def _to_own_words(run: Run, scenario: Scenario, practice: Practice, words: str) -> Reply:
    """The answer to a question; where there is none, being listened to (そうでしたか) brings the next thing too."""
    reply = practice.asker.reply(scenario, words, run.told)
    heard = practice.heard(words, ())
    listened = bool(heard.points) and not heard.cautions
    return _willing(run, scenario) if reply.words == (scenario.otherwise,) and listened else reply


def _answered(run: Run, scenario: Scenario, practice: Practice, words: str) -> Reply:
    opened = practice.asker.opened(scenario, words, run.told)
    return Reply(tuple(row.answer for row in opened), opened) if opened else _willing(run, scenario)


def _willing(run: Run, scenario: Scenario) -> Reply:
    """The next thing that the person tells of their own accord."""
    ready: list[Reveal] = [row for row in scenario.reveals if OPEN in row.asks and row.code not in run.told][:1]
    return Reply(tuple(row.answer for row in ready) or (scenario.otherwise,), tuple(ready))


def ask(run: Run, scenario: Scenario, practice: Practice, question: str) -> tuple[Run, Reply]:
    """Says one thing in one's own words, most often a question. Raises InvalidInput: empty, too long, one too many."""
    question = _short(question.strip(), "question")
    if not question:
        raise InvalidInput({"question": "聞きたいことを書いてください。"})
    if len(run.asked) >= MOST_QUESTIONS:
        raise InvalidInput({"question": f"質問は {MOST_QUESTIONS} までです。つぎへ進んでください。"})
    reply = _to_own_words(run, scenario, practice, question)
    return _said(run, question, reply), reply


def _short(words: str, field: str) -> str:
    if len(words) > LONGEST_QUESTION:
        raise InvalidInput({field: f"{LONGEST_QUESTION} 字までで書いてください (いま {len(words)} 字)。"})
    return words


def _said(run: Run, words: str, reply: Reply) -> Run:
    asked = Asked(words, reply.words, tuple(reveal.code for reveal in reply.opened))
    return replace(run, asked=(*run.asked, asked))


def fill(run: Run, practice: Practice, lines: Sequence[Line]) -> Run:
    """Fills the practice sheet: each window once, in the order picked. Raises InvalidInput."""
    kept: dict[str, Line] = {}
    for line in lines:
        try:
            practice.known.catalogue.window(line.window)
        except NotFound as error:
            raise InvalidInput({"lines": str(error)}) from None
        request = line.request.strip()
        if len(request) > LONGEST_REQUEST:
            raise InvalidInput({f"request.{line.window}": f"お願いは {LONGEST_REQUEST} 字までで書いてください。"})
        kept.setdefault(line.window, Line(line.window, request))
    if len(kept) > MOST_WINDOWS:
        raise InvalidInput({"lines": f"一度に渡せる窓口は {MOST_WINDOWS} までです。"})
    return replace(run, lines=tuple(kept.values()))


def hand_over(run: Run, scenario: Scenario, handover: int, consent: int) -> Run:
    """Chooses the way of handing over and of asking consent; a place that is not there chooses none."""
    return replace(
        run,
        handover=handover if 1 <= handover <= len(scenario.handovers) else 0,
        consent=consent if 1 <= consent <= len(scenario.consents) else 0,
    )


def follow(run: Run, days: int | None) -> Run:
    """Sets in how many days to look again; raises InvalidInput for a day in the past or too far off."""
    if days is not None and not 0 <= days <= LONGEST_FOLLOW_UP:
        raise InvalidInput({"follow_up": f"今日から {LONGEST_FOLLOW_UP} 日あとまでの日を選んでください。"})
    return replace(run, follow_up=days)


def judge(run: Run, scenario: Scenario, said: Mapping[str, bool]) -> Run:
    """Answers the scenario's statements (思いこみと事実); others are left out."""
    return replace(run, myths=tuple((code, said[code]) for code in scenario.myths if code in said))


_DONE: Mapping[str, Callable[[Run], bool]] = {
    "notice": lambda run: bool(run.signs),
    "speak": lambda run: bool(run.first_words or run.own_words),
    "listen": lambda run: len(run.asked) > 1,  # the first words are the first of them
    "connect": lambda run: bool(run.lines and run.handover and run.consent),
    "watch": lambda run: run.follow_up is not None,
    "spread": lambda run: bool(run.myths),
}


def done(run: Run) -> frozenset[str]:
    """The steps (codes of grading.STEPS) with something in them. None is compulsory: a trainee may stop any time."""
    return frozenset(step for step, is_done in _DONE.items() if is_done(run))


def review(run: Run, scenario: Scenario, practice: Practice) -> Review:
    """The review of a run; raises InvalidInput when the scenario was changed since it began."""
    if run.version != scenario.version:
        raise InvalidInput({"scenario": CHANGED})
    return practice.review(scenario, answers(run, scenario, practice))


def answers(run: Run, scenario: Scenario, practice: Practice) -> Answers:
    """What a run says to the review. A sentence picked from the list is not read as the trainee's own words."""
    listed = {row.words for row in scenario.first_words}
    own = [asked.question for asked in run.asked if asked.question not in listed]
    return Answers(
        signs=frozenset(run.signs),
        first_words=run.first_words,
        own_words=run.own_words,
        opened=run.told,
        windows=frozenset(line.window for line in run.lines),
        handover=run.handover,
        consent=run.consent,
        follow_up=run.follow_up,
        myths=run.myths,
        heard=practice.heard("", own),
        own_heard=practice.heard(run.own_words, ()),
    )


def to_text(run: Run) -> str:
    """The run as JSON text. It holds what a trainee typed: whoever keeps it seals it."""
    return json.dumps(run, default=vars, ensure_ascii=False)


def from_text(text: str) -> Run:
    """The run behind a text that ``to_text`` made."""
    values: dict[str, Any] = json.loads(text)
    asked = tuple(Asked(row["question"], tuple(row["reply"]), tuple(row["opened"])) for row in values.pop("asked"))
    lines = tuple(Line(**row) for row in values.pop("lines"))
    signs = tuple(values.pop("signs"))
    myths = tuple((code, said) for code, said in values.pop("myths"))
    return Run(**values, asked=asked, lines=lines, signs=signs, myths=myths)
