from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_llmgen.mutate.edits import diff_of, mutated_source, split_lines
from pytest_llmgen.records import Mutant, Region


def edit(source: str, before: str, after: str) -> Mutant:
    start = source.index(before)
    end = start + len(before)
    return Mutant("x", "sample.py", "f", "f", "swap-op", start, end, before, after, after, Region(1, 1, 1, 1))


def test_the_edit_is_made_where_it_says():
    source = "é = 1\nx = a >= b\n"
    assert mutated_source(source, edit(source, ">=", ">")) == "é = 1\nx = a > b\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "before", "after", "expected"),
    [
        (["def f():", "    if a >= b:", "        c"], ">=", ">", ["-     if a >= b:", "+     if a > b:"]),
        (["g(", "    a,", "    b,", ")"], "b", "None", ["-     b,", "+     None,"]),
        (["x", "x", "y"], "y", "x", ["- y", "+ x"]),
        (["x = 'a\fb'"], "a", "c", ["- x = 'a\fb'", "+ x = 'c\fb'"]),
    ],
)
def test_a_diff_shows_the_changed_lines_with_signs(lines, before, after, expected, end):
    source = end.join([*lines, ""])
    assert diff_of(source, edit(source, before, after)) == "\n".join(expected)


def test_a_removed_line_has_no_plus():
    source = "match a:\n    case 1: b\n    case _: b\n"
    assert diff_of(source, edit(source, "    case 1: b\n", "")) == "-     case 1: b"


def test_an_argument_on_a_line_of_its_own_disappears():
    source = "g(\n    a,\n    b)\n"
    assert diff_of(source, edit(source, "a,\n    ", "")) == "-     a,"


def test_a_last_line_without_an_end_is_a_line():
    assert split_lines("a\nb\x0c\x1c\u2028c") == ["a\n", "b\x0c\x1c\u2028c"]
    assert split_lines("") == []


def test_workers_load_neither_mutmut_nor_libcst():
    code = (
        "import sys, pytest_llmgen.mutate.activate, pytest_llmgen.mutate.imports, pytest_llmgen.mutate.select, "
        "pytest_llmgen.mutate.score; print(sorted({'mutmut', 'libcst', 'asyncio', 'pytest'} & set(sys.modules)))"
    )
    path = ":".join(part for part in sys.path if part)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
