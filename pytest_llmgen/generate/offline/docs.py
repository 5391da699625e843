"""Examples that documentation and tests give: doctests, and calls with literal arguments."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import Parameter, ParameterKind, dotted
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source


@dataclass(frozen=True, slots=True)
class Example:
    """A documented call: statements before it, the expression, and what is said to come of it."""

    before: tuple[str, ...]
    expression: str
    want: str = ""
    error: str = ""  # name of the error that is said to be raised
    message: str = ""


def examples_of(docstring: str | None) -> list[Example]:
    """The doctests of a docstring, each with the statements that stand before it in the same block."""
    if not docstring or ">>>" not in docstring:
        return []
    try:
        parsed = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return []
    found: list[Example] = []
    before: list[str] = []
    for item in parsed:
        source = item.source.strip()
        if item.exc_msg is not None:
            error, _, message = item.exc_msg.strip().partition(":")
            found.append(Example(tuple(before), source, error=error, message=message.strip()))
        elif _is_expression(source) and item.want.strip():
            found.append(Example(tuple(before), source, want=item.want.strip()))
        else:
            before.append(source)
    return [item for item in found if _is_expression(item.expression)]


def _is_expression(source: str) -> bool:
    try:
        ast.parse(source, mode="eval")
    except SyntaxError:
        return False
    return True


def is_literal(text: str) -> bool:
    """Whether a text is a value written as literals (``nan`` and addresses are not)."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def seen_rows(texts: Iterable[str], name: str, parameters: tuple[Parameter, ...]) -> list[tuple[Term, ...]]:
    """Arguments of the calls of ``name`` in other code, where they are all literals."""
    rows: list[tuple[Term, ...]] = []
    for text in texts:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in calls:
            if dotted(call.func).rpartition(".")[2] == name:
                row = _row(call, parameters)
                if row is not None and row not in rows:
                    rows.append(row)
    return rows


def _row(call: ast.Call, parameters: tuple[Parameter, ...]) -> tuple[Term, ...] | None:
    given = {word.arg: word.value for word in call.keywords if word.arg is not None}
    plain = [item for item in parameters if item.kind in {ParameterKind.POSITIONAL, ParameterKind.PLAIN}]
    if len(call.args) > len(plain):
        return None
    given.update({item.name: value for item, value in zip(plain, call.args, strict=False)})
    if not all(is_literal(ast.unparse(value)) for value in given.values()):
        return None
    if any(item.is_required and item.name not in given for item in parameters):
        return None
    return tuple(from_source(ast.unparse(given[item.name])) if item.name in given else OMITTED for item in parameters)
