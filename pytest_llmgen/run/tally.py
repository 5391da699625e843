"""What children reported of the tests that they ran, and what is left to run when one of them ended early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmgen.records import Outcome
from pytest_llmgen.run.fork import DONE, TIMEOUT, End
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.protocol import RawFile, RawRun
from pytest_llmgen.run.wire import from_json


class Tally:
    """Counts the runs of one list of tests over several children."""

    def __init__(self, nodeids: Sequence[str], limit: float) -> None:
        self.runs: list[RawRun] = []
        self.pending = list(nodeids)
        self.collected = False
        self.limit = limit
        self._current: str | None = None

    def add(self, record: dict[str, Any]) -> float | None:
        """Take a record; each one but the last gives the next test its own limit."""
        if record["kind"] == "collected":
            self._take_collected(record)
        elif record["kind"] == "start":
            self._current = record["nodeid"]
        elif record["kind"] == "run":
            self._finish(from_json(RawRun, record["run"]))
        return self.limit

    def _take_collected(self, record: dict[str, Any]) -> None:
        if not self.collected:
            self.collected = True
            self.pending = list(record["nodeids"])
            self.runs += [from_json(RawRun, run) for run in record["errors"]]

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
