"""What children reported of the tests that they ran, and what is left to run when one of them ended early."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_llmgen.records import Outcome
from pytest_llmgen.run.fork import DONE, TIMEOUT, End
from pytest_llmgen.run.items import MESSAGE_LIMIT, ItemResult
from pytest_llmgen.run.protocol import RawFile, RawRun
from pytest_llmgen.run.wire import BadMessageError, from_json


class Tally:
    """Counts the runs of one list of tests over several children.

    What a child says is taken of the test that it has begun, and of no other; its time is no more than passed here.
    """

    def __init__(self, nodeids: Sequence[str], limit: float, files: Collection[str] = ()) -> None:
        """``files`` are those of which a child may say what it collected."""
        self.runs: list[RawRun] = []
        self.pending = list(nodeids)
        self.collected = False
        self.limit = limit
        self._current: str | None = None
        self._files, self._began = frozenset(files), 0.0

    def add(self, record: dict[str, Any]) -> float | None:
        """Take a record; each one but the last gives the next test its own limit.

        Raises:
            BadMessageError: it is of a test that this child has not begun, or was not asked for.
        """
        if record["kind"] == "collected":
            self._take_collected(record)
        elif record["kind"] == "start":
            self._begin(record["nodeid"])
        elif record["kind"] == "run":
            self._take(from_json(RawRun, record["run"]))
        return self.limit

    def _take_collected(self, record: dict[str, Any]) -> None:
        if not self.collected:
            errors = [from_json(RawRun, run) for run in record["errors"]]
            for nodeid in (*record["nodeids"], *(run.nodeid for run in errors)):
                _check(nodeid.partition("::")[0] in self._files, nodeid)
            self.collected = True
            self.pending = list(record["nodeids"])
            self.runs += errors

    def _begin(self, nodeid: str) -> None:
        _check(self._current is None and nodeid in self.pending, nodeid)
        self._current, self._began = nodeid, time.monotonic()

    def _take(self, run: RawRun) -> None:
        _check(run.nodeid == self._current, run.nodeid)
        passed = time.monotonic() - self._began
        seconds = run.seconds if 0.0 <= run.seconds <= passed else passed
        self._finish(replace(run, seconds=seconds, message=run.message[:MESSAGE_LIMIT]))

    def _finish(self, run: RawRun) -> None:
        self._current = None
        self.runs.append(run)
        if run.nodeid in self.pending:
            self.pending.remove(run.nodeid)

    def end(self, end: End) -> bool:
        """Take the end of a child; True when another child should run what is left."""
        if end.how == DONE:
            return False
        outcome = Outcome.TIMEOUT if end.how == TIMEOUT else Outcome.CRASHED
        message = f"no result after {self.limit:g} s" if end.how == TIMEOUT else end.detail
        if self._current is None:  # it ended between tests, or before the first
            self.abandon(outcome, message)
            return False
        seconds = self.limit if end.how == TIMEOUT else 0.0
        self._finish(RawRun(self._current, outcome, seconds, message=message))
        return bool(self.pending)

    def abandon(self, outcome: Outcome, message: str) -> None:
        """Give all that is left the same outcome."""
        for nodeid in list(self.pending):
            self._finish(RawRun(nodeid, outcome, message=message))


def raw_run(result: ItemResult, hits: Mapping[str, RawFile]) -> RawRun:
    """What a child says of one test."""
    error = result.error
    return RawRun(
        result.nodeid,
        result.outcome,
        result.seconds,
        hits,
        error.type_name if error else None,
        error.message if error else "",
        error.line if error else None,
    )


def _check(true: bool, nodeid: str) -> None:
    if not true:
        raise BadMessageError(f"a result of {nodeid!r}, which it was not asked for")
