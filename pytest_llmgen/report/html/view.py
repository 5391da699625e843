"""From the report to what the page shows: plain records of text, so that the template only places them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pytest_llmgen.doubts import DECIDED
from pytest_llmgen.gate import in_scope
from pytest_llmgen.records import (
    Condition,
    ConditionState,
    Decision,
    DecisionState,
    Facts,
    FunctionReport,
    Gap,
    MatchedDecision,
    Report,
    State,
    SuspectedBug,
    TestReport,
)
from pytest_llmgen.report.gains import Gain, gains, left_out
from pytest_llmgen.report.html.cards import Card, cards_of
from pytest_llmgen.report.html.excerpts import Excerpts, Line
from pytest_llmgen.report.layout import count, fraction, money
from pytest_llmgen.report.words import (
    open_bugs,
    open_gaps,
)

_SIGNS = {
    ConditionState.OK: "✓ ok",
    ConditionState.FAIL: "✗ fail",
    ConditionState.INCONCLUSIVE: "? undecided",
    ConditionState.OFF: "- off",
}
_VERDICTS = {
    State.PASS: ("✓", "Gate passed"),
    State.FAIL: ("✗", "Gate failed"),
    State.INCONCLUSIVE: ("?", "Gate inconclusive"),
}
CLASSES = {
    "equivalent": "the mutant behaves the same",
    "unreachable": "the line cannot run",
    "wont-test": "not worth a test",
    "tested-elsewhere": "another suite tests it",
    "known-bug": "it is a bug, and known",
    "false-alarm": "it is meant to be so",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A function in the table, with its source where it has gaps."""

    function: FunctionReport
    figures: tuple[tuple[str, str, float], ...]  # now, before, share for sorting (-1: nothing to count)
    open_gaps: int
    anchor: str
    code: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A gap or a suspected bug on which a person has decided, or that is old debt."""

    id: str
    state: str
    where: str
    class_: str = ""
    why: str = ""
    who: str = ""
    until: str = ""


_QUIET = (DecisionState.USED, DecisionState.UNKNOWN, DecisionState.KEPT)


@dataclass(frozen=True, slots=True)
class View:
    """Everything on the page."""

    report: Report
    icon: str
    verdict: str
    gains: tuple[Gain, ...]
    left_out: str
    conditions: tuple[tuple[str, Condition], ...]
    cards: tuple[Card, ...]
    rest: tuple[Gap, ...]  # gaps that get no card
    bugs: tuple[SuspectedBug, ...]
    kept: tuple[tuple[str, tuple[TestReport, ...]], ...]  # by target
    dropped: tuple[tuple[str, tuple[TestReport, ...]], ...]  # by reason
    rows: tuple[Row, ...]
    settled: tuple[Settled, ...]
    attention: tuple[MatchedDecision, ...]
    facts_about_run: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, int], ...]
    stages: tuple[tuple[str, str, str], ...]
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """What was found out."""
        return self.report.facts

    @property
    def why(self) -> str:
        """The verdict's reason as a sentence without its full stop."""
        reason = self.report.verdict.reason if self.report.verdict.gate != "off" else ""
        return f"{reason[:1].upper()}{reason[1:].rstrip('.')}"


def view_of(report: Report, *, most_cards: int, with_sources: bool) -> View:
    """The page's content; fewer cards and no functions' sources where it would become too large."""
    facts, verdict = report.facts, report.verdict
    gaps = open_gaps(facts)
    excerpts = Excerpts(report.sources, gaps)
    icon, word = _VERDICTS[verdict.state]
    dropped = [test for test in facts.tests if test.state == "dropped"]
    metrics = in_scope(facts)
    return View(
        report=report,
        icon=icon if verdict.gate != "off" else "-",
        verdict=word if verdict.gate != "off" else "No gate",
        gains=gains(facts),
        left_out=left_out(metrics),
        conditions=tuple((_SIGNS[condition.state], condition) for condition in verdict.conditions),
        cards=tuple(cards_of(gaps[:most_cards], excerpts)),
        rest=gaps[most_cards:],
        bugs=open_bugs(facts),
        kept=_grouped((t for t in facts.tests if t.state != "dropped"), lambda test: test.target),
        dropped=_grouped(dropped, lambda test: test.dropped_because or test.fate.value),
        rows=tuple(_rows(facts, gaps, excerpts if with_sources else Excerpts((), ()))),
        settled=tuple(_settled(facts)),
        attention=tuple(e for e in facts.decisions.entries if e.state not in _QUIET or e.days_left is not None),
        facts_about_run=tuple(_about(facts)),
        statuses=tuple((status.value, n) for status, n in sorted(metrics.by_status.items())) if metrics else (),
        stages=tuple(
            (name, f"{seconds:.1f}", f"{facts.run.stage_cpu_seconds.get(name, 0.0):.1f}")
            for name, seconds in facts.run.stage_seconds.items()
        ),
        filters=_filters(gaps[:most_cards]),
    )


def _filters(gaps: Sequence[Gap]) -> dict[str, tuple[str, ...]]:
    return {
        "kind": tuple(dict.fromkeys(gap.kind.value for gap in gaps)),
        "state": tuple(dict.fromkeys(gap.state.value for gap in gaps)),
        "file": tuple(sorted({gap.path for gap in gaps})),
        "operator": tuple(sorted({gap.operator for gap in gaps if gap.operator})),
    }


def _settled(facts: Facts) -> Iterable[Settled]:
    for gap in facts.gaps:
        if gap.state in DECIDED:
            yield _settlement(
                gap.id, gap.state.value, f"{gap.path}:{gap.region.start_line} {gap.qualname}", gap.decision
            )
    for bug in facts.suspected_bugs:
        if bug not in open_bugs(facts):
            yield _settlement(bug.id, bug.state, f"{bug.path}:{bug.line} {bug.qualname}", bug.decision)


def _settlement(identifier: str, state: str, where: str, made: Decision | None) -> Settled:
    if made is None:
        return Settled(identifier, state, where)
    until = made.expires.isoformat() if made.expires else "the code changes"
    why = f"{made.reason} ({made.ref})" if made.ref else made.reason
    return Settled(identifier, state, where, made.class_.value, why, f"{made.author}, {made.date.isoformat()}", until)


# --- Tables -------------------------------------------------------------------------------------


def _rows(facts: Facts, gaps: Sequence[Gap], excerpts: Excerpts) -> Iterable[Row]:
    open_ids = {gap.id for gap in gaps}
    ordered = sorted(facts.functions, key=lambda f: (f.path, f.start_line, f.qualname))
    for number, function in enumerate(ordered, 1):
        own = [identifier for identifier in function.gap_ids if identifier in open_ids]
        show = own and function.qualname != "<module>"
        code = excerpts.function(function.path, function.start_line, function.end_line) if show else ()
        yield Row(function, tuple(_figures(function, facts)), len(own), f"function-{number}", code)


def _figures(function: FunctionReport, facts: Facts) -> Iterable[tuple[str, str, float]]:
    now, before = function.metrics, function.before if facts.run.command == "generate" else None
    old = (before.lines, before.branches, before.mutants) if before else (None, None, None)
    for ratio, was in zip((now.lines, now.branches, now.mutants), old, strict=True):
        share = ratio[0] / ratio[1] if ratio[1] else -1.0
        yield fraction(ratio), fraction(was) if was and was != ratio else "", share


def _grouped(tests: Iterable[TestReport], key: object) -> tuple[tuple[str, tuple[TestReport, ...]], ...]:
    assert callable(key)
    ordered = sorted(tests, key=key)
    return tuple((name, tuple(group)) for name, group in groupby(ordered, key))


def _about(facts: Facts) -> Iterable[tuple[str, str]]:
    run, cost, tool = facts.run, facts.cost, facts.tool
    scope = {"new": "new code", "all": "everything", "paths": "the targets given"}.get(run.scope, run.scope)
    yield "command", f"pytest --llm-{run.command}"
    yield "scope", scope
    if run.base:
        yield "base", f"{run.base}{f' ({run.base_commit[:10]})' if run.base_commit else ''}"
    yield "commit", f"{run.commit[:10]}{' with changes' if run.dirty else ''}" if run.commit else "not in git"
    yield "started", f"{run.started}, took {run.seconds:.0f} s"
    if run.interrupted:
        yield "interrupted", "the run was stopped; what was known then is shown"
    budget = f" of {money(facts.budget_usd)}" if facts.budget_usd is not None else ""
    if run.command == "generate":
        tokens = f"{cost.input_tokens} tokens in, {cost.output_tokens} out"
        spent = f"{money(cost.usd)}{budget}, {count(cost.calls, 'call')}, {cost.cached_calls} cached, {tokens}"
        yield "cost", spent if cost.calls or cost.cached_calls else "$0.00, no model was asked"
        yield "generator", run.generator or "none"
    yield "sandbox", run.sandbox or "none was needed"
    yield "tests of the project", f"{facts.suite.passed} passed, {len(facts.suite.failed)} failed"
    tools = f"pytest-llmgen {tool.version}, Python {tool.python}, pytest {tool.pytest}, coverage {tool.coverage}"
    yield "tools", f"{tools}, operators {tool.operators}"
