"""What the project's modules hold, looked at after every test, and put back where that can be done.

Their data is walked once, where no test has run: every list, dictionary and object that can change is noted with what
it holds.  A look compares these by identity; that is all there is to see, as whatever is new must be held by something
that was there.  What can't be looked into (an iterator, an object of machine code) is told.
"""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from types import ModuleType
from typing import Any

from pytest_llmgen.run.kinds import SCALARS
from pytest_llmgen.run.restoring import COLUMNS, MODULES, put_back
from pytest_llmgen.run.walk import Found, Walk, names_of

MACHINE_CODE = (".so", ".pyd")
"""How the files of modules end that may hold anything."""
_DEFAULTS = "defaults"
"""The column of default values: reading it is dear, since each read is an audit event, and so is each change."""


class Watch:
    """The data of modules as it is now.

    Args:
        modules: of the project.
        apart: files among theirs (tests) that no other module reaches by itself, with more that they hold.  They are
            walked when they are first asked about, which must be before any test runs.
    """

    def __init__(self, modules: Sequence[ModuleType], apart: Mapping[str, Sequence[object]] | None = None) -> None:
        self._modules, self._apart = modules, dict(apart or {})
        self._names = frozenset(module.__name__ for module in modules)
        self._parts: dict[str, Contents] = {}
        self._common = Contents(
            self._names, [vars(module) for module in modules if _file_of(module) not in self._apart]
        )
        if any(_file_of(module).endswith(MACHINE_CODE) for module in modules):
            self._common.is_blind = True

    def can_see(self, file: str) -> bool:
        """Whether all that tests of this file may change can be seen to have changed."""
        return not (self._common.is_blind or self._part(file).is_blind)

    def is_same(self, files: Iterable[str] = ()) -> bool:
        """Whether nothing has changed since, of what tests of these files may change."""
        return self._common.is_same() and all(self._part(file).is_same() for file in files)

    def put_back(self, files: Iterable[str] = ()) -> bool:
        """Undo what can be undone; :meth:`is_same` tells whether that was all.

        Returns:
            Whether something that holds others was among it.
        """
        changed = [part.put_back() for part in (self._common, *map(self._part, files))]
        return any(changed)

    def _part(self, file: str) -> Contents:
        if file not in self._parts:
            roots = [vars(module) for module in self._modules if _file_of(module) == file]
            self._parts[file] = Contents(self._names, [*roots, *self._apart.get(file, ())], self._common)
        return self._parts[file]


def _file_of(module: ModuleType) -> str:
    return str(getattr(module, "__file__", None) or "")


class Contents:
    """All that can change in what some objects hold, as it is now.

    Args:
        modules: names of the project's modules.
        roots: where to begin.
        apart_from: what another holds is left out.
    """

    def __init__(self, modules: frozenset[str], roots: Iterable[object], apart_from: Contents | None = None) -> None:
        self._found, self._bindings = Found(), _bindings()
        walk = Walk(modules, self._found, apart_from.seen if apart_from else {})
        self.seen: Mapping[int, object] = walk.seen
        try:
            walk.take(roots)
            self.is_blind = walk.is_blind
            self._note()
        except Exception:  # noqa: BLE001 (objects of a project may be of any shape)
            self._found, self.is_blind = Found(), True
            self._note()

    def _note(self) -> None:
        self._before = {name: list(column()) for name, column in self._found.columns().items()}
        self._read_before = [list(read(value)) for read, value in self._found.others]
        self._others = list(chain.from_iterable(self._read_before))
        self._keys, self._values = list(self._all_keys()), list(self._all_values())
        self._names = list(map(names_of, self._found.modules))
        self._bound = len(self._bindings)

    def is_same(self) -> bool:
        """Whether nothing has changed since."""
        try:
            columns = self._found.columns()
            return (
                all(self._is_same_column(name, column) for name, column in columns.items())
                and _are_alike(self._found.read(), self._others)
                and self._has_same_names()
            )
        except Exception:  # noqa: BLE001 (a cell was emptied, a thread is at work: it is not as it was)
            return False

    def _is_same_column(self, name: str, column: Callable[[], Iterator[Any]]) -> bool:
        before = self._before[name]
        if name == _DEFAULTS and len(self._bindings) == self._bound:
            return True
        heard = len(self._bindings)
        same = all(map(operator.is_, column(), before)) or _are_alike(list(column()), before)
        if same and name == _DEFAULTS:  # what was bound meanwhile was bound back: only what comes now must be looked at
            self._bound = heard
        return same

    def put_back(self) -> bool:
        """Undo what can be undone; tells whether a container, a class or a module was among it."""
        changed = self._changed()
        with contextlib.suppress(Exception):  # as above
            put_back(self._found, self._before, self._names, self._read_before, changed)
        return bool(changed)

    def _changed(self) -> frozenset[str]:
        """What must be gone through one by one: ten times as dear as to see that none of a kind has changed."""
        columns = self._found.columns()
        kinds = {kind for kind, names in COLUMNS.items() if not all(self._is_still(n, columns[n]) for n in names)}
        return frozenset(kinds if self._has_same_names() else {*kinds, MODULES})

    def _is_still(self, name: str, column: Callable[[], Iterator[Any]]) -> bool:
        try:
            return self._is_same_column(name, column)
        except ValueError:  # a cell was emptied
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


@cache
def _bindings() -> list[object]:
    """Names of defaults that were bound anew somewhere, from the first call on; an audit hook can't be taken back."""
    heard: list[object] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "object.__setattr__" and arguments[1] in ("__defaults__", "__kwdefaults__"):
            heard.append(arguments[1])

    sys.addaudithook(hear)
    return heard
