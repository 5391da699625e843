"""Mutants that no test has killed, several in one child: what a fork for each would say, where that can be known.

Alone, a mutant meets its tests in a process that nothing has run in.  Here it meets them after others that survived,
and that is the same as far as can be seen: before each mutant the process looks as it did when it was forked, every
test enters the mutated function (a result that somebody has kept would be given without it), and none of its tests
reads files or loads modules.  For what can't be seen the last mutant of each child is run alone after all; where that
says anything else, no child is believed any more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import pytest

from pytest_llmgen.run.fork import Reporter
from pytest_llmgen.run.groups import Case, Settler
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.mapping import loaded_modules
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.progress import Progress
from pytest_llmgen.run.shortcut import Shortcut, UnsureError


class Standing:
    """Survivors by children that they shared; believed as long as the last of each child survives alone.

    Args:
        child: lets mutants meet their tests in one child until one of them has visibly changed it; gives the places
            of those that survived, and how many it has met.
        alone: whether a mutant survives in a fork of its own.
    """

    def __init__(
        self, child: Callable[[Sequence[Case]], tuple[Sequence[int], int]], alone: Callable[[Case], bool]
    ) -> None:
        self._child, self._alone = child, alone
        self.is_believed = True

    def among(self, cases: Sequence[Case]) -> set[str]:
        """Ids of mutants that survive; of the others nothing is known."""
        found: set[str] = set()
        left = list(cases)
        while len(left) > 1 and self.is_believed:
            places, met = self._child(left)
            found.update(left[place].job.mutant.id for place in self._believed(places, left))
            left = left[max(1, met) :]
        return found

    def _believed(self, places: Sequence[int], cases: Sequence[Case]) -> Sequence[int]:
        """The first of a child was alone in it."""
        if places[-1:] not in ([], [0]):
            self.is_believed = self._alone(cases[places[-1]])
        return [place for place in places if self.is_believed or place == 0]


class Told:
    """Takes the records of such a child."""

    def __init__(self, number: int) -> None:
        self.places: list[int] = []
        self.met = 0
        self._number = number

    def add(self, record: dict[str, Any]) -> None:
        """Take the record of one mutant; raises ``ValueError`` where it tells of what was not given."""
        if record["place"] != self.met or self.met >= self._number:
            raise ValueError("a record of a mutant that was not given")
        self.places += [self.met] if record["stands"] else []
        self.met += 1


class StandingChild:
    """The child's side."""

    def __init__(self, shortcut: Shortcut, report: Reporter, progress: Progress, settler: Settler) -> None:
        self._shortcut, self._report, self._progress, self._settler = shortcut, report, progress, settler

    def meet(self, cases: Sequence[Case]) -> None:
        """Run case after case until the process has visibly changed."""
        modules, number = loaded_modules(), len(sys.modules)
        for place, case in enumerate(cases):
            self._progress.begin(place)
            stands = all(self._passes(case, item) for item in case.items)
            stays = self._settler.settles() and (len(sys.modules) == number or loaded_modules() == modules)
            self._report.send("stands", place=place, stands=stands)
            if not stays:
                break
        self._shortcut.close()

    def _passes(self, case: Case, item: pytest.Item) -> bool:
        """Whether the test is green and has entered the mutated function."""
        results: list[ItemResult] = []

        def after(result: ItemResult) -> bool:
            results.append(result)
            return True

        try:
            with case.activate(), entering(case.codes()) as entered:
                self._shortcut.run([item], after=after, described=False)
        except UnsureError:
            return False
        return bool(entered) and results[0].outcome in GREEN


@contextmanager
def entering(codes: Collection[CodeType]) -> Iterator[list[CodeType]]:
    """Note the first call of one of these, in this thread; of a profiler of somebody else's nothing is lost."""
    found: list[CodeType] = []

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        if any(frame.f_code is code for code in codes):
            found.append(frame.f_code)
            sys.setprofile(None)

    before = sys.getprofile()
    if before is None:
        sys.setprofile(note)
    try:
        yield found
    finally:
        if sys.getprofile() is note:
            sys.setprofile(None)
