"""What a run does not know: every reason for which a condition can't be decided.  Pure.

Statements of problems come first; then the facts are held against each other, because a datum that was
lost on the way must not make a verdict better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pytest_llmgen.mutate import score
from pytest_llmgen.records import Facts, Fate, Gap, GapKind, Metrics, MutantStatus, TestReport

DECIDED = frozenset({"accepted", "baseline"})
"""States of a gap that need nobody; every other state counts as unreviewed."""
TRIAGED = frozenset({"known-bug", "false-alarm", *DECIDED})
"""The same of a suspected bug."""
LEFT_OUT = "changed, and left out by"
"""How the reason begins for which a changed file is not judged although it would have been at the base."""
_NOT_KEPT = frozenset({"dropped", "rejected"})


@dataclass(frozen=True, slots=True)
class Doubts:
    """Which parts of the facts can't be relied on."""

    suite: bool  # tests are missing or red: any gap might be closed by one of them
    scope: bool  # what is new is not known
    code: bool  # a part of the code was not measured


def doubts_of(facts: Facts) -> Doubts:
    """The doubts about a run."""
    return Doubts(
        suite=bool(suite_problems(facts) or run_problems(facts)),
        scope=bool(scope_problems(facts)),
        code=bool(code_problems(facts)),
    )


def in_scope(facts: Facts) -> Metrics | None:
    """The ratios that the run is about: new code where that is the scope, else everything."""
    return facts.totals.new or facts.totals.all


def unjudged(metrics: Metrics | None) -> int:
    """Mutants without a verdict: Pending, which includes crashes and unconfirmed timeouts."""
    return score.unjudged(metrics.by_status) if metrics else 0


def unreviewed_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps in new code that no person has decided; mutants without a verdict are counted elsewhere."""
    return tuple(g for g in gaps if g.new and g.kind is not GapKind.NO_VERDICT and g.state not in DECIDED)


def weight(gaps: Iterable[Gap]) -> int:
    """How many open points gaps stand for: a block of lines counts with what is in it.

    So a test that is taken away never makes fewer of them.
    """
    return sum(gap.weight for gap in gaps)


def is_left_out(facts: Facts) -> bool:
    """Whether the change takes code of its own out of what is judged: then there may be nothing to measure in it."""
    return facts.totals.new is not None and any(g.new and g.kind is GapKind.SUPPRESSED_CODE for g in facts.gaps)


def unreviewed_tests(facts: Facts) -> int:
    """Generated tests that wait for a person, of this run and of earlier ones."""
    return (facts.unreviewed_on_disk or 0) + sum(is_kept(test) and not test.reviewed for test in facts.tests)


def open_bugs(facts: Facts) -> int:
    """Suspected bugs that nobody has decided."""
    return sum(bug.state not in TRIAGED for bug in facts.suspected_bugs)


def is_kept(test: TestReport) -> bool:
    """Whether a generated test is part of the suite, or is to be."""
    return test.state not in _NOT_KEPT


def suite_problems(facts: Facts) -> list[str]:
    """What is wrong with the suite itself."""
    suite = facts.suite
    problems = [suite.problem] if suite.problem is not None else []
    if suite.collection_errors:
        problems.append(f"{_count(len(suite.collection_errors), 'file')} could not be collected")
    if suite.failed:
        problems.append(f"{_count(len(suite.failed), 'test')} of the suite {_verb(len(suite.failed))} failing")
    if not problems and not suite.failed and not suite.passed and not any(map(is_kept, facts.tests)):
        problems.append("no test ran")
    told = suite.passed + len(suite.failed) + suite.skipped
    if not problems and suite.ran is not None and suite.ran != told:
        problems.append(f"the results of {suite.ran - told} of {_count(suite.ran, 'test')} are not known")
    return problems


def run_problems(facts: Facts) -> list[str]:
    """Why tests may be missing from the run."""
    suite, problems = facts.suite, []
    if facts.run.interrupted is not False:
        problems.append("the run was interrupted")
    if facts.run.shard is not None:
        problems.append(f"only a part of the mutants was judged (shard {facts.run.shard})")
    if suite.partial is not None:
        problems.append(f"only a part of the suite ran ({suite.partial})")
    if suite.sandbox_differences:
        number = len(suite.sandbox_differences)
        problems.append(f"{_count(number, 'test')} {'passes' if number == 1 else 'pass'} only outside the sandbox")
    return problems


def scope_problems(facts: Facts) -> list[str]:
    """Why it is not known what is new."""
    if facts.scope_problem is not None:
        return [facts.scope_problem]
    if facts.run.scope == "new" and facts.run.base_commit is None and facts.totals.new is not None:
        return ["the commit to compare with is not known"]
    return []


def code_problems(facts: Facts) -> list[str]:
    """Which code was not measured, or not wholly."""
    problems = [f"{path}: {why}" for path, why in facts.module_errors]
    problems += [f"{f.path}::{f.qualname}: {f.reason or 'not measured'}" for f in facts.functions if f.state == "error"]
    if facts.nothing_to_test is not None or facts.scope_problem is not None:
        return problems  # without a scope nothing was measured: that is said once, by the scope
    metrics = in_scope(facts)
    if metrics is None or not (metrics.lines[1] or is_left_out(facts)):
        problems.append("no coverage data for the code in scope")
    if not problems and facts.files is not None and facts.files[0] != facts.files[1]:
        problems.append(f"{facts.files[0]} of {_count(facts.files[1], 'file')} in scope measured")
    return problems or _contradictions(facts, metrics)


def _contradictions(facts: Facts, metrics: Metrics | None) -> list[str]:
    """Figures that speak of something which is not listed: it was lost on the way."""
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("functions", lambda: not facts.functions),
        ("gaps of functions", lambda: bool(_named_gaps(facts) - {gap.id for gap in facts.gaps})),
        ("uncovered lines", lambda: _is_missing(metrics, "lines") and not _has(facts, GapKind.UNCOVERED_LINE)),
        ("branches", lambda: _is_missing(metrics, "branches") and not _has(facts, *_COVERAGE_KINDS)),
        ("surviving mutants", lambda: _survivors(facts) < _survived(metrics)),
        ("generated tests", lambda: _has_kept(facts) and not any(map(is_kept, facts.tests))),
        ("suspected bugs", lambda: _has_suspects(facts) and not facts.suspected_bugs),
    )
    return [f"the facts contradict each other: {what} are missing" for what, is_so in rules if is_so()]


_COVERAGE_KINDS = (GapKind.UNCOVERED_LINE, GapKind.UNCOVERED_BRANCH)


def _named_gaps(facts: Facts) -> set[str]:
    return {identifier for function in facts.functions for identifier in function.gap_ids}


def _is_missing(metrics: Metrics | None, what: str) -> bool:
    part, whole = getattr(metrics, what) if metrics else (0, 0)
    return bool(part < whole)


def _has(facts: Facts, *kinds: GapKind) -> bool:
    return any(gap.new and gap.kind in kinds for gap in facts.gaps)


def _survived(metrics: Metrics | None) -> int:
    return metrics.by_status.get(MutantStatus.SURVIVED, 0) if metrics else 0


def _survivors(facts: Facts) -> int:
    return sum(gap.new and gap.status is MutantStatus.SURVIVED for gap in facts.gaps)


def _has_kept(facts: Facts) -> bool:
    return any(function.tests_kept for function in facts.functions)


def _has_suspects(facts: Facts) -> bool:
    return any(test.fate is Fate.SUSPECTED_BUG for test in facts.tests)


def flaky(tests: Iterable[TestReport]) -> tuple[TestReport, ...]:
    """Generated tests in the suite that did not pass every time."""
    return tuple(t for t in tests if is_kept(t) and (t.fate is Fate.FLAKY or t.runs[0] < t.runs[1]))


def unproven(tests: Iterable[TestReport]) -> tuple[TestReport, ...]:
    """Generated tests in the suite of which not one run is known."""
    return tuple(t for t in tests if is_kept(t) and not t.runs[1])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _verb(number: int) -> str:
    return "is" if number == 1 else "are"
