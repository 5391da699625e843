"""Which statements outside of functions the tests of a function may see."""

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.mutate.behind import lines_behind
from pytest_llmgen.mutate.operators import mutants_of

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


def ids(source: str) -> dict[str, str]:
    module = parse_module("shop.py", "shop", ".", source)
    lines = source.splitlines()
    return {
        f"{lines[mutant.region.start_line - 1]} -> {mutant.after}": mutant.id
        for mutant in mutants_of(module)
        if mutant.needs_import
    }


def test_ids_of_what_runs_at_import_do_not_hang_on_other_statements() -> None:
    before = ids("LIMIT = 1\nSIZE = 1\n\n\nclass Box:\n    size = 1\n    height = 1\n")
    after = ids("NEW = 1\nSIZE = 1\nLIMIT = 1\n\n\nclass Box:\n    depth = 1\n    height = 1\n    size = 1\n")
    assert len(set(before.values())) == len(before) == 4
    assert {text: after[text] for text in before} == before


def test_equal_changes_of_one_statement_have_different_ids() -> None:
    module = parse_module("shop.py", "shop", ".", "SIZES = (1, 1, 1)\nSIZES = (1, 1)\n")
    mutants = mutants_of(module)
    assert len({mutant.id for mutant in mutants}) == len(mutants) > 5
