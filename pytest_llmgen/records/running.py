"""What tests and probes showed when they ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.code import FileLines, Hits
from pytest_llmgen.records.mutants import Mutant
from pytest_llmgen.records.words import Outcome


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
    alone: bool = False  # in a process that no other has changed; others share one, and see what is left in modules
    mutant: Mutant | None = None  # the code under test is changed like this
    unseen: tuple[str, ...] = ()  # what is not looked at, since it is not the same each time
    afterwards: tuple[
        str, ...
    ] = ()  # expressions that are evaluated last, after an error as well: they may change things
    asserted: tuple[str, ...] | None = None  # of what is looked at only this counts, where it is given
    hour: int | None = None  # of a day to come, which it is while the expression is evaluated; None for now


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
