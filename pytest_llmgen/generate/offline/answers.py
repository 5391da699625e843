"""What a stand-in has to answer, so that the code can do with its answers what it does.

Of ``session.get(url).json()["id"]`` comes ``Mock(get=Mock(return_value=Mock(json=Mock(return_value={"id": 3}))))``.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.uses import Use

_MAX_DEPTH = 6
_MAX_VARIANTS = 5
_OK = 200
_TEXT = frozenset(name for name in dir(str) if not name.startswith("_"))
_BUILT_IN = {"float": 9.5, "int": 3, "bool": True}
_DAY, _MOMENT = "2024-01-31", "2024-01-31T12:30:00"
_OF_KIND: dict[str, object] = {
    "int": 3,
    "float": 1.5,
    "str": "hello",
    "bool": True,
    "list": [3, 1],
    "dict": {"a": 1},
    "Decimal": "9.50",
    "date.fromisoformat": _DAY,
    "datetime.date.fromisoformat": _DAY,
    "datetime.fromisoformat": _MOMENT,
    "datetime.datetime.fromisoformat": _MOMENT,
    "UUID": "00000000-0000-0000-0000-000000000001",
}
"""By a type that is asked for, or a function that takes the value apart."""
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """Statements that make something, under a name, that answers as the code asks."""

    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()
    label: str = ""


def answers_to(use: Use, name: str, kinds: Mapping[str, str]) -> list[Answer]:
    """Stand-ins under a name: the usual one, then one for each value that the code compares something with.

    ``kinds`` are types that names suggest.
    """
    usual = _answer(use, name, {}, kinds, "")
    found = {usual.lines: usual}
    for part, value in _choices(use):
        label = f"{part.name.replace('_', ' ')} {'none' if value == [] else value}"
        other = _answer(use, name, {id(part): value}, kinds, label)
        found.setdefault(other.lines, other)
    return list(found.values())[:_MAX_VARIANTS]


def document_for(use: Use, kinds: Mapping[str, str], members: Mapping[str, object]) -> object:
    """What a document holds of which this is read; ``members`` are values of the enums that take such."""
    return _Writer({}, kinds, is_whole=True, members=members).plain(use)


def documents_for(use: Use, kinds: Mapping[str, str]) -> list[str]:
    """Mappings that have all that is read of them, then without one entry each, as Python code."""
    whole = _Writer({}, kinds, is_whole=True).plain(use)
    assert isinstance(whole, dict)
    less = [{key: value for key, value in whole.items() if key != left} for left in whole]
    return [repr(each) for each in (whole, *less[:_MAX_VARIANTS])]


def _answer(use: Use, name: str, chosen: Mapping[int, object], kinds: Mapping[str, str], label: str) -> Answer:
    writer = _Writer(chosen, kinds)
    lines = tuple(writer.lines(name, use))
    return Answer(lines, tuple(writer.imports), label)


def _choices(use: Use, depth: int = 0) -> Iterator[tuple[Use, object]]:
    """Places where something else than usual may stand, with what."""
    if depth > _MAX_DEPTH:
        return
    for value in use.compared:
        yield use, value
        if isinstance(value, int) and not isinstance(value, bool):
            yield use, _NOT_FOUND if "status" in use.name else value + 1
        elif isinstance(value, str):
            yield use, f"{value}!"
    if use.is_asked and not use.compared and not use.parts:
        yield use, False
    if use.items is not None:
        yield use, []
    for part in use.parts:
        yield from _choices(part, depth + 1)


class _Writer:
    """Writes a value down, with other plain values than the usual ones where some are ``chosen``."""

    def __init__(
        self,
        chosen: Mapping[int, object],
        kinds: Mapping[str, str],
        *,
        is_whole: bool = False,
        members: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """``is_whole``: with the entries, too, that may be missing."""
        self._chosen, self._kinds, self._is_whole = chosen, kinds, is_whole
        self._of_kind = {**_OF_KIND, **members}
        self.imports: dict[str, None] = {}

    def lines(self, name: str, use: Use) -> list[str]:
        """Statements that make the value."""
        if not self._is_mock(use):
            return [f"{name} = {self.source(use)}"]
        self.imports["from unittest.mock import Mock"] = None
        return [f"{name} = Mock()", *self._parts(name, use)]

    def _parts(self, path: str, use: Use) -> list[str]:
        if not self._is_mock(use) or (use.call is not None and use.call.is_awaited):
            return [f"{path} = {self.source(use)}"]
        found = [
            line for name, part in use.attrs.items() if _says(part) for line in self._parts(f"{path}.{name}", part)
        ]
        return [*found, *(self._parts(f"{path}.return_value", use.call) if use.call is not None else [])]

    def source(self, use: Use) -> str:
        """The value as one expression."""
        if use.entered is not None:
            self.imports["from contextlib import nullcontext"] = None
            return f"nullcontext({self.source(use.entered)})"
        if use.text is not None:
            return repr(json.dumps(self.plain(use.text)))
        return self._mock(use) if self._is_mock(use) else repr(self.plain(use))

    def _is_mock(self, use: Use) -> bool:
        is_text = bool(use.attrs) and use.attrs.keys() <= _TEXT and use.call is None
        is_made = use.entered is not None or use.text is not None
        return not is_text and not is_made and bool(use.attrs or use.call is not None)

    def _mock(self, use: Use) -> str:
        maker = "AsyncMock" if use.call is not None and use.call.is_awaited and not use.attrs else "Mock"
        self.imports[f"from unittest.mock import {maker}"] = None
        parts = [f"{name}={self.source(part)}" for name, part in use.attrs.items() if _says(part)]
        if use.call is not None:
            parts.append(f"return_value={self.source(use.call)}")
        return f"{maker}({', '.join(parts)})"

    def plain(self, use: Use) -> object:
        """A value that can be written as it is."""
        if id(use) in self._chosen:
            return self._chosen[id(use)]
        if use.keys and all(isinstance(key, str) for key in use.keys):
            return {key: self.plain(part) for key, part in use.keys.items() if self._is_whole or key not in use.maybe}
        if use.keys or use.items is not None:
            return [self.plain(use.items or next(iter(use.keys.values())))]
        return self._leaf(use)

    def _leaf(self, use: Use) -> object:
        if use.kind in self._of_kind and not use.compared:
            return self._of_kind[use.kind]
        numbers = [value for value in use.compared if type(value) in {int, float}]
        if len(numbers) > 1 and "status" not in use.name:
            return (min(numbers) + max(numbers)) // 2  # type: ignore[type-var, operator]
        if use.compared:
            return _OK if "status" in use.name else use.compared[0]
        if use.is_asked and not self._is_whole:
            return True
        wanted = suggested(use.name)
        if wanted is not None and wanted.source[0] in "'0123456789":
            return ast.literal_eval(wanted.source)
        return _BUILT_IN.get(self._kinds.get(use.name.rpartition("_")[2], ""), "hello")


def _says(use: Use) -> bool:
    """Whether anything is done with a part but to call it and forget the result."""
    return use.call is None or use.call.is_used or use.call.is_awaited
