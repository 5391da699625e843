"""A function as if those that it hands its parameters on to stood in its body: what they do tells the types."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pytest_llmgen.generate.offline.code import FunctionNode, body_nodes, dotted, every_function, parameters
from pytest_llmgen.generate.offline.usage import with_uses

_MAX_DEPTH = 3
_MAX_STATEMENTS = 120
_OWN = ("self", "cls")
_OF_PATHS = ("os.path.", "os.fspath")


@lru_cache(maxsize=1024)  # each search of a method asks for all others of its class
def with_handed(node: FunctionNode, tree: ast.Module, owner: str = "", depth: int = 0) -> FunctionNode:
    """The function with the bodies of those of its module that get one of its parameters, under its names.

    ``owner`` is the class that it belongs to.  Of a class that is called it is the constructor, with what the methods
    do with what that keeps.
    """
    own = {item.name for item in parameters(node)} - set(_OWN)
    if not own or depth == _MAX_DEPTH:
        return node
    more: list[ast.stmt] = []
    for call in [item for item in body_nodes(node) if isinstance(item, ast.Call)]:
        if len(more) > _MAX_STATEMENTS:
            break
        for handed, names in _handed(call, own, tree, owner):
            inner = with_handed(handed, tree, _owner_of(handed, tree), depth + 1)
            more.extend(_under_names(inner, names, own))
    if not more:
        return node
    whole = copy.copy(node)
    whole.body = [*node.body, *more]
    return whole


def _handed(
    call: ast.Call, own: set[str], tree: ast.Module, owner: str
) -> Iterator[tuple[FunctionNode, Mapping[str, str]]]:
    """The function that is called, with its parameters that are given ours: name to ours."""
    called = _called(call.func, tree, owner)
    if called is None:
        return
    items = parameters(called, skip_first=bool(_owner_of(called, tree)))
    pairs = [*zip((item.name for item in items), call.args, strict=False)]
    pairs.extend((word.arg, word.value) for word in call.keywords if word.arg)
    names = {name: ours for name, value in pairs if (ours := _ours(value)) in own}
    if names:
        yield called, names


def _ours(value: ast.expr) -> str:
    """The name that is handed on, as it is or as a path: ``os.path.abspath(root)``."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.Call(func=function, args=[ast.Name(id=name)]) if dotted(function).startswith(_OF_PATHS):
            return name
    return ""


def _called(function: ast.expr, tree: ast.Module, owner: str) -> FunctionNode | None:
    every = every_function(tree)
    match function:
        case ast.Name(id=name):
            maker = every.get(f"{name}.__init__")
            return _maker(name, tree) if maker is not None else every.get(name)
        case ast.Attribute(value=ast.Name(id=head), attr=attr) if head in _OWN:
            return every.get(f"{owner}.{attr}")
    return None


@lru_cache(maxsize=256)
def _maker(name: str, tree: ast.Module) -> FunctionNode:
    every = every_function(tree)
    methods = {key.removeprefix(f"{name}."): each for key, each in every.items() if key.startswith(f"{name}.")}
    return with_uses(methods["__init__"], methods)


def _owner_of(node: FunctionNode, tree: ast.Module) -> str:
    """The class that a function of the module stands in."""
    for name, each in every_function(tree).items():
        if each.lineno == node.lineno:
            return name.rpartition(".")[0]
    return ""


def _under_names(node: FunctionNode, names: Mapping[str, str], own: set[str]) -> list[ast.stmt]:
    """The body with our names for its parameters, and other ones for what is called as ours are."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    renamed = {**{name: f"{name}_" for name in own}, **names}
    return [_copied(item, renamed) for item in body]


def _copied(value: Any, renamed: Mapping[str, str]) -> Any:
    """A node with all below it, under other names; ``copy.deepcopy`` takes ten times as long."""
    if isinstance(value, list):
        return [_copied(item, renamed) for item in value]
    if not isinstance(value, ast.AST):
        return value
    parts = {name: _copied(part, renamed) for name, part in vars(value).items()}
    if isinstance(value, ast.Name):
        parts["id"] = renamed.get(value.id, value.id)
    return type(value)(**parts)
