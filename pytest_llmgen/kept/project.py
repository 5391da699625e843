"""The project's Python files, cut into parts, and which files importing one imports.  Pure but for reading files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from pytest_llmgen.kept.anatomy import Anatomy, Part, digest_of, dissect
from pytest_llmgen.kept.places import Moved, Spans, spans_of

CONFTEST = "conftest.py"
Place = tuple[str, int]
"""Path and number of a part."""
_ORDINARY_BASES = frozenset({
    "ABC", "Awaitable", "BaseException", "Callable", "Collection", "Container", "Enum", "Exception", "Flag",
    "Generator", "Generic", "Hashable", "IntEnum", "IntFlag", "IsolatedAsyncioTestCase", "Iterable", "Iterator",
    "Mapping", "MutableMapping", "MutableSequence", "MutableSet", "NamedTuple", "Protocol", "Sequence", "Set",
    "Sized", "StrEnum", "TestCase", "Thread", "TypedDict", "UserDict", "UserList", "UserString", "bool",
    "bytearray", "bytes", "complex", "defaultdict", "deque", "dict", "float", "frozenset", "int", "list", "local",
    "namedtuple", "object", "property", "set", "str", "tuple", "type",
})  # fmt: skip
"""Classes of the standard library that keep no list of their subclasses; those that end so are exceptions:"""
_EXCEPTIONS = ("Error", "Exception", "Warning", "Interrupt", "Exit")


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

    def parts(self, path: str) -> tuple[Part, ...]:
        """The parts of a file; none where it can't be cut."""
        anatomy = self.anatomy(path)
        return anatomy.parts if anatomy else ()

    def part(self, path: str, number: int) -> Part:
        """A part by its place."""
        return self.parts(path)[number]

    @cached_property
    def known(self) -> frozenset[str]:
        """The paths as a set."""
        return frozenset(self.paths)

    @cached_property
    def digest(self) -> str:
        """Of every file, names and texts."""
        return self.digest_of_files(self.paths)

    def digest_of_files(self, files: Iterable[str]) -> str:
        """Of whole texts."""
        return digest_of(*(each for path in sorted(files) for each in (path, self.text(path))))

    # --- imports ---

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
        seen: set[str] = set()
        waiting = [path for path in start if path in self.known]
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            anatomy = self.anatomy(path)
            wanted = anatomy.imports if anatomy else frozenset[str]()
            waiting += [each for name in wanted if name != "__init__" for each in self._by_name.get(name, ())]
            waiting += [each for each in _packages(path) if each in self.known]
            if "__init__" in wanted:
                waiting += [each for each in [f"{PurePosixPath(path).parent}/__init__.py"] if each in self.known]
        return seen

    @cached_property
    def conftests(self) -> tuple[str, ...]:
        """All conftest files."""
        return tuple(path for path in self.paths if PurePosixPath(path).name == CONFTEST)

    def conftests_of(self, path: str) -> list[str]:
        """Those that a test file is under."""
        folders = PurePosixPath(path).parents
        return [each for each in ((folder / CONFTEST).as_posix() for folder in folders) if each in self.known]

    @cached_property
    def loaded(self) -> frozenset[str]:
        """Files that collecting the tests may import, as far as texts tell."""
        return frozenset[str]().union(*(self.imports(path) for path in [*self.tests, *self.conftests]))

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """Files with hooks of pytest that are no conftest: they may be loaded for every test."""
        hooks = (path for path in self.loaded if any(part.name.startswith("pytest_") for part in self.parts(path)))
        return tuple(sorted(path for path in hooks if PurePosixPath(path).name != CONFTEST))

    # --- names ---

    def names(self, files: frozenset[str]) -> Mapping[str, tuple[Place, ...]]:
        """Name -> parts of that name in the files."""
        if files not in self._names:
            found: dict[str, list[Place]] = {}
            for path in sorted(files):
                for number, part in enumerate(self.parts(path)):
                    found.setdefault(part.name, []).append((path, number))
            self._names[files] = {name: tuple(places) for name, places in found.items()}
        return self._names[files]

    @cached_property
    def part_names(self) -> frozenset[str]:
        """Names of all parts that tests may import."""
        return frozenset(part.name for path in self.loaded for part in self.parts(path))

    @cached_property
    def _registering(self) -> frozenset[str]:
        """Names of classes that hear of their subclasses, or may do so."""
        parts = [part for path in self.loaded for part in self.parts(path)]
        found = {part.name for part in parts if part.registers}
        ordinary = self.part_names | _ORDINARY_BASES
        while True:
            more = {
                part.name
                for part in parts
                if part.bases & found
                or any(base not in ordinary and not base.endswith(_EXCEPTIONS) for base in part.bases)
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def is_pulled(self, part: Part) -> bool:
        """Whether something else than a mention of its name may call a part."""
        return part.pulled or part.name in self._registering

    def is_fixture(self, place: Place) -> bool:
        """Whether a part is a fixture."""
        return self.part(*place).is_fixture

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


def _packages(path: str) -> list[str]:
    """The ``__init__.py`` files that importing a file imports first."""
    return [(folder / "__init__.py").as_posix() for folder in PurePosixPath(path).parents]
