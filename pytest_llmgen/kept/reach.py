"""What a test can reach, whatever a mutant does to its way: a digest of all of that.  Pure but for reading files.

A test reaches the parts that its own part names, those that these name, and so on, among the files that it imports
(and they import).  What is pulled by import itself (tables, registries, hooks) is reached by everything that
imports it.  Where names are made at run time the whole text of these files counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from pytest_llmgen.kept.anatomy import DYNAMIC, IMPORTS, Anatomy, Part, digest_of, dissect
from pytest_llmgen.kept.places import Moved, Spans, spans_of

CONFTEST = "conftest.py"
Place = tuple[str, int]
"""Path and number of a part."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one test can reach."""

    digest: str
    doubts: frozenset[str]
    files: frozenset[str]  # whose import it sees
    parts: frozenset[Place]
    is_whole: bool  # the whole text of its files counts


@dataclass
class Project:
    """The project's Python files, cut into parts as they are asked for.

    Args:
        paths: of all of them, relative to the root.
        read: the text of one; empty where it can't be read.
        tests: paths of files with tests in them.
    """

    paths: tuple[str, ...]
    read: Callable[[str], str]
    tests: frozenset[str] = frozenset()
    _texts: dict[str, str] = field(default_factory=dict)
    _anatomies: dict[str, Anatomy | None] = field(default_factory=dict)
    _imports: dict[str, frozenset[str]] = field(default_factory=dict)
    _names: dict[frozenset[str], Mapping[str, tuple[Place, ...]]] = field(default_factory=dict)
    _reached: dict[tuple[str, str], Reach] = field(default_factory=dict)
    _spans: dict[str, Spans] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """A file's text."""
        if path not in self._texts:
            self._texts[path] = self.read(path)
        return self._texts[path]

    def anatomy(self, path: str) -> Anatomy | None:
        """A file cut into parts, None where it can't be."""
        if path not in self._anatomies:
            self._anatomies[path] = dissect(self.text(path))
        return self._anatomies[path]

    @cached_property
    def digest(self) -> str:
        """Of every file, names and texts."""
        return digest_of(*(each for path in self.paths for each in (path, self.text(path))))

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Last component of a module's name -> files; a package answers to its folder's name."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            pure = PurePosixPath(path)
            found.setdefault(pure.stem, []).append(path)
            if pure.stem == "__init__":
                found.setdefault(pure.parent.name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def imports(self, path: str) -> frozenset[str]:
        """The file and all files of the project that importing it may import."""
        if path not in self._imports:
            self._imports[path] = frozenset(self._closure([path]))
        return self._imports[path]

    def _closure(self, start: Iterable[str]) -> set[str]:
        known = set(self.paths)
        seen: set[str] = set()
        waiting = [path for path in start if path in known]
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            anatomy = self.anatomy(path)
            wanted = anatomy.imports if anatomy else frozenset[str]()
            waiting += [each for name in wanted if name != "__init__" for each in self._by_name.get(name, ())]
            waiting += [each for each in _packages(path) if each in known]
            if "__init__" in wanted:
                waiting += [each for each in [f"{PurePosixPath(path).parent}/__init__.py"] if each in known]
        return seen

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Test files that act on every test: imported with it, they do more than define names."""
        return frozenset(path for path in self.tests if self._acts(path))

    @cached_property
    def _plugins(self) -> tuple[str, ...]:
        """Files with hooks of pytest that are no conftest: they may be loaded for every test."""
        loaded = frozenset[str]().union(*(self.imports(path) for path in self.tests))
        hooks = (path for path in loaded if any(part.name.startswith("pytest_") for part in self._parts(path)))
        return tuple(sorted(path for path in hooks if PurePosixPath(path).name != CONFTEST))

    def _acts(self, path: str) -> bool:
        anatomy = self.anatomy(path)
        if anatomy is None:
            return True
        if anatomy.acts:
            return True
        names = self.names(self.imports(path))
        eager = anatomy.eager.union(*(part.eager for part in anatomy.parts))
        return any(place[0] != path for name in eager for place in names.get(name, ()))

    def names(self, files: frozenset[str]) -> Mapping[str, tuple[Place, ...]]:
        """Name -> parts of that name in the files."""
        if files not in self._names:
            found: dict[str, list[Place]] = {}
            for path in sorted(files):
                for number, part in enumerate(self._parts(path)):
                    found.setdefault(part.name, []).append((path, number))
            self._names[files] = {name: tuple(places) for name, places in found.items()}
        return self._names[files]

    def part(self, path: str, number: int) -> Part:
        """A part by its place."""
        return self._parts(path)[number]

    def moved(self, path: str, stored: Mapping[str, Any]) -> Spans | None:
        """Where the parts of a file are now, for hits that were stored earlier.

        Raises:
            Moved: the hits have lines outside of every part, and the file has changed.
        """
        anatomy = self.anatomy(path)
        if (stored["lines"] or stored["arcs"]) and (anatomy is None or anatomy.text != stored["text"]):
            raise Moved(path)
        if path not in self._spans:
            self._spans[path] = spans_of(anatomy)
        return self._spans[path]

    @cached_property
    def part_names(self) -> frozenset[str]:
        """Names of all parts that tests may import."""
        loaded = frozenset[str]().union(*(self.imports(path) for path in self.tests))
        return frozenset(part.name for path in loaded for part in self._parts(path))

    def _parts(self, path: str) -> tuple[Part, ...]:
        anatomy = self.anatomy(path)
        return anatomy.parts if anatomy else ()

    def reach(self, nodeid: str) -> Reach | None:
        """What a test reaches; None where it is in no Python file of the project."""
        path, _, rest = nodeid.partition("::")
        name = rest.partition("[")[0].partition("::")[0]
        if path not in self.paths or not path.endswith(".py"):
            return None
        if (path, name) not in self._reached:
            self._reached[path, name] = self._reach(path, name)
        return self._reached[path, name]

    def _reach(self, path: str, name: str) -> Reach:
        files = frozenset[str]().union(*(self.imports(each) for each in [path, *self._conftests(path), *self._plugins]))
        names = self.names(files)
        roots = [(path, number) for number, part in enumerate(self._parts(path)) if part.name == name]
        parts = self._walk([*roots, *self._pulled(files, names, path)], names)
        doubts = {doubt for where, number in parts for doubt in self._parts(where)[number].doubts}
        anatomies = [self.anatomy(each) for each in files]
        doubts |= {doubt for anatomy in anatomies if anatomy for doubt in anatomy.doubts}
        if not roots or None in anatomies:  # a doctest, a test that is imported from elsewhere
            doubts.add(DYNAMIC)
        digest = digest_of(self._digest(files, parts, doubts), self._acted)
        return Reach(digest, frozenset(doubts), files, frozenset(parts), bool(doubts & {DYNAMIC, IMPORTS}))

    @cached_property
    def _acted(self) -> str:
        """Of what other test files do to everybody when they are imported."""
        return digest_of(*(each for path in sorted(self.everywhere) for each in (path, self._act(path))))

    def _act(self, path: str) -> str:
        anatomy, files = self.anatomy(path), self.imports(path)
        if anatomy is None:
            return self.text(path)
        names = self.names(files)
        eager = anatomy.eager.union(anatomy.mentions, *(part.eager for part in anatomy.parts))
        parts = self._walk([place for name in eager for place in names.get(name, ())], names)
        heads = {
            (path, number) for number, part in enumerate(anatomy.parts) if any(name in names for name in part.eager)
        }
        doubts = {doubt for where, number in parts for doubt in self._parts(where)[number].doubts} | anatomy.doubts
        return self._digest(files, parts | heads, {DYNAMIC} if doubts & {DYNAMIC, IMPORTS} else set())

    def _digest(self, files: frozenset[str], parts: set[Place], doubts: set[str]) -> str:
        if IMPORTS in doubts:  # not of tests: nothing imports them by a name that was made at run time
            return self.digest_of_files(files | set(self.paths) - self.tests)
        if DYNAMIC in doubts:
            return self.digest_of_files(files)
        told = [
            f"{where}:{self._parts(where)[number].name}:{self._parts(where)[number].digest}" for where, number in parts
        ]
        rests = [f"{path}:{anatomy.digest}" for path in files if (anatomy := self.anatomy(path))]
        return digest_of(*sorted(told), "", *sorted(rests))

    def digest_of_files(self, files: Iterable[str]) -> str:
        """Of whole texts."""
        return digest_of(*(each for path in sorted(files) for each in (path, self.text(path))))

    def _conftests(self, path: str) -> list[str]:
        folders = PurePosixPath(path).parents
        return [each for each in ((folder / CONFTEST).as_posix() for folder in folders) if each in self.paths]

    def _pulled(self, files: frozenset[str], names: Mapping[str, tuple[Place, ...]], test: str) -> list[Place]:
        """What import itself, registries and pytest call or hold."""
        found: list[Place] = []
        for path in files:
            anatomy = self.anatomy(path)
            if anatomy is None:
                continue
            found += [place for name in anatomy.mentions for place in names.get(name, ())]
            for number, part in enumerate(anatomy.parts):
                is_test = path in self.tests and part.name.lower().startswith("test")
                if is_test and path != test:
                    continue
                if (part.pulled and not is_test) or any(name in names for name in part.eager):
                    found.append((path, number))
        return found

    def _walk(self, roots: Iterable[Place], names: Mapping[str, tuple[Place, ...]]) -> set[Place]:
        seen: set[Place] = set()
        waiting = list(roots)
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                part = self._parts(place[0])[place[1]]
                waiting += [each for name in part.mentions for each in names.get(name, ())]
                if part.is_fixture or place[0] in self.tests or place[0].endswith(CONFTEST):
                    waiting += [each for name in part.wishes for each in names.get(name, ()) if self._is_fixture(each)]
        return seen

    def _is_fixture(self, place: Place) -> bool:
        return self._parts(place[0])[place[1]].is_fixture


def _packages(path: str) -> list[str]:
    """The ``__init__.py`` files that importing a file imports first."""
    return [(folder / "__init__.py").as_posix() for folder in PurePosixPath(path).parents]
