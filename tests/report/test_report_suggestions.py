"""Classes that a rule suggests, and where it says nothing."""

from __future__ import annotations

import pytest

from pytest_llmgen.records import DecisionClass, Gap, GapKind, Region
from pytest_llmgen.report.suggestions import ENOUGH_INPUTS, of_gap

LINES, BRANCH, MUTANT = GapKind.UNCOVERED_LINE, GapKind.UNCOVERED_BRANCH, GapKind.SURVIVING_MUTANT


def gap(kind: GapKind, before: str, **more) -> Gap:
    return Gap("L-1", kind, "a.py", Region(1, 1, 1, 2), "f", "", before, **more)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (gap(MUTANT, '"sent"', diff='- log.info("sent")\n+ log.info("")'), DecisionClass.WONT_TEST),
        (gap(MUTANT, "a < b", same_results=ENOUGH_INPUTS), DecisionClass.EQUIVALENT),
        (gap(MUTANT, "a < b", same_results=ENOUGH_INPUTS - 1), None),
        (gap(MUTANT, "a < b"), None),
        (gap(LINES, "raise NotImplementedError"), DecisionClass.UNREACHABLE),
        (gap(LINES, 'raise NotImplementedError("in a subclass")'), DecisionClass.UNREACHABLE),
        (gap(LINES, "typing.assert_never(kind)"), DecisionClass.UNREACHABLE),
        (gap(LINES, "assert False"), DecisionClass.UNREACHABLE),
        (gap(LINES, "close(kind)\nassert_never(kind)"), None),
        (gap(LINES, "raise ValueError(kind)"), None),
        (gap(LINES, "else:"), None),
        (
            gap(
                LINES,
                "import winreg",
                reason="the condition at line 3 was only ever false (an import or platform guard)",
            ),
            DecisionClass.TESTED_ELSEWHERE,
        ),
        (
            gap(BRANCH, "except ImportError:", reason="line 3 caught nothing (an import guard)"),
            DecisionClass.TESTED_ELSEWHERE,
        ),
        (gap(BRANCH, "if a:", reason="the condition at line 3 was only ever false"), None),
    ],
)
def test_a_rule_suggests_a_class_where_the_code_speaks_for_itself(found, expected):
    assert of_gap(found) is expected
