"""Values as a person writes them: ``Money(3)`` for ``Money(cents=3)``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile

from pytest_llmgen.generate.offline.code import ParameterKind
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape
from pytest_llmgen.generate.offline.write import Look, Seen
from pytest_llmgen.records import Value

_FEW = 2
"""Arguments that need no names; where there are more, names help."""


def restyled(seen: Seen, classes: Mapping[str, ClassShape]) -> Seen:
    """The same with plainer expressions for what was seen."""
    fields = leading_fields(classes)
    observation = seen.find.observation
    value = observation.value and _plain(observation.value, fields)
    changed = {name: _plain(each, fields) for name, each in observation.changed.items()}
    find = replace(seen.find, observation=replace(observation, value=value, changed=changed))
    state, parts, last = (_looks(looks, fields) for looks in (seen.state, seen.parts, seen.last))
    return replace(seen, find=find, state=state, parts=parts, last=last)


def leading_fields(classes: Mapping[str, ClassShape]) -> dict[str, tuple[str, ...]]:
    """For each record the fields that are given by position: the first, and the second where it has no default."""
    found = {}
    for name, shape in classes.items():
        first = shape.parameters[:_FEW]
        fields = [item.name for rank, item in enumerate(first) if rank == 0 or item.is_required]
        if shape.kind is ClassKind.RECORD and all(item.kind is ParameterKind.PLAIN for item in first):
            found[name] = tuple(fields)
    return found


def _looks(looks: tuple[Look, ...], fields: Mapping[str, tuple[str, ...]]) -> tuple[Look, ...]:
    return tuple(replace(look, value=_plain(look.value, fields)) for look in looks)


def _plain(value: Value, fields: Mapping[str, tuple[str, ...]]) -> Value:
    if value.source is None or not any(f"{name}(" in value.source for name in fields):
        return value
    tree = ast.parse(value.source, mode="eval")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    long = {node.func.id for node in calls if isinstance(node.func, ast.Name) and len(node.keywords) > _FEW}
    for node in calls:
        if isinstance(node.func, ast.Name) and node.func.id not in long and not node.args:
            _by_position(node, fields.get(node.func.id, ()))
    return replace(value, source=ast.unparse(tree))


def _by_position(call: ast.Call, fields: tuple[str, ...]) -> None:
    """The leading arguments without their names."""
    pairs = takewhile(lambda pair: pair[0].arg == pair[1], zip(call.keywords, fields, strict=False))
    call.args = [word.value for word, _ in pairs]
    call.keywords = call.keywords[len(call.args) :]
