"""The numbers of each condition, for programs: what is compared with what, and that words and numbers agree."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from gate_facts import FAILING, FULL, GAP, GOOD, INCONCLUSIVE, KILLED, LINE, PENDING, SURVIVED, with_metrics

from pytest_llmgen.gate import Limits, judge
from pytest_llmgen.records import Condition, ConditionState, GapKind, Under
from pytest_llmgen.report.json_report import to_json

LIMITS = Limits(new_lines=90.0, all_lines=90.0, all_branches=50.0, all_mutants=80.0, unused=True)
WEAK = replace(FULL, lines=(8, 10), mutants=(6, 8), by_status={KILLED: 6, SURVIVED: 2})
CASES = {
    "good": GOOD,
    "weak": with_metrics(WEAK),
    **FAILING,
    **{name: facts for name, (facts, _) in INCONCLUSIVE.items()},
}


def holds(row: Condition) -> bool:
    number, limit = row.number, row.limit
    assert number is not None
    assert limit is not None
    value = Fraction(100 * number[0], number[1]) if isinstance(number, tuple) else Fraction(number)
    bound = Fraction(str(limit))
    return {"<=": value <= bound, ">=": value >= bound, "==": value == bound}[row.operator or ""]


@pytest.mark.parametrize("name", CASES)
def test_a_condition_that_is_decided_is_what_its_numbers_say(name):
    rows = judge(CASES[name], LIMITS, "enforce").conditions
    decided = [r for r in rows if r.state in (ConditionState.OK, ConditionState.FAIL) and r.operator]
    assert decided
    for row in decided:
        assert holds(row) == (row.state is ConditionState.OK), row


def test_a_condition_that_is_off_has_no_operator_and_no_limit():
    off = [row for row in judge(GOOD, Limits(), "enforce").conditions if row.state is ConditionState.OFF]
    assert off
    assert all(row.limit is None and row.operator is None for row in off)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("tests", (12, 12, "==")),
        ("measured", (1, 1, "==")),
        ("judged", (8, 8, ">=")),
        ("new-gaps", (2, 0, "<=")),
        ("bugs", (0, 0, "<=")),
        ("all-lines", ([8, 10], 90.0, ">=")),
        ("all-mutants", ([6, 8], 80.0, ">=")),
        ("unused", (0, 0, "<=")),
    ],
)
def test_the_report_has_them_as_numbers(name, figures):
    facts = with_metrics(WEAK)
    facts = replace(facts, gaps=(*facts.gaps, *(replace(GAP, id=f"M-{n}0", status=SURVIVED) for n in range(2))))
    report = type("R", (), {"facts": facts, "verdict": judge(facts, LIMITS, "enforce"), "schema_version": 1})
    rows = {row["id"]: row for row in to_json(report)["conditions"]}
    assert (rows[name]["actual"], rows[name]["required"], rows[name]["operator"]) == figures
    assert isinstance(rows[name]["actual_text"], str)


def test_mutants_without_a_verdict_are_named_with_their_causes():
    late = replace(GAP, kind=GapKind.NO_VERDICT, status=PENDING, reason="it timed out, and not again: 9.0 s")
    facts = replace(INCONCLUSIVE["pending"][0], gaps=(late, replace(late, id="M-2")))
    (row,) = [row for row in judge(facts, Limits(), "enforce").conditions if row.id == "judged"]
    assert row.detail == "2 mutants without a verdict (2 times: it timed out, and not again: 9.0 s)"


def test_a_block_of_lines_counts_with_what_is_in_it():
    block = replace(LINE, under=Under(statements=2, branches=1, mutants=4))
    (row,) = [
        r for r in judge(replace(GOOD, gaps=(block,)), Limits(new_gaps=7), "enforce").conditions if r.id == "new-gaps"
    ]
    assert (row.state, row.number, row.actual) == (ConditionState.FAIL, 8, "1, 7 more inside")
    assert judge(replace(GOOD, gaps=(block,)), Limits(new_gaps=8), "enforce").state == "pass"
