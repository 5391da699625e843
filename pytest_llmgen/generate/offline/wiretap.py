"""The code under test with its comparisons told: each becomes a call that notes both sides and gives the same result.

The text keeps its lines, so that coverage reads as before.  Whoever runs it puts ``CALL`` among the builtins.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import FunctionNode
from pytest_llmgen.records import LISTENING, Mutant, Region, Target

CALL = "__llmgen_compared__"
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_METHODS = {"startswith", "endswith", "get"}
_MAX_SITES = 80
_PLAIN = ast.Constant | ast.Name | ast.Attribute | ast.BinOp | ast.UnaryOp | ast.Load | ast.operator | ast.unaryop


@dataclass(frozen=True, slots=True)
class _Edit:
    """``start`` to ``end`` becomes ``text``; ``size`` of the whole expression orders what begins together."""

    start: int
    end: int
    text: str
    size: int


def wiretap(source: str, node: FunctionNode, target: Target) -> Mutant | None:
    """The change that makes a function tell its comparisons; None where it has none, or cannot be changed so."""
    text = _Text(source)
    edits = [edit for site, item in enumerate(_told(node)) for edit in text.edits(item, site)]
    if not edits:
        return None
    start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
    replacement = _applied(source, edits, start, end)
    try:
        ast.parse(source[:start] + replacement + source[end:])
    except (SyntaxError, ValueError, RecursionError):
        return None
    line = node.body[-1].lineno
    region = Region(line, 0, line, 0)
    names = (f"listen#{target.key}", target.path, target.qualname, target.qualname)
    return Mutant(*names, LISTENING, start, end, "", "", replacement, region, line=line)


def _told(node: FunctionNode) -> list[ast.expr]:
    found = [item for statement in node.body for item in _inside(statement) if _is_told(item)]
    return found[:_MAX_SITES]


def _inside(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that run with the function: no annotations, and no f-strings, whose places Python 3.11 has wrong."""
    if isinstance(node, ast.JoinedStr | ast.ClassDef | ast.pattern):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "args"} and isinstance(
            node, ast.AnnAssign | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield from _inside(item)


def _is_told(node: ast.expr) -> bool:
    match node:
        case ast.Compare(ops=[op]):
            return type(op) in _OPERATORS
        case ast.Compare(ops=[one, other], comparators=[_, last]):
            plain = all(isinstance(item, _PLAIN | ast.expr_context) for item in ast.walk(last))
            return {type(one), type(other)} <= _OPERATORS.keys() and plain
        case ast.Call(func=ast.Attribute(attr=attr), args=[argument, *_], keywords=[]):
            return attr in _METHODS and not isinstance(argument, ast.Starred)
        case ast.Subscript(slice=index, ctx=ast.Load()):
            return not isinstance(index, ast.Constant | ast.Slice | ast.Tuple | ast.UnaryOp | ast.Starred)
        case _:
            return False


def _applied(source: str, edits: list[_Edit], start: int, end: int) -> str:
    """What begins at one place: the outer expression first; what ends there: the inner one first."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end, edit.size if edit.text == "))" else -edit.size))
    parts, at = [], start
    for edit in ordered:
        parts.extend([source[at : edit.start], edit.text])
        at = edit.end
    return "".join([*parts, source[at:end]])


class _Text:
    """Places of a tree in its text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def _place(self, line: int, column: int) -> int:
        """Columns count bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode(errors="ignore"))

    def _start(self, node: ast.expr) -> int:
        return self._place(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> int:
        return self._place(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def edits(self, node: ast.expr, site: int) -> list[_Edit]:  # noqa: PLR0911 (one case a shape)
        """Those that make one expression a call."""
        start, end = self._start(node), self._end(node)
        size = end - start
        match node:
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                words = [_OPERATORS[type(op)] for op in ops]
                sides = [left, *comparators]
                gaps = [
                    self._gap(one, other, word) for one, other, word in zip(sides[:-1], sides[1:], words, strict=True)
                ]
                if not all(gaps):
                    return []
                inner = [_Edit(*gap, f"),{word!r},(", size) for gap, word in zip(gaps, words, strict=True) if gap]
                return [_Edit(start, start, f"{CALL}({site},(", size), *inner, _Edit(end, end, "))", size)]
            case ast.Call(func=ast.Attribute(value=value, attr=attr) as function):
                dot = self._source.rfind(".", self._end(value), self._end(function))
                opening = self._source.find("(", self._end(function), end)
                if dot < 0 or opening < 0:
                    return []
                return [
                    _Edit(start, start, f"{CALL}({site},(", size),
                    _Edit(dot, opening + 1, f"),{attr!r},", size),
                ]
            case ast.Subscript(value=value, slice=index):
                opening = self._source.find("[", self._end(value), self._start(index))
                if opening < 0 or self._source[end - 1 : end] != "]":
                    return []
                return [
                    _Edit(start, start, f"{CALL}({site},(", size),
                    _Edit(opening, opening + 1, "),'[]',", size),
                    _Edit(end - 1, end, ")", size),
                ]
        return []

    def _gap(self, one: ast.expr, other: ast.expr, word: str) -> tuple[int, int] | None:
        """Where the operator stands between two expressions."""
        start, end = self._end(one), self._start(other)
        pattern = r"not\s+in" if word == "not in" else re.escape(word)
        found = list(re.finditer(pattern, self._source[start:end]))
        if len(found) != 1 or "#" in self._source[start:end]:
            return None
        return start + found[0].start(), start + found[0].end()
