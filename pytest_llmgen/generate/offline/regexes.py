"""Short texts that match a regular expression, worked out from its parse tree."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Mapping
from re import _constants as codes  # type: ignore[attr-defined]  # the standard library's own parser has no other name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from pytest_llmgen.generate.offline.code import FunctionNode, body_nodes, dotted

_SAMPLES = {codes.CATEGORY_DIGIT: "7", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "w"}
_OTHERS = {codes.CATEGORY_NOT_DIGIT: "d", codes.CATEGORY_NOT_SPACE: "s", codes.CATEGORY_NOT_WORD: "-"}
_MAX_TEXT = 40


def matching_texts(node: FunctionNode, constants: Mapping[str, ast.expr]) -> list[str]:
    """For each regular expression that a function uses, directly or by name, a text that it matches."""
    found: dict[str, None] = {}
    for item in body_nodes(node):
        source = constants.get(item.id) if isinstance(item, ast.Name) else item
        match source:
            case ast.Call(func=function, args=[ast.Constant(value=str() as pattern), *_]) if dotted(
                function
            ).startswith("re."):
                text = sample(pattern)
                if text:
                    found[text] = None
    return list(found)


def sample(pattern: str) -> str:
    """A short text in which the pattern is found; empty where none could be worked out."""
    try:
        text = _walk(parser.parse(pattern))
        return text if len(text) <= _MAX_TEXT and re.search(pattern, text) else ""
    except (re.error, RecursionError, OverflowError):
        return ""


def _walk(parsed: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_one(code, argument) for code, argument in parsed)


def _one(code: Any, argument: Any) -> str:
    if code in {codes.LITERAL, codes.NOT_LITERAL, codes.ANY}:
        return _letter(code, argument)
    if code is codes.IN:
        return _member(argument)
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
        low, high, inner = argument
        return _walk(inner) * int(min(max(low, 1), high))
    if code is codes.SUBPATTERN:
        return _walk(argument[-1])
    return _walk(argument[1][0]) if code is codes.BRANCH else ""


def _letter(code: Any, argument: Any) -> str:
    if code is codes.LITERAL:
        return chr(argument)
    return "b" if argument == ord("a") else "a"


def _member(items: list[tuple[Any, Any]]) -> str:
    if items[0][0] is codes.NEGATE:
        return next((letter for letter in string.printable if not _is_in(letter, items[1:])), "")
    code, argument = items[0]
    if code is codes.LITERAL:
        return chr(argument)
    if code is codes.RANGE:
        return chr(argument[0])
    return {**_SAMPLES, **_OTHERS}.get(argument, "")


def _is_in(letter: str, items: list[tuple[Any, Any]]) -> bool:
    return any(_holds(letter, code, argument) for code, argument in items)


def _holds(letter: str, code: Any, argument: Any) -> bool:
    if code is codes.LITERAL:
        return ord(letter) == int(argument)
    if code is codes.RANGE:
        return bool(argument[0] <= ord(letter) <= argument[1])
    tests = {codes.CATEGORY_DIGIT: str.isdigit, codes.CATEGORY_SPACE: str.isspace}
    test = tests.get(argument, lambda text: text.isalnum() or text == "_")
    return test(letter) is not (argument in _OTHERS)
