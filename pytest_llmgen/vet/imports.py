"""Imports and attributes that do not exist, or that no test of this project should use."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.scope import Scope
from pytest_llmgen.vet.tables import MODULES, ORDINARY

ALWAYS = frozenset({"pytest", "hypothesis"})


def check_imports(scope: Scope) -> Iterator[Refusal]:
    """Refusals for what is imported and for attributes of the project's modules."""
    for node in scope.walk():
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _check_module(scope, alias.name, node)
        elif isinstance(node, ast.ImportFrom):
            yield from _check_from(scope, node)
        elif isinstance(node, ast.Attribute):
            yield from _check_attribute(scope, node)


def _check_from(scope: Scope, node: ast.ImportFrom) -> Iterator[Refusal]:
    if node.level:
        yield scope.refusal("relative-import", "relative imports do not work in a test file: import absolutely", node)
        return
    if any(alias.name == "*" for alias in node.names):
        yield scope.refusal("star-import", f"name what is needed of {node.module} instead of importing *", node)
        return
    refused = list(_check_module(scope, node.module or "", node))
    yield from refused
    if not refused:
        for alias in node.names:
            yield from _check_name(scope, node.module or "", alias.name, "unknown-name", node)


def _check_module(scope: Scope, dotted: str, node: ast.AST) -> Iterator[Refusal]:
    facts = scope.facts
    top = dotted.partition(".")[0]
    if top in facts.project:
        if dotted not in facts.modules and not _is_open_parent(scope, dotted):
            near = _near(dotted, facts.modules)
            yield scope.refusal("unknown-import", f"the project has no module {dotted}{near}", node)
    elif top.startswith("_") and top in facts.stdlib and top != "__future__":
        yield scope.refusal("introspection", f"{top} is private to the standard library", node, Fate.UNSAFE)
    elif top in facts.stdlib and top not in ORDINARY and top not in facts.dependencies and not _is_refused(dotted):
        message = f"the project does not use {top}, and tests seldom need it: do without"
        yield scope.refusal("unusual-import", message, node)
    elif top in facts.stdlib or top in ALWAYS or top in facts.dependencies & facts.installed:
        return
    elif top in facts.installed:
        message = (
            f"the project does not use {top}: use the standard library, pytest, hypothesis or {_some(facts.project)}"
        )
        yield scope.refusal("undeclared-import", message, node)
    else:
        yield scope.refusal("unknown-import", f"there is no package {top} here, and none will be installed", node)


def _is_refused(dotted: str) -> bool:
    """Whether another rule says more of it."""
    return any(dotted == name or dotted.startswith(f"{name}.") for name in MODULES)


def _check_name(scope: Scope, module: str, name: str, code: str, node: ast.AST) -> Iterator[Refusal]:
    known = scope.facts.modules.get(module)
    if known is None or known.is_open or name in known.names or f"{module}.{name}" in scope.facts.modules:
        return
    if name.startswith("__") and name.endswith("__"):
        return
    yield scope.refusal(code, f"{module} has no name {name}{_near(name, known.names)}", node)


def _check_attribute(scope: Scope, node: ast.Attribute) -> Iterator[Refusal]:
    dotted = scope.dotted(node)
    if dotted is None or not scope.is_project(dotted):
        return
    split = scope.split(dotted)
    if split is not None and split[1] and not split[2]:
        yield from _check_name(scope, split[0], split[1], "unknown-attribute", node)


def _is_open_parent(scope: Scope, dotted: str) -> bool:
    parent = scope.split(dotted)
    return parent is not None and scope.facts.modules[parent[0]].is_open


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; it has {_some(known)}" if known else ""


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:8])
