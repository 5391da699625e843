"""How long the pool waits for its workers: on a suite of thousands of tests, patience is more than a timer takes."""

from __future__ import annotations

import selectors

import pytest

from pytest_llmgen.run.pool import LONGEST_WAIT, wait_until


@pytest.mark.parametrize(
    ("deadlines", "expected"),
    [([30.0, 12.0], 2.0), ([5.0], 0.0), ([1e9], LONGEST_WAIT), ([float("inf")], LONGEST_WAIT)],
)
def test_a_wait_ends_at_the_first_deadline_and_is_never_too_long(deadlines, expected):
    assert wait_until(deadlines, 10.0) == expected


def test_the_longest_wait_is_one_that_the_system_takes():
    with selectors.DefaultSelector() as selector:
        with pytest.raises(OverflowError):
            selector.select(1e9)
        timer = wait_until([1e9], 0.0)
        assert timer < 2**31 / 1000
