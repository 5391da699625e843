"""Coverage: measured in a child, read from a data file, translated to statements; only this module knows it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import coverage
from coverage.exceptions import CoverageException
from coverage.files import TreeMatcher, canonical_filename
from coverage.python import PythonFileReporter

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Arc, FileLines, Hits
from pytest_llmgen.run.protocol import RawFile


class Meter:
    """Measures files in scope, in memory; made before the fork, started and stopped in the child."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self._root = root
        self._coverage = coverage.Coverage(
            data_file=None,
            branch=True,
            config_file=False,
            include=[str(root / path) for path in paths],
            messages=False,
        )
        self._coverage.set_option("run:core", "ctrace")  # the only core with arcs on every Python we support
        self._coverage.set_option("run:disable_warnings", ["no-data-collected", "module-not-measured", "no-ctracer"])
        self._is_direct = False
        self._warm(paths)

    def _warm(self, paths: Sequence[str]) -> None:
        """Pay for coverage's own start once, in the parent of all children, and see which way of reading it works."""
        seen = []
        for self._is_direct in (False, True):
            self.start()
            if paths:
                exec(compile(_PROBE, str(self._root / paths[0]), "exec"), {})  # noqa: S102 (our own text)
            try:
                seen.append(self.stop())
            except (AttributeError, TypeError, ValueError):
                seen.append({})
        self._is_direct = seen[0] == seen[1] != {}
        self.cut()

    def start(self) -> None:
        """Measure from here on."""
        self._coverage.start()

    def cut(self) -> None:
        """Forget what ran so far; the threads that are measured go on being so."""
        self._coverage.get_data().erase()

    def stop(self) -> dict[str, RawFile]:
        """Stop and give what ran, by path relative to the root."""
        self._coverage.stop()
        if self._is_direct:
            return {_relative(name, self._root): _raw_file(arcs) for name, arcs in self._taken() if arcs}
        data = self._coverage.get_data()
        hits = {
            _relative(name, self._root): RawFile(
                tuple(sorted(data.lines(name) or ())), tuple(sorted(data.arcs(name) or ()))
            )
            for name in data.measured_files()
        }
        data.erase()  # not Coverage.erase(): that would have its start paid again, 7 ms each time
        return hits

    def _taken(self) -> Iterator[tuple[str, set[Arc]]]:
        """What the tracer has noted, without coverage's way through a data base, which costs 3 ms in each child."""
        collector: Any = self._coverage._collector  # noqa: SLF001 (no public way; seen to work before it is used)
        for name, noted in collector.data.items():
            yield name, {_unpacked(arc) for arc in noted} if collector.core.packed_arcs else set(noted)
            noted.clear()


_PROBE = "def probe(n):\n    if n:\n        return 1\n    return 2\n\nprobe(1)\n"


def _unpacked(arc: int) -> Arc:
    """The line numbers in one integer, as coverage's tracer writes them (``CTracer_record_pair``)."""
    bits = 28
    first, second = arc & (1 << bits) - 1, arc >> bits & (1 << bits) - 1
    return (-first if arc & 1 << 2 * bits else first), (-second if arc & 2 << 2 * bits else second)


def _raw_file(arcs: set[Arc]) -> RawFile:
    lines = {line for arc in arcs for line in arc if line > 0}
    return RawFile(tuple(sorted(lines)), tuple(sorted(arcs)))


def narrow(owner: coverage.Coverage, files: Iterable[Path]) -> bool:
    """Look only at these files of those that a measurement, which has begun, looks at; tells whether it does.

    Coverage's ``source`` knows folders only, and what ran in each file is noted for every test: of a package of
    seventeen modules that took four times the tests' own time. Where coverage is not as we know it nothing changes.
    """
    chooser: Any = getattr(owner, "_inorout", None)
    before = getattr(chooser, "source_match", None)
    names = [canonical_filename(str(file)) for file in files]
    if not isinstance(before, TreeMatcher) or not names:
        return False
    try:
        wanted = [chooser.check_include_omit_etc(name, None) for name in names]
        chooser.source_match = TreeMatcher(names, "source")
        if [chooser.check_include_omit_etc(name, None) for name in names] == wanted:
            return True
    except (AttributeError, TypeError, ValueError):
        pass
    chooser.source_match = before
    return False


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """What the user's coverage configuration says of which files to measure."""

    source: tuple[str, ...] = ()  # folders and package names
    omit: tuple[str, ...] = ()  # globs


def coverage_settings(root: Path, config_file: str | bool) -> CoverageSettings:
    """Read the user's coverage configuration.

    Args:
        root: the project's root, where coverage looks for its configuration.
        config_file: its name as pytest-cov has it (``.coveragerc`` stands for every usual place).

    Raises:
        LlmgenError: it can't be read.
    """
    options = coverage_options(root, config_file)
    names = (name for key in ("run:source", "run:source_pkgs") for name in _strings(options[key]))
    return CoverageSettings(tuple(names), tuple(_strings(options["run:omit"])))


_OPTIONS = (
    *("run:source", "run:source_pkgs", "run:include", "run:omit"),
    *("report:exclude_lines", "report:exclude_also", "report:partial_branches", "report:partial_also"),
)
"""What decides which code is counted."""


def coverage_options(root: Path, config_file: str | bool) -> dict[str, object]:
    """The user's settings that decide which code coverage counts, by coverage's names of them.

    Raises:
        LlmgenError: they can't be read.
    """
    try:
        with chdir(root):
            owner = coverage.Coverage(data_file=None, config_file=_usual(config_file), messages=False)
        return {name: owner.get_option(name) for name in _OPTIONS}
    except CoverageException as error:
        raise LlmgenError(f"coverage's configuration: {error}", slug="coverage-config", fix="repair it") from None


def _usual(config_file: str | bool) -> str | bool:
    return True if config_file == ".coveragerc" else config_file


def _strings(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def file_lines(root: Path, path: str, *, config_file: str | bool = False, settings_in: Path | None = None) -> FileLines:
    """What can be covered in a file, under the user's own exclusions.

    Args:
        root: the project's root.
        path: of the file, relative to it.
        config_file: the user's coverage configuration, False for none, True for where coverage looks by itself.
        settings_in: the folder with the configuration, where that is not the root.

    Raises:
        LlmgenError: the file or the configuration can't be read.
    """
    try:
        with chdir(settings_in or root):
            owner = coverage.Coverage(data_file=None, config_file=_usual(config_file), messages=False)
        reporter = PythonFileReporter(str(root / path), coverage=owner)
        return _described(path, reporter)
    except CoverageException as error:
        raise LlmgenError(f"{path}: {error}", slug="not-measurable", fix="repair the file or leave it out") from None


def _described(path: str, reporter: PythonFileReporter) -> FileLines:
    statements, excluded = frozenset(reporter.lines()), frozenset(reporter.excluded_lines())
    leaving: dict[int, set[Arc]] = {}
    for arc in reporter.arcs():
        leaving.setdefault(arc[0], set()).add(arc)
    quiet = reporter.no_branch_lines()
    branching = {line for line, exits in reporter.exit_counts().items() if exits > 1 and line not in quiet}
    branches = frozenset(arc for line in branching for arc in leaving.get(line, ()) if arc[1] not in excluded)
    return FileLines(path, statements, branches, excluded, dict(reporter.multiline_map()), _jumps(reporter))


def _jumps(reporter: PythonFileReporter) -> dict[Arc, Arc | None]:
    """Leaving a ``with`` goes back to its line first: how coverage takes such arcs (it has no public name for it)."""
    reporter.arcs()  # makes it
    return dict(reporter.parser._with_jump_fixers)  # noqa: SLF001


def translate(raw: RawFile, lines: FileLines) -> Hits:
    """Raw lines and arcs in terms of statements and branches."""
    first = lines.first_line
    arcs = _translated(_translated(raw.arcs, lines), lines)  # twice, as coverage does: one ``with`` may end in another
    return Hits(frozenset(first.get(n, n) for n in raw.lines) & lines.statements, frozenset(arcs) & lines.branches)


def _translated(arcs: Iterable[Arc], lines: FileLines) -> set[Arc]:
    meant = (lines.jumps.get(arc, arc) for arc in arcs)
    return {(_first(arc[0], lines.first_line), _first(arc[1], lines.first_line)) for arc in meant if arc is not None}


def _first(line: int, first: Mapping[int, int]) -> int:
    return -first.get(-line, -line) if line < 0 else first.get(line, line)


@dataclass(frozen=True, slots=True)
class BaselineData:
    """A coverage data file, read: hits by path, and lines by node id and path."""

    hits: Mapping[str, Hits]
    contexts: Mapping[str, Mapping[str, frozenset[int]]]
    has_branches: bool
    has_contexts: bool


def read_baseline(data_file: Path, root: Path, files: Mapping[str, FileLines]) -> BaselineData:
    """Read a data file with pytest-cov's per-test contexts.

    Args:
        data_file: a combined coverage data file; it is not changed.
        root: what paths are relative to.
        files: the files wanted, by path.

    Raises:
        LlmgenError: there is no such file or it is not coverage data.
    """
    data = _read(data_file)
    measured = {_relative(name, root): name for name in data.measured_files()}
    hits: dict[str, Hits] = {}
    contexts: dict[str, dict[str, frozenset[int]]] = {}
    for path in sorted(files.keys() & measured.keys()):
        name, lines = measured[path], files[path]
        raw = RawFile(tuple(data.lines(name) or ()), tuple(data.arcs(name) or ()))
        hits[path] = translate(raw, lines)
        for nodeid, seen in _by_test(data.contexts_by_lineno(name), lines).items():
            contexts.setdefault(nodeid, {})[path] = seen
    return BaselineData(hits, contexts, data.has_arcs(), any("|" in c for c in data.measured_contexts()))


def _read(data_file: Path) -> coverage.CoverageData:
    if not data_file.is_file():
        raise LlmgenError(f"{data_file}: no coverage data", slug="no-coverage-data", fix="run without --no-cov")
    data = coverage.CoverageData(basename=str(data_file))
    try:
        data.read()
    except CoverageException as error:
        raise LlmgenError(
            f"{data_file}: {error}", slug="no-coverage-data", fix="delete the file and run again"
        ) from None
    return data


def _by_test(contexts: Mapping[int, Sequence[str]], lines: FileLines) -> dict[str, frozenset[int]]:
    seen: dict[str, set[int]] = {}
    for line, names in contexts.items():
        statement = lines.first_line.get(line, line)
        for name in names:
            nodeid, separator, _phase = name.rpartition("|")
            if separator and statement in lines.statements:
                seen.setdefault(nodeid, set()).add(statement)
    return {nodeid: frozenset(found) for nodeid, found in seen.items()}


@lru_cache(maxsize=1024)  # asked after each probe and each test
def _relative(name: str, root: Path) -> str:
    """A path of coverage's relative to the root, with ``/``; unchanged where it is not below it."""
    path = Path(name)
    if path.is_absolute():
        relative = os.path.relpath(path, root)
        path = path if relative.startswith(os.pardir) else Path(relative)
    return path.as_posix()
