"""Fingerprints of code, equal on every Python from 3.11 to 3.13."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence

# What formatting decides (u"" prefix), what is derived (ctx) and what parsers add by request (type comments).
_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def canonical(node: ast.AST) -> str:
    """A text of a syntax tree without formatting, comments, positions and docstrings.

    Empty fields are left out, so that fields which newer versions of Python add do not show.  The walk
    is a loop, because expressions may be nested deeper than the interpreter's stack.
    """
    parts: list[str] = []
    stack: list[ast.AST | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item, ast.Constant):
            parts.append(_literal(item.value))
        else:
            stack.extend(reversed(_pieces(item)))
    return "".join(parts)


def _pieces(node: ast.AST) -> list[ast.AST | str]:
    pieces: list[ast.AST | str] = [f"{type(node).__name__}("]
    for name in node._fields:
        value = None if name in _IGNORED else getattr(node, name, None)
        if name == "body" and isinstance(node, _DOCUMENTED):
            value = without_docstring(node.body)
        elif name == "values" and isinstance(node, ast.JoinedStr):
            value = _joined(node.values)
        elif name == "format_spec" and isinstance(value, ast.JoinedStr) and not _joined(value.values):
            continue  # f"{x:}" says what f"{x}" says
        if value is None or value == []:
            continue
        pieces.append(f"{name}=")
        pieces.extend(_listed(value) if isinstance(value, list) else [_piece(value)])
        pieces.append(",")
    return [*pieces, ")"]


def _listed(values: list[object]) -> list[ast.AST | str]:
    pieces: list[ast.AST | str] = ["["]
    for value in values:
        pieces += [_piece(value), ","]
    return [*pieces, "]"]


def _piece(value: object) -> ast.AST | str:
    if value is None:
        return "-"  # a missing default or a ``**`` key, not the constant None
    return value if isinstance(value, ast.AST) else _literal(value)


def _literal(value: object) -> str:
    if type(value) is int:
        return hex(value)  # repr() refuses integers of more than 4300 digits
    return ascii(value)  # repr() of text depends on the version's table of Unicode


def _joined(values: Sequence[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string with neighbouring text as one part: versions split it differently."""
    joined: list[ast.expr] = []
    for value in values:
        if not isinstance(value, ast.Constant):
            joined.append(value)
        elif joined and isinstance(joined[-1], ast.Constant):
            joined[-1] = ast.Constant(f"{joined[-1].value!s}{value.value!s}")
        elif value.value != "":
            joined.append(value)
    return joined


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements after the docstring, all of them where there is none."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def context_of(function_node: ast.AST) -> str:
    """12 hex digits that change when a function's code, signature or decorators change."""
    return hashlib.blake2b(canonical(function_node).encode(), digest_size=6).hexdigest()
