"""Undoing what a test left in what its project holds, so that the next one finds the process as the test did.

Only what was there before is touched, by the methods of its base type: no code of the project decides about it, though
its finalizers may run.  What can't be undone here stays as it is: whoever looks will see it.
"""

from __future__ import annotations

import functools
import operator
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from pytest_llmgen.run.kinds import DEQUE
from pytest_llmgen.run.walk import Found, names_of

_CACHE = functools._lru_cache_wrapper  # noqa: SLF001 (there is no other name for it)


def put_back(
    found: Found,
    before: Mapping[str, Sequence[Any]],
    names: Sequence[Sequence[Any]],
    others: Sequence[Sequence[Any]],
) -> None:
    """Put the content back that containers had.

    Args:
        found: the containers.
        before: the columns of ``found`` as they were.
        names: those of each module, each followed by its value.
        others: what those that are read by themselves told.
    """
    for module, known in zip(found.modules, names, strict=True):
        _put_back_names(module, known)
    keys, values = iter(before["keys"]), iter(before["values"])
    for each, length in zip(found.dicts, before["dicts"], strict=True):
        _put_back_dict(each, list(islice(keys, length)), list(islice(values, length)))
    inside = iter(before["in lists"])
    for each, length in zip(found.lists, before["lists"], strict=True):
        content = list(islice(inside, length))
        if not _are(list.__iter__(each), content, len(each)):
            list.__setitem__(each, slice(None), content)
    inside = iter(before["in sets"])
    for each, length in zip(found.sets, before["sets"], strict=True):
        members = list(islice(inside, length))
        if not _are(set.__iter__(each), members, len(each)):
            set.clear(each)
            set.update(each, members)
    for cell, content in zip(found.cells, before["cells"], strict=True):
        if not _holds(cell, content):
            cell.cell_contents = content
    _put_back_classes(found, before)
    for (_, value), told in zip(found.others, others, strict=True):
        _put_back_other(value, told)


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
