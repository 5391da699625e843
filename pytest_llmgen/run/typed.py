"""Values of a type that nothing is known of but its name, in the child: members, or what hypothesis makes of it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from pytest_llmgen.records import Value
from pytest_llmgen.run.values import describe, names_of

_MOST_OTHERS = 12
"""Members of an enumeration that the code does not name."""
_LONGEST = 90
"""Characters of a value that a test can show beside others."""
_ROOM = 1700
"""Characters of all sources together: what a probe shows has an end."""

Drawn = tuple[str, tuple[str, ...], str]
"""Full name of the type, the imports that the source needs, and the source."""
Rows = list[tuple[str, tuple[str, ...], list[str]]]
"""The same with the sources of equal type and imports together."""


def of_type(kind: Any, wanted: Sequence[str] = ()) -> Rows:
    """Values of a type that compares by content; none of what is rather a service, since making one may do things.

    ``wanted`` are the members of an enumeration that must be among them.
    """
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return in_rows([each for member in _spread(list(kind), wanted) if (each := told(member))])
    if isinstance(kind, type) and "__eq__" not in names_of(kind):
        return []
    from pytest_llmgen.run import drawing  # noqa: PLC0415 (loads hypothesis: half a second)

    return drawing.of_type(kind)


def _spread(members: Sequence[enum.Enum], wanted: Sequence[str]) -> list[enum.Enum]:
    """Those that are wanted, and some from all over the rest."""
    first = [member for member in members if member.name in wanted]
    rest = [member for member in members if member.name not in wanted]
    return [*first, *rest[:: -(-len(rest) // _MOST_OTHERS) or 1]]


def in_rows(values: Sequence[Drawn]) -> Rows:
    """As many of the values as there is room for."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    room = _ROOM
    for name, imports, source in values:
        room -= len(source) + (0 if (name, imports) in found else len(name) + len("".join(imports)))
        if room >= 0:
            found.setdefault((name, imports), []).append(source)
    return [(*known, sources) for known, sources in found.items()]


def told(value: object) -> Drawn | None:
    """The value as source, where it has one that is not too long."""
    return short(describe(value))


def short(value: Value) -> Drawn | None:
    """A described value as source, where it has one that is not too long."""
    is_short = value.source is not None and len(value.source) <= _LONGEST
    return (value.type_name, value.imports, value.source or "") if is_short else None
