"""Tables of the database. Facts only; what may happen to them stands in the verbs.

What a person could be known by, or what tells their worry, is ``Sealed``.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from referral_app.sealing import Sealed


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

    items: Mapped[list[SheetItem]] = relationship(
        back_populates="sheet", cascade="all, delete-orphan", order_by="SheetItem.id", lazy="selectin"
    )
    handovers: Mapped[list[Handover]] = relationship(
        back_populates="sheet", cascade="all, delete-orphan", order_by="Handover.position", lazy="selectin"
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
    """

    __tablename__ = "handover"
    __table_args__ = (
        UniqueConstraint("sheet_id", "window"),
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

    sheet: Mapped[Sheet] = relationship(back_populates="handovers")
