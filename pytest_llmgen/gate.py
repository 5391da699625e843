"""The gate: one pure function from facts and limits to a verdict, and the exit status that follows.

Missing data never passes.  The rows are made by ``conditions``, what is not known is found by ``doubts``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pytest_llmgen.conditions import conditions_of
from pytest_llmgen.doubts import LEFT_OUT, in_scope, unjudged, unreviewed_gaps, unreviewed_tests
from pytest_llmgen.floors import percent
from pytest_llmgen.limits import Limits, limits_of
from pytest_llmgen.records import Condition, ConditionState, Facts, State, SuiteInfo, Verdict
from pytest_llmgen.settings import OFF

__all__ = [
    "CAUSES",
    "Limits",
    "exit_status",
    "in_scope",
    "judge",
    "limits_of",
    "percent",
    "unjudged",
    "unreviewed_gaps",
    "unreviewed_tests",
]

EXIT_FAIL = 10
EXIT_INCONCLUSIVE = 11
NO_TESTS_COLLECTED = 5
TOO_MANY_WARNINGS = 6
CAUSES = frozenset({"tests", "measured", "judged", "review"})
"""Conditions that can make the others impossible to decide."""
_MOST_REASONS_NAMED = 3
_PLURAL = re.compile(r"\b(gap|bug|test|decision)s\b")


def judge(facts: Facts, limits: Limits, mode: str) -> Verdict:
    """The verdict on a run; ``mode`` is ``enforce``, ``report`` or ``off`` and does not change it."""
    conditions = conditions_of(facts, limits)
    state = _overall(conditions)
    reason = _reason(facts, conditions, state)
    advice = tuple(_advice(facts, limits)) if state is State.INCONCLUSIVE else ()
    return Verdict(mode, state, reason, conditions, advice)


def exit_status(pytest_status: int, verdict: Verdict | None, *, generated: bool, is_part: bool = False) -> int:
    """The exit status of the whole run.

    ``generated`` says whether tests were written; then "no tests collected" is no longer true.  ``is_part``
    says that a shard was run: its verdict is open by its nature and waits for the merge.
    Precedence: 3, 4, 2, 1, 10, 11, 6, 5, 0; a status that is not pytest's own stands as well.
    """
    status = int(pytest_status)
    if status not in (0, NO_TESTS_COLLECTED, TOO_MANY_WARNINGS):
        return status
    if not is_part and verdict is not None and verdict.gate == "enforce" and verdict.state is not State.PASS:
        return EXIT_FAIL if verdict.state is State.FAIL else EXIT_INCONCLUSIVE
    return 0 if status == NO_TESTS_COLLECTED and generated else status


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
    return _some(dict.fromkeys(detail for c in causes for detail in c.detail.split("; ") if detail))


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
        (suite.uncollected, lambda: f"set python_files: pytest does not collect {_some(suite.uncollected)}"),
        (_has_no_tests(facts), lambda: "pytest --llm-generate writes tests where there are none"),
        (suite.partial is not None, lambda: "run the whole suite: without -k, -m, -x, --lf or paths"),
        (facts.run.shard is not None, lambda: "pytest --llm-merge=PART for each part judges them together"),
        (suite.sandbox_differences, lambda: _opening(suite)),
        (facts.run.interrupted, lambda: "run it again, to the end"),
        (facts.scope_problem is not None, lambda: "--llm-all judges everything, --llm-diff=BASE names another base"),
        (
            _hidden(facts),
            lambda: f"change the settings apart from the code that they leave out: {_some(_hidden(facts))}",
        ),
        (_broken(facts), lambda: f"repair or exclude (llm_exclude): {_some(_broken(facts))}"),
        (_is_late(facts, limits), lambda: "--llm-mutant-timeout=SECONDS gives each more time; --llm-diff=BASE narrows"),
        (_is_empty(facts), lambda: "--llm-target=PATH names the code; its tests must import it"),
        (_asks_for_everything(facts, limits), lambda: "--llm-all runs over everything, as these limits need"),
    )
    return [advice() for applies, advice in rules if applies]


def _hidden(facts: Facts) -> list[str]:
    """Changed files that the same change takes out of what is judged."""
    return [path for path, why in facts.module_errors if why.startswith(LEFT_OUT)]


def _broken(facts: Facts) -> list[str]:
    return [path for path, why in facts.module_errors if not why.startswith(LEFT_OUT)]


def _opening(suite: SuiteInfo) -> str:
    """What to configure, and for which tests; the whole of it is in the report."""
    names = _some([text.partition(": ")[0] for text in suite.sandbox_differences])
    return f"{suite.sandbox_fix}, which these need: {names}" if suite.sandbox_fix else f"see what these need: {names}"


def _has_no_tests(facts: Facts) -> bool:
    suite = facts.suite
    blocked = (
        suite.uncollected
        or suite.failed
        or suite.collection_errors
        or suite.partial is not None
        or suite.problem is not None
    )
    return facts.run.command == "check" and not suite.passed and not blocked


def _is_late(facts: Facts, limits: Limits) -> bool:
    return limits.unjudged != OFF and unjudged(in_scope(facts)) > limits.unjudged


def _is_empty(facts: Facts) -> bool:
    metrics = in_scope(facts)
    if facts.nothing_to_test is not None or facts.scope_problem is not None:
        return False
    may_have_none = facts.totals.new is not None and facts.mutants_made == 0
    return metrics is None or not metrics.lines[1] or (not metrics.mutants[1] and not may_have_none)


def _asks_for_everything(facts: Facts, limits: Limits) -> bool:
    floors = (limits.all_lines, limits.all_branches, limits.all_mutants)
    paths = any(one.condition.startswith("all-") for one in limits.paths)
    return facts.run.scope != "all" and bool(any(floors) or limits.ratchet or paths)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_REASONS_NAMED
    return "; ".join(listed[:_MOST_REASONS_NAMED]) + (f"; and {more} more" if more > 0 else "")
