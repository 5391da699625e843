"""What a fixture gives, as code that needs no pytest: the fixture as a plain function, with what it leans on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_llmgen.extract.targets import Function, decorator_names

BUILT_IN = frozenset({"tmp_path", "monkeypatch"})
"""Fixtures of pytest that something else stands in for."""
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class StandIn:
    """Statements that bind a fixture's name to what the fixture gives."""

    code: tuple[str, ...]
    needs: frozenset[str] = frozenset()  # fixtures of pytest that the statements name


@dataclass(frozen=True, slots=True)
class FixtureCode:
    """A fixture with the module that defines it."""

    node: Function
    tree: ast.Module


def stand_in(name: str, fixtures: Mapping[str, FixtureCode], depth: int = 0) -> StandIn | None:
    """The stand-in of a fixture; None where calling it would not be the same.

    That is so for tables of parameters, other scopes than a function's, async fixtures, relative imports, and whatever
    needs a fixture that is neither among ``fixtures`` nor stood in for.
    """
    found = fixtures.get(name)
    if found is None or depth > _MAX_DEPTH or not _is_simple(found.node):
        return None
    asked = [item.arg for item in (*found.node.args.args, *found.node.args.kwonlyargs)]
    parts = {each: stand_in(each, fixtures, depth + 1) for each in asked if each not in BUILT_IN}
    around = _needed(found)
    if around is None or None in parts.values():
        return None
    known = [part for part in parts.values() if part is not None]
    needs = frozenset(asked) & BUILT_IN | frozenset[str]().union(*(part.needs for part in known))
    lines = [*(line for part in known for line in part.code), *around, *_called(name, found.node, asked)]
    return StandIn(tuple(dict.fromkeys(lines)), needs)


def _is_simple(node: Function) -> bool:
    options = [word for each in node.decorator_list if isinstance(each, ast.Call) for word in each.keywords]
    plain = all(word.arg in {"name", "autouse"} or _is_per_test(word) for word in options)
    others = node.args.vararg or node.args.kwarg or node.args.posonlyargs or node.args.defaults
    return isinstance(node, ast.FunctionDef) and plain and not others and len(node.decorator_list) == 1


def _is_per_test(word: ast.keyword) -> bool:
    return word.arg == "scope" and isinstance(word.value, ast.Constant) and word.value.value == "function"


def _called(name: str, node: Function, asked: list[str]) -> list[str]:
    """The fixture as a plain function, and its call; what gives by ``yield`` is held, or its end would come at once."""
    plain = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(plain, ast.FunctionDef)
    plain.name, plain.decorator_list, plain.returns = f"_{name}_fixture", [], None
    if isinstance(plain.body[0], ast.Expr) and isinstance(plain.body[0].value, ast.Constant) and len(plain.body) > 1:
        del plain.body[0]
    call = f"{plain.name}({', '.join(f'{each}={each}' for each in asked)})"
    if any(isinstance(each, ast.Yield) for each in _own_nodes(node)):
        return [ast.unparse(plain), f"_{name}_held = {call}", f"{name} = next(_{name}_held)"]
    return [ast.unparse(plain), f"{name} = {call}"]


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


def _needed(found: FixtureCode) -> list[str] | None:
    """The statements of its module that a fixture leans on, in their order; None where one can't stand elsewhere."""
    by_name = {name: node for node in found.tree.body if node is not found.node for name in _defined(node)}
    plain = ast.Module([ast.FunctionDef("it", found.node.args, found.node.body, [])], [])
    waiting, chosen = list(_named(plain)), set[int]()
    for name in waiting:
        node = by_name.get(name)
        if node is None or id(node) in chosen:
            continue
        if _stays(node):
            return None
        chosen.add(id(node))
        waiting.extend(_named(node))
    return [ast.unparse(node) for node in found.tree.body if id(node) in chosen]


def _stays(node: ast.stmt) -> bool:
    is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_relative or (is_function and "fixture" in decorator_names(node))  # type: ignore[arg-type]


def _named(node: ast.AST) -> set[str]:
    given = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    read = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    return read - given


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (each.asname or each.name.partition(".")[0] for each in aliases)
        case _:
            yield from (
                each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )
