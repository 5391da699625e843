"""What documentation says in running text, accidents, and the time of day."""

from __future__ import annotations

import textwrap

import pytest
from test_generate_offline_generator import candidates_of, module_of

from pytest_llmgen.generate.offline.clock import reads_clock
from pytest_llmgen.generate.offline.showing import is_showable
from pytest_llmgen.records import Observation, Oracle


def promised(source):
    """The tests from the documentation, by the end of their names."""
    return {
        item.name: item.source for item in candidates_of(module_of("m", source)) if item.oracle is not Oracle.OBSERVED
    }


def one(docstring, body, signature="items: list[int]"):
    text = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return promised(f'def f({signature}):\n    """{docstring}"""\n{text}\n')


@pytest.mark.parametrize(
    ("docstring", "body", "name"),
    [
        (
            "Return the spread, which is never negative.",
            "return (items or [0])[-1] - (items or [0])[0]",
            "never_negative",
        ),
        ("Returns the sorted list.", "return list(items)", "gives_sorted_items"),
        ("Return the items without duplicates.", "return items + items", "gives_no_item_twice"),
        ("Return the largest; never None.", "return max(items, default=None)", "never_gives_none"),
        ("Return a copy with one more.", "items.append(1)\nreturn items", "leaves_its_argument_alone"),
        ("Add up. Does not modify its argument.", "items.sort()\nreturn sum(items)", "leaves_its_argument_alone"),
    ],
)
def test_a_broken_statement_becomes_a_test_that_fails(docstring, body, name):
    (source,) = [text for known, text in one(docstring, body).items() if name in known]
    space = {}
    exec(f"def f(items):\n{textwrap.indent(body, '    ')}\n{source}", space)
    with pytest.raises(AssertionError):
        next(value for key, value in space.items() if key.startswith("test_"))()


@pytest.mark.parametrize(
    ("docstring", "body"),
    [
        ("Return the spread, which is never negative.", "return max(items, default=0) - min(items, default=0)"),
        ("Return the sorted list by length.", "return list(items)"),
        ("Return the sorted list in descending order.", "return sorted(items)[::-1]"),
        ("Given a sorted list in ascending order, turn it.", "return items[::-1]"),
        ("Items must be non-negative.", "return -sum(items) - 1"),
        ("Sort in place, so that no new list is made; does not change the type.", "items.sort()"),
        ("Return a copy with one more.", "return [*items, 1]"),
        ("Return the items.\n\n    Args:\n        items: a sorted list\n    ", "return items"),
    ],
)
def test_what_holds_or_is_said_of_something_else_becomes_none(docstring, body):
    assert one(docstring, body) == {}


def test_an_accident_on_a_plain_input_is_suspected_and_one_on_an_empty_input_is_not():
    assert promised("def f(items: list[int]) -> int:\n    return items[0]\n") == {}
    assert promised("def f(n: int) -> int:\n    return n if n > 0 else None\n") == {}
    broken = promised("def f(items: list[int]) -> int:\n    return items[len(items)] if items else 0\n")
    assert [name for name in broken if name.endswith("gives_int_as_annotated")]


OF_ANYTHING = """
from typing import Any

class Box:
    def __init__(self, maker: Any = list) -> None:
        self.maker = maker

    def size(self, thing: str) -> int:
        return len(self.maker().copy()) + len(thing)

def upper(thing: Any) -> str:
    return thing.upper()
"""


def test_what_may_be_anything_is_no_ground_for_a_suspicion():
    assert promised(OF_ANYTHING) == {}


SESSION = '''
class Stack:
    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, item: int) -> int:
        """Put one on top.

        >>> stack = Stack()
        >>> stack.put(5)
        1
        >>> stack.put(7)
        2
        """
        self.items.append(item)
        return len(self.items)
'''


def test_an_example_stands_behind_those_before_it_where_these_change_its_object():
    first, second = promised(SESSION).values()
    assert "stack.put(5) == 1" in first
    assert "stack.put(5)\n" in second
    assert "stack.put(7) == 2" in second


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("low must not be above high", True),
        ("'int' object is not iterable", False),
        ("string indices must be integers, not 'str'", False),
    ],
)
def test_a_type_error_of_pythons_own_is_not_asserted(message, expected):
    seen = Observation("x", "raised", error_type="builtins.TypeError", error_message=message)
    assert is_showable(seen, frozenset({"TypeError"})) is expected


CLOCK = """
import datetime


def is_past(until: datetime.time) -> bool:
    return datetime.datetime.now().time() > until


def age(born: datetime.date) -> int:
    return datetime.date.today().year - born.year if born.year > 2000 else -1


def month(born: datetime.date) -> int:
    return born.month
"""


def test_what_hangs_on_the_day_is_not_written_down():
    assert reads_clock(CLOCK)
    module = module_of("ages", CLOCK)
    sources = [item.source for item in candidates_of(module)]
    assert not [text for text in sources if "age(" in text and "-1" not in text and "Fixed" not in text]
    assert not [text for text in sources if "date(-" in text]  # a fault of the argument, not of the function
    assert not [text for text in sources if "is_past(" in text and "Fixed" not in text]
    assert [text for text in sources if "month(" in text]
