"""Which statements outside of functions the tests of a function may see."""

import pytest

from pytest_llmgen.mutate.behind import lines_behind

SOURCE = """\
LIMIT = 3
TABLE = {
    "a": LIMIT,
}
RULES = []
RULES.append(TABLE)
OTHER = 5

class Box:
    size = 1

    def full(self):
        return self.size

def one():
    return TABLE

def two():
    return RULES

def three():
    return 1
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("def one", {1, 2, 3, 4}),
        ("def two", {1, 2, 3, 4, 5, 6}),
        ("def three", set()),
        ("def full", {10}),
    ],
)
def test_a_function_leans_on_what_it_names_and_what_that_is_made_of(name: str, lines: set[int]) -> None:
    first = SOURCE[: SOURCE.index(name)].count("\n") + 1
    assert lines_behind(SOURCE, first, first + 1) == lines


def test_text_that_is_no_python_has_nothing_behind_it() -> None:
    assert lines_behind("def f(:\n", 1, 1) == frozenset()
