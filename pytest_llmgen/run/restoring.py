"""Undoing what a test left in what its project holds, so that the next one finds the process as the test did.

Only what was there before is touched, by the methods of its base type: no code of the project decides about it, though
its finalizers may run.  What can't be undone here stays as it is: whoever looks will see it.
"""

from __future__ import annotations

import functools
import operator
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

from pytest_llmgen.run.kinds import DEQUE
from pytest_llmgen.run.walk import Found, names_of

MODULES = "modules"
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "dicts": ("dicts", "keys", "values"),
    "lists": ("lists", "in lists"),
    "sets": ("sets", "in sets"),
    "cells": ("cells",),
    "classes": ("classes", "names of classes", "values of classes"),
})  # fmt: skip
"""Kinds of what can be put back, and the columns of ``Found`` that show whether one of a kind has changed."""
_CACHE = functools._lru_cache_wrapper  # noqa: SLF001 (there is no other name for it)


def put_back(
    found: Found,
    before: Mapping[str, Sequence[Any]],
    names: Sequence[Sequence[Any]],
    others: Sequence[Sequence[Any]],
    changed: Collection[str],
) -> None:
    """Put the content back that containers had.

    Args:
        found: the containers.
        before: the columns of ``found`` as they were.
        names: those of each module, each followed by its value.
        others: what those that are read by themselves told.
        changed: kinds of containers (:data:`COLUMNS`, :data:`MODULES`) of which one has changed.
    """
    for module, known in zip(found.modules, names, strict=True) if MODULES in changed else ():
        _put_back_names(module, known)
    for kind in COLUMNS:
        if kind in changed:
            _WAYS[kind](found, before)
    for (_, value), told in zip(found.others, others, strict=True):
        _put_back_other(value, told)


def _put_back_dicts(found: Found, before: Mapping[str, Sequence[Any]]) -> None:
    keys, values = iter(before["keys"]), iter(before["values"])
    for each, length in zip(found.dicts, before["dicts"], strict=True):
        _put_back_dict(each, list(islice(keys, length)), list(islice(values, length)))


def _put_back_lists(found: Found, before: Mapping[str, Sequence[Any]]) -> None:
    inside = iter(before["in lists"])
    for each, length in zip(found.lists, before["lists"], strict=True):
        content = list(islice(inside, length))
        if not _are(list.__iter__(each), content, len(each)):
            list.__setitem__(each, slice(None), content)


def _put_back_sets(found: Found, before: Mapping[str, Sequence[Any]]) -> None:
    inside = iter(before["in sets"])
    for each, length in zip(found.sets, before["sets"], strict=True):
        members = list(islice(inside, length))
        if not _are(set.__iter__(each), members, len(each)):
            set.clear(each)
            set.update(each, members)


def _put_back_cells(found: Found, before: Mapping[str, Sequence[Any]]) -> None:
    for cell, content in zip(found.cells, before["cells"], strict=True):
        if not _holds(cell, content):
            cell.cell_contents = content


def _are(now: Iterable[Any], before: Sequence[Any], length: int) -> bool:
    return length == len(before) and all(map(operator.is_, now, before))


def _put_back_names(module: dict[str, Any], known: Sequence[Any]) -> None:
    now = names_of(module)
    if _are(now, known, len(now)):
        return
    before = dict(zip(known[::2], known[1::2], strict=True))
    for name in now[::2]:
        if name not in before:
            del module[name]
    module.update(before)


def _put_back_classes(found: Found, before: Mapping[str, Sequence[Any]]) -> None:
    keys, values = iter(before["names of classes"]), iter(before["values of classes"])
    for owner, own, length in zip(found.owners, found.classes, before["classes"], strict=True):
        _put_back_class(owner, own, list(islice(keys, length)), list(islice(values, length)))


def _put_back_class(owner: type, own: Mapping[str, Any], names: list[str], values: list[Any]) -> None:
    if _are(own.keys(), names, len(own)) and _are(own.values(), values, len(values)):
        return
    for name in own.keys() - set(names):
        type.__delattr__(owner, name)
    for name, value in zip(names, values, strict=True):
        if name not in own or own[name] is not value:
            type.__setattr__(owner, name, value)


def _put_back_dict(each: dict[Any, Any], keys: list[Any], values: list[Any]) -> None:
    if _are(dict.keys(each), keys, dict.__len__(each)) and _are(dict.values(each), values, len(values)):
        return
    kind: type[dict[Any, Any]] = OrderedDict if isinstance(each, OrderedDict) else dict
    kind.clear(each)
    for key, value in zip(keys, values, strict=True):
        kind.__setitem__(each, key, value)


def _holds(cell: Any, content: object) -> bool:
    try:
        return cell.cell_contents is content
    except ValueError:  # emptied
        return False


def _put_back_other(value: Any, told: Sequence[Any]) -> None:
    if type(value) is _CACHE and not any(told):
        value.cache_clear()
    elif isinstance(value, DEQUE) and not _are(DEQUE.__iter__(value), told, DEQUE.__len__(value)):
        DEQUE.clear(value)
        DEQUE.extend(value, told)
    elif type(value) is threading.local:
        half = len(told) // 2
        _put_back_dict(vars(value), list(told[:half]), list(told[half:]))


_WAYS: Mapping[str, Callable[[Found, Mapping[str, Sequence[Any]]], None]] = MappingProxyType({
    "dicts": _put_back_dicts,
    "lists": _put_back_lists,
    "sets": _put_back_sets,
    "cells": _put_back_cells,
    "classes": _put_back_classes,
})  # fmt: skip
