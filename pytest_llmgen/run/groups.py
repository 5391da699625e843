"""Many mutants in one forked child: it only ever proves kills, whatever it leaves open is run alone.

Each mutant begins in a process that looks as it did when it was forked: that is looked at after each of them, what can
be put back is put back, and the first change that stays ends the child.  A kill counts when the test fails under the
mutant, passes without it, and fails under it again, where no other test has run since the last look: what can't be seen
has shown no effect either.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import MutantJob, Outcome
from pytest_llmgen.run.fork import DONE, TIMEOUT, End, Reporter
from pytest_llmgen.run.history import History
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.judging import KILLS, Proof
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.progress import Progress
from pytest_llmgen.run.shortcut import Shortcut, UnsureError

PATIENCE, CPU_PATIENCE, PATIENCE_FACTOR = 0.5, 0.03, 5.0
"""Seconds for a mutant in a group, on the wall and of CPU, beside a multiple of its tests' clean time.

One that takes longer is run alone, with all the time that it may have.
"""
TOLD_AT_ONCE = 16
"""Mutants in one record."""


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant in a group: the leading tests of its job that are quick."""

    job: MutantJob
    items: tuple[pytest.Item, ...] = ()  # none where it is no case for a group
    activate: Callable[[], AbstractContextManager[object]] = nullcontext
    clean: float = 0.0  # seconds of these tests

    def without(self, restless: set[pytest.Item]) -> Case:
        """Only the tests before the first restless one."""
        if restless.isdisjoint(self.items):
            return self
        return replace(self, items=tuple(takewhile(lambda item: item not in restless, self.items)))

    def chosen(self, history: History) -> tuple[pytest.Item, ...]:
        """What to run of these tests, in which order; a matrix wants all of them."""
        if self.job.every_test or self.job.unproved:
            return self.items
        by_name = {item.nodeid: item for item in self.items}
        return tuple(by_name[name] for name in history.leading(self.job, list(by_name)))

    def limits(self) -> tuple[float, float]:
        """Seconds on the wall and of CPU; no more than it has alone."""
        more = PATIENCE_FACTOR * self.clean
        return min(self.job.timeout, PATIENCE + more), min(self.job.cpu or self.job.timeout, CPU_PATIENCE + more)


@dataclass(slots=True)
class Tally:
    """Takes the records of the children of one group."""

    waiting: list[Case]
    proofs: dict[str, Proof] = field(default_factory=dict)
    restless: set[pytest.Item] = field(default_factory=set)  # tests after which the process looks different
    careful: bool = False  # look after every test: one of several has changed the process
    _given: Sequence[Case] = ()
    _settled: int = 0  # of those given

    def give(self) -> Sequence[Case]:
        """Cases for the next child."""
        calm = (case.without(self.restless) for case in self.waiting)
        self._given = tuple(case for case in calm if case.items)
        self.waiting = []
        self._settled = 0
        return self._given

    def add(self, record: dict[str, Any]) -> None:
        """Take a record of some mutants; raises ``ValueError`` where it tells of what was not given."""
        first, until = self._settled, record["until"]
        if record["unsure"] and first == until < len(self._given) and not self.careful:
            self.careful = True
            return
        if not first < until <= len(self._given) or not all(first <= kill[0] < until for kill in record["kills"]):
            raise ValueError("a record of mutants that were not given")
        cases = self._given[first:until]
        self._settled = until
        self.restless.update(item for item in cases[-1].items if item.nodeid == record["restless"])
        met = {case.job.mutant.id: _met(case, record["restless"] if case is cases[-1] else "") for case in cases}
        self.proofs.update((identity, Proof(met=tests)) for identity, tests in met.items())
        for place, killers, message, tests_run in record["kills"]:
            case = self._given[place]
            if not {item.nodeid for item in case.items}.issuperset(killers):
                raise ValueError("kills by tests that were not asked for")
            identity = case.job.mutant.id
            self.proofs[identity] = Proof(tuple(killers), message, tests_run, met[identity])

    def end(self, end: End, place: int | None) -> bool:
        """Take the end of a child that had come as far as ``place``; whether anything could be done."""
        left = list(self._given[self._settled :])
        if end.how != DONE and place is None:
            return False  # not even the first could be begun: there is nothing to be had from a group
        if end.how != DONE and place is not None and place >= self._settled:
            culprit = self._given[place]
            left = [case for case in left if case is not culprit]
            self.proofs[culprit.job.mutant.id] = Proof(hung=end.how == TIMEOUT)
        self.waiting = left
        return True


def _met(case: Case, restless: str) -> frozenset[str]:
    """The tests of a matrix that have met their mutant in a process that looked fresh before and after."""
    if not case.job.every_test:
        return frozenset()
    return frozenset(takewhile(lambda nodeid: nodeid != restless, (item.nodeid for item in case.items)))


def prove(
    cases: Iterable[Case],
    child: Callable[[Sequence[Case], Tally], tuple[End, int | None]],
    restless: set[pytest.Item] | None = None,
) -> Tally:
    """Run the cases in as many children as hangs, crashes and changed state make necessary.

    ``restless`` is what earlier groups have taught.
    """
    tally = Tally(list(cases), restless=set() if restless is None else restless)
    while given := tally.give():
        if not tally.end(*child(given, tally)):
            break
    return tally


class Settler:
    """Whether a process looks as it did, be it after something was put back; for a child.

    ``is_fresh`` is given the test file to look at, None for those of all tests of the group.
    """

    def __init__(
        self, shortcut: Shortcut, is_fresh: Callable[[str | None], bool], put_back: Callable[[], bool]
    ) -> None:
        self._shortcut, self._is_fresh, self._put_back = shortcut, is_fresh, put_back
        self._was_fresh = True

    def is_untouched(self) -> bool:
        """Look, and put nothing back."""
        self._shortcut.forget()
        self._shortcut.reopen()  # or its log handlers would be missed
        return self._is_fresh(None)

    def settles(self, file: str | None = None) -> bool:
        """Look, and look again where something had to be put back; where that was so, it is done before the look."""
        self._shortcut.forget()
        self._shortcut.reopen()
        if self._was_fresh and self._is_fresh(file):
            return True
        self._was_fresh = not self._put_back()
        return self._is_fresh(file)


class GroupChild:
    """The child's side."""

    def __init__(
        self, shortcut: Shortcut, report: Reporter, progress: Progress, settler: Settler, history: History
    ) -> None:
        self._shortcut, self._report, self._progress, self._settles = shortcut, report, progress, settler.settles
        self._is_untouched, self._history = settler.is_untouched, history
        self._kills: list[tuple[int, list[str], str, int]] = []

    def meet(self, cases: Sequence[Case], *, careful: bool = False) -> None:
        """Run case after case until the process has visibly changed; ``careful`` is to look after every test."""
        told = 0
        for place, case in enumerate(cases):
            self._progress.begin(place)
            each = careful or (case.job.every_test and not case.job.unproved)
            restless, unsure = self._prove(place, case, each=each)
            done = place if unsure else place + 1
            is_last = bool(restless) or unsure or done == len(cases)
            if done > told and (is_last or done - told == TOLD_AT_ONCE):
                self._report.send("proved", until=done, kills=self._kills, restless=restless, unsure=False)
                self._kills, told = [], done
            if unsure:
                self._report.send("proved", until=done, kills=[], restless="", unsure=True)
            if is_last:
                break
        self._shortcut.close()

    def _prove(self, place: int, case: Case, *, each: bool) -> tuple[str, bool]:
        """Note what is proved; the test that has changed the process, and whether it may have been one before it."""
        proven: list[ItemResult] = []
        killed: set[Path] = set()  # for which candidates it is
        same, tests_run, restless = True, 0, ""
        for item in case.chosen(self._history):
            if item.path in killed:
                continue
            tests_run, restless = tests_run + 1, item.nodeid
            try:
                result, same = self._meet(case, item, is_first=each or tests_run == 1, each=each)
            except UnsureError:
                result, same = None, False
            if result is not None:
                proven.append(result)
                killed.update([item.path] if case.job.unproved else ())
            if not same or (proven and not case.job.every_test):
                break
        if same and not each:
            same = self._ends_well(case, tests_run, is_proved=bool(proven))
        if not same and tests_run > 1 and not each:
            return "", True
        if proven:
            message = proven[0].error.message if proven[0].error else ""
            self._kills.append((place, [result.nodeid for result in proven], message, tests_run))
            self._history.note(case.job, proven[0].nodeid)
        return "" if same else restless, False

    def _ends_well(self, case: Case, tests_run: int, *, is_proved: bool) -> bool:
        """Whether the next mutant finds the process as this one did, where nobody has looked after each test."""
        if case.job.unproved and tests_run > 1:  # what failed may have met what another test had left
            return self._is_untouched()
        return (is_proved and not case.job.unproved) or self._settles()

    def _meet(self, case: Case, item: pytest.Item, *, is_first: bool, each: bool) -> tuple[ItemResult | None, bool]:
        """The result of a proven kill, and whether the next mutant finds the process as this one did.

        After a candidate, or a test that has not failed, that is only asked where ``each`` is.
        """
        with case.activate():
            result = self._run(item)
        if case.job.unproved:  # a candidate, which has its file for itself: no other test has anything of it
            return result if result.outcome in KILLS else None, not each or self._settles(str(item.path))
        if result.outcome not in KILLS:
            return None, not each or self._settles()
        if not is_first and not self._settles():
            return None, False
        if not self._comes(item, nullcontext, GREEN) or not self._comes(item, case.activate, KILLS):
            return None, False
        self._sweep()
        return result, self._settles()

    def _comes(
        self, item: pytest.Item, around: Callable[[], AbstractContextManager[object]], wanted: Collection[Outcome]
    ) -> bool:
        """Whether a test comes to what is wanted, be it where what the run before left has been put back."""
        for is_settled in (True, False):
            if not is_settled and not self._settles():
                break
            with around():
                if self._run(item, described=False).outcome in wanted:
                    return True
        return False

    def _run(self, item: pytest.Item, *, described: bool = True) -> ItemResult:
        results: list[ItemResult] = []

        def after(result: ItemResult) -> bool:
            results.append(result)
            return True

        self._shortcut.run([item], after=after, described=described)
        return results[0]

    def _sweep(self) -> None:
        """Let go of what failed tests held, so that no finalizer runs in the time of later mutants."""
        self._shortcut.forget()
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        gc.collect()
