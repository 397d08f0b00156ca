"""What the desk can print for anyone, each by one call: leaflets, booklet, list of windows, card."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from referral_app.catalogue import Catalogue
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import NotFound
from referral_app.matching.lexicon import Worry
from referral_app.matching.lexicon import load as load_lexicon
from referral_app.papers import handouts
from referral_app.papers.copies import Read
from referral_app.papers.handouts import CardText, Moment
from referral_app.papers.leaflets import Leaflet, Writer
from referral_app.papers.press import Press, Printed

logger = logging.getLogger(__name__)

Subject = Moment | Worry


@dataclass(frozen=True)
class Batch:
    """All leaflets in one file. ``left_out``: worries without a window that may be printed, by their label."""

    printed: Printed
    count: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Stationery:
    """Papers for anyone, from one catalogue. Threads may share it."""

    press: Press
    catalogue: Catalogue
    ruby: Read
    moments: dict[str, Moment]
    worries: dict[str, Worry]
    card_text: CardText

    @classmethod
    def open(cls, settings: Settings, desk: Desk) -> Stationery:
        """Loads what the papers say; raises DataError (file, line, reason) at the first fault."""
        catalogue = desk.catalogue
        themes = load_lexicon(settings.data / "lexicon", catalogue).themes
        return cls(
            press=Press(settings.templates / "paper"),
            catalogue=catalogue,
            ruby=desk.ruby,
            moments=handouts.load_moments(settings.data / "moments.toml", catalogue),
            worries={one.code: one for theme in themes for one in theme.worries if not one.only_for},
            card_text=handouts.load_card(settings.data / "card.toml", catalogue),
        )

    def subjects(self) -> tuple[Subject, ...]:
        """Everything a leaflet can be about: the procedures, then the worries of residents by theme."""
        return (*self.moments.values(), *self.worries.values())

    def leaflet_for_moment(self, code: str, today: date) -> Printed:
        """The leaflet of a procedure. Raises NotFound for an unknown code."""
        return self._leaflets([self._write(_known(self.moments, code, "手続き"), self._writer(today))])

    def leaflet_for_worry(self, code: str, today: date) -> Printed:
        """The leaflet of a worry. Raises NotFound for an unknown code, or when no window of it may be printed."""
        return self._leaflets([self._write(_known(self.worries, code, "悩み"), self._writer(today))])

    def all_leaflets(self, today: date, watched: Callable[[tuple[Subject, ...]], Iterable[Subject]] = iter) -> Batch:
        """Every leaflet in one file with a bookmark each. ``watched`` passes the subjects on and may show progress."""
        writer, made, left_out = self._writer(today), [], []
        for subject in watched(self.subjects()):
            try:
                made.append(self._write(subject, writer))
            except NotFound:
                left_out.append(subject.label if isinstance(subject, Worry) else subject.name)
        return Batch(self._leaflets(made), len(made), tuple(left_out))

    def booklet(self, today: date) -> Printed:
        """相談窓口べんり帳: every window by department, A5."""
        return self.press.print("booklet", self._writer(today).booklet())

    def slip(self, today: date) -> Printed:
        """The plain list of windows, A5, the same for everybody."""
        return self.press.print("slip", self._writer(today).slip())

    def card(self, today: date) -> Printed:
        """Ten cards on an A4, both sides (turn over the long edge)."""
        return self.press.print("card", self._writer(today).card(self.card_text))

    def _writer(self, today: date) -> Writer:
        return Writer(self.catalogue, self.ruby, today)

    def _write(self, subject: Subject, writer: Writer) -> Leaflet:
        return writer.for_moment(subject) if isinstance(subject, Moment) else writer.for_worry(subject)

    def _leaflets(self, leaflets: list[Leaflet]) -> Printed:
        return self.press.print("leaflet", {"leaflets": leaflets})


def _known(table: dict[str, Subject] | dict[str, Moment] | dict[str, Worry], code: str, kind: str) -> Subject:
    if code not in table:
        raise NotFound(f"「{code}」という{kind}はありません。referral print list で番号を確かめてください。")
    return table[code]


class Job:
    """The file of all leaflets in the making: one at a time, in a thread of its own, for everybody who asks.

    done of total leaflets are written; ``batch`` is the last finished file, ``fault`` a Japanese sentence.
    """

    def __init__(self) -> None:
        self.done, self.total, self.fault = 0, 0, ""
        self.batch: Batch | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, stationery: Stationery, today: date) -> None:
        """Begins, unless one is being made."""
        with self._lock:
            if self.runs:
                return
            self.done, self.total, self.fault, self.batch = 0, len(stationery.subjects()), "", None
            self._thread = threading.Thread(target=self._make, args=(stationery, today), daemon=True)
            self._thread.start()

    def _make(self, stationery: Stationery, today: date) -> None:
        try:
            self.batch = stationery.all_leaflets(today, self._watched)
        except Exception as error:  # nobody waits for this thread: what broke is told on the page
            logger.error("leaflets failed: %s", type(error).__name__)
            self.fault = "作れませんでした。もう一度お試しください。続くときは、管理者に時刻を伝えてください。"

    def _watched(self, subjects: tuple[Subject, ...]) -> Iterator[Subject]:
        for subject in subjects:
            yield subject
            self.done += 1
