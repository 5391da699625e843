from __future__ import annotations

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.records import FileLines, Module, Target, TargetKind
from pytest_llmgen.scope import in_scope, mutants_in_scope

LINES = FileLines("pkg/code.py", frozenset({1, 2, 3, 4, 5, 6}), frozenset({(2, 3), (2, 4), (5, 6), (5, -4)}))
MODULE = Module(
    "pkg/code.py", "pkg.code", ".", "", (Target("pkg/code.py", "pkg.code", "f", TargetKind.FUNCTION, 4, 6, 4),)
)


@pytest.mark.parametrize(
    "asked",
    [(), ("pkg/code.py",), ("pkg",), ("./pkg/",), (".",), ("pkg/code.py::f", "pkg")],
    ids=" ".join,
)
def test_a_file_that_was_asked_for_as_a_whole_is_in_scope_as_a_whole(asked: tuple[str, ...]) -> None:
    assert in_scope(LINES, MODULE, asked) == LINES


def test_of_a_file_with_a_named_function_only_the_function_is_in_scope() -> None:
    found = in_scope(LINES, MODULE, ("pkg/code.py::f", "pkg/other.py", "pk"))
    assert found.statements == {4, 5, 6}
    assert found.branches == {(5, 6), (5, -4)}


WITH_CLASSES = """
LIMIT = 3

class C:
    size = 1

    @property
    def m(self): return 1

class CC:
    size = 1
"""


@pytest.mark.parametrize(
    ("asked", "units"),
    [
        ((), {"<module>", "C", "C.m", "CC"}),
        (("pkg/code.py", "pkg/code.py::C.m"), {"<module>", "C", "C.m", "CC"}),
        (("pkg/code.py::C",), {"C", "C.m"}),
        (("./pkg/code.py::C.m",), {"C.m"}),
        (("pkg/other.py::C", "pkg/code.py::f"), set()),
    ],
)
def test_of_a_file_with_names_asked_for_only_mutants_in_them_are_in_scope(
    asked: tuple[str, ...], units: set[str]
) -> None:
    module = parse_module("pkg/code.py", "pkg.code", ".", WITH_CLASSES)
    assert {mutant.unit for mutant in mutants_in_scope(mutants_of(module), module, asked)} == units
