"""The part of the server that judges mutants: in forks of the live session, where each meets its tests."""

from __future__ import annotations

import contextlib
import gc
import importlib
import linecache
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.mutate.activate import Index, NeedsImport, Prepared, activate, index_functions, prepare
from pytest_llmgen.mutate.constants import constant_changed
from pytest_llmgen.mutate.select import cpu_limit_of, timeout_of
from pytest_llmgen.mutate.units import CompileFailed, units_of
from pytest_llmgen.records import Mutant, MutantJob
from pytest_llmgen.run import protocol
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.contents import Watch
from pytest_llmgen.run.deadlines import Deadline
from pytest_llmgen.run.fork import End, OnRecord, Reporter
from pytest_llmgen.run.groups import Case, GroupChild, Settler, Tally, prove
from pytest_llmgen.run.history import QUICK_TEST, History
from pytest_llmgen.run.items import ItemResult, Recorder
from pytest_llmgen.run.judging import AGAIN, COMPILE, IMPORT, KILLS, UNFIT, Attempt, NeedsColdRunError, Proof, settle
from pytest_llmgen.run.progress import PieceDeadline, Progress
from pytest_llmgen.run.shortcut import Shortcut, UnsureError
from pytest_llmgen.run.states import modules_below, process_state, unload
from pytest_llmgen.run.wire import from_json, to_json

StartChild = Callable[[Callable[[Reporter], None], OnRecord, float | Deadline], End]
SIGN_OF_LIFE = 1.0
"""Seconds between two messages that say no more than that the worker is at work."""
HINT_SHARE = 0.4
"""Of its CPU limit, what a mutant has alone that has hung in a group, where no verdict is wanted but a choice of tests.

A hang is no kill there; what it is run for are the tests before that one.
"""
TOLD_AT_ONCE = 64
"""Tests in one record of a child that runs many."""


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
        self.shortcut = Shortcut(live.session, live.recorder)
        self._progress = Progress()
        self._restless: set[pytest.Item] = set()
        self._history = History()
        self._watch: Watch | None = None  # of what is loaded; made where no test has run
        self._visible: dict[str, bool] = {}  # whether it sees all that tests of a file may change
        self._alive = 0.0
        self._prepared: dict[str, Prepared | Exception] = {}  # of the mutants of one request
        self._clean: dict[str, float] = {}  # seconds of a test without a mutant
        self._index, self._has_looked = Index({}, {}), False  # until it has looked around

    def look_around(self) -> None:
        """Do once what each child would do; needed after every import."""
        self.look_for_functions()
        self.shortcut.consider(self._live.items.values())
        for path in {str(item.path) for item in self._live.items.values()}:
            linecache.getlines(path)
        for source in self._live.sources.values():
            with contextlib.suppress(SyntaxError):
                units_of(source)
        gc.freeze()

    def look_for_functions(self) -> None:
        """Find the functions that are alive now; what an earlier look has seen is frozen, and not walked again."""
        if not self._has_looked:
            gc.unfreeze()
        self._watch, self._has_looked = None, True
        self._visible.clear()
        gc.collect()
        self._index = self._index.joined(index_functions(str(self._live.root), self._live.sources))
        gc.freeze()

    def serve(self, request: dict[str, Any]) -> None:
        """Answer one request: what a group proves of its mutants stands, the rest is run alone."""
        jobs = [from_json(MutantJob, data) for data in request["jobs"]]
        self._prepared = {job.mutant.id: self._prepare(job.mutant) for job in jobs}
        for job, seconds in zip(jobs, request["clean"], strict=True):
            self._clean.update(zip(job.tests, seconds, strict=True))
        with self.shortcut.opened():  # once, before all forks
            self._judge(jobs, request["quick"])

    def _judge(self, jobs: Sequence[MutantJob], quick: Sequence[tuple[int, float]]) -> None:
        cases = [self._case(job, *leading) for job, leading in zip(jobs, quick, strict=True)]
        began = time.monotonic()
        proofs = prove([case for case in cases if case.items], self._run_group, self._restless).proofs
        share = (time.monotonic() - began) / len(jobs)
        answers = Answers(self._channel)
        # Kills first: they need no more than a look; what is left is run alone, each in a cold fork.
        for job in sorted(jobs, key=lambda job: not proofs.get(job.mutant.id, Proof()).killers):
            answers.add(self._settle(job, proofs.get(job.mutant.id, Proof()), share))
        answers.flush()

    def _settle(self, job: MutantJob, proof: Proof, seconds: float) -> dict[str, Any]:
        began = time.monotonic()
        is_known = job.every_test or bool(proof.killers)
        ordered = job if is_known else replace(job, tests=self._history.ordered(job))
        share = HINT_SHARE if proof.hung and job.unproved else 1.0

        def run(tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
            return self._attempt(ordered, tests, limit, every=every, share=share)

        try:
            verdict = settle(ordered, run, proof)
        except NeedsColdRunError as reason:
            return {"id": job.mutant.id, "needs_import": str(reason)}
        self._note_killer(job, verdict.killed_by)
        seconds += time.monotonic() - began
        return {"id": job.mutant.id, "verdict": to_json(verdict), "seconds": seconds}

    def _note_killer(self, job: MutantJob, killers: Sequence[str]) -> None:
        """For the next mutants of its function; a slow test is not worth its time before quick ones."""
        if killers and not job.every_test and self._clean.get(killers[0], 0.0) <= QUICK_TEST:
            self._history.note(job, killers[0])

    def _note_life(self) -> None:
        now = time.monotonic()
        if now - self._alive > SIGN_OF_LIFE:
            self._alive = now
            self._channel.send(protocol.ALIVE)

    # --- groups ---

    def _case(self, job: MutantJob, quick: int, clean: float) -> Case:
        """The leading tests that a group may run again and again; none where the mutant is no case for a group."""
        prepared = self._prepared[job.mutant.id]
        if isinstance(prepared, Exception):
            return Case(job)
        leading = job.tests[:quick]
        known = [test for test in self._history.known(job) if quick and test not in leading]
        items = [self._live.items.get(test) for test in (*leading, *known)]
        again = takewhile(self.is_fit, items)
        clean += sum(self._clean.get(test, 0.0) for test in known)
        return Case(job, tuple(item for item in again if item is not None), prepared.activate, clean)

    def _prepare(self, mutant: Mutant) -> Prepared | Exception:
        """Work out in the parent what every child needs, once; what it raises is for the run alone to tell."""
        if self.ran_at_import(mutant):
            return NeedsImport("its line runs when the module is imported")
        try:
            return prepare(mutant, self._live.sources[mutant.path], self._index)
        except (NeedsImport, CompileFailed) as reason:
            return reason

    def is_fit(self, item: pytest.Item | None) -> bool:
        """Whether a test may share a process with others: all that it may change can be seen."""
        return isinstance(item, pytest.Function) and self._can_see(str(item.path))

    def _can_see(self, path: str) -> bool:
        if path not in self._visible:
            gc.unfreeze()
            self._visible[path] = self._watched.can_see(path)
            gc.freeze()
        return self._visible[path]

    @property
    def _watched(self) -> Watch:
        if self._watch is None:
            apart: dict[str, list[object]] = {}
            for item in self._live.items.values():
                given = getattr(item, "callspec", None)
                apart.setdefault(str(item.path), []).extend([given.params] if given else [])
            self._watch = Watch(modules_below(str(self._live.root)), apart)
        return self._watch

    def tests_in_a_row(self, items: Iterable[pytest.Item]) -> tuple[Callable[..., bool], Callable[[], bool]]:
        """Begins to watch, in a child where no test has run and none but these will.

        Returns:
            What says whether the process looks as it does now (be it with a look at one test file only), and what
            undoes the changes that can be undone and tells whether there were any in what holds others.
        """
        watch, files = self._watched, sorted({str(item.path) for item in items})
        modules, root = frozenset(sys.modules), str(self._live.root)

        def put_back() -> bool:
            unload(modules, root)
            gc.collect()  # what holds nothing but itself may still be found by its weak references
            is_changed = watch.put_back(files)
            if is_changed:
                gc.collect()
            return is_changed

        return _begun(watch, files), put_back

    def _run_group(self, cases: Sequence[Case], tally: Tally) -> tuple[End, int | None]:
        self._progress.reset()

        def work(report: Reporter) -> None:
            child = GroupChild(self.shortcut, report, self._progress, self._settler(cases), self._history)
            child.meet(cases, careful=tally.careful)

        def note(record: dict[str, Any]) -> None:
            self._note_life()
            tally.add(record)

        end = self._child(work, note, PieceDeadline(self._progress, [case.limits() for case in cases]))
        return end, self._progress.place

    def _settler(self, cases: Sequence[Case]) -> Settler:
        return Settler(self.shortcut, *self.tests_in_a_row(item for case in cases for item in case.items))

    def freshness(self, path: str) -> Callable[[], Callable[[], bool]]:
        """Begins, in a child, to watch whether the process stays as it is; ``path`` is of the code that will run.

        Where that can't be seen, it never looks as it was.
        """
        if path not in self._index.functions or not self._can_see(str(self._live.root / path)):
            return lambda: lambda: False
        return partial(_begun, self._watched)

    # --- alone ---

    def _attempt(self, job: MutantJob, tests: Sequence[str], limit: float, *, every: bool, share: float) -> Attempt:
        prepared = self._prepared[job.mutant.id]
        if isinstance(prepared, Exception):
            return Attempt(problem=(IMPORT if isinstance(prepared, NeedsImport) else COMPILE, str(prepared)))
        missing = [test for test in tests if test not in self._live.items]
        if missing:
            return Attempt(problem=(UNFIT, f"the workers did not collect {missing[0]}"))
        attempt = self._run_alone(job, prepared, tests, limit, every=every, share=share)
        if attempt.problem and attempt.problem[0] == AGAIN:
            attempt = self._run_alone(job, prepared, tests, limit, every=every, share=share, whole=True)
        return attempt

    def _run_alone(
        self,
        job: MutantJob,
        prepared: Prepared,
        tests: Sequence[str],
        limit: float,
        *,
        every: bool,
        share: float,
        whole: bool = False,
    ) -> Attempt:
        items = [self._live.items[test] for test in tests]
        attempt = Attempt(asked=frozenset(tests))

        def note(record: dict[str, Any]) -> None:
            self._note_life()
            attempt.add(record)

        self._progress.reset()
        attempt.end = self._child(
            lambda report: self._meet(report, prepared, items, every=every, whole=whole),
            note,
            self._deadline(job, tests, limit / job.timeout, share),
        )
        return attempt

    def _deadline(self, job: MutantJob, tests: Sequence[str], factor: float, share: float) -> Deadline:
        """Each test has its own limits: one that hangs among a thousand need not have the time of all.

        ``share`` is of the CPU time: the clock's says as much of the machine as of the mutant.
        """
        if not job.cpu:
            return Deadline(factor * job.timeout)
        each = [
            (factor * timeout_of((test,), self._clean, 0.0), share * factor * cpu_limit_of((test,), self._clean, 0.0))
            for test in tests
        ]
        return PieceDeadline(self._progress, each, Deadline(factor * job.timeout, share * factor * job.cpu))

    def ran_at_import(self, mutant: Mutant) -> bool:
        """Whether results of the mutated code may be held already: in constants, tables, parameters of tests."""
        if mutant.needs_import:
            return True
        lines = self._live.import_lines.get(mutant.path, frozenset())
        if not mutant.in_signature:  # the line of a default value always runs: look at the body instead
            return mutant.line in lines
        end = units_of(self._live.sources[mutant.path]).at(mutant.start).end_line
        return any(line in lines for line in range(mutant.region.end_line + 1, end + 1))

    def change(self, mutant: Mutant) -> AbstractContextManager[object]:
        """Make a mutant what runs, in a child, until it is undone; its module is imported where no test has done so.

        Raises:
            NeedsImport, CompileFailed: it can't be.
        """
        index = self._index
        if mutant.needs_import:
            module = importlib.import_module(self._live.names[mutant.path])
            return constant_changed(mutant, self._live.sources[mutant.path], vars(module))
        if mutant.path not in index.functions:
            importlib.import_module(self._live.names[mutant.path])
            index = index_functions(str(self._live.root), [mutant.path])
        return activate(mutant, self._live.sources[mutant.path], index)

    def _meet(
        self, report: Reporter, prepared: Prepared, items: Sequence[pytest.Item], *, every: bool, whole: bool
    ) -> None:
        """Run the tests under the mutant, in the child."""
        last = len(items) - 1  # what is torn down at the end is in its time
        teller = Teller(report, every=every, next_at=lambda place: self._progress.begin(min(place, last)))
        prepared.activate()
        self._progress.begin(0)
        try:
            self.shortcut.run(items, after=teller.tell, whole=whole)
        except UnsureError as reason:
            report.send("problem", what=AGAIN, detail=str(reason))
        else:
            teller.flush()


def _begun(watch: Watch, files: Sequence[str] = ()) -> Callable[..., bool]:
    process = process_state()  # of the child: Python seeds its random numbers anew after a fork

    def is_fresh(file: str | None = None) -> bool:
        return process_state() == process and watch.is_same(files if file is None else (file,))

    return is_fresh


class Teller:
    """Reports outcomes of tests under a mutant: a kill at once, others some together."""

    def __init__(self, report: Reporter, *, every: bool, next_at: Callable[[int], None] = lambda _: None) -> None:
        self._report, self._every, self._next_at = report, every, next_at
        self._done = 0
        self._outcomes: list[tuple[str, str]] = []

    def tell(self, result: ItemResult) -> bool:
        """Whether the next test should run."""
        self._done += 1
        self._next_at(self._done)
        self._outcomes.append((result.nodeid, result.outcome.value))
        is_kill = result.outcome in KILLS
        if is_kill or len(self._outcomes) == TOLD_AT_ONCE:
            self.flush(result.error.message if result.error else "")
        return self._every or not is_kill

    def flush(self, message: str = "") -> None:
        """Send what has not been sent."""
        if self._outcomes:
            self._report.send("tests", outcomes=self._outcomes, message=message)
            self._outcomes = []


class Answers:
    """Verdicts on their way to the executor, some together."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: list[dict[str, Any]] = []
        self._sent = time.monotonic()

    def add(self, answer: dict[str, Any]) -> None:
        """Send it soon."""
        self._waiting.append(answer)
        if time.monotonic() - self._sent > SIGN_OF_LIFE:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            self._channel.send(protocol.VERDICTS, answers=self._waiting)
        self._waiting, self._sent = [], time.monotonic()
