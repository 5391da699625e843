"""The pytest of a cold child: it collects the files wanted, runs just the tests wanted, and ends the process."""

from __future__ import annotations

import dataclasses
import gc
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from pytest_llmgen.mutate.imports import MutantImport
from pytest_llmgen.run import quieting
from pytest_llmgen.run.collecting import MARKER
from pytest_llmgen.run.fork import Reporter
from pytest_llmgen.run.items import ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import AGAIN, COLLECT
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.mutants import Teller
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.shortcut import Shortcut, UnsureError
from pytest_llmgen.run.tally import raw_run
from pytest_llmgen.run.wire import to_json


class Setting:
    """The plugin that makes a pytest fit for judging."""

    def __init__(self) -> None:
        self.recorder = Recorder()

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Undo what ``addopts`` may have brought in."""
        quieting.neutralize(config)
        quieting.forget_selection(config)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register what is needed."""
        config.addinivalue_line("markers", MARKER)
        config.pluginmanager.register(self.recorder, "llmgen-recorder")


class ColdRun:
    """The plugin of such a child; what it does with the tests is for its subclasses to say."""

    def __init__(self, report: Reporter, setting: Setting, tests: Sequence[str], scratch: Path) -> None:
        self._report, self._recorder, self._tests, self._scratch = report, setting.recorder, tests, scratch
        self._ran, self._problem = False, ""
        self._generated: Collection[str] = ()
        self._others: frozenset[str] = frozenset()

    def leave_out(self, root: Path, generated: Collection[str]) -> None:
        """Do not look at generated files (whole paths) but those wanted: pytest makes a node of each file."""
        self._generated, self._others = generated, frozenset(generated).difference(self.files(root))
        quieting.pass_over(self._others)

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Pass over them; whether anything else is ignored is for others to say."""
        return True if str(collection_path) in self._others else None

    def files(self, root: Path) -> list[str]:
        """The test files wanted."""
        return list(dict.fromkeys(str(root / test.partition("::")[0]) for test in self._tests))

    def end(self) -> NoReturn:
        """Say what could not be done, and end."""
        if not self._ran:
            detail = self._problem or "the suite can't be started with this mutant"
            self._report.send("problem", what=COLLECT, detail=detail)
        self._report.leave()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> NoReturn:
        """Run the tests, unless some of them are not there; what pytest does after that is nobody's wish."""
        found = find_items(self._tests, session.items)
        missing = [test for test in self._tests if test not in found]
        if missing:
            errors = [f"{nodeid}: {error.message}" for nodeid, error in self._recorder.collect_errors]
            self._problem = "; ".join(errors) or f"{missing[0]} can't be collected with this mutant"
            self.end()
        self._ran = True
        sys.dont_write_bytecode = True
        gc.enable()
        items = [found[test] for test in self._tests]
        quieting.calm_hypothesis(items)
        quieting.private_tmp_path(session.config, self._scratch)
        self._meet(session, items)
        self.end()

    def _meet(self, session: pytest.Session, items: Sequence[pytest.Item]) -> None:
        raise NotImplementedError


class MutantRun(ColdRun):
    """Runs the tests under a mutant that the loader has handed out."""

    def __init__(
        self,
        report: Reporter,
        setting: Setting,
        tests: Sequence[str],
        scratch: Path,
        loader: MutantImport,
        *,
        every: bool,
        whole: bool,
    ) -> None:
        super().__init__(report, setting, tests, scratch)
        self._loader, self._every, self._whole = loader, every, whole
        self._wanted = {test.partition("[")[0].split("::")[1] for test in tests if "::" in test}

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str) -> list[pytest.Item] | None:
        """No items of the other tests in generated files: to make one costs more than to run one."""
        is_other = isinstance(collector, pytest.Module) and name not in self._wanted
        return [] if is_other and str(collector.path) in self._generated else None

    def end(self) -> NoReturn:
        """A module that nobody imported was not tested either."""
        if self._ran and not self._loader.loaded:
            self._report.send("problem", what=COLLECT, detail="the tests do not import the module")
        super().end()

    def _meet(self, session: pytest.Session, items: Sequence[pytest.Item]) -> None:
        names = {item.nodeid: test for test, item in zip(self._tests, items, strict=True)}
        teller = Teller(self._report, every=self._every)

        def after(result: ItemResult) -> bool:
            return teller.tell(dataclasses.replace(result, nodeid=names[result.nodeid]))

        shortcut = Shortcut(session, self._recorder)
        shortcut.consider(items)
        try:
            shortcut.run(items, after=after, whole=self._whole)
        except UnsureError as reason:
            self._report.send("problem", what=AGAIN, detail=str(reason))
            self._report.leave()
        shortcut.close()
        teller.flush()


class MapRun(ColdRun):
    """Runs one test with coverage; the meter has been running since before the project was imported.

    So it sees the threads, too, that the project has started by then.
    """

    def __init__(self, report: Reporter, setting: Setting, test: str, scratch: Path, meter: Meter) -> None:
        super().__init__(report, setting, [test], scratch)
        self._meter = meter

    def _meet(self, session: pytest.Session, items: Sequence[pytest.Item]) -> None:
        del session
        self._report.send("start", nodeid=items[0].nodeid)
        self._meter.cut()
        run_items(items, self._recorder, after=self._tell)

    def _tell(self, result: ItemResult) -> bool:
        self._report.send("run", run=to_json(raw_run(result, self._meter.stop())))
        return False


class ProofRun(ColdRun):
    """Runs files by themselves and tells what fails; of the project there is what pytest finds by itself."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> NoReturn:
        """Run what could be collected."""
        for nodeid, error in self._recorder.collect_errors:
            self._report.send("failed", nodeid=nodeid, message=error.message)
        self._ran = True
        quieting.calm_hypothesis(session.items)
        quieting.private_tmp_path(session.config, self._scratch)
        run_items(session.items, self._recorder, after=self._tell)
        self.end()

    def _tell(self, result: ItemResult) -> bool:
        if result.outcome not in GREEN:
            message = result.error.message if result.error else result.outcome.value
            self._report.send("failed", nodeid=result.nodeid, message=message)
        return True


def find_items(tests: Sequence[str], items: Sequence[pytest.Item]) -> dict[str, pytest.Item]:
    """The item of each test wanted; under a mutant a parametrized test may have other ids than without it.

    For each of those the next item of its function that nobody asked for stands in: whichever of them
    fails, a test of that function fails under the mutant.
    """
    by_id = {item.nodeid: item for item in items}
    found = {test: by_id[test] for test in tests if test in by_id}
    lost: dict[str, list[str]] = {}
    for test in tests:
        if test not in found:
            lost.setdefault(test.partition("[")[0], []).append(test)
    for function, wanted in lost.items():
        spare = [item for item in items if item.nodeid.partition("[")[0] == function and item.nodeid not in tests]
        if len(spare) >= len(wanted):
            found |= dict(zip(wanted, spare, strict=False))
    return found
