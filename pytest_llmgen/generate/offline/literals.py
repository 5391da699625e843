"""Literals of the code and their neighbours: where behaviour is likely to change."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from pytest_llmgen.generate.offline.code import FunctionNode, body_nodes
from pytest_llmgen.generate.offline.terms import Term, literal, unique

_MAX = 40
_MAX_TEXT = 40
_MAX_NUMBER = 10**7


def literals_of(node: FunctionNode, constants: Mapping[str, ast.expr]) -> list[object]:
    """Plain values that a function mentions, also through the module's constants, in source order."""
    found: list[object] = []
    told = {id(part) for item in body_nodes(node) if isinstance(item, ast.Raise) for part in ast.walk(item)}
    told |= {id(part) for item in body_nodes(node) if isinstance(item, ast.JoinedStr) for part in item.values}
    for item in body_nodes(node):
        if id(item) in told:  # what a message says is no likely input
            continue
        if isinstance(item, ast.Constant):
            found.append(item.value)
        elif isinstance(item, ast.Name) and item.id in constants:
            found.extend(_plain_parts(constants[item.id]))
    return [value for value in _without_repetition(found) if _is_useful(value)][:_MAX]


def _plain_parts(node: ast.expr) -> list[object]:
    parts: list[object] = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
    return parts[:_MAX]


def _without_repetition(values: list[object]) -> list[object]:
    seen = {(type(value).__name__, repr(value)): value for value in reversed(values)}
    return list(reversed(seen.values()))


def _is_useful(value: object) -> bool:
    match value:
        case bool() | None:
            return False
        case int() | float():
            return math.isfinite(value) and abs(value) <= _MAX_NUMBER
        case str() | bytes():
            return 0 < len(value) <= _MAX_TEXT
        case _:
            return False


def neighbours(values: list[object]) -> list[Term]:
    """Each value with those next to it: ``n - 1, n, n + 1``; a text in another case and inside another."""
    found: list[Term] = []
    varied: list[Term] = []
    for value in values:
        match value:
            case int() | float():
                found.extend(literal(near) for near in (value, value - 1, value + 1))
            case str():
                found.append(literal(value))
                varied.extend(literal(near) for near in _texts_near(value))
            case bytes():
                found.append(literal(value))
    return unique([*found, *varied])


def _texts_near(value: str) -> list[str]:
    near = [f"a{value}b", value.swapcase(), f"{value}{value}"]
    if len(value) == 1 and not value.isalnum():
        near.insert(1, f"1{value}2")
    return [text for text in near if text != value]


def boundaries(values: list[object]) -> frozenset[str]:
    """Sources of the values at which a comparison turns: each literal, and the number above it."""
    found: set[str] = set()
    for value in values:
        near = (value, value + 1) if isinstance(value, int | float) else (value,)
        found.update(repr(item) for item in near)
    return frozenset(found)
