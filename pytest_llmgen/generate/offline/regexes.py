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
_WAYS = 4
_COUNTS = (1, 0, 2, 3)
"""How often what may be repeated is there, by way."""
_MAX_PATTERN = 900
_MAX_PATTERNS = 12
_FEW = 2
_LETTERS = string.ascii_lowercase[1:] + string.printable
"""What stands for any letter that is allowed: mostly a word is meant."""


def matching_texts(node: FunctionNode, constants: Mapping[str, ast.expr]) -> list[str]:
    """For each regular expression that a function uses, directly or by name, a text that it matches."""
    found: dict[str, None] = {}
    for item in body_nodes(node):
        source = constants.get(item.id) if isinstance(item, ast.Name) else item
        match source:
            case ast.Call(func=function, args=[ast.Constant(value=str() as pattern), *_]) if dotted(
                function
            ).startswith("re."):
                found.update(dict.fromkeys(samples(pattern)[:_FEW]))
    return list(found)


def patterns_probes(module: str) -> list[tuple[str, str]]:
    """Set-ups and expressions that show the compiled patterns of a module and its classes: name, text, flags."""
    setup = f"import importlib, re\nmodule = importlib.import_module({module!r})"
    spaces = "[vars(module), *(vars(each) for each in vars(module).values() if isinstance(each, type))]"
    kept = f"isinstance(each, re.Pattern) and isinstance(each.pattern, str) and len(each.pattern) < {_MAX_PATTERN}"
    every = f"[[name, each.pattern, each.flags] for space in {spaces} for name, each in space.items() if {kept}]"
    return [(setup, f"{every}[{place}:{place + 1}]") for place in range(_MAX_PATTERNS)]


def texts_of_patterns(found: Iterable[tuple[str, str, int]], nodes: Iterable[ast.AST]) -> list[str]:
    """Texts that match the patterns whose names the code mentions."""
    named = {dotted(item).rpartition(".")[2] for node in nodes for item in ast.walk(node) if isinstance(item, ast.expr)}
    wanted = [(pattern, flags) for name, pattern, flags in found if name in named]
    return list(dict.fromkeys(text for pattern, flags in wanted for text in samples(pattern, flags)))


def sample(pattern: str, flags: int = 0, way: int = 0) -> str:
    """A short text in which the pattern is found; empty where none could be worked out.

    ``way`` 0 takes each part once; 1 leaves out what may be left out; 2 and more repeat what may be repeated and
    take later alternatives.
    """
    try:
        text = _walk(parser.parse(pattern, flags), way)
        return text if len(text) <= _MAX_TEXT and re.search(pattern, text, flags) else ""
    except (re.error, RecursionError, OverflowError):
        return ""


def samples(pattern: str, flags: int = 0) -> list[str]:
    """Different short texts that match."""
    return list(dict.fromkeys(text for way in range(_WAYS) if (text := sample(pattern, flags, way))))


def _walk(parsed: Iterable[tuple[Any, Any]], way: int) -> str:
    return "".join(_one(code, argument, way) for code, argument in parsed)


def _one(code: Any, argument: Any, way: int) -> str:
    if code in {codes.LITERAL, codes.NOT_LITERAL, codes.ANY}:
        return _letter(code, argument)
    if code is codes.IN:
        is_later = 1 < way <= len(argument) and argument[0][0] is not codes.NEGATE
        return _member(argument[way - 1 :] if is_later else argument)
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
        low, high, inner = argument
        return _walk(inner, way) * int(min(max(low, _COUNTS[way]), high))
    if code is codes.SUBPATTERN:
        return _walk(argument[-1], way)
    return _walk(argument[1][way % len(argument[1])], way) if code is codes.BRANCH else ""


def _letter(code: Any, argument: Any) -> str:
    if code is codes.LITERAL:
        return chr(argument)
    return "b" if argument == ord("a") else "a"


def _member(items: list[tuple[Any, Any]]) -> str:
    if items[0][0] is codes.NEGATE:
        return next((letter for letter in _LETTERS if not _is_in(letter, items[1:])), "")
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
