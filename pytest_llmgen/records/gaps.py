"""Gaps and suspected bugs, and the decisions of people about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.code import Region
from pytest_llmgen.records.words import DecisionClass, DecisionState, GapKind, GapState, MutantStatus, Opinion

Ratio = tuple[int, int]
"""Numerator and denominator, never a float."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try at closing a gap that did not close it."""

    outcome: str
    why: str
    ran: bool = False  # whether it came to the line of the gap


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a decision was made on; ``review.matching`` finds it again by this and never by a line number."""

    kind: str  # of GapKind, or "suspected-bug"
    path: str
    qualname: str
    before: str
    after: str | None = None
    operator: str | None = None
    nth: int = 1
    context: str = ""
    statement: str = ""  # see Gap.statement

    @property
    def where(self) -> str:
        """``path::qualname``."""
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision on a gap or on a suspected bug: one entry of the review file."""

    id: str
    class_: DecisionClass
    reason: str
    author: str
    date: dt.date
    gap: Anchor
    expires: dt.date | None = None
    ref: str = ""
    line: int = 0  # of the review file
    operators: str = ""  # version of the operator set that made the mutant


@dataclass(frozen=True, slots=True)
class MatchedDecision:
    """A decision and what became of it in this run."""

    decision: Decision
    state: DecisionState
    gap_id: str | None = None  # the gap that it covers, or covered
    where: str | None = None  # the place of that gap, or, of an unused one, where the same is now
    note: str = ""  # for a person: why it is unused, ambiguous, kept...
    days_left: int | None = None  # until it expires, where that is soon


@dataclass(frozen=True, slots=True)
class InvalidEntry:
    """What is wrong in the review file or in the baseline file, and where."""

    path: str
    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """A pragma or a setting that this change adds: the quiet way round the gate."""

    path: str
    line: int
    text: str
    end_line: int = 0  # of the code that it takes out, 0 where it stands for its line
    by: str = ""  # what takes it out: "pragma: no cover", or a file of settings


@dataclass(frozen=True, slots=True)
class Decisions:
    """The review file and the baseline file, as they met this run."""

    path: str = ""  # of the review file, relative to the root
    entries: tuple[MatchedDecision, ...] = ()
    invalid: tuple[InvalidEntry, ...] = ()
    baseline_path: str = ""
    baseline_used: int = 0
    baseline_unused: tuple[str, ...] = ()  # ids of old debt that is paid
    ratchet: Mapping[str, float] = field(default_factory=dict)  # floors: line, branch, mutation
    pragmas_added: tuple[Suppression, ...] = ()

    def of(self, *states: DecisionState) -> tuple[MatchedDecision, ...]:
        """The entries in one of these states."""
        return tuple(entry for entry in self.entries if entry.state in states)


@dataclass(frozen=True, slots=True)
class Under:
    """What lines that never ran hold beside their first statement: nothing of it is tested either."""

    statements: int = 0
    branches: int = 0
    mutants: int = 0

    @property
    def number(self) -> int:
        """How many open points these are."""
        return self.statements + self.branches + self.mutants


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a person may have to decide."""

    id: str
    kind: GapKind
    path: str
    region: Region
    qualname: str
    context: str
    before: str
    nth: int = 1
    state: GapState = GapState.OPEN
    new: bool = False
    rank: int = 0
    operator: str | None = None
    after: str | None = None
    diff: str | None = None
    to_line: int | None = None  # target of a branch, negative for an exit
    status: MutantStatus | None = None  # of the mutant, for survivors and no-verdict
    covering_tests: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""  # why the line was not reached, why the mutant was not noticed
    same_results: int = 0  # inputs of a search with which a survivor did what the code does; 0 where none was tried
    hint: str | None = None
    statement: str = ""  # the gap with the statement that holds it; empty where the function has several like it
    under: Under = field(default_factory=Under)  # of lines that never ran
    suggested_class: DecisionClass | None = None  # by a rule; a person decides
    decision: Decision | None = None  # the one that covers it, or covered it once (stale, expired)

    @property
    def where(self) -> str:
        """``path::qualname``."""
        return f"{self.path}::{self.qualname}"

    @property
    def weight(self) -> int:
        """How many open points it stands for: with fewer tests there are never fewer of them."""
        return 1 + self.under.number


@dataclass(frozen=True, slots=True)
class SuspectedBug:
    """A valid test that fails because the code disagrees with its own documentation."""

    id: str
    path: str
    line: int
    qualname: str
    summary: str
    expected: str
    observed: str
    source: str  # docstring, type-hint, name, comment, other
    quote: str  # the sentence of the documentation
    reproduced: Ratio
    test: str  # where the evidence is kept
    test_source: str = ""
    second_look: Opinion | None = None  # None: nobody has looked
    case_against: str = ""  # the strongest one that the second look found
    state: str = "open"  # open, known-bug, false-alarm, stale, expired
    context: str = ""
    decision: Decision | None = None
