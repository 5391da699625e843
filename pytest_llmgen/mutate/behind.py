"""Statements that run at import, by the names that they bind or fill: those that a function leans on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pytest_llmgen.extract.targets import last_name

_WORD = re.compile(r"[^\W\d]\w*")


def lines_behind(source: str, first: int, last: int) -> frozenset[int]:
    """Lines of statements outside of functions that the code from line ``first`` to ``last`` leans on by name."""
    words = set(_WORD.findall("\n".join(source.splitlines()[first - 1 : last])))
    left = dict(_said(source))
    lines: set[int] = set()
    while found := [node for node, (bound, _) in left.items() if bound & words]:
        for node in found:
            words |= left.pop(node)[1]
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)


@lru_cache(maxsize=16)
def _said(source: str) -> Mapping[ast.stmt, tuple[set[str], set[str]]]:
    """The names of each statement: every function of a module asks for them, in every round."""
    try:
        return {node: _names(node) for node in _statements(ast.parse(source))}
    except (SyntaxError, ValueError):
        return {}


def names_by_line(tree: ast.Module) -> dict[int, str]:
    """What the statements outside of functions bind or fill, by each of their lines."""
    named = ((node, " ".join(sorted(_names(node)[0]))) for node in _statements(tree))
    return {line: name for node, name in named for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


def _names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Names that a statement binds or fills, and all that it says; ``RULES.append(x)`` fills ``RULES``."""
    said = {last_name(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}
    if isinstance(node, ast.Expr):
        return _roots(node.value), said
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
    return {name for target in targets for name in _roots(target)}, said


def _roots(node: ast.expr) -> set[str]:
    """The names that an expression begins with."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return {name for part in parts for name in _roots(part)}
        case ast.Call(func=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            return _roots(inner)
    return set()
