"""Operators that mutmut lacks, chosen by what they brought on real modules (docs/explanation/mutants.md)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pytest_llmgen.mutate.classic import Change, is_none
from pytest_llmgen.mutate.spots import Spot, operator_after, skip, with_parentheses

OPERATORS = (
    *("return-value", "negated-condition", "statement-removal", "exception-type", "handler-removal", "slice-bound"),
    *("number-down", "boolean-operand", "filter-removal", "keyword-removal", "with-removal", "decorator-removal"),
    "entry-removal",
)

_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "warnings"})
_VAGUE = frozenset({"Exception", "BaseException", "NotImplementedError", "StopIteration", "StopAsyncIteration"})
_PLATFORM = frozenset({"ImportError", "ModuleNotFoundError"})


def further_changes_of(source: str, spot: Spot) -> Iterator[Change]:
    """The changes of one node, those of the nodes below it left aside."""
    operator = _BY_NODE.get(type(spot.node))
    return operator(source, spot, spot.node) if operator else iter(())


def is_text_only(node: ast.AST) -> bool:
    """Whether a statement holds little else than text for people: what is raised or logged."""
    match node:
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call(func=func)):
            return _is_log(func)
    return False


def _is_log(func: ast.expr) -> bool:
    while isinstance(func, ast.Attribute):
        if func.attr in _LOGGERS:
            return True
        func = func.value
    return isinstance(func, ast.Name) and func.id in _LOGGERS


def idle_continues(tree: ast.AST) -> frozenset[int]:
    """The ids of ``continue`` statements that stand where their loop goes on anyway."""
    loops = (node for node in ast.walk(tree) if isinstance(node, ast.For | ast.AsyncFor | ast.While))
    return frozenset(id(each) for loop in loops for each in _last_of(loop.body))


def _last_of(body: list[ast.stmt]) -> Iterator[ast.Continue]:
    last = body[-1] if body else None
    if isinstance(last, ast.Continue):
        yield last
    elif isinstance(last, ast.If):
        yield from _last_of(last.body)
        yield from _last_of(last.orelse)


# --- Statements ---------------------------------------------------------------------------------


def _return(source: str, spot: Spot, node: ast.Return) -> Iterator[Change]:
    if node.value and not is_none(node.value):
        yield Change("return-value", *with_parentheses(source, spot.children[0]), "None", spot.start, spot.end)


def _branch(source: str, spot: Spot, node: ast.If | ast.While) -> Iterator[Change]:
    yield from _negated(source, _child(spot, node.test))


def _match(source: str, spot: Spot, node: ast.Match) -> Iterator[Change]:
    for case in node.cases:
        if case.guard:
            yield from _negated(source, _child(spot, case.guard))


def _negated(source: str, test: Spot) -> Iterator[Change]:
    """A comparison, a constant or a ``not`` has a simpler mutant that says the same."""
    if not isinstance(test.node, ast.Compare | ast.Constant | ast.NamedExpr) and not _is_not(test.node):
        start, end = with_parentheses(source, test)
        text = source[start:end] if start < test.start else f"({source[start:end]})"
        if isinstance(test.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            text = source[start:end]
        yield Change("negated-condition", start, end, f"not {text}", test.start, test.end)


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _expression(source: str, spot: Spot, node: ast.Expr) -> Iterator[Change]:
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(value, ast.Call) and not _is_log(value.func):
        yield from _removed(source, spot, node)


def _removed(_: str, spot: Spot, __: ast.stmt) -> Iterator[Change]:
    yield Change("statement-removal", spot.start, spot.end, "pass", spot.start, spot.end)


def _delete(source: str, spot: Spot, node: ast.Delete) -> Iterator[Change]:
    """A local name that stays is mostly seen by nobody."""
    if not all(isinstance(target, ast.Name) for target in node.targets):
        yield from _removed(source, spot, node)


def _raise(source: str, spot: Spot, node: ast.Raise) -> Iterator[Change]:
    called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    if name == "NotImplementedError":
        return
    yield from _removed(source, spot, node)
    takes_keywords = isinstance(node.exc, ast.Call) and node.exc.keywords
    if called and name[:1].isupper() and name not in _VAGUE and not takes_keywords:
        start = spot.frame.offset(called.lineno, called.col_offset)
        end = spot.frame.offset(called.end_lineno or 0, called.end_col_offset or 0)
        yield Change("exception-type", start, end, "Exception", spot.start, spot.end)


def _handler(source: str, spot: Spot, node: ast.ExceptHandler) -> Iterator[Change]:
    """A handler that handles nothing, or one kind less."""
    if node.type is None or (isinstance(node.type, ast.Name) and node.type.id in _PLATFORM):
        return
    kinds = _child(spot, node.type)
    header = spot.start, with_parentheses(source, kinds)[1]
    yield Change("handler-removal", *with_parentheses(source, kinds), "()", *header)


def _with(source: str, spot: Spot, node: ast.With) -> Iterator[Change]:
    if any(item.optional_vars for item in node.items):
        return
    end = with_parentheses(source, _child(spot, node.items[-1].context_expr))[1]
    if source[end : end + 1] == ":":  # else the items are in parentheses of their own
        yield Change("with-removal", spot.start, end, "if True", spot.start, end)


# --- Expressions --------------------------------------------------------------------------------


def _compare(source: str, spot: Spot, node: ast.Compare) -> Iterator[Change]:
    if len(node.ops) == 1:
        start, end = operator_after(source, spot.children[0].end)
        if negated := _NEGATED.get(source[start:end]):
            yield Change("negated-condition", start, end, negated, spot.start, spot.end)


def _boolean(source: str, spot: Spot, _: ast.BoolOp) -> Iterator[Change]:
    spans = [with_parentheses(source, child) for child in spot.children]
    for this, following in pairwise(spans):
        yield Change("boolean-operand", this[0], following[0], "", spot.start, spot.end)
    yield Change("boolean-operand", spans[-2][1], spans[-1][1], "", spot.start, spot.end)


def _comprehension(source: str, spot: Spot, node: ast.ListComp) -> Iterator[Change]:
    for test in (test for generator in node.generators for test in generator.ifs):
        yield Change("filter-removal", *with_parentheses(source, _child(spot, test)), "True", spot.start, spot.end)


def _subscript(source: str, spot: Spot, node: ast.Subscript) -> Iterator[Change]:
    if isinstance(node.slice, ast.Slice):
        for bound, neutral in ((node.slice.lower, 0), (node.slice.upper, None), (node.slice.step, 1)):
            if bound and not (isinstance(bound, ast.Constant) and bound.value == neutral):
                start = spot.frame.offset(bound.lineno, bound.col_offset)
                end = spot.frame.offset(bound.end_lineno or 0, bound.end_col_offset or 0)
                if source[skip(source, end)] in ":]" and source[start - 1] in ":[ ":
                    yield Change("slice-bound", start, end, "", spot.start, spot.end)


def _number(source: str, spot: Spot, node: ast.Constant) -> Iterator[Change]:
    if type(node.value) is int and node.value > 0:
        start, end = with_parentheses(source, spot)
        text = source[start : spot.start] + str(node.value - 1) + source[spot.end : end]
        yield Change("number-down", start, end, text, spot.start, spot.end)


def _only_keyword(_: str, spot: Spot, node: ast.Call) -> Iterator[Change]:
    if len(spot.children) == 2 and node.keywords and node.keywords[0].arg:  # noqa: PLR2004 (function and argument)
        argument = spot.children[1]
        yield Change("keyword-removal", argument.start, argument.end, "", spot.start, spot.end)


def _child(spot: Spot, node: ast.AST) -> Spot:
    return next(child for child in spot.children if child.node is node)


# --- Tables -------------------------------------------------------------------------------------


def entry_removals(source: str, entries: Sequence[tuple[Spot, Spot]]) -> Iterator[Change]:
    """One entry less in a table; an entry is its first and last node."""
    spans = [(with_parentheses(source, first)[0], with_parentheses(source, last)[1]) for first, last in entries]
    for start, end in spans:
        comma = skip(source, end)
        if source[comma : comma + 1] == ",":
            stop = skip(source, comma + 1)
            yield Change("entry-removal", start, stop, "", start, end)


_BY_NODE: Mapping[type[ast.AST], Callable[[str, Spot, Any], Iterator[Change]]] = {
    ast.Return: _return,
    ast.If: _branch,
    ast.While: _branch,
    ast.Match: _match,
    ast.Expr: _expression,
    ast.Delete: _delete,
    ast.Break: _removed,
    ast.Continue: _removed,
    ast.Raise: _raise,
    ast.ExceptHandler: _handler,
    ast.With: _with,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _comprehension),
    ast.Subscript: _subscript,
    ast.Constant: _number,
    ast.Call: _only_keyword,
}
