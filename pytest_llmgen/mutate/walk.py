"""The walk through a module's functions that drafts their mutants."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_llmgen.extract.targets import never_imported
from pytest_llmgen.mutate import outside
from pytest_llmgen.mutate.classic import Change, changes_of
from pytest_llmgen.mutate.drafts import Draft, Root, RootKind
from pytest_llmgen.mutate.further import further_changes_of, idle_continues, is_text_only
from pytest_llmgen.mutate.spots import Frame, Spot, children_of, root_of, with_parentheses
from pytest_llmgen.mutate.strings import pieces_of
from pytest_llmgen.records import Target

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DECORATED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
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

    unit: str = ""  # empty where nothing is mutated: between functions
    scope: tuple[str, ...] = ()  # the unit's name, then those of functions and classes in it
    qualname: str = ""  # of the innermost function; outside of functions of the class around
    line: int = 0  # of the innermost statement
    in_signature: bool = False
    needs_import: bool = False
    is_mutmuts: bool = True  # whether mutmut's operators look here as well
    in_entry: bool = False  # of a table outside of functions
    is_text_only: bool = False  # in what is raised or logged, or in a class that says types only
    root: Root | None = None


_Below = list[tuple[Spot, Place]]


class Walk:
    """Goes through a module; ``further`` adds what mutmut lacks: operators, and code outside of functions."""

    def __init__(self, source: str, targets: Iterable[Target], *, further: bool = False) -> None:
        self._source = source
        self._frame = Frame(source)
        self._targets = {target.def_line: target for target in targets}
        self._further = further
        self._idle: frozenset[int] = frozenset()

    def drafts(self, tree: ast.Module) -> Iterator[Draft]:
        """Every change, parents before children; a loop, because expressions may nest deeply."""
        self._idle = idle_continues(tree) if self._further else frozenset()
        stack = [(Spot(node, self._frame), Place()) for node in reversed(tree.body)]
        while stack:
            spot, place = stack.pop()
            if _is_left_alone(spot.node):
                continue
            inner = self._inside(spot.node, place)
            below = self._below(spot, inner) if inner else []
            if place.unit:
                yield from self._drafts(spot, place, inner or place, below)
            elif inner and inner.unit and isinstance(spot.node, ast.Expr):
                removal = Change("statement-removal", spot.start, spot.end, "pass", spot.start, spot.end)
                yield self._draft(removal, inner)
            elif self._further and inner and isinstance(spot.node, _DECORATED) and spot.node.decorator_list:
                decorators = self._decorators(spot, inner)
                for change in outside.decorator_removals(self._source, spot):
                    yield self._draft(change, replace(decorators[0][1], root=None))
                below = decorators + below
            stack += reversed(below)

    def _drafts(self, spot: Spot, place: Place, inner: Place, below: _Below) -> Iterator[Draft]:
        """The changes of one node; a statement's that are in one of its expressions belong there."""
        source = self._source
        for change in changes_of(source, spot):
            if place.is_mutmuts or outside.is_worth_an_import(source, change, in_entry=place.in_entry):
                yield self._draft(change, _home(change, inner, below))
        if not self._further or place.is_text_only or place.in_signature or id(spot.node) in self._idle:
            return
        for change in self._further_changes(spot, place):
            yield self._draft(change, replace(_home(change, inner, below), is_mutmuts=False))

    def _further_changes(self, spot: Spot, place: Place) -> Iterator[Change]:
        if not place.needs_import:
            return further_changes_of(self._source, spot)
        is_table = outside.is_table(self._source, spot, place.root)
        return outside.removals_of(self._source, spot) if is_table else iter(())

    def _inside(self, node: ast.AST, place: Place) -> Place | None:
        """The place of what is in a node, None where nothing in it is looked at."""
        if not place.unit:
            return self._between(node, place)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope = (*place.scope, node.name)
                return replace(place, scope=scope, qualname=".".join(scope), line=node.lineno, root=None)
            case ast.ClassDef():
                return replace(place, scope=(*place.scope, node.name), line=node.lineno, root=None)
            case ast.stmt() | ast.ExceptHandler():
                is_text = place.is_text_only or is_text_only(node)
                return replace(place, line=node.lineno, root=None, is_text_only=is_text)
        return place

    def _between(self, node: ast.AST, place: Place) -> Place | None:
        """The same for what is in no function."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                target = self._targets.get(node.lineno)
                return Place(target.qualname, (target.qualname,), target.qualname, node.lineno) if target else None
            case ast.ClassDef():
                name = f"{place.qualname}.{node.name}" if place.qualname else node.name
                return replace(place, qualname=name, is_text_only=outside.is_types_only(node))
            case ast.stmt():
                return self._outside(node, place)
        return place

    def _outside(self, node: ast.stmt, place: Place) -> Place:
        """The place of a statement between functions: without a unit where it gets no mutants."""
        if not self._further or place.is_text_only or not outside.is_wanted(node):
            return place
        if not place.qualname and outside.is_name_of_itself(node):
            return place
        name = place.qualname or outside.MODULE
        return Place(name, (name,), name, node.lineno, needs_import=True, is_mutmuts=False)

    def _below(self, spot: Spot, place: Place) -> _Below:
        """The children that are code, each with its place."""
        node = spot.node
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return [(child, place) for child in self._in_string(spot)] if place.unit else []
        spot.children = children_of(self._source, spot)
        code = [child for child in spot.children if child.is_code]
        if not place.unit:
            return [(child, place) for child in code if _is_imported(child.node, node)]
        if isinstance(node, _Function) and len(place.scope) == 1 and not place.needs_import:
            return self._in_function(code, node, place)
        if isinstance(node, _Function | ast.Lambda):
            left_out = _worked_out_defaults(node.args)
            code = [child for child in code if id(child.node) not in left_out]
        elif place.needs_import:
            ends = outside.ends_of(spot)
            code = [child for child in code if child in ends]
            place = replace(place, in_entry=True) if outside.is_table(self._source, spot, place.root) else place
        return [(child, self._placed(child, node, place)) for child in code]

    def _placed(self, child: Spot, parent: ast.AST, place: Place) -> Place:
        if isinstance(parent, ast.Match):
            lines = {id(part): case.pattern.lineno for case in parent.cases for part in (case.pattern, case.guard)}
            return replace(place, line=lines.get(id(child.node), place.line))
        return self._rooted(child, parent, place) if isinstance(parent, ast.stmt | ast.ExceptHandler) else place

    def _in_function(self, code: list[Spot], node: ast.FunctionDef | ast.AsyncFunctionDef, place: Place) -> _Below:
        """A target's body and default values; mutmut leaves alone what is worked out when it is defined."""
        worked_out = _worked_out_defaults(node.args)
        signature = replace(place, line=node.body[0].lineno, in_signature=True)
        below: _Below = []
        for child in code:
            if isinstance(child.node, ast.stmt):
                below.append((child, place))
            elif id(child.node) not in worked_out:
                below.append((child, signature))
            elif self._further and not isinstance(child.node, ast.arg):
                below.append((child, replace(self._rooted(child, node, signature), is_mutmuts=False)))
        return below

    def _decorators(self, spot: Spot, place: Place) -> _Below:
        """The decorators of a target or of a class outside of functions, with the arguments in them."""
        node = spot.node
        assert isinstance(node, _DECORATED)
        once = replace(place, unit=place.unit or place.qualname, needs_import=True, is_mutmuts=False)
        once = replace(once, scope=(once.unit,), is_text_only=False)
        spots = outside.decorators_of(spot, node.decorator_list)
        lines = [decorator.lineno for decorator in node.decorator_list]
        return [
            (child, replace(self._rooted(child, node, once), line=line))
            for child, line in zip(spots, lines, strict=True)
        ]

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
            needs_import=place.needs_import,
            is_mutmuts=place.is_mutmuts,
            root=place.root,
        )


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _CALLS_LEFT_ALONE
        case ast.Expr(value=ast.Constant(value=str() | bytes())):  # a docstring
            return True
    return False


def _is_imported(child: ast.AST, parent: ast.AST) -> bool:
    """Whether a child of a block outside of functions is looked at: statements that an import can run."""
    if isinstance(parent, ast.If) and never_imported(parent.test):
        return any(child is each for each in parent.orelse)
    return isinstance(child, ast.stmt | ast.ExceptHandler)


def _home(change: Change, place: Place, below: _Below) -> Place:
    """The place of the expression that holds a statement's change, else the statement's own."""
    if change.operator == "statement-removal":
        return place
    for _, inner in below:
        if inner.root and inner.root.start <= change.start and change.end <= inner.root.end:
            return inner
    return place


def _worked_out_defaults(arguments: ast.arguments) -> set[int]:
    """Parameters, and their default values, that are worked out when the function is defined."""
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {id(part) for pair in pairs if pair[1] and not _is_simple(pair[1]) for part in pair}


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
