"""Which values the names in a condition had when it was reached, in the child; nothing of the project is called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath
from types import FrameType
from typing import Any
from uuid import UUID

MOST_VALUES = 3
"""Different values of one name that are kept."""
_TEXT, _NUMBER = 30, 10**15
_WIDE = 60
_OF_THE_LIBRARY = frozenset({Decimal, Fraction, date, datetime, timedelta, UUID, PurePosixPath, PosixPath})
"""Types whose ``__repr__`` is not the project's."""
_MISSING = object()

Names = Mapping[int, Sequence[str]]
"""Line -> names, each may be a path of attributes."""
Seen = dict[tuple[str, int, str], list[str]]
"""Values in short by file name, line and name, in the order in which they were met."""


@contextmanager
def watch(places: Mapping[str, Names]) -> Iterator[Seen]:
    """Note values at these lines (by the file names that code objects have) while the body runs in this thread."""
    seen: Seen = {}
    before = sys.gettrace()
    sys.settrace(_tracer(places, seen))
    try:
        yield seen
    finally:
        sys.settrace(before)


def _tracer(places: Mapping[str, Names], seen: Seen) -> Callable[[FrameType, str, Any], Any]:
    def on_line(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            file = frame.f_code.co_filename
            for name in places[file].get(frame.f_lineno, ()):
                _note(seen.setdefault((file, frame.f_lineno, name), []), read(frame.f_locals, name))
        return on_line

    def on_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        lines = places.get(frame.f_code.co_filename)
        wanted = lines and any(line in lines for *_, line in frame.f_code.co_lines())
        return on_line if wanted else None

    return on_call


def _note(values: list[str], value: object) -> None:
    if value is not _MISSING and len(values) < MOST_VALUES:
        text = in_short(value)
        if text not in values:
            values.append(text)


def read(variables: Mapping[str, object], name: str) -> object:
    """The value of a local name or of an attribute path from one; only what instances hold, so that no code runs."""
    first, *rest = name.split(".")
    value = variables.get(first, _MISSING)
    for attribute in rest:
        try:
            held = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return _MISSING
        value = held.get(attribute, _MISSING) if isinstance(held, dict) else _MISSING
    return value


def in_short(value: object) -> str:
    """A value as a person says it; objects by their type, so that no ``__repr__`` runs."""
    kind = type(value)
    if value is None or kind is bool:
        return repr(value)
    if kind is int or kind is float:
        return repr(value) if abs(value) < _NUMBER else f"a large {kind.__name__}"  # type: ignore[arg-type]
    if kind is str or kind is bytes:
        short = repr(value[:_TEXT])  # type: ignore[index]
        return short if len(value) <= _TEXT else f"{short}..."  # type: ignore[arg-type]
    if kind in (list, tuple, dict, set, frozenset):
        size = len(value)  # type: ignore[arg-type]
        return f"a {kind.__name__} of {size}" if size else f"an empty {kind.__name__}"
    if isinstance(value, Enum):
        return f"{kind.__name__}.{read({'member': value}, 'member._name_')}"
    return repr(value)[:_WIDE] if kind in _OF_THE_LIBRARY else f"{kind.__name__} object"
