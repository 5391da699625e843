"""The user's own run as the baseline: pytest-cov set up to measure it, and what it came to.

``CoverageSetup`` is the only place that knows pytest-cov's options; ``Recorder`` only listens.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import Outcome, TestRun

_MESSAGE_LIMIT = 2000


class CoverageSetup:
    """Pytest-cov's options for a run that nobody asked to be measured.

    The user's own ``--cov`` is never changed: then ``is_ours`` is False and the data are theirs.
    """

    def __init__(self, options: Any, sources: Sequence[Path]) -> None:
        self.is_available = hasattr(options, "cov_source") and not getattr(options, "no_cov", False)
        self.is_ours = self.is_available and not options.cov_source
        self._saved: dict[str, str | None] = {}
        self.folder: Path | None = None
        self._values: dict[str, Any] = {}
        if self.is_ours:
            self.folder = Path(tempfile.mkdtemp(prefix="llmgen-cov-"))
            self._values = {
                "cov_source": [str(source) for source in sources],
                "cov_branch": True,
                "cov_context": "test",
                "cov_report": {"": None},  # pytest-cov's form of "no report"
                "cov_fail_under": 0,
                "cov_append": False,
            }
            # coverage's sys.monitoring core has no dynamic contexts.
            self._set_environment(COVERAGE_FILE=str(self.folder / "coverage"), COVERAGE_CORE="ctrace")
            self.apply(options)

    def apply(self, options: Any) -> None:
        """Set the options on a namespace: the early one, then the final one that xdist hands on."""
        for name, value in self._values.items():
            setattr(options, name, list(value) if isinstance(value, list) else value)

    def data_files(self, config: pytest.Config) -> list[Path]:
        """Where pytest-cov left its data, once the run is over."""
        if self.folder is not None:
            return sorted(self.folder.glob("coverage*"))
        controller = getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)
        measured = getattr(controller, "cov", None)
        if measured is None:
            return []
        file = config.rootpath / measured.config.data_file
        return [file] if file.is_file() else []

    def close(self) -> None:
        """Give the environment back as it was, and remove our data."""
        for name, value in self._saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._saved.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _set_environment(self, **values: str) -> None:
        for name, value in values.items():
            self._saved.setdefault(name, os.environ.get(name))
            os.environ[name] = value


@dataclass
class Recorder:
    """Listens to the user's run."""

    outcomes: dict[str, TestRun] = field(default_factory=dict)
    collection_errors: list[str] = field(default_factory=list)
    deselected: int = 0

    def on_report(self, report: pytest.TestReport) -> None:
        """Fold the three phases of a test into one outcome, the worst one."""
        outcome = outcome_of(report)
        before = self.outcomes.get(report.nodeid)
        if before is not None and outcome is Outcome.PASSED:
            outcome = before.outcome
        elif report.when != "call" and outcome is Outcome.PASSED and before is None:
            outcome = Outcome.PASSED
        seconds = report.duration + (before.seconds if before else 0.0)
        message = report.longreprtext[-_MESSAGE_LIMIT:] if report.failed else (before.message if before else "")
        self.outcomes[report.nodeid] = TestRun(report.nodeid, outcome, seconds, message=message)

    def on_collect_report(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected."""
        if report.failed:
            last = report.longreprtext.strip().splitlines()[-1:] or [""]
            self.collection_errors.append(f"{report.nodeid}: {last[0].strip()}")


def outcome_of(report: pytest.TestReport) -> Outcome:
    """The outcome of one phase."""
    expected_to_fail = hasattr(report, "wasxfail")
    if report.failed:
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    if report.skipped:
        return Outcome.XFAILED if expected_to_fail else Outcome.SKIPPED
    return Outcome.XPASSED if expected_to_fail else Outcome.PASSED


def why_partial(config: pytest.Config, recorder: Recorder, session: pytest.Session) -> str | None:
    """Why tests of the project may not have run, if so: such a run can't prove that a gap is open."""
    if session.shouldfail or session.shouldstop:
        return f"the run stopped early ({session.shouldfail or session.shouldstop})"
    if recorder.deselected:
        return f"{recorder.deselected} tests were deselected (-k, -m, --lf, --deselect or a plugin)"
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        left_out = _test_files_outside(config)
        if left_out:
            return f"the paths given leave out {left_out} test file{'s' if left_out > 1 else ''}"
    return None


def _test_files_outside(config: pytest.Config) -> int:
    """How many of the project's test files are not under the paths on the command line."""
    given = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    if any("::" in argument for argument in config.args):
        return max(1, len(files_of_tests(config)) - len(given))
    roots = [path.resolve() for path in given]
    return sum(not any(file.is_relative_to(root) for root in roots) for file in files_of_tests(config))


def files_of_tests(config: pytest.Config) -> list[Path]:
    """The project's test files by ``testpaths`` and ``python_files``, hidden and virtual folders left out."""
    folders = [config.rootpath / path for path in config.getini("testpaths")] or [config.rootpath]
    patterns = config.getini("python_files")
    found: set[Path] = set()
    for folder in folders:
        if folder.is_file():
            found.add(folder.resolve())
        for parent, names, files in os.walk(folder):
            names[:] = [n for n in names if not _is_skipped(Path(parent) / n, config.getini("norecursedirs"))]
            found |= {(Path(parent) / f).resolve() for f in files if any(Path(f).match(p) for p in patterns)}
    return sorted(found)


def _is_skipped(folder: Path, patterns: Sequence[str]) -> bool:
    is_environment = (folder / "pyvenv.cfg").exists()
    return is_environment or folder.name == "__pycache__" or any(folder.match(pattern) for pattern in patterns)
