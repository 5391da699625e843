"""What an edit changed: code or only its looks, tests that were there before, pragmas that were added.  Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pytest_llmgen.records import Module, Suppression, Target

_PRAGMA = re.compile(r"#.*\bpragma:\s*no\s+(cover|branch|mutate)\b", re.IGNORECASE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_same_code(old: str | None, new: str) -> bool:
    """Whether two versions differ in comments, docstrings and formatting only."""
    before, after = _parsed(old), _parsed(new)
    return before is not None and after is not None and _dump(before) == _dump(after)


def without_prose(source: str, lines: frozenset[int]) -> frozenset[int]:
    """The lines that hold code: no comment, no docstring, not blank; all of them where it can't be parsed."""
    tree = _parsed(source)
    if tree is None:
        return lines
    prose = {line for node in ast.walk(tree) if (text := _docstring(node)) for line in _span(text)}
    rows = source.split("\n")
    found = ((n, rows[n - 1].strip()) for n in lines if n <= len(rows) and n not in prose)
    return frozenset(n for n, row in found if row and not row.startswith("#"))


def pragmas_added(path: str, old: str | None, new: str, lines: Collection[int]) -> tuple[Suppression, ...]:
    """Pragmas on new lines; one that was in the file before is no new one."""
    known = {row.strip() for row in (old or "").split("\n")}
    rows = enumerate(new.split("\n"), start=1)
    found = ((number, row.strip(), _PRAGMA.search(row)) for number, row in rows if number in lines)
    return tuple(
        Suppression(path, number, text, by=f"pragma: no {pragma[1].lower()}")
        for number, text, pragma in found
        if pragma and text not in known
    )


def _parsed(source: str | None) -> ast.Module | None:
    if source is None:
        return None
    try:
        return ast.parse(source.encode("utf-8", "surrogateescape"))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _docstring(node: ast.AST) -> ast.Expr | None:
    if isinstance(node, _Documented) and node.body and isinstance(node.body[0], ast.Expr):
        text = node.body[0]
        if isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            return text
    return None


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _dump(tree: ast.AST) -> str:
    """The code as text, docstrings left out."""
    for node in ast.walk(tree):
        if _docstring(node) is not None and isinstance(node, _Documented):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


# --- Tests --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TestEdits:
    """Tests that were there at the base and are not the same any more."""

    __test__ = False

    nodes: frozenset[str] = frozenset()  # node ids of those that are still there, without parameters
    names: frozenset[str] = frozenset()  # what their earlier versions mention
    removed: int = 0
    added: int = 0

    def __bool__(self) -> bool:
        return bool(self.nodes or self.removed)

    @property
    def count(self) -> int:
        """How many tests were changed or removed."""
        return len(self.nodes) + self.removed


@dataclass(frozen=True, slots=True)
class _Unit:
    """A top-level definition, or a method of a test class."""

    key: str
    dump: str
    names: frozenset[str]
    is_test: bool


@dataclass(slots=True)
class _File:
    units: dict[str, _Unit] = field(default_factory=dict)


def edited_tests(pairs: Iterable[tuple[str, str | None, str | None]]) -> TestEdits:
    """Compare test files: (path now or, where it is gone, before; source before; source now).

    A test is edited where it, or a helper or fixture that it mentions, is not as it was; a file that can't be
    parsed has lost all of its tests.  A test that only moved is the same.
    """
    files = [(path, _units(old), _units(new)) for path, old, new in pairs]
    kept = {unit.dump for _, _, new in files for unit in new.values()}
    dirty = {path: _dirty(old, new, kept) for path, old, new in files}
    nodes, names, removed, added = set(), set[str](), 0, 0
    for path, old, new in files:
        foreign = {name for other, found in dirty.items() if _reaches(other, path) for name in found}
        spoiled = _closure(old, dirty[path] | foreign)
        for key, unit in old.items():
            if unit.is_test and key in spoiled:
                names |= _mentioned(unit, old)
                nodes |= {f"{path}::{key}"} if key in new else set()
                removed += key not in new
        added += sum(unit.is_test and key not in old for key, unit in new.items())
    return TestEdits(frozenset(nodes), frozenset(names), removed, added)


def _reaches(other: str, path: str) -> bool:
    """Whether fixtures of one file are seen in another."""
    folder = PurePosixPath(other).parent
    return other != path and PurePosixPath(other).name == "conftest.py" and PurePosixPath(path).is_relative_to(folder)


def _dirty(old: Mapping[str, _Unit], new: Mapping[str, _Unit], kept: Collection[str]) -> set[str]:
    gone = {key for key, unit in old.items() if key not in new and unit.dump not in kept}
    return gone | {key for key, unit in old.items() if key in new and new[key].dump != unit.dump}


_MARKS = frozenset({"pytestmark", "<statement>"})
"""What concerns every test of its file, though none mentions it."""


def _closure(units: Mapping[str, _Unit], dirty: Collection[str]) -> set[str]:
    """The keys that are dirty or mention something dirty."""
    if _MARKS & set(dirty):
        return set(units) | set(dirty)
    found, size = set(dirty), -1
    while size != len(found):
        size = len(found)
        found |= {key for key, unit in units.items() if unit.names & found}
    return found


def _mentioned(unit: _Unit, units: Mapping[str, _Unit]) -> frozenset[str]:
    """The names in a test and in the helpers of its file that it uses."""
    names, size = set(unit.names), -1
    while size != len(names):
        size = len(names)
        names |= {name for key, other in units.items() if key in names and not other.is_test for name in other.names}
    return frozenset(names)


def _units(source: str | None) -> dict[str, _Unit]:
    tree = _parsed(source)
    if tree is None:
        return {}
    found: dict[str, _Unit] = {}
    for node in tree.body:
        for unit in _units_of(node):
            before = found.get(unit.key)
            found[unit.key] = unit if before is None else _joined(before, unit)
    return found


def _joined(one: _Unit, other: _Unit) -> _Unit:
    return _Unit(one.key, one.dump + other.dump, one.names | other.names, one.is_test or other.is_test)


def _units_of(node: ast.stmt) -> Iterator[_Unit]:
    match node:
        case ast.ClassDef() if any(isinstance(each, _Function) and _is_test(each.name) for each in node.body):
            yield from _of_class(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield _unit(node.name, node, is_test=_is_test(node.name) and not isinstance(node, ast.ClassDef))
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                name = (alias.asname or alias.name).partition(".")[0]
                origin = getattr(node, "module", "") or ""
                yield _Unit(name, f"{origin}:{alias.name}", frozenset(alias.name.split(".")), is_test=False)
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in sorted({each.id for t in targets for each in ast.walk(t) if isinstance(each, ast.Name)}):
                yield _unit(name, node)
        case ast.Expr(value=ast.Constant(value=str())):
            return
        case _:
            yield _unit("<statement>", node)


def _of_class(node: ast.ClassDef) -> Iterator[_Unit]:
    rest = [ast.dump(each) for each in node.decorator_list + node.bases]
    shared = _names(*node.decorator_list, *node.bases)
    for each in node.body:
        if isinstance(each, _Function):
            unit = _unit(f"{node.name}::{each.name}", each, is_test=_is_test(each.name))
            yield _Unit(unit.key, unit.dump + "".join(rest), unit.names | shared, unit.is_test)
            if not unit.is_test:
                yield _Unit(each.name, unit.dump, unit.names, is_test=False)
        elif _docstring(node) is not each:
            yield _unit("<statement>", each)


def _unit(key: str, node: ast.stmt, *, is_test: bool = False) -> _Unit:
    names = _names(node)
    return _Unit(key, _dump(node), names, is_test)


def _names(*nodes: ast.AST) -> frozenset[str]:
    found: set[str] = set()
    for node in (each for one in nodes for each in ast.walk(one)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found |= {node.attr, f".{node.attr}"}  # only so can a method be reached: ``len(x)`` is none
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)  # usefixtures("name"), getattr(module, "name")
    return frozenset(found)


def _is_test(name: str) -> bool:
    return name.startswith("test")


def named_targets(targets: Iterable[Target], names: Collection[str]) -> list[Target]:
    """The targets that one of the names may mean: by their own name, or a constructor by its class."""
    return [target for target in targets if _may_be_meant(target, names)]


def _may_be_meant(target: Target, names: Collection[str]) -> bool:
    owner = target.qualname.rpartition(".")[0]
    if not owner:
        return target.name in names
    return f".{target.name}" in names or (target.name == "__init__" and owner.rpartition(".")[2] in names)


def spans_of(targets: Iterable[Target]) -> dict[str, frozenset[int]]:
    """Path -> every line of these functions."""
    found: dict[str, frozenset[int]] = {}
    for target in targets:
        lines = frozenset(range(target.start_line, target.end_line + 1))
        found[target.path] = found.get(target.path, frozenset()) | lines
    return found


def covered_targets(
    modules: Iterable[Module], nodes: Collection[str], line_tests: Mapping[str, Mapping[int, tuple[str, ...]]]
) -> list[Target]:
    """The functions of which one of these tests runs a line of the body."""
    found = []
    for module in modules:
        by_line = line_tests.get(module.path, {})
        lines = {line for line, tests in by_line.items() if any(_plain(test) in nodes for test in tests)}
        inside = (t for t in module.targets if any(t.def_line < n <= t.end_line for n in lines))
        found += list(inside)
    return found


def _plain(nodeid: str) -> str:
    """A node id without its parameters."""
    return nodeid.partition("[")[0]
