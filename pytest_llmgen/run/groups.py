"""Many mutants in one forked child: it only ever proves kills, whatever it leaves open is run alone.

A kill counts when the test fails under the mutant, passes without it, and fails under it again.  It counts only as
long as the process looks as it did when it was forked; that is looked at after each batch of mutants, and a batch
after which it looks different has proved nothing: its mutants are run once more, with a look after each.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_llmgen.records import MutantJob, Outcome
from pytest_llmgen.run.fork import DONE, TIMEOUT, End, Reporter
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.judging import KILLS, Proof
from pytest_llmgen.run.progress import Progress
from pytest_llmgen.run.shortcut import Shortcut, UnsureError

PATIENCE, CPU_PATIENCE, PATIENCE_FACTOR = 0.5, 0.05, 5.0
"""Seconds for a mutant in a group, on the wall and of CPU, beside a multiple of its tests' clean time.

One that takes longer is run alone, with all the time that it may have.
"""
BATCH = 16
"""Mutants between two looks at the state of the process."""
GREEN = (Outcome.PASSED, Outcome.XPASSED)


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant in a group: the leading tests of its job that are quick."""

    job: MutantJob
    items: tuple[pytest.Item, ...] = ()  # none where it is no case for a group
    activate: Callable[[], AbstractContextManager[object]] = nullcontext
    clean: float = 0.0  # seconds of these tests

    def limits(self) -> tuple[float, float]:
        """Seconds on the wall and of CPU; no more than it has alone."""
        more = PATIENCE_FACTOR * self.clean
        return min(self.job.timeout, PATIENCE + more), min(self.job.cpu or self.job.timeout, CPU_PATIENCE + more)


@dataclass(slots=True)
class Tally:
    """Takes the records of the children of one group."""

    waiting: list[Case]  # in batches
    careful: list[Case] = field(default_factory=list)  # with a look after each
    proofs: dict[str, Proof] = field(default_factory=dict)
    batch: int = BATCH
    restless: set[pytest.Item] = field(default_factory=set)  # tests after which the process looks different
    _given: Sequence[Case] = ()
    _settled: int = 0  # of those given

    def give(self) -> tuple[Sequence[Case], int]:
        """Cases for the next child, and how many of them make a batch."""
        self._given = tuple(self.careful or self.waiting)
        batch = 1 if self.careful else self.batch
        (self.careful or self.waiting).clear()
        self._settled = 0
        return self._given, batch

    def add(self, record: dict[str, Any]) -> None:
        """Take the record of a batch; raises ``ValueError`` where it tells of what was not given."""
        first, until = self._settled, record["until"]
        if not first < until <= len(self._given) or not all(first <= kill[0] < until for kill in record["kills"]):
            raise ValueError("a record of mutants that were not given")
        cases = self._given[first:until]
        self._settled = until
        if record["kind"] == "spoiled":
            self.careful += cases
            self.batch = max(1, self.batch // 2)
            return
        if record["changed"]:
            self.restless.update(cases[0].items[: record["tests_run"]])
        self.proofs.update((case.job.mutant.id, Proof()) for case in cases)
        for place, killers, message, tests_run in record["kills"]:
            if not {item.nodeid for item in self._given[place].items}.issuperset(killers):
                raise ValueError("kills by tests that were not asked for")
            self.proofs[self._given[place].job.mutant.id] = Proof(tuple(killers), message, tests_run)

    def end(self, end: End, place: int | None) -> bool:
        """Take the end of a child that had come as far as ``place``; whether anything could be done.

        A mutant whose first test is restless needs a child of its own in any case: then it is better run alone.
        """
        left = [case for case in self._given[self._settled :] if self.restless.isdisjoint(case.items[:1])]
        if end.how != DONE and place is None:
            return False  # not even the first could be begun: there is nothing to be had from a group
        if end.how != DONE and place is not None and place >= self._settled:
            culprit = self._given[place]
            left = [case for case in left if case is not culprit]
            self.proofs[culprit.job.mutant.id] = Proof(hung=end.how == TIMEOUT)
        self.waiting[:0] = left
        return True


def prove(
    cases: Iterable[Case],
    child: Callable[[Sequence[Case], int, Tally], tuple[End, int | None]],
    *,
    batch: int = BATCH,
    restless: set[pytest.Item] | None = None,
) -> Tally:
    """Run the cases in as many children as hangs, crashes and changed state make necessary.

    ``batch`` and ``restless`` are what earlier groups have taught.
    """
    restless = set() if restless is None else restless
    tally = Tally([case for case in cases if restless.isdisjoint(case.items[:1])], batch=batch, restless=restless)
    while tally.waiting or tally.careful:
        given, size = tally.give()
        if not tally.end(*child(given, size, tally)):
            break
    return tally


class GroupChild:
    """The child's side."""

    def __init__(
        self, shortcut: Shortcut, report: Reporter, progress: Progress, is_fresh: Callable[[], bool], batch: int
    ) -> None:
        self._shortcut, self._report, self._progress, self._is_fresh = shortcut, report, progress, is_fresh
        self._batch = batch
        self._tests_run = 0  # of the mutant in hand
        self._kills: list[tuple[int, list[str], str, int]] = []

    def meet(self, cases: Sequence[Case]) -> None:
        """Run case after case until the process has visibly changed."""
        done = 0
        for place, case in enumerate(cases):
            self._progress.begin(place)
            sound = self._judge(place, case)
            if sound and place + 1 - done < self._batch and place + 1 < len(cases):
                continue
            self._sweep()
            same = sound and self._is_fresh()
            proved = same or place == done  # what the first one left behind can't have helped it
            self._tell("proved" if proved else "spoiled", place + 1, changed=not same)
            done = place + 1
            if not same:
                break
        self._shortcut.close()

    def _tell(self, kind: str, until: int, *, changed: bool) -> None:
        kills = self._kills if kind == "proved" else []
        self._report.send(kind, until=until, kills=kills, changed=changed, tests_run=self._tests_run)
        self._kills = []

    def _judge(self, place: int, case: Case) -> bool:
        """Note what is proved; whether the tests still pass without the mutant."""
        try:
            return self._prove(place, case)
        except UnsureError:
            return False

    def _prove(self, place: int, case: Case) -> bool:
        every = case.job.every_test
        with case.activate():
            results = self._run(case.items, every=every)
        self._tests_run = len(results)
        failing = [result for result in results if result.outcome in KILLS]
        if not failing:
            return True
        items = {item.nodeid: item for item in case.items}
        proven = []
        sound = True
        for result in failing:
            (clean,) = self._run([items[result.nodeid]], described=False)
            sound = sound and clean.outcome in GREEN
            if clean.outcome in GREEN and self._fails(case, items[result.nodeid]):
                proven.append(result)
        if proven:
            message = proven[0].error.message if proven[0].error else ""
            self._kills.append((place, [result.nodeid for result in proven], message, len(results)))
        return sound

    def _fails(self, case: Case, item: pytest.Item) -> bool:
        with case.activate():
            (again,) = self._run([item], described=False)
        return again.outcome in KILLS

    def _run(self, items: Iterable[pytest.Item], *, every: bool = False, described: bool = True) -> list[ItemResult]:
        results: list[ItemResult] = []

        def after(result: ItemResult) -> bool:
            results.append(result)
            return every or result.outcome not in KILLS

        self._shortcut.run(list(items), after=after, described=described)
        return results

    def _sweep(self) -> None:
        """Let go of what failed tests held, so that no finalizer runs in the time of later mutants."""
        self._shortcut.forget()
        self._shortcut.reopen()  # or its log handlers would be missed
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        gc.collect()
