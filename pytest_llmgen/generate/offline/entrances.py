"""Public functions through which a private one is reached: what it does is tested by them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.generate.offline.code import FunctionNode, parsed
from pytest_llmgen.records import Module, Target

_MOST = 2


def is_private(target: Target) -> bool:
    """Whether the name says that nobody should call it from outside."""
    return target.name.startswith("_") and not target.name.endswith("__")


def dispatcher(target: Target, module: Module) -> Target | None:
    """The function of ``functools.singledispatch`` for which the target is registered, by which it is called."""
    heads = (text.partition("(")[0] for text in target.decorators)
    names = {head.removesuffix(".register") for head in heads if head.endswith(".register")}
    if not names:
        return None
    whole = parse_module(module.path, module.name, module.import_root, module.source)
    return next((each for each in whole.targets if each.qualname in names), None)


def entrances(target: Target, module: Module) -> list[Target]:
    """Functions of the module that call a private one, straight or through other private ones, the nearest first."""
    whole = parse_module(module.path, module.name, module.import_root, module.source)  # also what nothing is asked of
    known = {each.qualname: each for each in whole.targets}
    callers = _callers(module)
    found: dict[str, None] = {}
    waiting = [target.qualname]
    for current in waiting:
        for name in callers.get(current, ()):
            if name not in waiting:
                if name in known and not is_private(known[name]):
                    found[name] = None
                waiting.append(name)
    return [known[name] for name in found][:_MOST]


def _callers(module: Module) -> Mapping[str, list[str]]:
    """Qualified name to those of the functions that mention it, within the module or the class."""
    found: dict[str, list[str]] = {}
    for owner, node in _functions(parsed(module.source)):
        own = f"{owner}.{node.name}" if owner else node.name
        for item in ast.walk(node):
            match item:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if owner:
                    named = f"{owner}.{attr}"
                case ast.Name(id=named, ctx=ast.Load()):
                    pass
                case _:
                    continue
            if named != own and own not in found.setdefault(named, []):
                found[named].append(own)
    return found


def _functions(tree: ast.Module) -> list[tuple[str, FunctionNode]]:
    """The functions of the module and the methods of its classes, with their owner."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    plain = [("", node) for node in tree.body if isinstance(node, kinds)]
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return [*plain, *((owner.name, node) for owner in owners for node in owner.body if isinstance(node, kinds))]
