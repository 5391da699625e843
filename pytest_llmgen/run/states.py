"""What can be seen of the state that a test leaves behind in its process, cheap enough to look after every mutant."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Collection, Iterable, Iterator
from functools import _lru_cache_wrapper
from types import BuiltinFunctionType, ModuleType
from typing import Any

WATCHED_SIGNALS = (signal.SIGALRM, signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
DEPTH = 3
"""How far below a module's names it looks: a name, the object's attributes, a container among them."""
WIDTH = 100
"""Of a larger container only the length counts."""
_SCALARS = frozenset({bool, int, float, complex, str, bytes, type(None)})
_CODE = frozenset(
    {ModuleType, BuiltinFunctionType, property, classmethod, staticmethod, tuple, type(len), type(str.join)}
)


def state_of(modules: Iterable[ModuleType]) -> tuple[Any, ...]:
    """Something that compares equal as long as nothing watched has changed: the process, and the modules' data."""
    return (*_process(), *(_data(module) for module in modules))


def modules_of(files: Iterable[str]) -> tuple[ModuleType, ...]:
    """The imported modules that come from these files."""
    wanted = set(files)
    return tuple(
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and getattr(module, "__file__", None) in wanted
    )


def _process() -> Iterator[Any]:
    try:
        yield os.getcwd()  # noqa: PTH109 (a string, at half the price)
    except OSError:
        yield None
    yield dict(os.environ)
    yield list(sys.path)
    yield threading.active_count()
    yield sys.getrecursionlimit()
    yield list(logging.root.handlers), logging.root.level, logging.root.manager.disable
    yield len(warnings.filters)
    yield [signal.getsignal(number) for number in WATCHED_SIGNALS]


def _data(module: ModuleType) -> list[Any]:
    """Identities, lengths and plain values of what a module holds; code is left out, as a mutant is code."""
    found: list[Any] = []
    seen: set[int] = set()
    level = [value for name, value in vars(module).items() if name != "__builtins__"]
    for _ in range(DEPTH):
        below: list[Any] = []
        for value in level:
            kind = type(value)
            if kind in _SCALARS:
                found.append(value)
                continue
            found.append(id(value))
            if kind not in _CODE and id(value) not in seen:
                seen.add(id(value))
                size, parts = _parts(value, kind, module.__name__)
                found.append(size)
                below += parts
        level = below
    return found


def _parts(value: Any, kind: type, owner: str) -> tuple[int, Collection[Any]]:
    """The size of an object, and what to look at below it; exact methods, because objects may lie."""
    if issubclass(kind, dict):
        size = dict.__len__(value)
        return size, [part for entry in dict.items(value) for part in entry] if size <= WIDTH else ()
    for container in (list, set):
        if issubclass(kind, container):
            size = container.__len__(value)
            return size, tuple(container.__iter__(value)) if size <= WIDTH else ()
    if kind is _lru_cache_wrapper:
        return value.cache_info().currsize, ()
    if isinstance(value, type):  # of a class only if it is the module's own
        own = type.__getattribute__(value, "__module__") == owner
        return 0, tuple(vars(value).values()) if own else ()
    try:
        return 0, (object.__getattribute__(value, "__dict__"),)
    except AttributeError:
        return 0, ()
