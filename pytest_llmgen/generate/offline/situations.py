"""What surrounds a call: environment, clock, what leaves the program and what the module keeps; by ``monkeypatch``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from pytest_llmgen.generate.offline.beginnings import beginnings
from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.outside import Replaced, full_name, imported_names, replaced
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.generate.offline.usage import BY_NAME

PLACE = "situation"
_MAX_VARIABLES = 4
_MAX_COMPARED = 4
_TOGETHER = 2
_MAX_TOGETHER = 8
"""What the module keeps is changed at several places at once: so many values of each, so many rows."""
_VALUES = ("1", "text", "")
_OLD = "before"
_MOMENT = (2024, 1, 31, 12, 30)
_OTHER_MOMENTS = ((2024, 2, 29, 23, 59, 59), (2023, 12, 31, 0, 0), (2024, 6, 16, 8, 5))
_SECONDS = ("1706704200.0", "1709251199.5")
_READINGS = {"time", "monotonic", "perf_counter"}
_DATES = {"now", "utcnow", "today"}

_DATETIME = """\
class FixedDatetime(datetime):
    moment = datetime{moment}

    @classmethod
    def now(cls, tz=None):
        return cls.moment.replace(tzinfo=tz)

    @classmethod
    def utcnow(cls):
        return cls.moment

    @classmethod
    def today(cls):
        return cls.moment"""
_DATE = """\
class FixedDate(date):
    day = date{day}

    @classmethod
    def today(cls):
        return cls.day"""


@dataclass(frozen=True, slots=True)
class _Clock:
    """Where a module finds the time: ``kind`` is ``datetime``, ``date`` or a function of ``time``."""

    kind: str
    place: str  # the dotted name that is replaced


def situations(nodes: Sequence[ast.AST], tree: ast.Module, module: str, examples: Sequence[str] = ()) -> list[Term]:
    """The usual situation first, then others; empty where the code asks for nothing that surrounds it.

    ``examples`` are values that the call may have as arguments.
    """
    within = _within(nodes, tree, module)
    kept = beginnings(nodes, tree, module, examples)
    outside = [*replaced(nodes, imported_names(tree), module, BY_NAME), *kept]
    if not outside:
        return within
    usual = [answers[0] for answers in outside]
    others = [[*usual[:at], one, *usual[at + 1 :]] for at, answers in enumerate(outside) for one in answers[1:]]
    if len(kept) > 1:
        rows = product(*(answers[1 : _TOGETHER + 1] or answers for answers in kept))
        others.extend([*usual[: -len(kept)], *row] for row in islice(rows, _MAX_TOGETHER))
    base, *more = within or [Term("None", fixtures=("monkeypatch",))]
    return [_joined(base, usual), *(_joined(base, row) for row in others), *(_joined(term, usual) for term in more)]


def _joined(term: Term, row: Sequence[Replaced]) -> Term:
    """A situation in which calls that leave the program are answered, too."""
    before = (*term.before, *(line for each in row for line in each.lines))
    return replace(
        term,
        imports=(*term.imports, *(line for each in row for line in each.imports)),
        fixtures=term.fixtures if before else (),
        before=before,
        watched=(*term.watched, *(text for each in row for text in each.watched)),
        label=" ".join(text for text in (term.label, *(each.label for each in row)) if text),
    )


def _within(nodes: Sequence[ast.AST], tree: ast.Module, module: str) -> list[Term]:
    """Environment variables and clocks."""
    variables = list(dict.fromkeys(name for node in nodes for name in _variables(node)))[:_MAX_VARIABLES]
    clocks = list(dict.fromkeys(_clocks(nodes, tree, module)))
    if not variables and not clocks:
        return []
    written = {name for node in nodes for name in _written(node)}
    unset = [_before(name, is_written=name in written) for name in variables]
    fixed = [_fixed(clock) for clock in clocks]
    looks = tuple(f"os.environ.get({name!r})" for name in variables if name in written)
    base = _term([*unset, *fixed], clocks, "", looks)
    values = (*_VALUES[:1], *_compared(nodes), *_VALUES[1:])
    others = [
        _term([*(line for line in unset if f"({name!r}," not in line), _set(name, value), *fixed], clocks, label, looks)
        for name in variables
        for value in dict.fromkeys(values)
        for label in [f"{name.lower()} {value or 'empty'}"]
    ]
    return [base, *others, *(_term([*unset, *fixed, *more], clocks, label, looks) for more, label in _moments(clocks))]


def _compared(nodes: Iterable[ast.AST]) -> list[str]:
    """Texts that something is compared with: a variable may have them."""
    sides = [
        side
        for node in nodes
        for item in ast.walk(node)
        if isinstance(item, ast.Compare)
        for top in (item.left, *item.comparators)
        for side in (top.elts if isinstance(top, ast.Tuple | ast.List | ast.Set) else [top])
    ]
    found = [side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)]
    return [text for text in dict.fromkeys(found) if text][:_MAX_COMPARED]


def _set(name: str, value: str) -> str:
    return f"monkeypatch.setenv({name!r}, {value!r})"


def _before(name: str, *, is_written: bool) -> str:
    """A variable is unset; one that the code writes has a value, so that ``monkeypatch`` knows it and puts it back."""
    return _set(name, _OLD) if is_written else f"monkeypatch.delenv({name!r}, raising=False)"


def _term(before: Sequence[str], clocks: Sequence[_Clock], label: str, looks: tuple[str, ...] = ()) -> Term:
    kinds = {clock.kind for clock in clocks}
    helpers = [text for kind, text in (("datetime", _datetime()), ("date", _date())) if kind in kinds]
    imports = [f"from datetime import {kind}" for kind in ("date", "datetime") if kind in kinds]
    imports += ["import os"] if looks else []
    return Term(
        "None",
        tuple(imports),
        fixtures=("monkeypatch",),
        before=tuple(before),
        watched=looks,
        label=label,
        helpers=tuple(helpers),
    )


def _datetime() -> str:
    return _DATETIME.format(moment=_MOMENT)


def _date() -> str:
    return _DATE.format(day=_MOMENT[:3])


def _fixed(clock: _Clock) -> str:
    stand_in = {"datetime": "FixedDatetime", "date": "FixedDate"}.get(clock.kind, f"lambda: {_SECONDS[0]}")
    return f"monkeypatch.setattr({clock.place!r}, {stand_in})"


def _moments(clocks: Sequence[_Clock]) -> Iterator[tuple[list[str], str]]:
    for rank, moment in enumerate(_OTHER_MOMENTS):
        lines = []
        for clock in clocks:
            if clock.kind == "datetime":
                lines.append(f"monkeypatch.setattr(FixedDatetime, 'moment', datetime{moment})")
            elif clock.kind == "date":
                lines.append(f"monkeypatch.setattr(FixedDate, 'day', date{moment[:3]})")
            elif rank < len(_SECONDS) - 1:
                lines.append(f"monkeypatch.setattr({clock.place!r}, lambda: {_SECONDS[rank + 1]})")
        if lines:
            yield list(dict.fromkeys(lines)), f"at {moment[0]} {moment[1]} {moment[2]}"


def _variables(node: ast.AST) -> Iterator[str]:
    for item in ast.walk(node):
        match item:
            case ast.Call(func=function, args=[ast.Constant(value=str() as name), *_]) if dotted(function).endswith(
                ("environ.get", "getenv", "environ.pop", "environ.setdefault")
            ):
                yield name
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as name)) if dotted(value).endswith(
                "environ"
            ):
                yield name
            case ast.Compare(left=ast.Constant(value=str() as name), comparators=[other]) if dotted(other).endswith(
                "environ"
            ):
                yield name


def _written(node: ast.AST) -> Iterator[str]:
    """Variables that the code sets or unsets."""
    for item in ast.walk(node):
        match item:
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as name), ctx=ast.Store() | ast.Del()) if (
                dotted(value).endswith("environ")
            ):
                yield name
            case ast.Call(func=function, args=[ast.Constant(value=str() as name), *_]) if dotted(function).endswith(
                ("environ.pop", "environ.setdefault")
            ):
                yield name


def _clocks(nodes: Iterable[ast.AST], tree: ast.Module, module: str) -> Iterator[_Clock]:
    names = imported_names(tree)
    calls = [item for node in nodes for item in ast.walk(node) if isinstance(item, ast.Call)]
    asked = {
        dotted(item)
        for call in calls
        if dotted(call.func) == "isinstance"
        for item in ast.walk(call.args[-1])
        if isinstance(item, ast.Name | ast.Attribute)
    }
    for call in calls:
        called = dotted(call.func)
        owner, _, last = full_name(called, names).rpartition(".")
        if owner in {"datetime.datetime", "datetime.date"} and last in _DATES:
            place = called.rpartition(".")[0]
            if place not in asked:
                yield _Clock(owner.rpartition(".")[2], f"{module}.{place}")
        elif owner == "time" and last in _READINGS and not call.args:
            yield _Clock(last, f"{module}.{called}")


def with_situation(pools: Sequence[Sequence[Term]], around: Sequence[Term]) -> tuple[tuple[Term, ...], ...]:
    """The values of each place, and at the end those of the situation where there is one."""
    return (*(tuple(pool) for pool in pools), *((tuple(around),) if around else ()))


def without_needless_names(statements: Sequence[str], rest: Sequence[str]) -> list[str]:
    """The statements of a test without names for stand-ins that nothing in ``rest`` mentions."""
    lines = list(statements)
    for rank in range(len(lines) - 2, -1, -1):
        name, _, value = lines[rank].partition(" = ")
        end = f", {name})"
        is_put = lines[rank + 1].startswith("monkeypatch.setattr(") and lines[rank + 1].endswith(end)
        others = (*lines[:rank], *lines[rank + 2 :], *rest)
        if is_put and value and not any(re.search(rf"\b{re.escape(name)}\b", text) for text in others):
            lines[rank : rank + 2] = [f"{lines[rank + 1].removesuffix(end)}, {value})"]
    return lines
