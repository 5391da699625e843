"""``Executor``: the Runner that the pipeline uses; it never runs code of the project in this process."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import (
    Challenge,
    FileLines,
    Heard,
    Hits,
    Meeting,
    Module,
    MutantJob,
    MutantStatus,
    MutantVerdict,
    Observation,
    Outcome,
    Probe,
    TestRun,
    Trace,
    Value,
    united,
)
from pytest_llmgen.run import protocol
from pytest_llmgen.run.arguments import real_word
from pytest_llmgen.run.history import QUICK_TEST
from pytest_llmgen.run.measure import file_lines, translate
from pytest_llmgen.run.paths import without_folder
from pytest_llmgen.run.pool import LOST, Pool, PoolClosedError
from pytest_llmgen.run.protocol import RawFile, RawRun, Source, Start
from pytest_llmgen.run.sandbox import allow
from pytest_llmgen.run.sandbox.allow import real_needs
from pytest_llmgen.run.sandbox.choice import choose, take_ground, without_walls
from pytest_llmgen.run.sandbox.environment import PLACES, stripped_names
from pytest_llmgen.run.sandbox.plan import Tier, TierName, limits_of
from pytest_llmgen.run.sandbox.private import sweep
from pytest_llmgen.run.wire import from_json, to_json
from pytest_llmgen.run.workers import Circumstances, Request
from pytest_llmgen.settings import Settings

CHALLENGES_A_REQUEST = 32
PROBES_A_REQUEST = 64
GROUP = 64
"""Mutants that may share a child."""
ROW = 32
"""Tests that may share a child while it is seen what they cover."""
FEW_FILES = 4
"""Candidates that one worker tries together, whoever else is free."""
PARTS_A_WORKER = 3
"""So that no worker is left with much more than the others."""
QUICK_TESTS = 0.06
"""Seconds of all tests of a mutant that may be run in a group: about what a fork costs, or a few.

A mutant that they don't kill meets them again in the fork."""
COLD_START_FACTOR = 3.0
"""A cold run may take this many times the time of a worker's start for importing and collecting."""
OTHER_ZONE = "OTHER-11:37"  # nearly half a day ahead, not by whole hours; needs no data about zones
HASH_SEEDS = {protocol.PERTURBED: 1068, protocol.PLAIN: 9}
"""Those of workers that look for tests that hang on the order of sets; all others have 0.

Of the 190 pairs of twenty usual short texts 187 stand the other way round in a set under one of the two: a set of two
items keeps its order under any single other seed half of the time.
"""

T = TypeVar("T")


class Executor:
    """Runs tests, candidates, mutants and probes in sandboxed workers; a context manager.

    Args:
        root: the project's root.
        settings: ``workers``, ``seed``, limits, timeouts and what is about the sandbox are read.
        args: the arguments of the user's pytest.
        sys_path: ``sys.path`` as it was before the project's conftest files were loaded.
        invocation_dir: where the user started pytest, at or below the root.
        modules: the modules in scope.
        files: what can be covered in them, where the caller knows already (under the user's exclusions).
        tier: the sandbox, where the caller has chosen it already.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        *,
        args: Sequence[str],
        sys_path: Sequence[str],
        invocation_dir: Path,
        modules: Sequence[Module],
        files: Mapping[str, FileLines] | None = None,
        tier: Tier | None = None,
    ) -> None:
        self._root, self._settings, self._waits = root.resolve(), settings, settings.waits
        self._args = tuple(real_word(word, self._root) for word in args)
        self._sys_path = tuple(real_word(path, self._root) for path in sys_path)
        self._folder = _below(invocation_dir, self._root)
        self._modules = tuple(module for module in modules if module.error is None)
        self._files = dict(files or {})
        sweep()
        self._tier = tier or choose(settings.sandbox, seconds=self._waits.sandbox)
        self._ground = take_ground(
            self._tier,
            self._root,
            self._sys_path,
            allow.parse(settings.sandbox_allow, self._root),
            self._waits.sandbox,
        )
        self._is_in_a_hurry = settings.generate and settings.time >= 0
        self._pools: dict[str, Pool] = {}
        self._spare: Pool | None = None  # for the next files that are proved alone
        self._opening, self._is_closed = threading.RLock(), False
        self._ended_cpu = self._ended_peak = 0.0
        self._seconds: dict[str, float] = {}  # of tests, clean
        self._imported: dict[str, Hits] = {}
        self.import_traces: tuple[Trace, ...] = ()  # of importing and collecting the project, once it was done

    # --- life ---

    @property
    def tier(self) -> str:
        """The sandbox in force."""
        return self._tier.name.value

    def cpu_seconds(self) -> float:
        """CPU seconds of all workers so far, their children included."""
        return self._ended_cpu + sum(pool.cpu_seconds() for pool in self._pools.values())

    def peak_memory_mb(self) -> float:
        """The largest resident memory in megabytes that a worker has had, its children left out."""
        return max([self._ended_peak, *(pool.peak_memory_mb() for pool in self._pools.values())])

    def close(self) -> None:
        """End every process."""
        self._ended_cpu, self._ended_peak = self.cpu_seconds(), self.peak_memory_mb()
        with self._opening:
            self._is_closed, pools = True, list(self._pools.values())
        for pool in [*pools, *([self._spare] if self._spare else [])]:
            pool.close()
        self._pools.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what a Runner does ---

    def collect(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Node ids that the workers collected, and collection errors."""
        if self._is_in_a_hurry:
            self._pool(protocol.WARM).hire(self._settings.processes)
        hello = self._pool(protocol.WARM, own=True).greet()
        self._note_imported(hello)
        self.import_traces = tuple(from_json(Trace, trace) for trace in hello["traces"])
        return tuple(hello["nodeids"]), tuple(hello["errors"])

    def map_tests(self, nodeids: Sequence[str], timeout: float) -> Iterator[TestRun]:
        """Run each test in a process that no test has changed, with coverage of the files in scope."""
        if self._has_threads(own=True):
            requests = self._mapping([[n] for n in nodeids], timeout, extra=self._start_seconds(own=True))
            yield from self._mapped(self._pool(protocol.COLD, own=True), requests)
            return
        left = dict.fromkeys(nodeids)
        pool = self._pool(protocol.WARM, own=True)
        rows = [row for row in self._parted(nodeids, ROW) if len(row) > 1]
        for _, message in pool.run(self._mapping(rows, timeout)):
            if message["kind"] != LOST:  # one of them has ended the worker: each is asked about alone
                left.pop(message["run"]["nodeid"], None)
                yield self._run(message, "")
        yield from self._mapped(pool, self._mapping([[n] for n in left], timeout))

    def _mapping(
        self, rows: Iterable[Sequence[str]], timeout: float, extra: float = 0.0, **more: object
    ) -> list[Request]:
        limit = timeout + extra + self._waits.silence
        return [Request("map", {"nodeids": row, "timeout": timeout, "extra": extra, **more}, limit) for row in rows]

    def _mapped(self, pool: Pool, requests: Sequence[Request]) -> Iterator[TestRun]:
        """Runs of tests that are asked about one by one."""
        for request, message in pool.run(requests):
            yield self._run(message, request.body["nodeids"][0])

    def outside(self, nodeids: Sequence[str], timeout: float) -> list[TestRun]:
        """Run each test in a fork of its own without walls, in the circumstances of the user's run.

        None where there are no walls, or where forks can't run them.
        """
        if not nodeids or self._suite_is_open or self._tier.name is TierName.OFF or self._has_threads(own=True):
            return []
        circumstances = self._circumstances(protocol.WARM, is_open=True)
        usual = {name: os.environ[name] for name in PLACES if name in os.environ} | {"TMPDIR": tempfile.gettempdir()}
        environment = {**circumstances.environment, **usual}
        with self._once(Pool(dataclasses.replace(circumstances, environment=environment), 1)) as pool:
            return list(self._mapped(pool, self._mapping([[n] for n in nodeids], timeout)))

    def needs(self, nodeids: Sequence[str], timeout: float) -> Mapping[str, tuple[str, ...]]:
        """What the walls refuse tests that pass behind them."""
        requests = self._mapping([[n] for n in nodeids], timeout, needs=True)
        return {run.nodeid: run.needs for run in self._mapped(self._pool(protocol.WARM), requests)}

    def try_candidates(self, files: Mapping[str, str], timeout: float) -> list[TestRun]:
        """Collect and run test files that are not on disk, each in a process that no other has changed."""
        if self._is_in_a_hurry and files:
            self._prepare_proofs()
        order = {path: place for place, path in enumerate(files)}
        pool, left, runs = self._pool(protocol.WARM), dict(files), dict[str, TestRun]()
        for _, message in pool.run([self._try(part, timeout) for part in self._shared_out(files)]):
            if message["kind"] != LOST:  # one of them has ended the worker: each is asked about alone
                run = self._run(message, "")
                runs[run.nodeid] = run
                left.pop(_file_of(run.nodeid), None)
        for request, message in pool.run([self._try({path: source}, timeout) for path, source in left.items()]):
            run = self._run(message, *request.body["files"])
            runs[run.nodeid] = run
        return sorted(runs.values(), key=lambda run: order[_file_of(run.nodeid)])

    def _try(self, files: Mapping[str, str], timeout: float) -> Request:
        return Request("try", {"files": dict(files), "timeout": timeout}, timeout + self._waits.silence)

    def _shared_out(self, files: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        """Files for each worker; a few are not worth a second one."""
        size = max(FEW_FILES, -(-len(files) // self._settings.processes))
        paths = list(files)
        return ({path: files[path] for path in paths[n : n + size]} for n in range(0, len(paths), size))

    def retry_candidates(self, files: Mapping[str, str], timeout: float, times: int = 1) -> list[list[TestRun]]:
        """The runs of each time, all of it in one fork.

        Under another hash seed, time zone, folder, home and random seed, reversed.
        """
        found: list[list[TestRun]] = [[] for _ in range(times)]
        if not files:
            return found
        body = {"files": dict(files), "timeout": timeout, "times": times}
        pool = self._pool(protocol.PERTURBED)
        for _, message in pool.run([Request("retry", body, timeout + self._waits.silence)]):
            for runs in found if message["kind"] == LOST else [found[message["time"]]]:
                runs.append(self._run(message, min(files)))
        return found

    def load_candidates(self, files: Mapping[str, str]) -> tuple[str, ...]:
        """Make test files part of what :meth:`judge` can run; returns their node ids."""
        if not files:
            return ()
        request = Request("load", {"files": dict(files), "wanted": True}, self._waits.start)
        (message,) = (message for _, message in self._pool(protocol.WARM).run([request]))
        if message["kind"] == LOST:
            raise LlmgenError(
                f"test files could not be loaded:\n{message['detail']}", slug="load-failed", fix="try them first"
            )
        self._note_imported(message)
        for kind in (protocol.WARM, protocol.COLD):
            self._pool(kind).files.update(files)
        return tuple(message["nodeids"])

    def prove_alone(self, files: Mapping[str, str], beside: Mapping[str, str], timeout: float) -> Mapping[str, str]:
        """What fails where plain ``pytest`` runs only these test files, in a process of its own: why, by node id.

        A file that can't be collected stands for itself.
        """
        ready, self._spare = self._spare, None
        with self._once(ready or self._plain()) as pool:
            pool.files.update({**files, **beside})
            request = Request("prove", {"files": sorted(files), "timeout": timeout}, timeout + self._waits.silence)
            (message,) = (message for _, message in pool.run([request]))
        return dict(message["found"]) if message["kind"] == protocol.PROVED else {}

    def know(self, seconds: Mapping[str, float]) -> None:
        """Clean times of tests that were run by an earlier process."""
        self._seconds.update(seconds)

    def recall(self, jobs: Sequence[MutantJob]) -> Iterator[MutantVerdict]:
        """Verdicts that are known without running anything: none."""
        del jobs
        return iter(())

    def imported(self) -> Mapping[str, Hits]:
        """What ran while the project's tests, and files loaded since, were collected; by path."""
        return dict(self._imported)

    def judge(self, jobs: Sequence[MutantJob]) -> Generator[MutantVerdict, None, None]:
        """Run mutants, all cores in use, in the order of completion.

        Kills may be proved in a child that several mutants share; everything else is said of a fork of its own.
        """
        own = [job for job in jobs if self._suite_is_open and not self._meets_generated(job)]
        yield from self._judge(own, own=True)
        known = {job.mutant.id for job in own}
        yield from self._judge([job for job in jobs if job.mutant.id not in known], own=False)

    @property
    def _suite_is_open(self) -> bool:
        return self._settings.sandbox_suite == "open"

    def _meets_generated(self, job: MutantJob) -> bool:
        return any(test.partition("::")[0] in self._pool(protocol.WARM).files for test in job.tests)

    def _judge(self, jobs: Sequence[MutantJob], *, own: bool) -> Iterator[MutantVerdict]:
        """``own``: by the project's own tests only."""
        if not jobs:
            return
        if self._has_threads(own=own):
            yield from self._judge_cold(jobs, own=own)
            return
        warm = self._pool(protocol.WARM, own=own)
        left = {job.mutant.id: job for job in jobs}
        cold: list[MutantJob] = []
        for request, message in warm.run([self._together(group) for group in self._parted(jobs, GROUP)]):
            yield from _take(request, message, left, cold)
        alone = [self._together([job]) for job in left.values()]  # their worker died, be it of a neighbour
        for request, message in warm.run(alone):
            yield from _take(request, message, left, cold, last=True)
        yield from self._judge_cold(cold, own=own)

    def _judge_cold(self, jobs: Sequence[MutantJob], *, own: bool) -> Iterator[MutantVerdict]:
        """Each in a process that imports the project by itself."""
        if not jobs:
            return
        extra = self._start_seconds(own=own)
        left = {job.mutant.id: job for job in jobs}
        for request, message in self._pool(protocol.COLD, own=own).run(
            [_alone(job, extra, self._waits.silence) for job in jobs]
        ):
            yield from _take(request, message, left, [], last=True)

    def _start_seconds(self, *, own: bool) -> float:
        """What a process that imports and collects the project by itself may take for that."""
        return COLD_START_FACTOR * float(self._pool(protocol.WARM, own=own).greet()["seconds"]) + 1.0

    def _has_threads(self, *, own: bool) -> bool:
        """Whether threads are alive once the project is imported: a fork from there would be without them."""
        return bool(self._pool(protocol.WARM, own=own).greet()["has_threads"])

    def _parted(self, things: Sequence[T], most: int) -> Iterator[Sequence[T]]:
        """Parts of a list, few enough in each for all workers to have some."""
        workers = self._settings.processes
        size = max(1, min(most, -(-len(things) // (workers * PARTS_A_WORKER))))
        return (things[n : n + size] for n in range(0, len(things), size))

    def _together(self, jobs: Sequence[MutantJob]) -> Request:
        quick = [self._quick(job) if len(jobs) > 1 else (0, 0.0) for job in jobs]
        limit = max(_patience(job, 0.0, self._waits.silence) for job in jobs)
        clean = [[round(self._seconds.get(test, 0.0), 4) for test in job.tests] for job in jobs]
        return Request("judge", {"jobs": to_json(list(jobs)), "quick": quick, "clean": clean}, limit)

    def _quick(self, job: MutantJob) -> tuple[int, float]:
        """How many of its tests may run in a group, and their time: it must be below that of the forks it saves."""
        number, total = 0, 0.0
        for test in job.tests:
            seconds = self._seconds.get(test, 0.0)
            if seconds > QUICK_TEST or total + seconds > QUICK_TESTS:
                break
            number, total = number + 1, total + seconds
        return number, total

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        """Observe each probe, in the order given; ``timeout`` is for each."""
        requests = [
            Request(
                "probe",
                {
                    "probes": [to_json(dataclasses.replace(probe, mutant=None)) for probe in group],
                    "mutant": to_json(group[0].mutant),
                    "path": next((probe.path for probe in group if probe.path), ""),
                    "timeout": timeout,
                },
                timeout + self._waits.silence,
            )
            for group in _groups(probes)
        ]
        paths = {probe.id: probe.path for probe in probes}
        seen: dict[str, Observation] = {}
        for request, message in self._pool(protocol.WARM).run(requests):
            if message["kind"] == protocol.OBSERVATION:
                seen[message["id"]] = self._observation(message, paths[message["id"]])
            else:
                lost = [data["id"] for data in request.body["probes"]]
                seen |= {i: Observation(i, "crashed", error_message=message["detail"]) for i in lost if i not in seen}
        return [seen[probe.id] for probe in probes]

    def watch(
        self, places: Mapping[str, Mapping[int, Sequence[str]]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[str, Mapping[int, Mapping[str, tuple[str, ...]]]]:
        """Values of names at lines while tests run, all in one child; nothing where that child died."""
        listed = [[path, line, list(names)] for path, lines in places.items() for line, names in lines.items()]
        body = {"places": listed, "nodeids": list(nodeids), "timeout": timeout}
        found: dict[str, dict[int, dict[str, tuple[str, ...]]]] = {}
        for _, message in self._pool(protocol.WARM).run([Request("watch", body, timeout + self._waits.silence)]):
            for path, line, name, values in message.get("values", ()):
                found.setdefault(path, {}).setdefault(line, {})[name] = tuple(values)
        return found

    def record(
        self, wanted: Mapping[tuple[str, int], Sequence[str]], nodeids: Sequence[str], timeout: float
    ) -> Mapping[tuple[str, int], Sequence[Mapping[str, str]]]:
        """Arguments of functions while tests run, all in one child; nothing where that child died."""
        listed = [[path, line, list(names)] for (path, line), names in wanted.items()]
        body = {"wanted": listed, "nodeids": list(nodeids), "timeout": timeout}
        found: dict[tuple[str, int], Sequence[Mapping[str, str]]] = {}
        for _, message in self._pool(protocol.WARM).run([Request("record", body, timeout + self._waits.silence)]):
            found.update({(path, line): rows for path, line, rows in message.get("calls", ())})
        return found

    def challenge(
        self,
        probes: Sequence[Probe],
        expected: Sequence[str],
        challenges: Sequence[Challenge],
        raised: frozenset[str],
        enough: int,
    ) -> list[Meeting]:
        """For each challenge what came of it."""
        found: dict[int, Meeting] = {}
        common = {
            "raised": sorted(raised),
            "enough": enough,
            "timeout": self._waits.meeting,
            "path": next((challenge.mutant.path for challenge in challenges if challenge.mutant), ""),
        }
        plain = [to_json(dataclasses.replace(probe, id="", path="", mutant=None)) for probe in probes]
        pieces = list(zip(plain, expected, strict=True))
        limit = self._waits.meeting + self._waits.silence
        requests = [
            Request("challenge", common | _part(pieces, challenges, start), limit)
            for start in range(0, len(challenges), CHALLENGES_A_REQUEST)
        ]
        for _, message in self._pool(protocol.WARM).run(requests):
            if message["kind"] == protocol.DIFFERING:
                found[message["number"]] = Meeting(tuple(message["places"]), message["all_same"])
        return [found.get(number, Meeting()) for number in range(len(challenges))]

    # --- how ---

    def _pool(self, kind: str, *, own: bool = False) -> Pool:
        """``own``: for the project's own tests, which may be outside the walls."""
        is_open = own and self._suite_is_open
        name = f"{kind} open" if is_open else kind
        with self._opening:
            if self._is_closed:
                raise PoolClosedError
            if name not in self._pools:
                size = 1 if kind == protocol.PERTURBED else self._settings.processes
                self._pools[name] = Pool(self._circumstances(kind, is_open=is_open), size)
            return self._pools[name]

    def _circumstances(self, kind: str, *, is_open: bool) -> Circumstances:
        ground = self._ground
        if is_open:
            ground = without_walls(ground, os.environ)
        positional: tuple[str, ...] = ()
        outside: tuple[str, ...] = ()
        path: tuple[str, ...] = ()
        imported_by = protocol.TESTS
        if kind in (protocol.COLD, protocol.PLAIN):
            hello = self._pool(protocol.WARM, own=is_open).greet()
            positional, outside = tuple(hello["positional"]), tuple(hello["outside"])
            imported_by, path = hello["imported_by"], tuple(hello["path"]) if kind == protocol.COLD else ()
        start = Start(
            kind,
            "",
            self._args,
            self._path_of(kind),
            self._folder,
            tuple(Source(module.path, module.name, module.source) for module in self._modules),
            self._settings.seed,
            positional,
            path,
            outside,
            imported_by,
            stripped_names(os.environ, ground.allow.variables),
            self._waits.reimport,
        )
        perturbed = kind == protocol.PERTURBED
        environment = {"PYTHONHASHSEED": str(HASH_SEEDS.get(kind, 0))}
        return Circumstances(
            ground,
            limits_of(self._settings.sandbox_limits, self._settings.memory, self._settings.sandbox_disk),
            lambda plan: dataclasses.replace(start, plan=plan),
            environment | ({"TZ": OTHER_ZONE} if perturbed else {}),
            other_home=perturbed,
            start_seconds=self._waits.start,
        )

    def _plain(self) -> Pool:
        return Pool(self._circumstances(protocol.PLAIN, is_open=False), 1)

    def _prepare_proofs(self) -> None:
        """Start what proofs need beside the warm workers, while these are at work."""
        for kind in (protocol.PERTURBED, protocol.COLD):
            self._pool(kind).hire(1)
        if self._spare is None:
            self._spare = self._plain()
            self._spare.hire(1)

    @contextmanager
    def _once(self, pool: Pool) -> Iterator[Pool]:
        """Workers that end with the question they were started for; their CPU time counts with the others'."""
        try:
            yield pool
        finally:
            self._ended_cpu += pool.cpu_seconds()
            pool.close()

    def _path_of(self, kind: str) -> tuple[str, ...]:
        """The import path that a worker starts with."""
        if kind != protocol.PLAIN:
            return self._sys_path
        return tuple(without_folder(list(self._sys_path), self._root / self._folder))

    def _lines(self, path: str) -> FileLines:
        if path not in self._files:
            self._files[path] = file_lines(self._root, path)
        return self._files[path]

    def _hits(self, path: str, raw: RawFile) -> Hits:
        return translate(raw, self._lines(path))

    def _note_imported(self, message: Mapping[str, Any]) -> None:
        new = {path: self._hits(path, from_json(RawFile, raw)) for path, raw in message["imported"].items()}
        self._imported = united([self._imported, new])

    def _run(self, message: dict[str, Any], name: str) -> TestRun:
        if message["kind"] == LOST:
            outcome = Outcome.TIMEOUT if message["hung"] else Outcome.CRASHED
            return TestRun(name, outcome, 0.0, message=message["detail"])
        raw = from_json(RawRun, message["run"])
        known = {module.path for module in self._modules}
        hits = {path: self._hits(path, file) for path, file in raw.hits.items() if path in known}
        self._seconds[raw.nodeid] = raw.seconds
        needs = real_needs(raw.needs, self._root)
        run = TestRun(raw.nodeid, raw.outcome, raw.seconds, hits, raw.error_type, raw.message, raw.crash_line)
        return dataclasses.replace(run, trace=raw.trace, needs=needs, left=raw.left)

    def _observation(self, message: dict[str, Any], path: str) -> Observation:
        how = message["how"]
        hits = message.get("hits")
        return Observation(
            message["id"],
            how,
            from_json(Value, message.get("value")),
            message.get("error_type"),
            message.get("error_message", message.get("detail", "")),
            message.get("output", ""),
            {name: from_json(Value, value) for name, value in message.get("changed", {}).items()},
            self._hits(path, from_json(RawFile, hits)) if hits else Hits(),
            message.get("seconds", 0.0),
            tuple(Heard(*told) for told in message.get("heard", ())),
        )


def _groups(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    """Probes that one request can hold: few enough for all workers to have some, and of one mutant."""
    for _, alike in groupby(probes, key=lambda probe: probe.mutant):
        same = list(alike)
        for start in range(0, len(same), PROBES_A_REQUEST):
            yield same[start : start + PROBES_A_REQUEST]


def _part(pieces: Sequence[tuple[Any, ...]], challenges: Sequence[Challenge], start: int) -> dict[str, Any]:
    """The challenges of one request, with the calls that they need."""
    mine = range(start, min(start + CHALLENGES_A_REQUEST, len(challenges)))
    numbers = sorted({place for number in mine for place in challenges[number].places})
    return {
        "numbers": numbers,
        "pieces": [pieces[number] for number in numbers],
        "challenges": [{**to_json(challenges[number]), "number": number} for number in mine],
    }


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _below(folder: Path, root: Path) -> str:
    folder = folder.resolve()
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else "."


def _patience(job: MutantJob, extra: float, silence: float) -> float:
    return 4 * (job.timeout + extra) * (1 + len(job.tests)) + silence


def _alone(job: MutantJob, extra: float, silence: float) -> Request:
    return Request("judge", {"jobs": [to_json(job)], "extra": extra}, _patience(job, extra, silence))


def _take(
    request: Request,
    message: dict[str, Any],
    left: dict[str, MutantJob],
    cold: list[MutantJob],
    *,
    last: bool = False,
) -> Iterator[MutantVerdict]:
    """The verdicts in an answer, unless they came before: a group whose worker died is asked twice."""
    if message["kind"] == LOST:
        for data in request.body["jobs"] if last else ():
            if left.pop(data["mutant"]["id"], None) is not None:
                yield _lost(data["mutant"]["id"], message)
        return
    for answer in message["answers"]:
        job = left.pop(answer["id"], None)
        if job is not None and "needs_import" in answer:
            cold.append(job)
        elif job is not None:
            yield dataclasses.replace(from_json(MutantVerdict, answer["verdict"]), seconds=answer["seconds"])


def _lost(mutant: str, message: dict[str, Any]) -> MutantVerdict:
    if message["hung"]:
        return MutantVerdict(mutant, MutantStatus.TIMEOUT, detail="the worker hung", confirmed=False)
    return MutantVerdict(mutant, MutantStatus.RUNTIME_ERROR, detail=f"the worker died: {message['detail']}")
