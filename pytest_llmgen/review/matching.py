"""Decisions met with what a run has found: which gaps they cover, and what became of each.  Pure.

A decision is found again by its anchor.  It never covers two places, and never another change than the
one that a person has seen: where that is not sure, the gap stays open.
"""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pytest_llmgen.records import (
    Anchor,
    Decision,
    Decisions,
    DecisionState,
    Gap,
    GapKind,
    GapState,
    MatchedDecision,
    Suppression,
    SuspectedBug,
)
from pytest_llmgen.review.anchors import (
    FOLLOWS_THE_EXPRESSION,
    MODULE_LEVEL,
    MUTANTS,
    SUSPECTED_BUG,
    Change,
    anchor_of_bug,
    anchor_of_gap,
    change_of,
)
from pytest_llmgen.review.book import Book
from pytest_llmgen.review.measured import Measured
from pytest_llmgen.review.old_debt import OldDebt

WARN_DAYS = 14
"""Days before a decision expires in which the reports say so."""
_COVERS = (DecisionState.USED, DecisionState.MOVED)
_ONCE = (SUSPECTED_BUG, GapKind.SUPPRESSED_CODE.value)
"""What a later run may not meet although its code is as it was."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Gaps and suspected bugs with their states, and what became of the decisions."""

    gaps: tuple[Gap, ...]
    bugs: tuple[SuspectedBug, ...]
    decisions: Decisions


def match(
    gaps: Sequence[Gap],
    bugs: Sequence[SuspectedBug],
    book: Book,
    measured: Measured,
    today: date,
    pragmas_added: tuple[Suppression, ...] = (),
) -> Matching:
    """Give every gap and suspected bug its state, and every decision its own."""
    found = _Found([(gap.id, anchor_of_gap(gap)) for gap in gaps] + [(b.id, anchor_of_bug(b)) for b in bugs], measured)
    entries = tuple(_expiry(entry, today) for entry in _outcomes(book.decisions, found))
    covering = _covering(entries)
    old = OldDebt(book.baseline, measured)
    stated = tuple(_gap(gap, covering.get(gap.id), old) for gap in gaps)
    decisions = Decisions(
        path=book.path,
        entries=entries,
        invalid=book.invalid,
        baseline_path=book.baseline_path,
        baseline_used=sum(gap.state is GapState.BASELINE for gap in stated),
        baseline_unused=old.paid(gaps),
        ratchet=book.ratchet,
        pragmas_added=pragmas_added,
    )
    return Matching(stated, tuple(_bug(bug, covering.get(bug.id)) for bug in bugs), decisions)


_NOTED = (DecisionState.MOVED, DecisionState.AMBIGUOUS, DecisionState.KEPT, DecisionState.UNUSED)


def notes_on(decisions: Decisions) -> tuple[str, ...]:
    """What a person should know of decisions that are not simply used, a line each."""
    notes = []
    for entry in decisions.entries:
        place = f"{decisions.path}:{entry.decision.line}: {entry.decision.id}"
        if entry.state in _NOTED:
            notes.append(f"{place} {entry.note}{_again(entry)}")
        if entry.days_left is not None:
            notes.append(f"{place} expires in {entry.days_left} days, on {entry.decision.expires}")
    return tuple(notes)


def _again(entry: MatchedDecision) -> str:
    """The same decision for the same change elsewhere in the file, ready to paste: a person has to want it."""
    if entry.state is not DecisionState.UNUSED or entry.gap_id is None:
        return ""
    decision = entry.decision
    words = [f"--llm-accept={entry.gap_id}", f"--llm-class={decision.class_.value}", f"--llm-reason={decision.reason}"]
    words += [f"--llm-ref={decision.ref}"] if decision.ref else []
    return f"; the same is in {entry.where}, if it holds there too: pytest {shlex.join(words)}"


# --- One decision -------------------------------------------------------------------------------


class _Found:
    """The anchors of a run, by what decisions ask for."""

    def __init__(self, anchors: Iterable[tuple[str, Anchor]], measured: Measured) -> None:
        self.measured = measured
        self.anchors = dict(anchors)
        self._by_change: dict[tuple[str, Change], list[str]] = {}
        self._by_statement: dict[tuple[str, str, str], list[str]] = {}
        self._by_context: dict[tuple[str, Change], list[str]] = {}
        for identity, anchor in self.anchors.items():
            change = change_of(anchor)
            self._by_change.setdefault((anchor.where, change), []).append(identity)
            if anchor.statement:
                self._by_statement.setdefault((anchor.where, anchor.kind, anchor.statement), []).append(identity)
            if anchor.context:
                self._by_context.setdefault((anchor.context, change), []).append(identity)

    def here(self, anchor: Anchor) -> list[str]:
        """The same change at the same place, whatever else the function does."""
        return self._by_change.get((anchor.where, change_of(anchor)), [])

    def in_statement(self, anchor: Anchor) -> list[str]:
        """The same change in the same statement of the same function."""
        return self._by_statement.get((anchor.where, anchor.kind, anchor.statement), []) if anchor.statement else []

    def elsewhere(self, anchor: Anchor) -> list[str]:
        """The same change in an equal function at another place."""
        found = self._by_context.get((anchor.context, change_of(anchor)), []) if anchor.context else []
        return [identity for identity in found if self.anchors[identity].where != anchor.where]


def _outcomes(decisions: Sequence[Decision], found: _Found) -> list[MatchedDecision]:
    """Those that are where they were come first: a copy of the function that has a decision of its own is no move."""
    entries = [_outcome(decision, found) for decision in decisions]
    taken = {entry.gap_id for entry in entries if entry}
    return [entry or _not_here(decision, found, taken) for decision, entry in zip(decisions, entries, strict=True)]


def _outcome(decision: Decision, found: _Found) -> MatchedDecision | None:
    anchor = decision.gap
    here = found.here(anchor)
    same = [identity for identity in here if found.anchors[identity].context == anchor.context]
    if same and anchor.context:
        return _covers(decision, same, found)
    in_statement = found.in_statement(anchor)
    if in_statement and decision.class_ in FOLLOWS_THE_EXPRESSION:
        return _covers(decision, in_statement, found)
    if in_statement or here:
        what = "the statement" if decision.class_ in FOLLOWS_THE_EXPRESSION else "the function"
        return MatchedDecision(decision, DecisionState.STALE, (in_statement or here)[0], note=f"{what} has changed")
    return None


def _covers(decision: Decision, identities: Sequence[str], found: _Found) -> MatchedDecision:
    if len(identities) > 1:
        return MatchedDecision(decision, DecisionState.AMBIGUOUS, note=f"may mean {' or '.join(identities)}")
    where = found.anchors[identities[0]].where
    if where == decision.gap.where:
        return MatchedDecision(decision, DecisionState.USED, identities[0])
    return MatchedDecision(decision, DecisionState.MOVED, identities[0], where, f"moved to {where}, run --llm-prune")


def _not_here(decision: Decision, found: _Found, taken: Container[str | None]) -> MatchedDecision:
    anchor, measured = decision.gap, found.measured
    is_same = bool(anchor.context) and measured.context(anchor) == anchor.context
    if not is_same and (measured.knows(anchor) or not measured.has(anchor)):
        elsewhere = [identity for identity in found.elsewhere(anchor) if identity not in taken]
        if elsewhere:
            return _covers(decision, elsewhere, found)
    if anchor.kind in _ONCE and measured.has(anchor):
        return _unknown(decision)  # that it was not met again proves nothing
    if not measured.knows(anchor) and (measured.has(anchor) or not measured.is_whole):
        return _unknown(decision)
    if anchor.kind in MUTANTS:
        return _mutant_not_here(decision, found, is_same=is_same)
    if is_same:
        return MatchedDecision(decision, DecisionState.UNUSED, note="no longer needed: tests run it now")
    return _gone(decision, found)


def _mutant_not_here(decision: Decision, found: _Found, *, is_same: bool) -> MatchedDecision:
    anchor = decision.gap
    _, *change = change_of(anchor)
    settled = {(where, tuple(rest)) for where, (_, *rest) in found.measured.settled}
    if (anchor.where, tuple(change)) in settled:
        return MatchedDecision(decision, DecisionState.UNUSED, note="no longer needed: a test kills it now")
    if decision.operators and decision.operators != found.measured.operators and (is_same or not anchor.context):
        note = f"{found.measured.operators} does not make this mutant; {decision.operators} did"
        return MatchedDecision(decision, DecisionState.KEPT, note=note)
    other = [i for i, a in found.anchors.items() if a.kind in MUTANTS and a.where == anchor.where]
    if any(change_of(found.anchors[i])[1:] == tuple(change) for i in other):
        return _unknown(decision)  # it has no verdict in this run, or had none when it was accepted
    return _gone(decision, found)


def _unknown(decision: Decision) -> MatchedDecision:
    return MatchedDecision(decision, DecisionState.UNKNOWN, note="its code was not judged in this run")


def _gone(decision: Decision, found: _Found) -> MatchedDecision:
    """Nothing to suppress; where the same change is in the file, a person may want to decide on that."""
    anchor, change = decision.gap, change_of(decision.gap)[:4]
    again = (i for i, a in found.anchors.items() if a.path == anchor.path and change_of(a)[:4] == change)
    identity = next(again, None)
    where = found.anchors[identity].where if identity else None
    covered = ", or tests run it now" if anchor.qualname == MODULE_LEVEL else ""
    note = f"nothing to suppress: the code is gone{covered}"
    return MatchedDecision(decision, DecisionState.UNUSED, identity, where, note)


def _expiry(entry: MatchedDecision, today: date) -> MatchedDecision:
    expires = entry.decision.expires
    if expires is None or entry.state not in _COVERS:
        return entry
    days = (expires - today).days
    if days < 0:
        return replace(entry, state=DecisionState.EXPIRED, note=f"expired on {expires.isoformat()}")
    return replace(entry, days_left=days) if days <= WARN_DAYS else entry


# --- States -------------------------------------------------------------------------------------


def _covering(entries: Iterable[MatchedDecision]) -> dict[str, MatchedDecision]:
    """Gap id -> the entry that says most of it: one that covers it before one that did so once."""
    order = [*_COVERS, DecisionState.EXPIRED, DecisionState.STALE]
    stated = [entry for entry in entries if entry.gap_id and entry.state in order]
    found: dict[str, MatchedDecision] = {}
    for entry in sorted(stated, key=lambda entry: order.index(entry.state)):
        found.setdefault(entry.gap_id or "", entry)
    return found


def _gap(gap: Gap, entry: MatchedDecision | None, old: OldDebt) -> Gap:
    if entry is None:
        return replace(gap, state=GapState.BASELINE) if old.has(gap) else gap
    states = {DecisionState.STALE: GapState.STALE, DecisionState.EXPIRED: GapState.EXPIRED}
    return replace(gap, state=states.get(entry.state, GapState.ACCEPTED), decision=entry.decision)


def _bug(bug: SuspectedBug, entry: MatchedDecision | None) -> SuspectedBug:
    if entry is None:
        return bug
    state = entry.decision.class_ if entry.state in _COVERS else entry.state
    return replace(bug, state=state.value, decision=entry.decision)
