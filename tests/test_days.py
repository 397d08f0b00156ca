"""和暦, fiscal year and opening hours."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from referral_app import days

WAREKI = {
    date(2026, 11, 23): "令和8年11月23日(月)",
    date(2019, 5, 1): "令和元年5月1日(水)",
    date(2019, 4, 30): "平成31年4月30日(火)",
    date(1989, 1, 7): "昭和64年1月7日(土)",
    date(1912, 7, 30): "大正元年7月30日(火)",
    date(1900, 1, 1): "1900年1月1日(月)",
}
OPEN = {
    datetime(2026, 11, 24, 14, 32): True,
    datetime(2026, 11, 24, 8, 29): False,
    datetime(2026, 11, 24, 17, 14): True,
    datetime(2026, 11, 24, 17, 15): False,
    datetime(2026, 11, 23, 14, 0): False,  # 勤労感謝の日
    datetime(2026, 11, 22, 14, 0): False,  # Sunday
    datetime(2026, 12, 29, 14, 0): False,
    datetime(2027, 1, 4, 14, 0): True,
}


@pytest.mark.parametrize(("day", "written"), WAREKI.items())
def test_dates_are_written_in_the_era(day: date, written: str) -> None:
    assert days.wareki(day) == written


@pytest.mark.parametrize(("moment", "is_open"), OPEN.items())
def test_windows_are_open_on_working_days_till_quarter_past_five(moment: datetime, is_open: bool) -> None:
    assert days.is_open(moment) is is_open
    assert ("開庁中" in days.clock_line(moment)) is is_open


def test_sheet_numbers_count_by_fiscal_year() -> None:
    assert days.fiscal_year_letter(date(2027, 3, 31)) == "R8"
    assert days.fiscal_year_letter(date(2027, 4, 1)) == "R9"
