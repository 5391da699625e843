"""pytest's hooks, each a few lines; the work is in ``pipeline``, the edges in ``edges``."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from types import FrameType
from typing import Any

import pytest

from pytest_llmgen.baseline import COVERAGE_PLUGIN, CoverageSetup, Recorder, why_partial
from pytest_llmgen.console import announce, show
from pytest_llmgen.edges import Edges
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.junit import add_properties
from pytest_llmgen.records import Report
from pytest_llmgen.settings import SET_ASIDE_VARIABLE, Settings


class LlmgenSession:
    """One run of pytest that generates or checks."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings = settings
        self.started, self.clock = datetime.now(UTC), monotonic()
        self.sys_path = list(sys.path)  # before conftests change it: workers start from the same
        self.options = config.known_args_namespace
        self.edges = Edges(config, settings, self.sys_path)
        self.coverage = CoverageSetup(self.options, self.edges.ground.source_folders(), wanted=not settings.merge)
        self.recorder = Recorder()
        self.report: Report | None = None

    @property
    def _runs_nothing(self) -> bool:
        return bool(self.settings.merge) or self.edges.ends_early

    def close(self) -> None:
        """Give the environment back; registered as a cleanup of the configuration."""
        self.coverage.close()
        os.environ.pop(SET_ASIDE_VARIABLE, None)

    def pytest_plugin_registered(self, plugin: object, plugin_name: str) -> None:
        """Pytest-cov measures from the moment on that it is registered."""
        if plugin_name == COVERAGE_PLUGIN:
            self.coverage.narrow(plugin, self.edges.ground.files_in_scope())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """What runs from here on is noted as this test's."""
        self.coverage.begin_test(item.config, item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Once pytest-cov has started."""
        self.coverage.quieten(config)
        self.edges.set_aside_earlier(config)
        if self.edges.set_aside:
            os.environ[SET_ASIDE_VARIABLE] = os.pathsep.join(self.edges.set_aside)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        """The verdict stands whatever other plugins and conftest files make of the exit status afterwards."""
        if self._runs_nothing and hasattr(config.option, "numprocesses"):
            # No test runs: xdist's workers, which ``addopts`` may ask for, would run the suite.
            config.option.numprocesses, config.option.dist, config.option.tx = None, "no", []
        status = yield
        return status if status is None or self.report is None else self.edges.exit_status(int(status), self.report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """A merge collects nothing, nor does a run that can't be judged."""
        if not self._runs_nothing:
            return None
        session.items = []
        return True

    def pytest_sessionstart(self) -> None:
        """Nothing is known of this run yet."""
        self.edges.outlets.set_aside()
        try:
            self.edges.check_walls()
        except LlmgenError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_report_header(self) -> list[str]:
        """Who writes, what is in scope, what the gate does."""
        return self.edges.header_lines()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Every phase of every test, also of xdist's workers."""
        self.recorder.on_report(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What could not be collected."""
        self.recorder.on_collect_report(report)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Tests that this run leaves out."""
        self.recorder.deselected += len(items)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """After the user's tests, and after pytest-cov has combined its data: our work."""
        try:
            result = yield
        except session.Interrupted:  # something could not be collected; what is green can be worked with
            self._work(session, pytest.ExitCode.INTERRUPTED)
            raise
        except session.Failed:  # -x
            self._work(session, pytest.ExitCode.TESTS_FAILED)
            raise
        except KeyboardInterrupt:
            self.edges.findings.interrupted = True
            self._conclude(pytest.ExitCode.INTERRUPTED)
            raise
        self._work(session, self._status(session))
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Apply the verdict, and only that."""
        if self.report is not None:
            # Another plugin may have found a fault of its own; that it found none undoes no failure.
            session.exitstatus = self.edges.exit_status(int(session.exitstatus) or int(exitstatus), self.report)

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Show the report."""
        if self.report is not None:
            show(terminalreporter, config, self.report, self.settings, self.edges.outlets)

    def _status(self, session: pytest.Session) -> pytest.ExitCode:
        """The exit status that pytest is going to give to the run."""
        if session.testsfailed:
            return pytest.ExitCode.TESTS_FAILED
        return pytest.ExitCode.OK if self.recorder.outcomes else pytest.ExitCode.NO_TESTS_COLLECTED

    def _work(self, session: pytest.Session, status: pytest.ExitCode) -> None:
        partial = why_partial(session.config, self.recorder, session)
        announce(session.config, self.settings)
        with _termination_as_interrupt(), _set_aside_for_gc():
            try:
                if self.settings.merge:
                    self.edges.merge()
                else:
                    self.edges.run(self.recorder, self.coverage, partial)
            except KeyboardInterrupt:
                status = pytest.ExitCode.INTERRUPTED
                raise
            finally:
                self._conclude(status)
                self.edges.let_go()

    def _conclude(self, status: pytest.ExitCode) -> None:
        try:
            self.report = self.edges.conclude(self.started, monotonic() - self.clock, int(status))
            self.edges.outlets.write(self.report)
        except LlmgenError as error:  # the terminal shows the verdict all the same
            raise pytest.UsageError(str(error)) from None
        add_properties(self.edges.config, self.report, self.edges.outlets.full_report() or "")
        self.edges.config.hook.pytest_llmgen_report(config=self.edges.config, report=self.report)


@contextmanager
def _set_aside_for_gc() -> Iterator[None]:
    """What the suite left is walked by no collection of our time; those of pytest, at the end, find it again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP end our work as Ctrl-C does: children are killed, the report is written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    names = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before: dict[int, Any] = {number: signal.signal(number, interrupt) for number in names}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
