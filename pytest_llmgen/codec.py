"""Records as JSON and back, by the types of their fields: no pickles, so that a part of a run may be anybody's file."""

from __future__ import annotations

import types
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

_PLAIN = (str, int, float, bool, type(None))


def encode(value: Any) -> Any:
    """A record, or anything that records hold, as JSON's values.

    Raises:
        TypeError: it holds something that :func:`decode` could not bring back.
    """
    if isinstance(value, Enum | date):
        return value.value if isinstance(value, Enum) else value.isoformat()
    if isinstance(value, _PLAIN):
        return value
    if is_dataclass(value):
        return {each.name: encode(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return [[encode(key), encode(each)] for key, each in value.items()]  # keys may be numbers
    if isinstance(value, AbstractSet):
        return sorted((encode(each) for each in value), key=repr)
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def decode(hint: Any, data: Any) -> Any:
    """The value of the type ``hint`` that :func:`encode` made ``data`` of.

    Raises:
        ValueError: ``data`` is of another shape.
    """
    try:
        return _decode(hint, data)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not of the shape of {getattr(hint, '__name__', hint)}: {error}") from None


def _decode(hint: Any, data: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if data is None else _decode(next(each for each in arguments if each is not type(None)), data)
    if origin is tuple:
        return _tuple(arguments, data)
    if origin in (frozenset, set, list):
        return origin(_decode(arguments[0], each) for each in data)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_decode(arguments[0], key): _decode(arguments[1], each) for key, each in data}
    if is_dataclass(hint):
        return _record(hint, data)
    return _simple(hint, data)


def _tuple(arguments: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if arguments[-1] is Ellipsis:
        return tuple(_decode(arguments[0], each) for each in data)
    if len(arguments) != len(data):
        raise TypeError(f"{len(data)} items instead of {len(arguments)}")
    return tuple(_decode(hint, each) for hint, each in zip(arguments, data, strict=True))


def _record(hint: Any, data: Any) -> Any:
    hints = _hints(hint)
    if set(data) != set(hints):
        raise TypeError(f"other fields: {', '.join(sorted(set(data) ^ set(hints)))}")
    return hint(**{name: _decode(hints[name], each) for name, each in data.items()})


@cache
def _hints(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {each.name: hints[each.name] for each in fields(cls)}


def _simple(hint: Any, data: Any) -> Any:
    if hint is date:
        return date.fromisoformat(data)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    if hint is float and type(data) is int:
        return data
    if hint not in _PLAIN or type(data) is not hint:
        raise TypeError(f"{data!r} is no {hint}")
    return data
