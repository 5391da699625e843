"""Working days, for delivery dates."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

SATURDAY = 5


def working_days(start: date, holidays: Collection[date] = ()) -> Iterator[date]:
    """Working days from the day after ``start`` on, without end."""
    day = start
    while True:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in holidays:
            yield day


def delivery_date(ordered: date, days: int, holidays: Collection[date] = ()) -> date:
    """The date that lies so many working days after the order; 0 is the day of the order itself."""
    if days < 0:
        raise ValueError("days must not be negative")
    if days == 0:
        return ordered
    for number, day in enumerate(working_days(ordered, holidays), start=1):
        if number == days:
            return day
    raise AssertionError("working days do not end")  # pragma: no cover
