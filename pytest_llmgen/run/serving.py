"""The plugin that makes a pytest session a server: it collects, runs no test itself, forks for each request."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.records import LISTENING, Mutant, Outcome, Probe, Trace
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.again import imported_again
from pytest_llmgen.run.challenger import Challenger
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.clocks import Clock
from pytest_llmgen.run.collecting import MARKER, Folders, collect_file, forget
from pytest_llmgen.run.deadlines import Deadline, StepDeadline
from pytest_llmgen.run.defining import only_defines
from pytest_llmgen.run.fork import DONE, TIMEOUT, End, OnRecord, Reporter, run_child
from pytest_llmgen.run.items import Error, ItemResult, Recorder, run_items
from pytest_llmgen.run.leftovers import Leftovers
from pytest_llmgen.run.mapping import Row, Visit
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.mutants import Judge, Live
from pytest_llmgen.run.nest import NoNestError, Request, nest
from pytest_llmgen.run.paths import told_path
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.preload import outside_modules
from pytest_llmgen.run.probing import observe
from pytest_llmgen.run.protocol import RawRun, Start
from pytest_llmgen.run.recording import recording
from pytest_llmgen.run.sandbox.needs import Needs
from pytest_llmgen.run.sandbox.plan import Plan
from pytest_llmgen.run.sights import know_classes
from pytest_llmgen.run.states import modules_of
from pytest_llmgen.run.tally import Tally, raw_run
from pytest_llmgen.run.traces import Tracer, of_start
from pytest_llmgen.run.views import SpoiledError, put, written
from pytest_llmgen.run.watching import watch
from pytest_llmgen.run.wire import from_json, to_json

MORE_FILES = 9
PERTURBED_SEED = 20_000
"""Added to the seed of the run for the random module of a perturbed child."""


class Server:
    """Serves requests from inside ``pytest_runtestloop``; see ``protocol`` for what is said."""

    def __init__(self, start: Start, channel: Channel, root: Path, scratch: Path) -> None:
        self._start, self._channel, self._root, self._scratch = start, channel, root, scratch
        self._began = time.monotonic()
        self._recorder, self._folders = Recorder(), Folders()
        self._meter = Meter(root, [source.path for source in start.sources])
        self._tracer = Tracer(root, scratch)
        self._traces: list[Trace] = []  # of importing and collecting
        self._items: dict[str, pytest.Item] = {}
        self._import_lines: dict[str, frozenset[int]] = {}
        self._imported: dict[str, protocol.RawFile] = {}  # what ran while something was imported
        self._sources = {source.path: source.text for source in start.sources}
        self._names = {source.path: source.name for source in start.sources}
        self._not_nested: set[str] = set()  # modules that can't be imported beforehand
        self._texts = {str(root / path): text for path, text in self._sources.items()}
        self._tried: dict[str, str] = {}  # files that were collected here to be tried, not loaded yet
        self._children = 0
        self._imported_by = protocol.TESTS
        self.served = False

    def begin(self) -> None:
        """Measure from here on: plugins may import the project while pytest starts."""
        files = [str(self._root / path) for path in self._sources]
        self._add_import_lines(imported_again(files, self._meter, self._start.reimport_seconds))
        self._begin_noting()

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
    def pytest_load_initial_conftests(self) -> Generator[None, object, object]:
        """Conftest files import the project before anything is collected."""
        self._note_import_lines()
        self._traces = [of_start(trace) for trace in self._traces]
        self._note_imports_of(protocol.PLUGINS)
        self._begin_noting()
        try:
            return (yield)
        finally:
            self._note_import_lines()
            self._begin_noting()  # hooks of conftest files may import it, too

    def _note_imports_of(self, who: str) -> None:
        if self._imported_by == protocol.TESTS and modules_of(str(self._root / path) for path in self._sources):
            self._imported_by = who

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Note which lines run at import: a mutant there must be imported, not exchanged."""
        self._note_import_lines()
        self._note_imports_of(protocol.CONFTESTS)
        self._begin_noting()
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

    def _begin_noting(self) -> None:
        self._tracer.start(is_start=True)
        self._meter.start()

    def _note_import_lines(self) -> None:
        self._traces.append(self._tracer.stop())
        self._add_import_lines(self._meter.stop())

    def _add_import_lines(self, hits: Mapping[str, protocol.RawFile]) -> None:
        for path, raw in hits.items():
            self._import_lines[path] = self._import_lines.get(path, frozenset()) | frozenset(raw.lines)
            before = self._imported.get(path, protocol.RawFile((), ()))
            self._imported[path] = protocol.RawFile(before.lines + raw.lines, before.arcs + raw.arcs)

    # --- serving ---

    def _prepare(self) -> None:
        gc.enable()
        config = self._session.config
        quieting.forget_selection(config)
        quieting.silence_terminal(config)
        quieting.calm_hypothesis(self._session.items)
        self._items.update({item.nodeid: item for item in self._session.items})
        live = Live(
            self._session, self._recorder, self._root, self._sources, self._names, self._items, self._import_lines
        )
        self._judge = Judge(live, self._child, self._channel)
        collect_errors = [f"{nodeid}: {error.message}" for nodeid, error in self._recorder.collect_errors]
        self._judge.look_around()
        self._row = Row(self._run_row, self._map_alone)
        self._channel.send(
            protocol.HELLO,
            nodeids=list(self._items),
            errors=collect_errors,
            positional=list(config.option.file_or_dir),
            path=told_path(self._root),
            seconds=time.monotonic() - self._began,
            imported=to_json(self._imported),
            outside=outside_modules(self._names.values()),
            traces=to_json(self._traces),
            imported_by=self._imported_by,
            has_threads=threading.active_count() > 1,
        )

    def _serve(self) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "map": self._map,
            "try": self._try,
            "retry": self._retry,
            "load": self._load,
            "judge": self._judge.serve,
            "probe": self._probe,
            "watch": self._watch,
            "record": self._record,
            "challenge": Challenger(self._judge, self._child, self._channel, self._root).serve,
        }

        def serve(request: Request) -> None:
            try:
                handlers[request["kind"]](request)
            except SpoiledError:
                raise
            except Exception:  # noqa: BLE001 (a fault of ours must reach the executor as such)
                self._channel.send(protocol.FAULT, detail=traceback.format_exc())
            self._channel.send(protocol.END)

        with contextlib.suppress(SpoiledError):  # the executor starts another worker, and gives up what spoils that too
            request = self._next()
            while request is not None:
                request = self._serve_one(request, serve)

    def _serve_one(self, request: Request, serve: Callable[[Request], None]) -> Request | None:
        """Serve a request, here or where its module is imported; returns the next one."""
        path = request.get("path", "")
        if request["kind"] in protocol.PROBING and self._wants_nest(path):
            try:
                return self._nest(request, serve)
            except NoNestError:
                self._not_nested.add(path)
        serve(request)
        return self._next()

    def _nest(self, request: Request, serve: Callable[[Request], None]) -> Request | None:
        path = request["path"]

        def prepare() -> None:
            importlib.import_module(self._names[path])
            self._judge.look_for_functions()

        return nest(
            request,
            prepare=prepare,
            serve=serve,
            is_mine=lambda other: other["kind"] in protocol.PROBING and not self._wants_nest(other["path"]),
            channel=self._channel,
            limit=self._start.reimport_seconds,
            alive=partial(self._channel.send, protocol.ALIVE),
        )

    def _next(self) -> Request | None:
        received: Request | None = self._channel.receive()
        return received

    def _wants_nest(self, path: str) -> bool:
        """Whether a module that probes are about is one that nothing here has imported."""
        return path in self._names and self._names[path] not in sys.modules and path not in self._not_nested

    def _map(self, request: dict[str, Any]) -> None:
        nodeids, limit = request["nodeids"], request["timeout"]
        if request.get("needs"):
            self._answer([self._with_needs(RawRun(nodeid, Outcome.PASSED), limit) for nodeid in nodeids])
            return
        items = [self._items[nodeid] for nodeid in nodeids if nodeid in self._items]
        shared = self._row.run([item for item in items if self._can_share(item)], limit) if len(items) > 1 else {}
        for nodeid in nodeids:
            if nodeid not in self._items:
                run = RawRun(nodeid, Outcome.NOT_COLLECTED, message="the workers did not collect it")
            else:
                run = shared.get(nodeid) or self._map_alone(self._items[nodeid], limit)
            self._answer([run])

    def _can_share(self, item: pytest.Item) -> bool:
        return self._judge.shortcut.is_known(item) and self._judge.is_fit(item)

    def _map_alone(self, item: pytest.Item, limit: float) -> RawRun:
        """What a test comes to in a fork of its own; with what the walls refuse it where it fails."""
        runs = self._run_row([item], limit) if self._judge.shortcut.is_known(item) else []
        if not runs:
            tally = Tally([item.nodeid], limit)
            self._run_all(tally, partial(self._prepare_and_run, lambda _report: [item]))
            runs = tally.runs
        return runs[0] if runs[0].outcome in GREEN else self._with_needs(runs[0], limit)

    def _run_row(self, items: Sequence[pytest.Item], limit: float) -> Sequence[RawRun]:
        """Run tests the short way in one child, as far as it gets; the last run may be its crash, or its hang."""
        tally = Tally([item.nodeid for item in items], limit)

        def work(report: Reporter) -> None:
            visit = Visit(self._judge.shortcut, *self._measuring(report, items))
            visit.run(items, *self._judge.tests_in_a_row(items)) if len(items) > 1 else visit.run_one(items[0])

        with self._judge.shortcut.opened():
            tally.end(self._child(work, partial(self._note, tally), limit))
        return tally.runs

    def _with_needs(self, run: RawRun, limit: float) -> RawRun:
        """Run a test that is green in the user's run once more, to see what the walls refuse it."""
        told: list[str] = []

        def work(report: Reporter) -> None:
            needs = Needs(Plan.from_json(self._start.plan), self._start.stripped)
            needs.start()
            run_items([self._items[run.nodeid]], self._recorder, after=lambda _result: True)
            report.send("needs", words=list(needs.found()))

        def note(record: dict[str, Any]) -> None:
            self._channel.send(protocol.ALIVE)
            told.extend(record["words"])

        self._child(work, note, limit)
        return dataclasses.replace(run, needs=tuple(told))

    def _try(self, request: dict[str, Any]) -> None:
        """Run files that nobody knows yet: some in one child, as far as nobody can tell, the others each in its own."""
        files: dict[str, str] = request["files"]
        leftovers = Leftovers(self._texts)  # each fork has its own copy
        with written(self._root, files):
            together = self._try_together(files, request["timeout"], leftovers)
            for path, source in files.items():
                runs = together.get(path) or self._try_alone(path, source, request["timeout"], leftovers)
                self._answer(runs)

    def _try_together(
        self, files: Mapping[str, str], limit: float, leftovers: Leftovers
    ) -> dict[str, Sequence[RawRun]]:
        """Runs of the files that pass and leave nothing; the others are to be run alone, the whole way."""
        self._forget_tried()
        plain = {path: source for path, source in files.items() if only_defines(source, sys.modules)}
        found = {path: self._collect_for_good(path, source) for path, source in plain.items()}
        if found:
            self._judge.look_around()
        left = [path for path, items in found.items() if items and all(map(self._can_share, items))]
        passed: dict[str, Sequence[RawRun]] = {}
        while left:
            runs = self._run_files([found[path] for path in left], limit, leftovers, plain)
            whole = [path for path in left if len(found[path]) == len(runs.get(path, ()))]
            passed |= {path: runs[path] for path in whole if all(map(_is_well, runs[path]))}
            left = left[max(1, len(runs)) :]
        return passed

    def _run_files(
        self, files: Sequence[Sequence[pytest.Item]], limit: float, leftovers: Leftovers, sources: Mapping[str, str]
    ) -> dict[str, list[RawRun]]:
        """Run the tests of files in one child, file by file, as far as it gets; by path."""
        items = [item for each in files for item in each]
        tally = Tally([item.nodeid for item in items], limit)
        ends = {each[-1].nodeid for each in files}

        def left(nodeid: str) -> tuple[str, ...]:
            if nodeid not in ends:
                return ()
            self._judge.shortcut.close()  # what a test runs in is no doing of its
            return leftovers.found(sources[_path_of(nodeid)])

        def work(report: Reporter) -> None:
            leftovers.know(_namespaces(items))
            visit = Visit(self._judge.shortcut, *self._measuring(report, items, left))
            visit.run_files(files, *self._judge.tests_in_a_row(items))

        with self._judge.shortcut.opened():
            tally.end(self._child(work, partial(self._note, tally), limit))
        return {path: list(runs) for path, runs in groupby(tally.runs, lambda run: _path_of(run.nodeid))}

    def _try_alone(self, path: str, source: str, limit: float, leftovers: Leftovers) -> Sequence[RawRun]:
        """What a file comes to in a fork of its own, which collects it."""

        def work(wanted: Sequence[str] | None, report: Reporter) -> None:
            items = self._collected(report, [path])
            leftovers.know(_namespaces(items))
            items = [item for item in items if wanted is None or item.nodeid in wanted]
            self._run_tests(report, items, lambda: leftovers.found(source))

        tally = Tally([], limit, [path])
        self._run_all(tally, work, name=path)
        return tally.runs

    def _retry(self, request: dict[str, Any]) -> None:
        """Run files that have passed before, so often, each time in a fork of what has collected them."""
        files, limit = request["files"], request["timeout"]
        with written(self._root, files):
            items, errors = self._collect(sorted(files, reverse=True))
            self._judge.shortcut.consider(items)
            for time_ in range(request["times"]):
                self._answer([*errors, *(self._run_perturbed(items[::-1], limit) if items else ())], time=time_)
            for path in files:
                forget(self._session, self._root / path)

    def _run_perturbed(self, items: Sequence[pytest.Item], limit: float) -> Sequence[RawRun]:
        """What tests come to, one after the other; the short way as long as all is well."""
        known = Tally([item.nodeid for item in items], limit)

        def work(report: Reporter) -> None:
            self._perturb()
            Visit(self._judge.shortcut, *_telling(report)).run_file(items)

        with self._judge.shortcut.opened():
            known.end(self._child(work, partial(self._note, known), limit))
        if not known.pending and all(map(_is_well, known.runs)):
            return known.runs

        def prepare(_report: Reporter) -> Sequence[pytest.Item]:
            self._perturb()
            return items

        whole = Tally([item.nodeid for item in items], limit)
        whole.collected = True
        self._run_all(whole, partial(self._prepare_and_run, prepare))
        failed = {run.nodeid: run for run in known.runs if not _is_well(run)}
        return [run if not _is_well(run) else failed.get(run.nodeid, run) for run in whole.runs]

    def _perturb(self) -> None:
        random.seed(PERTURBED_SEED + self._start.seed)
        for _ in range(MORE_FILES):
            os.dup(0)  # the next file that is opened has another number
        elsewhere = self._scratch / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        os.chdir(elsewhere)

    def _load(self, request: dict[str, Any]) -> None:
        """Collect files here, in the server, for good; those that it has tried are there already."""
        files: dict[str, str] = request["files"]
        put(self._root, files)
        new = {path: source for path, source in files.items() if self._tried.get(path) != source}
        self._meter.start()
        for path, source in new.items():
            self._collect_for_good(path, source)
        self._note_import_lines()
        if new:
            self._judge.look_around()
        for path in files:
            self._tried.pop(path, None)
        nodeids = {path: [n for n in self._items if _path_of(n) == path] for path in files}
        told = [nodeid for path in files for nodeid in nodeids[path]]
        self._channel.send(protocol.LOADED, nodeids=told, imported=to_json(self._imported))

    def _collect_for_good(self, path: str, source: str) -> Sequence[pytest.Item]:
        self._drop_items({path})
        items = collect_file(self._session, self._folders, self._root / path)
        quieting.calm_hypothesis(items)
        self._items.update({item.nodeid: item for item in items})
        self._tried[path] = source
        return items

    def _drop_items(self, paths: Collection[str]) -> None:
        for nodeid in [nodeid for nodeid in self._items if _path_of(nodeid) in paths]:
            del self._items[nodeid]

    def _forget_tried(self) -> None:
        """Files that were tried and never loaded are of no use any more."""
        self._drop_items(self._tried)
        for path in self._tried:
            forget(self._session, self._root / path)
        self._tried.clear()

    # --- tests ---

    def _run_all(self, tally: Tally, work: Callable[[Sequence[str] | None, Reporter], None], name: str = "") -> None:
        """Run tests in as many children as crashes and hangs make necessary; ``work`` is told which, if not all."""
        while True:
            wanted = list(tally.pending) if tally.collected else None
            end = self._child(partial(work, wanted), partial(self._note, tally), tally.limit)
            if not tally.end(end):
                break
        if not tally.collected and end.how != "done" and not tally.runs:
            outcome = Outcome.TIMEOUT if end.how == TIMEOUT else Outcome.NOT_COLLECTED
            tally.runs.append(RawRun(name, outcome, message=end.detail or "its import took too long"))

    def _note(self, tally: Tally, record: dict[str, Any]) -> float | None:
        self._channel.send(protocol.ALIVE)
        return tally.add(record)

    def _prepare_and_run(
        self, prepare: Callable[[Reporter], Sequence[pytest.Item]], wanted: Sequence[str] | None, report: Reporter
    ) -> None:
        items = prepare(report)
        self._run_tests(report, [item for item in items if wanted is None or item.nodeid in wanted])

    def _run_tests(
        self, report: Reporter, items: Sequence[pytest.Item], left: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        """``left`` is asked after the last one: what belongs to several tests is torn down then."""
        before, after = self._measuring(report, items, lambda nodeid: left() if nodeid == items[-1].nodeid else ())

        def noted(result: ItemResult) -> bool:
            after(result)
            return True

        run_items(items, self._recorder, before=before, after=noted)

    def _measuring(
        self,
        report: Reporter,
        items: Sequence[pytest.Item],
        left: Callable[[str], tuple[str, ...]] = lambda _nodeid: (),
    ) -> tuple[Callable[[str], None], Callable[[ItemResult], RawRun]]:
        """What to do before and after a test, in the child, so that its run is measured and reported."""
        fixtures = {item.nodeid: tuple(sorted(getattr(item, "fixturenames", ()))) for item in items}

        def before(nodeid: str) -> None:
            report.send("start", nodeid=nodeid)
            self._meter.start()
            self._tracer.start()

        def after(result: ItemResult) -> RawRun:
            trace = self._tracer.stop()  # first: coverage opens files too
            trace = replace(trace, fixtures=fixtures.get(result.nodeid, ()))
            run = replace(raw_run(result, self._meter.stop()), trace=trace, left=left(result.nodeid))
            report.send("run", run=to_json(run))
            return run

        return before, after

    def _collected(self, report: Reporter, paths: Sequence[str]) -> list[pytest.Item]:
        """Collect files in the child and say what came of it."""
        items, errors = self._collect(paths)
        report.send("collected", nodeids=[item.nodeid for item in items], errors=to_json(errors))
        return items

    def _collect(self, paths: Sequence[str]) -> tuple[list[pytest.Item], list[RawRun]]:
        """What is in files, and why nothing is in some."""
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
        return items, errors

    def _child(self, work: Callable[[Reporter], None], on_record: OnRecord, limit: float | Deadline) -> End:
        self._children += 1
        scratch = self._scratch / f"tmp-{self._children}"

        def live(report: Reporter) -> None:
            self._channel.close()
            quieting.private_tmp_path(self._session.config, scratch)
            work(report)

        end = run_child(live, on_record, limit)
        quieting.clean(self._session.config, scratch, ended_well=end.how == "done")
        return end

    def _answer(self, runs: Sequence[RawRun], **more: object) -> None:
        for run in runs:
            self._channel.send(protocol.RUN, run=to_json(run), **more)

    # --- values in conditions ---

    def _watch(self, request: dict[str, Any]) -> None:
        """Run tests once more, in one child, and note what names were at some lines."""
        places: dict[str, dict[int, list[str]]] = {}
        for path, line, names in request["places"]:
            places.setdefault(str(self._root / path), {})[line] = names
        paths = {str(self._root / path): path for path, _, _ in request["places"]}
        items = [self._items[nodeid] for nodeid in request["nodeids"] if nodeid in self._items]
        latest: list[Any] = []

        def on_record(record: dict[str, Any]) -> None:
            latest[:] = record["values"]

        def work(report: Reporter) -> None:
            with watch(places) as seen:

                def after(_result: ItemResult) -> bool:
                    report.send(
                        "seen", values=[[paths[f], line, name, texts] for (f, line, name), texts in seen.items()]
                    )
                    return True

                run_items(items, self._recorder, after=after)

        self._child(work, on_record, request["timeout"])
        self._channel.send(protocol.SEEN, values=latest)

    def _record(self, request: dict[str, Any]) -> None:
        """Run tests once more, in one child, and note the arguments of some functions."""
        wanted = {(str(self._root / path), line): names for path, line, names in request["wanted"]}
        paths = {str(self._root / path): path for path, _, _ in request["wanted"]}
        items = [self._items[nodeid] for nodeid in request["nodeids"] if nodeid in self._items]
        latest: list[Any] = []

        def on_record(record: dict[str, Any]) -> None:
            latest[:] = record["calls"]

        def work(report: Reporter) -> None:
            with recording(wanted) as calls:

                def after(_result: ItemResult) -> bool:
                    report.send("calls", calls=[[paths[file], line, rows] for (file, line), rows in calls.items()])
                    return True

                run_items(items, self._recorder, after=after)

        self._child(work, on_record, request["timeout"])
        self._channel.send(protocol.SEEN, calls=latest)

    # --- probes ---

    def _probe(self, request: dict[str, Any]) -> None:
        module = sys.modules.get(self._names.get(request["path"], ""))
        if module is not None:
            know_classes(module)
        mutant = from_json(Mutant, request["mutant"])
        waiting = [from_json(Probe, data) for data in request["probes"]]
        while waiting:
            _, alike = next(groupby(waiting, key=lambda probe: probe.alone))
            waiting = waiting[self._observe_in_turn(list(alike), mutant, request) :]

    def _observe_in_turn(self, probes: Sequence[Probe], mutant: Mutant | None, request: dict[str, Any]) -> int:
        """Observe probes in one child until one of them ends it; how many were answered.

        Those that are to be alone share it as long as each has left the process as it was.
        """
        answered, limit = 0, float(request["timeout"])
        looks_fresh = self._judge.freshness(request["path"]) if probes[0].alone and len(probes) > 1 else None

        def on_record(record: dict[str, Any]) -> float:
            nonlocal answered
            self._channel.send(protocol.OBSERVATION, **_bare(record), id=probes[answered].id)
            answered += 1
            return limit

        def work(report: Reporter) -> None:
            if mutant is not None:
                self._judge.change(mutant)
            clock = Clock()
            is_fresh = looks_fresh() if looks_fresh is not None else None
            for probe in probes:
                report.send("seen", **observe(probe, self._meter, self._root, clock))
                if probe.alone and (is_fresh is None or not is_fresh()):
                    break

        if mutant is not None and self._judge.ran_at_import(mutant):
            end = End("crashed", "its line runs when the module is imported")
        else:
            end = self._child(work, on_record, StepDeadline(limit))
        if end.how == DONE and answered:
            return answered
        only_one = probes[0].alone or not _changes(mutant)
        for probe in probes[answered : answered + 1 if only_one else None]:
            self._channel.send(protocol.OBSERVATION, how=end.how, detail=end.detail, id=probe.id, seconds=limit)
            answered += 1
            end = End("crashed", "not observed: the probe before it did not end")
        return answered


def _changes(mutant: Mutant | None) -> bool:
    """Whether a mutant does something else than the code, so that what follows a hang would hang, too."""
    return mutant is not None and mutant.operator != LISTENING


def _telling(report: Reporter) -> tuple[Callable[[str], None], Callable[[ItemResult], RawRun]]:
    """What to do before and after a test, in the child, so that it is told what came of it, and no more."""

    def after(result: ItemResult) -> RawRun:
        run = raw_run(result, {})
        report.send("run", run=to_json(run))
        return run

    return lambda nodeid: report.send("start", nodeid=nodeid), after


def _is_well(run: RawRun) -> bool:
    return run.outcome is Outcome.PASSED and not run.left


def _path_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _namespaces(items: Iterable[pytest.Item]) -> list[dict[str, Any]]:
    """The modules of tests."""
    return [item.module.__dict__ for item in items if isinstance(item, pytest.Function)]


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("kind", "nonce")}


def _not_collected(path: str, error: Error) -> RawRun:
    return RawRun(path, Outcome.NOT_COLLECTED, 0.0, {}, error.type_name, error.message, error.line)
