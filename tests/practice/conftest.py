"""The training material as shipped, loaded once."""

from __future__ import annotations

import pytest

from referral_app import practice as practices
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.practice.material import Practice


@pytest.fixture(scope="session")
def practice(settings: Settings, desk: Desk) -> Practice:
    assert desk.finder is not None
    return practices.load(settings.data, desk.catalogue, desk.finder.sources.analyser, desk.finder.read)
