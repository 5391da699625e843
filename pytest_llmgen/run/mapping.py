"""Which lines each test runs: several tests in one child, as long as each finds what a fresh child would show it.

A test that follows others must look the same alone: after each one the process is compared with what it was, and the
first change, file read or module loaded ends the child.  The last test of every child is then run again in a fork of
its own; where it runs other lines there, nothing that came after a first test is believed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from pytest_llmgen.records import Trace
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.protocol import RawRun
from pytest_llmgen.run.shortcut import Shortcut, UnsureError


def takes_nothing(run: RawRun) -> bool:
    """Whether a test took nothing of the project from a file; modules that it has loaded can be unloaded."""
    trace = run.trace
    return trace is not None and not trace.unseen and all(map(os.path.isabs, trace.files))


class Row:
    """Runs of tests that shared children: believed as long as the last of each child is the same alone.

    Args:
        child: runs tests in one child until it has visibly changed, and gives what they came to, in order; the
            limit is for each of them, in seconds.
        alone: runs one test in a fork of its own.
    """

    def __init__(
        self,
        child: Callable[[Sequence[pytest.Item], float], Sequence[RawRun]],
        alone: Callable[[pytest.Item, float], RawRun],
    ) -> None:
        self._child, self._alone = child, alone
        self.is_believed = True

    def run(self, items: Sequence[pytest.Item], limit: float) -> dict[str, RawRun]:
        """What tests came to, by node id; those left out must be run alone."""
        found: dict[str, RawRun] = {}
        left = list(items)
        while len(left) > 1 and self.is_believed:
            runs = self._child(left, limit)
            found.update((run.nodeid, run) for run in self._believed(runs, left, limit))
            left = left[max(1, len(runs)) :]
        return found

    def _believed(self, runs: Sequence[RawRun], items: Sequence[pytest.Item], limit: float) -> list[RawRun]:
        """The green ones, told of what those before them asked for, unless the last is another when it is alone."""
        places = [place for place, run in enumerate(runs) if run.outcome in GREEN]
        if places[-1:] in ([], [0]):
            return [runs[place] for place in places]
        last = self._alone(items[places[-1]], limit)
        self.is_believed = are_same(last, runs[places[-1]])
        told = with_what_was_asked_before(runs)
        return [*(told[place] for place in places[:-1] if self.is_believed or place == 0), last]


def are_same(one: RawRun, other: RawRun) -> bool:
    """Whether two runs of a test took the same way."""
    return (one.outcome, one.hits) == (other.outcome, other.hits)


def with_what_was_asked_before(runs: Sequence[RawRun]) -> list[RawRun]:
    """Each with what those before it in its process asked for: some library may have kept an answer."""
    files: set[str] = set()
    variables: set[str] = set()
    told = []
    for run in runs:
        trace = run.trace or Trace()
        files.update(trace.files)
        variables.update(trace.variables)
        whole = replace(trace, files=tuple(sorted(files)), variables=tuple(sorted(variables)))
        told.append(replace(run, trace=whole if run.trace else None))
    return told


class Visit:
    """The child's side: runs tests one after the other until one of them has visibly changed its process.

    Args:
        shortcut: knows all the tests.
        before: begins to measure a test, ``after`` ends that and reports it.
    """

    def __init__(
        self, shortcut: Shortcut, before: Callable[[str], None], after: Callable[[ItemResult], RawRun]
    ) -> None:
        self._shortcut, self._before, self._after = shortcut, before, after

    def run(self, items: Sequence[pytest.Item], is_fresh: Callable[[], bool], put_back: Callable[[], object]) -> None:
        """Run and report; ``put_back`` undoes what a test has changed, and unloads modules of the project."""
        settles = _settler(is_fresh, put_back)
        for item in items:
            run = self.run_one(item)
            if run is None or not takes_nothing(run) or not settles():
                break

    def run_files(
        self, files: Iterable[Sequence[pytest.Item]], is_fresh: Callable[[], bool], put_back: Callable[[], object]
    ) -> None:
        """Run and report all tests of a file, as they follow each other there, then those of the next."""
        settles = _settler(is_fresh, put_back)
        for items in files:
            if not self.run_file(items) or not settles():
                break

    def run_file(self, items: Sequence[pytest.Item]) -> bool:
        """Run and report the tests of a file; whether none of them needs the whole protocol."""
        following = iter(items[1:])

        def after(result: ItemResult) -> bool:
            self._after(result)
            if (item := next(following, None)) is not None:
                self._before(item.nodeid)
            return True

        self._before(items[0].nodeid)
        try:
            self._shortcut.run(items, after=after)
        except UnsureError:
            return False
        self._shortcut.forget()
        self._shortcut.reopen()
        return True

    def run_one(self, item: pytest.Item) -> RawRun | None:
        """Run and report one; a test that only the whole protocol can judge is not reported."""
        runs: list[RawRun] = []

        def after(result: ItemResult) -> bool:
            runs.append(self._after(result))
            return True

        self._before(item.nodeid)
        with contextlib.suppress(UnsureError):
            self._shortcut.run([item], after=after)
        self._shortcut.forget()
        self._shortcut.reopen()
        return runs[0] if runs else None


def _settler(is_fresh: Callable[[], bool], put_back: Callable[[], object]) -> Callable[[], bool]:
    """What says whether the process is as it is now, be it after something was put back."""
    names, modules = sys.modules.copy().keys(), loaded_modules()

    def is_same() -> bool:
        return (sys.modules.keys() == names or loaded_modules() == modules) and is_fresh()

    def settles() -> bool:
        if is_same():
            return True
        put_back()
        return is_same()

    return settles


def loaded_modules() -> frozenset[str]:
    """Names of modules that are no part of Python: what one of them did when it was loaded is not done again."""
    return frozenset(name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names)
