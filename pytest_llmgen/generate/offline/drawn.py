"""Values that Hypothesis strategies give: of the project's tests, and of types that nothing else is known of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.code import dotted, parsed
from pytest_llmgen.generate.offline.terms import Term, from_source, unique
from pytest_llmgen.generate.offline.world import imports_of, modules_of, sources_of, survey
from pytest_llmgen.records import Module, Observation, Probe, Prober, Strategy

_SECONDS = 20.0
"""For each: hypothesis alone takes a while to be imported."""
_MOST_TYPES = 12
_FROM_TYPE = "from pytest_llmgen.run.typed import of_type"
_FROM_PROJECT = "from pytest_llmgen.run.drawing import of_project"

_WORDS = {"typing", "typing_extensions", "collections", "abc", "types", "contextlib", "__future__"}
"""Modules whose names are known, or say nothing of values."""


def of_strategies(prober: Prober, strategies: Sequence[Strategy]) -> dict[str, list[Term]]:
    """What the strategies of the project's tests give, by the plain name of the type."""
    probes = [Probe(f"strategy#{rank}", _FROM_PROJECT, _call(each)) for rank, each in enumerate(strategies)]
    found: dict[str, list[Term]] = {}
    for each, seen in zip(strategies, prober.probe(probes, _SECONDS) if probes else [], strict=True):
        for type_name, term in _terms(seen):
            name = each.name if each.is_registered else _plain(type_name)
            if name:
                found.setdefault(name, []).append(term)
    return {name: unique(terms) for name, terms in found.items()}


def _call(each: Strategy) -> str:
    more = ", is_registered=True" if each.is_registered else ""
    return f"of_project({each.path!r}, {each.expression!r}{more})"


def of_types(prober: Prober, statements: Mapping[str, str], source: str) -> dict[str, list[Term]]:
    """What hypothesis makes of types, by their names in the code; ``statements`` import them."""
    few = list(statements.items())[:_MOST_TYPES]
    probes = [
        Probe(f"type#{name}", f"{_FROM_TYPE}\n{statement}", f"of_type({name}, {_mentioned(name, source)!r})")
        for name, statement in few
    ]
    answers = prober.probe(probes, _SECONDS) if probes else []
    found = {name: [term for _, term in _terms(seen)] for (name, _), seen in zip(few, answers, strict=True)}
    return {name: terms for name, terms in found.items() if terms}


def unknown_types(module: Module, modules: Mapping[str, Module]) -> dict[str, str]:
    """Names in annotations, of a module and of what it imports from, of which no value can be made, with imports."""
    try:
        tree = parsed(module.source)
    except (SyntaxError, ValueError):
        return {}
    annotations = Annotations(survey(module, modules))
    behind = [modules[name] for name in sources_of(tree, module) if name in modules]
    found: dict[str, str] = {}
    for each in (module, *behind):
        for name, statement in _named_types(each):
            if name not in found and not annotations.terms_of_text(name):
                found[name] = statement
    return found


def _named_types(module: Module) -> Iterator[tuple[str, str]]:
    """What annotations of a module name that it has imported, where it is no part of the language of annotations."""
    try:
        tree = parsed(module.source)
    except (SyntaxError, ValueError):
        return
    statements = {**modules_of(tree), **imports_of(tree, module)}
    for text in dict.fromkeys(_annotated(tree)):
        statement = statements.get(text.partition(".")[0], "")
        if statement and statement.split()[1].partition(".")[0] not in _WORDS:
            yield text, statement


def _annotated(tree: ast.Module) -> Iterator[str]:
    """``HTTPStatus``, ``http.HTTPMethod``: the dotted names in annotations of parameters and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield from _dotted_names(node.annotation)


def _dotted_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return
    if isinstance(node, ast.Name | ast.Attribute) and dotted(node):
        yield dotted(node)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _dotted_names(child)


def _mentioned(name: str, source: str) -> list[str]:
    """``["OK", "NOT_FOUND"]``: what the code says of a type by name."""
    return list(dict.fromkeys(re.findall(rf"\b{re.escape(name)}\.(\w+)", source)))


def _terms(seen: Observation) -> Iterator[tuple[str, Term]]:
    """What a probe has drawn, with the full names of the types; nothing where it broke down."""
    if seen.outcome == "returned" and seen.value is not None and seen.value.source is not None:
        for type_name, imports, sources in ast.literal_eval(seen.value.source):
            yield from ((type_name, from_source(source, imports)) for source in sources)


def _plain(type_name: str) -> str:
    """The name of a class of the project or of a library; nothing for a type that comes with Python."""
    return "" if type_name.startswith("builtins.") else type_name.rpartition(".")[2]
