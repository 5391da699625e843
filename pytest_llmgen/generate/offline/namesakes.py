"""Parameters that are called as a class of the module is: ``parser`` where there is a ``Parser``."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace

from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, ParameterKind, body_nodes
from pytest_llmgen.generate.offline.terms import snake_case

_PLAIN = {ParameterKind.PLAIN, ParameterKind.POSITIONAL, ParameterKind.KEYWORD}


def with_namesakes(
    items: tuple[Parameter, ...], node: FunctionNode, members: Mapping[str, Collection[str]]
) -> tuple[Parameter, ...]:
    """The parameters, those without annotation that are called like a class taken for objects of it.

    ``members`` are names of what each class has: what the body asks for must be among them.
    """
    classes = {snake_case(name): name for name in members if not name.startswith("_")}
    return tuple(
        replace(item, annotation=ast.Name(found, ast.Load()), is_guessed=True)
        if (found := classes.get(item.name, "")) and _may_be(item, node, members[found])
        else item
        for item in items
    )


def _may_be(item: Parameter, node: FunctionNode, members: Collection[str]) -> bool:
    if item.annotation is not None or item.kind not in _PLAIN:
        return False
    asked = {
        each.attr
        for each in body_nodes(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == item.name
    }
    return asked <= set(members)
