"""Values drawn from Hypothesis strategies, in the child: as source, the same each time.

The one module that asks hypothesis for values; only probes import it.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.vendor.pretty import RepresentationPrinter

from pytest_llmgen.records import Value
from pytest_llmgen.run.typed import Drawn, Rows, in_rows, short, told
from pytest_llmgen.run.values import importable

_DRAWS = 60
_SECONDS = 2.0
"""A limit for slow strategies; the number of draws ends others long before."""
_KEPT = 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz "


class _EnoughError(BaseException):
    """Ends the drawing: hypothesis lets it pass."""


def of_type(kind: Any) -> Rows:
    """What hypothesis makes of a type, as far as it compares by content."""
    _make_readable()
    return in_rows(_chosen(_values(lambda: st.from_type(kind), told)))


def of_project(path: str, expression: str, *, is_registered: bool = False) -> Rows:
    """Values of a strategy that stands in a file of the project, or that was registered for a type there."""
    module = _module_of(path)
    if module is None:
        return []
    found = eval(expression, dict(vars(module)))  # noqa: S307 (text of the project's own tests)
    return in_rows(_chosen(_values(lambda: st.from_type(found) if is_registered else found, _told_or_printed)))


def _module_of(path: str) -> ModuleType | None:
    ending = f"/{path}"
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.replace(os.sep, "/").endswith(ending):
            return module
    return None


def _make_readable() -> None:
    """Plain values as people write them, in this process alone, which ends soon."""
    st.register_type_strategy(str, st.text(_LETTERS, max_size=8))
    st.register_type_strategy(int, st.integers(-20, 100))
    st.register_type_strategy(float, st.integers(-40, 400).map(lambda number: number / 4))


def _values(make: Callable[[], Any], tell: Callable[[object], Drawn | None]) -> list[Drawn]:
    """Different values of a strategy in the order in which they came, as far as draws and time go."""
    found: dict[str, Drawn] = {}
    began = time.monotonic()

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=_DRAWS,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.deferred(make))
    def note(value: object) -> None:
        drawn = tell(value)
        if drawn is not None:
            found.setdefault(drawn[-1], drawn)
        if time.monotonic() - began > _SECONDS:
            raise _EnoughError

    with contextlib.suppress(_EnoughError, Exception):  # a strategy that breaks down keeps what it gave before
        note()
    return list(found.values())


def _chosen(values: list[Drawn]) -> list[Drawn]:
    """A few from the short to the long ones, one of middling length first: the shortest is mostly nothing or zero."""
    ordered = sorted(values, key=lambda each: len(each[-1]))
    step = max(1, len(ordered) / _KEPT)
    few = [ordered[int(rank * step)] for rank in range(min(_KEPT, len(ordered)))]
    middle = len(few) // 2
    return [*few[middle : middle + 1], *few[:middle], *few[middle + 1 :]]


def _told_or_printed(value: object) -> Drawn | None:
    return told(value) or short(_printed(value))


def _printed(value: object) -> Value:
    """The calls that made an object, as hypothesis prints a failing example, if they give such an object again."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    with contextlib.suppress(Exception):  # hypothesis promises nothing of how it prints
        printer = RepresentationPrinter(context=current_build_context())
        printer.pretty(value)
        node = ast.parse(printer.getvalue(), mode="eval").body
        is_plain = not any(isinstance(item, ast.Lambda) for item in ast.walk(node))
        known = {**vars(builtins), **vars(sys.modules[kind.__module__])}
        imports = tuple(sorted(_imports(node, known)))
        source = ast.unparse(node)
        if is_plain and type(eval(source, known)) is kind:  # noqa: S307 (calls of the project's classes)
            return Value(name, source, imports)
    return Value(name, None)


def _imports(node: ast.AST, known: dict[str, Any]) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and not hasattr(builtins, item.id):
            module, qualname = importable(known[item.id])
            yield f"from {module} import {qualname.partition('.')[0]}"
