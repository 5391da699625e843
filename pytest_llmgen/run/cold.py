"""Mutants that must be imported: a process with pytest loaded and nothing of the project forks a whole run for each."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import shutil
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.mutate.imports import install_import
from pytest_llmgen.records import Mutant, MutantJob
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.arguments import without_paths
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.collecting import MARKER
from pytest_llmgen.run.fork import Reporter, run_child
from pytest_llmgen.run.items import ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import COLLECT, COMPILE, Attempt, settle
from pytest_llmgen.run.mutants import Teller
from pytest_llmgen.run.preload import preload
from pytest_llmgen.run.protocol import Start
from pytest_llmgen.run.views import put
from pytest_llmgen.run.wire import from_json, to_json


class Zygote:
    """Serves ``load`` and ``judge``; its children start pytest anew on the files of the tests wanted."""

    def __init__(self, start: Start, channel: Channel, root: Path, scratch: Path, arguments: Sequence[str]) -> None:
        self._channel, self._root, self._scratch = channel, root, scratch
        self._sources = {source.path: source.text for source in start.sources}
        self._options = without_paths(arguments, start.positional)
        self._outside = start.outside
        self._children = 0

    def serve(self) -> NoReturn:
        """Serve until the executor is gone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            preload(self._outside)
        gc.collect()
        gc.freeze()
        hello = {"nodeids": [], "errors": [], "positional": [], "seconds": 0.0, "imported": {}, "outside": []}
        self._channel.send(protocol.HELLO, **hello)
        while (request := self._channel.receive()) is not None:
            if request["kind"] == "load":
                put(self._root, request["files"])
                self._channel.send(protocol.LOADED, nodeids=[], imported={})
            else:
                for data in request["jobs"]:
                    self._judge(from_json(MutantJob, data), request["extra"])
            self._channel.send(protocol.END)
        os._exit(0)

    def _judge(self, job: MutantJob, extra: float) -> None:
        began = time.monotonic()
        verdict = settle(
            job, lambda tests, limit, *, every: self._attempt(job.mutant, tests, limit + extra, every=every)
        )
        answer = {"id": job.mutant.id, "verdict": to_json(verdict), "seconds": time.monotonic() - began}
        self._channel.send(protocol.VERDICTS, answers=[answer])

    def _attempt(self, mutant: Mutant, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        source = mutated_source(self._sources[mutant.path], mutant)
        problem = _compile_problem(source, mutant.path)
        if problem:
            return Attempt(problem=(COMPILE, problem))
        self._children += 1
        scratch = self._scratch / f"cold-{self._children}"
        attempt = Attempt()

        def live(report: Reporter) -> None:
            self._channel.close()
            self._run(report, mutant, source, ColdRun(report, tests, scratch, every=every))

        attempt.end = run_child(live, attempt.add, limit)
        shutil.rmtree(scratch, ignore_errors=True)
        return attempt

    def _run(self, report: Reporter, mutant: Mutant, source: str, run: ColdRun) -> None:
        loader = install_import(str(self._root / mutant.path), source)
        files = dict.fromkeys(str(self._root / test.partition("::")[0]) for test in run.tests)
        with contextlib.suppress(SystemExit):
            pytest.main([*self._options, *files], plugins=[run])
        if not run.ran:
            report.send("problem", what=COLLECT, detail=run.problem or "the suite can't be started with this mutant")
        elif not loader.loaded:
            report.send("problem", what=COLLECT, detail="the tests do not import the module")


def _compile_problem(source: str, path: str) -> str:
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


class ColdRun:
    """The plugin of such a child: runs just the tests wanted, in their order."""

    def __init__(self, report: Reporter, tests: Sequence[str], scratch: Path, *, every: bool) -> None:
        self.tests, self.ran, self.problem = tests, False, ""
        self._report, self._scratch, self._every = report, scratch, every
        self._recorder = Recorder()

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Undo what ``addopts`` may have brought in."""
        quieting.neutralize(config)
        quieting.forget_selection(config)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register what is needed."""
        config.addinivalue_line("markers", MARKER)
        config.pluginmanager.register(self._recorder, "llmgen-recorder")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests, unless some of them are not there."""
        found = find_items(self.tests, session.items)
        missing = [test for test in self.tests if test not in found]
        if missing:
            errors = [f"{nodeid}: {error.message}" for nodeid, error in self._recorder.collect_errors]
            self.problem = "; ".join(errors) or f"{missing[0]} can't be collected with this mutant"
            return True
        self.ran = True
        quieting.calm_hypothesis(session.items)
        quieting.private_tmp_path(session.config, self._scratch)
        names = {found[test].nodeid: test for test in self.tests}
        teller = Teller(self._report, every=self._every)

        def after(result: ItemResult) -> bool:
            return teller.tell(dataclasses.replace(result, nodeid=names[result.nodeid]))

        run_items([found[test] for test in self.tests], self._recorder, after=after)
        quieting.tear_down(session)
        teller.flush()
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
