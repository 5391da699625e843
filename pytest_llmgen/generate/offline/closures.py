"""Calls of a function that the target has returned: ``repeat(3)(print)("x")``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from pytest_llmgen.generate.offline.annotations import passed
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, parameters
from pytest_llmgen.generate.offline.terms import OMITTED, Term, unique
from pytest_llmgen.generate.offline.usage import annotated

CALLED = "called"
"""The place of what the returned function is called with."""
_STANDS_FOR = "it"
"""In a term's source, for the function: so it can be read like any other expression."""
_MAX_LEVELS = 2
_MAX_ROWS = 24
_MAX_OUTER = 3
_FOR_WRAPPED = ("it(3)", "it('hello')", "it([3, 1, 2])", "it()", "it(1, 2)")
"""What a decorated function is called with, where its wrapper comes from elsewhere."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Pool = Callable[[Parameter, int], Sequence[Term]]
"""Values for a parameter of some rank."""


def inner_functions(node: FunctionNode) -> list[FunctionNode]:
    """The function that a function returns, then the one that this returns; empty where it returns none."""
    found: list[FunctionNode] = []
    current: FunctionNode | None = node
    while current is not None and len(found) < _MAX_LEVELS:
        current = _returned(current)
        found += [current] if current is not None else []
    return found


def _returned(node: FunctionNode) -> FunctionNode | None:
    own = list(_own_nodes(node))
    nested = {item.name: item for item in own if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
    for item in own:
        if not isinstance(item, ast.Return) or item.value is None:
            continue
        if isinstance(item.value, ast.Lambda):
            return _named(item.value)
        called = {part.func.id for part in ast.walk(item.value) if _is_plain_call(part)}  # type: ignore[attr-defined]
        names = [part.id for part in ast.walk(item.value) if isinstance(part, ast.Name)]
        told = next((nested[name] for name in names if name in nested and name not in called), None)
        if told is not None:
            return told
    return None


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    """What is in a function, without what is in functions in it."""
    waiting: list[ast.AST] = list(node.body)
    for item in waiting:
        yield item
        if not isinstance(item, _DEFINITIONS):
            waiting.extend(ast.iter_child_nodes(item))


def _named(node: ast.Lambda) -> FunctionNode:
    made = ast.parse("def inner(): return None").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args, made.body = node.args, [ast.copy_location(ast.Return(node.body), node)]
    return made


def calls(levels: Sequence[FunctionNode], pool: Pool) -> list[Term]:
    """No call first, then the returned function called in several ways; empty where nothing can be passed."""
    rows = [_rows(node, pool) for node in levels]
    if not rows or not all(rows):
        return []
    found = rows[0]
    for inner in rows[1:]:
        found = [_after(outer, term) for term in inner for outer in found[:_MAX_OUTER]]
    if _is_decorator(levels[-1]):
        wrapped = [Term(source) for source in _FOR_WRAPPED]
        found = [*found[:1], *(_after(outer, term) for term in wrapped for outer in found[:_MAX_OUTER])]
    return unique([OMITTED, *found])[: _MAX_ROWS + 1]


def _rows(node: FunctionNode, pool: Pool) -> list[Term]:
    items = annotated(parameters(node), node)
    columns = [list(pool(item, rank)) for rank, item in enumerate(items)]
    if not all(columns):
        return []
    first = [column[0] for column in columns]
    rows = [first]
    for rank in zip_longest(*(column[1:] for column in columns)):
        rows += [[*first[:at], term, *first[at + 1 :]] for at, term in enumerate(rank) if term is not None]
    return [_call(items, row) for row in rows[:_MAX_ROWS]]


def _call(items: tuple[Parameter, ...], row: list[Term]) -> Term:
    return _joined(f"{_STANDS_FOR}({passed(items, row)})", row)


def _after(outer: Term, inner: Term) -> Term:
    return _joined(outer.source + suffix_of(inner), [outer, inner])


def _joined(source: str, terms: Sequence[Term]) -> Term:
    """A term with what several others need."""
    return Term(
        source,
        tuple(dict.fromkeys(line for term in terms for line in term.imports)),
        fixtures=tuple(dict.fromkeys(name for term in terms for name in term.fixtures)),
        before=tuple(dict.fromkeys(line for term in terms for line in term.before)),
        watched=tuple(dict.fromkeys(name for term in terms for name in term.watched)),
        helpers=tuple(dict.fromkeys(text for term in terms for text in term.helpers)),
    )


def _is_decorator(node: FunctionNode) -> bool:
    """Whether a function takes one function."""
    items = annotated(parameters(node), node)
    texts = [ast.unparse(item.annotation) for item in items if item.annotation is not None]
    return len(items) == 1 and any("Callable" in text for text in texts)


def form_within(node: FunctionNode) -> str:
    """How the value of a call of the returned function is taken, as a word of ``Form``."""
    if isinstance(node, ast.AsyncFunctionDef):
        return "async"
    return "sliced" if any(isinstance(item, ast.Yield | ast.YieldFrom) for item in _own_nodes(node)) else "plain"


def suffix_of(term: Term) -> str:
    """The parentheses that follow the expression of the returned function."""
    return term.source.removeprefix(_STANDS_FOR)
