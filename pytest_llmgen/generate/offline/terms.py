"""Argument values as source text: what the search combines and the tests show."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from functools import lru_cache

_SHORT = 3


@dataclass(frozen=True, slots=True)
class Term:
    """An expression for one argument or for the object under test.

    ``before`` holds statements that must run first, ``steps`` calls on the object that bring it into
    a state (``.add(3)``), ``fixtures`` the pytest fixtures that the expression uses.
    """

    source: str
    imports: tuple[str, ...] = ()
    is_edge: bool = False
    fixtures: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    is_shared: bool = False  # may be changed by the call: bound to a name and watched
    watched: tuple[str, ...] = ()  # names of ``before`` that tell what the call did
    label: str = ""  # what is special about it, where the expression does not tell
    helpers: tuple[str, ...] = ()  # definitions of the test module that it needs
    is_odd: bool = False  # not what the parameter is meant to get: says nothing of what the code promises

    @property
    def is_omitted(self) -> bool:
        """Whether the parameter is left at its default."""
        return not self.source


OMITTED = Term("")
MOVING_CLOCK = Term("itertools.count(step=100).__next__", ("import itertools",))
"""A clock that goes on whenever it is looked at, further than what is kept for a while."""


def snake_case(class_name: str) -> str:
    """The name of a class as that of a variable: ``HTTPCart`` becomes ``http_cart``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name.lstrip("_"))
    return words.lower() if words.lower() != class_name else f"{class_name}_object"


def literal(value: object) -> Term:
    """A term for a value that is made of literals."""
    return from_source(repr(value))


@lru_cache(maxsize=16384)  # a search makes the same few values again and again
def from_source(source: str, imports: tuple[str, ...] = ()) -> Term:
    """A term for an expression, with its edge and sharing worked out from its shape."""
    node = ast.parse(source, mode="eval").body
    return Term(source, imports, is_edge=is_edge(node), is_shared=is_changeable(node))


def written_like(term: Term, source: str) -> str:
    """The expression as it stands in the place of a term: several arguments, ``1, 2``, do not become one tuple."""
    match ast.parse(source, mode="eval").body:
        case ast.Tuple(elts=items) if _is_several(term.source):
            return ", ".join(map(ast.unparse, items))
    return source


def alike(term: Term, value: object) -> Term:
    """Another value made of literals in the place of a term."""
    if _is_several(term.source):
        return replace(term, source=written_like(term, repr(value)), label="")
    return replace(literal(value), is_odd=term.is_odd)


def _is_several(source: str) -> bool:
    match ast.parse(source or "None", mode="eval").body:
        case ast.Tuple(elts=[first, *_]) as node:
            return first.col_offset == node.col_offset
    return False


def is_edge(node: ast.expr) -> bool:  # noqa: PLR0911 (one case a line)
    """Whether an expression is a boundary: nothing, empty, zero, negative, huge or blank."""
    match node:
        case ast.UnaryOp(op=ast.USub()):
            return True
        case ast.Constant(value=None):
            return True
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float() as number):
            return number == 0 or abs(number) >= 10**6
        case ast.Constant(value=str() | bytes() as text):
            return not text.strip()
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return not parts
        case ast.Dict(keys=keys):
            return not keys
        case ast.Call(args=[only], keywords=[]):
            return isinstance(only, ast.Constant | ast.UnaryOp) and (
                is_edge(only) or (isinstance(only, ast.Constant) and _is_zero_text(only.value))
            )
        case ast.Call(func=ast.Name(id="set" | "frozenset"), args=[], keywords=[]):
            return True
        case _:
            return False


def _is_zero_text(value: object) -> bool:
    return isinstance(value, str) and (value.startswith("-") or not value.strip("0."))


def is_changeable(node: ast.expr) -> bool:
    """Whether a call could change the value in place."""
    return isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"set", "bytearray", "deque"}
    )


def unique(terms: list[Term]) -> list[Term]:
    """The terms without repetitions, in the order of first appearance."""
    seen: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Term] = {}
    for term in terms:
        seen.setdefault((term.source, term.steps, term.before), term)
    return list(seen.values())


def value_of(term: Term) -> object:
    """The value of a term made of literals.

    Raises:
        ValueError: the term is not made of literals.
    """
    try:
        return ast.literal_eval(term.source)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(term.source) from error
