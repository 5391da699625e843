"""Values in conditions: what is noted while tests run, and that nothing of the project is called for it."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from enum import Enum

import pytest

from pytest_llmgen.run.watching import MOST_VALUES, in_short, read, watch


class Color(Enum):
    RED = 1


class Order:
    def __init__(self, voucher):
        self.voucher = voucher
        self.calls = 0

    @property
    def total(self):
        self.calls += 1
        return 3

    def __repr__(self):
        raise AssertionError("nobody may call this")

    def is_free(self, limit):
        return not (self.voucher is None and limit > 3)


LINE = Order.is_free.__code__.co_firstlineno + 1


def test_values_are_noted_at_the_line_each_once_and_not_too_many():
    with watch({__file__: {LINE: ["self.voucher", "limit", "self.total", "nobody"]}}) as seen:
        for limit in (1, 1, 2, 3, 4, 5):
            Order(None).is_free(limit)
    assert seen[__file__, LINE, "self.voucher"] == ["None"]
    assert seen[__file__, LINE, "limit"] == ["1", "2", "3"]
    assert len(seen[__file__, LINE, "limit"]) == MOST_VALUES
    assert seen[__file__, LINE, "self.total"] == seen[__file__, LINE, "nobody"] == []


def test_the_tracer_that_was_there_comes_back():
    before = sys.gettrace()
    with watch({}):
        assert sys.gettrace() is not before
    assert sys.gettrace() is before


def test_a_property_is_not_called():
    order = Order("x")
    read({"order": order}, "order.total")
    assert order.calls == 0
    assert read({"order": order}, "order.voucher") == "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (3, "3"),
        (10**5000, "a large int"),
        (float("inf"), "a large float"),
        ("a" * 31, f"{'a' * 30!r}..."),
        (b"x", "b'x'"),
        ([], "an empty list"),
        ({1, 2}, "a set of 2"),
        (Decimal("1.50"), "Decimal('1.50')"),
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (Color.RED, "Color.RED"),
        (Order(1), "Order object"),
        (type("Text", (str,), {"__repr__": None})("x"), "Text object"),
    ],
    ids=range(14),
)
def test_a_value_is_told_in_short(value, text):
    assert in_short(value) == text
