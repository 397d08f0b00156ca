"""Tables of the database. Facts only; what may happen to them stands in the verbs.

What a person could be known by, or what tells their worry, is ``Sealed``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from referral_app.sealing import Sealed
from referral_app.steps import STATES


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


class Base(DeclarativeBase):
    """Registry of all tables."""


class Sheet(Base):
    """A つながるシート. Every field about the resident may stay empty: an anonymous sheet is a sheet."""

    __tablename__ = "sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    version: Mapped[int] = mapped_column()  # counted by the verb that saves; every UPDATE names the one it read
    received_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    clerk_department: Mapped[str] = mapped_column(String(40), default="")
    clerk_name: Mapped[str] = mapped_column(Sealed, default="")

    name: Mapped[str] = mapped_column(Sealed, default="")
    kana: Mapped[str] = mapped_column(Sealed, default="")
    gender: Mapped[str] = mapped_column(Sealed, default="")
    birth: Mapped[str] = mapped_column(Sealed, default="")
    address: Mapped[str] = mapped_column(Sealed, default="")
    phone: Mapped[str] = mapped_column(Sealed, default="")
    visitor_name: Mapped[str] = mapped_column(Sealed, default="")
    visitor_relation: Mapped[str] = mapped_column(Sealed, default="")
    visitor_phone: Mapped[str] = mapped_column(Sealed, default="")

    may_phone: Mapped[str] = mapped_column(Sealed, default="")
    may_leave_message: Mapped[str] = mapped_column(Sealed, default="")
    may_post: Mapped[str] = mapped_column(Sealed, default="")
    phone_hours: Mapped[str] = mapped_column(Sealed, default="")

    story: Mapped[str] = mapped_column(Sealed, default="")
    wish: Mapped[str] = mapped_column(Sealed, default="")
    done_so_far: Mapped[str] = mapped_column(Sealed, default="")
    explained: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)  # from then on no field above changes

    items: Mapped[list[SheetItem]] = relationship(
        back_populates="sheet", cascade="all, delete-orphan", order_by="SheetItem.id", lazy="selectin"
    )
    handovers: Mapped[list[Handover]] = relationship(
        back_populates="sheet", cascade="all, delete-orphan", order_by="Handover.position", lazy="selectin"
    )
    addenda: Mapped[list[Addendum]] = relationship(
        back_populates="sheet", cascade="all, delete-orphan", order_by="Addendum.id", lazy="selectin"
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 (declared by SQLAlchemy)


class NumberCounter(Base):
    """The last sheet number given in a fiscal year (prefix R8)."""

    __tablename__ = "number_counter"

    prefix: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


class SheetItem(Base):
    """One of the national items ticked on a sheet, each once; the gravest is marked ◎."""

    __tablename__ = "sheet_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id", ondelete="CASCADE"), index=True)
    item: Mapped[str] = mapped_column(Sealed)
    gravest: Mapped[bool] = mapped_column(default=False)

    sheet: Mapped[Sheet] = relationship(back_populates="items")


class Handover(Base):
    """One destination of a sheet: what is asked of whom, how it is handed over, with what consent.

    Department and programme are written out: a paper once printed must not change with the catalogue.
    ``name_only``: the resident's paper names the department alone, not what the window is for.
    A withdrawal keeps who had taken the consent and adds who took it back; ``legal`` names its ground and reason.
    ``state`` is one of steps.STATES; ``channel`` tells whether the answer comes here or on paper; ``origin`` is the
    returned つなぎ that this one takes up again; ``holder`` has it in hand, None when that person has left;
    ``news``: the sender's desk has not seen the last answer yet.
    """

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint(f"state IN ({_quoted(STATES)})", name="handover_state"),
        CheckConstraint(
            "state = 'draft' OR consent IN ('oral', 'written', 'legal')"
            " OR (state = 'withdrawn' AND consent = 'withdrawn')",
            name="handover_basis",
        ),
        CheckConstraint("consent IN ('', 'oral', 'written', 'refused', 'legal', 'withdrawn')", name="handover_consent"),
        CheckConstraint(
            "consent <> 'legal' OR (legal_ground <> '' AND legal_reason <> '')", name="handover_legal_ground"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    window: Mapped[str] = mapped_column(String(24))
    department: Mapped[str] = mapped_column(String(80))
    programme: Mapped[str] = mapped_column(String(80))
    ask: Mapped[str] = mapped_column(Sealed, default="")
    way: Mapped[str] = mapped_column(String(12), default="")
    name_only: Mapped[bool] = mapped_column(default=False)
    consent: Mapped[str] = mapped_column(String(16), default="")
    consent_by: Mapped[str] = mapped_column(Sealed, default="")
    consent_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(Sealed, default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    legal_ground: Mapped[str] = mapped_column(Sealed, default="")
    legal_reason: Mapped[str] = mapped_column(Sealed, default="")
    scope: Mapped[str] = mapped_column(String(8), default="all")

    state: Mapped[str] = mapped_column(String(12), default="draft", index=True)
    version: Mapped[int] = mapped_column(default=1)
    channel: Mapped[str] = mapped_column(String(8), default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    received_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("handover.id"), default=None)
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), default=None)
    news: Mapped[bool] = mapped_column(default=False)

    sheet: Mapped[Sheet] = relationship(back_populates="handovers", lazy="joined")
    desks: Mapped[list[HandoverDesk]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    events: Mapped[list[HandoverEvent]] = relationship(
        cascade="all, delete-orphan", order_by="HandoverEvent.id", lazy="selectin"
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 (declared by SQLAlchemy)


class HandoverDesk(Base):
    """A department whose inbox a つなぎ lies in; some programmes have two. None for windows outside the city."""

    __tablename__ = "handover_desk"

    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id", ondelete="CASCADE"), primary_key=True)
    department: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)


class HandoverEvent(Base):
    """One step that was taken: by whom, when, with which words. Never changed."""

    __tablename__ = "handover_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id", ondelete="CASCADE"), index=True)
    step: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by_department: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(Sealed)
    words: Mapped[str] = mapped_column(Sealed, default="")


class Addendum(Base):
    """A fact that came after sending. The sheet itself stays as it was sent."""

    __tablename__ = "addendum"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Sealed)
    words: Mapped[str] = mapped_column(Sealed)

    sheet: Mapped[Sheet] = relationship(back_populates="addenda")


class Account(Base):
    """Somebody who logs in. Never deleted, only stopped: the record names its number.

    ``stamp`` stands in every open session and is renewed to end them all; sealed, or the file would open a session.
    ``one_time_until``: the password is a one-time one and ends then. ``demo`` ones enter a demo only.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(Sealed)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time_until: Mapped[datetime | None] = mapped_column(default=None)
    stamp: Mapped[str] = mapped_column(Sealed)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)

    departments: Mapped[list[AccountDepartment]] = relationship(
        cascade="all, delete-orphan", order_by="AccountDepartment.position", lazy="selectin"
    )


class AccountDepartment(Base):
    """A department somebody works for; the first is their desk."""

    __tablename__ = "account_department"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    department: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class LoginTry(Base):
    """Failed logins under one name, known or not; ``name`` is its digest: people type passwords there by mistake."""

    __tablename__ = "login_try"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


class AuditEntry(Base):
    """One line of the record. Triggers refuse every change; ``mac`` chains it to the line before."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(String(24), index=True)
    sheet: Mapped[str] = mapped_column(String(16), default="", index=True)
    handover_id: Mapped[int | None]
    detail: Mapped[str] = mapped_column(String(40), default="")
    mac: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the record, one row: which line is the last, and the secret that chains the lines."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    mac: Mapped[str] = mapped_column(String(64))
    secret: Mapped[str] = mapped_column(Sealed)


# ---- the training -------------------------------------------------------------------------------
# No column here leads to a sheet or a つなぎ: a practice run can reach no inbox.


class PracticeScenario(Base):
    """A scenario that a trainer wrote. ``code`` is taken from its text when it is published, "" before."""

    __tablename__ = "practice_scenario"
    __table_args__ = (CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="practice_scenario_state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(30), default="", index=True)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]

    texts: Mapped[list[PracticeScenarioText]] = relationship(
        cascade="all, delete-orphan", order_by="PracticeScenarioText.id", lazy="selectin"
    )
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 (declared by SQLAlchemy)


class PracticeScenarioText(Base):
    """One saved text of a scenario, as JSON of its form; never changed, for runs go on with the text they began with.

    ``version`` is that of the checked scenario, "" while there are faults in it.
    """

    __tablename__ = "practice_scenario_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("practice_scenario.id", ondelete="CASCADE"), index=True)
    version: Mapped[str] = mapped_column(String(12), default="", index=True)
    text: Mapped[str] = mapped_column(Sealed)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


class PracticeCourse(Base):
    """A course that is held together. ``code`` lets people join; ``report`` is made once, when answering ends."""

    __tablename__ = "practice_course"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Sealed)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    report: Mapped[str] = mapped_column(Sealed, default="")


class PracticeMember(Base):
    """Somebody who joined a course."""

    __tablename__ = "practice_member"

    course_id: Mapped[int] = mapped_column(ForeignKey("practice_course.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    joined_at: Mapped[datetime]


class PracticeRun(Base):
    """One practice run: its account's alone. ``points`` are written when it is finished, for the person's own chart."""

    __tablename__ = "practice_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("practice_course.id", ondelete="SET NULL"), index=True)
    scenario: Mapped[str] = mapped_column(String(30))
    version: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Sealed)
    points: Mapped[str] = mapped_column(Sealed, default="")
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class PracticeAnswers(Base):
    """Answers to the quiz, or how sure somebody feels before or after: one row a kind, person and course."""

    __tablename__ = "practice_answers"
    __table_args__ = (CheckConstraint("kind IN ('quiz', 'before', 'after')", name="practice_answers_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("practice_course.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    answers: Mapped[str] = mapped_column(Sealed)
    saved_at: Mapped[datetime] = mapped_column(index=True)
