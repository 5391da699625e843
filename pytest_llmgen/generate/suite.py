"""A parsed module to its test functions, each with the imports and helpers that it needs."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pytest_llmgen.generate.names import Function, asked, bound, defines_fixture, is_autouse, split_import, used
from pytest_llmgen.records import Refusal

_ASYNC_MARKS = ("asyncio", "anyio", "trio")


@dataclass(frozen=True, slots=True)
class Part:
    """A top-level statement that tests may need."""

    source: str
    binds: frozenset[str]
    uses: frozenset[str]
    asks: frozenset[str] = frozenset()  # for fixtures
    is_fixture: bool = False
    is_autouse: bool = False
    is_data: bool = False  # a value that later statements may change

    def is_wanted(self, names: set[str], fixtures: set[str]) -> bool:
        """Whether code that reads these names and asks for these fixtures needs it."""
        if self.is_fixture and (self.is_autouse or not fixtures.isdisjoint(self.binds)):
            return True
        return not names.isdisjoint(self.binds)


def part_of(statement: ast.stmt, source: str, binds: frozenset[str]) -> Part:
    """A statement with what it binds (or changes) and needs."""
    return Part(
        source,
        binds,
        used(statement),
        asked(statement),
        is_fixture=defines_fixture(statement),
        is_autouse=is_autouse(statement),
        is_data=not isinstance(statement, Function | ast.ClassDef),
    )


@dataclass(frozen=True, slots=True)
class TestSource:
    """A test function with its source."""

    __test__ = False

    node: Function
    source: str
    line: int


@dataclass(slots=True)
class Suite:
    """The statements of a module by what they are."""

    imports: dict[str, list[str]] = field(default_factory=dict)  # bound name -> statements
    parts: list[Part] = field(default_factory=list)
    tests: list[TestSource] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)  # of ``pytestmark``
    refusals: list[Refusal] = field(default_factory=list)

    def needs(self, test: TestSource) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The imports and helpers of a test, with what these need in turn, in the order written."""
        node = ast.parse(test.source)
        names, fixtures = set(used(node)), set(asked(node))
        taken: set[int] = set()
        while more := [i for i, p in enumerate(self.parts) if i not in taken and p.is_wanted(names, fixtures)]:
            taken.update(more)
            names.update(*(self.parts[i].uses for i in more))
            fixtures.update(*(self.parts[i].asks for i in more))
        imports = [line for name, lines in self.imports.items() if name in names or name == "*" for line in lines]
        return tuple(dict.fromkeys(imports)), tuple(self.parts[i].source for i in sorted(taken))

    def join(self, other: Suite) -> None:
        """Add what another block of the same reply offers to tests."""
        for name, lines in other.imports.items():
            self.imports.setdefault(name, []).extend(lines)
        self.parts += other.parts

    def offer(self, statements: Iterable[str]) -> None:
        """Add imports for names that nothing binds: a writer who forgot ``import pytest`` meant it."""
        names = {name for part in self.parts for name in part.binds} | set(self.imports)
        for statement in ast.parse("\n".join(statements)).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                missing = {name: lines for name, lines in split_import(statement).items() if name not in names}
                self.imports.update(missing)


def sort(statements: Iterable[tuple[ast.stmt, str]], *, runs_async: bool) -> Suite:
    """The suite of a module; ``runs_async`` says that async test functions run by themselves."""
    suite = Suite()
    for statement, source in statements:
        _add(suite, statement, source)
    suite.tests = [_finished(suite, test, runs_async=runs_async) for test in suite.tests]
    return suite


def _add(suite: Suite, statement: ast.stmt, source: str) -> None:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        _add_import(suite, statement)
    elif isinstance(statement, Function) and statement.name.startswith("test"):
        suite.tests.append(TestSource(statement, source, statement.lineno))
    elif isinstance(statement, ast.ClassDef) and statement.name.startswith("Test") and _tests_of(statement):
        _add_class(suite, statement)
    elif "pytestmark" in (names := bound(statement) | _changed(suite, statement)) and isinstance(statement, ast.Assign):
        value = statement.value
        marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        suite.marks += [ast.unparse(mark) for mark in marks]
    elif names:
        suite.parts.append(part_of(statement, source, names))
    elif not _is_idle(statement):
        message = f"left out: {source.splitlines()[0]}"
        suite.refusals.append(Refusal("loose-statement", message, statement.lineno))


def _changed(suite: Suite, statement: ast.stmt) -> frozenset[str]:
    """The values that a statement such as ``CASES.append(1)`` or a loop around it may change."""
    if isinstance(statement, Function | ast.ClassDef) or (bound(statement) and not hasattr(statement, "body")):
        return frozenset()
    return used(statement) & {name for part in suite.parts if part.is_data for name in part.binds}


def _is_idle(statement: ast.stmt) -> bool:
    """Docstrings, ``...``, ``pass`` and the main guard."""
    if isinstance(statement, ast.If) and "__name__" in used(statement.test):
        return True
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _add_import(suite: Suite, statement: ast.Import | ast.ImportFrom) -> None:
    is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    for name, lines in split_import(statement).items():
        suite.imports.setdefault("*" if is_future else name, []).extend(lines)


def _add_class(suite: Suite, statement: ast.ClassDef) -> None:
    """Takes the tests out of a class where nothing ties them to it."""
    tests = _tests_of(statement)
    others = [node for node in statement.body if node not in tests]
    is_tied = bool(statement.decorator_list or statement.keywords) or any(not _is_idle(node) for node in others)
    is_tied |= any(ast.unparse(base) != "object" for base in statement.bases)
    for node in tests:
        flat = None if is_tied else _flattened(node)
        if flat is None:
            message = f"{node.name} needs its class {statement.name}"
            suite.refusals.append(Refusal("class-test", message, node.lineno))
        else:
            suite.tests.append(TestSource(flat, ast.unparse(flat), node.lineno))


def _tests_of(statement: ast.ClassDef) -> list[Function]:
    return [node for node in statement.body if isinstance(node, Function) and node.name.startswith("test")]


def _flattened(node: Function) -> Function | None:
    """A method as a function, or None where it uses ``self``."""
    flat = copy.deepcopy(node)
    if flat.decorator_list and "staticmethod" in used(ast.Module([ast.Expr(d) for d in flat.decorator_list], [])):
        return None
    if not flat.args.args:
        return None
    owner = flat.args.args.pop(0).arg
    return None if any(isinstance(n, ast.Name) and n.id == owner for n in ast.walk(flat)) else flat


def _finished(suite: Suite, test: TestSource, *, runs_async: bool) -> TestSource:
    source = "\n".join([*(f"@{mark}" for mark in suite.marks), test.source])
    if isinstance(test.node, ast.AsyncFunctionDef) and not runs_async:
        suite.imports.setdefault("asyncio", []).append("import asyncio")
        return _synchronous(ast.parse(source).body[0], test)
    return TestSource(test.node, source, test.line)


def _synchronous(node: ast.stmt, test: TestSource) -> TestSource:
    """An async test as an ordinary one that calls ``asyncio.run``."""
    assert isinstance(node, ast.AsyncFunctionDef)
    first, rest = _docstring_first(node.body)
    inner = ast.AsyncFunctionDef("scenario", _no_arguments(), rest or [ast.Pass()], [])
    run = ast.parse("asyncio.run(scenario())").body[0]
    marks = [d for d in node.decorator_list if not any(f"mark.{m}" in ast.unparse(d) for m in _ASYNC_MARKS)]
    outer = ast.FunctionDef(node.name, node.args, [*first, inner, run], marks)
    source = ast.unparse(ast.fix_missing_locations(outer))
    return TestSource(outer, source, test.line)


def _docstring_first(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    has_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return (body[:1], body[1:]) if has_docstring else ([], body)


def _no_arguments() -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def renamed(test: TestSource, name: str) -> TestSource:
    """The test under another name."""
    source = test.source.replace(f"def {test.node.name}", f"def {name}", 1)
    node = copy.copy(test.node)
    node.name = name
    return TestSource(node, source, test.line)


def unique(tests: Iterable[TestSource]) -> Iterator[TestSource]:
    """The tests, the second of a name renamed: in one module it would hide the first."""
    names: set[str] = set()
    for test in tests:
        name, number = test.node.name, 2
        while name in names:
            name, number = f"{test.node.name}_{number}", number + 1
        names.add(name)
        yield test if name == test.node.name else renamed(test, name)
