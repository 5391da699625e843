"""Where the nodes of a syntax tree stand in the text, parentheses and tokens between nodes included.

``ast`` knows the place of expressions and statements, but neither their parentheses nor the operators
between them.  Both stand in the gaps between sibling nodes, where no string can hide a bracket.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from pytest_llmgen.mutate.edits import split_lines

_BLANK = re.compile(r"(?:[\s\\]|#[^\r\n]*)+")
_OPERATOR = re.compile(
    r"is\b(?:[\s\\]|#[^\r\n]*)+not\b|not\b(?:[\s\\]|#[^\r\n]*)+in\b|is\b|in\b|and\b|or\b"
    r"|(?:\*\*|//|<<|>>|[-+*/%@&|^])=?|<=|>=|==|!=|<|>"
)
_WITHOUT_PLACE = (ast.arguments, ast.comprehension, ast.withitem, ast.match_case)
_CODELESS = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
_TYPES_AND_DECORATORS = frozenset({"annotation", "returns", "decorator_list", "type_params"})


class Frame:
    """A text that was parsed, and where it starts in the module."""

    def __init__(self, text: str, base: int = 0) -> None:
        lines = split_lines(text)
        self._offsets = [base, *accumulate((len(line) for line in lines), initial=base)][1:]
        self._lines = None if text.isascii() else lines

    def offset(self, line: int, column: int) -> int:
        """The offset in the module of a place in the tree; columns count bytes, as ``ast`` does."""
        if self._lines is not None and column and not self._lines[line - 1].isascii():
            column = len(self._lines[line - 1].encode()[:column].decode())
        return self._offsets[line - 1] + column


class Spot:
    """A node, its span, and the stretch in which its own parentheses may stand."""

    __slots__ = ("children", "end", "frame", "high", "is_code", "low", "node", "start")

    def __init__(self, node: ast.AST, frame: Frame, *, is_code: bool = True) -> None:
        self.node, self.frame, self.is_code = node, frame, is_code
        self.start = frame.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        self.end = frame.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        self.low, self.high = self.start, self.end
        self.children: list[Spot] = []


def root_of(source: str, text: str, start: int) -> Spot:
    """The expression in an f-string; raises SyntaxError where it can't stand alone."""
    frame = Frame(f"({text})", start - 1)
    spot = Spot(ast.parse(f"({text})", mode="eval").body, frame)
    spot.low, spot.high = start, start + len(text)
    return _at_home(source, spot) if isinstance(spot.node, ast.GeneratorExp) and spot.start < start else spot


def _at_home(source: str, spot: Spot) -> Spot:
    """A generator expression without the parentheses that are not its own."""
    spot.start = skip(source, spot.start + 1)
    spot.end = spot.start + len(source[spot.start : spot.end - 1].rstrip())
    return spot


def children_of(source: str, spot: Spot) -> list[Spot]:
    """The nodes right below, by place; those of types and decorators are there, but are no code."""
    frame = spot.frame
    found = [Spot(node, frame, is_code=is_code) for node, is_code in _placed(spot.node)]
    found.sort(key=_start)
    low, high = spot.start, spot.end
    if isinstance(spot.node, ast.Call | ast.MatchClass) and found:
        opened = _after(source, found[0].end, "(")
        found[0].low, found[0].high = low, opened
        only = found[-1]
        if isinstance(only.node, ast.GeneratorExp) and only.start == opened:
            _at_home(source, only)
        _bound(found[1:], opened + 1, high - 1)
    else:
        _bound(found, low, high)
    return found


def _start(spot: Spot) -> int:
    return spot.start


def _bound(spots: Sequence[Spot], low: int, high: int) -> None:
    for left, right in pairwise(spots):
        left.low, low = low, left.end
        left.high = right.start
    if spots:
        spots[-1].low, spots[-1].high = low, high


def _placed(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    for name in node._fields:
        value = getattr(node, name, None)
        is_code = name not in _TYPES_AND_DECORATORS
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, _WITHOUT_PLACE):
                yield from _placed(each)
            elif isinstance(each, ast.AST) and not isinstance(each, _CODELESS):
                yield each, is_code


def skip(source: str, offset: int) -> int:
    """The first offset from here on that is neither blank nor in a comment."""
    blank = _BLANK.match(source, offset)
    return blank.end() if blank else offset


def _after(source: str, offset: int, bracket: str) -> int:
    """Where the bracket stands, after the closing parentheses of what comes before it."""
    offset = skip(source, offset)
    while source[offset] != bracket:
        offset = skip(source, offset + 1)
    return offset


def with_parentheses(source: str, spot: Spot) -> tuple[int, int]:
    """The span with all parentheses around it that are the node's own."""
    closed: list[int] = []
    offset = skip(source, spot.end)
    while offset < spot.high and source[offset] == ")":
        closed.append(offset)
        offset = skip(source, offset + 1)
    if not closed:
        return spot.start, spot.end
    opened = _opened(source, spot.low, spot.start)
    count = min(len(opened), len(closed))
    return (opened[-count], closed[count - 1] + 1) if count else (spot.start, spot.end)


def _opened(source: str, offset: int, end: int) -> list[int]:
    """The parentheses right before ``end``."""
    opened: list[int] = []
    while (offset := skip(source, offset)) < end:
        if source[offset] == "(":
            opened.append(offset)
        else:
            opened.clear()
        offset += 1
    return opened


def without_parentheses(source: str, spot: Spot) -> tuple[int, int]:
    """The span without the parentheses that ``ast`` counts as part of tuples and generators."""
    node = spot.node
    own = isinstance(node, ast.GeneratorExp) and source[spot.start] == "("
    if isinstance(node, ast.Tuple) and source[spot.start] == "(":
        own = not node.elts or _is_in_parentheses(source, children_of(source, spot)[0])
    if not own:
        return spot.start, spot.end
    start = skip(source, spot.start + 1)
    return start, start + len(source[start : spot.end - 1].rstrip())


def _is_in_parentheses(source: str, first: Spot) -> bool:
    start, _ = with_parentheses(source, first)
    return skip(source, first.low) < start


def operator_after(source: str, offset: int) -> tuple[int, int]:
    """The span of the operator that follows, closing parentheses left aside."""
    offset = skip(source, offset)
    while source[offset] == ")":
        offset = skip(source, offset + 1)
    found = _OPERATOR.match(source, offset)
    assert found, source[offset : offset + 20]
    return found.span()
