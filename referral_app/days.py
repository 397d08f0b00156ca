"""Days and hours as a city hall counts them: 和暦, fiscal year, opening hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import jpholiday

# Japan has one time zone and no summer time; the server's clock is set to it.
OPENS, CLOSES = time(8, 30), time(17, 15)
_WEEKDAYS = "月火水木金土日"
# (first day, name), newest first: 元号を改める政令
_ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
)


def wareki(day: date) -> str:
    """令和8年11月23日(月). Days before 大正 are given in the western calendar."""
    for first, era in _ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"
    return f"{day.year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def wareki_time(moment: datetime) -> str:
    """令和8年11月23日(月) 14:05."""
    return f"{wareki(moment.date())} {moment:%H:%M}"


def month_day_time(moment: datetime) -> str:
    """11月23日 14:05."""
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"


def clock(moment: time) -> str:
    """8時30分, 17時."""
    return f"{moment.hour}時{moment.minute}分" if moment.minute else f"{moment.hour}時"


def fiscal_year_letter(day: date) -> str:
    """R8 for 1 April 2026 to 31 March 2027: the prefix of a sheet's number."""
    year = day.year if day.month >= 4 else day.year - 1
    return f"R{year - 2018}"


def is_holiday(day: date) -> bool:
    """Saturday, Sunday, national holiday, or 29 December to 3 January (地方自治法 4条の2)."""
    if day.weekday() >= 5 or jpholiday.is_holiday(day):
        return True
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def is_open(moment: datetime) -> bool:
    """True while the city's windows are open: weekdays 8:30 to 17:15."""
    return not is_holiday(moment.date()) and OPENS <= moment.time() < CLOSES


def add_business_days(day: date, count: int) -> date:
    """The ``count``-th day after ``day`` on which the windows are open; for 0 the day itself, or the next open one."""
    while is_holiday(day):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while is_holiday(day):
            day += timedelta(days=1)
    return day


def business_days_late(due: date, today: date) -> int:
    """Open days that have begun since ``due``; 0 when it is not over."""
    days = (due + timedelta(days=n) for n in range(1, (today - due).days + 1))
    return sum(not is_holiday(day) for day in days)


def counted_from(moment: datetime) -> date:
    """The day from which a deadline is counted: what comes after closing time comes on the next open day."""
    day = moment.date()
    return add_business_days(day + timedelta(days=1), 0) if moment.time() >= CLOSES else add_business_days(day, 0)


def month_day(day: date) -> str:
    """11月25日(水)."""
    return f"{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def clock_line(moment: datetime) -> str:
    """月曜 14:20・開庁中(17:15まで)."""
    state = "開庁中(17:15まで)" if is_open(moment) else "窓口は閉まっています"
    return f"{_WEEKDAYS[moment.weekday()]}曜 {moment:%H:%M}・{state}"
