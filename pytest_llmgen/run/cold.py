"""Mutants that must be imported: a process with pytest loaded and nothing of the project forks a whole run for each."""

from __future__ import annotations

import dataclasses
import gc
import os
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import NoReturn

import pytest

from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.mutate.imports import MutantImport, install_import, loaded_as
from pytest_llmgen.records import MutantJob, MutantStatus, MutantVerdict
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.arguments import without_paths
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.collecting import MARKER, forget_bytecode
from pytest_llmgen.run.fork import DONE, BranchError, Reporter, branch
from pytest_llmgen.run.items import ItemResult, Recorder
from pytest_llmgen.run.judging import AGAIN, COLLECT, Attempt, settle
from pytest_llmgen.run.mutants import Teller
from pytest_llmgen.run.preload import preload
from pytest_llmgen.run.protocol import Start
from pytest_llmgen.run.shortcut import Shortcut, UnsureError
from pytest_llmgen.run.views import put
from pytest_llmgen.run.wire import from_json, to_json

OUT_OF_REACH = "is a part of what runs the tests: what it does when it is imported can't be changed"


class Zygote:
    """Serves ``load`` and ``judge``; each of its children is a pytest that imports and collects the files wanted.

    It waits inside of pytest's own start, as far in as nothing under test has been imported: before pytest collects,
    or before the first conftest file where these import it.  A child goes on from there.  Where plugins import the
    project, each child starts pytest anew.
    """

    def __init__(self, start: Start, channel: Channel, root: Path, scratch: Path, arguments: Sequence[str]) -> None:
        self._channel, self._root, self._scratch = channel, root, scratch
        self._sources = {source.path: source.text for source in start.sources}
        self._arguments, self._positional = list(arguments), start.positional
        self._outside, self._imported_by = start.outside, start.imported_by
        self._setting = Setting()
        self._children = 0
        self._config: pytest.Config | None = None
        self._run: ColdRun | None = None  # in a child

    def serve(self) -> NoReturn:
        """Serve until the executor is gone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            preload(self._outside)
        if self._imported_by == protocol.PLUGINS:
            self._loop()
        try:
            status = pytest.main(self._arguments, plugins=[self, self._setting])
            detail = f"pytest ended with status {int(status)} before it came to the tests"
        except BaseException:  # noqa: BLE001 (a project may raise anything when it is imported)
            detail = traceback.format_exc()
        if self._run is not None:
            self._run.end()
        self._channel.send(protocol.DEAD, detail=detail)
        os._exit(1)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, args: list[str]
    ) -> Generator[None, object, object]:
        """Serve from here, if conftest files import what is under test; a child goes on with the files it wants."""
        if self._imported_by == protocol.CONFTESTS:
            files = self._serve_within(early_config)
            early_config.known_args_namespace.file_or_dir = files
            args[:] = [*without_paths(args, self._positional), *files]
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Serve from here otherwise."""
        if self._run is None:
            self._config = session.config
            session.config.args = self._serve_within(session.config)
        return (yield)

    def _serve_within(self, config: pytest.Config) -> list[str]:
        """Comes back in a child, with the files that it wants."""
        try:
            self._loop()
        except _Start as start:
            self._run = start.run
            config.pluginmanager.register(start.run, "llmgen-cold-run")
            return start.run.files(self._root)

    def _loop(self) -> NoReturn:
        gc.collect()
        gc.freeze()
        hello = {"nodeids": [], "errors": [], "positional": [], "seconds": 0.0, "imported": {}, "outside": []}
        self._channel.send(protocol.HELLO, **hello)
        while (request := self._channel.receive()) is not None:
            if request["kind"] == "load":
                self._load(request["files"])
            else:
                for data in request["jobs"]:
                    self._judge(from_json(MutantJob, data), request["extra"])
            self._channel.send(protocol.END)
        os._exit(0)

    def _load(self, files: Mapping[str, str]) -> None:
        put(self._root, files)
        for path in files:
            forget_bytecode(self._root / path)
        self._channel.send(protocol.LOADED, nodeids=[], imported={})

    def _judge(self, job: MutantJob, extra: float) -> None:
        began = time.monotonic()
        verdict = self._verdict(job, extra)
        answer = {"id": job.mutant.id, "verdict": to_json(verdict), "seconds": time.monotonic() - began}
        self._channel.send(protocol.VERDICTS, answers=[answer])

    def _verdict(self, job: MutantJob, extra: float) -> MutantVerdict:
        path = self._root / job.mutant.path
        if name := loaded_as(str(path)):
            return MutantVerdict(job.mutant.id, MutantStatus.RUNTIME_ERROR, detail=f"{name} {OUT_OF_REACH}")
        source = mutated_source(self._sources[job.mutant.path], job.mutant)
        try:
            text = _Text(str(path), source, _compiled(source, path))
        except (SyntaxError, ValueError) as error:
            return MutantVerdict(job.mutant.id, MutantStatus.COMPILE_ERROR, detail=str(error))
        return settle(job, lambda tests, limit, *, every: self._attempt(text, tests, limit + extra, every=every))

    def _attempt(self, text: _Text, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        attempt = self._run_child(text, tests, limit, every=every)
        if attempt.problem and attempt.problem[0] == AGAIN:
            attempt = self._run_child(text, tests, limit, every=every, whole=True)
        return attempt

    def _run_child(
        self, text: _Text, tests: Sequence[str], limit: float, *, every: bool, whole: bool = False
    ) -> Attempt:
        self._children += 1
        scratch = self._scratch / f"cold-{self._children}"
        attempt = Attempt(asked=tests)
        try:
            attempt.end = branch(attempt.add, limit)
        except BranchError as child:
            self._channel.close()
            sys.dont_write_bytecode = False  # of what does not change: the next child need not compile it
            gc.disable()
            loader = install_import(text.path, text.source, text.code)
            run = ColdRun(child.reporter, loader, self._setting, tests, scratch, every=every, whole=whole)
            if self._imported_by != protocol.PLUGINS:
                raise _Start(run) from None
            self._start_anew(run)
        if self._config is not None:
            quieting.clean(self._config, scratch, ended_well=attempt.end.how == DONE)
        elif scratch.exists():
            shutil.rmtree(scratch, ignore_errors=True)
        return attempt

    def _start_anew(self, run: ColdRun) -> NoReturn:
        options = without_paths(self._arguments, self._positional)
        try:
            pytest.main([*options, *run.files(self._root)], plugins=[run, self._setting])
        finally:
            run.end()


class _Start(BaseException):
    """Leads a child out of the server's loop."""

    def __init__(self, run: ColdRun) -> None:
        super().__init__("a child starts")
        self.run = run


@dataclass(frozen=True, slots=True)
class _Text:
    """A module's mutated text."""

    path: str
    source: str
    code: CodeType


def _compiled(source: str, path: Path) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, str(path), "exec", dont_inherit=True)


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
    """The plugin of such a child: runs just the tests wanted, in their order, and ends the process."""

    def __init__(
        self,
        report: Reporter,
        loader: MutantImport,
        setting: Setting,
        tests: Sequence[str],
        scratch: Path,
        *,
        every: bool,
        whole: bool,
    ) -> None:
        self._tests, self._ran, self._problem = tests, False, ""
        self._report, self._loader, self._scratch = report, loader, scratch
        self._recorder, self._every, self._whole = setting.recorder, every, whole

    def files(self, root: Path) -> list[str]:
        """The test files wanted."""
        return list(dict.fromkeys(str(root / test.partition("::")[0]) for test in self._tests))

    def end(self) -> NoReturn:
        """Say what could not be done, and end."""
        if not self._ran:
            detail = self._problem or "the suite can't be started with this mutant"
            self._report.send("problem", what=COLLECT, detail=detail)
        elif not self._loader.loaded:
            self._report.send("problem", what=COLLECT, detail="the tests do not import the module")
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
        self._meet(session, [found[test] for test in self._tests])
        self.end()

    def _meet(self, session: pytest.Session, items: Sequence[pytest.Item]) -> None:
        quieting.calm_hypothesis(items)
        quieting.private_tmp_path(session.config, self._scratch)
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
