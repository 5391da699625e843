"""Constants of a module that are changed while it lives."""

import pytest

from pytest_llmgen.mutate.activate import NeedsImport
from pytest_llmgen.mutate.constants import constant_changed
from pytest_llmgen.records import Mutant, Region

SOURCE = """\
import re

LIMIT = 5
NAMES: list[str] = ["a", "b"]
TABLE = {"one": 1, "two": 2}
PATTERN = re.compile("a+")
MADE = open("file")
RULES = [("x", 1), ("y", 2)]
RULES.insert(0, ("z", 3))


def f():
    return LIMIT
"""


def mutant(before: str, after: str) -> Mutant:
    start = SOURCE.index(before)
    line = SOURCE[:start].count("\n") + 1
    region = Region(line, 1, line, 2)
    return Mutant(
        *("m", "a.py", "<module>", "<module>", "op", start, start + len(before), before, after, after, region),
        line=line,
        needs_import=True,
    )


def living() -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(SOURCE.replace('open("file")', "None"), namespace)
    return namespace


@pytest.mark.parametrize(
    ("before", "after", "name", "value"),
    [
        ("5", "6", "LIMIT", 6),
        ('"b"', '"XX"', "NAMES", ["a", "XX"]),
        ('"two": 2', '"two": 3', "TABLE", {"one": 1, "two": 3}),
        ('("y", 2)', '("y", 9)', "RULES", [("z", 3), ("x", 1), ("y", 9)]),
    ],
)
def test_a_constant_has_its_other_value_for_a_while(before: str, after: str, name: str, value: object) -> None:
    namespace = living()
    kept = namespace[name]
    with constant_changed(mutant(before, after), SOURCE, namespace):
        assert namespace[name] == value
    assert namespace[name] is kept


def test_a_pattern_is_compiled_anew() -> None:
    namespace = living()
    with constant_changed(mutant('"a+"', '"b+"'), SOURCE, namespace):
        assert namespace["PATTERN"].pattern == "b+"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("before", "after"), [('"file"', '"XX"'), ('("z", 3)', '("z", 4)'), ("return LIMIT", "return")]
)
def test_what_does_more_than_to_be_a_value_needs_an_import(before: str, after: str) -> None:
    with pytest.raises(NeedsImport), constant_changed(mutant(before, after), SOURCE, living()):
        pass


def test_a_value_that_the_module_has_made_something_else_of_needs_an_import() -> None:
    namespace = {**living(), "LIMIT": 7}
    with pytest.raises(NeedsImport), constant_changed(mutant("5", "6"), SOURCE, namespace):
        pass
    assert namespace["LIMIT"] == 7
