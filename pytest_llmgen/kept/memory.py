"""What earlier runs found out and what of it still holds; nothing else is ever given back.

A test's dependency is a digest of all that it can reach, read and be told.  A verdict is kept with the dependencies
of the tests that it rests on, and holds while they are equal: of the killing test for a kill, of every covering
test otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pytest_llmgen.kept.anatomy import Part, digest_of
from pytest_llmgen.kept.blindness import Blindness
from pytest_llmgen.kept.doubts import DATA, ENVIRONMENT, PLACE
from pytest_llmgen.kept.places import Moved, restore_hits, store_hits
from pytest_llmgen.kept.project import Project
from pytest_llmgen.kept.reach import Reach, Reaches
from pytest_llmgen.kept.store import Store
from pytest_llmgen.kept.world import World
from pytest_llmgen.records import Hits, Mutant, MutantJob, MutantStatus, MutantVerdict, Outcome, TestRun, Trace
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.run.traces import ALL_FILES, ALL_VARIABLES

KEPT = frozenset({MutantStatus.KILLED, MutantStatus.SURVIVED, MutantStatus.TIMEOUT, MutantStatus.COMPILE_ERROR})
"""Verdicts that the code decides, and no accident of a machine."""
_WORD = re.compile(r"[^\W\d]\w*")
_IMPORTS, _TEST, _VERDICT, _SCOPE = "imports", "test", "verdict", "scope"


@dataclass(frozen=True, slots=True)
class Measured:
    """Which files were measured, and under which exclusions."""

    paths: tuple[str, ...]
    how: str  # digest of the targets asked for and of coverage's configuration

    @property
    def key(self) -> str:
        """A short name for it."""
        return digest_of(self.how, *self.paths)


class Memory:
    """Recalls and learns; everything is by content.

    Args:
        store: values of earlier runs.
        world: what is not Python text of the project.
        project: what is.
        basics: digest of what every verdict depends on.
        variant: of how pytest was called: runs of different ones do not displace each other's entries.
        measured: what tests are measured on now.
    """

    def __init__(
        self, store: Store, world: World, project: Project, basics: str, measured: Measured, variant: str = ""
    ) -> None:
        self._store, self._world, self._project, self._basics = store, world, project, basics
        self._measured, self._variant = measured, variant
        self._reaches = Reaches(project)
        self._frozen = False
        self._common: str | None = None  # digest of basics and of importing; None: nothing may be kept
        self._imported: Mapping[str, Hits] = {}
        self._dependencies: dict[str, str] = {}
        self._scopes: dict[str, bool] = {}
        self._met: Counter[str] = Counter()  # how often a mutant was judged: each time it meets other tests
        self._recalled: set[str] = set()
        self._judged: set[str] = set()
        self._recall_importing()

    # --- importing ---

    def imported(self) -> Mapping[str, Hits] | None:
        """What importing the project ran, where that is known without doing it."""
        entry = self._store.get(_IMPORTS, self._import_key)
        try:
            if entry is None or self._common is None or entry["state"] != self._import_state:
                return None
            return {path: restore_hits(data, None) for path, data in entry["hits"].items()}
        except _BROKEN:
            return None

    def _recall_importing(self) -> None:
        entry = self._store.get(_IMPORTS, self._import_key)
        try:
            trace = _trace(entry["trace"]) if entry else None
        except _BROKEN:
            trace = None
        self._set_common(trace)
        self._imported = self.imported() or {}

    def learn_importing(self, traces: Sequence[Trace], imported: Mapping[str, Hits]) -> None:
        """Take what a worker saw while it collected; it may differ from what was known before."""
        # pytest itself lists folders; where the project's code does so its text shows it
        trace = Trace(
            tuple(file for file in _union(each.files for each in traces) if not file.endswith("/")),
            _union(each.modules for each in traces),
            _union(each.variables for each in traces),
            _union(each.unseen for each in traces),
        )
        self._dependencies.clear()
        self._set_common(trace)
        self._imported = imported
        hits = {path: store_hits(seen, None) for path, seen in imported.items()}
        self._store.put(_IMPORTS, self._import_key, {"trace": _told(trace), "state": self._import_state, "hits": hits})
        self._store.put(_SCOPE, self._measured.key, {"paths": list(self._measured.paths), "how": self._measured.how})

    def _set_common(self, trace: Trace | None) -> None:
        self._common = None
        if trace is None or trace.unseen:
            return
        strange = [path for path in trace.modules if path not in self._foreseen]
        data = self._world.data if ALL_FILES in trace.files else ""
        if data is None:
            return
        self._common = digest_of(
            self._basics, self._world.files([*trace.files, *strange]), data, self._world.variables(trace.variables)
        )

    @cached_property
    def _foreseen(self) -> frozenset[str]:
        """Files whose import the texts of tests and conftest files tell."""
        return self._project.loaded

    @property
    def _import_key(self) -> str:
        return digest_of(self._variant, self._measured.key)

    def _test_key(self, nodeid: str) -> str:
        return digest_of(self._variant, nodeid)

    @property
    def _import_state(self) -> str:
        return digest_of(str(self._common), self._project.digest)

    # --- tests ---

    def recall_test(self, nodeid: str) -> TestRun | None:
        """What a run of the test came to, where nothing that it depends on has changed."""
        entry = self._store.get(_TEST, self._test_key(nodeid))
        try:
            if entry is None or not self._covers(entry["measured"]):
                return None
            trace = _trace(entry["trace"])
            dependency = self._dependency(nodeid, trace, whole=entry["whole"])
            if dependency is None or dependency != entry["dependency"]:
                return None
            hits = {path: restore_hits(data, self._project.moved(path, data)) for path, data in entry["hits"].items()}
            hits = {path: seen for path, seen in hits.items() if path in self._measured.paths}
            run = TestRun(nodeid, Outcome(entry["outcome"]), float(entry["seconds"]), hits, trace=trace)
        except (*_BROKEN, Moved):
            return None
        self._dependencies[nodeid] = dependency
        return run

    def learn_test(self, run: TestRun) -> None:
        """Keep a run that passed, if all that it depends on is seen."""
        if run.trace is None or run.needs or run.outcome not in GREEN:
            return
        reach = self._reaches.of(run.nodeid, run.trace.fixtures)
        if reach is None or self._blindness.concerns(reach, run.hits):
            return
        executed = {path: self._executed(path, hits) for path, hits in run.hits.items()}
        whole = not self._is_foreseen(reach, run, executed)
        dependency = self._dependency(run.nodeid, run.trace, whole=whole)
        if dependency is None:
            return
        self._dependencies[run.nodeid] = dependency
        self._store.put(
            _TEST,
            self._test_key(run.nodeid),
            {
                "dependency": dependency,
                "whole": whole,
                "measured": self._measured.key,
                "trace": _told(run.trace),
                "outcome": run.outcome.value,
                "seconds": run.seconds,
                "hits": {path: store_hits(hits, self._project.anatomy(path)) for path, hits in run.hits.items()},
            },
        )

    def forget_test(self, nodeid: str) -> None:
        """Keep nothing of a test that was learned, nor what it says of mutants."""
        self._dependencies.pop(nodeid, None)
        self._store.put(_TEST, self._test_key(nodeid), {})

    @property
    def _blindness(self) -> Blindness:
        return Blindness(self._project, frozenset(self._measured.paths), self._imported)

    def _covers(self, key: str) -> bool:
        """Whether an earlier measurement looked at every file that is wanted now, in the same way."""
        if key not in self._scopes:
            entry = self._store.get(_SCOPE, key) or {"paths": [], "how": ""}
            same = entry["how"] == self._measured.how
            self._scopes[key] = same and set(entry["paths"]) >= set(self._measured.paths)
        return self._scopes[key] or key == self._measured.key

    def _executed(self, path: str, hits: Hits) -> list[Part]:
        anatomy = self._project.anatomy(path)
        return [part for part in anatomy.parts if _runs(part, hits)] if anatomy else []

    def _is_foreseen(self, reach: Reach, run: TestRun, executed: Mapping[str, Sequence[Part]]) -> bool:
        """Whether what the test ran and imported is among what its text says that it may."""
        loaded = set(run.trace.modules) if run.trace else set()
        ran = {path for path, parts in executed.items() if parts}
        if not (loaded | ran) <= reach.files:
            return False
        if reach.is_whole:
            return True
        known = {(path, number) for path, number in reach.parts}
        for path, parts in executed.items():
            anatomy = self._project.anatomy(path)
            numbers = [number for number, part in enumerate(anatomy.parts) if part in parts] if anatomy else []
            if any((path, number) not in known for number in numbers):
                return False
        return True

    def _dependency(self, nodeid: str, trace: Trace, *, whole: bool) -> str | None:
        """A digest of everything that the test depends on, None where something of it can't be seen."""
        reach = self._reaches.of(nodeid, trace.fixtures)
        if self._common is None or reach is None or trace.unseen:
            return None
        data: str | None = ""
        if DATA in reach.doubts or any("\0" not in file for file in trace.files):
            data = self._world.data
        if data is None:
            return None
        variables = {*trace.variables, *((ALL_VARIABLES,) if ENVIRONMENT in reach.doubts else ())}
        strange = [path for path in trace.modules if path not in self._project.known]
        return digest_of(
            self._common,
            self._project.digest if whole else reach.digest,
            data,
            self._world.files([*trace.files, *strange]),
            self._world.variables(variables),
            self._world.place if PLACE in reach.doubts else "",
        )

    # --- verdicts ---

    def recall_verdict(self, job: MutantJob) -> MutantVerdict | None:
        """An earlier verdict that still holds."""
        entry = self._entry(job)
        try:
            if entry is None or not self._holds(job, entry):
                return None
            killers = tuple(test for test in entry["killed_by"] if test in job.tests)
            verdict = MutantVerdict(
                job.mutant.id,
                MutantStatus(entry["status"]),
                killers,
                int(entry["tests_run"]),
                float(entry["seconds"]),
                str(entry["detail"]),
            )
        except _BROKEN:
            return None
        self._met[job.mutant.id] += 1
        self._recalled.add(job.mutant.id)
        return verdict

    def killers_first(self, job: MutantJob) -> MutantJob:
        """The job with tests that killed the mutant in an earlier run before the others."""
        entry = self._entry(job)
        try:
            killers = [test for test in entry["killed_by"] if test in job.tests] if entry else []
        except _BROKEN:
            killers = []
        return replace(job, tests=(*killers, *(test for test in job.tests if test not in killers)))

    def learn_verdict(self, job: MutantJob, verdict: MutantVerdict) -> None:
        """Keep a verdict, if everything that it rests on is seen."""
        key = None if self._frozen else self._verdict_key(job.mutant)
        self._met[job.mutant.id] += 1
        self._judged.add(job.mutant.id)
        if key is None or job.every_test or verdict.status not in KEPT or not verdict.confirmed:
            return
        killers = {test: self._dependencies[test] for test in verdict.killed_by if test in self._dependencies}
        tests = self._combined(job.tests)
        if tests is None and not killers:
            return
        self._store.put(
            _VERDICT,
            key,
            {
                "status": verdict.status.value,
                "killed_by": list(verdict.killed_by),
                "killers": killers,
                "tests": tests,
                "tests_run": verdict.tests_run,
                "seconds": verdict.seconds,
                "detail": verdict.detail,
            },
        )

    def _entry(self, job: MutantJob) -> Any:
        key = self._verdict_key(job.mutant)
        return None if key is None or job.every_test else self._store.get(_VERDICT, key)

    def _holds(self, job: MutantJob, entry: Mapping[str, Any]) -> bool:
        if entry["status"] == MutantStatus.KILLED.value:
            return any(
                test in job.tests and self._dependencies.get(test) == dependency
                for test, dependency in entry["killers"].items()
            )
        combined = self._combined(job.tests)
        return combined is not None and combined == entry["tests"]

    def _combined(self, tests: Sequence[str]) -> str | None:
        if any(test not in self._dependencies for test in tests):
            return None
        return digest_of(*(each for test in sorted(tests) for each in (test, self._dependencies[test])))

    def _verdict_key(self, mutant: Mutant) -> str | None:
        """By content; None where the mutated code itself brings in what nobody can check."""
        anatomy = self._project.anatomy(mutant.path)
        part = anatomy.part_at(mutant.region.start_line) if anatomy else None
        if part is not None and part.unseen_lines:
            return None
        text = part.digest if part else digest_of(self._project.text(mutant.path))
        more = self._project.digest if part is None or self._reaches_more(mutant, part) else ""
        times = str(self._met[mutant.id])
        return digest_of(mutant.path, mutant.id, mutant.replacement, str(mutant.nth), text, more, times)

    def _reaches_more(self, mutant: Mutant, part: Part) -> bool:
        """Whether the change runs at import, or brings in a name that the part did not have."""
        if mutant.line in self._imported.get(mutant.path, Hits()).lines:
            return True
        lines = self._project.text(mutant.path).split("\n")[part.first_line - 1 : part.end_line]
        names = set(_WORD.findall(mutant.replacement)) & self._project.part_names
        return bool(names) and not names <= set(_WORD.findall("\n".join(lines)))

    @property
    def kept(self) -> int:
        """How many mutants were judged by earlier runs alone."""
        return len(self._recalled - self._judged)

    def save(self) -> None:
        """Write everything that was learned; nothing is learned after that."""
        if self._frozen:
            return
        self._frozen = True
        if changed := self._world.changed(self._project.paths):
            self._store.forget(f"{changed} changed while the run was going: its verdicts are not kept for later runs")
        self._store.save()

    @property
    def problem(self) -> str | None:
        """Why earlier values are not used, or new ones not kept."""
        return self._store.problem


_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a value of a strange form may raise."""


def _runs(part: Part, hits: Hits) -> bool:
    return any(part.first_line <= line <= part.end_line for line in hits.lines)


def _union(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({each for part in parts for each in part}))


def _told(trace: Trace) -> dict[str, list[str]]:
    return {name: list(getattr(trace, name)) for name in ("files", "modules", "variables", "unseen")}


def _trace(data: Mapping[str, Sequence[str]]) -> Trace:
    return Trace(*(tuple(str(each) for each in data[name]) for name in ("files", "modules", "variables", "unseen")))
