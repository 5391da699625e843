"""Which names a statement binds and which it uses: what a test needs of the module around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def bound(statement: ast.stmt) -> frozenset[str]:
    """The module-level names that a top-level statement binds."""
    if isinstance(statement, Function | ast.ClassDef):
        return frozenset({statement.name, *fixture_names(statement)})
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return frozenset(alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    return frozenset(_stored(statement))


def _stored(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.Import | ast.ImportFrom | Function | ast.ClassDef):
            yield from bound(child)


def used(node: ast.AST) -> frozenset[str]:
    """The names that code reads, some of them from its module."""
    return frozenset(child.id for child in ast.walk(node) if isinstance(child, ast.Name))


def asked(node: ast.AST) -> frozenset[str]:
    """The fixtures that code may ask for: by parameter, ``usefixtures`` or ``getfixturevalue``."""
    return frozenset(_asked(node))


def _asked(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.arg):
            yield child.arg
        elif isinstance(child, ast.Constant) and isinstance(child.value, str) and child.value.isidentifier():
            yield child.value


def fixture_names(statement: Function | ast.ClassDef) -> Iterator[str]:
    """The name under which a fixture is asked for, where it is not the function's own."""
    for decorator in statement.decorator_list:
        if is_fixture(decorator) and isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)


def is_fixture(decorator: ast.expr) -> bool:
    """Whether a decorator is pytest's, or a plugin's, ``fixture``."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called).rpartition(".")[2] == "fixture"


def defines_fixture(statement: ast.stmt) -> bool:
    """Whether a statement is a fixture."""
    return isinstance(statement, Function) and any(is_fixture(decorator) for decorator in statement.decorator_list)


def is_autouse(statement: ast.stmt) -> bool:
    """Whether a statement is a fixture that every test gets."""
    decorators = statement.decorator_list if isinstance(statement, Function) else []
    return any(
        keyword.arg == "autouse" and ast.unparse(keyword.value) == "True"
        for decorator in decorators
        if is_fixture(decorator) and isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    )


def split_import(statement: ast.Import | ast.ImportFrom) -> dict[str, list[str]]:
    """Statements of one name each, by the name that they bind."""
    parts: dict[str, list[str]] = {}
    for alias in statement.names:
        name = alias.asname or alias.name.partition(".")[0]
        single = (
            ast.Import([alias])
            if isinstance(statement, ast.Import)
            else ast.ImportFrom(statement.module, [alias], statement.level)
        )
        parts.setdefault(name, []).append(ast.unparse(single))
    return parts
