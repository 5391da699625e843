"""The part of the server that judges mutants: in forks of the live session, where each meets its tests."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.mutate.activate import NeedsImport, activate, index_functions
from pytest_llmgen.mutate.units import CompileFailed, units_of
from pytest_llmgen.records import Mutant, MutantJob
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.fork import End, OnRecord, Reporter
from pytest_llmgen.run.items import ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import COLLECT, COMPILE, IMPORT, KILLS, Attempt, NeedsColdRunError, settle
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
        """Answer one request."""
        job = from_json(MutantJob, request["job"])
        began = time.monotonic()
        try:
            verdict = settle(job, lambda tests, limit, *, every: self._attempt(job.mutant, tests, limit, every=every))
        except NeedsColdRunError as reason:
            self._channel.send(protocol.NEEDS_IMPORT, detail=str(reason))
            return
        self._channel.send(protocol.VERDICT, verdict=to_json(verdict), seconds=time.monotonic() - began)

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
        quieting.cheapen(self._live.session.config)
        run_items(items, self._live.recorder, after=lambda result: tell(report, result, every=every))
        quieting.tear_down(self._live.session)


def tell(report: Reporter, result: ItemResult, *, every: bool) -> bool:
    """Report a test's outcome under a mutant; whether the next one should run."""
    message = result.error.message if result.error else ""
    report.send("test", nodeid=result.nodeid, outcome=result.outcome.value, message=message)
    return every or result.outcome not in KILLS
