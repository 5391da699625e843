"""Code outside of functions: which statements and decorators are worth mutants, and which changes of them.

It runs once, when its module is imported, so that each mutant costs an import: only changes are made that
tests can be expected to notice, and of a long table only those of its first and last entry.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_llmgen.extract.targets import decorator_names, last_name
from pytest_llmgen.mutate.classic import Change
from pytest_llmgen.mutate.drafts import Root
from pytest_llmgen.mutate.further import entry_removals, is_text_only
from pytest_llmgen.mutate.spots import Spot, skip, with_parentheses

MODULE = "<module>"
LONG_TABLE = 8
"""Entries from which on a table is data: its first and last entry stand for the rest."""

_OPERATORS = frozenset({"number", "string", "name", "unary-removal", "swap-op", "keyword", "string-method", "lambda"})
_TYPE_MAKERS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "NamedTuple", "namedtuple", "TypedDict"})
_LOGGER_MAKERS = frozenset({"getLogger", "get_logger"})
_TYPES_ONLY = frozenset({"Protocol", "TypedDict"})
_TO_NO_EFFECT = frozenset(
    {
        *("lru_cache", "cache", "wraps", "override", "final", "overload", "abstractmethod", "no_type_check"),
        *("runtime_checkable", "deprecated", "type_check_only", "dataclass_transform"),
    }
)
"""Decorators that change what a call costs or what a type checker says, but not what it does."""


def is_types_only(node: ast.ClassDef) -> bool:
    """Whether the body of a class says types and nothing else."""
    return any(last_name(base) in _TYPES_ONLY for base in node.bases)


def is_wanted(node: ast.AST) -> bool:
    """Whether a statement outside of functions gets mutants: constants, tables, fields, registries."""
    match node:
        case ast.Assign(targets=[target], value=value):
            return _is_value(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return last_name(node.annotation) != "TypeAlias" and _is_value(target, value)
        case ast.AugAssign(target=target, value=value):
            return _is_value(target, value)
        case ast.Expr(value=ast.Call()):  # something is registered
            return not is_text_only(node)
    return False


def _is_value(target: ast.expr, value: ast.expr) -> bool:
    name = last_name(target)
    if name.startswith("__") or "version" in name.lower():
        return False
    match value:
        case ast.Call(func=func):
            return last_name(func) not in _TYPE_MAKERS | _LOGGER_MAKERS
        case ast.Subscript() | ast.BinOp(op=ast.BitOr()):  # a type alias, as far as anyone can see
            return False
    return True


def is_name_of_itself(node: ast.stmt) -> bool:
    """Whether a constant says its own name, as in ``TOKEN_ADD = intern("add")``: another text is as good."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            text = value.args[0] if isinstance(value, ast.Call) and len(value.args) == 1 else value
            return (
                isinstance(text, ast.Constant)
                and isinstance(text.value, str)
                and _letters(text.value) in _letters(name)
            )
    return False


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def is_worth_an_import(source: str, change: Change, *, in_entry: bool) -> bool:
    """Whether a change by mutmut's operators is made outside of functions too.

    Of strings one is enough, and none in a table's entry: who misses the entry would have missed its text.
    """
    if change.operator == "string":
        return not in_entry and "XX" in change.replacement and "XX" not in source[change.start : change.end]
    return change.operator in _OPERATORS


def ends_of(spot: Spot) -> list[Spot]:
    """The children of a table that are mutated: of a long one the first and the last entry."""
    entries = _entries(spot)
    if len(entries) <= LONG_TABLE:
        return spot.children
    ends = {id(part) for entry in (entries[0], entries[-1]) for part in entry}
    return [child for child in spot.children if id(child) in ends]


def is_table(source: str, spot: Spot, root: Root | None) -> bool:
    """Whether entries can be taken out: a list, set or dict, or a tuple that is all of a statement's expression.

    Any other tuple is a record, whose length is known elsewhere.
    """
    if isinstance(spot.node, ast.Tuple):
        start, end = with_parentheses(source, spot)
        if root is None or start > root.start or end < root.end:
            return False
    return len(_entries(spot)) > 1


def removals_of(source: str, spot: Spot) -> Iterator[Change]:
    """One entry less in a table."""
    entries = _entries(spot)
    yield from entry_removals(source, entries if len(entries) <= LONG_TABLE else [entries[0], entries[-1]])


def _entries(spot: Spot) -> list[tuple[Spot, Spot]]:
    """Each entry's first and last node; a dict with ``**`` in it is no table."""
    children, node = spot.children, spot.node
    if isinstance(node, ast.Dict):
        return list(zip(children[::2], children[1::2], strict=True)) if all(node.keys) else []
    return [(child, child) for child in children] if isinstance(node, ast.List | ast.Tuple | ast.Set) else []


def decorator_removals(source: str, spot: Spot) -> Iterator[Change]:
    """A function or class without one of its decorators."""
    node = spot.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for name, decorator in zip(decorator_names(node), decorators_of(spot, node.decorator_list), strict=True):
        start = source.rfind("@", 0, decorator.start)
        stop = skip(source, with_parentheses(source, decorator)[1])
        if name not in _TO_NO_EFFECT and source[stop] in "@adc":
            yield Change("decorator-removal", start, stop, "", start, decorator.end)


def decorators_of(spot: Spot, decorators: Sequence[ast.expr]) -> list[Spot]:
    """Where the decorators stand."""
    known = {id(decorator) for decorator in decorators}
    return [child for child in spot.children if id(child.node) in known]
