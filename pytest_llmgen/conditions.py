"""The rows of the gate: each condition from facts, limits and doubts.  Pure.

A row is proven or it is INCONCLUSIVE; a proven FAIL outweighs what is not known only where nothing that is
still unknown could undo it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pytest_llmgen import doubts as doubt
from pytest_llmgen.doubts import Doubts, in_scope, unjudged, unreviewed_gaps, unreviewed_tests
from pytest_llmgen.floors import (
    AT_LEAST,
    AT_MOST,
    EQUAL,
    FAIL,
    NOT_ASKED,
    OK,
    OPEN,
    allowed,
    counted,
    elsewhere,
    floor,
    id_of,
    metrics_of,
    nothing_named,
    path_floors,
    ratchet,
)
from pytest_llmgen.limits import FLOORS, NEW_GAPS, Limits
from pytest_llmgen.records import Condition, DecisionState, Facts, GapKind, Metrics, MutantStatus
from pytest_llmgen.settings import OFF


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
        *(floor(facts, limits, doubts, name) for name in FLOORS),
        *path_floors(facts, limits, doubts),
        *ratchet(facts, limits, doubts),
    )


# --- Rows that cannot be switched off -----------------------------------------------------------


def _tests(facts: Facts) -> Condition:
    suite, problems = facts.suite, doubt.suite_problems(facts)
    every = suite.passed + len(suite.failed)
    actual = f"{suite.passed} of {every}" if every or problems else "there were none"
    state = OPEN if problems else OK
    return Condition("tests", "tests pass", state, actual, "all", "; ".join(problems), suite.passed, every, EQUAL)


def _measured(facts: Facts) -> Condition:
    problems = [*doubt.scope_problems(facts), *doubt.run_problems(facts), *doubt.code_problems(facts)]
    actual = "not complete" if problems else facts.nothing_to_test or "complete"
    state = OPEN if problems else OK
    row = Condition("measured", "everything in scope measured", state, actual, "complete", "; ".join(problems))
    return row if facts.files is None else replace(row, number=facts.files[0], limit=facts.files[1], operator=EQUAL)


def _judged(facts: Facts, limits: Limits) -> Condition:
    row, metrics = _judged_in_words(facts, limits), in_scope(facts)
    every = sum(metrics.by_status.values()) if metrics else 0
    if not every or limits.unjudged == OFF:
        return row
    needed = max(0, every - limits.unjudged)
    return replace(row, number=every - unjudged(metrics), limit=needed, operator=AT_LEAST)


def _judged_in_words(facts: Facts, limits: Limits) -> Condition:
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
    detail = f"{counted(missing, 'mutant')} without a verdict{_why_unjudged(facts)}" if missing else ""
    return Condition("judged", title, OPEN if late else OK, actual, required, detail)


_MOST_CAUSES = 2


def _why_unjudged(facts: Facts) -> str:
    """The commonest causes, limits of time included: what to change so that there is a verdict."""
    causes = Counter(gap.reason for gap in facts.gaps if gap.new and gap.kind is GapKind.NO_VERDICT and gap.reason)
    named = [f"{number} time{'s' * (number > 1)}: {why}" for why, number in causes.most_common(_MOST_CAUSES)]
    return f" ({', '.join(named)})" if named else ""


def _no_mutants(facts: Facts, metrics: Metrics | None, every: int) -> str:
    """Why the mutants can't be relied on; changed lines may be known to have none, a project may not."""
    if metrics is None:
        return "no mutants to judge by"
    if facts.mutants_made is not None and facts.mutants_made != every:
        return f"{every} of {counted(facts.mutants_made, 'mutant')} are accounted for"
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
    if limit == OFF:
        return Condition(name, title, NOT_ASKED, str(number), allowed(limit), number=number)
    return Condition(name, title, state, str(number), allowed(limit), "", number, limit, AT_MOST)


def _flaky(facts: Facts, limits: Limits) -> Condition:
    row = _maximum("flaky", "flaky tests kept", len(doubt.flaky(facts.tests)), limits.flaky)
    unproven = len(doubt.unproven(facts.tests))
    if row.state is not OK or not unproven:
        return row
    return replace(row, state=OPEN, detail=f"{counted(unproven, 'test')} without a run")


def _unreviewed(facts: Facts, limits: Limits) -> Condition:
    title = "generated tests nobody has reviewed"
    row = _maximum("unreviewed", title, unreviewed_tests(facts), limits.unreviewed)
    if row.state is OK and facts.unreviewed_on_disk is None:
        detail = "tests of earlier runs were not looked at"
        return replace(row, state=OPEN, actual="not known", detail=detail, number=None)
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
    return _gap_row(facts, limits, doubts, _part(facts, NEW_GAPS, title, limits.new_gaps, elsewhere(others)))


def _path_gaps(facts: Facts, limits: Limits, doubts: Doubts) -> Iterator[Condition]:
    for one in limits.paths:
        if one.condition == NEW_GAPS:
            part = _part(facts, id_of(one), f"unreviewed gaps in {one.glob}", int(one.value), one.names)
            yield nothing_named(facts, one, part.title) or _gap_row(facts, limits, doubts, part)


def _part(facts: Facts, name: str, title: str, limit: int, is_meant: Callable[[str], bool]) -> _Part:
    gaps = [gap for gap in unreviewed_gaps(facts.gaps) if is_meant(gap.path)]
    pending = unjudged(metrics_of(facts, is_meant) or in_scope(facts))
    return _Part(name, title, limit, len(gaps), doubt.weight(gaps), pending)


def _gap_row(facts: Facts, limits: Limits, doubts: Doubts, part: _Part) -> Condition:
    row = replace(_gap_row_in_words(facts, limits, doubts, part), number=part.number)
    return row if part.limit == OFF else replace(row, limit=part.limit, operator=AT_MOST)


def _gap_row_in_words(facts: Facts, limits: Limits, doubts: Doubts, part: _Part) -> Condition:
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
    row = _maximum("review", "invalid decisions", len(invalid), 0)
    yield replace(row, state=state, detail="; ".join(invalid))
    unused = [entry.decision.id for entry in facts.decisions.of(DecisionState.UNUSED)]
    limit = 0 if limits.unused else OFF
    row = _maximum("unused", "decisions no longer needed", len(unused), limit)
    yield replace(row, detail=", ".join(unused))
