"""The report as lines for the terminal: detail first, verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmgen.gate import CAUSES
from pytest_llmgen.records import Condition, ConditionState, Facts, Report, State, Verdict
from pytest_llmgen.report.closing import closing
from pytest_llmgen.report.items import KINDS, manual_review, shown, suppressions, suspected_bugs
from pytest_llmgen.report.layout import Line, Style, count, cut, money, plain, wrapped
from pytest_llmgen.report.overview import (
    functions,
    generated,
    not_judged,
    noticed,
    scores,
    settled,
    stages,
    walls,
    warnings,
)
from pytest_llmgen.report.words import open_bugs

_MARKS = {
    ConditionState.OK: ("ok", Style.GOOD),
    ConditionState.FAIL: ("FAIL", Style.BAD),
    ConditionState.INCONCLUSIVE: ("??", Style.WARN),
    ConditionState.OFF: ("--", Style.PLAIN),
}
_VERDICTS = {
    State.PASS: ("GATE PASSED", Style.GOOD),
    State.FAIL: ("GATE FAILED", Style.BAD),
    State.INCONCLUSIVE: ("GATE INCONCLUSIVE", Style.WARN),
}
_PLAIN_ROWS = ("tests", "measured")
"""Rows that allow nothing, so that there is no limit to show."""
_TITLE_WIDTH = 40
_FIGURE_WIDTH = 10
_LEAST_WIDTH_OF_A_ROW = 72


def render(
    report: Report,
    *,
    width: int,
    verbosity: int = 0,
    show_gaps: int = 10,
    report_path: str = ".llmgen/report.html",
    report_paths: Sequence[str] = (".llmgen/report.html", ".llmgen/report.json"),
) -> tuple[Line, ...]:
    """The whole report for a terminal of ``width`` columns.

    With a negative ``verbosity`` (``-q``): one line per gap, never wrapped, then the verdict.  At most
    ``show_gaps`` gaps are shown in full; ``report_path`` is where the others are, empty where nothing has them;
    ``report_paths`` are all reports that are files.
    """
    facts, verdict = report.facts, report.verdict
    if verbosity < 0:
        return tuple(_quiet(facts, verdict))
    parts = (
        [*functions(facts, width), *scores(facts, width), *settled(facts, width)],
        not_judged(facts, width),
        walls(facts, width),
        generated(facts, width, verbosity),
        manual_review(facts, width, show_gaps, report_path),
        suspected_bugs(open_bugs(facts), width),
        suppressions(facts, width),
        warnings(facts, width),
        noticed(report, width) if verbosity > 1 else [],
        stages(facts, width) if verbosity > 0 else [],
        [*_quality_gate(facts, verdict, width, verbosity), *closing(facts, width, report_paths)],
    )
    return tuple(line for part in parts if part for line in (Line(""), *part))


def verdict_only(report: Report, *, width: int, report_paths: Sequence[str] = ()) -> tuple[Line, ...]:
    """What a run says that was asked for other reports than the terminal's: a verdict is never silent."""
    facts, verdict = report.facts, report.verdict
    if verdict.gate == "off":
        return ()
    lines = [Line(""), *_verdict(facts, verdict, width)]
    if verdict.state is State.FAIL:
        lines += wrapped(verdict.reason, width, 2)
    if report_paths:
        lines += wrapped(f"{'reports:' if len(report_paths) > 1 else 'report:'}  {'  '.join(report_paths)}", width, 2)
    return tuple(lines)


def _quiet(facts: Facts, verdict: Verdict) -> Iterator[Line]:
    entries: list[tuple[str, int, str, str, str, str]]
    entries = [(g.path, g.region.start_line, g.id, KINDS[g.kind], g.qualname, g.state) for g in shown(facts)]
    entries += [(b.path, b.line, b.id, "suspected bug", b.qualname, b.state) for b in open_bugs(facts)]
    for path, line, identifier, kind, qualname, state in sorted(entries):
        suffix = "" if state == "open" else f" ({state})"
        yield Line(plain(f"{path}:{line}: {identifier} {kind} in {qualname}{suffix}"))
    for each in facts.decisions.pragmas_added:
        yield Line(plain(f"{each.path}:{each.line}: suppression added: {each.text}"))
    word, style = _VERDICTS[verdict.state]
    if verdict.gate != "off":
        undecided = _undecided(verdict) if verdict.state is State.FAIL else ""
        reason = verdict.reason.replace("; ", ", ")
        yield Line(plain(f"{word}: {reason}{undecided}   {money(facts.cost.usd)}"), style)


def _undecided(verdict: Verdict) -> str:
    """What a failure must not hide."""
    titles = [c.title for c in verdict.conditions if c.state is ConditionState.INCONCLUSIVE]
    return f"; not decided: {', '.join(titles)}" if titles else ""


def _quality_gate(facts: Facts, verdict: Verdict, width: int, verbosity: int) -> list[Line]:
    if verdict.gate == "off":
        return []
    always = () if facts.nothing_to_test else ("judged", "new-gaps")
    rows = [c for c in verdict.conditions if c.state is not ConditionState.OFF or c.id in always]
    lines = [Line("quality gate", Style.SECTION)]
    for condition in rows:
        lines += _condition(condition, width)
    off = [c.title for c in verdict.conditions if c not in rows]
    if off and verbosity > 0:
        lines += wrapped(f"{'off':<6}{', '.join(off)}", width, 2, hanging=6)
    lines.append(Line(""))
    lines += _verdict(facts, verdict, width)
    for advice in verdict.advice:
        lines += wrapped(f"try:  {advice}", width, 2, hanging=6)
    return lines


def _condition(condition: Condition, width: int) -> list[Line]:
    mark, style = _MARKS[condition.state]
    if condition.state is ConditionState.INCONCLUSIVE and condition.id not in CAUSES:
        mark = "--"
    told = condition.detail or (condition.required if condition.id not in _PLAIN_ROWS else "")
    remark = told if condition.id in CAUSES else condition.required
    return _row(mark, condition, remark, style, width)


def _row(mark: str, condition: Condition, remark: str, style: Style, width: int) -> list[Line]:
    start = f"  {mark:<6}{condition.title:<{_TITLE_WIDTH}}{condition.actual:<{_FIGURE_WIDTH}}"
    is_wide = len(condition.actual) >= _FIGURE_WIDTH
    line = plain(f"{start.rstrip()}  {remark}" if is_wide else f"{start}{remark}").rstrip()
    if width >= _LEAST_WIDTH_OF_A_ROW and len(line) <= width:
        return [Line(line, style)]
    if width >= _LEAST_WIDTH_OF_A_ROW:
        return [Line(cut(start.rstrip(), width), style), *wrapped(remark, width, 8)]
    figures = f"{condition.actual}, {remark}" if remark else condition.actual
    return [*wrapped(f"{mark:<6}{condition.title}", width, 2, style, 6), *wrapped(figures, width, 8)]


def _verdict(facts: Facts, verdict: Verdict, width: int) -> list[Line]:
    word, style = _VERDICTS[verdict.state]
    reason = verdict.reason
    if verdict.state is State.FAIL:
        judged = [c for c in verdict.conditions if c.state is not ConditionState.OFF]
        failed = sum(c.state is ConditionState.FAIL for c in judged)
        undecided = sum(c.state is ConditionState.INCONCLUSIVE for c in judged)
        reason = f"{failed} of {count(len(judged), 'condition')}"
        reason += f", {undecided} could not be decided" if undecided else ""
    return wrapped(f"{word}: {reason}{_consequence(facts, verdict)}", width, 0, style, hanging=2)


def _consequence(facts: Facts, verdict: Verdict) -> str:
    if verdict.gate == "report":
        return "" if verdict.state is State.PASS else " (report only, the exit status does not change)"
    return f" (exit code {facts.run.exit_code})" if facts.run.exit_code else ""
