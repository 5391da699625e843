"""The part of the server that judges mutants: in forks of the live session, where each meets its tests."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.mutate.activate import NeedsImport, activate, index_functions
from pytest_llmgen.mutate.units import CompileFailed, units_of
from pytest_llmgen.records import Mutant, MutantJob
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.fork import End, OnRecord, Reporter
from pytest_llmgen.run.groups import PATIENCE, Case, GroupChild, Tally, prove
from pytest_llmgen.run.items import ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import COLLECT, COMPILE, IMPORT, KILLS, Attempt, NeedsColdRunError, Proof, settle
from pytest_llmgen.run.states import modules_of, state_of
from pytest_llmgen.run.wire import from_json, to_json

StartChild = Callable[[Callable[[Reporter], None], OnRecord, float], End]


@dataclass(frozen=True, slots=True)
class Live:
    """What a server has in memory; items and import lines change when files are loaded."""

    session: pytest.Session
    recorder: Recorder
    root: Path
    sources: Mapping[str, str]  # path -> text
    names: Mapping[str, str]  # path -> dotted name
    items: Mapping[str, pytest.Item]
    import_lines: Mapping[str, frozenset[int]]


class Judge:
    """Judges mutants in forks of the process that it is made in."""

    def __init__(self, live: Live, child: StartChild, channel: Channel) -> None:
        self._live, self._child, self._channel = live, child, channel
        self.look_around()

    def look_around(self) -> None:
        """Find the functions that are alive now; needed after every import."""
        gc.unfreeze()
        gc.collect()
        self._index = index_functions(str(self._live.root), self._live.sources)
        gc.freeze()

    def serve(self, request: dict[str, Any]) -> None:
        """Answer one request: what a group proves of its mutants stands, the rest is run alone."""
        jobs = [from_json(MutantJob, data) for data in request["jobs"]]
        cases = [self._case(job, quick) for job, quick in zip(jobs, request["quick"], strict=True)]
        began = time.monotonic()
        proofs = prove([case for case in cases if case.items], self._run_group)
        share = (time.monotonic() - began) / len(jobs)
        for job in sorted(jobs, key=lambda job: not proofs.get(job.mutant.id, Proof()).killers):
            self._settle(job, proofs.get(job.mutant.id, Proof()), share)

    def _settle(self, job: MutantJob, proof: Proof, seconds: float) -> None:
        began = time.monotonic()
        try:
            verdict = settle(
                job, lambda tests, limit, *, every: self._attempt(job.mutant, tests, limit, every=every), proof
            )
        except NeedsColdRunError as reason:
            self._channel.send(protocol.NEEDS_IMPORT, id=job.mutant.id, detail=str(reason))
            return
        seconds += time.monotonic() - began
        self._channel.send(protocol.VERDICT, verdict=to_json(verdict), seconds=seconds)

    # --- groups ---

    def _case(self, job: MutantJob, quick: int) -> Case:
        """The leading tests that a group may run again and again; none where the mutant is no case for a group."""
        items = [self._live.items.get(test) for test in job.tests[:quick]]
        again = takewhile(lambda item: isinstance(item, pytest.Function), items)
        fit = () if self.ran_at_import(job.mutant) else tuple(item for item in again if item is not None)
        return Case(job, fit, lambda: activate(job.mutant, self._live.sources[job.mutant.path], self._index))

    def _run_group(self, cases: Sequence[Case], tally: Tally) -> End:
        paths = {str(self._live.root / case.job.mutant.path) for case in cases}

        def work(report: Reporter) -> None:
            modules = modules_of(paths)
            GroupChild(self._live.session, self._live.recorder, report, lambda: state_of(modules)).meet(cases)

        def note(record: dict[str, Any]) -> float | None:
            self._channel.send(protocol.ALIVE)
            return tally.add(record)

        return self._child(work, note, PATIENCE)

    # --- alone ---

    def _attempt(self, mutant: Mutant, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        if self.ran_at_import(mutant):
            return Attempt(problem=(IMPORT, "its line runs when the module is imported"))
        missing = [test for test in tests if test not in self._live.items]
        if missing:
            return Attempt(problem=(COLLECT, f"the workers did not collect {missing[0]}"))
        attempt = Attempt()
        attempt.end = self._child(
            lambda report: self._meet(report, mutant, [self._live.items[t] for t in tests], every=every),
            attempt.add,
            limit,
        )
        return attempt

    def ran_at_import(self, mutant: Mutant) -> bool:
        """Whether results of the mutated code may be held already: in constants, tables, parameters of tests."""
        if mutant.needs_import:
            return True
        lines = self._live.import_lines.get(mutant.path, frozenset())
        if not mutant.in_signature:  # the line of a default value always runs: look at the body instead
            return mutant.line in lines
        end = units_of(self._live.sources[mutant.path]).at(mutant.start).end_line
        return any(line in lines for line in range(mutant.region.end_line + 1, end + 1))

    def change(self, mutant: Mutant) -> None:
        """Make a mutant what runs, in a child that observes; its module is imported where no test has done so.

        Raises:
            NeedsImport, CompileFailed: it can't be.
        """
        index = self._index
        if mutant.path not in index.functions:
            importlib.import_module(self._live.names[mutant.path])
            index = index_functions(str(self._live.root), [mutant.path])
        activate(mutant, self._live.sources[mutant.path], index)

    def _meet(self, report: Reporter, mutant: Mutant, items: Sequence[pytest.Item], *, every: bool) -> None:
        """Run the tests under the mutant, in the child."""
        try:
            activate(mutant, self._live.sources[mutant.path], self._index)
        except NeedsImport as reason:
            report.send("problem", what=IMPORT, detail=str(reason))
            return
        except CompileFailed as reason:
            report.send("problem", what=COMPILE, detail=str(reason))
            return
        quieting.cheapen(self._live.session.config, items)
        run_items(items, self._live.recorder, after=lambda result: tell(report, result, every=every))
        quieting.tear_down(self._live.session)


def tell(report: Reporter, result: ItemResult, *, every: bool) -> bool:
    """Report a test's outcome under a mutant; whether the next one should run."""
    message = result.error.message if result.error else ""
    report.send("test", nodeid=result.nodeid, outcome=result.outcome.value, message=message)
    return every or result.outcome not in KILLS
