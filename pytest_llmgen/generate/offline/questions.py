"""What can be asked of an object without changing it, so that tests need no private attributes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from pytest_llmgen.generate.offline.code import FunctionNode, decorator_names, parameters
from pytest_llmgen.generate.offline.inputs import changes_object
from pytest_llmgen.generate.offline.world import ClassShape

_PROPERTIES = {"property", "cached_property"}
_SHOWING = ("__len__", "__str__", "__iter__", "__repr__")
_COMMANDS = {"pop", "popitem", "popleft", "clear", "remove", "discard", "delete", "insert", "send", "take", "reset"}
"""First words of methods that change their object, also where a base in machine code does it."""
_MAPPINGS = {"MutableMapping", "Mapping", "dict", "UserDict", "OrderedDict"}


def questions(
    shape: ClassShape, target: str, arguments: tuple[str, ...]
) -> tuple[list[str], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Properties and the like by name; then methods that take some of a call's arguments, with their names.

    The latter only of a target that may change its object: each is asked twice in every probe.
    """
    asked = showing(shape, target)
    is_changing = target not in shape.methods or not _leaves_alone(target, shape.methods)
    echoes: list[tuple[str, tuple[str, ...]]] = []
    for name, node in shape.methods.items():
        if name.startswith("_") or name == target or not _only_tells(name, shape.methods):
            continue
        if _PROPERTIES & set(decorator_names(node)):
            asked.append(name)
            continue
        needed = tuple(item.name for item in parameters(node, skip_first=True) if item.is_required)
        if is_changing and not node.decorator_list and set(needed) <= set(arguments):
            echoes.append((name, needed))
    return asked, tuple(echoes)


def showing(shape: ClassShape, target: str = "") -> list[str]:
    """Special methods that show an object as a whole."""
    found = [name for name in _SHOWING if name in shape.methods and name != target]
    if {"__next__", "__anext__"} & shape.methods.keys() and "__iter__" in found:
        found.remove("__iter__")  # it would be used up
    if _MAPPINGS & shape.bases and target not in {"__iter__", "__getitem__"}:
        found = ["__dict__", *(name for name in found if name == "__len__")]
    return [name for name in found if name != "__repr__" or len(found) == 1]


def _only_tells(name: str, methods: Mapping[str, FunctionNode]) -> bool:
    """Whether a method gives something, and neither it nor what it asks of its object seems to change anything."""
    if name.partition("_")[0] in _COMMANDS or not _leaves_alone(name, methods):
        return False
    return _gives(methods[name])


@lru_cache(maxsize=4096)  # every method of a class asks it of all the others
def _gives(node: FunctionNode) -> bool:
    """Whether a function returns something, and the same the next time."""
    inside = list(ast.walk(node))
    goes_on = any(isinstance(item, ast.Yield | ast.YieldFrom | ast.Global) or _is_next(item) for item in inside)
    return not goes_on and any(isinstance(item, ast.Return) and item.value is not None for item in inside)


def _is_next(item: ast.AST) -> bool:
    """Whether it takes the next number or line: another is given the second time."""
    return isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id == "next"


def _leaves_alone(name: str, methods: Mapping[str, FunctionNode]) -> bool:
    waiting = [name]
    for current in waiting:
        if isinstance(methods[current], ast.AsyncFunctionDef) or changes_object(methods[current]):
            return False
        waiting.extend(other for other in _asked(methods[current]) if other in methods and other not in waiting)
    return True


@lru_cache(maxsize=4096)
def _asked(node: FunctionNode) -> tuple[str, ...]:
    """Names of what a method takes from its object."""
    found = (item for item in ast.walk(node) if isinstance(item, ast.Attribute))
    return tuple(item.attr for item in found if isinstance(item.value, ast.Name) and item.value.id == "self")
