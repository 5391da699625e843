"""How a target is called and with which values a search of it begins."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.accepted import inlined
from pytest_llmgen.generate.offline.aftermath import aftermaths
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.beginnings import traceless
from pytest_llmgen.generate.offline.calls import UNSUITABLE, Callee, Form, Input, access, form_of, look
from pytest_llmgen.generate.offline.closures import calls, form_within, inner_functions
from pytest_llmgen.generate.offline.code import (
    FunctionNode,
    Parameter,
    ParameterKind,
    find_function,
    helpers_of,
    parameters,
    parsed,
)
from pytest_llmgen.generate.offline.collaborators import Collaborators
from pytest_llmgen.generate.offline.commands import command_lines
from pytest_llmgen.generate.offline.docs import examples_of, seen_objects, seen_rows
from pytest_llmgen.generate.offline.drawn import NOTHING
from pytest_llmgen.generate.offline.ears import ears
from pytest_llmgen.generate.offline.files import paths_among
from pytest_llmgen.generate.offline.given import Given, named, objects_of, usable
from pytest_llmgen.generate.offline.hints import hints_of, texts_of
from pytest_llmgen.generate.offline.killing import boundary_terms, equal_rows
from pytest_llmgen.generate.offline.literals import boundaries, literals_of, neighbours
from pytest_llmgen.generate.offline.partners import Partner, partners_of, undoes
from pytest_llmgen.generate.offline.prose import told_of
from pytest_llmgen.generate.offline.questions import questions
from pytest_llmgen.generate.offline.regexes import matching_texts, texts_of_patterns
from pytest_llmgen.generate.offline.sending import sendings
from pytest_llmgen.generate.offline.situations import situations, with_situation
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.tables import NO_HOLDINGS, Holdings, entries_for, rows_with
from pytest_llmgen.generate.offline.terms import OMITTED, Term, literal, snake_case, unique
from pytest_llmgen.generate.offline.usage import annotated, asks_for_zone, constant_keys, forgives, guarded_types
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape, World, imports_of, optional_fields, survey
from pytest_llmgen.records import (
    Assignment,
    Module,
    Mutant,
    Target,
    TargetKind,
)

_MAX_LOOKED_AT = 24
_FEW_LITERALS = 4
_PER_INNER = 8
_OTHERS = {"other", "rhs"}
"""Names of what is mostly another object of the same class."""
_BOUND = {TargetKind.METHOD, TargetKind.PROPERTY}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search of one target starts from."""

    callee: Callee
    node: FunctionNode
    pools: tuple[tuple[Term, ...], ...]
    seeds: tuple[Input, ...]
    world: World
    shape: ClassShape | None
    boundaries: frozenset[str] = frozenset()
    known: tuple[object, ...] = ()  # plain values that the code mentions
    told: tuple[Input, ...] = ()  # inputs of the documentation's examples


class UnsuitableError(Exception):
    """A target that cannot be tested this way; the text says why."""


def plan_of(
    assignment: Assignment,
    modules: Mapping[str, Module],
    held: Holdings = NO_HOLDINGS,
    given: Sequence[Given] = (),
    objects_made: Mapping[str, Sequence[Term]] = NOTHING,
    drawn: Mapping[str, Sequence[Term]] = NOTHING,
) -> Plan:
    """Work out how the target is called and with which values.

    ``held`` is what the module holds when it has been imported, ``given`` the fixtures of the project,
    ``objects_made`` what was seen to come into being, by class, ``drawn`` what Hypothesis strategies gave, by type.

    Raises:
        UnsuitableError: it cannot be called, with the reason.
    """
    target, module, context = assignment.target, assignment.module, assignment.context
    try:
        tree = parsed(module.source)
    except (SyntaxError, ValueError) as error:
        raise UnsuitableError(f"its module cannot be read: {error}") from error
    if target.name.startswith("__") and not target.name.endswith("__"):
        raise UnsuitableError("its name is private to its class: tests reach it through the methods that call it")
    node = find_function(tree, target.qualname, target.def_line)
    if node is None or target.name in UNSUITABLE:
        raise UnsuitableError("its definition is not reachable by name" if node is None else "no test calls it by name")
    world, given = survey(module, modules, context.types), usable(given, target)
    told = _told(target, node)
    accepted = list(inlined(candidate.source for candidate in assignment.kept))
    texts = (*told, *accepted, *context.examples, *context.callers, *context.recorded)
    known = {**imports_of(tree, module), **{name: shape.statement for name, shape in world.classes.items()}}
    seen_made = seen_objects(texts, world.classes, known)
    annotations = Annotations(world, hints_of(tree), seen_made, objects_of(given), objects_made, drawn)
    helpers = helpers_of(node, tree, target.qualname.rpartition(".")[0])
    mentioned = list({repr(v): v for item in (node, *helpers) for v in literals_of(item, world.constants)}.values())
    mutants = [item.mutant for item in assignment.gaps.survivors]
    matching = [*texts_of_patterns(held.patterns, [node, *helpers]), *_matching([node, *helpers], world)]
    formats = texts_of(node, target.docstring, [value for value in mentioned if isinstance(value, str)])
    literals = (*formats, *boundary_terms(mutants), *(literal(text) for text in matching), *neighbours(mentioned))

    def seen_of(name: str, items: tuple[Parameter, ...]) -> list[tuple[Term, ...]]:
        return seen_rows(texts, name, items, known)

    callee, shape, objects = _callee(target, node, assignment, world, annotations, literals, seen_of)
    seen = tuple(seen_of(target.name, callee.parameters))
    guards = _guards(callee.parameters, node)
    paths = paths_among(callee.parameters, [node], tree)
    lines, options = command_lines(callee.parameters, [node, *helpers]), _options(callee, node, shape)
    sources = inputs.Sources(
        literals, seen, tuple(mentioned), options, guards, paths, lines, asks_for_zone([node, *helpers])
    )
    collaborators = Collaborators([node, *helpers], tree, known, world, annotations, mentioned)
    pools = [
        inputs.endings_of_block(node, rank)
        or collaborators.among(
            item, traceless(unique([*named(given, item), *inputs.pool(item, annotations, sources, rank)]), tree)
        )
        for rank, item in enumerate(callee.parameters)
    ]
    missing = [item.name for item, values in zip(callee.parameters, pools, strict=True) if not values]
    if missing:
        raise UnsuitableError(f"no value can be made for its parameter {missing[0]!r}")
    full = [objects, *pools] if (objects := collaborators.within(objects)) else pools
    shown = seen_rows(told, target.name, callee.parameters, known)
    rows = [*((*objects[:1], *row) for row in (*shown, *seen)), *_equal_rows(callee, full, mutants)]
    rows.extend(rows_with(entries_for(held.tables, [node, *helpers]), full) if all(full) else [])
    around = _around([node, *helpers, *_made_by(shape, target.name)], tree, target.module, pools)
    made = {each.name: each.stand_in for each in given}
    callee = replace(
        callee,
        has_situation=bool(around),
        given=made,
        ears=ears([node, *helpers]),
        optional=optional_fields(world, [node, *helpers]),
    )
    if objects and callee.parameters and (target.name in inputs.ALIKE or callee.parameters[0].name in _OTHERS):
        full[1] = _others(node, objects, full[1], annotations.imported(imports_of(tree, module)))
    last = _aftermaths(callee, shape, pools, annotations, literals) if objects and shape else []
    again, form = _called_again(target, node, annotations, sources, collaborators)
    callee = replace(callee, called=form, has_aftermath=bool(last))
    columns = with_situation([*full, *(each for each in (again, last) if each)], around)
    rows = [(*row, *again[:1], *last[:1], *around[:1]) for row in rows]
    return Plan(
        *(callee, node, columns, tuple(rows), collaborators.world, shape, boundaries(mentioned), tuple(mentioned)),
        told=tuple(rows[: len(shown)]),
    )


def _told(target: Target, node: FunctionNode) -> list[str]:
    """The calls that the documentation shows."""
    told = told_of(target.docstring, target.name, parameters(node))
    return [item.expression for item in (*examples_of(target.docstring), *told)]


def _around(
    nodes: Sequence[FunctionNode], tree: ast.Module, module: str, pools: Sequence[Sequence[Term]]
) -> list[Term]:
    """Situations of the call; texts and numbers among its first arguments may be keys of what the module keeps."""
    firsts = [values[0].source for values in pools]
    return situations(nodes, tree, module, [text for text in firsts if text[:1] in {"'", '"'} or text.isdigit()])


def _matching(nodes: Sequence[FunctionNode], world: World) -> list[str]:
    """Texts that patterns in the code match, alone and with something round them."""
    patterns = dict.fromkeys(text for item in nodes for text in matching_texts(item, world.constants))
    return [text for part in patterns for text in (part, f"a{part}b")]


def _guards(items: Sequence[Parameter], node: FunctionNode) -> dict[str, set[str]]:
    """The types that the body asks parameters for; none in particular where it goes on with any."""
    if forgives(node):
        return {item.name: guarded_types(item.name, node) for item in items}
    return {item.name: kinds for item in items if (kinds := guarded_types(item.name, node))}


def _options(callee: Callee, node: FunctionNode, shape: ClassShape | None) -> tuple[str, ...]:
    """The names that a ``**kwargs`` may have."""
    starred = next((item.name for item in callee.parameters if item.kind is ParameterKind.DOUBLE_STAR), "")
    own = [item.name for item in shape.parameters] if shape and callee.target.name != "__init__" else []
    return tuple(constant_keys(starred, node) or own)


def _others(node: FunctionNode, objects: Sequence[Term], values: Sequence[Term], foreign: list[Term]) -> list[Term]:
    """What an object is compared or added with: others of its class, and where nothing is said, of other types."""
    few = inputs.MAX_ALIKE // 2
    is_said = any(each.annotation is not None for each in parameters(node, skip_first=True)[:1])
    strange = [] if is_said else [replace(term, is_odd=True) for term in foreign]
    return unique([*objects[:few], *strange, *objects[few : inputs.MAX_ALIKE], *values])


def _called_again(
    target: Target,
    node: FunctionNode,
    annotations: Annotations,
    sources: inputs.Sources,
    collaborators: Collaborators,
) -> tuple[list[Term], Form | None]:
    """How a function that the target returns is called, and of what form that is; how a block ends that it lets in.

    Of a generator what it is sent.
    """
    if form_of(target) is Form.ENTERED:
        errors = collaborators.inside(node)
        return ([OMITTED, *errors], Form.ENTERED) if errors else ([], None)
    if form_of(target) is Form.SLICED and (
        sent := sendings(node, lambda item: inputs.pool(item, annotations, sources, 0))
    ):
        return sent, Form.SENT
    levels = inner_functions(node) if form_of(target) is Form.PLAIN else []
    again = calls(
        levels,
        lambda item, rank: collaborators.among(item, inputs.pool(item, annotations, sources, rank))[:_PER_INNER],
    )
    return again, Form(form_within(levels[-1])) if again else None


def _aftermaths(
    callee: Callee,
    shape: ClassShape,
    pools: Sequence[Sequence[Term]],
    annotations: Annotations,
    literals: tuple[Term, ...],
) -> list[Term]:
    """What the object is asked at the end: with the target's own arguments where a method takes such."""
    own = {item.name: values[0] for item, values in zip(callee.parameters, pools, strict=True)}
    sources = inputs.Sources(literals[:_FEW_LITERALS])
    arguments: dict[str, list[tuple[Parameter, Term]]] = {}
    for name, node in shape.methods.items():
        items = annotated(parameters(node, skip_first=True), node)
        values = [inputs.pool(item, annotations, sources, rank)[:1] for rank, item in enumerate(items)]
        if all(values):
            first = [
                own.get(item.name) or (value[0] if item.has_default else suggested(item.name) or value[0])
                for item, value in zip(items, values, strict=True)
            ]
            arguments[name] = [pair for pair in zip(items, first, strict=True) if not pair[1].fixtures]
    return aftermaths(callee.receiver, shape.methods, callee.looks, arguments)


def _made_by(shape: ClassShape | None, name: str) -> list[FunctionNode]:
    """The constructor, and the methods that write what one of them reads."""
    if shape is None:
        return []
    read = inputs.held(shape.methods, name, ast.Load)
    return [
        node
        for other, node in shape.methods.items()
        if other == "__init__" or (other != name and read & _assigned_by(node))
    ]


def _assigned_by(node: FunctionNode) -> set[str]:
    found = (item for item in ast.walk(node) if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store))
    return {item.attr for item in found if isinstance(item.value, ast.Name) and item.value.id == "self"}


def partners_for(assignment: Assignment, modules: Mapping[str, Module], *, only_named: bool = False) -> list[Partner]:
    """Functions that the target may undo, ready to be called; ``only_named``: those that the names tell of."""
    mine = assignment.target
    asked = {each: undoes(mine.name, each.name) for each in partners_of(mine, assignment.module)}
    plans = {
        each: _partner(assignment, each, modules) for each, is_named in asked.items() if is_named or not only_named
    }
    return [
        Partner(plan.callee, tuple(pool[0] for pool in plan.pools), asked[target], plan.pools, plan.shape)
        for target, plan in plans.items()
        if plan is not None
    ]


def _partner(assignment: Assignment, target: Target, modules: Mapping[str, Module]) -> Plan | None:
    """How another function of the module is called; None where it can't be, or takes more than one argument."""
    line = assignment.context.import_line
    if line.startswith("from "):
        line = f"from {assignment.module.name} import {target.qualname.partition('.')[0]}"
    context = replace(assignment.context, import_line=line, examples=(), callers=())
    try:
        plan = plan_of(replace(assignment, target=target, context=context), modules)
    except UnsuitableError:
        return None
    needed = sum(item.is_required for item in plan.callee.parameters)
    return plan if needed == 1 or (plan.callee.receiver and not needed) else None


def _equal_rows(callee: Callee, pools: Sequence[Sequence[Term]], mutants: Sequence[Mutant]) -> list[Input]:
    base = tuple(pool[0] for pool in pools)
    return equal_rows(callee, mutants, [base]) if mutants else []


def _callee(
    target: Target,
    node: FunctionNode,
    assignment: Assignment,
    world: World,
    annotations: Annotations,
    literals: tuple[Term, ...],
    seen_of: inputs.Rows,
) -> tuple[Callee, ClassShape | None, list[Term]]:
    owner = target.qualname.rpartition(".")[0]
    line = assignment.context.import_line
    skip = target.kind in {TargetKind.METHOD, TargetKind.CLASSMETHOD, TargetKind.PROPERTY}
    found = annotated(_readable(parameters(node, skip_first=skip), annotations), node)
    shape = world.class_of(owner) if owner else None
    form = form_of(target)
    if target.name in {"__init__", "__new__", "__post_init__"} and owner:
        found = shape.parameters if shape and target.name == "__post_init__" else found
        return Callee(target, access(line, owner, target.module), found, (line,), Form.PLAIN), shape, []
    if target.kind not in _BOUND:
        return Callee(target, access(line, target.qualname, target.module), found, (line,), form), shape, []
    if shape is None:
        raise UnsuitableError(f"nothing is known of its class {owner}")
    objects = traceless(_objects(shape, annotations, literals, target, seen_of), parsed(assignment.module.source))
    name = snake_case(shape.name.rpartition(".")[2])
    constructor = tuple(item.name for item in shape.parameters)
    own = (target.name,) if form is Form.SETTER else ()
    asked, echoes = questions(shape, target.name, tuple(item.name for item in found))
    looks = tuple(look(name, attribute) for attribute in dict.fromkeys([*own, *shape.attributes, *asked]))[
        :_MAX_LOOKED_AT
    ]
    active = tuple(text for text in looks if text.rpartition(".")[2] in shape.methods or text.endswith(")"))
    callee = Callee(target, name, found, (line,), form, name, constructor, looks, echoes, active=active)
    return callee, shape, objects


def _readable(items: tuple[Parameter, ...], annotations: Annotations) -> tuple[Parameter, ...]:
    """The parameters, without annotations of which no value can be made: what is done with them tells more."""
    return tuple(
        item if item.annotation is None or annotations.terms(item.annotation) else replace(item, annotation=None)
        for item in items
    )


def _objects(
    shape: ClassShape, annotations: Annotations, literals: tuple[Term, ...], target: Target, seen_of: inputs.Rows
) -> list[Term]:
    if shape.kind is ClassKind.ABSTRACT and not annotations.receivers(shape, target.name):
        raise UnsuitableError(f"{shape.name} is abstract or its constructor is not known")
    objects = inputs.receivers(shape, annotations, literals, target.name, seen_of)
    if not objects:
        needs = [item.name for item in shape.parameters if not annotations.argument(item, 1)]
        raise UnsuitableError(f"the constructor of {shape.name} needs {', '.join(needs) or 'a value'}")
    return objects
