"""Which drafts are mutants: Python still, changed, and unlike every mutant before, judged by bytecode.

Compiling a whole function for each mutant was the largest part of making mutants.  Two changes inside the
same expression of a statement make the same function exactly if they make the same expression, so it is
enough to compile that, as a value or as a condition; the code of the unchanged function tells whether the
statement is there at all (what stands after a ``return`` isn't).  What no expression holds is compiled with
its whole function.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType

from pytest_llmgen.mutate.drafts import Draft, Root, RootKind
from pytest_llmgen.mutate.spots import Frame
from pytest_llmgen.mutate.units import (
    CompileFailed,
    Unit,
    compile_module,
    mutated_text,
    nested_codes,
    units_of,
    wrapper_of,
)

_TEMPLATES = {
    RootKind.VALUE: ("lambda:({})", "_=({})"),
    RootKind.CONDITION: ("lambda:0 if({})else 1", "_=0 if({})else 1"),
    RootKind.DROPPED: ("def _():0;({})", "({})"),
}
"""How an expression is compiled for each kind of root: usually, and where it awaits something."""

_AWAITS = re.compile(r"\b(?:await|async)\b")
_YIELDS = re.compile(r"\byield\b")


@dataclass(slots=True)
class _Home:
    """What drafts are compiled in: an expression by a template, or a whole function without one."""

    template: str = ""
    flags: int = 0
    seen: set[CodeType] = field(default_factory=set)


class Distinct:
    """What is known of the functions of one module; ``path`` is for messages only."""

    def __init__(self, path: str, source: str) -> None:
        self._path, self._source = path, source
        self._units = units_of(source)
        self._starts = [unit.start for unit in self._units.units]
        self._frame = Frame(source)
        self._homes: dict[Unit | Root, _Home] = {}
        self._live: dict[Unit, list[int]] = {}

    def among(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        """The drafts that are mutants of their own, in the order given."""
        for draft in drafts:
            unit = self._unit_at(draft.start)
            if draft.root:
                home = self._home(draft.root, unit)
            elif unit:
                home = self._whole(unit)
            else:  # a decorator of a class, a statement of the module: nothing is like it
                yield draft
                continue
            try:
                code = self._code(draft, unit, home)
            except CompileFailed:
                continue
            if code not in home.seen:
                home.seen.add(code)
                yield draft

    def _unit_at(self, offset: int) -> Unit | None:
        """The function that holds the offset, None outside of functions."""
        index = bisect_right(self._starts, offset) - 1
        unit = self._units.units[index] if index >= 0 else None
        return unit if unit and offset < unit.end else None

    def _code(self, draft: Draft, unit: Unit | None, home: _Home) -> CodeType:
        source, root = self._source, draft.root
        if root and home.template:
            text = source[root.start : draft.start] + draft.replacement + source[draft.end : root.end]
            return self._compiled(home, text)
        if unit is None:
            raise CompileFailed("it can't stand alone")
        return without_lines(compile_module(mutated_text(source, unit, draft), self._path, unit, self._units.flags))

    def _whole(self, unit: Unit) -> _Home:
        if unit not in self._homes:
            text = self._source[unit.start : unit.end]
            code = compile_module(text, self._path, unit, self._units.flags)
            self._homes[unit] = _Home(seen={without_lines(code)})
            shift = unit.text_line - 1 - wrapper_of(unit).count("\n")
            self._live[unit] = sorted(self._offset(*place, shift) for place in set(_places(code)))
        return self._homes[unit]

    def _offset(self, line: int, column: int, shift: int) -> int:
        line += shift
        return self._frame.offset(line, column) if line > 0 else 0

    def _home(self, root: Root, unit: Unit | None) -> _Home:
        if root not in self._homes:
            self._homes[root] = self._new_home(root, unit)
        return self._homes[root]

    def _new_home(self, root: Root, unit: Unit | None) -> _Home:
        text = self._source[root.start : root.end]
        whole = self._whole(unit) if unit else _Home()
        awaits = bool(_AWAITS.search(text))
        if (unit and not self._is_live(root, unit)) or (awaits and _YIELDS.search(text)):
            return whole
        flags = self._units.flags | (ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if awaits else 0)
        home = _Home(_TEMPLATES[root.kind][awaits], flags)
        try:
            home.seen.add(self._compiled(home, text))
        except CompileFailed:  # it can't stand alone
            return whole
        return home

    def _is_live(self, root: Root, unit: Unit) -> bool:
        """Whether any instruction belongs to it: what stands after a ``return`` has none."""
        live = self._live[unit]
        first = bisect_left(live, root.start)
        return first < len(live) and live[first] < root.end

    def _compiled(self, home: _Home, text: str) -> CodeType:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(home.template.format(text), self._path, "exec", flags=home.flags, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise CompileFailed(str(error)) from None
        return without_lines(code)


def without_lines(code: CodeType) -> CodeType:
    """The code without what depends on where it stands."""
    consts = code.co_consts
    if any(isinstance(const, CodeType) for const in consts):
        consts = tuple(without_lines(const) if isinstance(const, CodeType) else const for const in consts)
    return code.replace(co_consts=consts, co_firstlineno=1, co_linetable=b"")


def _places(code: CodeType) -> Iterator[tuple[int, int]]:
    """Line and column of every instruction, nested functions included; none under ``-X no_debug_ranges``."""
    for line, _, column, _ in code.co_positions():
        if line is not None and column is not None:
            yield line, column
    for nested in nested_codes(code):
        yield from _places(nested)
