"""Statements as places in a function: found again after edits elsewhere in it, and never taken for another one."""

from __future__ import annotations

import ast
import copy
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pytest_llmgen.extract.targets import parse
from pytest_llmgen.review.fingerprint import canonical
from pytest_llmgen.review.texts import canonical_text

Statement = ast.stmt | ast.ExceptHandler | ast.match_case
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_CACHED_MODULES = 64


@dataclass(frozen=True, slots=True)
class Spot:
    """A statement, its header in canonical form, and what stands around it."""

    node: Statement
    scope: int  # the outermost function that holds it, by number; 0 outside of functions
    header: str
    parent: str = ""
    before: str = ""  # header of the statement before it in its block
    after: str = ""


@dataclass(frozen=True)
class Statements:
    """Every statement of a module."""

    spots: tuple[Spot, ...]  # in the order of the text, outer ones first

    @cached_property
    def _by_line(self) -> dict[int, list[Spot]]:
        found: dict[int, list[Spot]] = {}
        for spot in self.spots:
            for line in range(_start(spot.node)[0], _stop(spot.node)[0] + 1):
                found.setdefault(line, []).append(spot)
        return found

    @cached_property
    def _headers(self) -> Counter[tuple[int, str]]:
        return Counter((spot.scope, spot.header) for spot in self.spots)

    @cached_property
    def _surroundings(self) -> Counter[tuple[int, str, str, str]]:
        return Counter(map(_surroundings, self.spots))

    @cached_property
    def _numbers(self) -> dict[int, int]:
        seen: Counter[tuple[int, str]] = Counter()
        numbers = {}
        for spot in self.spots:
            seen[spot.scope, spot.header] += 1
            numbers[id(spot.node)] = seen[spot.scope, spot.header]
        return numbers

    def starting_at(self, line: int) -> Spot | None:
        """The first statement that starts in a line, else the innermost one that the line is part of."""
        around = self._by_line.get(line, [])
        first = next((spot for spot in around if _start(spot.node)[0] == line), None)
        return first or (around[-1] if around else None)

    def holding(self, line: int, column: int) -> Spot | None:
        """The innermost statement at a place; the column counts bytes of UTF-8 from 0."""
        around = self._by_line.get(line, [])
        inside = [spot for spot in around if _start(spot.node) <= (line, column) < _stop(spot.node)]
        return next(reversed(inside or around), None)

    def identity(self, spot: Spot) -> str:
        """What tells a statement from all others of its function: its header, with its surroundings if need be.

        Empty where that is not enough: nothing may be recognised by it.
        """
        if self._headers[spot.scope, spot.header] == 1:
            return json.dumps([spot.header])
        if self._surroundings[_surroundings(spot)] == 1:
            return json.dumps([spot.header, spot.parent, spot.before])
        return ""

    def number(self, spot: Spot) -> int:
        """The statement is the n-th equal one of its function."""
        return self._numbers[id(spot.node)]


def neighbourhood(spot: Spot) -> str:
    """12 hex digits for a statement with its neighbours: the context of code outside of functions."""
    return _hash([_whole(spot.node), spot.parent, spot.before, spot.after])


@lru_cache(maxsize=_CACHED_MODULES)
def statements_of(source: str) -> Statements:
    """The statements of a module; none where it can't be parsed."""
    try:
        return Statements(tuple(_walk(parse(source))))
    except (SyntaxError, RecursionError, MemoryError):
        return Statements(())


def statement_hash(identity: str, kind: str, operator: str | None, before: str, after: str | None, nth: int) -> str:
    """12 hex digits for a gap together with its statement; nothing where that has no identity.

    ``nth`` counts equal changes within the statement.
    """
    if not identity:
        return ""
    change = [kind, operator or "", canonical_text(before), canonical_text(after or ""), nth]
    return _hash([identity, *change])


def _walk(tree: ast.Module) -> Iterator[Spot]:
    """A loop, because ``elif`` chains nest deeply."""
    stack: list[Spot] = list(reversed(_spots_in(tree, 0, "")))
    scopes = 0
    while stack:
        spot = stack.pop()
        yield spot
        scope = spot.scope
        if not scope and isinstance(spot.node, _FUNCTIONS):
            scopes += 1
            scope = scopes
        stack.extend(reversed(_spots_in(spot.node, scope, spot.header)))


def _spots_in(node: ast.AST, scope: int, parent: str) -> list[Spot]:
    spots: list[Spot] = []
    for block in _BLOCKS:
        nodes = getattr(node, block, [])
        headers = [_header(each) for each in nodes] if isinstance(nodes, list) else []
        for before, each, header, after in zip(["", *headers], nodes, headers, [*headers[1:], ""], strict=False):
            spots.append(Spot(each, scope, header, f"{parent}/{block}", before, after))
    return spots


def _header(node: Statement) -> str:
    """The statement without the statements in it."""
    shallow = copy.copy(node)
    for block in _BLOCKS:
        if isinstance(getattr(node, block, None), list):
            setattr(shallow, block, [])
    return canonical(shallow)


def _whole(node: Statement) -> str:
    return _header(node) if any(getattr(node, block, None) for block in _BLOCKS) else canonical(node)


def _surroundings(spot: Spot) -> tuple[int, str, str, str]:
    return spot.scope, spot.header, spot.parent, spot.before


def _start(node: Statement) -> tuple[int, int]:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno, 0
    lines = [node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]
    return min(lines), node.col_offset if min(lines) == node.lineno else 0


def _stop(node: Statement) -> tuple[int, int]:
    last = node.body[-1] if isinstance(node, ast.match_case) else node
    return last.end_lineno or last.lineno, last.end_col_offset or 0


def _hash(parts: list[object]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=6).hexdigest()
