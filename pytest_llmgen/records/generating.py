"""What is asked of a generator and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.code import Arc, Hits, Module, Target
from pytest_llmgen.records.mutants import Mutant
from pytest_llmgen.records.words import Category, Fate, Opinion, Oracle, Origin, Stage


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
    shows: str = ""  # what it is there for, beside what it reaches and kills: a word, the same for what says the same


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
    shows: str = ""  # what no other test shows: a documented example, an ordinary input


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
    behind: tuple[Survivor, ...] = ()  # mutants of what runs at import and the target leans on by name
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
class Strategy:
    """A Hypothesis strategy of the project's tests."""

    path: str  # the file in whose names the expression stands
    expression: str
    name: str = ""  # of the type whose values it makes, where the text tells
    is_registered: bool = False  # the expression is the type


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
    strategies: tuple[Strategy, ...] = ()  # of the project's tests and conftest files
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
