"""What every page module takes from the running application."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from referral_app.consult import Desk
from referral_app.printing import Read


def desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def engine() -> Engine:
    return cast(Engine, current_app.extensions["engine"])


def ruby() -> Read:
    return cast(Read, current_app.extensions["ruby"])


def now() -> datetime:
    """Local time to the minute; the only place the pages read the clock."""
    return cast(datetime, current_app.extensions["clock"]()).replace(second=0, microsecond=0)
