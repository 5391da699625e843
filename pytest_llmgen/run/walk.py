"""From modules to all that they hold, sorted by how a change of it shows."""

from __future__ import annotations

import contextlib
import functools
import gc
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from pytest_llmgen.run import kinds

MOST = 100_000
"""Of more objects than that it is not said what they hold."""
_LEFT_OUT = frozenset({"__builtins__", "__warningregistry__", "__loader__", "__spec__"})
"""Names of a module that tell nothing: pytest renews the second for every test, and is itself the loader of tests."""
_RESTLESS = frozenset({"__future__", "_pytest", "builtins", "pytest", "sys", "typing", "warnings"})
"""Modules of others that change by themselves, or are looked at elsewhere."""
_CACHE = functools._lru_cache_wrapper  # noqa: SLF001 (there is no other name for it)
_dict_of_class = type.__dict__["__dict__"].__get__
_contents = operator.attrgetter("cell_contents")
_defaults = operator.attrgetter("__defaults__", "__kwdefaults__")


class Walk:
    """Goes from objects to what they hold.

    Args:
        modules: names of the project's modules.
        found: takes what is found.
        known: what another walk has met, by id: it is left out.
    """

    def __init__(
        self, modules: frozenset[str], found: Found, known: Mapping[int, object] = MappingProxyType({})
    ) -> None:
        self.is_blind = False  # met something that can't be looked into
        self.seen: dict[int, object] = {}
        self._names, self._found, self._known = modules, found, known

    def take(self, roots: Iterable[object]) -> None:
        """Walk from here."""
        waiting = list(roots)
        while waiting and not self.is_blind:
            value = waiting.pop()
            if type(value) in kinds.SCALARS or id(value) in self.seen or id(value) in self._known:
                continue
            self.seen[id(value)] = value  # held, so that no other gets its id
            self.is_blind = len(self.seen) > MOST
            waiting += self._parts(value)

    def _parts(self, value: Any) -> Iterable[Any]:
        """What the object holds; notes where a change will show."""
        kind: Any = type(value)
        if kind is FunctionType:
            return self._of_function(value)
        if issubclass(kind, ModuleType | type):
            return self._of_module(value) if issubclass(kind, ModuleType) else self._of_class(value)
        if kinds.is_atomic(kind) or kinds.is_standard_stream(value) or kinds.is_shared_random(value):
            return ()
        holder = kinds.fixture_in if kinds.is_of_pytest(kind) else kinds.HOLDERS.get(kind)
        if holder is not None:
            return holder(value)
        if kind in kinds.READ:
            self._found.note(value, kinds.READ[kind])
            return gc.get_referents(value) if kind is _CACHE else ()
        self.is_blind = self.is_blind or kinds.hides(kind)
        return [*self._of_container(value, kind), *self._of_object(value, kind)]

    def _of_module(self, value: Any) -> Iterable[Any]:
        """Of the project's own all; of others, that any of their names was bound anew: a patch that was left, say."""
        if value.__name__ in self._names:
            return (vars(value),)
        if value.__name__.partition(".")[0] not in _RESTLESS:
            self._found.modules.append(vars(value))
        return ()

    def _of_class(self, value: Any) -> Iterable[Any]:
        if type.__getattribute__(value, "__module__") not in self._names:
            return ()
        own = _dict_of_class(value)
        self._found.classes.append(own)
        self._found.owners.append(value)
        return list(own.values())

    def _of_function(self, value: Any) -> Iterable[Any]:
        self._found.functions.append(value)
        attributes = vars(value)
        if attributes:
            self._found.dicts.append(attributes)
        for cell in value.__closure__ or ():
            yield from self._of_cell(cell)
        yield from value.__defaults__ or ()
        yield from (value.__kwdefaults__ or {}).values()
        yield from attributes.values()
        if value.__globals__.get("__name__") in self._names:
            yield value.__globals__

    def _of_cell(self, cell: Any) -> Sequence[Any]:
        held = _held(cell)
        if held:
            self._found.cells.append(cell)
        else:
            self._found.note(cell, _held)
        return held

    def _of_container(self, value: Any, kind: type) -> Iterable[Any]:
        found = self._found
        if issubclass(kind, dict):
            return self._of_dict(value)
        for container, noted in ((list, found.lists), (set, found.sets), (tuple, None), (frozenset, None)):
            if issubclass(kind, container):
                if noted is not None:
                    noted.append(value)
                return list(container.__iter__(value))
        if issubclass(kind, kinds.DEQUE):
            found.note(value, kinds.of_deque)
            return kinds.of_deque(value)
        if issubclass(kind, property | functools.partial | BaseException):
            return gc.get_referents(value)
        return ()

    def _of_dict(self, value: Any) -> Iterable[Any]:
        if type(value) is dict and "__builtins__" in value and "__name__" in value:  # a module's
            self._found.modules.append(value)
            return names_of(value)
        self._found.dicts.append(value)
        if isinstance(value, OrderedDict):
            self._found.note(value, kinds.of_ordered)
        return [*dict.keys(value), *dict.values(value)]

    def _of_object(self, value: Any, kind: type) -> Iterable[Any]:
        parts: list[Any] = []
        if slots := kinds.slots_of(kind):
            read = functools.partial(kinds.read_slots, slots)
            self._found.note(value, read)
            parts += read(value)
        with contextlib.suppress(AttributeError):
            parts.append(_dict_in(value))
            self._found.objects.append(value)
        return parts


class Found:
    """Objects by how a change of them shows."""

    def __init__(self) -> None:
        self.functions: list[Any] = []
        self.dicts: list[Any] = []
        self.modules: list[dict[str, Any]] = []  # their names
        self.classes: list[Any] = []  # what they hold
        self.owners: list[type] = []  # the classes themselves
        self.cells: list[Any] = []  # with something in them
        self.lists: list[Any] = []
        self.sets: list[Any] = []
        self.objects: list[Any] = []  # with a dictionary
        self.others: list[tuple[Callable[[Any], Iterable[Any]], Any]] = []  # how to read them

    def note(self, value: object, read: Callable[[Any], Iterable[Any]]) -> None:
        """Keep an object that must be asked by itself."""
        self.others.append((read, value))

    def columns(self) -> dict[str, Callable[[], Iterator[Any]]]:
        """What to read again and again, by name; most of it is done by the interpreter.

        A column that could be longer than before comes after its lengths.
        """
        flat, dicts, classes = chain.from_iterable, self.dicts, self.classes
        return {
            "defaults": lambda: flat(map(_defaults, self.functions)),
            "attributes": lambda: map(len, map(vars, self.functions)),
            "cells": lambda: map(_contents, self.cells),
            "dicts": lambda: map(dict.__len__, dicts),
            "keys": lambda: flat(map(dict.keys, dicts)),
            "values": lambda: flat(map(dict.values, dicts)),
            "classes": lambda: map(len, classes),
            "names of classes": lambda: flat(map(MappingProxyType.keys, classes)),
            "values of classes": lambda: flat(map(MappingProxyType.values, classes)),
            "lists": lambda: map(list.__len__, self.lists),
            "in lists": lambda: flat(map(list.__iter__, self.lists)),
            "sets": lambda: map(set.__len__, self.sets),
            "in sets": lambda: flat(map(set.__iter__, self.sets)),
            "objects": lambda: map(_dict_in, self.objects),
        }

    def read(self) -> list[Any]:
        """What the others hold."""
        return [each for read, value in self.others for each in read(value)]


def names_of(module: dict[str, Any]) -> list[Any]:
    """Names and values of a module, those left out that tell nothing."""
    return [each for name, value in module.items() if name not in _LEFT_OUT for each in (name, value)]


def _dict_in(value: Any) -> Any:
    return object.__getattribute__(value, "__dict__")


def _held(cell: Any) -> Sequence[Any]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # empty so far
        return ()
