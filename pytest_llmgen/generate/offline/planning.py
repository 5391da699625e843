"""How a target is called and with which values a search of it begins."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.aftermath import aftermaths
from pytest_llmgen.generate.offline.beginnings import traceless
from pytest_llmgen.generate.offline.callees import callee_of, in_use
from pytest_llmgen.generate.offline.calls import Callee, Form, Input, form_of
from pytest_llmgen.generate.offline.closures import calls, form_within, inner_functions
from pytest_llmgen.generate.offline.code import (
    FunctionNode,
    Parameter,
    ParameterKind,
    parameters,
)
from pytest_llmgen.generate.offline.collaborators import Collaborators
from pytest_llmgen.generate.offline.commands import command_lines
from pytest_llmgen.generate.offline.docs import seen_rows
from pytest_llmgen.generate.offline.ears import ears
from pytest_llmgen.generate.offline.feeding import Feeder, feeders_of
from pytest_llmgen.generate.offline.files import paths_among
from pytest_llmgen.generate.offline.given import named
from pytest_llmgen.generate.offline.grounds import NOTHING_SEEN, Ground, Sight, UnsuitableError, ground_of
from pytest_llmgen.generate.offline.killing import equal_rows
from pytest_llmgen.generate.offline.literals import boundaries
from pytest_llmgen.generate.offline.partners import Partner, partners_of, undoes
from pytest_llmgen.generate.offline.sending import sendings
from pytest_llmgen.generate.offline.showing import REFUSED
from pytest_llmgen.generate.offline.situations import situations, with_situation
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.tables import entries_for, rows_with
from pytest_llmgen.generate.offline.terms import OMITTED, Term, unique
from pytest_llmgen.generate.offline.usage import annotated, asks_for_zone, constant_keys, forgives, guarded_types
from pytest_llmgen.generate.offline.world import ClassShape, World, imports_of, optional_fields
from pytest_llmgen.records import (
    Assignment,
    Module,
    Mutant,
    Target,
)

_FEW_LITERALS = 4
_PER_INNER = 8
_OTHERS = {"other", "rhs"}
"""Names of what is mostly another object of the same class."""


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


def plan_of(assignment: Assignment, modules: Mapping[str, Module], sight: Sight = NOTHING_SEEN) -> Plan:
    """Work out how the target is called and with which values.

    Raises:
        UnsuitableError: it cannot be called, with the reason.
    """
    ground = ground_of(assignment, modules, sight)
    callee, shape, objects = callee_of(ground)
    collaborators = Collaborators(
        ground.nodes, ground.tree, ground.known, ground.world, ground.annotations, ground.mentioned
    )
    sources = _sources(ground, callee, shape)
    pools = _pools(ground, callee, sources, collaborators)
    full = [objects, *pools] if (objects := collaborators.within(objects)) else pools
    shown, rows = _rows(ground, callee, sources.seen, objects, full)
    around = _around([*ground.nodes, *_made_by(shape, ground.target.name)], ground, pools)
    if objects and callee.parameters and (ground.target.name in inputs.ALIKE or callee.parameters[0].name in _OTHERS):
        full[1] = _others(ground, objects, full[1])
    last = _aftermaths(callee, shape, pools, ground) if objects and shape else []
    again, form = _called_again(ground, sources, collaborators)
    callee = replace(
        callee,
        has_situation=bool(around),
        given={each.name: each.stand_in for each in ground.given},
        ears=ears(ground.nodes),
        optional=optional_fields(ground.world, ground.nodes),
        called=form,
        has_aftermath=bool(last),
    )
    columns = with_situation([*full, *(each for each in (again, last) if each)], around)
    seeds = tuple((*row, *again[:1], *last[:1], *around[:1]) for row in rows)
    limits = boundaries(list(ground.mentioned))
    return Plan(
        *(callee, ground.node, columns, seeds, _with_refusal(collaborators.world, ground.node), shape, limits),
        known=ground.mentioned,
        told=seeds[:shown],
    )


def _with_refusal(world: World, node: FunctionNode) -> World:
    """The world with what an operator says of operands that it is not for, where the target is such a one."""
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return replace(world, raised=world.raised | {REFUSED}) if REFUSED in names and node.name.startswith("__") else world


def _sources(ground: Ground, callee: Callee, shape: ClassShape | None) -> inputs.Sources:
    """Where values of the parameters come from beside their annotations."""
    items, nodes = callee.parameters, ground.nodes
    return inputs.Sources(
        ground.literals,
        tuple(ground.seen_of(ground.target.name, items)),
        ground.mentioned,
        _options(callee, ground.node, shape),
        _guards(items, ground.node),
        paths_among(items, [in_use(ground, shape)], ground.tree),
        command_lines(items, nodes),
        asks_for_zone(nodes),
    )


def _pools(ground: Ground, callee: Callee, sources: inputs.Sources, collaborators: Collaborators) -> list[list[Term]]:
    """The values of each parameter."""

    def pool(item: Parameter, rank: int) -> list[Term]:
        if endings := inputs.endings_of_block(ground.node, rank):
            return endings
        known = unique([*named(ground.given, item), *inputs.pool(item, ground.annotations, sources, rank)])
        return collaborators.among(item, traceless(known, ground.tree))

    pools = [pool(item, rank) for rank, item in enumerate(callee.parameters)]
    missing = [item.name for item, values in zip(callee.parameters, pools, strict=True) if not values]
    if missing:
        raise UnsuitableError(f"no value can be made for its parameter {missing[0]!r}")
    return pools


def _rows(
    ground: Ground, callee: Callee, seen: Sequence[Input], objects: Sequence[Term], full: Sequence[Sequence[Term]]
) -> tuple[int, list[Input]]:
    """Inputs to begin with, and how many of them the documentation shows: they stand first."""
    shown = seen_rows(ground.told, ground.target.name, callee.parameters, ground.known)
    rows = [*((*objects[:1], *row) for row in (*shown, *seen)), *_equal_rows(callee, full, ground.mutants)]
    rows.extend(rows_with(entries_for(ground.held.tables, ground.nodes), full) if all(full) else [])
    return len(shown), rows


def _around(nodes: Sequence[FunctionNode], ground: Ground, pools: Sequence[Sequence[Term]]) -> list[Term]:
    """Situations of the call; texts and numbers among its first arguments may be keys of what the module keeps."""
    firsts = [values[0].source for values in pools]
    examples = [text for text in firsts if text[:1] in {"'", '"'} or text.isdigit()]
    return situations(nodes, ground.tree, ground.target.module, examples)


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


def _others(ground: Ground, objects: Sequence[Term], values: Sequence[Term]) -> list[Term]:
    """What an object is compared or added with: others of its class, and where nothing is said, of other types."""
    few = inputs.MAX_ALIKE // 2
    is_said = any(each.annotation is not None for each in parameters(ground.node, skip_first=True)[:1])
    foreign = ground.annotations.imported(imports_of(ground.tree, ground.assignment.module))
    strange = [] if is_said else [replace(term, is_odd=True) for term in foreign]
    return unique([*objects[:few], *strange, *objects[few : inputs.MAX_ALIKE], *values])


def _called_again(
    ground: Ground, sources: inputs.Sources, collaborators: Collaborators
) -> tuple[list[Term], Form | None]:
    """How a function that the target returns is called, and of what form that is; how a block ends that it lets in.

    Of a generator what it is sent.
    """

    def pool(item: Parameter, rank: int = 0) -> list[Term]:
        return inputs.pool(item, ground.annotations, sources, rank)

    form = form_of(ground.target)
    if form is Form.ENTERED:
        errors = collaborators.inside(ground.node)
        return ([OMITTED, *errors], Form.ENTERED) if errors else ([], None)
    if form is Form.SLICED:
        sent = sendings(ground.node, pool)
        return sent, Form.SENT if sent else None
    levels = inner_functions(ground.node) if form is Form.PLAIN else []
    again = calls(levels, lambda item, rank: collaborators.among(item, pool(item, rank))[:_PER_INNER])
    return again, Form(form_within(levels[-1])) if again else None


def _aftermaths(callee: Callee, shape: ClassShape, pools: Sequence[Sequence[Term]], ground: Ground) -> list[Term]:
    """What the object is asked at the end: with the target's own arguments where a method takes such."""
    own = {item.name: values[0] for item, values in zip(callee.parameters, pools, strict=True)}
    sources = inputs.Sources(ground.literals[:_FEW_LITERALS])
    arguments: dict[str, list[tuple[Parameter, Term]]] = {}
    for name, node in shape.methods.items():
        items = annotated(parameters(node, skip_first=True), node)
        values = [inputs.pool(item, ground.annotations, sources, rank)[:1] for rank, item in enumerate(items)]
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


@lru_cache(maxsize=4096)  # every method of a class asks it of all the others
def _assigned_by(node: FunctionNode) -> frozenset[str]:
    found = (item for item in ast.walk(node) if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store))
    return frozenset(item.attr for item in found if isinstance(item.value, ast.Name) and item.value.id == "self")


def partners_for(assignment: Assignment, modules: Mapping[str, Module], *, only_named: bool = False) -> list[Partner]:
    """Functions that the target may undo, ready to be called; ``only_named``: those that the names tell of."""
    mine = assignment.target
    asked = {each: undoes(mine.name, each.name) for each in partners_of(mine, assignment.module)}
    ready = {
        each: _partner(assignment, each, modules, is_named)
        for each, is_named in asked.items()
        if is_named or not only_named
    }
    return [partner for partner in ready.values() if partner is not None]


def feeders_for(assignment: Assignment, node: FunctionNode, modules: Mapping[str, Module]) -> list[Feeder]:
    """Functions that give what the target takes by its names, ready to be called."""
    named = feeders_of(assignment.target, node, assignment.module)
    ready = [(_partner(assignment, each, modules), taker) for each, taker in named]
    return [Feeder(partner, taker) for partner, taker in ready if partner is not None]


def _partner(
    assignment: Assignment, target: Target, modules: Mapping[str, Module], is_named: bool = False
) -> Partner | None:
    """Another function of the module as it is called; None where it can't be, or takes more than one argument."""
    line = assignment.context.import_line
    if line.startswith("from "):
        line = f"from {assignment.module.name} import {target.qualname.partition('.')[0]}"
    context = replace(assignment.context, import_line=line, examples=(), callers=())
    try:
        plan = plan_of(replace(assignment, target=target, context=context), modules)
    except UnsuitableError:
        return None
    needed = sum(item.is_required for item in plan.callee.parameters)
    if needed != 1 and (needed or not plan.callee.receiver):
        return None
    return Partner(plan.callee, tuple(pool[0] for pool in plan.pools), is_named, plan.pools, plan.shape)


def _equal_rows(callee: Callee, pools: Sequence[Sequence[Term]], mutants: Sequence[Mutant]) -> list[Input]:
    base = tuple(pool[0] for pool in pools)
    return equal_rows(callee, mutants, [base]) if mutants else []
