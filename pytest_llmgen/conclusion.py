"""From what a run has found to the facts that the gate judges and every report shows.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pytest_llmgen.findings import Findings
from pytest_llmgen.gaps import Assessment, assess
from pytest_llmgen.records import (
    Cost,
    Facts,
    Fate,
    FunctionReport,
    Gap,
    GapState,
    Judged,
    Metrics,
    Outcome,
    Ratio,
    RunInfo,
    SuiteInfo,
    Suppression,
    TestReport,
    ToolInfo,
    Totals,
)
from pytest_llmgen.review.anchors import anchor_of_gap, anchor_of_mutant, change_of
from pytest_llmgen.review.book import Book
from pytest_llmgen.review.matching import match, notes_on
from pytest_llmgen.review.measured import Measured
from pytest_llmgen.run.sandbox.allow import LOOPBACK_NETWORK, line, split

_RED = (Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASHED)
_DROPPED_BECAUSE = {Fate.REDUNDANT: "no-gain", Fate.UNSAFE: "unsafe", Fate.FLAKY: "flaky", Fate.FAILING: "fails"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the edges know of a run beside its findings."""

    tool: ToolInfo
    run: RunInfo
    scope_problem: str | None = None
    nothing_to_test: str | None = None
    unreviewed_on_disk: int | None = 0
    pragmas_added: tuple[Suppression, ...] = ()
    budget_usd: float | None = None
    model: str | None = None
    warnings: tuple[str, ...] = ()
    book: Book = field(default_factory=Book)  # what people have decided
    today: date = date.min
    present: frozenset[str] | None = None  # every ``path::qualname`` of the project, None where only a part is known


def facts_of(findings: Findings, circumstances: Circumstances) -> Facts:
    """Everything that was found out, before any judgement."""
    assessment = assess(findings.evidence())
    matching = match(
        assessment.gaps,
        findings.suspects,
        circumstances.book,
        measured_by(findings, assessment, circumstances),
        circumstances.today,
        circumstances.pragmas_added,
    )
    cost = sum(findings.costs.values(), Cost())
    info = replace(
        circumstances.run,
        generator=findings.generator,
        sandbox=findings.tier,
        sandbox_layers=findings.layers,
        sandbox_why=findings.weaker_because,
        interrupted=findings.interrupted,
        rounds=findings.rounds,
        map_source=findings.survey.map_source,
        stage_seconds=dict(findings.stage_seconds),
        stage_cpu_seconds=dict(findings.stage_cpu),
        peak_memory_mb=round(findings.peak_memory_mb, 1),
        kept_verdicts=findings.kept_verdicts,
    )
    tests = tuple(_test_report(judged) for judged in findings.judged)
    return Facts(
        tool=circumstances.tool,
        run=info,
        suite=suite_info(findings),
        totals=replace(
            assessment.totals,
            without_unreviewed=None if findings.again.tests else without_unreviewed(assessment.totals, circumstances),
        ),
        functions=tuple(_accepted(function, matching.gaps) for function in assessment.functions),
        gaps=matching.gaps,
        suspected_bugs=matching.bugs,
        tests=tests,
        module_errors=(
            *((m.path, m.error) for m in findings.modules if m.error),
            *sorted(findings.unmutable.items()),
        ),
        scope_problem=circumstances.scope_problem,
        nothing_to_test=circumstances.nothing_to_test,
        decisions=matching.decisions,
        unreviewed_on_disk=circumstances.unreviewed_on_disk,
        files=_files(findings),
        mutants_made=_mutants_made(findings, assessment.totals),
        cost=cost,
        budget_usd=circumstances.budget_usd,
        model=circumstances.model,
        written=tuple(findings.written),
        removed=findings.removed,
        warnings=circumstances.warnings + tuple(findings.warnings) + notes_on(matching.decisions),
    )


def measured_by(findings: Findings, assessment: Assessment, circumstances: Circumstances) -> Measured:
    """What the run can speak about: nothing where it did not come to its end."""
    ended = findings.problem is None and not findings.interrupted and circumstances.scope_problem is None
    if not ended or not findings.baseline.files:
        return Measured(present=circumstances.present, operators=circumstances.tool.operators)
    open_ones = {(gap.where, change_of(anchor_of_gap(gap))[1:]) for gap in assessment.gaps}
    settled = {
        (f"{m.path}::{m.qualname}", change_of(anchor_of_mutant(m))) for m in findings.mutants if findings.has_verdict(m)
    }
    return Measured(
        functions={f"{f.path}::{f.qualname}": f.context for f in assessment.functions if f.state != "error"},
        settled=frozenset(each for each in settled if (each[0], each[1][1:]) not in open_ones),
        present=circumstances.present,
        without_mutants=frozenset(findings.unmutable),
        is_whole=circumstances.run.scope == "all",
        has_bugs=circumstances.run.command == "generate",
        operators=circumstances.tool.operators,
    )


def _accepted(function: FunctionReport, gaps: Sequence[Gap]) -> FunctionReport:
    """A function is accepted where people have decided on all that is open in it."""
    own = [gap for gap in gaps if gap.id in function.gap_ids and gap.new]
    decided = own and all(gap.state is GapState.ACCEPTED for gap in own)
    return replace(function, state="accepted") if decided and function.state == "gaps" else function


def _files(findings: Findings) -> Ratio:
    """Files in scope that were measured and mutated, and all of them."""
    measured = findings.baseline.files if findings.baseline.measured else {}
    good = [m for m in findings.modules if m.error is None and m.path in measured and m.path not in findings.unmutable]
    return len(good), len(findings.modules)


def _mutants_made(findings: Findings, totals: Totals) -> int | None:
    """How many mutants were made in scope, None where not every file came to its turn."""
    metrics = totals.new or totals.all
    if not findings.has_mutants or metrics is None:
        return None
    return sum(metrics.by_status.values())


def without_unreviewed(totals: Totals, circumstances: Circumstances) -> Metrics | None:
    """The ratios without tests that nobody has reviewed, None where they are not known.

    This run's tests are all unreviewed: without them it is as it was before.  Unreviewed tests of earlier
    runs are in the suite that was measured, so what the rest does alone is not known.
    """
    return None if circumstances.unreviewed_on_disk else totals.before


def suite_info(findings: Findings) -> SuiteInfo:
    """What the user's own run came to."""
    baseline = findings.baseline
    return SuiteInfo(
        passed=sum(run.outcome in (Outcome.PASSED, Outcome.XPASSED) for run in baseline.tests),
        failed=tuple(run.nodeid for run in baseline.tests if run.outcome in _RED),
        collection_errors=baseline.collection_errors,
        ran=len(baseline.tests),
        skipped=sum(run.outcome in (Outcome.SKIPPED, Outcome.XFAILED) for run in baseline.tests),
        sandbox_differences=findings.survey.differences,
        sandbox_fix=_sandbox_fix(findings),
        partial=baseline.partial,
        problem=findings.problem or baseline.problem,
        uncollected=findings.uncollected,
        again=len(findings.again.tests) - len(findings.pinned),
        seconds=sum(run.seconds for run in baseline.tests),
    )


def _sandbox_fix(findings: Findings) -> str:
    """What a person can paste; where nothing was seen, the suite can run without walls."""
    if not findings.survey.differences:
        return ""
    needs = findings.survey.needs
    is_enough = needs and LOOPBACK_NETWORK not in needs
    return line((*split(findings.allowed), *needs)) if is_enough else 'llm_sandbox_suite = "open"'


def _test_report(judged: Judged) -> TestReport:
    candidate = judged.candidate
    return TestReport(
        nodeid=judged.nodeid or candidate.name,
        target=candidate.target,
        category=candidate.category,
        origin=candidate.origin,
        oracle=candidate.oracle,
        state="pending" if judged.fate is Fate.KEPT else "dropped",
        fate=judged.fate,
        dropped_because=_why_dropped(judged),
        reason=judged.reason,
        earned=judged.earned,
        runs=judged.runs,
        seconds=judged.seconds,
        source=candidate.source,
    )


def _why_dropped(judged: Judged) -> str | None:
    """In a word: the fate, and for an invalid test its reason code."""
    if judged.fate in (Fate.KEPT, Fate.SUSPECTED_BUG):
        return None
    return _DROPPED_BECAUSE.get(judged.fate, judged.code)
