"""Values as source text: an expression that is equal to the value, or an honest None."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import importlib
import math
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from pytest_llmgen.records import Value

DEPTH_LIMIT = 6
SIZE_LIMIT = 2000
"""Characters of source; more than that no reader would want in a test."""
TEXT_LIMIT = 200
_ATOMS = (type(None), bool, int, str)
"""Types whose ``repr`` needs no proof that it is equal."""
_LARGE = 10**100
EXACT_DIGITS = 4
"""A float with no more significant digits than this is one that people write by hand."""

_PROVEN = frozenset({type(None), bool, int, str, bytes, float, list, tuple, dict, set, frozenset})
_MOCK = "unittest.mock"
_REAL = {kind.__name__: kind for kind in (dt.date, dt.datetime)}
"""A test has these from its imports, also while the code under test is given others."""
_DATE_CLASS = re.compile(r"\bdatetime\.(date|datetime|time|timedelta|timezone)\b")


class _NoSourceError(Exception):
    """There is no honest source for the value."""


def describe(value: object) -> Value:
    """Describe a value; ``source`` is None unless it evaluates to an equal value of the same type."""
    kind = type(value)
    if kind in _ATOMS and _is_short(atom := value):
        return _of_atom(atom)
    type_name = f"{kind.__module__}.{kind.__qualname__}"
    writer = _Writer()
    if kind.__name__ == "_CallList" and kind.__module__ == _MOCK:
        value = list(value)  # type: ignore[call-overload]
    try:
        source = writer.write(value, 0)
        imports = tuple(sorted(writer.imports))
        if len(source) <= SIZE_LIMIT and (writer.is_proven or _is_honest(source, imports, value)):
            return Value(type_name, source, imports, writer.approximate, _text(value))
    except Exception:  # noqa: BLE001, S110 (a value of the code under test may raise anything when looked at)
        pass
    return Value(type_name, None, (), False, _text(value))


def _is_short(value: Any) -> bool:
    if type(value) is str:
        return len(value) <= TEXT_LIMIT
    return value is None or -_LARGE < value < _LARGE


@lru_cache(maxsize=4096, typed=True)  # of all that is looked at, nearly everything was there before
def _of_atom(value: Any) -> Value:
    plain = repr(value)
    return Value(f"builtins.{type(value).__qualname__}", plain, (), False, _cut(plain))


def _text(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 (as above)
        text = f"<{type(value).__name__} without repr: {type(error).__name__}>"
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def _is_honest(source: str, imports: Iterable[str], value: object) -> bool:
    namespace: dict[str, Any] = {}
    for statement in imports:
        exec(code_of(statement, "exec"), namespace)  # noqa: S102 (import statements made here)
    namespace |= {name: real for name, real in _REAL.items() if name in namespace}
    return _equal(eval(code_of(source, "eval"), namespace), value)  # noqa: S307 (made here)


@lru_cache(maxsize=2048)  # the same expressions are met again and again: compiling one costs more than all the rest
def code_of(source: str, mode: str) -> types.CodeType:
    """The source compiled for ``exec`` or ``eval``.

    Raises:
        SyntaxError, ValueError: it is no code.
    """
    return compile(source, "<probe>", mode)


def _equal(copy: Any, value: Any) -> bool:
    if type(copy) is not type(value):
        return False
    if isinstance(value, float):
        return copy == value or (math.isnan(copy) and math.isnan(value))
    if type(value) in (list, tuple):
        return len(copy) == len(value) and all(map(_equal, copy, value))
    if type(value) is dict:
        return list(copy) == list(value) and all(_equal(copy[key], value[key]) for key in value)
    return bool(copy == value)


def importable(value: object) -> tuple[str, str]:
    """Module and qualified name of a class or function that really is found there.

    Raises:
        LookupError: it is not.
    """
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or module in ("__main__", "llmgen_probe"):
        raise LookupError(module)
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found is not value:
        raise LookupError(qualname)
    return module, qualname


@lru_cache(maxsize=256)
def names_of(kind: type) -> frozenset[str]:
    """What a class and its bases define, ``object`` left out."""
    return frozenset(name for owner in kind.__mro__[:-1] for name in vars(owner))


@lru_cache(maxsize=2048)
def _is_call_of_literals(source: str, name: str) -> bool:
    """Whether it calls something of this name; whatever is no expression, or has other arguments, is not."""
    try:
        match ast.parse(source, mode="eval").body:
            case ast.Call(func=ast.Name(id=called), args=args, keywords=words) if called == name:
                for part in (*args, *(word.value for word in words)):
                    ast.literal_eval(part)
                return True
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        pass
    return False


class _Writer:
    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.approximate = False
        self.is_proven = True  # of kinds alone whose source is equal to them as it is written here

    def write(self, value: Any, depth: int) -> str:
        if depth > DEPTH_LIMIT:
            raise _NoSourceError
        kind = type(value)
        self.is_proven = self.is_proven and kind in _PROVEN
        if kind in _WRITERS:
            return _WRITERS[kind](self, value, depth)
        if isinstance(value, enum.Enum):
            return self._enum(value)
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            return self._dotted(value)
        if dataclasses.is_dataclass(value):
            return self._dataclass(value, depth)
        if (named := _named_fields(value)) is not None:
            return self._call(self._dotted(kind), named, depth)
        is_call = kind.__module__ == _MOCK and kind.__name__ == "_Call"
        return self._mock_call(value, depth) if is_call else self._own_repr(value)

    def _mock_call(self, value: Any, depth: int) -> str:
        """``call.charge(5)``: what a stand-in was asked."""
        name, arguments, named = value
        if not all(part.isidentifier() for part in name.split(".") if part):
            raise _NoSourceError
        self.imports.add("from unittest.mock import call")
        words = (f"{key}={self.write(each, depth + 1)}" for key, each in named.items())
        plain = (self.write(each, depth + 1) for each in arguments)
        return f"call{'.' if name else ''}{name}({self._bounded([*plain, *words])})"

    def _own_repr(self, value: Any) -> str:
        """``Version(1, 2)``: a call that a class which compares by content shows itself as, or one with its text."""
        kind: Any = type(value)
        known = names_of(kind)
        if known >= {"__eq__", "__repr__"} and len(source := repr(value)) <= SIZE_LIMIT:
            if _is_call_of_literals(source, kind.__name__):
                return source.replace(kind.__name__, self._dotted(kind), 1)
            if known >= {"__hash__", "__str__"} and kind.__hash__ is not None:
                return f"{self._dotted(kind)}({str(value)!r})"  # read back from its own text, which is then proved
        raise _NoSourceError

    def write_plain(self, value: object, _depth: int) -> str:
        return repr(value)

    def write_float(self, value: float, _depth: int) -> str:
        if math.isnan(value) or math.isinf(value):
            return f'float("{value}")'
        digits = repr(abs(value)).replace(".", "").strip("0").partition("e")[0]
        self.approximate = self.approximate or (not value.is_integer() and len(digits) > EXACT_DIGITS)
        return repr(value)

    def write_complex(self, value: complex, depth: int) -> str:
        return f"complex({self.write_float(value.real, depth)}, {self.write_float(value.imag, depth)})"

    def write_list(self, value: list[Any], depth: int) -> str:
        return f"[{self._joined(value, depth)}]"

    def write_tuple(self, value: tuple[Any, ...], depth: int) -> str:
        return f"({self._joined(value, depth)}{',' if len(value) == 1 else ''})"

    def write_dict(self, value: dict[Any, Any], depth: int) -> str:
        pairs = (f"{self.write(k, depth + 1)}: {self.write(v, depth + 1)}" for k, v in value.items())
        return "{" + self._bounded(pairs) + "}"

    def write_set(self, value: set[Any], depth: int) -> str:
        return "{" + self._sorted(value, depth) + "}" if value else "set()"

    def write_frozenset(self, value: frozenset[Any], depth: int) -> str:
        return f"frozenset({{{self._sorted(value, depth)}}})" if value else "frozenset()"

    def _sorted(self, value: Iterable[Any], depth: int) -> str:
        try:
            return self._joined(sorted(value), depth)
        except TypeError:  # of mixed kinds
            return ", ".join(sorted(self.write(element, depth + 1) for element in value))

    def _joined(self, value: Iterable[Any], depth: int) -> str:
        return self._bounded(self.write(element, depth + 1) for element in value)

    def _bounded(self, parts: Iterable[str]) -> str:
        kept, size = [], 0
        for part in parts:
            kept.append(part)
            size += len(part) + 2
            if size > SIZE_LIMIT:
                raise _NoSourceError
        return ", ".join(kept)

    def write_slice(self, value: slice, depth: int) -> str:
        return f"slice({self._joined((value.start, value.stop, value.step), depth)})"

    def write_imported_repr(self, value: Any, _depth: int) -> str:
        self.imports.add(f"from {type(value).__module__} import {type(value).__name__}")
        return repr(value)

    def write_path(self, value: pathlib.PurePath, _depth: int) -> str:
        name = "Path" if isinstance(value, pathlib.Path) else type(value).__name__
        self.imports.add(f"from pathlib import {name}")
        return f"{name}({str(value)!r})"

    def write_datetime(self, value: Any, _depth: int) -> str:
        if getattr(value, "tzinfo", None) not in (None, dt.UTC) and type(value.tzinfo) is not dt.timezone:
            raise _NoSourceError
        source = repr(value)
        self.imports.update(f"from datetime import {name}" for name in _DATE_CLASS.findall(source))
        return _DATE_CLASS.sub(r"\1", source)

    def write_pattern(self, value: re.Pattern[Any], _depth: int) -> str:
        self.imports.add("import re")
        flags = value.flags & ~(re.UNICODE if isinstance(value.pattern, str) else 0)
        names = [f"re.{flag.name}" for flag in re.RegexFlag(flags)]
        return f"re.compile({', '.join([repr(value.pattern), *([' | '.join(names)] if names else [])])})"

    def _enum(self, value: enum.Enum) -> str:
        name = self._dotted(type(value))
        if value.name is None or "|" in value.name:
            raise _NoSourceError
        return f"{name}.{value.name}"

    def _dotted(self, value: Any) -> str:
        module, qualname = importable(value)
        if module == "builtins":
            return qualname
        self.imports.add(f"from {module} import {qualname.partition('.')[0]}")
        return qualname

    def _dataclass(self, value: Any, depth: int) -> str:
        fields = dataclasses.fields(value)
        if not value.__dataclass_params__.eq or any(not f.init and f.compare for f in fields):
            raise _NoSourceError
        shown = [(f.name, getattr(value, f.name)) for f in fields if f.init and not _is_default(f, value)]
        return self._call(self._dotted(type(value)), shown, depth)

    def _call(self, name: str, fields: Iterable[tuple[str, Any]], depth: int) -> str:
        return f"{name}({self._bounded(f'{key}={self.write(each, depth + 1)}' for key, each in fields)})"


def _named_fields(value: Any) -> Iterable[tuple[str, Any]] | None:
    """Of a named tuple its fields, of a pydantic model those that were set; None for anything else."""
    kind = type(value)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return zip(kind._fields, value, strict=True)
    if isinstance(fields := getattr(kind, "model_fields", None), dict) and hasattr(value, "model_fields_set"):
        return [(name, getattr(value, name)) for name in fields if name in value.model_fields_set]
    return None


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    current = getattr(value, field.name)
    if field.default is not dataclasses.MISSING:
        return type(current) is type(field.default) and bool(current == field.default)
    if field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return type(current) is type(made) and bool(current == made)
    return False


_WRITERS: Mapping[type, Callable[[_Writer, Any, int], str]] = {
    **dict.fromkeys((type(None), bool, int, str, bytes, type(...), type(NotImplemented)), _Writer.write_plain),
    bytearray: _Writer.write_plain,
    range: _Writer.write_plain,
    float: _Writer.write_float,
    complex: _Writer.write_complex,
    list: _Writer.write_list,
    tuple: _Writer.write_tuple,
    dict: _Writer.write_dict,
    set: _Writer.write_set,
    frozenset: _Writer.write_frozenset,
    slice: _Writer.write_slice,
    decimal.Decimal: _Writer.write_imported_repr,
    fractions.Fraction: _Writer.write_imported_repr,
    uuid.UUID: _Writer.write_imported_repr,
    **dict.fromkeys((dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone), _Writer.write_datetime),
    **dict.fromkeys(
        (pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath), _Writer.write_path
    ),
    re.Pattern: _Writer.write_pattern,
}
