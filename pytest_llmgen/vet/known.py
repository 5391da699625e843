"""What vetting may take for granted about a project; gathered by ``facts``, read by the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records import Target


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """The names of a project's module: name -> dotted origin where it was imported, else ``""``."""

    names: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False  # star imports or a module ``__getattr__``: it may have any name


@dataclass(frozen=True, slots=True)
class VetFacts:
    """Facts for all candidates of a run."""

    targets: Mapping[str, Target]  # by Target.key
    stdlib: frozenset[str]
    installed: frozenset[str]  # top-level names that can be imported
    dependencies: frozenset[str]  # those of them that the project or its tests import
    project: frozenset[str]  # top-level names of the project
    modules: Mapping[str, ModuleNames]  # dotted name -> names, packages included
    fixtures: frozenset[str]
    words: frozenset[str] = frozenset()  # of ``tables.STRONG`` that the project's own code has in it


def words(text: str) -> frozenset[str]:
    """A table of names, written as text."""
    return frozenset(text.split())


def names_of(tree: ast.Module, module: str, *, is_package: bool = False) -> ModuleNames:
    """The names that a module has after its import; ``module`` is its dotted name."""
    names: dict[str, str] = {}
    is_open = False
    for node in _module_level(tree.body):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            is_open = True
        is_open = is_open or _makes_names(node)
        names.update(_bound(node, module, is_package=is_package))
    return ModuleNames(names, is_open or "__getattr__" in names)


def _makes_names(node: ast.AST) -> bool:
    """Whether it may bind names that are not written there."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"globals", "exec", "setattr"}
    )


def _module_level(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node that runs in the module's own scope, bodies of functions and classes left out."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        pending: list[ast.AST] = list(ast.iter_child_nodes(statement))
        while pending:
            node = pending.pop(0)
            yield node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                pending.extend(ast.iter_child_nodes(node))


def _bound(node: ast.AST, module: str, *, is_package: bool) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, ""
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, ""
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name, ""
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        source = absolute(node, module, is_package=is_package)
        for alias in node.names:
            yield alias.asname or alias.name, f"{source}.{alias.name}"


def absolute(node: ast.ImportFrom, module: str, *, is_package: bool = False) -> str:
    """The dotted name that ``from ... import`` starts at, seen from ``module``."""
    if not node.level:
        return node.module or ""
    parts = module.split(".") if is_package else module.split(".")[:-1]
    parts = parts[: len(parts) - (node.level - 1)]
    return ".".join([*parts, *([node.module] if node.module else [])])
