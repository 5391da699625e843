"""The user's own run as the baseline: pytest-cov set up to measure it, and what it came to.

``CoverageSetup`` is the only place that knows pytest-cov's options; ``Recorder`` only listens.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import Outcome, TestRun
from pytest_llmgen.run.measure import narrow
from pytest_llmgen.run.phases import is_of_subtest, outcome_of
from pytest_llmgen.run.sandbox.private import make
from pytest_llmgen.settings import COVERAGE_VARIABLE

_MESSAGE_LIMIT = 2000
_NO_NEWS = ("no-data-collected", "module-not-imported", "module-not-measured")
_CONFLICT = "ignore:--include is ignored"
"""Said where the project's settings have an ``include``: sources are named, so there are no fewer data."""
_RED = (Outcome.FAILED, Outcome.ERROR)
COVERAGE_PLUGIN = "_cov"
"""As what pytest-cov registers itself once it measures."""
NO_LLM = "no_llm"
GENERATED = "llm_generated"


class CoverageSetup:
    """Pytest-cov's options for a run that nobody asked to be measured.

    The user's own ``--cov`` is never changed: then ``is_ours`` is False and the data are theirs.
    """

    def __init__(self, options: Any, sources: Sequence[Path], *, wanted: bool = True) -> None:
        self.is_available = wanted and hasattr(options, "cov_source") and not getattr(options, "no_cov", False)
        self.is_ours = self.is_available and not options.cov_source
        self._saved: dict[str, str | None] = {}
        self.folder: Path | None = None
        if self.is_ours:
            self.folder = make("cov-")
            values = {
                "cov_source": [str(source) for source in sources],
                "cov_branch": True,
                "cov_context": None,  # ``begin_test`` makes one a test: pytest-cov's three cost three times as much
                "cov_report": {"": None},  # pytest-cov's form of "no report"
                "cov_fail_under": 0,
                "cov_append": False,
                "pythonwarnings": [*(getattr(options, "pythonwarnings", None) or []), _CONFLICT],
            }
            vars(options).update(values)
            # coverage's sys.monitoring core has no dynamic contexts.
            self._set_environment(COVERAGE_FILE=str(self.folder / "coverage"), COVERAGE_CORE="ctrace")
            for_workers = {**values, "cov_context": "test"}  # xdist's, where our session is not
            self._set_environment(**{COVERAGE_VARIABLE: json.dumps(for_workers)})

    def quieten(self, config: pytest.Config) -> None:
        """A run that nobody asked to be measured says nothing of having measured nothing."""
        measured = self._measured(config)
        if self.is_ours and measured is not None:
            asked = list(measured.get_option("run:disable_warnings") or [])
            measured.set_option("run:disable_warnings", [*asked, *_NO_NEWS])

    def narrow(self, plugin: object, files: Sequence[Path]) -> None:
        """Once pytest-cov has started: what is measured for us is the files in scope, and no more of their packages."""
        owner = getattr(getattr(plugin, "cov_controller", None), "cov", None)
        if self.is_ours and owner is not None:
            narrow(owner, files)

    def begin_test(self, config: pytest.Config, nodeid: str) -> None:
        """What runs from here on is the test's."""
        controller: Any = getattr(config.pluginmanager.getplugin(COVERAGE_PLUGIN), "cov_controller", None)
        if self.is_ours and getattr(controller, "started", False):
            controller.cov.switch_context(f"{nodeid}|test")

    def why_unusable(self) -> str:
        """Why the run's own coverage can't serve, for a person."""
        if not self.is_available:
            return "pytest-cov is switched off or not there"
        if self.is_ours:
            return "the run did not come to its end"
        return "it has no branches or no contexts; --cov-branch --cov-context=test would give it both"

    def data_files(self, config: pytest.Config) -> list[Path]:
        """Where pytest-cov left its data, once the run is over."""
        if self.folder is not None:
            return sorted(self.folder.glob("coverage*"))
        measured = self._measured(config)
        if not self.is_available or measured is None:
            return []
        file = config.rootpath / measured.config.data_file
        return [file] if file.is_file() else []

    @staticmethod
    def _measured(config: pytest.Config) -> Any:
        """Coverage's object of this process, None without one."""
        controller = getattr(config.pluginmanager.getplugin(COVERAGE_PLUGIN), "cov_controller", None)
        return getattr(controller, "cov", None)

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
    left_out: set[str] = field(default_factory=set)  # node ids marked no_llm
    generated: set[str] = field(default_factory=set)  # files with tests marked llm_generated

    def on_report(self, report: pytest.TestReport) -> None:
        """Fold the three phases of a test into one outcome, the worst one."""
        if is_of_subtest(report) and not report.failed:
            return
        outcome = outcome_of(report)
        before = self.outcomes.get(report.nodeid)
        if before is not None and (outcome is Outcome.PASSED or (before.outcome in _RED and not report.failed)):
            outcome = before.outcome
        if GENERATED in report.keywords:
            self.generated.add(report.nodeid.partition("::")[0])
        if NO_LLM in report.keywords:
            self.left_out.add(report.nodeid)
        seconds = report.duration + (before.seconds if before else 0.0)
        message = report.longreprtext[-_MESSAGE_LIMIT:] if report.failed else (before.message if before else "")
        self.outcomes[report.nodeid] = TestRun(report.nodeid, outcome, seconds, message=message)

    def on_collect_report(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected."""
        if report.failed:
            last = report.longreprtext.strip().splitlines()[-1:] or [""]
            self.collection_errors.append(f"{report.nodeid}: {last[0].removeprefix('E ').strip()}")


def why_partial(config: pytest.Config, recorder: Recorder, session: pytest.Session) -> str | None:
    """Why tests of the project may not have run, if so: such a run can't prove that a gap is open."""
    if session.shouldfail or session.shouldstop:
        return f"the run stopped early ({session.shouldfail or session.shouldstop})"
    if recorder.deselected:
        number = "a test was" if recorder.deselected == 1 else f"{recorder.deselected} tests were"
        return f"{number} deselected (-k, -m, --lf, --deselect or a plugin)"
    if selection := _selection_in_workers(config):
        return f"{selection} may have deselected tests"
    if any("::" in argument for argument in config.args):
        return "single tests were named"
    return _files_left_out(config) or None


def _files_left_out(config: pytest.Config) -> str:
    left_out = _test_files_outside(config)
    skipped = getattr(config.pluginmanager.get_plugin("lfplugin"), "_skipped_files", 0)
    if left_out:
        return f"the arguments leave out {_some(left_out)}"
    return f"--lf left out {skipped} test file{'s' if skipped > 1 else ''}" if skipped else ""


_MOST_FILES = 3


def _some(files: Sequence[str]) -> str:
    more = len(files) - _MOST_FILES
    return ", ".join(files[:_MOST_FILES]) + (f" and {more} more test file{'s' if more > 1 else ''}" if more > 0 else "")


def _selection_in_workers(config: pytest.Config) -> str:
    """The option that selects tests, where xdist's workers do the selecting and don't say what they left out."""
    options: Any = config.option
    if not getattr(options, "numprocesses", None):
        return ""
    given = {
        "-k": options.keyword,
        "-m": options.markexpr,
        "--deselect": options.deselect,
        "--lf": _is_last_failed(config),
    }
    return next((name for name, value in given.items() if value), "")


def _is_last_failed(config: pytest.Config) -> bool:
    """Whether ``--lf`` was given; without earlier failures it runs everything."""
    return bool(getattr(config.option, "lf", False))


def _test_files_outside(config: pytest.Config) -> list[str]:
    """The project's test files that the command line leaves out, by its paths or ``--ignore``."""
    folder = config.invocation_params.dir
    roots = [(folder / argument).resolve() for argument in config.args]
    ignored = [(folder / path).resolve() for path in _ignored(config.invocation_params.args)]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        roots = [Path("/")]
    outside = [f for f in files_of_tests(config) if not _is_below(f, roots) or _is_below(f, ignored)]
    return [os.path.relpath(file, config.rootpath) for file in outside]


def _ignored(arguments: Sequence[str]) -> list[str]:
    """The values of ``--ignore`` on the command line; those of the configuration are the project's own."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    glued = [word.removeprefix("--ignore=") for word in arguments if word.startswith("--ignore=")]
    return glued + [after for word, after in pairs if word == "--ignore"]


def _is_below(file: Path, roots: Sequence[Path]) -> bool:
    return any(file.is_relative_to(root) for root in roots)


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
