"""What executor and worker say to each other, beside the records that they exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records import Arc, Outcome, Trace
from pytest_llmgen.timeouts import Timeouts

WARM, PERTURBED, COLD, PLAIN = "warm", "perturbed", "cold", "plain"
"""Kinds of workers: collected and never ran a test; the same under other circumstances; nothing imported; pytest not
started either."""

HELLO, FAULT, DEAD, REFUSED, END = "hello", "fault", "dead", "refused", "end"
RUN, VERDICTS, OBSERVATION, DIFFERING, LOADED, SEEN, PROVED = (
    "run",
    "verdicts",
    "observation",
    "differing",
    "loaded",
    "seen",
    "proved",
)
PROBING = ("probe", "challenge")
"""Requests about one module that no test needs to have imported."""
PLUGINS, CONFTESTS, TESTS = "plugins", "conftests", "tests"
"""Who imports a module under test first: pytest comes to them in this order."""
ALIVE = "alive"  # something happened in a long piece of work: the executor's patience starts anew


@dataclass(frozen=True, slots=True)
class Source:
    """A module in scope as workers need it."""

    path: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Start:
    """The first message to a worker."""

    kind: str
    plan: str  # of the sandbox, as JSON
    arguments: tuple[str, ...]
    sys_path: tuple[str, ...]
    folder: str  # the invocation folder, relative to the root
    sources: tuple[Source, ...]
    seed: int = 0
    positional: tuple[str, ...] = ()  # of the arguments, for a cold worker
    path: tuple[str, ...] = ()  # ``sys.path`` as collecting the whole suite leaves it, for a cold worker
    outside: tuple[str, ...] = ()  # modules that a cold worker imports before it forks
    imported_by: str = TESTS  # who imports modules under test first, for a cold worker
    stripped: tuple[str, ...] = ()  # names of variables that were kept from the worker
    reimport_seconds: float = Timeouts().reimport


@dataclass(frozen=True, slots=True)
class RawFile:
    """Lines and arcs of one file as measured."""

    lines: tuple[int, ...]
    arcs: tuple[Arc, ...]


@dataclass(frozen=True, slots=True)
class RawRun:
    """A test run whose hits are not translated yet."""

    nodeid: str
    outcome: Outcome
    seconds: float = 0.0
    hits: Mapping[str, RawFile] = field(default_factory=dict)
    error_type: str | None = None
    message: str = ""
    crash_line: int | None = None
    trace: Trace | None = None
    needs: tuple[str, ...] = ()
    left: tuple[str, ...] = ()  # what a candidate left changed in its process
