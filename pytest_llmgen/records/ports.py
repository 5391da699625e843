"""The protocols by which the core asks the outside: generators, probers, runners and their like."""

from __future__ import annotations

from collections.abc import Generator as Yields
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from pytest_llmgen.records.code import Hits
from pytest_llmgen.records.generating import Assignment, Challenge, Meeting, Reply
from pytest_llmgen.records.mutants import MutantJob, MutantVerdict
from pytest_llmgen.records.running import Observation, Probe, TestRun
from pytest_llmgen.records.words import Origin


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

    def retry_candidates(self, files: Mapping[str, str], timeout: float, times: int = 1) -> list[list[TestRun]]:
        """Run files that passed under other circumstances: hash seed, time zone, folder, home, order reversed.

        All are collected once; each time they share a fork. Returns the runs of each time.
        """

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
