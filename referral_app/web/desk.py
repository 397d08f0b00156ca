"""What every page module takes from the running application and the request."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import current_app, g
from sqlalchemy import Engine

from referral_app.access import NOBODY, Person
from referral_app.consult import Desk
from referral_app.papers.copies import Read
from referral_app.rules import Rules


def desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def engine() -> Engine:
    return cast(Engine, current_app.extensions["engine"])


def ruby() -> Read:
    return cast(Read, current_app.extensions["ruby"])


def rules() -> Rules:
    return cast(Rules, current_app.extensions["rules"])


def moment() -> datetime:
    """Local time; the only place the pages read the clock."""
    return cast(datetime, current_app.extensions["clock"]())


def now() -> datetime:
    """Local time to the minute, as it is written on sheets."""
    return moment().replace(second=0, microsecond=0)


def person() -> Person:
    """Who asks; NOBODY when nobody is logged in."""
    return cast(Person, g.get("person", NOBODY))
