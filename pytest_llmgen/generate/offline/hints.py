"""What the code compares a name or attribute with, and which texts it takes apart: values worth trying."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.terms import Term, literal, unique

_SPLITTING = {"split", "rsplit", "partition", "rpartition"}
_STRIPPING = {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "startswith", "endswith", "replace"}
_NUMERIC = {"isdigit", "isdecimal", "isnumeric", "int", "float", "Decimal", "Fraction"}
_ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE
_MAX_MARKS = 4
_DATE_FORMAT = re.compile("%[YmdHMSyjBbAap]")
_MOMENT = datetime(2024, 1, 31, 12, 30)  # noqa: DTZ001 (only its text is used)
_MAX_QUOTED = 12
_MAX_TOGETHER = 12
_MONEY = {"amount", "price", "total", "value", "percent", "rate", "cost", "sum"}


@lru_cache(maxsize=64)  # every function of a module asks for the same
def hints_of(tree: ast.AST) -> dict[str, list[Term]]:
    """Name, or last part of an attribute, to the values that the code compares it with."""
    found: dict[str, list[Term]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            for name, value in _compared(node):
                found.setdefault(name, []).extend(_near(value, node.ops[0]))
    for name, text in _json_texts(tree):
        found.setdefault(name, []).append(literal(text))
    return {name: unique(terms) for name, terms in found.items()}


def _compared(node: ast.Compare) -> Iterator[tuple[str, Any]]:
    for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        name = dotted(one).rpartition(".")[2]
        options = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
        for option in options:
            if name and isinstance(option, ast.Constant) and isinstance(option.value, int | str):
                yield name, option.value


def _near(value: Any, operator: ast.cmpop) -> list[Term]:
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(operator, _ORDER):
        return [literal(value + 2), literal(value), literal(value - 1), literal(value + 1)]
    return [literal(value)]


def _json_texts(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """For ``data = json.loads(x.body)``: texts with the keys that are read from ``data``."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=held)], value=ast.Call(func=function, args=[argument, *_])) if dotted(
                function
            ) == "json.loads" and dotted(argument):
                required, optional = _keys(tree, held)
                full = {key: _value_of(key) for key in (*required, *optional)}
                for keys in (required, (*required, *optional)):
                    yield dotted(argument).rpartition(".")[2], json.dumps({key: full[key] for key in keys})


def _keys(tree: ast.AST, held: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required: dict[str, None] = {}
    optional: dict[str, None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)) if name == held:
                required[key] = None
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[ast.Constant(value=str() as key), *_]
            ) if name == held:
                optional[key] = None
    return tuple(required), tuple(key for key in optional if key not in required)


def _value_of(key: str) -> str:
    return "12.50" if key in _MONEY else "USD" if key == "currency" else "text"


def texts_of(node: ast.AST, docstring: str | None, mentioned: Sequence[str] = ()) -> list[Term]:
    """Texts in the format that a function takes apart, and those that its documentation quotes.

    ``mentioned`` are texts of the code: where it takes words apart, all of them together in both orders are one.
    """
    calls = [item for item in ast.walk(node) if isinstance(item, ast.Call)]
    named = {_method(call) for call in calls}
    separators = _marks(calls, _SPLITTING)
    signs = [mark for mark in _marks(calls, _STRIPPING) if mark.strip()]
    formats = [text for text in mentioned if _DATE_FORMAT.search(text)]
    found = [*(_MOMENT.strftime(text) for text in formats), *_quoted(docstring)]
    if named & (_SPLITTING | _STRIPPING) or (named & _NUMERIC and separators):
        found.extend(_numbers(separators, signs) if named & _NUMERIC else _words(separators, signs))
        words = [text for text in mentioned if len(text) > 1 and text.isalnum()][:_MAX_TOGETHER]
        if named & _SPLITTING and len(words) > 1:
            joint = (separators or [" "])[0]
            found.extend([joint.join(words), joint.join(reversed(words))])
        found.extend(f"  {text} " for text in found[:1] if named & {"strip", "lstrip", "rstrip", "split"})
    return unique([literal(text) for text in found])


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)


def _marks(calls: Iterable[ast.Call], methods: set[str]) -> list[str]:
    """Short literal texts that are handed to some methods."""
    marks = [
        argument.value
        for call in calls
        if _method(call) in methods
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    return [mark for mark in dict.fromkeys(marks) if 0 < len(mark) <= len("https")][:_MAX_MARKS]


def _numbers(separators: list[str], signs: list[str]) -> list[str]:
    found = ["3", *(f"{sign}3" for sign in signs if sign not in separators)]
    for mark in separators:
        found.extend([f"12{mark}34", f"1{mark}5", f"0{mark}07", f"1{mark}234", f"12{mark}", f"{mark}5"])
        found.extend([f"1{mark}x", f"x{mark}1", f"1{mark}2{mark}3"])
        found.extend(f"{sign}12{mark}34" for sign in signs if sign != mark)
    found.extend(f"3{sign}" for sign in signs if sign not in separators)
    return [*found, "x3"]


def _words(separators: list[str], signs: list[str]) -> list[str]:
    found = []
    for mark in [*separators, *signs]:
        found.extend([f"ab{mark}cd", f"{mark}ab", f"ab{mark}", f"a{mark}b{mark}c", f"a{mark}{mark}b", mark])
    return found


def _quoted(docstring: str | None) -> list[str]:
    """Short texts between backticks that are no names."""
    found = re.findall(r"`+([^`\n]{1,30})`+", docstring or "")
    return [text for text in dict.fromkeys(found) if not text.isidentifier()][:_MAX_QUOTED]
