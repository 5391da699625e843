"""Code under test: where it is, what of it can run and what ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.words import TargetKind

Arc = tuple[int, int]
"""A jump from one statement's first line to another's; a negative line is an exit, as in coverage."""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of source text; columns in code points from 1, the end exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Target:
    """A function or method under test; functions nested in it belong to it."""

    path: str
    module: str
    qualname: str
    kind: TargetKind
    start_line: int  # of the first decorator, else of ``def``
    end_line: int
    def_line: int
    is_async: bool = False
    is_generator: bool = False
    decorators: tuple[str, ...] = ()
    signature: str = ""  # ``name(a, b=1) -> int``, as written
    docstring: str | None = None
    context: str = ""  # hash of the function without docstring, comments and positions

    @property
    def key(self) -> str:
        """``path::qualname``, unique in a project."""
        return f"{self.path}::{self.qualname}"

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_public(self) -> bool:
        """Whether no part of its name starts with an underscore (dunder methods are public)."""
        return not any(p.startswith("_") and not p.endswith("__") for p in self.qualname.split("."))


@dataclass(frozen=True, slots=True)
class Module:
    """A source file in scope."""

    path: str
    name: str  # dotted, as tests import it
    import_root: str  # the folder that must be on ``sys.path``: ``.`` or ``src``, say
    source: str
    targets: tuple[Target, ...] = ()
    error: str | None = None  # why it could not be read or parsed; then it has no targets


@dataclass(frozen=True, slots=True)
class FileLines:
    """What can be covered in a file: first lines of statements, and branches between them."""

    path: str
    statements: frozenset[int]
    branches: frozenset[Arc]
    excluded: frozenset[int] = frozenset()
    first_line: Mapping[int, int] = field(default_factory=dict)  # any line -> its statement's first
    jumps: Mapping[Arc, Arc | None] = field(default_factory=dict)  # arcs by way of a ``with`` line -> what is meant


@dataclass(frozen=True, slots=True)
class Hits:
    """What ran in a file, in terms of :class:`FileLines`."""

    lines: frozenset[int] = frozenset()
    arcs: frozenset[Arc] = frozenset()

    def __or__(self, other: Hits) -> Hits:
        return Hits(self.lines | other.lines, self.arcs | other.arcs)


def united(parts: Iterable[Mapping[str, Hits]]) -> dict[str, Hits]:
    """What ran in any of several runs, by path."""
    lines: dict[str, set[int]] = {}
    arcs: dict[str, set[Arc]] = {}
    for part in parts:
        for path, hits in part.items():
            lines.setdefault(path, set()).update(hits.lines)
            arcs.setdefault(path, set()).update(hits.arcs)
    return {path: Hits(frozenset(lines[path]), frozenset(arcs[path])) for path in lines}
