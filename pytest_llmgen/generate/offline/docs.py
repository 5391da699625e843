"""Examples that documentation and tests give: doctests, and calls with literal arguments in other code."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline.code import Parameter, ParameterKind, dotted
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source, unique

_MAX_CALL = 200
_OF_THE_CLOCK = {"now", "utcnow", "today", "time", "monotonic", "uuid1", "uuid4", "random"}
"""Calls whose value is another one in the next run: never an input."""


@dataclass(frozen=True, slots=True)
class Example:
    """A documented call: statements before it, the expression, and what is said to come of it."""

    before: tuple[str, ...]
    expression: str
    want: str = ""
    error: str = ""  # name of the error that is said to be raised
    message: str = ""
    is_prose: bool = False  # ``f(1) == 2`` in running text instead of a doctest
    is_formula: bool = False  # written with one ``=``: it may only look like a call
    is_aside: bool = False  # in the middle of a sentence
    earlier: tuple[str, ...] = ()  # the same with the examples of methods before it, which may have changed an object


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
    session: list[str] = []
    for item in parsed:
        source = item.source.strip()
        if item.exc_msg is not None:
            error, _, message = item.exc_msg.strip().partition(":")
            fails = Example(tuple(before), source, error=error, message=message.strip(), earlier=tuple(session))
            found.append(fails)
        elif _is_expression(source) and item.want.strip():
            found.append(Example(tuple(before), source, want=item.want.strip(), earlier=tuple(session)))
            session.extend([source] if _is_of_method(source) else [])
        elif item.want.strip() or not (compared := _compared(source)):
            before.append(source)
            session.append(source)
        else:
            found.append(Example(tuple(before), *compared, earlier=tuple(session)))
    return [item for item in found if _is_expression(item.expression)]


def _is_of_method(source: str) -> bool:
    """``queue.pop()``, after which an object may be another one."""
    match ast.parse(source, mode="eval").body:
        case ast.Call(func=ast.Attribute(value=ast.Name())):
            return True
    return False


def _compared(source: str) -> tuple[str, str] | None:
    """Both sides of ``f(1) == 2``, which a session shows without ``True`` below it."""
    try:
        node = ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
    match node:
        case ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[want]) if is_literal(ast.unparse(want)):
            return ast.unparse(call), ast.unparse(want)
    return None


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


def seen_objects(texts: Iterable[str], classes: Iterable[str], known: Mapping[str, str]) -> dict[str, list[Term]]:
    """Class name to the objects that other code makes of literals; ``known`` are names and their imports."""
    wanted = set(classes)
    found: dict[str, list[Term]] = {}
    for call in _calls(texts):
        term = _built(call, known)
        if isinstance(call.func, ast.Name) and call.func.id in wanted and term is not None:
            found.setdefault(call.func.id, []).append(term)
    return {name: unique(terms) for name, terms in found.items()}


def _built(node: ast.expr, known: Mapping[str, str]) -> Term | None:
    """An expression of literals, known classes and members of known enums; None for anything else."""
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    allowed = (
        *(ast.Constant, ast.Call, ast.Name, ast.Attribute, ast.keyword, ast.List, ast.Tuple, ast.Dict, ast.Set),
        *(ast.UnaryOp, ast.USub, ast.Load),
    )
    called = {
        item.func.attr for item in ast.walk(node) if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute)
    }
    if (
        called & _OF_THE_CLOCK
        or not names <= known.keys()
        or not all(isinstance(item, allowed) for item in ast.walk(node))
    ):
        return None
    source = ast.unparse(node)
    if len(source) > _MAX_CALL:
        return None
    imports = tuple(dict.fromkeys(known[name] for name in sorted(names)))
    term = from_source(source, imports)
    return replace(term, is_shared=True) if isinstance(node, ast.Call) else term


def _calls(texts: Iterable[str]) -> Iterator[ast.Call]:
    for text in texts:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def seen_rows(
    texts: Iterable[str], name: str, parameters: tuple[Parameter, ...], known: Mapping[str, str]
) -> list[tuple[Term, ...]]:
    """Arguments of the calls of ``name`` in other code, where they are made of literals and known classes."""
    rows: list[tuple[Term, ...]] = []
    for call in _calls(texts):
        if dotted(call.func).rpartition(".")[2] == name:
            row = _row(call, parameters, known)
            if row is not None and row not in rows:
                rows.append(row)
    return rows


def _row(call: ast.Call, parameters: tuple[Parameter, ...], known: Mapping[str, str]) -> tuple[Term, ...] | None:
    given = {word.arg: word.value for word in call.keywords if word.arg is not None}
    plain = [item for item in parameters if item.kind in {ParameterKind.POSITIONAL, ParameterKind.PLAIN}]
    if len(call.args) > len(plain):
        return None
    given.update({item.name: value for item, value in zip(plain, call.args, strict=False)})
    built = {name: term for name, value in given.items() if (term := _built(value, known)) is not None}
    if len(built) < len(given):
        return None
    if any(item.is_required and item.name not in given for item in parameters):
        return None
    return tuple(built.get(item.name, OMITTED) for item in parameters)
