"""The rows of the gate: each condition from facts, limits and doubts.  Pure.

A row is proven or it is INCONCLUSIVE; a proven FAIL outweighs what is not known only where nothing that is
still unknown could undo it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pytest_llmgen import doubts as doubt
from pytest_llmgen.doubts import Doubts, in_scope, unjudged, unreviewed_gaps, unreviewed_tests
from pytest_llmgen.limits import FLOORS, NEW_GAPS, Limits, PathLimit
from pytest_llmgen.mutate.score import total
from pytest_llmgen.records import Condition, ConditionState, DecisionState, Facts, Metrics, MutantStatus, Ratio
from pytest_llmgen.settings import OFF

OK, FAIL, OPEN = ConditionState.OK, ConditionState.FAIL, ConditionState.INCONCLUSIVE
NOT_ASKED = ConditionState.OFF
NOT_COMPUTED = "not computed"
_TITLES = {
    "new-lines": "line coverage of new code",
    "new-branches": "branch coverage of new code",
    "new-mutants": "mutation score of new code",
    "all-lines": "line coverage of everything",
    "all-branches": "branch coverage of everything",
    "all-mutants": "mutation score of everything",
}
_RATCHET = {
    "line": ("lines", "whole-project line coverage"),
    "branch": ("branches", "whole-project branch coverage"),
    "mutation": ("mutants", "whole-project mutation score"),
}


def conditions_of(facts: Facts, limits: Limits) -> tuple[Condition, ...]:
    """Every row, in the order in which they are shown."""
    doubts = doubt.doubts_of(facts)
    return (
        _tests(facts),
        _measured(facts),
        _judged(facts, limits),
        _new_gaps(facts, limits, doubts),
        *_path_gaps(facts, limits, doubts),
        _maximum("bugs", "untriaged suspected bugs", doubt.open_bugs(facts), limits.bugs),
        _flaky(facts, limits),
        _unreviewed(facts, limits),
        *_review(facts, limits),
        *(_floor(facts, limits, doubts, name) for name in FLOORS),
        *_path_floors(facts, limits, doubts),
        *_ratchet(facts, limits, doubts),
    )


# --- Rows that cannot be switched off -----------------------------------------------------------


def _tests(facts: Facts) -> Condition:
    suite, problems = facts.suite, doubt.suite_problems(facts)
    every = suite.passed + len(suite.failed)
    actual = f"{suite.passed} of {every}" if every or problems else "there were none"
    return Condition("tests", "tests pass", OPEN if problems else OK, actual, "all", "; ".join(problems))


def _measured(facts: Facts) -> Condition:
    problems = [*doubt.scope_problems(facts), *doubt.run_problems(facts), *doubt.code_problems(facts)]
    actual = "not complete" if problems else facts.nothing_to_test or "complete"
    state = OPEN if problems else OK
    return Condition("measured", "everything in scope measured", state, actual, "complete", "; ".join(problems))


def _judged(facts: Facts, limits: Limits) -> Condition:
    title, required = "every mutant judged", allowed(limits.unjudged, "missing")
    if facts.nothing_to_test is not None:
        return Condition("judged", title, NOT_ASKED, "nothing to judge", required)
    metrics = in_scope(facts)
    every = sum(metrics.by_status.values()) if metrics else 0
    missing = unjudged(metrics)
    actual = f"{every - missing} of {every}"
    if facts.scope_problem is not None and not every:
        return Condition("judged", title, OPEN, "not known", required)
    if problem := _no_mutants(facts, metrics, every):
        return Condition("judged", title, OPEN, actual, required, problem)
    if not every:
        return Condition("judged", title, NOT_ASKED, "none in the changed lines", required)
    late = limits.unjudged != OFF and missing > limits.unjudged
    detail = f"{_count(missing, 'mutant')} without a verdict" if missing else ""
    return Condition("judged", title, OPEN if late else OK, actual, required, detail)


def _no_mutants(facts: Facts, metrics: Metrics | None, every: int) -> str:
    """Why the mutants can't be relied on; changed lines may be known to have none, a project may not."""
    if metrics is None:
        return "no mutants to judge by"
    if facts.mutants_made is not None and facts.mutants_made != every:
        return f"{every} of {_count(facts.mutants_made, 'mutant')} are accounted for"
    if not every:
        known = facts.mutants_made == 0 and facts.totals.new is not None
        known = known and bool(metrics.lines[1] or doubt.is_left_out(facts))
        return "" if known else "no mutants to judge by"
    is_ignored = metrics.by_status.get(MutantStatus.IGNORED) == every and doubt.is_left_out(facts)
    if (not metrics.mutants[1] and not is_ignored) or metrics.mutants[1] > every:
        return "no mutant was judged"
    return ""


# --- Maxima -------------------------------------------------------------------------------------


def _maximum(name: str, title: str, number: int, limit: int) -> Condition:
    state = OK if number <= limit else FAIL
    return Condition(name, title, NOT_ASKED if limit == OFF else state, str(number), allowed(limit))


def _flaky(facts: Facts, limits: Limits) -> Condition:
    row = _maximum("flaky", "flaky tests kept", len(doubt.flaky(facts.tests)), limits.flaky)
    unproven = len(doubt.unproven(facts.tests))
    if row.state is not OK or not unproven:
        return row
    return Condition(row.id, row.title, OPEN, row.actual, row.required, f"{_count(unproven, 'test')} without a run")


def _unreviewed(facts: Facts, limits: Limits) -> Condition:
    title = "generated tests nobody has reviewed"
    row = _maximum("unreviewed", title, unreviewed_tests(facts), limits.unreviewed)
    if row.state is OK and facts.unreviewed_on_disk is None:
        return Condition(row.id, title, OPEN, "not known", row.required, "tests of earlier runs were not looked at")
    return row


@dataclass(frozen=True, slots=True)
class _Part:
    """The gaps and figures that one row is about."""

    name: str
    title: str
    limit: int
    gaps: int
    number: int  # of open points: a block of lines counts with what is in it
    pending: int

    @property
    def actual(self) -> str:
        """The number, with what is in blocks of lines told apart."""
        inside = self.number - self.gaps
        return f"{self.gaps}, {inside} more inside" if inside else str(self.number)


def _new_gaps(facts: Facts, limits: Limits, doubts: Doubts) -> Condition:
    title = "unreviewed gaps in new code" if facts.totals.new else "unreviewed gaps"
    others = [one for one in limits.paths if one.condition == NEW_GAPS]
    return _gap_row(facts, limits, doubts, _part(facts, NEW_GAPS, title, limits.new_gaps, _elsewhere(others)))


def _path_gaps(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
    for one in limits.paths:
        if one.condition == NEW_GAPS:
            part = _part(facts, _id(one), f"unreviewed gaps in {one.glob}", int(one.value), one.names)
            yield _nothing_named(facts, one, part.title) or _gap_row(facts, limits, doubts, part)


def _part(facts: Facts, name: str, title: str, limit: int, is_meant: Callable[[str], bool]) -> _Part:
    gaps = [gap for gap in unreviewed_gaps(facts.gaps) if is_meant(gap.path)]
    pending = unjudged(_metrics_of(facts, is_meant) or in_scope(facts))
    return _Part(name, title, limit, len(gaps), doubt.weight(gaps), pending)


def _gap_row(facts: Facts, limits: Limits, doubts: Doubts, part: _Part) -> Condition:
    required, number = allowed(part.limit), part.number
    if part.limit == OFF or facts.nothing_to_test is not None:
        return Condition(part.name, part.title, NOT_ASKED, part.actual, required)
    if doubts.suite or doubts.scope:
        return Condition(part.name, part.title, OPEN, f"{part.actual} so far", required)
    if number > part.limit:
        return Condition(part.name, part.title, FAIL, part.actual, required)
    if doubts.code or number + part.pending > part.limit:
        tolerated = not doubts.code and (limits.unjudged == OFF or part.pending <= limits.unjudged)
        return Condition(part.name, part.title, OK if tolerated else OPEN, f"{part.actual} so far", required)
    return Condition(part.name, part.title, OK, part.actual, required)


# --- Decisions ----------------------------------------------------------------------------------


def _review(facts: Facts, limits: Limits) -> Iterator[Condition]:
    """Decisions that can't be read prove nothing; those that nothing needs fail where that was asked for."""
    invalid = [f"{entry.path}:{entry.line}: {entry.problem}" for entry in facts.decisions.invalid]
    state = OPEN if invalid else OK
    yield Condition("review", "invalid decisions", state, str(len(invalid)), allowed(0), "; ".join(invalid))
    unused = [entry.decision.id for entry in facts.decisions.of(DecisionState.UNUSED)]
    limit = 0 if limits.unused else OFF
    row = _maximum("unused", "decisions no longer needed", len(unused), limit)
    yield replace(row, detail=", ".join(unused))


# --- Floors -------------------------------------------------------------------------------------


def _floor(facts: Facts, limits: Limits, doubts: Doubts, name: str) -> Condition:
    scope, _, what = name.partition("-")
    others = [one for one in limits.paths if one.condition == name]
    metrics = _scope_metrics(facts, scope, others)
    title = f"{_TITLES[name]}, the rest" if others else _TITLES[name]
    if limits.of(name) and others and metrics is not None and not metrics.lines[1]:
        return Condition(name, title, NOT_ASKED, "nothing", f"at least {limits.of(name):g}%", "paths have their own")
    return _floor_row(facts, doubts, _Floor(name, title, scope, what, limits.of(name)), metrics)


def _path_floors(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
    for one in limits.paths:
        if one.condition in FLOORS:
            scope, _, what = one.condition.partition("-")
            title = f"{_TITLES[one.condition].partition(' of ')[0]} of {one.glob}"
            row = _Floor(_id(one), title, scope, what, one.value)
            metrics = _metrics_of(facts, one.names) if _is_known(facts, scope) else None
            yield _nothing_named(facts, one, title) or _floor_row(facts, doubts, row, metrics)


@dataclass(frozen=True, slots=True)
class _Floor:
    name: str
    title: str
    scope: str  # new or all
    what: str  # lines, branches or mutants
    limit: float

    @property
    def required(self) -> str:
        return f"at least {self.limit:g}%" if self.limit else "no limit"


def _floor_row(facts: Facts, doubts: Doubts, row: _Floor, metrics: Metrics | None) -> Condition:
    if not row.limit or (facts.nothing_to_test is not None and row.scope == "new"):
        return Condition(row.name, row.title, NOT_ASKED, NOT_COMPUTED, row.required)
    if metrics is None:
        detail = "the run was not over everything" if row.scope == "all" else "nothing was measured"
        return Condition(row.name, row.title, OPEN, NOT_COMPUTED, row.required, detail)
    ratio: Ratio = getattr(metrics, row.what)
    if _has_none_to_judge(facts, row, ratio):
        return Condition(row.name, row.title, NOT_ASKED, "none", row.required, f"no {row.what} in the changed lines")
    known = not (doubts.suite or doubts.code or (doubts.scope and row.scope == "new"))
    state = _compare(ratio, row.limit, unjudged(metrics) if row.what == "mutants" else 0) if known else None
    detail = f"{ratio[0]} of {ratio[1]}"
    if state is None or state is OPEN:
        return Condition(row.name, row.title, OPEN, NOT_COMPUTED, row.required, f"{detail} so far")
    return Condition(row.name, row.title, state, percent(ratio), row.required, detail)


def _has_none_to_judge(facts: Facts, row: _Floor, ratio: Ratio) -> bool:
    """Whether changed lines are known to hold nothing of the kind: few have a branch, some have no mutant."""
    if row.scope != "new" or facts.totals.new is None or ratio[1]:
        return False
    if doubt.is_left_out(facts):
        return True
    measured = facts.totals.new.lines[1] > 0
    return measured and (row.what == "branches" or (row.what == "mutants" and facts.mutants_made == 0))


def _scope_metrics(facts: Facts, scope: str, others: Sequence[PathLimit]) -> Metrics | None:
    if not _is_known(facts, scope):
        return None
    whole = in_scope(facts) if scope == "new" else facts.totals.all
    return _metrics_of(facts, _elsewhere(others)) if others and whole is not None else whole


def _is_known(facts: Facts, scope: str) -> bool:
    return scope == "new" or facts.run.scope == "all"


def _compare(ratio: Ratio, limit: float, missing: int) -> ConditionState:
    """The state that holds whatever the missing verdicts would have been."""
    part, whole = ratio
    if not whole:
        return OPEN
    floor = Fraction(str(min(limit, 1000.0)))  # a floor of "inf" is as far out of reach
    if 100 * (part + missing) < floor * (whole + missing):
        return FAIL
    return OK if 100 * part >= floor * (whole + missing) else OPEN


def _ratchet(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
    """The floors of the review file: what was reached once is kept."""
    if not limits.ratchet:
        yield Condition("ratchet", "ratchet", NOT_ASKED, NOT_COMPUTED, "no floors")
        return
    if not facts.decisions.ratchet:
        detail = "no floors are recorded: pytest --llm-check --llm-all --llm-ratchet"
        yield Condition("ratchet", "ratchet", OPEN, NOT_COMPUTED, "floors", detail)
    metrics = facts.totals.all if facts.run.scope == "all" else None
    for word, floor in facts.decisions.ratchet.items():
        what, title = _RATCHET[word]
        row = _Floor(f"ratchet-{what}", f"ratchet: {title}", "all", what, floor)
        found = _floor_row(facts, doubts, row, metrics)
        yield Condition(found.id, found.title, found.state, found.actual, f"floor {floor:g}%", found.detail)


# --- Paths --------------------------------------------------------------------------------------


def _id(one: PathLimit) -> str:
    return f"{one.condition} {one.glob}"


def _elsewhere(others: Sequence[PathLimit]) -> Callable[[str], bool]:
    return lambda path: not any(one.names(path) for one in others)


def _nothing_named(facts: Facts, one: PathLimit, title: str) -> Condition | None:
    """A row for a glob that names no code in scope: right in a part of the code, a mistake in the whole."""
    if facts.nothing_to_test is None and any(one.names(function.path) for function in facts.functions):
        return None
    required = allowed(int(one.value)) if one.condition == NEW_GAPS else f"at least {one.value:g}%"
    if facts.run.scope == "all" and facts.nothing_to_test is None:
        return Condition(_id(one), title, OPEN, "no such code", required, f"no code in scope is named {one.glob}")
    if one.condition.startswith("all-"):
        return Condition(_id(one), title, OPEN, NOT_COMPUTED, required, "the run was not over everything")
    return Condition(_id(one), title, NOT_ASKED, "not in scope", required)


def _metrics_of(facts: Facts, is_meant: Callable[[str], bool]) -> Metrics | None:
    """The ratios of some files; None where the functions do not add up to the whole."""
    every, whole = total(function.metrics for function in facts.functions), in_scope(facts)
    if whole is None or (every.lines, every.branches, every.mutants) != (whole.lines, whole.branches, whole.mutants):
        return None
    if unjudged(every) != unjudged(whole):
        return None
    return total([function.metrics for function in facts.functions if is_meant(function.path)])


# --- Words --------------------------------------------------------------------------------------


def percent(ratio: Ratio) -> str:
    """A ratio in per cent, cut to one decimal, so that 100.0% means all of them."""
    part, whole = ratio
    if not whole:
        return NOT_COMPUTED
    tenths = 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10}%"


def allowed(limit: int, word: str = "") -> str:
    """A maximum in words."""
    text = "any number" if limit == OFF else f"allowed {limit}"
    return f"{text} {word}".rstrip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
