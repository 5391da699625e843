"""What is in a container: what a body does with its items, entries or values tells it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from pytest_llmgen.generate.offline.code import FunctionNode, body_nodes, dotted

Guess = Callable[[str], list[str]]
"""The name of a variable to what it probably is, the likeliest first."""
_MAPPING = "dict[str, int]"
_SAME = {"list", "tuple", "sorted", "reversed", "iter", "set", "frozenset"}
_BARE = {"dict": _MAPPING, "mapping": _MAPPING, "list": "list[int]", "sequence": "list[int]", "iterable": "list[int]"}
"""Annotations that don't say what is in a container, as the guess that says as little."""


def filled(kind: str, name: str, node: FunctionNode, guess: Guess) -> str:
    """A mapping with what its values are taken for; any other type as it is."""
    if kind != _MAPPING:
        return kind
    values = [told for target in values_of(name, node) if (told := of_target(target, node, guess, "str"))]
    known = [told for told in values if told not in {"int", "str"}] or values
    return f"dict[str, {known[0]}]" if known else kind


def bare(annotation: str) -> str:
    """The guess that says as much as ``list`` or ``Mapping`` does; empty for an annotation that says more."""
    return _BARE.get(annotation.rpartition(".")[2].lower().removeprefix("mutable"), "")


def of_target(target: ast.expr, node: FunctionNode, guess: Guess, within: str) -> str:
    """What a loop's target stands for, empty where nothing tells it; ``within``: items of which nothing is known."""
    if isinstance(target, ast.Tuple):
        parts = [of_target(each, node, guess, within) or "int" for each in target.elts]
        return f"tuple[{', '.join(parts)}]"
    name = dotted(target)
    found = guess(name) if name else []
    if not found:
        return ""
    is_collection = found[0] == "list[int]"
    items = [told for each in items_of(name, node) if (told := of_target(each, node, guess, within))]
    return f"list[{items[0] if items else within}]" if is_collection else found[0]


def items_of(name: str, node: FunctionNode) -> Iterator[ast.expr]:
    """What an item of a container is bound to."""
    for target, source in _loops(node):
        match source:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]) if isinstance(target, ast.Tuple):
                if _plain(inner) == name:
                    yield target.elts[-1]
            case ast.Call(func=ast.Name(id="zip"), args=sources) if isinstance(target, ast.Tuple):
                pairs = zip(target.elts, sources, strict=False)
                yield from (each for each, inner in pairs if _plain(inner) == name)
            case _ if _plain(source) == name:
                yield target


def values_of(name: str, node: FunctionNode) -> Iterator[ast.expr]:
    """What a value of a mapping is bound to."""
    for target, source in _loops(node):
        match _inner(source), target:
            case ast.Call(func=ast.Attribute(value=owner, attr="items"), args=[]), ast.Tuple(elts=[_, value]):
                if dotted(owner) == name:
                    yield value
            case ast.Call(func=ast.Attribute(value=owner, attr="values"), args=[]), _:
                if dotted(owner) == name:
                    yield target
    for item in body_nodes(node):
        match item:
            case ast.Assign(targets=[ast.Name() as target], value=ast.Subscript(value=owner, slice=index)):
                if dotted(owner) == name and not isinstance(index, ast.Constant | ast.Slice):
                    yield target


def _loops(node: FunctionNode) -> Iterator[tuple[ast.expr, ast.expr]]:
    for item in body_nodes(node):
        if isinstance(item, ast.For | ast.AsyncFor | ast.comprehension):
            yield item.target, item.iter


def _inner(source: ast.expr) -> ast.expr:
    """``data.items()`` of ``sorted(data.items())``."""
    match source:
        case ast.Call(func=ast.Name(id=function), args=[only, *_]) if function in _SAME:
            return _inner(only)
        case _:
            return source


def _plain(source: ast.expr) -> str:
    return dotted(_inner(source))
