"""What comparisons of the code under test compared, noted while a probe runs; nothing of the project is called."""

from __future__ import annotations

import builtins
import enum
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pytest_llmgen.generate.offline.wiretap import CALL

_MAX_HEARD = 120
_MAX_TEXT = 80
_MAX_KEYS = 40
_FAR = 1e12
_COUNTING = frozenset({Decimal, Fraction, date, datetime, timedelta})
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda one, other: one in other,
    "not in": lambda one, other: one not in other,
}
_ORDERED = {"<", "<=", ">", ">="}

Told = tuple[int, str, int, float, Any, Any]
"""Site, word, way, distance and both sides in short, as in ``Heard``."""


class Listener:
    """Takes the place of comparisons and notes them."""

    def __init__(self) -> None:
        self._heard: dict[tuple[int, int], Told] = {}

    @property
    def heard(self) -> list[Told]:
        """For each site and way the nearest that was seen."""
        return list(self._heard.values())

    def __call__(self, site: int, left: Any, word: str, *rest: Any) -> Any:
        """Do what stood there."""
        if word == "[]":
            self._note_keys(site, left, rest[0])
            return left[rest[0]]
        if word not in _COMPARE:
            self._note(site, word, left, rest[0])
            return getattr(left, word)(*rest)
        self._note(site, word, left, rest[0])
        result = _COMPARE[word](left, rest[0])
        if len(rest) > 1 and result:
            self._note(1000 + site, rest[1], rest[0], rest[2])
            result = _COMPARE[rest[1]](rest[0], rest[2])
        return result

    def _note(self, site: int, word: str, left: Any, right: Any) -> None:
        if len(self._heard) >= _MAX_HEARD:
            return
        one, other = _short(left), _short(right)
        if word in {"in", "not in", "get"}:
            if word == "get":
                one, other = _short(right), _keys(left)
            if type(other) is list:
                way = 0 if one in other else 1
                self._keep((site, word, way, float(way), one, other))
                return
        if type(one) is str and type(other) is str:
            self._keep((site, word, *_texts(word, one, other), one, other))
            return
        apart = _apart(left, right)
        if apart is not None:
            way = (apart > 0) - (apart < 0)
            way = way if word in _ORDERED else abs(way)
            self._keep((site, word, way, max(-_FAR, min(_FAR, apart)), one, other))

    def _note_keys(self, site: int, held: Any, key: Any) -> None:
        keys, one = _keys(held), _short(key)
        if keys is not None and one is not None:
            way = 0 if one in keys else 1
            self._keep((site, "[]", way, float(way), one, keys))

    def _keep(self, told: Told) -> None:
        place = told[0], told[2]
        known = self._heard.get(place)
        if known is None or abs(told[3]) < abs(known[3]):
            self._heard[place] = told


def _texts(word: str, one: str, other: str) -> tuple[int, float]:
    if word == "startswith":
        return (0, 0.0) if one.startswith(other) else (1, 1.0)
    if word == "endswith":
        return (0, 0.0) if one.endswith(other) else (1, 1.0)
    if word in {"in", "not in"}:
        return (0, 0.0) if one in other else (1, 1.0)
    way = (one > other) - (one < other)
    apart = abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))
    return (way, float(apart)) if word in _ORDERED else (abs(way), float(apart))


def _apart(left: Any, right: Any) -> float | None:
    if {type(left), type(right)} <= {int, float, bool}:
        return _number(left - right)
    if type(left) in _COUNTING and type(right) in _COUNTING | {int}:
        try:
            return _number(left - right)
        except (TypeError, ArithmeticError, OverflowError, ValueError):
            return None
    if isinstance(left, enum.Enum) and isinstance(right, enum.Enum):
        return 0.0 if left is right else 1.0
    return None


def _number(value: Any) -> float | None:
    seconds = value.total_seconds() if type(value) is timedelta else value
    try:
        found = float(seconds)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found == found else None  # noqa: PLR0124 (not a number)


def _short(value: Any) -> Any:
    """A plain value as it is, a member of an enum by its name; None where it is neither or too large."""
    kind = type(value)
    if kind in {bool, int, float}:
        return value if abs(value) < _FAR else None
    if kind is str:
        return value if len(value) <= _MAX_TEXT else None
    if isinstance(value, enum.Enum):
        return str(value._name_)
    if kind in {list, tuple, set, frozenset}:
        return _plain(value)
    return None if kind is not dict else _keys(value)


def _plain(values: Any) -> list[Any]:
    plain = [item for item in list(values)[:_MAX_KEYS] if type(item) in {int, str} and len(str(item)) <= _MAX_TEXT]
    return sorted(plain, key=lambda item: (str(type(item)), item))


def _keys(held: Any) -> list[Any] | None:
    if type(held) is dict:
        return _plain(held)
    if isinstance(held, enum.EnumMeta):
        return [str(name) for name in held._member_map_][:_MAX_KEYS]
    return None


@contextmanager
def listening() -> Iterator[Listener]:
    """While the body runs, code with a wiretap finds its listener."""
    listener = Listener()
    setattr(builtins, CALL, listener)
    try:
        yield listener
    finally:
        delattr(builtins, CALL)


def simple(told: list[Told]) -> Iterator[list[Any]]:
    """For a message."""
    yield from (list(item) for item in told)
