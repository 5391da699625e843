"""The gate: one pure function from facts and limits to a verdict, and the exit status that follows.

Missing data never passes.  A row is proven or it is INCONCLUSIVE; a proven FAIL outweighs what is
not known, because nothing that is still unknown could undo it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from pytest_llmgen.mutate import score
from pytest_llmgen.records import (
    Condition,
    ConditionState,
    Facts,
    Fate,
    Gap,
    GapKind,
    Metrics,
    Ratio,
    State,
    SuiteInfo,
    TestReport,
    Verdict,
)
from pytest_llmgen.settings import OFF, Settings

EXIT_FAIL = 10
EXIT_INCONCLUSIVE = 11
NO_TESTS_COLLECTED = 5
TOO_MANY_WARNINGS = 6
UNREVIEWED_STATES = frozenset({"open", "stale", "expired"})
CAUSES = frozenset({"tests", "measured", "judged"})
"""Conditions that can make the others impossible to decide."""

_FLOORS = (
    ("new-lines", "line coverage of new code"),
    ("new-branches", "branch coverage of new code"),
    ("new-mutants", "mutation score of new code"),
    ("all-lines", "line coverage of everything"),
    ("all-branches", "branch coverage of everything"),
    ("all-mutants", "mutation score of everything"),
)
_MOST_REASONS_NAMED = 3
_PLURAL = re.compile(r"\b(gap|bug|test)s\b")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gate allows: maxima (0 is a limit, -1 is off) and floors in per cent (0 is off)."""

    unjudged: int = 0
    new_gaps: int = 0
    bugs: int = 0
    flaky: int = 0
    unreviewed: int = 0
    new_lines: float = 0.0
    new_branches: float = 0.0
    new_mutants: float = 0.0
    all_lines: float = 0.0
    all_branches: float = 0.0
    all_mutants: float = 0.0


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings name."""
    return Limits(**{name: getattr(settings, f"gate_{name}") for name in Limits.__dataclass_fields__})


def judge(facts: Facts, limits: Limits, mode: str) -> Verdict:
    """The verdict on a run; ``mode`` is ``enforce``, ``report`` or ``off`` and does not change it."""
    doubts = _doubts(facts)
    conditions = (
        _tests(facts),
        _measured(facts),
        _judged(facts, limits),
        _new_gaps(facts, limits, doubts),
        _maximum("bugs", "untriaged suspected bugs", _open_bugs(facts), limits.bugs),
        _maximum("flaky", "flaky tests kept", len(_flaky(facts.tests)), limits.flaky),
        _maximum("unreviewed", "generated tests nobody has reviewed", unreviewed_tests(facts), limits.unreviewed),
        *(_floor(facts, limits, doubts, name, title) for name, title in _FLOORS),
    )
    state = _overall(conditions)
    reason = _reason(facts, conditions, state)
    advice = tuple(_advice(facts, limits)) if state is State.INCONCLUSIVE else ()
    return Verdict(mode, state, reason, conditions, advice)


def exit_status(pytest_status: int, verdict: Verdict | None, *, generated: bool) -> int:
    """The exit status of the whole run.

    ``generated`` says whether tests were written; then "no tests collected" is no longer true.
    Precedence: 3, 4, 2, 1, 10, 11, 6, 5, 0; a status that is not pytest's own stands as well.
    """
    status = int(pytest_status)
    if status not in (0, NO_TESTS_COLLECTED, TOO_MANY_WARNINGS):
        return status
    if verdict is not None and verdict.gate == "enforce" and verdict.state is not State.PASS:
        return EXIT_FAIL if verdict.state is State.FAIL else EXIT_INCONCLUSIVE
    return 0 if status == NO_TESTS_COLLECTED and generated else status


def percent(ratio: Ratio) -> str:
    """A ratio in per cent, cut to one decimal, so that 100.0% means all of them."""
    part, whole = ratio
    if not whole:
        return "not computed"
    tenths = 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10}%"


def in_scope(facts: Facts) -> Metrics | None:
    """The ratios that the run is about: new code where that is the scope, else everything."""
    return facts.totals.new or facts.totals.all


def unjudged(metrics: Metrics | None) -> int:
    """Mutants without a verdict: Pending, which includes crashes and unconfirmed timeouts."""
    return score.unjudged(metrics.by_status) if metrics else 0


def unreviewed_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps in new code that no person has decided; mutants without a verdict are counted elsewhere."""
    return tuple(g for g in gaps if g.new and g.kind is not GapKind.NO_VERDICT and g.state in UNREVIEWED_STATES)


def unreviewed_tests(facts: Facts) -> int:
    """Generated tests that wait for a person, of this run and of earlier ones."""
    return facts.unreviewed_on_disk + sum(_is_kept(test) and not test.reviewed for test in facts.tests)


# --- What is known ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Doubts:
    suite: bool  # tests are missing or red: any gap might be closed by one of them
    scope: bool  # what is new is not known
    code: bool  # a part of the code was not measured


def _doubts(facts: Facts) -> _Doubts:
    return _Doubts(
        suite=bool(_suite_problems(facts) or _run_problems(facts)),
        scope=facts.scope_problem is not None,
        code=bool(_code_problems(facts)),
    )


def _suite_problems(facts: Facts) -> list[str]:
    suite = facts.suite
    problems = [suite.problem] if suite.problem is not None else []
    if suite.collection_errors:
        problems.append(f"{_count(len(suite.collection_errors), 'file')} could not be collected")
    if suite.failed:
        problems.append(f"{_count(len(suite.failed), 'test')} of the suite {_verb(len(suite.failed))} failing")
    if not suite.failed and not suite.passed and not any(map(_is_kept, facts.tests)):
        problems.append("no test ran")
    return problems


def _run_problems(facts: Facts) -> list[str]:
    suite, problems = facts.suite, []
    if facts.run.interrupted:
        problems.append("the run was interrupted")
    if suite.partial is not None:
        problems.append(f"only a part of the suite ran ({suite.partial})")
    if suite.sandbox_differences:
        number = len(suite.sandbox_differences)
        problems.append(f"{_count(number, 'test')} {'passes' if number == 1 else 'pass'} only outside the sandbox")
    return problems


def _code_problems(facts: Facts) -> list[str]:
    problems = [f"{path}: {why}" for path, why in facts.module_errors]
    problems += [f"{f.path}::{f.qualname}: {f.reason or 'not measured'}" for f in facts.functions if f.state == "error"]
    if facts.nothing_to_test is not None:
        return problems
    metrics = in_scope(facts)
    if metrics is None or not metrics.lines[1]:
        problems.append("no coverage data for the code in scope")
    return problems


def _is_kept(test: TestReport) -> bool:
    return test.state in ("pending", "accepted")


def _flaky(tests: Iterable[TestReport]) -> tuple[TestReport, ...]:
    return tuple(t for t in tests if _is_kept(t) and (t.fate is Fate.FLAKY or t.runs[0] < t.runs[1]))


def _open_bugs(facts: Facts) -> int:
    return sum(bug.state in UNREVIEWED_STATES for bug in facts.suspected_bugs)


# --- Conditions ---------------------------------------------------------------------------------


def _tests(facts: Facts) -> Condition:
    suite, problems = facts.suite, _suite_problems(facts)
    state = ConditionState.INCONCLUSIVE if problems else ConditionState.OK
    every = suite.passed + len(suite.failed)
    actual = f"{suite.passed} of {every}" if every or problems else "there were none"
    return Condition("tests", "tests pass", state, actual, "all", "; ".join(problems))


def _measured(facts: Facts) -> Condition:
    problems = [*_run_problems(facts), *_code_problems(facts)]
    if facts.scope_problem is not None:
        problems.insert(0, facts.scope_problem)
    state = ConditionState.INCONCLUSIVE if problems else ConditionState.OK
    actual = "not complete" if problems else facts.nothing_to_test or "complete"
    return Condition("measured", "everything in scope measured", state, actual, "complete", "; ".join(problems))


def _judged(facts: Facts, limits: Limits) -> Condition:
    title, required = "every mutant judged", _allowed(limits.unjudged, "missing")
    if facts.nothing_to_test is not None:
        return Condition("judged", title, ConditionState.OFF, "nothing to judge", required)
    metrics = in_scope(facts)
    every = sum(metrics.by_status.values()) if metrics else 0
    missing = unjudged(metrics)
    actual = f"{every - missing} of {every}"
    if metrics is None or not metrics.mutants[1] or metrics.mutants[1] > every:
        detail = "no mutant was judged" if every else "no mutants to judge by"
        return Condition("judged", title, ConditionState.INCONCLUSIVE, actual, required, detail)
    late = limits.unjudged != OFF and missing > limits.unjudged
    state = ConditionState.INCONCLUSIVE if late else ConditionState.OK
    detail = f"{_count(missing, 'mutant')} without a verdict" if missing else ""
    return Condition("judged", title, state, actual, required, detail)


def _new_gaps(facts: Facts, limits: Limits, doubts: _Doubts) -> Condition:
    title = "unreviewed gaps in new code" if facts.totals.new else "unreviewed gaps"
    number, limit = len(unreviewed_gaps(facts.gaps)), limits.new_gaps
    required = _allowed(limit)
    if limit == OFF or facts.nothing_to_test is not None:
        return Condition("new-gaps", title, ConditionState.OFF, str(number), required)
    if doubts.suite or doubts.scope:
        return Condition("new-gaps", title, ConditionState.INCONCLUSIVE, f"{number} so far", required)
    if number > limit:
        return Condition("new-gaps", title, ConditionState.FAIL, str(number), required)
    pending = unjudged(in_scope(facts))
    if doubts.code or number + pending > limit:
        return _open_ended(title, number, limits, doubts, pending)
    return Condition("new-gaps", title, ConditionState.OK, str(number), required)


def _open_ended(title: str, number: int, limits: Limits, doubts: _Doubts, pending: int) -> Condition:
    tolerated = not doubts.code and (limits.unjudged == OFF or pending <= limits.unjudged)
    state = ConditionState.OK if tolerated else ConditionState.INCONCLUSIVE
    return Condition("new-gaps", title, state, f"{number} so far", _allowed(limits.new_gaps))


def _maximum(name: str, title: str, number: int, limit: int) -> Condition:
    state = ConditionState.OK if number <= limit else ConditionState.FAIL
    return Condition(name, title, ConditionState.OFF if limit == OFF else state, str(number), _allowed(limit))


def _floor(facts: Facts, limits: Limits, doubts: _Doubts, name: str, title: str) -> Condition:
    scope, _, what = name.partition("-")
    limit: float = getattr(limits, f"{scope}_{what}")
    required = f"at least {limit:g}%" if limit else "no limit"
    if not limit or (facts.nothing_to_test is not None and scope == "new"):
        return Condition(name, title, ConditionState.OFF, "not computed", required)
    metrics = in_scope(facts) if scope == "new" else _whole(facts)
    if metrics is None:
        detail = "the run was not over everything" if scope == "all" else "nothing was measured"
        return Condition(name, title, ConditionState.INCONCLUSIVE, "not computed", required, detail)
    ratio: Ratio = getattr(metrics, what)
    known = not (doubts.suite or doubts.code or (doubts.scope and scope == "new"))
    state = _compare(ratio, limit, unjudged(metrics) if what == "mutants" else 0) if known else None
    detail = f"{ratio[0]} of {ratio[1]}"
    if state is None or state is ConditionState.INCONCLUSIVE:
        return Condition(name, title, ConditionState.INCONCLUSIVE, "not computed", required, f"{detail} so far")
    return Condition(name, title, state, percent(ratio), required, detail)


def _whole(facts: Facts) -> Metrics | None:
    return facts.totals.all if facts.run.scope == "all" else None


def _compare(ratio: Ratio, limit: float, missing: int) -> ConditionState:
    """The state that holds whatever the missing verdicts would have been."""
    part, whole = ratio
    if not whole:
        return ConditionState.INCONCLUSIVE
    floor = Fraction(str(min(limit, 1000.0)))  # a floor of "inf" is as far out of reach
    if 100 * (part + missing) < floor * (whole + missing):
        return ConditionState.FAIL
    return ConditionState.OK if 100 * part >= floor * (whole + missing) else ConditionState.INCONCLUSIVE


# --- Words --------------------------------------------------------------------------------------


def _overall(conditions: tuple[Condition, ...]) -> State:
    states = {condition.state for condition in conditions}
    if ConditionState.FAIL in states:
        return State.FAIL
    return State.INCONCLUSIVE if ConditionState.INCONCLUSIVE in states else State.PASS


def _reason(facts: Facts, conditions: tuple[Condition, ...], state: State) -> str:
    if state is State.PASS:
        nothing = facts.nothing_to_test
        return f"nothing to test: {nothing}" if nothing is not None else "every condition is met"
    if state is State.FAIL:
        return "; ".join(_complaint(c) for c in conditions if c.state is ConditionState.FAIL)
    open_ones = [c for c in conditions if c.state is ConditionState.INCONCLUSIVE]
    causes = [c for c in open_ones if c.id in CAUSES]
    if not causes:
        return _some([f"{c.title}: {c.detail or c.actual}" for c in open_ones])
    return _some(dict.fromkeys(detail for c in causes for detail in c.detail.split("; ")))


def _complaint(condition: Condition) -> str:
    if condition.actual.isdecimal():
        title = _PLURAL.sub(r"\1", condition.title, count=1) if condition.actual == "1" else condition.title
        return f"{condition.actual} {title}"
    return f"{condition.title} {condition.actual}, {condition.required}"


def _advice(facts: Facts, limits: Limits) -> Iterable[str]:
    suite = facts.suite
    rules: tuple[tuple[object, Callable[[], str]], ...] = (
        (suite.failed, lambda: f"make the suite pass first: {_some(suite.failed)}"),
        (suite.collection_errors, lambda: f"repair what cannot be collected: {_some(suite.collection_errors)}"),
        (_has_no_tests(facts), lambda: "pytest --llm-generate writes tests where there are none"),
        (suite.partial is not None, lambda: "run the whole suite: without -k, -m, -x, --lf or paths"),
        (suite.sandbox_differences, lambda: _opening(suite)),
        (facts.run.interrupted, lambda: "run it again, to the end"),
        (facts.scope_problem is not None, lambda: "--llm-all judges everything, --llm-diff=BASE names another base"),
        (facts.module_errors, lambda: f"repair or exclude (llm_exclude): {_some([p for p, _ in facts.module_errors])}"),
        (_is_late(facts, limits), lambda: "--llm-mutant-timeout=SECONDS gives each more time; --llm-diff=BASE narrows"),
        (_is_empty(facts), lambda: "--llm-target=PATH names the code; its tests must import it"),
    )
    return [advice() for applies, advice in rules if applies]


def _opening(suite: SuiteInfo) -> str:
    """What to configure, and for which tests; the whole of it is in the report."""
    names = _some([text.partition(": ")[0] for text in suite.sandbox_differences])
    return f"{suite.sandbox_fix}, which these need: {names}" if suite.sandbox_fix else f"see what these need: {names}"


def _has_no_tests(facts: Facts) -> bool:
    suite = facts.suite
    blocked = suite.failed or suite.collection_errors or suite.partial is not None or suite.problem is not None
    return facts.run.command == "check" and not suite.passed and not blocked


def _is_late(facts: Facts, limits: Limits) -> bool:
    return limits.unjudged != OFF and unjudged(in_scope(facts)) > limits.unjudged


def _is_empty(facts: Facts) -> bool:
    metrics = in_scope(facts)
    return facts.nothing_to_test is None and (metrics is None or not metrics.lines[1] or not metrics.mutants[1])


def _allowed(limit: int, word: str = "") -> str:
    text = "any number" if limit == OFF else f"allowed {limit}"
    return f"{text} {word}".rstrip()


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_REASONS_NAMED
    return "; ".join(listed[:_MOST_REASONS_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verb(number: int) -> str:
    return "is" if number == 1 else "are"
