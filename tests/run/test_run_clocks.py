"""The clock that is far ahead."""

import datetime as dt
import time
from datetime import date

import pytest

from pytest_llmgen.run.clocks import Clock


def test_the_clock_is_ahead_for_a_while_only():
    start = dt.datetime(2024, 1, 1)  # noqa: DTZ001 (compared with itself)
    today, now = dt.datetime.now(tz=dt.UTC).date(), time.time()
    with Clock().at(0):
        seen = dt.datetime.now(tz=dt.UTC).date(), date.today(), time.time(), isinstance(start, dt.datetime)  # noqa: DTZ011
        made = dt.datetime(2024, 1, 1)  # noqa: DTZ001
    assert seen[0] > today + dt.timedelta(days=400)
    assert seen[1] > today + dt.timedelta(days=400)
    assert seen[2] > now + 400 * 86_400
    assert (seen[3], made, type(made)) == (True, start, type(start))
    assert type(dt.datetime.now(tz=dt.UTC)) is dt.datetime
    assert time.time() < now + 86_400


@pytest.mark.parametrize(("hour", "minute"), [(0, 1), (23, 59)])
def test_one_clock_shows_both_ends_of_a_day(hour, minute):
    clock = Clock()
    for _ in range(2):
        with clock.at(hour):
            moment = dt.datetime.now()  # noqa: DTZ005 (the clock is set for what has no zone)
        assert (moment.hour, moment.minute) == (hour, minute)


def test_an_error_leaves_the_clock_as_it_was():
    before = time.time
    with pytest.raises(ValueError, match="no day"), Clock().at(23):
        raise ValueError("no day")
    assert time.time is before
