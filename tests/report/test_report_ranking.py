"""The order of gaps and the hints that go with them."""

from __future__ import annotations

import pytest

from pytest_llmgen.records import Gap, GapKind, Region
from pytest_llmgen.report.hints import of_mutant
from pytest_llmgen.report.ranking import rank


def gap(identifier, kind=GapKind.SURVIVING_MUTANT, line=1, qualname="f", operator="swap-op", new=True, before="x"):
    region = Region(line, 1, line, 2)
    return Gap(identifier, kind, "a.py", region, qualname, "", before, new=new, operator=operator)


def test_gaps_are_ranked_by_worth():
    ordered = [
        gap("public arithmetic", line=9),
        gap("public string", line=2, operator="string"),
        gap("public log", line=3, before="log.info(1)"),
        gap("private", line=1, qualname="Cart._audit"),
        gap("second of its line", line=9, operator="string"),
        gap("branch", GapKind.UNCOVERED_BRANCH),
        gap("line", GapKind.UNCOVERED_LINE),
        gap("private line", GapKind.UNCOVERED_LINE, qualname="_f"),
        gap("no verdict", GapKind.NO_VERDICT),
        gap("old survivor", new=False),
        gap("old line", GapKind.UNCOVERED_LINE, new=False),
    ]
    ranked = rank(reversed(ordered))
    assert [g.id for g in ranked] == [g.id for g in ordered]
    assert [g.rank for g in ranked] == list(range(1, len(ordered) + 1))


def test_dunder_methods_are_public():
    assert [g.id for g in rank([gap("a", qualname="C._x", line=1), gap("b", qualname="C.__eq__", line=2)])] == [
        "b",
        "a",
    ]


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ("a >= b", "a > b", "a case in which a equals b"),
        ("0 < a <= b", "0 < a < b", "a case in which a equals b"),
        ("a == b", "a != b", "one case in which the comparison holds and one in which it does not"),
        ("a > 1", "a > 2", "a value just at the limit"),
        ("a > b", "None", "one case in which the comparison holds and one in which it does not"),
        ("a and b", "a or b", "a case in which only one side of the condition is true"),
        ("not a", "a", "a case for each value of the condition"),
        ("a + b", "a - b", "values for which the two results differ, and the exact result"),
        ("a += b", "a -= b", "values for which the two results differ, and the exact result"),
        ("7", "8", "the exact result that depends on 7"),
        ("'x'", "'XXxXX'", "the exact text, if it is part of what is promised"),
        ("True", "False", "something that depends on this value"),
        ("return x", "return None", "the exact value that is returned"),
        ("raise ValueError(x)", "raise Exception(x)", "the type and message of the exception"),
        ("break", "return", "a loop with more items after this point"),
        ("a = f()", "a = None", "something that depends on the assigned value"),
        ("f(a, b)", "f(a)", "something that depends on this call and its arguments"),
        ("a", "b", None),
        ("except (", "", None),
        ("a" * 60 + " < b", "a" * 60 + " <= b", f"a case in which {'a' * 37}... equals b"),
    ],
)
def test_a_hint_follows_from_what_was_changed(before, after, hint):
    assert of_mutant(before, after) == hint
