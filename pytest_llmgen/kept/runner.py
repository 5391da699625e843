"""A Runner that asks its memory first, and the workers only for what is not known any more."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from pytest_llmgen.kept.memory import Memory
from pytest_llmgen.records import (
    Challenge,
    Hits,
    Meeting,
    MutantJob,
    MutantVerdict,
    Observation,
    Outsider,
    Probe,
    Prover,
    Recorder,
    Runner,
    TestRun,
    Trace,
    Watcher,
    united,
)
from pytest_llmgen.run.phases import GREEN


class Workers(Runner, Watcher, Prover, Outsider, Recorder, Protocol):
    """What is needed of an executor beside being a Runner."""

    import_traces: tuple[Trace, ...]

    def know(self, seconds: Mapping[str, float]) -> None:
        """Clean times of tests that were run by an earlier process."""


class KeepingRunner:
    """Runs tests and judges mutants, unless it is known what comes of them.

    Args:
        inner: the workers; they are not started where everything is known.
        memory: of earlier runs.
        suite: the user's own run: no test that did not pass in it is recalled.
    """

    def __init__(self, inner: Workers, memory: Memory, suite: Sequence[TestRun]) -> None:
        self._inner, self._memory, self._suite = inner, memory, suite
        self._known: dict[str, TestRun] = {}
        self._imported: Mapping[str, Hits] | None = None

    @property
    def tier(self) -> str:
        """The sandbox in force."""
        return self._inner.tier

    def collect(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Node ids and collection errors; known without collecting where nothing has changed."""
        self._recall()
        self._imported = self._memory.imported()
        green = [run.nodeid for run in self._suite if run.outcome in GREEN]
        if self._imported is not None and green and all(nodeid in self._known for nodeid in green):
            return tuple(run.nodeid for run in self._suite), ()
        self._imported = None
        collected = self._inner.collect()
        self._memory.learn_importing(self._inner.import_traces, self._inner.imported())
        self._recall()
        return collected

    def _recall(self) -> None:
        recalled = (self._memory.recall_test(run.nodeid) for run in self._suite if run.outcome in GREEN)
        self._known = {run.nodeid: run for run in recalled if run is not None}

    def map_tests(self, nodeids: Sequence[str], timeout: float) -> Iterator[TestRun]:
        """What each test runs: as known, or from a fork of its own."""
        known = [self._known[nodeid] for nodeid in nodeids if nodeid in self._known]
        self._inner.know({run.nodeid: run.seconds for run in known})
        yield from known
        rest = [nodeid for nodeid in nodeids if nodeid not in self._known]
        for run in self._inner.map_tests(rest, timeout) if rest else ():
            self._memory.learn_test(run)
            yield run

    def outside(self, nodeids: Sequence[str], timeout: float) -> list[TestRun]:
        """As the workers; a test that is known was compared when it was learned."""
        return self._inner.outside([nodeid for nodeid in nodeids if nodeid not in self._known], timeout)

    def needs(self, nodeids: Sequence[str], timeout: float) -> Mapping[str, tuple[str, ...]]:
        """As the workers; of tests that are asked about, which take another way behind the walls, nothing is kept."""
        for nodeid in nodeids:
            self._memory.forget_test(nodeid)
        return self._inner.needs(nodeids, timeout)

    def imported(self) -> Mapping[str, Hits]:
        """What importing the project ran."""
        if self._imported is None:
            return self._inner.imported()
        return united([self._imported, self._inner.imported()])

    def recall(self, jobs: Sequence[MutantJob]) -> Iterator[MutantVerdict]:
        """Verdicts that still hold."""
        return (verdict for job in jobs if (verdict := self._memory.recall_verdict(job)) is not None)

    def judge(self, jobs: Sequence[MutantJob]) -> Generator[MutantVerdict, None, None]:
        """Verdicts that still hold, then those of the workers."""
        rest: dict[str, MutantJob] = {}
        for job in jobs:
            verdict = self._memory.recall_verdict(job)
            if verdict is not None:
                yield verdict
            else:
                rest[job.mutant.id] = job
        hopeful = [self._memory.killers_first(job) for job in rest.values()]
        if not rest:
            return
        with closing(self._inner.judge(hopeful)) as verdicts:
            for verdict in verdicts:
                self._memory.learn_verdict(rest[verdict.mutant_id], verdict)
                yield verdict

    def close(self) -> None:
        """End every process, and keep what was learned."""
        try:
            self._inner.close()
        finally:
            self._memory.save()

    # --- handed on as they are; generating begins here, which writes files, so what was learned is put away ---

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        """Observe each probe."""
        self._memory.save()
        return self._inner.probe(probes, timeout)

    def challenge(
        self,
        probes: Sequence[Probe],
        expected: Sequence[str],
        challenges: Sequence[Challenge],
        raised: frozenset[str],
        enough: int,
    ) -> list[Meeting]:
        """Let mutants meet probes."""
        self._memory.save()
        return self._inner.challenge(probes, expected, challenges, raised, enough)

    def watch(
        self, places: Mapping[str, Mapping[int, Sequence[str]]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[str, Mapping[int, Mapping[str, tuple[str, ...]]]]:
        """As the workers; nothing of it is kept."""
        return self._inner.watch(places, nodeids, timeout)

    def record(
        self, wanted: Mapping[tuple[str, int], Sequence[str]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[tuple[str, int], Sequence[Mapping[str, str]]]:
        """As the workers; nothing of it is kept."""
        return self._inner.record(wanted, nodeids, timeout)

    def try_candidates(self, files: Mapping[str, str], timeout: float) -> list[TestRun]:
        """Run test files that are not on disk."""
        self._memory.save()
        return self._inner.try_candidates(files, timeout)

    def retry_candidates(self, files: Mapping[str, str], timeout: float, times: int = 1) -> list[list[TestRun]]:
        """The same under other circumstances."""
        self._memory.save()
        return self._inner.retry_candidates(files, timeout, times)

    def prove_alone(self, files: Mapping[str, str], beside: Mapping[str, str], timeout: float) -> Mapping[str, str]:
        """What fails where only these files are run."""
        self._memory.save()
        return self._inner.prove_alone(files, beside, timeout)

    def load_candidates(self, files: Mapping[str, str]) -> tuple[str, ...]:
        """Make test files part of what can be judged."""
        self._memory.save()
        return self._inner.load_candidates(files)
