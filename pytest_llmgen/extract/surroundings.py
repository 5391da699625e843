"""The definitions around a target: the types of its signature, what those are made of, what its body names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from pytest_llmgen.extract.names import Names, Place, resolve_call
from pytest_llmgen.extract.outline import outline_class, shorten
from pytest_llmgen.extract.targets import Function, text_of

_STEPS = 2
"""How far types are followed: from the signature to the fields of its types, and once more."""
_IMPLEMENTATIONS = 2
"""How many classes that fulfil an abstract type are shown."""
_ABSTRACT = frozenset({"Protocol", "ABC", "ABCMeta"})

Known = Mapping[str, Names]


def types_of(known: Known, place: Place, owner: Place | None, node: Function) -> Iterator[str]:
    """What a caller must know of the types: signature and constructor first, then what these are made of.

    Args:
        known: the names of the project's modules, by dotted name.
        place: the target's own.
        owner: the class that it belongs to.
        node: the target's definition.
    """
    seen = {owner} if owner else set()
    level = [*_places(known, place[0], _annotations(node)), *(_parts(known, owner) if owner else ())]
    for _ in range(_STEPS):
        fresh = [each for each in dict.fromkeys(level) if each not in seen]
        seen.update(fresh)
        yield from (_shown(known, each) for each in fresh)
        level = [part for each in fresh for part in chain(_parts(known, each), _implementations(known, each))]


def uses_of(known: Known, place: Place, owner: Place | None, node: Function) -> Iterator[str]:
    """Classes and module-level values of the project that the body names: enums, exceptions, constants."""
    called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    raised = {id(_raised(each.exc)) for each in ast.walk(node) if isinstance(each, ast.Raise) and each.exc}
    for statement in node.body:
        for name in ast.walk(statement):
            if not isinstance(name, ast.Name | ast.Attribute) or (id(name) in called and id(name) not in raised):
                continue
            found = resolve_call(known, place[0], "", name)
            if found is not None and found != owner and _is_definition(known, found):
                yield _shown(known, found)


def documented_errors(known: Known, place: Place, docstring: str | None) -> Iterator[str]:
    """The project's exceptions that a docstring names."""
    here = known.get(place[0])
    words = {word.strip(":,.;`()") for word in (docstring or "").split()}
    for name in sorted(words & ({*here.classes, *here.imports} if here else set())):
        found = resolve_call(known, place[0], "", ast.Name(id=name))
        if found is not None and found[1] in known[found[0]].classes:
            yield _shown(known, found)


def _raised(error: ast.expr) -> ast.expr:
    return error.func if isinstance(error, ast.Call) else error


def _annotations(node: Function) -> Iterator[ast.expr]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    yield from (each.annotation for each in arguments if each and each.annotation)
    if node.returns:
        yield node.returns


def _constructor(known: Known, owner: Place) -> Function | None:
    here = known.get(owner[0])
    found = here.functions.get(f"{owner[1]}.__init__") if here else None
    return found.node if found else None


def _places(known: Known, module: str, annotations: Iterable[ast.expr]) -> Iterator[Place]:
    for name in chain.from_iterable(map(_names_in, annotations)):
        place = resolve_call(known, module, "", name)
        if place is not None and _is_definition(known, place):
            yield place


def _is_definition(known: Known, place: Place) -> bool:
    here = known[place[0]]
    return place[1] in here.classes or place[1] in here.constants


def _parts(known: Known, place: Place) -> Iterator[Place]:
    """What a class's constructor and fields, or the text of an alias, name."""
    here = known[place[0]]
    if place[1] not in here.classes and place[1] not in here.constants:
        return
    if place[1] in here.constants:
        yield from _places(known, place[0], [_value(here.constants[place[1]])])
        return
    constructor = _constructor(known, place)
    statements = [*here.classes[place[1]].body, *(constructor.body if constructor else ())]
    fields = [each.annotation for each in statements if isinstance(each, ast.AnnAssign)]
    yield from _places(known, place[0], [*(_annotations(constructor) if constructor else ()), *fields])


def _value(statement: ast.stmt) -> ast.expr:
    return getattr(statement, "value", None) or ast.Constant(None)


def _implementations(known: Known, place: Place) -> Iterator[Place]:
    """Classes of the project that a test can pass where an abstract one is asked for."""
    here = known[place[0]]
    node = here.classes.get(place[1])
    if node is None or not any(_last(each) in _ABSTRACT for each in [*node.bases, *_keywords(node)]):
        return
    wanted = {each.name for each in node.body if isinstance(each, Function)}
    fitting = (
        (module, name)
        for module in sorted(known)
        for name, other in known[module].classes.items()
        if (module, name) != place and _fulfils(known, module, other, place, wanted)
    )
    yield from list(dict.fromkeys(fitting))[:_IMPLEMENTATIONS]


def _keywords(node: ast.ClassDef) -> list[ast.expr]:
    return [keyword.value for keyword in node.keywords]


def _fulfils(known: Known, module: str, other: ast.ClassDef, place: Place, wanted: set[str]) -> bool:
    if any(resolve_call(known, module, "", base) == place for base in other.bases):
        return True
    return bool(wanted) and wanted <= {each.name for each in other.body if isinstance(each, Function)}


def _last(base: ast.expr) -> str:
    base = base.value if isinstance(base, ast.Subscript) else base
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


def _shown(known: Known, place: Place) -> str:
    """A definition, headed by how it is imported."""
    here, top = known[place[0]], place[1].partition(".")[0]
    node = here.classes.get(place[1])
    text = outline_class(node) if node else shorten(text_of(here.constants[place[1]]))
    return f"# from {place[0]} import {top}\n{text}"


def _names_in(annotation: ast.expr) -> Iterator[ast.expr]:
    """The names in an annotation, those in quotes included."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name | ast.Attribute):
            yield node
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            quoted = _parsed(node.value)
            yield from _names_in(quoted) if quoted else ()


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
