"""The JSON Schema (2020-12) of ``report.json``, made from the records."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from pytest_llmgen import records
from pytest_llmgen.report.json_report import TOOL_NAME

# Words of fields that are plain text in the records.
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("FunctionReport", "state"): ("complete", "gaps", "not-attempted", "error", "accepted"),
    ("SuspectedBug", "source"): ("docstring", "type-hint", "name", "comment", "other"),
    ("SuspectedBug", "state"): ("open", "known-bug", "false-alarm", "stale", "expired"),
    ("TestReport", "state"): ("pending", "accepted", "rejected", "dropped"),
    ("RunInfo", "command"): ("generate", "check"),
    ("RunInfo", "scope"): ("new", "all", "paths"),
    ("Verdict", "gate"): ("enforce", "report", "off"),
}
_SIMPLE: Mapping[Any, dict[str, str]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    date: {"type": "string", "format": "date"},
}
_RATIO = {
    "type": "array",
    "description": "[numerator, denominator], never a float",
    "prefixItems": [{"type": "integer", "minimum": 0}] * 2,
    "items": False,
    "minItems": 2,
}
_PAIR_OF_NUMBERS = (int, int)
_SHARED = (records.Metrics, records.Region, records.Decision, records.Anchor)


def schema() -> dict[str, Any]:
    """The schema; new keys may be added without a new ``schema_version``."""
    properties = _properties()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-llmgen report",
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "$defs": {"ratio": _RATIO, **{cls.__name__: _object(cls) for cls in _SHARED}},
    }


def _properties() -> dict[str, Any]:
    facts = _fields(records.Facts)
    return {
        "schema_version": {"const": records.Report.__dataclass_fields__["schema_version"].default},
        "tool": _object(records.ToolInfo, name={"const": TOOL_NAME}),
        "run": _object(records.RunInfo),
        "suite": _object(records.SuiteInfo),
        "verdict": _without(_object(records.Verdict), "conditions"),
        "conditions": _list(_condition()),
        "totals": _object(records.Totals),
        "functions": _list(_object(records.FunctionReport)),
        "gaps": _list(_object(records.Gap, where={"type": "string"})),
        "suspected_bugs": _list(_object(records.SuspectedBug)),
        "tests": _list(_test()),
        "review": _object(records.Decisions, **_BY_STATE),
        "cost": _object(records.Cost, budget_usd=facts["budget_usd"], model=facts["model"]),
        **{name: facts[name] for name in _KEPT_AT_THE_TOP},
    }


_TEXT = {"type": "string"}
_IDS = {"type": "array", "items": _TEXT}
_MOVE = {"id": _TEXT, "from": _TEXT, "to": {"anyOf": [_TEXT, {"type": "null"}]}}
_MOVES = {"type": "array", "items": {"type": "object", "required": list(_MOVE), "properties": _MOVE}}
_BY_STATE = {"used": {"type": "integer"}, "unused": _IDS, "stale": _IDS, "expired": _IDS, "moved": _MOVES}
_KEPT_AT_THE_TOP = (
    "module_errors",
    "scope_problem",
    "nothing_to_test",
    "unreviewed_on_disk",
    "written",
    "removed",
    "warnings",
)


def _condition() -> dict[str, Any]:
    found = _fields(records.Condition)
    figures = {"actual": found["number"], "required": found["limit"], "operator": _OPERATORS}
    words = {"actual_text": found["actual"], "required_text": found["required"]}
    return _without(_without(_object(records.Condition, **figures, **words), "number"), "limit")


_OPERATORS = {"enum": ["<=", ">=", "==", None]}


def _test() -> dict[str, Any]:
    earned = _fields(records.Earned)
    extra = {
        "new_lines": earned["lines"],
        "new_branches": earned["branches"],
        "kills": earned["kills"],
        "sole_kills": earned["sole_kills"],
        "fills_category": earned["category"],
        "shows": earned["shows"],
    }
    return _without(_object(records.TestReport, **extra), "earned")


def _object(cls: type, **extra: Any) -> dict[str, Any]:
    properties = {**_fields(cls), **extra}
    return {"type": "object", "required": list(properties), "properties": properties}


def _without(description: dict[str, Any], name: str) -> dict[str, Any]:
    properties = {key: value for key, value in description["properties"].items() if key != name}
    return {**description, "required": list(properties), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _fields(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {name.rstrip("_"): _field(cls, name, hints[name]) for name in cls.__dataclass_fields__}  # type: ignore[attr-defined]


def _field(cls: type, name: str, hint: Any) -> dict[str, Any]:
    words = _WORDS.get((cls.__name__, name))
    if words is not None:
        return {"enum": list(words)}
    if get_origin(hint) is tuple and get_args(hint) == _PAIR_OF_NUMBERS:
        return {"$ref": "#/$defs/ratio"}
    return _type(hint)


def _type(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type(argument) for argument in arguments]}
    if origin is tuple:
        return _tuple(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*arguments)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        shared = hint in _SHARED
        return {"$ref": f"#/$defs/{hint.__name__}"} if shared else _object(hint)
    raise TypeError(f"no JSON for {hint}")


def _tuple(arguments: tuple[Any, ...]) -> dict[str, Any]:
    if arguments[-1] is Ellipsis:
        return _list(_type(arguments[0]))
    items = [_type(argument) for argument in arguments]
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _mapping(key: Any, value: Any) -> dict[str, Any]:
    description = {"type": "object", "additionalProperties": _type(value)}
    if issubclass(key, StrEnum):
        description["propertyNames"] = _type(key)
    return description
