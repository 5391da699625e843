"""The code under test as a tree: where a function stands and which parameters it takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_MAX_HELPERS = 8


class ParameterKind(StrEnum):
    """How an argument may be passed."""

    POSITIONAL = "positional"
    PLAIN = "plain"
    KEYWORD = "keyword"
    STAR = "star"
    DOUBLE_STAR = "double-star"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function or constructor."""

    name: str
    kind: ParameterKind = ParameterKind.PLAIN
    annotation: ast.expr | None = None
    default: ast.expr | None = None
    has_default: bool = False
    is_guessed: bool = False  # nobody wrote the annotation: the use suggests it

    @property
    def is_required(self) -> bool:
        """Whether a call must give it."""
        return not self.has_default and self.kind not in {ParameterKind.STAR, ParameterKind.DOUBLE_STAR}


@lru_cache(maxsize=32)  # every function of a module asks for the same
def parsed(source: str) -> ast.Module:
    """The tree of a module, which nobody may change.

    Raises:
        SyntaxError, ValueError: it is no code.
    """
    return ast.parse(source)


def find_function(tree: ast.AST, qualname: str, line: int) -> FunctionNode | None:
    """The definition with that qualified name, the one at ``line`` where there are several."""
    found = [node for name, node in _definitions(tree, "") if name == qualname and not isinstance(node, ast.ClassDef)]
    at_line = [node for node in found if node.lineno == line]
    return (at_line or found or [None])[0]  # type: ignore[list-item]


@lru_cache(maxsize=32)
def every_function(tree: ast.Module) -> dict[str, FunctionNode]:
    """All functions of a module and methods of its classes, by qualified name; of several the last one."""
    return {name: item for name, item in _definitions(tree, "") if not isinstance(item, ast.ClassDef)}


def _definitions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode | ast.ClassDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _definitions(node, prefix)


def helpers_of(node: FunctionNode, tree: ast.AST, owner: str = "") -> list[FunctionNode]:
    """The functions of the same module, and methods of the same class, that a function calls, nearest first."""
    every = {name: item for name, item in _definitions(tree, "") if not isinstance(item, ast.ClassDef)}
    found: dict[str, FunctionNode] = {}
    waiting = [node]
    for current in waiting:
        for name in _called_names(current, owner):
            if name in every and name not in found and every[name] is not node and len(found) < _MAX_HELPERS:
                found[name] = every[name]
                waiting.append(every[name])
    return list(found.values())


def _called_names(node: FunctionNode, owner: str) -> Iterator[str]:
    for item in body_nodes(node):
        match item:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if owner:
                yield f"{owner}.{attr}"


def parameters(node: FunctionNode, skip_first: bool = False) -> tuple[Parameter, ...]:
    """The parameters in order, without ``self`` or ``cls`` if ``skip_first``."""
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(spec.defaults)), *spec.defaults]
    kinds = [ParameterKind.POSITIONAL] * len(spec.posonlyargs) + [ParameterKind.PLAIN] * len(spec.args)
    found = [_parameter(arg, kind, value) for arg, kind, value in zip(plain, kinds, defaults, strict=True)]
    if skip_first:
        found = found[1:]
    if spec.vararg:
        found.append(_parameter(spec.vararg, ParameterKind.STAR, None))
    for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        found.append(_parameter(arg, ParameterKind.KEYWORD, value))
    if spec.kwarg:
        found.append(_parameter(spec.kwarg, ParameterKind.DOUBLE_STAR, None))
    return tuple(found)


def _parameter(arg: ast.arg, kind: ParameterKind, default: ast.expr | None) -> Parameter:
    return Parameter(arg.arg, kind, arg.annotation, default, has_default=default is not None)


def dotted(node: ast.expr) -> str:
    """``a.b.c`` for a chain of names, else an empty text."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            head = dotted(value)
            return f"{head}.{attr}" if head else ""
        case _:
            return ""


def decorator_names(node: FunctionNode | ast.ClassDef) -> tuple[str, ...]:
    """The last part of each decorator's name."""
    calls = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return tuple(dotted(item).rpartition(".")[2] for item in calls)


@lru_cache(maxsize=256)  # a plan asks for those of its function some twenty times
def body_nodes(node: FunctionNode) -> tuple[ast.AST, ...]:
    """Everything below a function's body without its docstring, in source order."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return tuple(item for statement in body for item in _in_order(statement))


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(ast.iter_child_nodes(current))))
