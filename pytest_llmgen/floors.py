"""Floors of the gate: ratios of new code, of everything and of single paths, and the ratchet's.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pytest_llmgen import doubts as doubt
from pytest_llmgen.doubts import Doubts, in_scope, unjudged
from pytest_llmgen.limits import FLOORS, NEW_GAPS, Limits, PathLimit
from pytest_llmgen.mutate.score import total
from pytest_llmgen.records import Condition, ConditionState, Facts, Metrics, Ratio
from pytest_llmgen.settings import OFF

OK, FAIL, OPEN = ConditionState.OK, ConditionState.FAIL, ConditionState.INCONCLUSIVE
NOT_ASKED = ConditionState.OFF
NOT_COMPUTED = "not computed"
AT_LEAST, AT_MOST, EQUAL = ">=", "<=", "=="
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


def floor(facts: Facts, limits: Limits, doubts: Doubts, name: str) -> Condition:
    """The row of a general floor; where paths have their own, it is about the rest."""
    scope, _, what = name.partition("-")
    others = [one for one in limits.paths if one.condition == name]
    metrics = _scope_metrics(facts, scope, others)
    title = f"{_TITLES[name]}, the rest" if others else _TITLES[name]
    if limits.of(name) and others and metrics is not None and not metrics.lines[1]:
        return Condition(name, title, NOT_ASKED, "nothing", f"at least {limits.of(name):g}%", "paths have their own")
    return _floor_row(facts, doubts, _Floor(name, title, scope, what, limits.of(name)), metrics)


def path_floors(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
    """A row for each floor of a path."""
    for one in limits.paths:
        if one.condition in FLOORS:
            scope, _, what = one.condition.partition("-")
            title = f"{_TITLES[one.condition].partition(' of ')[0]} of {one.glob}"
            row = _Floor(id_of(one), title, scope, what, one.value)
            metrics = metrics_of(facts, one.names) if _is_known(facts, scope) else None
            yield nothing_named(facts, one, title) or _floor_row(facts, doubts, row, metrics)


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
    """With a limit, the ratio that it is held against; the limit is in per cent."""
    found = _floor_row_in_words(facts, doubts, row, metrics)
    ratio: Ratio | None = getattr(metrics, row.what) if metrics else None
    limit = row.limit or None
    return replace(found, number=ratio, limit=limit, operator=AT_LEAST if limit else None)


def _floor_row_in_words(facts: Facts, doubts: Doubts, row: _Floor, metrics: Metrics | None) -> Condition:
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
    return metrics_of(facts, elsewhere(others)) if others and whole is not None else whole


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


def ratchet(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
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
        yield replace(found, required=f"floor {floor:g}%")


# --- Paths --------------------------------------------------------------------------------------


def id_of(one: PathLimit) -> str:
    """The id of its row."""
    return f"{one.condition} {one.glob}"


def elsewhere(others: Sequence[PathLimit]) -> Callable[[str], bool]:
    """Whether a path is named by none of them."""
    return lambda path: not any(one.names(path) for one in others)


def nothing_named(facts: Facts, one: PathLimit, title: str) -> Condition | None:
    """A row for a glob that names no code in scope: right in a part of the code, a mistake in the whole."""
    if facts.nothing_to_test is None and any(one.names(function.path) for function in facts.functions):
        return None
    required = allowed(int(one.value)) if one.condition == NEW_GAPS else f"at least {one.value:g}%"
    if facts.run.scope == "all" and facts.nothing_to_test is None:
        return Condition(id_of(one), title, OPEN, "no such code", required, f"no code in scope is named {one.glob}")
    if one.condition.startswith("all-"):
        return Condition(id_of(one), title, OPEN, NOT_COMPUTED, required, "the run was not over everything")
    return Condition(id_of(one), title, NOT_ASKED, "not in scope", required)


def metrics_of(facts: Facts, is_meant: Callable[[str], bool]) -> Metrics | None:
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


def counted(number: int, noun: str) -> str:
    """``1 test``, ``2 tests``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
