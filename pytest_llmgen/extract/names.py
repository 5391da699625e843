"""Which name means what: the imports, functions and classes of the project's modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_llmgen.extract.targets import Definition, Function, definitions, parse, statements_in
from pytest_llmgen.records import Module

Place = tuple[str, str]
"""A dotted module name and a qualified name in it; an empty one is the module itself."""

_REEXPORTS = 8  # how many ``from .a import b`` are followed before a loop is assumed


@dataclass(frozen=True, slots=True)
class Names:
    """What a module defines and what its imports mean."""

    module: Module
    tree: ast.Module
    imports: Mapping[str, Place]  # local name -> what it stands for
    functions: Mapping[str, Definition]
    classes: Mapping[str, ast.ClassDef]
    constants: Mapping[str, ast.stmt]  # what the module's own level assigns: values, type aliases
    top_level: frozenset[str]  # the first parts of what it imports


def names_of(module: Module) -> Names:
    """The names of a module; one that cannot be parsed has none."""
    tree = parse_or_empty(module.source)
    package = module.name if module.path.endswith("__init__.py") else module.name.rpartition(".")[0]
    imports = {name: place for node in import_nodes(tree) for name, place in _imported(node, package)}
    functions = {each.qualname: each for each in definitions(tree)}
    top_level = frozenset(name.partition(".")[0] for name in imported_modules(tree))
    return Names(module, tree, imports, functions, dict(_classes(tree)), dict(_constants(tree)), top_level)


def parse_or_empty(source: str) -> ast.Module:
    """The syntax tree, an empty one where the text is broken."""
    try:
        return parse(source)
    except (SyntaxError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def import_nodes(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """The imports outside of functions and classes, those for type checkers included, by line."""
    found: list[ast.Import | ast.ImportFrom] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not isinstance(node, Function | ast.ClassDef | ast.expr):
            stack.extend(ast.iter_child_nodes(node))
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def imported_modules(tree: ast.Module) -> set[str]:
    """The dotted names that absolute imports anywhere in a file may bring in, and their parents."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, Place]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, (name, "")
        return
    parts = package.split(".")
    parents = parts[: max(0, len(parts) - node.level + 1)] if node.level else []
    source = ".".join([*parents, *([node.module] if node.module else [])])
    for alias in node.names:
        yield alias.asname or alias.name, (source, alias.name)


def _classes(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            stack.extend((child, f"{prefix}{node.name}.") for child in node.body)
        elif not isinstance(node, Function):
            stack.extend((child, prefix) for child in statements_in(node))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node
        elif type(node).__name__ == "TypeAlias":  # ``type X = ...``, from Python 3.12
            yield node.name.id, node  # type: ignore[attr-defined]


def resolve(known: Mapping[str, Names], module: str, name: str) -> Place | None:
    """Where the project defines a name that a module uses, re-exports followed; None for anything else.

    A name that stands for a module of the project gives that module and an empty qualified name.
    """
    for _ in range(_REEXPORTS):
        here = known.get(module)
        if here is None:
            return None
        if name in here.functions or name in here.classes or name in here.constants:
            return module, name
        if name in here.imports:
            source, imported = here.imports[name]
            if not imported or f"{source}.{imported}" in known:
                found = f"{source}.{imported}" if imported else source
                return (found, "") if found in known else None
            module, name = source, imported
        else:
            return None
    return None


def resolve_call(known: Mapping[str, Names], module: str, owner: str, call: ast.expr) -> Place | None:
    """Where the project defines what is called: ``f``, ``module.f``, ``Class.f``, ``self.f`` or ``cls.f``.

    ``owner`` is the qualified name of the class around the call, empty outside of classes.
    """
    if isinstance(call, ast.Name):
        return resolve(known, module, call.id)
    if not (isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)):
        return None
    if call.value.id in ("self", "cls") and owner:
        return find_method(known, (module, owner), call.attr)
    place = resolve(known, module, call.value.id)
    if place is None:
        return None
    if place[1]:
        return find_method(known, place, call.attr)
    return resolve(known, place[0], call.attr)


def find_method(known: Mapping[str, Names], owner: Place, name: str) -> Place | None:
    """The class among the owner and its bases in the project that defines a method."""
    queue, seen = [owner], set[Place]()
    while queue:
        place = queue.pop(0)
        here = known.get(place[0])
        if here is None or place in seen or place[1] not in here.classes:
            continue
        seen.add(place)
        qualname = f"{place[1]}.{name}"
        if qualname in here.functions:
            return place[0], qualname
        written = here.classes[place[1]].bases
        plain = (base.value if isinstance(base, ast.Subscript) else base for base in written)  # Base[int] is Base
        bases = (resolve_call(known, place[0], "", base) for base in plain)
        queue.extend(base for base in bases if base is not None)
    return None
