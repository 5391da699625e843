"""How a target is called, on which objects."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.beginnings import traceless
from pytest_llmgen.generate.offline.calls import Callee, Form, access, form_of, look
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, parameters
from pytest_llmgen.generate.offline.grounds import Ground, UnsuitableError
from pytest_llmgen.generate.offline.handed import with_handed
from pytest_llmgen.generate.offline.namesakes import with_namesakes
from pytest_llmgen.generate.offline.questions import questions
from pytest_llmgen.generate.offline.terms import Term, snake_case
from pytest_llmgen.generate.offline.usage import annotated, with_uses
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape
from pytest_llmgen.records import TargetKind

_MAX_LOOKED_AT = 24
_BOUND = {TargetKind.METHOD, TargetKind.PROPERTY}
_OWNED = _BOUND | {TargetKind.CLASSMETHOD}


def callee_of(ground: Ground) -> tuple[Callee, ClassShape | None, list[Term]]:
    """The target as something to call, the shape of its class, and objects of it.

    Raises:
        UnsuitableError: no object of its class can be made.
    """
    target, line = ground.target, ground.assignment.context.import_line
    owner = target.qualname.rpartition(".")[0]
    shape = ground.world.class_of(owner) if owner else None
    found = _parameters(ground, shape)
    if target.name in {"__init__", "__new__", "__post_init__"} and owner:
        found = shape.parameters if shape and target.name == "__post_init__" else found
        return Callee(target, access(line, owner, target.module), found, (line,), Form.PLAIN), shape, []
    if target.kind not in _BOUND:
        return Callee(target, access(line, target.qualname, target.module), found, (line,), form_of(target)), shape, []
    if shape is None:
        raise UnsuitableError(f"nothing is known of its class {owner}")
    objects = traceless(_objects(shape, ground), ground.tree)
    return _method(ground, shape, found), shape, objects


def in_use(ground: Ground, shape: ClassShape | None) -> FunctionNode:
    """The target with what is done with its parameters elsewhere: by its callees, and by methods if it keeps them."""
    target, node = ground.target, ground.node
    used = with_uses(node, shape.methods) if shape and target.name == "__init__" else node
    return with_handed(used, ground.tree, target.qualname.rpartition(".")[0])


def _parameters(ground: Ground, shape: ClassShape | None) -> tuple[Parameter, ...]:
    """What the target takes, with what its use tells where nobody says it."""
    target, node = ground.target, ground.node
    handed = in_use(ground, shape)
    items = _readable(parameters(node, skip_first=target.kind in _OWNED), ground.annotations)
    members = {each.name: each.members_of_objects for each in ground.world.classes.values()}
    return annotated(with_namesakes(items, handed, members), handed)


def _method(ground: Ground, shape: ClassShape, found: tuple[Parameter, ...]) -> Callee:
    target, form = ground.target, form_of(ground.target)
    name = snake_case(shape.name.rpartition(".")[2])
    constructor = tuple(item.name for item in shape.parameters)
    own = (target.name,) if form is Form.SETTER else ()
    asked, echoes = questions(shape, target.name, tuple(item.name for item in found))
    attributes = list(dict.fromkeys([*own, *shape.attributes, *asked]))
    looks = tuple(look(name, attribute) for attribute in attributes)[:_MAX_LOOKED_AT]
    active = tuple(text for text in looks if text.rpartition(".")[2] in shape.methods or text.endswith(")"))
    imports = (ground.assignment.context.import_line,)
    return Callee(target, name, found, imports, form, name, constructor, looks, echoes, active=active)


def _readable(items: tuple[Parameter, ...], annotations: Annotations) -> tuple[Parameter, ...]:
    """The parameters, without annotations of which no value can be made: what is done with them tells more."""
    return tuple(
        item if item.annotation is None or annotations.terms(item.annotation) else replace(item, annotation=None)
        for item in items
    )


def _objects(shape: ClassShape, ground: Ground) -> list[Term]:
    annotations, name = ground.annotations, ground.target.name
    if shape.kind is ClassKind.ABSTRACT and not annotations.receivers(shape, name):
        raise UnsuitableError(f"{shape.name} is abstract or its constructor is not known")
    objects = inputs.receivers(shape, annotations, ground.literals, name, ground.seen_of)
    if not objects:
        needs = [item.name for item in shape.parameters if not annotations.argument(item, 1)]
        raise UnsuitableError(f"the constructor of {shape.name} needs {', '.join(needs) or 'a value'}")
    return objects
