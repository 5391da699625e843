"""The report: functions, tests, conditions, totals, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.code import Arc
from pytest_llmgen.records.gaps import Decisions, Gap, Ratio, SuspectedBug
from pytest_llmgen.records.generating import Cost, Earned
from pytest_llmgen.records.mutants import Mutant, MutantVerdict
from pytest_llmgen.records.words import Category, ConditionState, Fate, MutantStatus, Oracle, Origin, State


@dataclass(frozen=True, slots=True)
class Metrics:
    """Ratios of one function or of everything."""

    lines: Ratio
    branches: Ratio
    mutants: Ratio  # detected, judged (DESIGN, "Score")
    by_status: Mapping[MutantStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """One target in the report."""

    path: str
    qualname: str
    start_line: int
    end_line: int
    context: str
    state: str  # complete, gaps, not-attempted, error, accepted
    metrics: Metrics
    before: Metrics | None = None
    reason: str | None = None
    new: bool = False  # touched by the change that is being judged
    tests_kept: int = 0
    tests_dropped: int = 0
    gap_ids: tuple[str, ...] = ()
    cost_usd: float | None = None
    category_counts: Mapping[Category, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TestReport:
    """A generated test in the report."""

    __test__ = False

    nodeid: str
    target: str
    category: Category
    origin: Origin
    oracle: Oracle
    state: str  # pending, accepted, rejected, dropped
    fate: Fate
    reviewed: bool = False
    dropped_because: str | None = None
    reason: str = ""
    earned: Earned = field(default_factory=Earned)
    runs: Ratio = (0, 0)
    seconds: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the gate."""

    id: str
    title: str
    state: ConditionState
    actual: str  # in words
    required: str
    detail: str = ""
    number: int | Ratio | None = None  # what is compared, None where it is not known
    limit: float | None = None  # with what, in per cent where the number is a ratio; None: with nothing
    operator: str | None = None  # how: <=, >= or ==


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer."""

    gate: str  # enforce, report, off
    state: State
    reason: str
    conditions: tuple[Condition, ...] = ()
    advice: tuple[str, ...] = ()  # what to do about INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole-run ratios; ``new`` is None where the scope is not new code, ``all`` where it is."""

    new: Metrics | None
    all: Metrics | None
    before: Metrics | None = None  # before the generated tests of this run
    without_unreviewed: Metrics | None = None


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """Versions that a verdict depends on."""

    version: str
    python: str
    pytest: str
    coverage: str
    operators: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The circumstances of a run."""

    command: str  # generate or check
    started: str  # RFC 3339, UTC
    seconds: float
    root: str
    scope: str  # new, all, paths
    generator: str = ""
    sandbox: str = ""
    sandbox_layers: tuple[str, ...] = ()  # what the tier is made of on this machine
    sandbox_why: str = ""  # why it is not a stronger one
    commit: str | None = None
    dirty: bool = False
    base: str | None = None
    base_commit: str | None = None
    shard: str | None = None  # "1/4", where only a part of the mutants was judged
    ci: bool = False
    seed: int = 0
    interrupted: bool = False
    exit_code: int = 0
    rounds: int = 0
    kept_verdicts: int = 0  # of mutants, that earlier runs had found and that still hold
    map_source: str = ""  # "forked" (each test in a fork that no test has changed) or "baseline" (the user's own run)
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    stage_cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory_mb: float = 0.0  # the largest resident memory of one worker, its children left out


@dataclass(frozen=True, slots=True)
class SuiteInfo:
    """What the user's own run came to, as far as the gate needs it."""

    passed: int
    failed: tuple[str, ...]
    collection_errors: tuple[str, ...] = ()
    skipped: int = 0
    ran: int | None = None  # how many tests had a result
    sandbox_differences: tuple[str, ...] = ()  # tests that pass in the user's run, not in a worker, and what they need
    sandbox_fix: str = ""  # the line of configuration that opens what they need
    partial: str | None = None
    problem: str | None = None  # why nothing can be concluded
    seconds: float = 0.0
    again: int = 0  # generated tests of earlier runs that were proved apart from the user's run
    uncollected: tuple[str, ...] = ()  # files with tests that pytest does not collect, looked for where no test ran


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was found out, before any judgement: what ``gate.judge`` reads."""

    tool: ToolInfo
    run: RunInfo
    suite: SuiteInfo
    totals: Totals
    functions: tuple[FunctionReport, ...] = ()
    gaps: tuple[Gap, ...] = ()
    suspected_bugs: tuple[SuspectedBug, ...] = ()
    tests: tuple[TestReport, ...] = ()
    module_errors: tuple[tuple[str, str], ...] = ()  # path, why it could not be judged
    scope_problem: str | None = None  # a base that was asked for and not found, say
    nothing_to_test: str | None = None  # "no Python code changed": a PASS that says so
    decisions: Decisions = field(default_factory=Decisions)
    unreviewed_on_disk: int | None = 0  # generated tests of earlier runs that nobody has accepted; None: not known
    files: Ratio | None = None  # files in scope that were measured, and all of them
    mutants_made: int | None = None  # in scope; None where making them did not come to its end
    cost: Cost = field(default_factory=Cost)
    budget_usd: float | None = None
    model: str | None = None
    written: tuple[str, ...] = ()  # test files written or left for a person, with a word why
    removed: tuple[tuple[str, str], ...] = ()  # node ids of generated tests of earlier runs, and why they went
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MutantReport:
    """A mutant with what became of it, for formats that show every one."""

    mutant: Mutant
    status: MutantStatus  # the one that counts: an unconfirmed timeout is Pending
    verdict: MutantVerdict | None = None
    covering_tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file in scope with what ran in it and what became of its mutants; lines are first lines of statements."""

    path: str
    source: str
    statements: frozenset[int]
    ran: frozenset[int]
    branches: frozenset[Arc]
    taken: frozenset[Arc]
    excluded: frozenset[int] = frozenset()
    first_line: Mapping[int, int] = field(default_factory=dict)  # any line -> its statement's first
    mutants: tuple[MutantReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Facts and the verdict on them: what every format shows.

    ``sources`` may be empty (a report read back from JSON has none): formats then show no source around a gap.
    """

    facts: Facts
    verdict: Verdict
    schema_version: int = 1
    sources: tuple[SourceFile, ...] = ()
