"""Many mutants in one forked child: it only ever proves kills, whatever it leaves open is run alone.

A kill counts when the test fails under the mutant, passes without it, and fails under it again.  The child
goes on to the next mutant only while its process looks as it did when it was forked.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_llmgen.records import MutantJob, Outcome
from pytest_llmgen.run import quieting
from pytest_llmgen.run.fork import DONE, End, Reporter
from pytest_llmgen.run.items import ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import KILLS, Proof

PATIENCE = 0.5
"""Seconds for a mutant in a group; one that takes longer is run alone, with all the time that it may have."""
GREEN = (Outcome.PASSED, Outcome.XPASSED)


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant in a group: the leading tests of its job that are quick."""

    job: MutantJob
    items: tuple[pytest.Item, ...]
    activate: Callable[[], AbstractContextManager[object]]  # raises what makes it no case for a group


@dataclass(slots=True)
class Tally:
    """Takes the records of the children of one group."""

    waiting: list[Case]
    proofs: dict[str, Proof] = field(default_factory=dict)

    def add(self, record: dict[str, Any]) -> float | None:
        """Take a record; the beginning of a mutant gives it its own time."""
        if record["kind"] == "mutant":
            case = self.waiting.pop(0)
            self.proofs[case.job.mutant.id] = Proof()
            return min(case.job.timeout, PATIENCE)
        if record["kind"] == "killed":
            proof = Proof(tuple(record["killers"]), record["message"], record["tests_run"])
            self.proofs[record["id"]] = proof
        return None


def prove(cases: Sequence[Case], child: Callable[[Sequence[Case], Tally], End]) -> dict[str, Proof]:
    """Run the cases in as many children as hangs, crashes and changed state make necessary; proofs by mutant."""
    tally = Tally(list(cases))
    while tally.waiting:
        before = len(tally.waiting)
        end = child(tuple(tally.waiting), tally)
        if end.how != DONE and len(tally.waiting) == before:
            break  # not even the first could be begun: there is nothing to be had from a group
    return tally.proofs


class GroupChild:
    """The child's side."""

    def __init__(
        self, session: pytest.Session, recorder: Recorder, report: Reporter, state: Callable[[], object]
    ) -> None:
        self._session, self._recorder, self._report, self._state = session, recorder, report, state

    def meet(self, cases: Sequence[Case]) -> None:
        """Run case after case until the process has visibly changed."""
        quieting.cheapen(self._session.config, [item for case in cases for item in case.items])
        fresh = self._state()
        for case in cases:
            self._report.send("mutant")
            if not self._judge(case):
                return
            self._sweep()
            if self._state() != fresh:
                return

    def _judge(self, case: Case) -> bool:
        """Report what is proved; whether the tests still pass without the mutant."""
        every = case.job.every_test
        try:
            active = case.activate()
        except Exception:  # noqa: BLE001 (whatever it is, the run alone will meet it again and say so)
            return True
        with active:
            results = self._run(case.items, every=every)
        failing = [result for result in results if result.outcome in KILLS]
        items = {item.nodeid: item for item in case.items}
        sound = True
        proven = []
        for result in failing:
            (clean,) = self._run([items[result.nodeid]])
            sound = sound and clean.outcome in GREEN
            if clean.outcome in GREEN and self._fails(case, items[result.nodeid]):
                proven.append(result)
        if proven:
            message = proven[0].error.message if proven[0].error else ""
            self._report.send(
                "killed",
                id=case.job.mutant.id,
                killers=[result.nodeid for result in proven],
                message=message,
                tests_run=len(results),
            )
        return sound

    def _fails(self, case: Case, item: pytest.Item) -> bool:
        with case.activate():
            (again,) = self._run([item])
        return again.outcome in KILLS

    def _run(self, items: Sequence[pytest.Item], *, every: bool = False) -> list[ItemResult]:
        results: list[ItemResult] = []

        def after(result: ItemResult) -> bool:
            results.append(result)
            return every or result.outcome not in KILLS

        run_items(items, self._recorder, after=after)
        quieting.tear_down(self._session)
        return results

    def _sweep(self) -> None:
        """Let go of what a failed test held, so that no finalizer runs in the next mutant's time."""
        self._recorder.clear()
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        gc.collect()
