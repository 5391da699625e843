"""Facts in the shapes that the gate must judge."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmgen.gate import Limits
from pytest_llmgen.records import (
    Category,
    Facts,
    Fate,
    FunctionReport,
    Gap,
    GapKind,
    GapState,
    Metrics,
    MutantStatus,
    Oracle,
    Origin,
    Region,
    RunInfo,
    SuiteInfo,
    SuspectedBug,
    TestReport,
    ToolInfo,
    Totals,
    Verdict,
)

TOOL = ToolInfo("0.1.0", "3.13.5", "9.2.0", "7.17.3", "1")
RUN = RunInfo("check", "2026-11-21T10:02:11Z", 1.0, ".", "all")
KILLED, SURVIVED, PENDING = MutantStatus.KILLED, MutantStatus.SURVIVED, MutantStatus.PENDING
FULL = Metrics((10, 10), (4, 4), (8, 8), {KILLED: 8})
COMPLETE = FunctionReport("a.py", "f", 1, 2, "", "complete", FULL, new=True)
GOOD = Facts(
    TOOL, RUN, SuiteInfo(12, (), ran=12), Totals(None, FULL), functions=(COMPLETE,), files=(1, 1), mutants_made=8
)
GAP = Gap("M-1", GapKind.SURVIVING_MUTANT, "a.py", Region(1, 1, 1, 2), "f", "", "x", new=True)
BUG = SuspectedBug("X-1", "a.py", 1, "f", "s", "e", "o", "docstring", "q", (5, 5), "t")
TEST = TestReport("t.py::t", "a.py::f", Category.EDGE, Origin.MODEL, Oracle.OBSERVED, "pending", Fate.KEPT, runs=(5, 5))
FUNCTION = FunctionReport("a.py", "f", 1, 2, "", "error", FULL, reason="no coverage data for this file")
ALL_OFF = Limits(-1, -1, -1, -1, -1)


LINE = Gap("L-1", GapKind.UNCOVERED_LINE, "a.py", Region(1, 1, 1, 2), "f", "", "x", new=True)
BRANCH = replace(LINE, id="B-1", kind=GapKind.UNCOVERED_BRANCH, state=GapState.ACCEPTED)


def with_metrics(metrics: Metrics | None, **changes: object) -> Facts:
    """Everything was measured with these ratios; what they miss is listed as accepted gaps."""
    made = sum(metrics.by_status.values()) if metrics else None
    gaps = accepted(metrics) if metrics else ()
    return replace(GOOD, **{"totals": Totals(None, metrics), "mutants_made": made, "gaps": gaps, **changes})


def accepted(metrics: Metrics) -> tuple[Gap, ...]:
    """A gap for everything that is missing, none of which needs a person."""
    line, done = replace(LINE, state=GapState.ACCEPTED), GapState.ACCEPTED
    survivors = [
        replace(GAP, id=f"M-{n}", state=done, status=SURVIVED) for n in range(metrics.by_status.get(SURVIVED, 0))
    ]
    return (line, BRANCH, *survivors)


def with_suite(**changes: object) -> Facts:
    return replace(GOOD, suite=replace(GOOD.suite, **changes))


def condition(verdict: Verdict, name: str):
    return next(c for c in verdict.conditions if c.id == name)


INCONCLUSIVE = {
    "red suite": (with_suite(failed=("t::a",)), "1 test of the suite is failing"),
    "collection error": (with_suite(collection_errors=("t.py",)), "1 file could not be collected"),
    "unusable baseline": (with_suite(problem="no data was measured"), "no data was measured"),
    "no test ran": (with_suite(passed=0, skipped=3), "no test ran"),
    "partial run": (with_suite(partial="-k total"), "only a part of the suite ran (-k total)"),
    "sandbox difference": (with_suite(sandbox_differences=("t::a",)), "1 test passes only outside the sandbox"),
    "interrupted": (replace(GOOD, run=replace(RUN, interrupted=True)), "the run was interrupted"),
    "module error": (replace(GOOD, module_errors=(("b.py", "syntax"),)), "b.py: syntax"),
    "unmeasured function": (replace(GOOD, functions=(FUNCTION,)), "a.py::f: no coverage data for this file"),
    "base not found": (replace(GOOD, scope_problem="base origin/x not found"), "base origin/x not found"),
    "no metrics": (with_metrics(None), "no coverage data for the code in scope"),
    "no lines": (with_metrics(replace(FULL, lines=(0, 0))), "no coverage data for the code in scope"),
    "no mutants": (with_metrics(replace(FULL, mutants=(0, 0), by_status={})), "no mutants to judge by"),
    "no judged mutants": (
        with_metrics(replace(FULL, mutants=(0, 0), by_status={MutantStatus.RUNTIME_ERROR: 3})),
        "no mutant was judged",
    ),
    "no statuses": (with_metrics(replace(FULL, by_status={})), "no mutants to judge by"),
    "pending": (with_metrics(replace(FULL, by_status={KILLED: 8, PENDING: 2})), "2 mutants without a verdict"),
}


FAILING = {
    "new-gaps": replace(GOOD, gaps=(GAP,)),
    "bugs": replace(GOOD, suspected_bugs=(BUG,)),
    "flaky": replace(GOOD, tests=(replace(TEST, reviewed=True, runs=(4, 5)),)),
    "unreviewed": replace(GOOD, tests=(TEST,)),
}
