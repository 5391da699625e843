"""Why a line or a branch is open, for every way in which code forks."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from pytest_llmgen.records import Hits
from pytest_llmgen.report.reasons import forks_of, of_branch, of_line

FORKS = forks_of(
    ast.parse(
        dedent(
            """\
            for x in y:
                pass
            while x:
                @decorated
                def f(): ...
            match x:
                case 1:
                    pass
            try:
                pass
            except KeyError:
                pass
            """
        )
    )
)


@pytest.mark.parametrize(
    ("arc", "reason"),
    [
        ((1, 2), "the loop at line 1 never had an item"),
        ((1, 3), "the loop at line 1 never ran to its end"),
        ((3, 4), "the condition at line 3 was only ever false"),
        ((3, 6), "the condition at line 3 was only ever true"),
        ((7, 8), "nothing matched the case at line 7"),
        ((7, 9), "everything that got there matched the case at line 7"),
        ((11, 12), "line 11 caught nothing that it names"),
        ((11, -1), "line 11 caught everything that was raised"),
        ((2, 9), "line 2 ran, but never went on this way"),
    ],
)
def test_a_branch_that_was_never_taken_says_what_did_not_happen(arc, reason):
    other = (arc[0], 99)
    assert of_branch(arc, FORKS, [arc, other], Hits(arcs=frozenset({other}))) == reason


def test_a_condition_that_raised_was_neither_true_nor_false():
    reason = "the condition at line 3 was never decided: it raised before that"
    assert {of_branch(arc, FORKS, [(3, 4), (3, 6)], Hits()) for arc in [(3, 4), (3, 6)]} == {reason}


@pytest.mark.parametrize(
    ("line", "lines", "reason"),
    [
        (2, {1}, "the loop at line 1 never had an item"),
        (10, set(), "no test calls this function"),
        (11, {9, 10}, "nothing was raised that got to the except at line 11"),
        (10, {9}, "an earlier line, 9, always raised or left"),
        (12, {9, 10}, "nothing was raised that got to the except at line 11"),
    ],
)
def test_a_line_that_never_ran_says_why(line, lines, reason):
    hits = Hits(frozenset(lines), frozenset({(1, 9)}))
    assert of_line(line, [1, 2, 9, 10, 11, 12], [(1, 2), (1, 9)], hits, FORKS) == reason


def test_a_module_that_no_test_imports_is_called_so():
    assert of_line(1, [1, 2], [], Hits(), FORKS, in_module=True) == "no test imports this module"
    assert of_line(2, [1, 2], [], Hits(frozenset({1})), FORKS, in_module=True).startswith("an earlier line, 1,")


@pytest.mark.parametrize(
    ("source", "remark"),
    [
        ("if sys.platform == 'win32':\n    x\n", " (an import or platform guard)"),
        ("if TYPE_CHECKING:\n    x\n", " (an import or platform guard)"),
        ("if os.name == 'nt':\n    x\n", " (an import or platform guard)"),
        ("if cart.name == 'nt':\n    x\n", ""),
        ("try:\n    x\nexcept (ImportError, KeyError):\n    y\n", " (an import guard)"),
        (
            "try:\n    x\nexcept requests.ConnectionError:\n    y\n",
            " (it needs a network or a file that fails, or a stand-in for it)",
        ),
        ("try:\n    x\nexcept:\n    y\n", ""),
    ],
)
def test_a_guard_against_the_world_outside_is_called_so(source, remark):
    (fork,) = forks_of(ast.parse(source)).values()
    assert fork.remark == remark
