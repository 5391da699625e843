"""What can be seen of the state that a test leaves behind in its process, cheap enough to look after every test.

The data of the project's modules is walked once, where no test has run: every list, dictionary and object that can
change is noted with what it holds.  A look compares these by identity; that is all there is to see, as whatever is
new must be held by something that was there.  What can't be looked into (an iterator, an object of machine code) is
told, by the file that holds it.
"""

from __future__ import annotations

import builtins
import contextvars
import logging
import operator
import os
import signal
import sys
import threading
import time
import warnings
from abc import get_cache_token
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import ModuleType
from typing import Any

from pytest_llmgen.run.kinds import SCALARS
from pytest_llmgen.run.walk import Found, Walk, names_of

MACHINE_CODE = (".so", ".pyd")
"""How the files of modules end that may hold anything."""
WATCHED_SIGNALS = (signal.SIGALRM, signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


def modules_of(files: Iterable[str]) -> tuple[ModuleType, ...]:
    """The imported modules that come from these files."""
    wanted = set(files)
    return tuple(
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and getattr(module, "__file__", None) in wanted
    )


def modules_below(root: str) -> tuple[ModuleType, ...]:
    """The imported modules whose files are below a folder, installed ones left out."""
    start = os.path.join(root, "")  # noqa: PTH118 (a beginning of strings)
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(file, str) and file.startswith(start) and f"{os.sep}site-packages{os.sep}" not in file:
            found.append(module)
    return tuple(dict.fromkeys(found))


def process_state() -> list[Any]:
    """What of the process itself a test may have changed; equal as long as nothing has."""
    return list(_process())


def _process() -> Iterator[Any]:
    try:
        yield os.getcwd()  # noqa: PTH109 (a string, at half the price)
    except OSError:
        yield None
    held = getattr(os.environ, "_data", os.environ)  # without decoding, and unheard by who notes what is asked for
    yield dict.copy(held) if isinstance(held, dict) else dict(held)
    yield list(sys.path)
    yield threading.active_count()
    yield sys.getrecursionlimit()
    root = logging.root
    yield list(root.handlers), root.level, root.manager.disable
    yield [
        (each.level, each.disabled, each.propagate, list(each.handlers), list(each.filters))
        for each in list(root.manager.loggerDict.values())
        if isinstance(each, logging.Logger)
    ]
    yield list(warnings.filters)
    yield [signal.getsignal(number) for number in WATCHED_SIGNALS]
    yield dict(vars(builtins))
    yield get_cache_token(), time.tzname
    yield [(id(variable), id(value)) for variable, value in contextvars.copy_context().items()]
    if "random" in sys.modules:
        yield sys.modules["random"].getstate()
    if "decimal" in sys.modules:
        yield repr(sys.modules["decimal"].getcontext())
    if "locale" in sys.modules:
        yield sys.modules["locale"].setlocale(0)


class Watch:
    """The data of modules as it is now.

    Args:
        modules: of the project.
        apart: files among theirs (tests) that no other module reaches by itself, with more that they hold.
    """

    def __init__(self, modules: Sequence[ModuleType], apart: Mapping[str, Sequence[object]] | None = None) -> None:
        self._found = Found()
        try:
            self.unseen = self._walk(modules, apart or {})
            self._note()
        except Exception:  # noqa: BLE001 (objects of a project may be of any shape)
            self._found, self.unseen = Found(), frozenset({""})
            self._note()

    def _note(self) -> None:
        self._before = [list(column()) for column in self._found.columns()]
        self._others = self._found.read()
        self._keys, self._values = list(self._all_keys()), list(self._all_values())
        self._names = list(map(names_of, self._found.modules))

    def _walk(self, modules: Sequence[ModuleType], apart: Mapping[str, Sequence[object]]) -> frozenset[str]:
        """Find all that may change; the files that hold what can't be looked into, an empty name for all files."""
        names = frozenset(module.__name__ for module in modules)
        walk = Walk(names, self._found)
        walk.take(vars(module) for module in modules if getattr(module, "__file__", None) not in apart)
        has_machine_code = any(str(getattr(module, "__file__", "")).endswith(MACHINE_CODE) for module in modules)
        unseen = {""} if walk.is_blind or has_machine_code else set()
        for file, more in apart.items():
            own = Walk(names, self._found, walk.seen)
            own.take([*(vars(module) for module in modules if getattr(module, "__file__", None) == file), *more])
            unseen |= {file} if own.is_blind else set()
        return frozenset(unseen)

    def can_see(self, file: str) -> bool:
        """Whether all that tests of this file may change can be seen to have changed."""
        return self.unseen.isdisjoint(("", file))

    def is_same(self) -> bool:
        """Whether nothing has changed since."""
        try:
            columns = zip(self._found.columns(), self._before, strict=True)
            return (
                all(all(map(operator.is_, column(), b)) or _are_alike(list(column()), b) for column, b in columns)
                and _are_alike(self._found.read(), self._others)
                and self._has_same_names()
            )
        except Exception:  # noqa: BLE001 (a cell was emptied, a thread is at work: it is not as it was)
            return False

    def _has_same_names(self) -> bool:
        modules = self._found.modules
        pairs = ((self._all_keys(), self._keys), (self._all_values(), self._values))
        same = sum(map(len, modules)) == len(self._keys) and all(all(map(operator.is_, *pair)) for pair in pairs)
        return same or all(map(_are_alike, map(names_of, modules), self._names))

    def _all_keys(self) -> Iterable[Any]:
        return chain.from_iterable(self._found.modules)

    def _all_values(self) -> Iterable[Any]:
        return chain.from_iterable(map(dict.values, self._found.modules))


def _are_alike(now: list[Any], before: list[Any]) -> bool:
    if len(now) != len(before):
        return False
    return all(map(operator.is_, now, before)) or all(map(_alike, now, before))


def _alike(one: object, other: object) -> bool:
    return one is other or (type(one) is type(other) and type(one) in SCALARS and one == other)
