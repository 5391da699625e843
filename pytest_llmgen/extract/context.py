"""What a writer of tests should know of a target, gathered from the project's own text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from textwrap import dedent

from pytest_llmgen.extract.examples import choose_examples
from pytest_llmgen.extract.names import Names, Place, import_nodes, resolve, resolve_call
from pytest_llmgen.extract.outline import describe_class, describe_function, first_paragraph, outline_class
from pytest_llmgen.extract.project import Project, Use, read_project
from pytest_llmgen.extract.surroundings import documented_errors, types_of, uses_of
from pytest_llmgen.extract.targets import Function, text_of
from pytest_llmgen.records import Module, Target, TargetContext, TargetKind

__all__ = ["Project", "context_of_target", "read_project"]

_CALLERS = 3
_CALLER_LINES = 6
_CALLEES = 12
_TYPES = 8
_USES = 8
_ACCESSORS = (".setter", ".deleter", ".getter")


def context_of_target(target: Target, module: Module, project: Project) -> TargetContext:
    """The context of one target; what cannot be found out is left empty."""
    names = project.names_in(module)
    definition = names.functions.get(target.qualname)
    node = definition.node if definition else None
    return TargetContext(
        import_line=f"from {module.name} import {_plain(target).partition('.')[0]}",
        module_doc=first_paragraph(ast.get_docstring(names.tree)),
        module_imports=tuple(text_of(each) for each in import_nodes(names.tree)),
        class_outline=_class_outline(target, names),
        callees=_first(_CALLEES, _callees(project, target, node)) if node else (),
        types=_first(_TYPES, _types(project, target, node)) if node else (),
        uses=_first(_USES, uses_of(project.names, _place(target), _owner_place(target), node)) if node else (),
        callers=_first(_CALLERS, _callers(project, target)),
        examples=choose_examples(target, _used_name(target), project.examples),
        fixtures=project.fixtures,
        versions=_versions(project, names),
        async_plugin=project.async_plugin,
        has_hypothesis=project.has_hypothesis,
        strategies=project.strategies,
    )


def _plain(target: Target) -> str:
    """The qualified name as code has it: no accessor, no number of a redefinition."""
    name = target.qualname.partition("#")[0]
    for accessor in _ACCESSORS if target.kind is TargetKind.PROPERTY else ():
        name = name.removesuffix(accessor)
    return name


def _owner(target: Target) -> str:
    return _plain(target).rpartition(".")[0] if target.kind is not TargetKind.FUNCTION else ""


def _used_name(target: Target) -> str:
    """The name by which code uses the target: the class for a special method."""
    name = _plain(target).rpartition(".")[2]
    owner = _owner(target).rpartition(".")[2]
    return owner if owner and name.startswith("__") and name.endswith("__") else name


def _class_outline(target: Target, names: Names) -> str:
    node = names.classes.get(_owner(target))
    return outline_class(node) if node else ""


def _first(count: int, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(texts))[:count])


def _callees(project: Project, target: Target, node: Function) -> Iterator[str]:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        place = resolve_call(project.names, target.module, _owner(target), call.func)
        if place is not None and place != (target.module, target.qualname):
            yield from _described(project, place)


def _described(project: Project, place: Place) -> Iterator[str]:
    names = project.names[place[0]]
    if place[1] in names.functions:
        yield describe_function(place[0], place[1], names.functions[place[1]].node)
    elif place[1] in names.classes:
        yield describe_class(place[0], place[1], names.classes[place[1]])


def _types(project: Project, target: Target, node: Function) -> Iterator[str]:
    yield from types_of(project.names, _place(target), _owner_place(target), node)
    yield from documented_errors(project.names, _place(target), target.docstring)


def _place(target: Target) -> Place:
    return target.module, _plain(target)


def _owner_place(target: Target) -> Place | None:
    owner = _owner(target)
    return (target.module, owner) if owner else None


def _callers(project: Project, target: Target) -> Iterator[str]:
    for use in project.uses.get(_used_name(target), ()):
        if use.definition.qualname == target.qualname and use.module.path == target.path:
            continue
        if _is_use(project, target, use):
            yield _excerpt(use)


def _is_use(project: Project, target: Target, use: Use) -> bool:
    """Whether the name means the target there; methods are known by their class being named in the file."""
    owner = _owner(target)
    if not owner:
        place = resolve_call(project.names, use.module.name, "", use.called)
        return isinstance(use.node, ast.Call) and place == (target.module, _plain(target))
    if _used_name(target) == owner.rpartition(".")[2]:  # a special method: its class is called
        return isinstance(use.node, ast.Call) and resolve(project.names, use.module.name, owner) == (
            target.module,
            owner,
        )
    if isinstance(use.node, ast.Call) == (target.kind is TargetKind.PROPERTY):
        return False
    return use.module.path == target.path or owner.partition(".")[0] in use.module.source


def _excerpt(use: Use) -> str:
    """The call with a line before and after it, headed by where it is."""
    function = use.definition.node
    first = max(function.lineno, use.node.lineno - 1)
    last = min(function.end_lineno or first, (use.node.end_lineno or first) + 1, first + _CALLER_LINES - 1)
    text = dedent("\n".join(use.module.source.split("\n")[first - 1 : last])).strip("\n")
    return f"# {use.module.path}, {use.definition.qualname}\n{text}"


def _versions(project: Project, names: Names) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({project.versions[top] for top in names.top_level if top in project.versions}))
