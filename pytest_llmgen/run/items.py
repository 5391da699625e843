"""Running collected items through pytest's own protocol and boiling the reports down to outcomes."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import Outcome
from pytest_llmgen.run.phases import is_of_subtest, outcome_of

MESSAGE_LIMIT = 4000
VALUE_LIMIT = 2000
SHOWN_FRAMES = 5


@dataclass(slots=True)
class Error:
    """An exception in short."""

    type_name: str
    message: str
    line: int | None = None


@dataclass(slots=True, eq=False)
class Recorder:
    """A plugin that keeps what pytest reports of the item that runs now."""

    reports: list[pytest.TestReport] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    collect_errors: list[tuple[str, Error]] = field(default_factory=list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report."""
        self.reports.append(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the exception of a failure in short, which the report has only as text."""
        report = yield
        if report.failed and call.excinfo is not None:
            self.errors.append(describe_error(call.excinfo.value, item.path))
        return report

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: Any
    ) -> None:
        """Keep why a module could not be collected."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            self.collect_errors.append((node.nodeid, describe_error(_cause(call.excinfo.value), node.path)))

    def clear(self) -> None:
        """Forget all."""
        self.reports.clear()
        self.errors.clear()
        self.collect_errors.clear()


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What one run of one item came to."""

    nodeid: str
    outcome: Outcome
    seconds: float
    error: Error | None = None


def run_items(
    items: Sequence[pytest.Item],
    recorder: Recorder,
    *,
    before: Callable[[str], None] = lambda _nodeid: None,
    after: Callable[[ItemResult], bool],
    following: pytest.Item | None = None,
) -> None:
    """Run items in order through the whole protocol, before ``following``; ``after`` says whether to go on."""
    for item, next_item in zip(items, [*items[1:], following], strict=True):
        recorder.clear()
        before(item.nodeid)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=next_item)
        if not after(summarize(item.nodeid, recorder)):
            return


def summarize(nodeid: str, recorder: Recorder) -> ItemResult:
    """One result of all phases of an item, and of its subtests that fail."""
    own = [report for report in recorder.reports if not is_of_subtest(report)]
    failed = [report for report in recorder.reports if is_of_subtest(report) and report.failed]
    outcome = worst([outcome_of(report) for report in (*own, *failed)])
    seconds = sum(report.duration for report in own)
    bad = outcome in (Outcome.FAILED, Outcome.ERROR)
    return ItemResult(nodeid, outcome, seconds, _error(recorder) if bad else None)


def _error(recorder: Recorder) -> Error:
    if recorder.errors:
        return recorder.errors[0]
    failed = next(report for report in recorder.reports if report.failed)
    return Error("builtins.AssertionError", failed.longreprtext[:VALUE_LIMIT])  # a strict xfail that passed


_RANK = (Outcome.FAILED, Outcome.ERROR, Outcome.XFAILED, Outcome.XPASSED, Outcome.SKIPPED, Outcome.PASSED)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The one outcome that counts; none at all is an error."""
    return min(outcomes, key=_RANK.index, default=Outcome.ERROR)


def _cause(error: BaseException) -> BaseException:
    """What an import really failed of, below pytest's own error."""
    while isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def describe_error(error: BaseException, path: Path) -> Error:
    """An exception in short: type, value, the last lines of ``path`` that it came through."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    file = str(path)
    numbers = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    lines = [f"{path.name}:{n}: {linecache.getline(file, n).strip()}" for n in numbers[-SHOWN_FRAMES:]]
    message = "\n".join([f"{kind.__qualname__}: {_text(error)}", *lines])
    line = numbers[-1] if numbers else _syntax_line(error, path)
    return Error(name, message[:MESSAGE_LIMIT], line)


def _syntax_line(error: BaseException, path: Path) -> int | None:
    return error.lineno if isinstance(error, SyntaxError) and error.filename == str(path) else None


def _text(error: BaseException) -> str:
    try:
        return str(error)[:VALUE_LIMIT]
    except Exception as second:  # noqa: BLE001 (an exception of the code under test may not even print)
        return f"<no text: {type(second).__name__}>"
