"""The records that the stages exchange: frozen, without behaviour that needs the outside world.

Paths are relative to the project's root and use ``/``.  Lines and columns count from 1, end columns
are exclusive and count Unicode code points.  Durations are seconds.  Node ids are pytest's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator as Yields
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

Arc = tuple[int, int]
"""A jump from one statement's first line to another's; a negative line is an exit, as in coverage."""


# --- Words --------------------------------------------------------------------------------------


class TargetKind(StrEnum):
    """How a target is reached from its module."""

    FUNCTION = "function"
    METHOD = "method"
    CLASSMETHOD = "classmethod"
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"


class Category(StrEnum):
    """What sort of behaviour a test looks at."""

    TYPICAL = "typical"
    EDGE = "edge"
    FAILURE = "failure"


class Origin(StrEnum):
    """Who wrote a candidate."""

    MODEL = "model"
    OFFLINE = "offline"


class Oracle(StrEnum):
    """Where a test's expectation comes from."""

    DOCUMENTATION = "documentation"
    DOCTEST = "doctest"
    PROPERTY = "property"
    OBSERVED = "observed"


class MutantStatus(StrEnum):
    """The words of the mutation-testing report schema."""

    KILLED = "Killed"
    SURVIVED = "Survived"
    NO_COVERAGE = "NoCoverage"
    TIMEOUT = "Timeout"
    RUNTIME_ERROR = "RuntimeError"
    COMPILE_ERROR = "CompileError"
    IGNORED = "Ignored"
    PENDING = "Pending"


class Outcome(StrEnum):
    """What one run of one test came to."""

    PASSED = "passed"
    FAILED = "failed"  # an assertion or an error in the call phase
    ERROR = "error"  # set-up or tear-down failed
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the child died without a report
    NOT_COLLECTED = "not-collected"  # import or collection of its module failed


class Fate(StrEnum):
    """What became of a candidate."""

    KEPT = "kept"
    REDUNDANT = "redundant"
    INVALID = "invalid"
    UNSAFE = "unsafe"
    FLAKY = "flaky"
    FAILING = "failing"
    SUSPECTED_BUG = "suspected-bug"


class Stage(StrEnum):
    """Which prompt an assignment asks for."""

    FIRST = "first"
    REPAIR = "repair"
    GAPS = "gaps"
    DOCUMENTATION = "documentation"
    SECOND_LOOK = "second-look"


class GapKind(StrEnum):
    """What a person may have to decide about."""

    SURVIVING_MUTANT = "surviving-mutant"
    UNCOVERED_BRANCH = "uncovered-branch"
    UNCOVERED_LINE = "uncovered-line"
    SUPPRESSED_CODE = "suppressed-code"  # new code that the same change takes out of what is judged
    NO_VERDICT = "no-verdict"


class GapState(StrEnum):
    """What became of a gap under the decisions of people; open, stale and expired ones are unreviewed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    STALE = "stale"  # accepted once, the code changed
    EXPIRED = "expired"
    BASELINE = "baseline"  # old debt


class DecisionClass(StrEnum):
    """Why a gap, or a suspected bug, is accepted."""

    EQUIVALENT = "equivalent"
    UNREACHABLE = "unreachable"
    WONT_TEST = "wont-test"
    TESTED_ELSEWHERE = "tested-elsewhere"
    KNOWN_BUG = "known-bug"
    FALSE_ALARM = "false-alarm"


class DecisionState(StrEnum):
    """What became of a decision in this run."""

    USED = "used"
    MOVED = "moved"  # used, at another place than it names
    STALE = "stale"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"  # it could mean several places, so it covers none
    UNUSED = "unused"
    KEPT = "kept"  # the operators are of another version and do not make this mutant now
    UNKNOWN = "unknown"  # its code was not measured in this run


class State(StrEnum):
    """The three verdicts of the gate."""

    PASS = "pass"  # noqa: S105 (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class ConditionState(StrEnum):
    """The state of one condition of the gate."""

    OK = "ok"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    OFF = "off"


# --- Code under test ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of source text; columns in code points from 1, the end exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Target:
    """A function or method under test; functions nested in it belong to it."""

    path: str
    module: str
    qualname: str
    kind: TargetKind
    start_line: int  # of the first decorator, else of ``def``
    end_line: int
    def_line: int
    is_async: bool = False
    is_generator: bool = False
    decorators: tuple[str, ...] = ()
    signature: str = ""  # ``name(a, b=1) -> int``, as written
    docstring: str | None = None
    context: str = ""  # hash of the function without docstring, comments and positions

    @property
    def key(self) -> str:
        """``path::qualname``, unique in a project."""
        return f"{self.path}::{self.qualname}"

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_public(self) -> bool:
        """Whether no part of its name starts with an underscore (dunder methods are public)."""
        return not any(p.startswith("_") and not p.endswith("__") for p in self.qualname.split("."))


@dataclass(frozen=True, slots=True)
class Module:
    """A source file in scope."""

    path: str
    name: str  # dotted, as tests import it
    import_root: str  # the folder that must be on ``sys.path``: ``.`` or ``src``, say
    source: str
    targets: tuple[Target, ...] = ()
    error: str | None = None  # why it could not be read or parsed; then it has no targets


@dataclass(frozen=True, slots=True)
class FileLines:
    """What can be covered in a file: first lines of statements, and branches between them."""

    path: str
    statements: frozenset[int]
    branches: frozenset[Arc]
    excluded: frozenset[int] = frozenset()
    first_line: Mapping[int, int] = field(default_factory=dict)  # any line -> its statement's first
    jumps: Mapping[Arc, Arc | None] = field(default_factory=dict)  # arcs by way of a ``with`` line -> what is meant


@dataclass(frozen=True, slots=True)
class Hits:
    """What ran in a file, in terms of :class:`FileLines`."""

    lines: frozenset[int] = frozenset()
    arcs: frozenset[Arc] = frozenset()

    def __or__(self, other: Hits) -> Hits:
        return Hits(self.lines | other.lines, self.arcs | other.arcs)


def united(parts: Iterable[Mapping[str, Hits]]) -> dict[str, Hits]:
    """What ran in any of several runs, by path."""
    lines: dict[str, set[int]] = {}
    arcs: dict[str, set[Arc]] = {}
    for part in parts:
        for path, hits in part.items():
            lines.setdefault(path, set()).update(hits.lines)
            arcs.setdefault(path, set()).update(hits.arcs)
    return {path: Hits(frozenset(lines[path]), frozenset(arcs[path])) for path in lines}


# --- Running ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run took from the world beside the code of its part of the project.

    Paths below the root are relative to it, others absolute; a folder whose content was listed ends with ``/``, and
    ``*`` among the files are all of the project.
    """

    files: tuple[str, ...] = ()  # read
    modules: tuple[str, ...] = ()  # files of modules that were loaded meanwhile, installed ones left out
    variables: tuple[str, ...] = ()  # of the environment, ``*`` for all
    unseen: tuple[str, ...] = ()  # what can't be checked later: subprocesses, connections
    fixtures: tuple[str, ...] = ()  # that a test was given, by whomever it was asked for


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of one test in a child process (or, for the baseline, in the user's own run)."""

    __test__ = False  # pytest must not collect it

    nodeid: str
    outcome: Outcome
    seconds: float
    hits: Mapping[str, Hits] = field(default_factory=dict)  # by path; empty where not measured
    error_type: str | None = None
    message: str = ""  # the failure in short: exception line first, cut to some kB
    crash_line: int | None = None  # line of the test module where it failed
    trace: Trace | None = None
    needs: tuple[str, ...] = ()  # what the walls refused it, as words of llm_sandbox_allow
    left: tuple[str, ...] = ()  # what a candidate left changed in its process, in words


@dataclass(frozen=True, slots=True)
class Baseline:
    """The user's own run."""

    tests: tuple[TestRun, ...]  # every test that ran, without hits
    files: Mapping[str, FileLines]
    hits: Mapping[str, Hits]  # by path, whole run, imports included
    contexts: Mapping[str, Mapping[str, frozenset[int]]]  # node id -> path -> statement lines
    collection_errors: tuple[str, ...] = ()
    partial: str | None = None  # why tests may be missing (-k, -x, a path argument...), if so
    measured: bool = True
    problem: str | None = None  # why nothing can be concluded from it, if so
    left_out: frozenset[str] = frozenset()  # node ids marked no_llm: they judge no mutant


@dataclass(frozen=True, slots=True)
class Probe:
    """A piece of code whose behaviour the embedded generator wants to see.

    ``setup`` is a list of statements, run in a fresh namespace; ``expression`` is evaluated after it.
    Names in ``watch`` are observed before and after the expression; of objects without source text, and of such a
    result under the name ``result``, the public parts.
    """

    id: str
    setup: str
    expression: str
    watch: tuple[str, ...] = ()
    path: str = ""  # the file whose lines are wanted
    alone: bool = False  # in a child of its own; others may share one, and see what is left in modules
    mutant: Mutant | None = None  # the code under test is changed like this
    unseen: tuple[str, ...] = ()  # what is not looked at, since it is not the same each time
    afterwards: tuple[
        str, ...
    ] = ()  # expressions that are evaluated last, after an error as well: they may change things
    asserted: tuple[str, ...] | None = None  # of what is looked at only this counts, where it is given


@dataclass(frozen=True, slots=True)
class Value:
    """A value seen at run time, as source text where it has an honest one."""

    type_name: str  # ``builtins.int``
    source: str | None  # an expression equal to the value, None where there is none
    imports: tuple[str, ...] = ()  # import statements that ``source`` needs
    is_approximate: bool = False  # holds a float that is better compared with pytest.approx
    text: str = ""  # a short repr for people


@dataclass(frozen=True, slots=True)
class Observation:
    """What a probe did."""

    probe_id: str
    outcome: str  # "returned", "raised", "setup-failed", "timeout" or "crashed"
    value: Value | None = None
    error_type: str | None = None  # ``builtins.ValueError``
    error_message: str = ""
    output: str = ""  # captured stdout
    changed: Mapping[str, Value] = field(default_factory=dict)  # watched names whose value changed
    hits: Hits = field(default_factory=Hits)
    seconds: float = 0.0  # of CPU, for the expression alone; the limit where it ran into that
    heard: tuple[Heard, ...] = ()  # comparisons, where the code had a wiretap


@dataclass(frozen=True, slots=True)
class Heard:
    """A comparison that the code made while a probe ran, the nearest of its kind."""

    site: int  # which one of the function
    word: str  # ``<``, ``in``, ``startswith``, ``[]`` and so on
    way: int  # -1, 0, 1: less, equal, more; of what is not an order 0 (it holds) and 1
    apart: float  # left minus right, or how many letters differ
    left: object  # plain values, a list for what something may be in; None for anything else
    right: object


RESULT = "result"
"""The name under which a test, and a probe, holds what a call has returned."""
LISTENING = "listening"
"""The operator of a mutant that changes nothing but tells its comparisons."""


# --- Mutants ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to the code: ``source[start:end]`` becomes ``replacement`` (offsets in code points)."""

    id: str
    path: str
    unit: str  # qualname of the target (the outermost function) whose code is exchanged; else as ``qualname``
    qualname: str  # the innermost function that holds the change; outside of functions its class, or ``<module>``
    operator: str
    start: int
    end: int
    before: str  # canonical text of the changed expression or statement
    after: str
    replacement: str
    region: Region
    nth: int = 1  # the n-th equal change in the function
    in_signature: bool = False  # a default value: has no line of its own in coverage
    line: int = 0  # first line of the statement that holds it, as coverage counts
    needs_import: bool = False  # runs when the module is imported: no function's code can be exchanged for it
    ignored: str = ""  # why nobody wants it judged (a pragma), if so


@dataclass(frozen=True, slots=True)
class MutantJob:
    """A mutant and the tests that must meet it, in the order to run them."""

    mutant: Mutant
    tests: tuple[str, ...]
    timeout: float  # wall seconds for the whole job
    every_test: bool = False  # run all of them (kill matrix) instead of stopping at the first kill
    cpu: float = 0.0  # CPU seconds for the whole job, 0 for no other limit than the timeout


@dataclass(frozen=True, slots=True)
class MutantVerdict:
    """What became of a mutant."""

    mutant_id: str
    status: MutantStatus
    killed_by: tuple[str, ...] = ()
    tests_run: int = 0
    seconds: float = 0.0
    detail: str = ""
    confirmed: bool = True  # False for a timeout that was not seen a second time


# --- Generating ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """One generated test function with all that it needs."""

    id: str
    target: str  # Target.key
    name: str
    category: Category
    origin: Origin
    oracle: Oracle
    source: str  # decorators and function, no marker of ours
    summary: str = ""  # first line of its docstring
    imports: tuple[str, ...] = ()  # one import statement each
    helpers: tuple[str, ...] = ()  # fixtures, constants, functions, classes it needs, in order
    round: int = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate, or a part of a reply, is not used."""

    code: str  # a reason code of docs/reference/messages.md
    message: str
    line: int | None = None
    fate: Fate = Fate.INVALID


@dataclass(frozen=True, slots=True)
class Earned:
    """What a kept test brings that the rest does not."""

    lines: tuple[int, ...] = ()
    branches: tuple[Arc, ...] = ()
    kills: tuple[str, ...] = ()
    sole_kills: tuple[str, ...] = ()
    category: bool = False  # fills an empty category of its target


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its fate, always with a reason."""

    candidate: Candidate
    fate: Fate
    reason: str
    code: str = ""
    runs: tuple[int, int] = (0, 0)  # passed, all
    seconds: float = 0.0
    hits: Mapping[str, Hits] = field(default_factory=dict)
    kills: frozenset[str] = frozenset()
    earned: Earned = field(default_factory=Earned)
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed, with what a writer of tests must know of it."""

    mutant: Mutant
    diff: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenGaps:
    """What is not yet tested in one target."""

    lines: tuple[int, ...] = ()
    branches: tuple[Arc, ...] = ()
    survivors: tuple[Survivor, ...] = ()
    categories: tuple[Category, ...] = ()  # those without any test
    why_lines: Mapping[int, str] = field(default_factory=dict)  # line -> why nothing got there
    why_branches: Mapping[Arc, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fixture:
    """A fixture of the project's conftest files that a test may ask for."""

    name: str
    scope: str
    doc: str = ""
    returns: str = ""
    path: str = ""
    stand_in: tuple[str, ...] = ()  # statements that bind its name to what it gives, without pytest
    needs: tuple[str, ...] = ()  # fixtures of pytest that these statements name


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What a writer of tests should know of a target; every entry is source text or plain text."""

    import_line: str  # how a test must import it: ``from shop.cart import Cart``
    module_doc: str = ""
    module_imports: tuple[str, ...] = ()
    class_outline: str = ""
    callees: tuple[str, ...] = ()  # signature and first line of documentation
    types: tuple[str, ...] = ()  # of its signature and its class's constructor, and what these are made of
    uses: tuple[str, ...] = ()  # the project's enums, exceptions and constants that its body names
    callers: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()  # tests of the project, for style
    fixtures: tuple[Fixture, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()  # distribution, version
    async_plugin: str | None = None  # "anyio" or "asyncio" where async tests run by themselves
    has_hypothesis: bool = False  # whether the project declares it, or its tests import it
    rejected: tuple[str, ...] = ()  # tests that a person did not want: "name: why"
    recorded: tuple[str, ...] = ()  # calls of it, and objects of its class, as the project's tests made them


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that failed, for the repair prompt."""

    candidate: Candidate
    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a generator is asked for."""

    target: Target
    module: Module
    context: TargetContext
    stage: Stage = Stage.FIRST
    round: int = 1
    gaps: OpenGaps = field(default_factory=OpenGaps)
    failures: tuple[Failure, ...] = ()
    kept: tuple[Candidate, ...] = ()  # already accepted for this target
    seconds: float = 0.0  # the share of the time budget, 0 for no limit


@dataclass(frozen=True, slots=True)
class Cost:
    """What replies cost; ``usd`` is None where no price is known."""

    usd: float | None = 0.0
    calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    estimated: bool = False  # a request got no answer: nobody knows whether it is on the bill

    def __add__(self, other: Cost) -> Cost:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Cost(
            usd,
            self.calls + other.calls,
            self.cached_calls + other.cached_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.estimated or other.estimated,
        )


class Opinion(StrEnum):
    """What an independent second look makes of a suspected bug."""

    BUG = "bug"
    UNCLEAR = "unclear"
    NOT_A_BUG = "not-a-bug"


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The strongest case against calling it a bug, and what the case is worth."""

    opinion: Opinion
    case_against: str = ""
    quote: str = ""  # the promise that the code breaks, in the words of the documentation


@dataclass(frozen=True, slots=True)
class Reply:
    """What a generator answered to one assignment."""

    assignment: Assignment
    candidates: tuple[Candidate, ...] = ()
    refusals: tuple[Refusal, ...] = ()  # of parts that are not even candidates
    cost: Cost = field(default_factory=Cost)
    note: str = ""  # why there is nothing, for the person
    same_results: Mapping[str, int] = field(
        default_factory=dict
    )  # mutant id -> inputs with which it did as the code does
    look: SecondLook | None = None  # the answer to Stage.SECOND_LOOK
    is_failed: bool = False  # the request got no answer at all


class Generator(Protocol):
    """Writes candidates; never runs them."""

    @property
    def origin(self) -> Origin:
        """Who writes."""

    @property
    def label(self) -> str:
        """For the header: ``offline`` or ``model provider/model-name``."""

    def announce(self, assignments: Sequence[Assignment]) -> str:
        """What answering them will cost, for the person who pays; empty where it costs nothing."""

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """Answer each assignment, in any order, as the answers come."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Probes, by their places among others, that a mutant is to meet; None stands for the code as it is."""

    mutant: Mutant | None
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of a challenge."""

    differing: tuple[int, ...] = ()  # places of the probes that showed something else than is expected of them
    all_same: bool = False  # every probe was met and showed what is expected


class Prober(Protocol):
    """Lets the embedded generator see behaviour without knowing how code is run."""

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        """Observe each probe, in the order given; ``timeout`` is for each.

        Probes may share a child unless they are ``alone``.  Probes of one mutant that follow one that
        did not end are not observed any more (``crashed``).
        """

    def challenge(
        self,
        probes: Sequence[Probe],
        expected: Sequence[str],
        challenges: Sequence[Challenge],
        raised: frozenset[str],
        enough: int,
    ) -> list[Meeting]:
        """For each challenge what came of it.

        ``expected`` has a text for each probe, as ``shown_text`` makes it with ``raised``.  A mutant meets its
        probes in the order given, until ``enough`` of them showed something else or one of them did not end.
        """


class Runner(Prober, Protocol):
    """The sandboxed workers, as the pipeline sees them."""

    @property
    def tier(self) -> str:
        """The sandbox in force: ``namespaces``, ``landlock`` or ``portable`` (or ``off``)."""

    def collect(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Node ids that the workers collected, and collection errors."""

    def map_tests(self, nodeids: Sequence[str], timeout: float) -> Iterator[TestRun]:
        """Run each test in a process that no test has changed, with coverage of the files in scope."""

    def try_candidates(self, files: Mapping[str, str], timeout: float) -> list[TestRun]:
        """Collect and run test files (path -> source) that are not on disk.

        Each file runs in a fork of its own with coverage; node ids start with the path given.
        """

    def retry_candidates(self, files: Mapping[str, str], timeout: float) -> list[TestRun]:
        """The same under other circumstances: hash seed, time zone, folder, home, order reversed."""

    def load_candidates(self, files: Mapping[str, str]) -> tuple[str, ...]:
        """Make test files part of what :meth:`judge` can run; returns their node ids."""

    def recall(self, jobs: Sequence[MutantJob]) -> Iterator[MutantVerdict]:
        """Verdicts that are known without running anything."""

    def imported(self) -> Mapping[str, Hits]:
        """What ran while the project's tests, and files loaded since, were collected; by path."""

    def judge(self, jobs: Sequence[MutantJob]) -> Yields[MutantVerdict, None, None]:
        """Run mutants, each in a cold fork, all cores in use, in the order of completion."""

    def close(self) -> None:
        """End every process."""


@runtime_checkable
class Prover(Protocol):
    """A runner that can run test files as plain pytest does, by themselves."""

    def prove_alone(self, files: Mapping[str, str], beside: Mapping[str, str], timeout: float) -> Mapping[str, str]:
        """What fails in a process of their own where only these files (path -> source) are asked for: why, by node id.

        ``beside`` are files that are there too, such as a conftest.  A file that can't be collected stands for itself.
        """


@runtime_checkable
class Watcher(Protocol):
    """A runner that can look at the values in conditions while tests run."""

    def watch(
        self, places: Mapping[str, Mapping[int, Sequence[str]]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[str, Mapping[int, Mapping[str, tuple[str, ...]]]]:
        """Values in short by path, line and name; ``places`` is path -> line -> names, ``timeout`` for all tests.

        What could not be seen is left out.
        """


@runtime_checkable
class Outsider(Protocol):
    """A runner that can run the project's own tests outside the walls."""

    def outside(self, nodeids: Sequence[str], timeout: float) -> list[TestRun]:
        """Run each test in a fork of its own, in the circumstances of the user's run; none where there are no walls."""

    def needs(self, nodeids: Sequence[str], timeout: float) -> Mapping[str, tuple[str, ...]]:
        """What the walls refuse tests that pass behind them, as words of llm_sandbox_allow."""


@runtime_checkable
class Recorder(Protocol):
    """A runner that can note the arguments of functions while tests run."""

    def record(
        self, wanted: Mapping[tuple[str, int], Sequence[str]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[tuple[str, int], Sequence[Mapping[str, str]]]:
        """Sources of arguments by path and first line; ``wanted`` has the parameters' names, ``timeout`` is for all."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the stages found, from which gaps and ratios are worked out.

    ``verdicts_before`` and ``hits_before`` are those of the project's own tests alone; the others
    include the generated tests that were kept.  A mutant without an entry was not judged (Pending).
    """

    modules: tuple[Module, ...]
    files: Mapping[str, FileLines]
    hits: Mapping[str, Hits]
    hits_before: Mapping[str, Hits]
    mutants: tuple[Mutant, ...]
    verdicts: Mapping[str, MutantVerdict]
    verdicts_before: Mapping[str, MutantVerdict]
    covering: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # mutant id -> node ids
    line_tests: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)  # path -> line -> node ids
    judged: tuple[Judged, ...] = ()
    changed: Mapping[str, frozenset[int]] | None = None  # path -> lines of new code; None: all is in scope
    not_attempted: Mapping[str, str] = field(default_factory=dict)  # Target.key -> why
    costs: Mapping[str, Cost] = field(default_factory=dict)  # by Target.key
    same_results: Mapping[str, int] = field(
        default_factory=dict
    )  # mutant id -> inputs of a search that could not tell it
    seen: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # path -> line of a condition -> its values
    suppressions: tuple[Suppression, ...] = ()  # of new code, by the change that is judged


# --- The report ---------------------------------------------------------------------------------

Ratio = tuple[int, int]
"""Numerator and denominator, never a float."""


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
