"""The walk through a module's functions that drafts their mutants."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_llmgen.mutate.classic import Change, changes_of
from pytest_llmgen.mutate.drafts import Draft, Root, RootKind
from pytest_llmgen.mutate.spots import Frame, Spot, children_of, root_of, with_parentheses
from pytest_llmgen.mutate.strings import pieces_of
from pytest_llmgen.records import Target

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ROOT_KINDS = {
    ast.Expr: RootKind.DROPPED,
    ast.If: RootKind.CONDITION,
    ast.While: RootKind.CONDITION,
    ast.Assert: RootKind.CONDITION,
}
_CALLS_LEFT_ALONE = frozenset({"len", "isinstance"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is."""

    unit: str = ""  # empty outside of functions
    scope: tuple[str, ...] = ()  # the unit's name, then those of functions and classes in it
    qualname: str = ""  # of the innermost function
    line: int = 0  # of the innermost statement
    in_signature: bool = False
    root: Root | None = None


class Walk:
    """Goes through the targets of a module."""

    def __init__(self, source: str, targets: Iterable[Target]) -> None:
        self._source = source
        self._frame = Frame(source)
        self._targets = {target.def_line: target for target in targets}

    def drafts(self, tree: ast.Module) -> Iterator[Draft]:
        """Every change, parents before children; a loop, because expressions may nest deeply."""
        stack = [(Spot(node, self._frame), Place()) for node in reversed(tree.body)]
        while stack:
            spot, place = stack.pop()
            if _is_left_alone(spot.node):
                continue
            inner = self._inside(spot.node, place)
            below = self._below(spot, inner) if inner else []
            if place.unit:
                own = below[-1][1] if isinstance(spot.node, ast.Assign | ast.AnnAssign) and below else inner or place
                for change in changes_of(self._source, spot):
                    yield self._draft(change, own)
            stack += reversed(below)

    def _inside(self, node: ast.AST, place: Place) -> Place | None:
        """The place of what is in a node, None where nothing in it is looked at."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not place.unit:
                target = self._targets.get(node.lineno)
                return Place(target.qualname, (target.qualname,), target.qualname, node.lineno) if target else None
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope = (*place.scope, node.name)
                return Place(place.unit, scope, ".".join(scope), node.lineno)
            case ast.ClassDef():
                scope = (*place.scope, node.name)
                return Place(place.unit, scope, place.qualname, node.lineno) if place.unit else place
            case ast.stmt() | ast.ExceptHandler() if place.unit:
                return Place(place.unit, place.scope, place.qualname, node.lineno)
        return place

    def _below(self, spot: Spot, place: Place) -> list[tuple[Spot, Place]]:
        """The children that are code, each with its place."""
        node = spot.node
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return [(child, place) for child in self._in_string(spot)] if place.unit else []
        spot.children = children_of(self._source, spot)
        code = [child for child in spot.children if child.is_code]
        if not place.unit:
            return [(child, place) for child in code if isinstance(child.node, ast.stmt | ast.ExceptHandler)]
        if isinstance(node, _Function | ast.Lambda):
            code = _without_worked_out_defaults(code, node.args)
        if isinstance(node, _Function) and len(place.scope) == 1:
            signature = replace(place, line=node.body[0].lineno, in_signature=True)
            return [(child, place if isinstance(child.node, ast.stmt) else signature) for child in code]
        if isinstance(node, ast.Match):
            lines = {id(part): case.pattern.lineno for case in node.cases for part in (case.pattern, case.guard)}
            return [(child, replace(place, line=lines.get(id(child.node), place.line))) for child in code]
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            return [(child, self._rooted(child, node, place)) for child in code]
        return [(child, place) for child in code]

    def _rooted(self, child: Spot, statement: ast.AST, place: Place) -> Place:
        """The place of an expression that a statement holds directly."""
        if not isinstance(child.node, ast.expr):
            return place
        kind = _ROOT_KINDS.get(type(statement), RootKind.VALUE)
        if isinstance(statement, ast.Assert) and child.node is statement.msg:
            kind = RootKind.VALUE
        return replace(place, root=Root(*with_parentheses(self._source, child), kind))

    def _in_string(self, spot: Spot) -> Iterator[Spot]:
        """The expressions of f-strings, parsed anew: Python 3.11 does not know their places."""
        if isinstance(spot.node, ast.JoinedStr):
            for piece in pieces_of(self._source, spot.start, spot.end):
                for start, end in piece.expressions:
                    yield root_of(self._source, self._source[start:end], start)

    def _draft(self, change: Change, place: Place) -> Draft:
        source, (operator, start, end, replacement, low, high) = self._source, change
        low, high = min(start, low), max(end, high)
        replacement = _spaced(source, start, end, replacement)
        return Draft(
            unit=place.unit,
            qualname=place.qualname,
            operator=operator,
            start=start,
            end=end,
            replacement=replacement,
            before=_canonical(source[low:high]),
            after=_canonical(source[low:start] + replacement + source[end:high]),
            line=place.line,
            in_signature=place.in_signature,
            root=place.root,
        )


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _CALLS_LEFT_ALONE
        case ast.Expr(value=ast.Constant(value=str() | bytes())):  # a docstring
            return True
    return False


def _without_worked_out_defaults(code: list[Spot], arguments: ast.arguments) -> list[Spot]:
    """Leave out parameters whose default value is worked out when the module is imported."""
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    left_out = {id(part) for pair in pairs if pair[1] and not _is_simple(pair[1]) for part in pair}
    return [child for child in code if id(child.node) not in left_out]


def _is_simple(default: ast.expr) -> bool:
    return isinstance(default, ast.Name | ast.JoinedStr) or (
        isinstance(default, ast.Constant) and default.value is not ...
    )


def _spaced(source: str, start: int, end: int, replacement: str) -> str:
    """Keep words apart: ``return~x`` without ``~`` is ``return x``."""
    rest = source[end : end + 1]
    if _is_word(source[start - 1 : start]) and _is_word((replacement or rest)[:1]):
        replacement = " " + replacement
    return replacement + " " if _is_word(replacement[-1:]) and _is_word(rest) else replacement


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _canonical(text: str) -> str:
    return " ".join(text.split())
