"""What a run brought for what it cost: the before/after table that every human format shows.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_llmgen.gate import in_scope, percent
from pytest_llmgen.records import Facts, Metrics, MutantStatus, Ratio
from pytest_llmgen.report.layout import count, money


@dataclass(frozen=True, slots=True)
class Gain:
    """One row: a figure before and after the run; ``before`` and ``change`` are empty where there are none."""

    title: str
    before: str
    after: str
    change: str = ""


def gains(facts: Facts) -> tuple[Gain, ...]:
    """Coverage, branches, mutation score, tests and cost; only as they are now where nothing was generated."""
    now = in_scope(facts)
    before = facts.totals.before if facts.run.command == "generate" else None
    rows = list(_ratios(now, before)) if now else []
    rows.append(_tests(facts))
    return (*rows, *_cost(facts, now, before))


def _ratios(now: Metrics, before: Metrics | None) -> Iterator[Gain]:
    yield _ratio("line coverage", "line", now.lines, before.lines if before else None)
    yield _ratio("branch coverage", "branch", now.branches, before.branches if before else None)
    yield _ratio("mutation score", "mutant", now.mutants, before.mutants if before else None)


def _ratio(title: str, noun: str, now: Ratio, before: Ratio | None) -> Gain:
    if before is None:
        return Gain(title, "", _shown(now))
    return Gain(title, _shown(before), _shown(now), _signed(now[0] - before[0], noun))


def _shown(ratio: Ratio) -> str:
    return f"{percent(ratio)} ({ratio[0]} of {ratio[1]})" if ratio[1] else "nothing to count"


def _signed(number: int, noun: str) -> str:
    plural = noun if abs(number) == 1 else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:+d} {plural}" if number else "none"


def _tests(facts: Facts) -> Gain:
    suite, kept = facts.suite, sum(function.tests_kept for function in facts.functions)
    there = suite.passed + len(suite.failed) + suite.skipped + suite.again
    if facts.run.command != "generate":
        return Gain("tests", "", str(there))
    gone = len(facts.removed)
    change = ", ".join(f"{sign}{count(n, 'test')}" for sign, n in (("+", kept), ("-", gone)) if n)
    return Gain("tests", str(there), str(there + kept - gone), change or "none")


def _cost(facts: Facts, now: Metrics | None, before: Metrics | None) -> Iterator[Gain]:
    if facts.run.command != "generate":
        return
    kept = sum(function.tests_kept for function in facts.functions)
    budget = "" if facts.budget_usd is None else f" of {money(facts.budget_usd)}"
    yield Gain("cost", "", f"{money(facts.cost.usd)}{budget}", f"{facts.run.seconds:.0f} s")
    if not facts.cost.usd:  # unknown, or nothing
        return
    killed = now.mutants[0] - before.mutants[0] if now and before else 0
    if kept:
        yield Gain("cost of a kept test", "", f"${facts.cost.usd / kept:.3f}")
    if killed > 0:
        yield Gain("cost of a newly killed mutant", "", f"${facts.cost.usd / killed:.3f}")


SETTLED_OUTSIDE = (MutantStatus.IGNORED, MutantStatus.RUNTIME_ERROR, MutantStatus.COMPILE_ERROR)
OUTSIDE_THE_SCORE = (*SETTLED_OUTSIDE, MutantStatus.PENDING)


def left_out(metrics: Metrics | None, statuses: Sequence[MutantStatus] = OUTSIDE_THE_SCORE) -> str:
    """Why the score counts fewer mutants than there are: ``3 of 386 mutants are not in it: 3 Ignored``."""
    counts = {s: metrics.by_status[s] for s in statuses if metrics.by_status.get(s)} if metrics else {}
    if not metrics or not counts:
        return ""
    outside = sum(counts.values())
    which = ", ".join(f"{number} {status.value}" for status, number in counts.items())
    verb = "is" if outside == 1 else "are"
    return f"{outside} of {count(sum(metrics.by_status.values()), 'mutant')} {verb} not in the score: {which}"
