"""Mutants that must be imported: a process with pytest loaded and nothing of the project forks a whole run for each."""

from __future__ import annotations

import gc
import linecache
import os
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

import pytest

from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.mutate.imports import hand_out, loaded_as
from pytest_llmgen.records import MutantJob, MutantStatus, MutantVerdict, Outcome
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.arguments import without_paths
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.coldrun import ColdRun, MapRun, MutantRun, ProofRun, Setting
from pytest_llmgen.run.collecting import forget_bytecode
from pytest_llmgen.run.fork import DONE, TIMEOUT, BranchError, End, OnRecord, Reporter, branch
from pytest_llmgen.run.judging import AGAIN, COLLECT, UNFIT, Attempt, settle
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.paths import heard_path
from pytest_llmgen.run.preload import preload
from pytest_llmgen.run.protocol import Start
from pytest_llmgen.run.tally import Tally
from pytest_llmgen.run.views import put
from pytest_llmgen.run.wire import from_json, to_json

OUT_OF_REACH = "is a part of what runs the tests: what it does when it is imported can't be changed"


class Zygote:
    """Serves mutants, tests and files to prove; each of its children is a pytest that collects the files wanted.

    It waits inside of pytest's own start, as far in as nothing under test has been imported: before pytest collects,
    or before the first conftest file where these import it.  A child goes on from there.  Where plugins import the
    project, each child starts pytest anew.
    """

    def __init__(self, start: Start, channel: Channel, root: Path, scratch: Path, arguments: Sequence[str]) -> None:
        self._channel, self._root, self._scratch = channel, root, scratch
        self._sources = {source.path: source.text for source in start.sources}
        self._arguments, self._positional = list(arguments), start.positional
        self._outside = start.outside
        self._imported_by = protocol.PLUGINS if start.kind == protocol.PLAIN else start.imported_by
        self._path = heard_path(start.path, root)
        self._setting, self._meter = Setting(), Meter(root, list(self._sources))
        self._names: dict[str, str] = {}  # by path: as what it is imported here
        self._unfit: dict[tuple[str, frozenset[str]], str] = {}  # by module and test files: why they can't be run
        self._generated: set[str] = set()  # whole paths of files that were loaded
        self._children = 0
        self._config: pytest.Config | None = None
        self._run: ColdRun | None = None  # in a child

    def serve(self) -> NoReturn:
        """Serve until the executor is gone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            preload(self._outside, self._root)
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
        quieting.know_patterns(config)
        try:
            self._loop()
        except _Start as start:
            self._run = start.run
            config.pluginmanager.register(start.run, "llmgen-cold-run")
            return start.run.files(self._root)

    def _loop(self) -> NoReturn:
        gc.collect()
        gc.freeze()
        gc.enable()
        hello = {"nodeids": [], "errors": [], "positional": [], "seconds": 0.0, "imported": {}, "outside": []}
        self._channel.send(protocol.HELLO, **hello)
        while (request := self._channel.receive()) is not None:
            if request["kind"] == "load":
                self._load(request["files"])
            elif request["kind"] == "map":
                self._map(request["nodeids"][0], request["timeout"] + request["extra"])
            elif request["kind"] == "prove":
                self._prove(request["files"], request["timeout"])
            else:
                for data in request["jobs"]:
                    self._judge(from_json(MutantJob, data), request["extra"])
            self._channel.send(protocol.END)
        os._exit(0)

    def _load(self, files: Mapping[str, str]) -> None:
        put(self._root, files)
        self._generated.update(str(self._root / path) for path in files)
        for path in files:
            forget_bytecode(self._root / path)
        linecache.clearcache()
        self._channel.send(protocol.LOADED, nodeids=[], imported={})

    def _judge(self, job: MutantJob, extra: float) -> None:
        began = time.monotonic()
        verdict = self._verdict(job, extra)
        answer = {"id": job.mutant.id, "verdict": to_json(verdict), "seconds": time.monotonic() - began}
        self._channel.send(protocol.VERDICTS, answers=[answer])

    def _verdict(self, job: MutantJob, extra: float) -> MutantVerdict:
        path = self._root / job.mutant.path
        if name := self._loaded_as(job.mutant.path):
            return MutantVerdict(job.mutant.id, MutantStatus.RUNTIME_ERROR, detail=f"{name} {OUT_OF_REACH}")
        for test in job.tests:  # once here, so that no child has to
            linecache.getline(str(self._root / test.partition("::")[0]), 1)
        source = mutated_source(self._sources[job.mutant.path], job.mutant)
        try:
            text = _Text(str(path), source, _compiled(source, path))
        except (SyntaxError, ValueError) as error:
            return MutantVerdict(job.mutant.id, MutantStatus.COMPILE_ERROR, detail=str(error))
        return settle(job, lambda tests, limit, *, every: self._attempt(job, text, tests, limit + extra, every=every))

    def _loaded_as(self, path: str) -> str:
        """Looked up once: here nothing is imported any more."""
        if path not in self._names:
            self._names[path] = loaded_as(str(self._root / path))
        return self._names[path]

    def _attempt(self, job: MutantJob, text: _Text, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        attempt = self._run_mutant(text, tests, limit, every=every)
        if attempt.problem and attempt.problem[0] == AGAIN:
            attempt = self._run_mutant(text, tests, limit, every=every, whole=True)
        if attempt.problem and attempt.problem[0] == COLLECT and (why := self._without(job.mutant.path, tests, limit)):
            attempt.problem = (UNFIT, why)
        return attempt

    def _without(self, path: str, tests: Sequence[str], limit: float) -> str:
        """Why these tests can't be run where nothing is mutated; looked at once."""
        key = path, frozenset(test.partition("::")[0] for test in tests)
        if key not in self._unfit:
            source, place = self._sources[path], self._root / path
            found = self._run_mutant(_Text(str(place), source, _compiled(source, place)), tests, limit, every=False)
            self._unfit[key] = found.problem[1] if found.problem and found.problem[0] == COLLECT else ""
        return self._unfit[key]

    def _prove(self, files: Sequence[str], limit: float) -> None:
        """Run test files by themselves, as plain pytest does."""
        found: dict[str, str] = {}

        def note(record: dict[str, Any]) -> None:
            if record["kind"] == "failed":
                found[record["nodeid"]] = record["message"]
            elif record["kind"] == "problem":
                found[files[0]] = record["detail"]

        end = self._child(lambda report, scratch: ProofRun(report, self._setting, files, scratch), note, limit)
        if end.how != DONE and not found:
            found[files[0]] = f"the run {'took too long' if end.how == TIMEOUT else end.detail}"
        self._channel.send(protocol.PROVED, found=found)

    def _run_mutant(
        self, text: _Text, tests: Sequence[str], limit: float, *, every: bool, whole: bool = False
    ) -> Attempt:
        attempt = Attempt(asked=frozenset(tests))

        def made(report: Reporter, scratch: Path) -> ColdRun:
            loader = hand_out(text.path, text.source, text.code)
            return MutantRun(report, self._setting, tests, scratch, loader, every=every, whole=whole)

        attempt.end = self._child(made, attempt.add, limit)
        return attempt

    def _map(self, nodeid: str, limit: float) -> None:
        """Run a test in a process of its own, with coverage."""

        def made(report: Reporter, scratch: Path) -> ColdRun:
            self._meter.start()
            return MapRun(report, self._setting, nodeid, scratch, self._meter)

        tally = Tally([nodeid], limit)
        tally.end(self._child(made, tally.add, limit))
        if not tally.runs:
            tally.abandon(Outcome.NOT_COLLECTED, "a worker did not collect it")
        for run in tally.runs:
            self._channel.send(protocol.RUN, run=to_json(run))

    def _child(self, made: Callable[[Reporter, Path], ColdRun], on_record: OnRecord, limit: float) -> End:
        self._children += 1
        scratch = self._scratch / f"cold-{self._children}"
        try:
            end = branch(on_record, limit)
        except BranchError as child:
            self._channel.close()
            sys.path[:] = self._path or sys.path
            sys.dont_write_bytecode = False  # of what does not change: the next child need not compile it
            gc.disable()
            run = made(child.reporter, scratch)
            run.leave_out(self._root, self._generated)
            if self._imported_by != protocol.PLUGINS:
                raise _Start(run) from None
            self._start_anew(run)
        if self._config is not None:
            quieting.clean(self._config, scratch, ended_well=end.how == DONE)
        elif scratch.exists():
            shutil.rmtree(scratch, ignore_errors=True)
        return end

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
