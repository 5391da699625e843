"""mutmut's operators on ``ast``: the same mutants as its own, which work on libcst, at a tenth of the cost.

Which changes there are follows ``mutmut.mutation.mutators`` (3.8); a test compares the two on real modules.
"""

# ruff: noqa: ARG001 (operators share a signature)
from __future__ import annotations

import ast
import cmath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from pytest_llmgen.mutate.spots import Spot, children_of, operator_after, with_parentheses, without_parentheses
from pytest_llmgen.mutate.strings import Piece, pieces_of

MUTMUT_VERSION = "3.8"
"""The version of mutmut whose operators these are."""

OPERATORS = (
    *("number", "string", "name", "assignment", "augmented-assignment", "unary-removal", "dict-keyword", "arg-removal"),
    *("string-method", "split-method", "lambda", "keyword", "swap-op", "case-removal", "if-exp"),
)


class Change(NamedTuple):
    """An edit of the text, and the stretch around it that people are shown."""

    operator: str
    start: int
    end: int
    replacement: str
    low: int
    high: int


Operator = Callable[[str, Spot, Any], Iterator[Change]]
"""Source, place and node to changes."""

_SYMMETRIC = (
    *(("lower", "upper"), ("lstrip", "rstrip"), ("find", "rfind"), ("ljust", "rjust"), ("index", "rindex")),
    *(("removeprefix", "removesuffix"), ("partition", "rpartition")),
)
_METHODS = {**dict(_SYMMETRIC), **{right: left for left, right in _SYMMETRIC}}
_SPLITS = {"split": "rsplit", "rsplit": "split"}
_NAMES = {"True": "False", "False": "True", "deepcopy": "copy"}
_KEYWORDS = {"is": "is not", "is not": "is", "in": "not in", "not in": "in"}
_SWAPS = dict(
    (
        *(("+", "-"), ("-", "+"), ("*", "/"), ("/", "*"), ("//", "/"), ("%", "/"), ("<<", ">>"), (">>", "<<")),
        *(("&", "|"), ("|", "&"), ("^", "&"), ("**", "*"), ("and", "or"), ("or", "and")),
        *(("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("==", "!="), ("!=", "==")),
    )
)
_ESCAPES = r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\N\{[^}]+\}|\\."
_TEXT = re.compile(rf"(?:{_ESCAPES})|((?<!\\)[^\\]+)")
_DEEPCOPY = re.compile(r"#[^\r\n]*|(\bdeepcopy\b)")
_RAW_TEXT = re.compile(r"((?<!\\)[^\\]+)")


def changes_of(source: str, spot: Spot) -> Iterator[Change]:
    """The changes of one node, those of the nodes below it left aside."""
    for operator in _BY_NODE.get(type(spot.node), ()):
        yield from operator(source, spot, spot.node)


# --- Literals and names -------------------------------------------------------------------------


def _constant(source: str, spot: Spot, node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool():
            yield from _leaf(source, spot, "name", _NAMES[str(node.value)])
        case int() | float() | complex():
            yield from _number(source, spot, node.value)
        case str() | bytes():
            yield from _string(source, spot, node)


def _number(source: str, spot: Spot, value: complex) -> Iterator[Change]:
    more = value + (1j if isinstance(value, complex) else 1)
    if isinstance(more, int) or not cmath.isinf(more):  # infinity has no literal
        yield from _leaf(source, spot, "number", repr(more))


def _string(source: str, spot: Spot, _: ast.Constant | ast.JoinedStr) -> Iterator[Change]:
    pieces = pieces_of(source, spot.start, spot.end)
    for piece in pieces:
        for text in _strings(source, piece):
            if len(pieces) == 1:
                yield from _leaf(source, spot, "string", text)
            else:
                yield Change("string", piece.start, piece.end, text, piece.start, piece.end)


def _strings(source: str, piece: Piece) -> Iterator[str]:
    if piece.is_formatted or len(piece.quote) > 1:  # text of several lines is mostly for people
        return
    start = piece.start + len(piece.prefix) + 1
    text = source[start : piece.end - 1]
    pattern = _RAW_TEXT if "r" in piece.prefix.lower() else _TEXT
    for changed in (f"XX{text}XX", _cased(pattern, text, str.lower), _cased(pattern, text, str.upper)):
        if changed != text:
            yield f"{piece.prefix}{piece.quote}{changed}{piece.quote}"


def _cased(pattern: re.Pattern[str], text: str, case: Callable[[str], str]) -> str:
    return pattern.sub(lambda found: case(found[1]) if found[1] else found[0], text)


def _name(source: str, spot: Spot, node: ast.Name) -> Iterator[Change]:
    if node.id in _NAMES:
        yield from _leaf(source, spot, "name", _NAMES[node.id])


def _leaf(source: str, spot: Spot, operator: str, text: str) -> Iterator[Change]:
    """A node that is replaced, its parentheses kept."""
    start, end = with_parentheses(source, spot)
    yield Change(operator, start, end, source[start : spot.start] + text + source[spot.end : end], spot.start, spot.end)


def _words(source: str, spot: Spot, _: ast.AST) -> Iterator[Change]:
    """Names that are part of another node: of attributes, parameters, keywords, imports, patterns."""
    if "deepcopy" not in source[spot.start : spot.end]:
        return
    bounds = [spot.start, *(b for child in spot.children for b in (child.start, child.end)), spot.end]
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        for word in _DEEPCOPY.finditer(source, start, end):
            if word[1]:
                yield Change("name", *word.span(), "copy", *word.span())


# --- Statements ---------------------------------------------------------------------------------


def _assignment(source: str, spot: Spot, node: ast.Assign | ast.AnnAssign) -> Iterator[Change]:
    if node.value:
        value = next(child for child in reversed(spot.children) if child.node is node.value)
        text = '""' if is_none(node.value) else "None"
        yield Change("assignment", *with_parentheses(source, value), text, spot.start, spot.end)


def _augmented(source: str, spot: Spot, _: ast.AugAssign) -> Iterator[Change]:
    start, end = operator_after(source, spot.children[0].end)
    yield Change("augmented-assignment", start, end, "=", spot.start, spot.end)
    if swapped := _SWAPS.get(source[start : end - 1]):
        yield Change("swap-op", start, end, f"{swapped}=", spot.start, spot.end)


def _break(source: str, spot: Spot, _: ast.Break) -> Iterator[Change]:
    yield Change("keyword", spot.start, spot.end, "return", spot.start, spot.end)


def _continue(source: str, spot: Spot, _: ast.Continue) -> Iterator[Change]:
    yield Change("keyword", spot.start, spot.end, "break", spot.start, spot.end)


def _match(source: str, spot: Spot, node: ast.Match) -> Iterator[Change]:
    if len(node.cases) > 1:
        for case in node.cases:
            low = spot.frame.offset(case.pattern.lineno, 0)
            high = spot.frame.offset((case.body[-1].end_lineno or 0) + 1, 0)
            yield Change("case-removal", low, high, "", low, high)


# --- Operators ----------------------------------------------------------------------------------


def _unary(source: str, spot: Spot, node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.Invert):
        start, _ = with_parentheses(source, spot.children[0])
        yield Change("unary-removal", spot.start, start, "", spot.start, spot.end)
    else:
        yield Change("swap-op", spot.start, spot.start + 1, _SWAPS[source[spot.start]], spot.start, spot.end)


def _binary(source: str, spot: Spot, _: ast.BinOp) -> Iterator[Change]:
    start, end = operator_after(source, spot.children[0].end)
    if swapped := _SWAPS.get(source[start:end]):
        yield Change("swap-op", start, end, swapped, spot.start, spot.end)


def _boolean(source: str, spot: Spot, _: ast.BoolOp) -> Iterator[Change]:
    """``a and b and c`` is ``(a and b) and c``."""
    for left, right in pairwise(spot.children):
        start, end = operator_after(source, left.end)
        high = with_parentheses(source, right)[1]
        yield Change("swap-op", start, end, _SWAPS[source[start:end]], spot.start, high)


def _compare(source: str, spot: Spot, _: ast.Compare) -> Iterator[Change]:
    for left in spot.children[:-1]:
        start, end = operator_after(source, left.end)
        written = source[start:end]
        if swapped := _SWAPS.get(written):
            yield Change("swap-op", start, end, swapped, spot.start, spot.end)
        else:
            words = "is not" if written[0] == "i" and len(written) > 2 else "not in" if len(written) > 2 else written  # noqa: PLR2004
            yield Change("keyword", start, end, _KEYWORDS[words], spot.start, spot.end)


# --- Expressions --------------------------------------------------------------------------------


def _lambda(source: str, spot: Spot, node: ast.Lambda) -> Iterator[Change]:
    text = "0" if is_none(node.body) else "None"
    yield Change("lambda", *with_parentheses(source, spot.children[-1]), text, spot.start, spot.end)


def _if_exp(source: str, spot: Spot, node: ast.IfExp) -> Iterator[Change]:
    test = next(child for child in spot.children if child.node is node.test)
    start, end = with_parentheses(source, test)
    low, high = without_parentheses(source, test)
    for rest in ("and False", "or True"):
        yield Change("if-exp", start, end, f"({source[low:high]}) {rest}", spot.start, spot.end)


def _dict_keywords(source: str, spot: Spot, node: ast.Call) -> Iterator[Change]:
    if not (isinstance(node.func, ast.Name) and node.func.id == "dict"):
        return
    for child in spot.children[1:]:
        if not isinstance(child.node, ast.keyword) or child.node.arg is None:
            return
        end = child.start + len(child.node.arg)
        yield Change("dict-keyword", child.start, end, f"{child.node.arg}XX", spot.start, spot.end)


def _arguments(source: str, spot: Spot, _: ast.Call) -> Iterator[Change]:
    arguments = spot.children[1:]
    for argument in arguments:
        value = _value_of(source, argument)
        if value and not is_none(value.node):
            yield Change("arg-removal", *with_parentheses(source, value), "None", spot.start, spot.end)
    if len(arguments) > 1:
        spans = [with_parentheses(source, argument) for argument in arguments]
        for this, following in pairwise(spans):
            yield Change("arg-removal", this[0], following[0], "", spot.start, spot.end)
        yield Change("arg-removal", spans[-2][1], spans[-1][1], "", spot.start, spot.end)


def _value_of(source: str, argument: Spot) -> Spot | None:
    match argument.node:
        case ast.Starred() | ast.keyword(arg=None):
            return None
        case ast.keyword():
            return children_of(source, argument)[0]
    return argument


def _methods(source: str, spot: Spot, node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Attribute):
        name, end = node.func.attr, spot.children[0].end
        start = end - len(name)
        if name in _METHODS:
            yield Change("string-method", start, end, _METHODS[name], spot.start, spot.end)
        count = len(spot.children) - 1
        if name in _SPLITS and (count == 2 or any(word.arg == "maxsplit" for word in node.keywords)):  # noqa: PLR2004
            yield Change("split-method", start, end, _SPLITS[name], spot.start, spot.end)


def is_none(node: ast.AST | None) -> bool:
    """Whether it is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None


_BY_NODE: Mapping[type[ast.AST], tuple[Operator, ...]] = {
    ast.Constant: (_constant,),
    ast.JoinedStr: (_string,),
    ast.Name: (_name,),
    ast.Assign: (_assignment,),
    ast.AnnAssign: (_assignment,),
    ast.AugAssign: (_augmented,),
    ast.UnaryOp: (_unary,),
    ast.BinOp: (_binary,),
    ast.BoolOp: (_boolean,),
    ast.Compare: (_compare,),
    ast.Call: (_dict_keywords, _arguments, _methods),
    ast.Lambda: (_lambda,),
    ast.Break: (_break,),
    ast.Continue: (_continue,),
    ast.Match: (_match,),
    ast.IfExp: (_if_exp,),
    ast.MatchSingleton: (_constant,),
    **dict.fromkeys(
        (
            *(ast.Attribute, ast.keyword, ast.arg, ast.alias, ast.ImportFrom, ast.Global, ast.Nonlocal),
            *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.MatchClass),
        ),
        (_words,),
    ),
}
