"""What can be seen of an object that has no source text: its public attributes, items, its own text."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pytest_llmgen.records import RESULT, Value
from pytest_llmgen.run.harmless import is_harmless
from pytest_llmgen.run.values import describe, names_of

MOST = 8
"""Sights of one object: a test that asserts more is hard to read."""
_MOST_SEEN = 24
_LONGEST_SOURCE = 200
_NOTHING = {"None", "False", "0", "''", "[]", "{}", "()", "set()"}
"""Values that an object has before anything was done with it: the others tell more."""
_DEPTH = 2
_ITEMS = 2
"""Items of a list that are looked into."""
_LONGEST = 20
_ADDRESS = re.compile(r" at 0x[0-9a-f]|<(object|function|bound|built-in|class|module)\b")
_PLAIN = (str, bytes, int, float, list, tuple, set, frozenset, dict)
_LIBRARY = frozenset(sys.stdlib_module_names)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, types.ModuleType)


def sights(
    expression: str, value: object, known: Mapping[str, object], unseen: frozenset[str], *, is_whole: bool = True
) -> dict[str, Value]:
    """Expressions about an object, with their values; none of ``unseen`` is told.

    ``known`` are the objects that tests hold by name: of one of these it is only told which one it is. Without
    ``is_whole`` no collection is read to its end: that changes some.
    """
    looks = _Look(is_whole, unseen).at(expression, value, known, _DEPTH)
    seen = [(text, told) for text, told in islice(looks, _MOST_SEEN) if text not in unseen and _is_plain(told)]
    if expression == RESULT:  # of other objects only what has changed counts
        seen.sort(key=lambda pair: pair[1].source in _NOTHING)
        del seen[MOST:]
    found: dict[str, Value] = {}
    for text, told in seen:
        found.setdefault(text, told)
    return found


def _is_plain(told: Value) -> bool:
    source = told.source
    return source is not None and len(source) <= _LONGEST_SOURCE and not _ADDRESS.search(source)


@dataclass(frozen=True, slots=True)
class _Look:
    is_whole: bool
    unseen: frozenset[str] = frozenset()  # is not even asked for: it may change the object

    def at(
        self, expression: str, value: object, known: Mapping[str, object], depth: int
    ) -> Iterator[tuple[str, Value]]:
        name = next((name for name, other in known.items() if other is value and name != expression), None)
        if name is not None:
            yield f"{expression} is {name}", describe(True)
            return
        kind = type(value)
        if isinstance(value, _FUNCTIONS) or kind.__module__ == "unittest.mock":
            return
        if kind in (list, tuple, dict):
            yield from self._items(expression, value, known, depth)
            return
        is_shown = False
        for found in self._parts(expression, value, known, depth):
            is_shown = True
            yield found
        if not is_shown and not _is_of_library(kind):
            yield from _own_text(expression, value)

    def _parts(
        self, expression: str, value: object, known: Mapping[str, object], depth: int
    ) -> Iterator[tuple[str, Value]]:
        yield from _conversions(expression, value, self.unseen, is_whole=self.is_whole)
        if not _is_of_library(type(value)):
            yield from self._attributes(expression, value, known, depth)

    def _attributes(
        self, expression: str, value: object, known: Mapping[str, object], depth: int
    ) -> Iterator[tuple[str, Value]]:
        hidden = []
        for attribute in [name for name in _public(value) if f"{expression}.{name}" not in self.unseen]:
            inner = _asked(functools.partial(getattr, value, attribute))
            seen = describe(inner)
            if seen.source is not None:
                yield f"{expression}.{attribute}", seen
            else:
                hidden.append((f"{expression}.{attribute}", inner))
        for text, inner in hidden if depth else ():
            yield from self.at(text, inner, {**known, expression: value}, depth - 1)

    def _items(
        self, expression: str, value: Any, known: Mapping[str, object], depth: int
    ) -> Iterator[tuple[str, Value]]:
        yield f"len({expression})", describe(len(value))
        if isinstance(value, dict):
            pairs = [(f"{expression}[{describe(key).source}]", item) for key, item in islice(value.items(), _ITEMS)]
        else:
            pairs = [(f"{expression}[{rank}]", item) for rank, item in enumerate(value[:_ITEMS])]
        for text, item in pairs if depth else ():
            seen = describe(item)
            if seen.source is None:
                yield from self.at(text, item, known, depth - 1)
            elif "[None]" not in text:
                yield text, seen


def _conversions(expression: str, value: Any, unseen: frozenset[str], *, is_whole: bool) -> Iterator[tuple[str, Value]]:
    """The object as a plain value of its own kind, or its items."""
    for plain in _PLAIN:
        if isinstance(value, plain):
            yield f"{plain.__name__}({expression})", describe(_asked(functools.partial(plain, value)))  # type: ignore[arg-type]
            return
    yield from _of_library(expression, value)
    names = _defined(value)
    if f"len({expression})" in unseen:
        return
    if "__len__" in names:
        yield f"len({expression})", describe(_asked(functools.partial(len, value)))
    if is_whole and {"__len__", "__iter__"} <= names and _is_short(value):
        whole = dict if {"keys", "__getitem__"} <= names else list
        yield f"{whole.__name__}({expression})", describe(_asked(functools.partial(whole, value)))


def _of_library(expression: str, value: Any) -> Iterator[tuple[str, Value]]:
    match value:
        case re.Match():
            yield f"{expression}.span()", describe(value.span())
            yield f"{expression}.groups()", describe(value.groups())
        case functools.partial():
            yield f"{expression}.args", describe(value.args)
            yield f"{expression}.keywords", describe(value.keywords)
        case io.StringIO() | io.BytesIO() if not value.closed:
            yield f"{expression}.getvalue()", describe(value.getvalue())
        case BaseException():
            yield f"str({expression})", describe(_asked(functools.partial(str, value)))


def _own_text(expression: str, value: object) -> Iterator[tuple[str, Value]]:
    names = _defined(value)
    if "__str__" in names:
        yield f"str({expression})", describe(_asked(functools.partial(str, value)))
    elif "__repr__" in names:
        yield f"repr({expression})", describe(_asked(functools.partial(repr, value)))


def _defined(value: object) -> frozenset[str]:
    kind: Any = type(value)
    return names_of(kind)


def _is_short(value: Any) -> bool:
    size = _asked(functools.partial(len, value))
    return isinstance(size, int) and size <= _LONGEST


def _is_of_library(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _LIBRARY


def know_classes(module: types.ModuleType) -> None:
    """Look at the classes of a module before a fork does: what is known of them is known in every child."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            with contextlib.suppress(Exception):  # classes of a project may be of any shape
                _of_class(value)


def _public(value: object) -> list[str]:
    """Public attributes and properties, as they were defined."""
    kind: Any = type(value)
    names = dict.fromkeys([*vars(value), *_of_class(kind)] if hasattr(value, "__dict__") else _of_class(kind))
    return [name for name in names if not name.startswith("_")]


@functools.lru_cache(maxsize=256)  # the same few classes, thousands of times
def _of_class(kind: type) -> tuple[str, ...]:
    """Names of slots and of properties that may be asked."""
    own = kind.__module__.partition(".")[0]
    owners = [owner for owner in kind.__mro__ if owner.__module__.partition(".")[0] == own]
    slots = [name for owner in reversed(owners) for name in _slots(owner)]
    properties = [name for owner in owners for name, item in vars(owner).items() if _is_property(item)]
    return (*slots, *(name for name in properties if is_harmless(kind, name)))


def _slots(owner: type) -> tuple[str, ...]:
    found = vars(owner).get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _is_property(item: object) -> bool:
    return isinstance(item, property | functools.cached_property)


class _Refused:
    """What an object would not tell; it has no source."""


def _asked(question: Any) -> Any:
    try:
        return question()
    except Exception:  # noqa: BLE001 (code under test may raise anything when it is asked)
        return _Refused()
