"""The plugin that makes a pytest session a server: it collects, runs no test itself, forks for each request."""

from __future__ import annotations

import gc
import importlib
import os
import random
import time
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.mutate.activate import Index, NeedsImport, activate, index_functions
from pytest_llmgen.mutate.units import CompileFailed, units_of
from pytest_llmgen.records import Mutant, MutantJob, Outcome, Probe
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.collecting import MARKER, Folders, collect_file
from pytest_llmgen.run.fork import TIMEOUT, End, OnRecord, Reporter, run_child
from pytest_llmgen.run.items import Error, ItemResult, Recorder, run_items
from pytest_llmgen.run.judging import COLLECT, COMPILE, IMPORT, KILLS, Attempt, NeedsColdRunError, settle
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.probing import observe
from pytest_llmgen.run.protocol import RawRun, Start
from pytest_llmgen.run.tally import Tally
from pytest_llmgen.run.views import put, written
from pytest_llmgen.run.wire import from_json, to_json

PERTURBED_SEED = 20_000
"""Added to the seed of the run for the random module of a perturbed child."""


class Server:
    """Serves requests from inside ``pytest_runtestloop``; see ``protocol`` for what is said."""

    def __init__(self, start: Start, channel: Channel, root: Path, scratch: Path) -> None:
        self._start, self._channel, self._root, self._scratch = start, channel, root, scratch
        self._began = time.monotonic()
        self._recorder, self._folders = Recorder(), Folders()
        self._meter = Meter(root, [source.path for source in start.sources])
        self._items: dict[str, pytest.Item] = {}
        self._import_lines: dict[str, frozenset[int]] = {}
        self._sources = {source.path: source.text for source in start.sources}
        self._index: Index | None = None
        self._children = 0
        self.served = False

    # --- pytest's hooks ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Undo what ``addopts`` may have brought in."""
        quieting.neutralize(config)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register what the server needs to see."""
        config.addinivalue_line("markers", MARKER)
        config.pluginmanager.register(self._recorder, "llmgen-recorder")
        config.pluginmanager.register(self._folders, "llmgen-folders")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Note which lines run at import: a mutant there must be imported, not exchanged."""
        self._meter.start()
        try:
            return (yield)
        finally:
            self._note_import_lines()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the executor is gone; no test runs here."""
        self._session = session
        self._prepare()
        self.served = True
        try:
            self._serve()
        finally:
            os._exit(0)  # no teardown: nothing was set up
        return True

    def _note_import_lines(self) -> None:
        for path, raw in self._meter.stop().items():
            self._import_lines[path] = self._import_lines.get(path, frozenset()) | frozenset(raw.lines)

    # --- serving ---

    def _prepare(self) -> None:
        config = self._session.config
        quieting.forget_selection(config)
        quieting.silence_terminal(config)
        quieting.calm_hypothesis(self._session.items)
        self._items = {item.nodeid: item for item in self._session.items}
        collect_errors = [f"{nodeid}: {error.message}" for nodeid, error in self._recorder.collect_errors]
        self._reindex()
        self._channel.send(
            protocol.HELLO,
            nodeids=list(self._items),
            errors=collect_errors,
            positional=list(config.option.file_or_dir),
            seconds=time.monotonic() - self._began,
        )

    def _reindex(self) -> None:
        gc.unfreeze()
        gc.collect()
        self._index = index_functions(str(self._root), self._sources)
        gc.freeze()

    def _serve(self) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "map": self._map,
            "try": self._try,
            "retry": self._retry,
            "load": self._load,
            "judge": self._judge,
            "probe": self._probe,
        }
        while (request := self._channel.receive()) is not None:
            try:
                handlers[request["kind"]](request)
            except Exception:  # noqa: BLE001 (a fault of ours must reach the executor as such)
                self._channel.send(protocol.FAULT, detail=traceback.format_exc())
            self._channel.send(protocol.END)

    def _map(self, request: dict[str, Any]) -> None:
        nodeid = request["nodeid"]
        if nodeid not in self._items:
            self._answer([RawRun(nodeid, Outcome.NOT_COLLECTED, message="the workers did not collect it")])
            return
        tally = Tally([nodeid], request["timeout"])
        self._run_all(tally, lambda _report: [self._items[nodeid]])
        self._answer(tally.runs)

    def _try(self, request: dict[str, Any]) -> None:
        (path, source) = request["path"], request["source"]
        with written(self._root, {path: source}):
            tally = Tally([], request["timeout"])
            self._run_all(tally, lambda report: self._collected(report, [path]), name=path)
        self._answer(tally.runs)

    def _retry(self, request: dict[str, Any]) -> None:
        files: dict[str, str] = request["files"]

        def prepare(report: Reporter) -> list[pytest.Item]:
            items = self._collected(report, sorted(files, reverse=True))
            self._perturb()
            return items[::-1]

        with written(self._root, files):
            tally = Tally([], request["timeout"])
            self._run_all(tally, prepare, name=min(files))
        self._answer(tally.runs)

    def _perturb(self) -> None:
        random.seed(PERTURBED_SEED + self._start.seed)
        elsewhere = self._scratch / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        os.chdir(elsewhere)

    def _load(self, request: dict[str, Any]) -> None:
        """Collect files here, in the server, for good."""
        files: dict[str, str] = request["files"]
        put(self._root, files)
        nodeids = []
        self._meter.start()
        for path in files:
            self._items = {n: item for n, item in self._items.items() if n.partition("::")[0] != path}
            items = collect_file(self._session, self._folders, self._root / path)
            quieting.calm_hypothesis(items)
            self._items.update({item.nodeid: item for item in items})
            nodeids += [item.nodeid for item in items]
        self._note_import_lines()
        self._reindex()
        self._channel.send(protocol.LOADED, nodeids=nodeids)

    # --- tests ---

    def _run_all(self, tally: Tally, prepare: Callable[[Reporter], list[pytest.Item]], name: str = "") -> None:
        """Run what ``prepare`` gives in the child, in as many children as crashes and hangs make necessary."""
        while True:
            wanted = list(tally.pending) if tally.collected else None
            end = self._child(partial(self._prepare_and_run, prepare, wanted), partial(self._note, tally), tally.limit)
            if not tally.end(end):
                break
        if not tally.collected and end.how != "done" and not tally.runs:
            outcome = Outcome.TIMEOUT if end.how == TIMEOUT else Outcome.NOT_COLLECTED
            tally.runs.append(RawRun(name, outcome, message=end.detail or "its import took too long"))

    def _note(self, tally: Tally, record: dict[str, Any]) -> float | None:
        self._channel.send(protocol.ALIVE)
        return tally.add(record)

    def _prepare_and_run(
        self, prepare: Callable[[Reporter], list[pytest.Item]], wanted: Sequence[str] | None, report: Reporter
    ) -> None:
        items = prepare(report)
        self._run_tests(report, [item for item in items if wanted is None or item.nodeid in wanted])

    def _run_tests(self, report: Reporter, items: Sequence[pytest.Item]) -> None:
        def before(nodeid: str) -> None:
            report.send("start", nodeid=nodeid)
            self._meter.start()

        def after(result: ItemResult) -> bool:
            hits = self._meter.stop()
            report.send("run", run=to_json(_raw_run(result, hits)))
            return True

        run_items(items, self._recorder, before=before, after=after)

    def _collected(self, report: Reporter, paths: Sequence[str]) -> list[pytest.Item]:
        """Collect files in the child and say what came of it."""
        items: list[pytest.Item] = []
        errors: list[RawRun] = []
        for path in paths:
            self._recorder.clear()
            found = collect_file(self._session, self._folders, self._root / path)
            items += found
            errors += [_not_collected(path, error) for _, error in self._recorder.collect_errors[:1]]
            if not found and not self._recorder.collect_errors:
                errors.append(RawRun(path, Outcome.NOT_COLLECTED, message="no tests in it"))
        quieting.calm_hypothesis(items)
        report.send("collected", nodeids=[item.nodeid for item in items], errors=to_json(errors))
        return items

    def _child(self, work: Callable[[Reporter], None], on_record: OnRecord, limit: float) -> End:
        self._children += 1
        scratch = self._scratch / f"tmp-{self._children}"

        def live(report: Reporter) -> None:
            self._channel.close()
            quieting.private_tmp_path(self._session.config, scratch)
            work(report)

        end = run_child(live, on_record, limit)
        quieting.clean(self._session.config, scratch, ended_well=end.how == "done")
        return end

    def _answer(self, runs: Sequence[RawRun]) -> None:
        for run in runs:
            self._channel.send(protocol.RUN, run=to_json(run))

    # --- mutants ---

    def _judge(self, request: dict[str, Any]) -> None:
        job = from_json(MutantJob, request["job"])
        began = time.monotonic()
        try:
            verdict = settle(job, lambda tests, limit, *, every: self._attempt(job.mutant, tests, limit, every=every))
        except NeedsColdRunError as reason:
            self._channel.send(protocol.NEEDS_IMPORT, detail=str(reason))
            return
        self._channel.send(protocol.VERDICT, verdict=to_json(verdict), seconds=time.monotonic() - began)

    def _attempt(self, mutant: Mutant, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        if self._ran_at_import(mutant):
            return Attempt(problem=(IMPORT, "its line runs when the module is imported"))
        missing = [test for test in tests if test not in self._items]
        if missing:
            return Attempt(problem=(COLLECT, f"the workers did not collect {missing[0]}"))
        attempt = Attempt()
        attempt.end = self._child(
            lambda report: self._meet(report, mutant, [self._items[t] for t in tests], every=every),
            attempt.add,
            limit,
        )
        return attempt

    def _ran_at_import(self, mutant: Mutant) -> bool:
        """Whether results of the mutated code may be held already: in constants, tables, parameters of tests."""
        lines = self._import_lines.get(mutant.path, frozenset())
        if not mutant.in_signature:  # the line of a default value always runs: look at the body instead
            return mutant.line in lines
        end = units_of(self._sources[mutant.path]).at(mutant.start).end_line
        return any(line in lines for line in range(mutant.region.end_line + 1, end + 1))

    def _meet(self, report: Reporter, mutant: Mutant, items: Sequence[pytest.Item], *, every: bool) -> None:
        """Run the tests under the mutant, in the child."""
        assert self._index is not None
        try:
            activate(mutant, self._sources[mutant.path], self._index)
        except NeedsImport as reason:
            report.send("problem", what=IMPORT, detail=str(reason))
            return
        except CompileFailed as reason:
            report.send("problem", what=COMPILE, detail=str(reason))
            return
        quieting.cheapen(self._session.config)
        run_items(items, self._recorder, after=lambda result: tell(report, result, every=every))
        quieting.tear_down(self._session)

    # --- probes ---

    def _probe(self, request: dict[str, Any]) -> None:
        mutant = from_json(Mutant, request["mutant"])
        waiting = [from_json(Probe, data) for data in request["probes"]]
        while waiting:
            together = waiting[:1] if waiting[0].alone else list(takewhile(lambda probe: not probe.alone, waiting))
            answered = self._observe_in_turn(together, mutant, request["timeout"])
            waiting = waiting[len(together) if mutant else answered :]

    def _observe_in_turn(self, probes: Sequence[Probe], mutant: Mutant | None, limit: float) -> int:
        """Observe probes in one child until one of them ends it; how many were answered."""
        answered = 0

        def on_record(record: dict[str, Any]) -> float:
            nonlocal answered
            self._channel.send(protocol.OBSERVATION, **_bare(record), id=probes[answered].id)
            answered += 1
            return limit

        def work(report: Reporter) -> None:
            if mutant is not None:
                activate(mutant, self._sources[mutant.path], self._index_with(mutant.path))
            for probe in probes:
                began = time.monotonic()
                seen = observe(probe, self._meter, self._root)
                report.send("seen", **seen, seconds=time.monotonic() - began)

        if mutant is not None and self._ran_at_import(mutant):
            end = End("crashed", "its line runs when the module is imported")
        else:
            end = self._child(work, on_record, limit)
        for probe in probes[answered : None if mutant else answered + 1]:
            self._channel.send(protocol.OBSERVATION, how=end.how, detail=end.detail, id=probe.id, seconds=limit)
            answered += 1
            end = End("crashed", "not observed: the probe before it did not end")
        return answered

    def _index_with(self, path: str) -> Index:
        """The index; in a child, for a module that no test has imported, one of that module."""
        assert self._index is not None
        if path in self._index.functions:
            return self._index
        importlib.import_module(next(source.name for source in self._start.sources if source.path == path))
        return index_functions(str(self._root), [path])


def tell(report: Reporter, result: ItemResult, *, every: bool) -> bool:
    """Report a test's outcome under a mutant; whether the next one should run."""
    message = result.error.message if result.error else ""
    report.send("test", nodeid=result.nodeid, outcome=result.outcome.value, message=message)
    return every or result.outcome not in KILLS


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("kind", "nonce")}


def _raw_run(result: ItemResult, hits: Mapping[str, protocol.RawFile]) -> RawRun:
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


def _not_collected(path: str, error: Error) -> RawRun:
    return RawRun(path, Outcome.NOT_COLLECTED, 0.0, {}, error.type_name, error.message, error.line)
