"""What was tested, before and after: the tables at the top of the terminal's report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby

from pytest_llmgen.gate import in_scope, percent, unreviewed_tests
from pytest_llmgen.records import (
    Facts,
    FunctionReport,
    GapKind,
    GapState,
    Metrics,
    MutantReport,
    MutantStatus,
    Report,
    TestReport,
)
from pytest_llmgen.report.gains import SETTLED_OUTSIDE, left_out
from pytest_llmgen.report.items import counted, shown
from pytest_llmgen.report.layout import Line, Row, Style, count, fraction, table, tally, wrapped
from pytest_llmgen.report.words import short

_HEADER = ("lines", "branches", "mutants killed", "tests", "open gaps")
_WIDTHS = (9, 11, 16, 8, 11)
_MOST_LISTED = 10
_MOST_NAMED = 2


def functions(facts: Facts, width: int) -> list[Line]:
    """The table of functions with totals, now and before this run."""
    if not facts.functions:
        return []
    open_ids = {gap.id for gap in shown(facts)}
    title = "functions in new code" if facts.totals.new else "functions"
    rows = []
    for path, functions in groupby(sorted(facts.functions, key=_place), key=lambda f: f.path):
        rows.append(Row(path, indent=0))
        rows += [_function_row(function, open_ids) for function in functions]
    rows += _total_rows(facts, len(open_ids))
    return [Line(title, Style.PART), *table(_HEADER, _WIDTHS, rows, width)]


def _place(function: FunctionReport) -> tuple[str, int, str]:
    return function.path, function.start_line, function.qualname


def _function_row(function: FunctionReport, open_ids: set[str]) -> Row:
    tests = f"+{function.tests_kept}" if function.tests_kept else ""
    gaps = str(sum(identifier in open_ids for identifier in function.gap_ids))
    return Row(function.qualname, (*_ratios(function.metrics), tests, gaps))


def _ratios(metrics: Metrics) -> tuple[str, str, str]:
    return fraction(metrics.lines), fraction(metrics.branches), fraction(metrics.mutants)


def _total_rows(facts: Facts, gaps: int) -> list[Row]:
    metrics, kept = in_scope(facts), sum(function.tests_kept for function in facts.functions)
    if metrics is None:
        return []
    rows = [Row("TOTAL", (*_ratios(metrics), f"+{kept}" if kept else "", str(gaps)), rule=True)]
    if facts.totals.before is not None and facts.run.command == "generate":
        rows.append(Row("was, before this run", (*_ratios(facts.totals.before), "", "")))
    return rows


def scores(facts: Facts, width: int) -> list[Line]:
    """The mutation score with and without tests that nobody has reviewed."""
    metrics, without = in_scope(facts), facts.totals.without_unreviewed
    note = left_out(metrics, SETTLED_OUTSIDE)
    lines = wrapped(note, width, 2, hanging=2) if note else []
    if metrics is None or not unreviewed_tests(facts):
        return lines
    rest = percent(without.mutants) if without else "not computed: tests of earlier runs are among them"
    text = f"mutation score {percent(metrics.mutants)}, without unreviewed generated tests {rest}"
    return [*lines, *wrapped(text, width, 2, hanging=2)]


def settled(facts: Facts, width: int) -> list[Line]:
    """What counts no more because a person accepted it, by function, and what is old debt."""
    accepted: dict[str, list[GapKind]] = {}
    for gap in facts.gaps:
        if gap.new and gap.state is GapState.ACCEPTED:
            accepted.setdefault(gap.qualname, []).append(gap.kind)
    place = facts.decisions.path or "the review file"
    texts = [f"{name}: {counted(kinds)} accepted in {place}" for name, kinds in sorted(accepted.items())]
    if len(texts) > _MOST_LISTED:
        texts = [f"{counted([*chain.from_iterable(accepted.values())])} accepted in {place}"]
    if facts.decisions.baseline_used:
        old = count(facts.decisions.baseline_used, "gap")
        texts.append(f"{old} known as old debt in {facts.decisions.baseline_path}")
    return [line for text in texts for line in wrapped(text, width, 2, hanging=2)]


def not_judged(facts: Facts, width: int) -> list[Line]:
    """Modules and functions about which the run can say nothing, with the reason."""
    lines = [f"{path}: {why}" for path, why in facts.module_errors]
    by_reason: dict[str, list[str]] = {}
    for function in sorted(facts.functions, key=_place):
        if function.state in ("not-attempted", "error"):
            name = f"{function.path}::{function.qualname}"
            by_reason.setdefault(function.reason or function.state, []).append(name)
    lines += [f"{_named(names)}: {reason}" for reason, names in by_reason.items()]
    return _listed("not judged, or not attempted", lines, width)


def _named(names: Sequence[str]) -> str:
    """A few by name, many by their number."""
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{count(len(names), 'function')} ({', '.join(names[:_MOST_NAMED])}, ...)"


def walls(facts: Facts, width: int) -> list[Line]:
    """Tests that pass only outside the sandbox, what they need, and the line that opens it."""
    suite = facts.suite
    if not suite.sandbox_differences:
        return []
    lines = _listed("set aside: these pass only outside the sandbox", suite.sandbox_differences, width)
    return [*lines, Line("  to open what they need:"), Line(f"  {suite.sandbox_fix}")]


def warnings(facts: Facts, width: int) -> list[Line]:
    """What went wrong without stopping the run."""
    return _listed("warnings", facts.warnings, width)


def _listed(title: str, texts: Sequence[str], width: int) -> list[Line]:
    if not texts:
        return []
    lines = [line for text in texts[:_MOST_LISTED] for line in wrapped(text, width, 2, hanging=2)]
    if len(texts) > _MOST_LISTED:
        lines.append(Line(f"  and {len(texts) - _MOST_LISTED} more"))
    return [Line(title, Style.PART), *lines]


def generated(facts: Facts, width: int, verbosity: int) -> list[Line]:
    """What was written, what was kept, and why the rest was dropped."""
    kept = [test for test in facts.tests if test.state != "dropped"]
    dropped = [test for test in facts.tests if test.state == "dropped"]
    lines: list[Line] = []
    for text in facts.written:
        lines += wrapped(text, width, 2, hanging=2)
    if kept:
        kinds = tally([test.category.value for test in kept])
        oracles = tally([test.oracle.value for test in kept])
        lines += wrapped(f"{count(len(kept), 'test')} kept: {kinds}; expectations: {oracles}", width, 2, hanging=2)
    if dropped:
        why = tally([test.dropped_because or test.fate.value for test in dropped])
        lines += wrapped(f"{count(len(dropped), 'test')} dropped: {why}", width, 2, hanging=2)
    if facts.run.command == "generate" and not (kept or facts.written):
        lines += wrapped(_why_none(facts), width, 2, Style.WARN, 2)
    if verbosity > 0:
        lines += [line for test in kept for line in wrapped(_earnings(test), width, 4, hanging=2)]
    title = "generated tests" if facts.tests or facts.run.command == "generate" else "written"
    return [Line(title, Style.PART), *lines] if lines else []


def _why_none(facts: Facts) -> str:
    """Why a run that was asked for tests has brought none."""
    if facts.nothing_to_test is not None:
        return f"no test was written: {facts.nothing_to_test}"
    if facts.suite.problem is not None or facts.scope_problem is not None or facts.run.interrupted:
        return "no test was written: the run did not come to it"
    is_open = [function for function in facts.functions if function.state in ("gaps", "not-attempted")]
    if not is_open:
        return "no test was written: nothing is open in the functions in scope"
    tried = count(len(is_open), "function")
    if facts.tests:
        return f"no test was kept, so none was written: {tried} stay as they were; .llmgen/report.html says why of each"
    return f"no test was written: nothing that was tried reached anything new in {tried}"


def _earnings(test: TestReport) -> str:
    earned, parts = test.earned, []
    if earned.lines:
        parts.append(count(len(earned.lines), "line"))
    if earned.branches:
        parts.append(f"{len(earned.branches)} branch{'' if len(earned.branches) == 1 else 'es'}")
    if earned.kills:
        parts.append(count(len(earned.kills), "kill"))
    if earned.shows:
        parts.append(earned.shows)
    if earned.category:
        parts.append(f"first {test.category.value} test")
    return f"{test.nodeid}: {', '.join(parts) or 'no gain recorded'}"


def noticed(report: Report, width: int) -> list[Line]:
    """Every mutant that a test noticed: where, what, and by which test."""
    seen = [m for source in report.sources for m in source.mutants if m.status in _NOTICED]
    lines = [line for each in seen for line in wrapped(_kill(each), width, 2, hanging=4)]
    return [Line(f"mutants noticed: {len(seen)}", Style.PART), *lines] if seen else []


_NOTICED = (MutantStatus.KILLED, MutantStatus.TIMEOUT)


def _kill(report: MutantReport) -> str:
    mutant, verdict = report.mutant, report.verdict
    tests = [nodeid.rpartition("::")[2] for nodeid in verdict.killed_by] if verdict else []
    by = f"by {', '.join(tests)}" if tests else "by the limit of time"
    change = f"{short(mutant.before)} -> {short(mutant.after or 'nothing')}"
    return f"{mutant.path}:{mutant.region.start_line} {change} {by}"


def stages(facts: Facts, width: int) -> list[Line]:
    """Wall and CPU seconds of each stage, and the memory that it took."""
    seconds, cpu = facts.run.stage_seconds, facts.run.stage_cpu_seconds
    if not seconds:
        return []
    rows = [Row(stage, (f"{wall:.1f}", f"{cpu.get(stage, 0.0):.1f}")) for stage, wall in seconds.items()]
    lines = [Line("time by stage", Style.PART), *table(("seconds", "CPU seconds"), (10, 14), rows, width)]
    if facts.run.peak_memory_mb:
        lines.append(Line(f"  largest worker: {facts.run.peak_memory_mb:.0f} MB"))
    return lines
