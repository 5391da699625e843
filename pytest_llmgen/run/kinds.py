"""Which objects can change, and where a change of them shows: by type, for :mod:`pytest_llmgen.run.states`."""

from __future__ import annotations

import _thread
import abc
import array
import collections
import contextvars
import datetime as dt
import decimal
import functools
import gc
import itertools
import operator
import random
import re
import struct
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from inspect import FullArgSpec
from types import MappingProxyType
from typing import Any

SCALARS = frozenset({bool, int, float, complex, str, bytes, type(None)})
DEQUE = collections.deque
_DESCRIPTORS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
ATOMS = frozenset({
    *_DESCRIPTORS, *(type(each) for each in (re.compile(""), ..., NotImplemented, struct.Struct("i"))),
    contextvars.ContextVar, dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone,
    decimal.Decimal, operator.attrgetter, operator.itemgetter, range, slice, types.CodeType, types.FrameType,
    types.TracebackType, weakref.ref, weakref.KeyedRef, weakref.WeakMethod, _thread.LockType, random.SystemRandom,
    type(vars(FullArgSpec)["args"]),
    type(vars(abc.ABC)["_abc_impl"]),
})  # fmt: skip
"""They can't change, or :func:`pytest_llmgen.run.states.process_state` sees it."""
ATOMIC_NAMES = frozenset({"_lru_list_elem"})
"""Types that no module shows; the cache itself tells what its entries hold."""
ATOMIC_MODULES = frozenset(
    {"inspect", "logging", "logging.handlers", "pathlib", "pathlib._local", "re", "typing", "zoneinfo"}
)
ATOMIC = (types.GenericAlias, types.UnionType)
_SEEN_BASES = frozenset({
    *SCALARS, BaseException, collections.OrderedDict, collections.defaultdict, DEQUE, dict, frozenset, list, object,
    set, tuple, types.SimpleNamespace, dt.date, dt.datetime, dt.time, dt.timedelta, dt.tzinfo,
    decimal.Decimal, functools.partial, property, weakref.ref,
})  # fmt: skip
"""What their instances hold beside attributes is looked at, or can't change."""
_HEAP, _POINTER = 1 << 9, struct.calcsize("P")

Read = Callable[[Any], Sequence[Any]]


def _bound(value: Any) -> Iterable[Any]:
    """What a method of machine code is bound to: ``itertools.count().__next__`` counts."""
    return () if isinstance(value.__self__, types.ModuleType) else (value.__self__,)


def _referred(value: Any) -> Iterable[Any]:
    return gc.get_referents(value)


HOLDERS: Mapping[type, Callable[[Any], Iterable[Any]]] = MappingProxyType({
    types.BuiltinFunctionType: _bound,
    type(re.compile("").search): _bound,
    types.MethodWrapperType: _bound,
    types.MethodType: lambda value: (value.__func__, value.__self__),
    classmethod: _referred,
    staticmethod: _referred,
    property: _referred,
    functools.partial: _referred,
    MappingProxyType: _referred,
    **dict.fromkeys(map(type, ({}.keys(), {}.values(), {}.items())), _referred),
    operator.methodcaller: lambda _value: (),
    super: lambda _value: (),
})  # fmt: skip
"""They hold others, and can't change themselves."""
READ: Mapping[type, Read] = MappingProxyType({
    functools._lru_cache_wrapper: lambda value: value.cache_info()[::3] + value.cache_info()[1:2],  # noqa: SLF001
    itertools.count: lambda value: (repr(value),),
    random.Random: lambda value: (repr(value.getstate()),),
    decimal.Context: lambda value: (repr(value),),
    bytearray: lambda value: (bytes(value),),
    array.array: lambda value: (value.tobytes(),),
    threading.local: lambda value: (*vars(value).keys(), *vars(value).values()),
    type(threading.RLock()): lambda value: (repr(value).partition(" at ")[0],),
})  # fmt: skip
"""They tell what they are by themselves."""


def of_deque(value: Any) -> list[Any]:
    """What it holds."""
    return list(DEQUE.__iter__(value))


def of_ordered(value: Any) -> list[Any]:
    """The keys in their order, which is not that of the dictionary below."""
    return list(collections.OrderedDict.__iter__(value))


@cache
def is_atomic(kind: type) -> bool:
    """Whether instances can't change, or do so where it is seen elsewhere."""
    by_name = kind.__module__ in ATOMIC_MODULES or kind.__name__ in ATOMIC_NAMES
    return by_name or kind in ATOMS or issubclass(kind, ATOMIC)


@cache
def is_of_pytest(kind: type) -> bool:
    """Whether it is a part of pytest: marks and fixtures in test modules lead to its configuration, and so to all."""
    return str(kind.__module__).partition(".")[0] in {"_pytest", "pluggy"}


def fixture_in(value: Any) -> Iterable[Any]:
    """The project's function in a fixture, nothing else."""
    function = getattr(value, "_fixture_function", None)
    return () if function is None else (function,)


@cache
def hides(kind: type) -> bool:
    """Whether instances have room for something that no attribute shows."""
    return any(_adds_hidden(base) for base in kind.__mro__ if base not in _SEEN_BASES)


def _adds_hidden(base: type) -> bool:
    below = base.__base__
    if issubclass(base, BaseException) and not base.__flags__ & _HEAP:
        return False
    shown = sum(isinstance(each, types.MemberDescriptorType) for each in vars(base).values())
    shown += sum(name in vars(base) for name in ("__dict__", "__weakref__"))
    return base.__basicsize__ - (below.__basicsize__ if below else 0) > _POINTER * shown


@cache
def slots_of(kind: type) -> tuple[Callable[[Any], Any], ...]:
    """Readers of the attributes that are no entries of ``__dict__``."""
    found = (each for base in kind.__mro__ for each in vars(base).values())
    return tuple(each.__get__ for each in found if isinstance(each, types.MemberDescriptorType))


def read_slots(slots: Iterable[Callable[[Any], Any]], value: Any) -> list[Any]:
    """The values of slots; those that are not set are left out."""
    found = []
    for number, read in enumerate(slots):
        try:
            found += [number, read(value)]
        except AttributeError:
            continue
    return found


def is_shared_random(value: object) -> bool:
    """Whether it is what the functions of ``random`` are bound to: it is seeded anew after each fork.

    :func:`pytest_llmgen.run.states.process_state` sees it.
    """
    return value is random._inst  # noqa: SLF001 (its functions are bound to it)


def is_standard_stream(value: object) -> bool:
    """Whether it is one of the process's own streams, which pytest takes the place of."""
    return any(
        value is each for each in (sys.__stdin__, sys.__stdout__, sys.__stderr__, sys.stdin, sys.stdout, sys.stderr)
    )
