"""Values as source: equal, of the same type, or honestly none."""

import collections
import datetime as dt
import decimal
import enum
import fractions
import json
import math
import operator
import pathlib
import re
import signal
import uuid
from typing import Any
from unittest import mock

import pytest

from pytest_llmgen.records import Mutant, Region
from pytest_llmgen.run.values import SIZE_LIMIT, describe


class Local(enum.Enum):
    A = 1


class Strange:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Agreeable:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class MyInt(int):
    pass


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "None"),
        (True, "True"),
        (-3, "-3"),
        (0.5, "0.5"),
        (math.inf, 'float("inf")'),
        (-math.inf, 'float("-inf")'),
        (math.nan, 'float("nan")'),
        ("it's", '"it\'s"'),
        (b"\x00", "b'\\x00'"),
        ((1,), "(1,)"),
        ((), "()"),
        ([1, [2, "x"]], "[1, [2, 'x']]"),
        ({"a": {1: None}}, "{'a': {1: None}}"),
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"b", 1}, "{'b', 1}"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        (frozenset({2, 1}), "frozenset({1, 2})"),
        (range(1, 5, 2), "range(1, 5, 2)"),
        (slice(1, None), "slice(1, None, None)"),
        (1 + 2j, "complex(1.0, 2.0)"),
        (bytearray(b"x"), "bytearray(b'x')"),
        (..., "Ellipsis"),
        (int, "int"),
        (len, "len"),
        (ValueError, "ValueError"),
    ],
)
def test_builtin_values_need_no_import(value: object, source: str) -> None:
    described = describe(value)
    assert (described.source, described.imports) == (source, ())


@pytest.mark.parametrize(
    ("value", "source", "statement"),
    [
        (decimal.Decimal("1.10"), "Decimal('1.10')", "from decimal import Decimal"),
        (fractions.Fraction(1, 3), "Fraction(1, 3)", "from fractions import Fraction"),
        (dt.date(2024, 2, 29), "date(2024, 2, 29)", "from datetime import date"),
        (dt.timedelta(seconds=5), "timedelta(seconds=5)", "from datetime import timedelta"),
        (dt.time(12, 30), "time(12, 30)", "from datetime import time"),
        (uuid.UUID(int=7), "UUID('00000000-0000-0000-0000-000000000007')", "from uuid import UUID"),
        (pathlib.Path("a/b"), "Path('a/b')", "from pathlib import Path"),
        (pathlib.PurePosixPath("a"), "PurePosixPath('a')", "from pathlib import PurePosixPath"),
        (re.compile("a+", re.IGNORECASE), "re.compile('a+', re.IGNORECASE)", "import re"),
        (signal.SIGTERM, "Signals.SIGTERM", "from signal import Signals"),
        (json.loads, "loads", "from json import loads"),
        (operator.add, None, None),
        (json.JSONDecoder, "JSONDecoder", "from json.decoder import JSONDecoder"),
        (Region(1, 2, 3, 4), None, "from pytest_llmgen.records.code import Region"),
    ],
)
def test_other_values_come_with_their_import(value: object, source: str | None, statement: str | None) -> None:
    described = describe(value)
    assert described.source is not None
    if source is not None:
        assert described.source == source
    if statement is not None:
        assert described.imports == (statement,)


def test_a_dataclass_leaves_its_defaults_out() -> None:
    mutant = Mutant("m", "p", "u", "q", "o", 1, 2, "b", "a", "r", Region(1, 2, 3, 4))
    source = describe(mutant).source
    assert source is not None
    assert "region=Region(start_line=1" in source
    assert "in_signature" not in source


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Strange(),
        Agreeable(),
        MyInt(3),
        [object()],
        lambda: 1,
        iter([]),
        collections.Counter("aab").items(),
        "x" * (SIZE_LIMIT + 1),
        list(range(SIZE_LIMIT)),
        [[[[[[[[[]]]]]]]]],
        re.compile("x").match("x"),
        (n for n in ()),
    ],
)
def test_what_has_no_honest_source_has_none(value: object) -> None:
    assert describe(value).source is None


def test_a_value_that_holds_itself_has_no_source() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert describe(loop).source is None


@pytest.mark.parametrize(
    ("value", "approximate"),
    [(0.1 + 0.2, True), (0.25, False), (12.5, False), (1e100, False), ([1.0, {"a": 1 / 3}], True), (2.0, False)],
)
def test_floats_that_nobody_writes_by_hand_are_approximate(value: object, *, approximate: bool) -> None:
    assert describe(value).is_approximate is approximate


def test_a_value_without_repr_still_has_a_text() -> None:
    described = describe(Strange())
    assert described.text == "<Strange without repr: RuntimeError>"
    assert described.type_name.endswith(".Strange")


class Version:
    def __init__(self, major: int, minor: int = 0) -> None:
        self.numbers = (major, minor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.numbers == other.numbers

    def __hash__(self) -> int:
        return hash(self.numbers)

    def __repr__(self) -> str:
        return f"Version{self.numbers}"


class Boasting(Version):
    def __repr__(self) -> str:
        return "Boasting(9, 9)"


def test_an_object_that_shows_and_compares_its_content_is_written_as_it_shows_itself() -> None:
    described = describe([Version(1, 2)])
    assert described.source == "[Version(1, 2)]"
    assert described.imports == (f"from {__name__} import Version",)


def test_an_object_whose_text_is_not_true_has_no_source() -> None:
    assert describe(Boasting(1, 2)).source is None


def test_what_a_stand_in_was_asked_is_a_list_of_calls() -> None:
    gateway = mock.Mock()
    gateway.charge(5, currency="USD")
    described = describe(gateway.method_calls)
    assert described.source == "[call.charge(5, currency='USD')]"
    assert described.imports == ("from unittest.mock import call",)
