from __future__ import annotations

import pytest

from pytest_llmgen.records import FileLines, Module, Target, TargetKind
from pytest_llmgen.scope import in_scope

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
