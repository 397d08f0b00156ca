"""Reads a sheet or a つなぎ for a page. However the page came about, the reading stands in the record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from referral_app import db, handovers, sheets
from referral_app.models import Handover, Sheet
from referral_app.web.desk import engine, moment, person

logger = logging.getLogger(__name__)


def sheet(number: str) -> Sheet:
    """An own sheet. While nothing can be written the server's log keeps the line. Raises NotFound, Refused."""
    try:
        with db.transaction(engine()) as transaction:
            return sheets.read(transaction, number, person(), moment())
    except db.Unavailable:
        with db.reading(engine()) as reading:
            found = sheets.own(reading, number, person())
        _log("sheet", number)
        return found


@contextmanager
def handover(number: int) -> Iterator[Handover]:
    """A つなぎ in one's inbox, within its session. As ``sheet``."""
    try:
        with db.transaction(engine()) as transaction:
            handovers.read(transaction, number, person(), moment())
    except db.Unavailable:
        _log("handover", str(number))
    with db.reading(engine()) as reading:
        yield handovers.received_by(reading, number, person())


def _log(what: str, number: str) -> None:
    logger.error("the record cannot be written: account %s read %s %s", person().id, what, number)
