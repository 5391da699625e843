"""The last lines: what to do now, where the reports are, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmgen.doubts import in_scope, is_kept, run_problems, suite_problems, unreviewed_tests
from pytest_llmgen.records import Facts, MutantStatus
from pytest_llmgen.report.items import shown
from pytest_llmgen.report.layout import Line, count, money, wrapped
from pytest_llmgen.report.words import open_bugs

_THOUSAND = 1000
_DIME = 0.1
_COLUMN = 13
_NOT_RUN = (MutantStatus.NO_COVERAGE, MutantStatus.IGNORED, MutantStatus.PENDING)
"""Mutants that no test meets."""


def closing(facts: Facts, width: int, report_paths: Sequence[str]) -> list[Line]:
    """Next steps, reports and cost; ``report_paths`` are the reports that are files."""
    entries = [*_steps(facts, report_paths)]
    if report_paths:
        entries.append(("reports:" if len(report_paths) > 1 else "report:", "  ".join(report_paths)))
    if facts.run.kept_verdicts:
        entries.append(("kept:", _kept(facts)))
    entries += [("cost:", _cost(facts)), *_return(facts)]
    lines = [wrapped(f"{label:<{_COLUMN}}{text}", width, 2, hanging=_COLUMN) for label, text in entries]
    return [line for each in lines for line in each]


def _steps(facts: Facts, report_paths: Sequence[str]) -> list[tuple[str, str]]:
    """How to decide; nothing while a test that did not run may still close a gap."""
    tests = unreviewed_tests(facts)
    is_judged = not (suite_problems(facts) or run_problems(facts))
    if not is_judged or not any(path.endswith("report.json") for path in report_paths):
        verb = "waits" if tests == 1 else "wait"
        return [("to review:", f"{count(tests, 'generated test')} {verb} for a person to read")] if tests else []
    gaps, bugs = sorted(shown(facts), key=lambda gap: gap.rank), open_bugs(facts)
    numbers = [(len(gaps), "gap"), (len(bugs), "suspected bug"), (tests, "test")]
    what = ", ".join(count(number, noun) for number, noun in numbers if number)
    if not what:
        return []
    how = "in your own checkout: pytest --llm-check, then " if facts.run.ci else ""
    steps = [("decide now:" if not how else "decide:", f"{how}pytest --llm-review   {what}")]
    first = [*(bug.id for bug in bugs), *(gap.id for gap in gaps)][:1]
    steps += [("show one:", f"pytest --llm-show {each}") for each in first if not how]
    return steps + _old_debt(facts, len(gaps))


def _old_debt(facts: Facts, gaps: int) -> list[tuple[str, str]]:
    """Without a base and without a baseline every gap counts: there is a way to begin."""
    if not gaps or facts.run.scope != "all" or facts.run.base or facts.decisions.baseline_path:
        return []
    return [("old code:", "pytest --llm-baseline records today's gaps, so that only new ones count")]


def _kept(facts: Facts) -> str:
    metrics = in_scope(facts)
    counts = dict(metrics.by_status) if metrics else {}
    judged = sum(number for status, number in counts.items() if status not in _NOT_RUN)
    kept = min(facts.run.kept_verdicts, judged)
    return f"{kept} of {count(judged, 'verdict')} from earlier runs: nothing that they depend on has changed"


def _cost(facts: Facts) -> str:
    cost = facts.cost
    if not cost.calls and not cost.cached_calls:
        return "$0.00, no model was asked"
    budget = f" of {money(facts.budget_usd)}" if facts.budget_usd is not None else ""
    tokens = f"{_thousands(cost.input_tokens)} in, {_thousands(cost.output_tokens)} out tokens"
    return f"{money(cost.usd)}{budget} - {count(cost.calls, 'call')}, {cost.cached_calls} cached - {tokens}"


def _return(facts: Facts) -> list[tuple[str, str]]:
    """What the money bought: the price of a test that was kept and of a mutant that is killed now."""
    usd, parts = facts.cost.usd, []
    kept = sum(is_kept(test) for test in facts.tests)
    after, before = in_scope(facts), facts.totals.before
    killed = after.mutants[0] - before.mutants[0] if after and before else 0
    if usd and kept:
        parts.append(f"{_price(usd / kept)} a test kept")
    if usd and killed > 0:
        parts.append(f"{_price(usd / killed)} a mutant newly killed")
    return [("", ", ".join(parts))] if parts else []


def _price(usd: float) -> str:
    """Small sums are not free: two digits that count."""
    return f"${usd:.2f}" if usd >= _DIME else f"${usd:.4f}"


def _thousands(number: int) -> str:
    return str(number) if number < _THOUSAND else f"{number // _THOUSAND}k"
