"""The one module that writes to pytest's terminal: our sections, our progress, our report."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from threading import Lock
from time import monotonic
from typing import Any

import pytest

from pytest_llmgen.heartbeat import Heartbeat
from pytest_llmgen.outlets import Outlets
from pytest_llmgen.records import Report
from pytest_llmgen.report.formats import wants
from pytest_llmgen.report.layout import Line, Style
from pytest_llmgen.report.progress import Progress, progress_line
from pytest_llmgen.report.terminal import render, verdict_only
from pytest_llmgen.settings import Settings

HEARTBEAT_SECONDS = 10.0
"""How often a log is looked after; what is written into it then is up to ``report.progress``."""
_SEPARATORS = {Style.SECTION: "=", Style.PART: "-", Style.RULE: "-"}
_MARKUP: Mapping[Style, dict[str, bool]] = {
    Style.GOOD: {"green": True},
    Style.BAD: {"red": True, "bold": True},
    Style.WARN: {"yellow": True},
    Style.ADDED: {"green": True},
    Style.REMOVED: {"red": True},
}


def _write(reporter: Any, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.style in _SEPARATORS:
            reporter.write_sep(_SEPARATORS[line.style], line.text or None)
        else:
            reporter.write_line(line.text, **_MARKUP.get(line.style, {}))


def announce(config: pytest.Config, settings: Settings) -> None:
    """Say that the user's tests are over and our work begins."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and config.get_verbosity() >= 0:
        reporter.write_sep("=", "llm-generate" if settings.generate else "llm-check")


def show(reporter: Any, config: pytest.Config, report: Report, settings: Settings, outlets: Outlets) -> None:
    """Write the report, only its verdict where the user asked for other formats, and what GitHub reads in a log."""
    if wants(settings.reports, "term"):
        lines = render(
            report,
            width=reporter._tw.fullwidth,  # noqa: SLF001 (no public way)
            verbosity=config.get_verbosity(),
            show_gaps=settings.show_gaps,
            report_path=outlets.full_report() or "",
            report_paths=outlets.places(),
        )
    else:
        lines = verdict_only(report, width=reporter._tw.fullwidth, report_paths=outlets.places())  # noqa: SLF001
    _write(reporter, _harmless(lines))
    for command in outlets.workflow_commands(report):
        reporter.write_line(command)


def _harmless(lines: Sequence[Line]) -> Sequence[Line]:
    """On GitHub, lines that start with ``::`` are commands: not those of tests, of code or of a model."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return lines
    token = secrets.token_hex(16)
    return (Line(f"::stop-commands::{token}"), *lines, Line(f"::{token}::"))


class ProgressView:
    """The pipeline's progress on pytest's terminal; silent without one, and with -q."""

    def __init__(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.getplugin("terminalreporter")
        self._inner: Progress | None = None
        self._heartbeat: Heartbeat | None = None
        self._lock = Lock()
        self._stage, self._last, self._width = "", "", 80
        if reporter is not None:
            writer = config.get_terminal_writer()
            self._width = writer.fullwidth
            self._inner = Progress(
                lambda text: writer.write(text, flush=True),
                is_terminal=reporter.isatty,
                quiet=config.get_verbosity() < 0,
                width=writer.fullwidth,
                clock=monotonic,
            )
            if not reporter.isatty:
                self._heartbeat = Heartbeat(lambda: self._show(self._last), HEARTBEAT_SECONDS)

    def stage(self, text: str) -> None:
        """A stage began."""
        self._stage = text
        self._show(text)

    def step(self, done: int, total: int, text: str = "") -> None:
        """So much of the stage is done."""
        self._show(f"{self._stage} {done}/{total} {text}".rstrip())

    def note(self, text: str) -> None:
        """A line of its own."""
        if self._inner is not None:
            with self._lock:
                self._inner.done(text)

    def item(self, done: int, total: int, target: str, outcome: str, cost: str) -> None:
        """The line of a target that has been worked on."""
        self.note(progress_line(done, total, target, outcome, cost, self._width))

    def close(self) -> None:
        """Leave the terminal to others."""
        if self._heartbeat is not None:
            self._heartbeat.close()
        if self._inner is not None:
            self._inner.close()

    def _show(self, text: str) -> None:
        self._last = text
        if self._inner is not None:
            with self._lock:
                self._inner.stage(text)
