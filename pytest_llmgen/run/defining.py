"""Which test files only define something: to import and collect such a file runs none of their code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from types import ModuleType

_HOOKS = ("pytest_", "__")
"""How names begin that pytest, or Python, calls by itself."""
_CALLED = frozenset({"ids", "scope"})
"""What may be a function in a mark or a fixture, and is called when tests are collected."""
_MARKERS = ("pytest.mark.", "pytest.fixture.", "pytest.param.")


def only_defines(source: str, modules: Mapping[str, ModuleType]) -> bool:
    """Whether a test file only imports what is loaded already (``modules``), and defines functions.

    What decorators, default values and annotations say of names is looked up, which nobody notices; calls are marks
    and fixtures of pytest alone.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return all(_is_quiet(statement, modules) for statement in body)


def _is_quiet(statement: ast.stmt, modules: Mapping[str, ModuleType]) -> bool:
    match statement:
        case ast.Expr(ast.Constant()):
            return True
        case ast.Import(names):
            return all(_is_loaded(alias.name, modules) for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return module == "__future__" or (
                _is_loaded(module, modules) and all(alias.name in vars(modules[module]) for alias in names)
            )
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            is_called = statement.name.startswith(_HOOKS) or not all(map(_is_mark, statement.decorator_list))
            return not is_called and all(map(_is_plain, _around(statement)))
        case ast.Assign([ast.Name(name)], value):
            return not name.startswith(_HOOKS) and _is_plain(value)
    return False


def _is_loaded(name: str, modules: Mapping[str, ModuleType]) -> bool:
    """With the packages that it is in: an import asks for these first."""
    parts = name.split(".")
    return all(type(modules.get(".".join(parts[:end]))) is ModuleType for end in range(1, len(parts) + 1))


def _around(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.expr]:
    """What is evaluated where a function is defined."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    yield from function.decorator_list
    yield from given.defaults
    yield from (default for default in given.kw_defaults if default is not None)
    yield from (each.annotation for each in arguments if each is not None and each.annotation is not None)
    if function.returns is not None:
        yield function.returns


def _is_plain(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=inner) | ast.UnaryOp(operand=ast.Constant() as inner):
            return _is_plain(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(_is_plain, parts))
        case ast.Dict(keys=keys, values=values):
            return all(isinstance(key, ast.Constant) for key in keys) and all(map(_is_plain, values))
        case ast.Call(func=function, args=arguments, keywords=keywords):
            is_quiet = _is_mark(function) and all(map(_is_plain_keyword, keywords))
            return is_quiet and all(map(_is_plain, arguments))
    return False


def _is_mark(function: ast.expr) -> bool:
    return f"{ast.unparse(function.func if isinstance(function, ast.Call) else function)}.".startswith(_MARKERS)


def _is_plain_keyword(keyword: ast.keyword) -> bool:
    if keyword.arg in _CALLED:
        return all(isinstance(node, ast.Constant | ast.List | ast.Tuple | ast.Load) for node in ast.walk(keyword.value))
    return keyword.arg is not None and _is_plain(keyword.value)
