"""The embedded generator: a search over inputs whose observed behaviour becomes tests."""

from __future__ import annotations

import ast
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.calls import UNSUITABLE, Callee, Form, Input, access, form_of, receiver_name
from pytest_llmgen.generate.offline.code import FunctionNode, find_function, parameters
from pytest_llmgen.generate.offline.docs import seen_rows
from pytest_llmgen.generate.offline.literals import literals_of, neighbours
from pytest_llmgen.generate.offline.looking import look_twice
from pytest_llmgen.generate.offline.search import Find, Found, Limits, Search
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.generate.offline.usage import annotated
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape, World, survey
from pytest_llmgen.generate.offline.write import Writer
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Module,
    Origin,
    Prober,
    Reply,
    Target,
    TargetKind,
)

_MAX_CANDIDATES = 16
_BOUND = {TargetKind.METHOD, TargetKind.PROPERTY}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search of one target starts from."""

    callee: Callee
    pools: tuple[tuple[Term, ...], ...]
    seeds: tuple[Input, ...]
    world: World
    shape: ClassShape | None


class UnsuitableError(Exception):
    """A target that cannot be tested this way; the text says why."""


class OfflineGenerator:
    """Writes tests from observed behaviour; what runs the code is the prober."""

    origin = Origin.OFFLINE
    label = "offline"

    def __init__(self, prober: Prober, seed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._prober, self._seed, self._clock = prober, seed, clock

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """Answer each assignment in order."""
        modules = {item.module.name: item.module for item in assignments}
        for assignment in assignments:
            yield self._answer(assignment, modules)

    def _answer(self, assignment: Assignment, modules: Mapping[str, Module]) -> Reply:
        try:
            plan = plan_of(assignment, modules)
            candidates, note = self._search(assignment, plan)
        except UnsuitableError as problem:
            return Reply(assignment, note=str(problem))
        except RecursionError:
            return Reply(assignment, note="its code is nested too deeply to be read")
        return Reply(assignment, tuple(candidates), note=note)

    def _search(self, assignment: Assignment, plan: Plan) -> tuple[list[Candidate], str]:
        deadline = self._clock() + assignment.seconds if assignment.seconds else None
        rng = random.Random(f"{self._seed}/{assignment.target.key}/{assignment.round}")  # noqa: S311 (not a secret)
        limits = Limits(self._clock, deadline)
        found = Search(self._prober, plan.callee, plan.pools, rng, limits).run(plan.seeds)
        if not found.finds:
            return [], _why_nothing(found)
        candidates = self._write(assignment, plan, found)
        return candidates, "" if candidates else "nothing stable to assert was seen"

    def _write(self, assignment: Assignment, plan: Plan, found: Found) -> list[Candidate]:
        callee = replace(plan.callee, form=found.form)
        chosen = [find for find in _in_order_of_gain(found.finds) if find.scene.expression]
        taken = {candidate.name for candidate in assignment.kept}
        base = tuple(pool[0] for pool in plan.pools)
        writer = Writer(base, plan.world.raised, assignment.round, taken)
        known = {_essence(candidate) for candidate in assignment.kept}
        candidates: list[Candidate] = []
        for find in look_twice(self._prober, callee, plan.shape, plan.world, chosen[: 2 * _MAX_CANDIDATES]):
            candidate = writer.write(find)
            if candidate is not None and _essence(candidate) not in known:
                known.add(_essence(candidate))
                candidates.append(candidate)
        return candidates[:_MAX_CANDIDATES]


def plan_of(assignment: Assignment, modules: Mapping[str, Module]) -> Plan:
    """Work out how the target is called and with which values.

    Raises:
        UnsuitableError: it cannot be called, with the reason.
    """
    target, module, context = assignment.target, assignment.module, assignment.context
    try:
        tree = ast.parse(module.source)
    except (SyntaxError, ValueError) as error:
        raise UnsuitableError(f"its module cannot be read: {error}") from error
    node = find_function(tree, target.qualname, target.def_line)
    if node is None or target.name in UNSUITABLE:
        raise UnsuitableError("its definition is not reachable by name" if node is None else "no test calls it by name")
    world = survey(module, modules, context.types)
    annotations = Annotations(world)
    literals = tuple(neighbours(literals_of(node, world.constants)))
    callee, shape, objects = _callee(target, node, assignment, world, annotations, literals)
    seen = tuple(seen_rows((*context.examples, *context.callers), target.name, callee.parameters))
    sources = inputs.Sources(literals, seen)
    pools = [inputs.pool(item, annotations, sources, rank) for rank, item in enumerate(callee.parameters)]
    for item, values in zip(callee.parameters, pools, strict=True):
        if not values:
            raise UnsuitableError(f"no value can be made for its parameter {item.name!r}")
    rows = [(*objects[:1], *row) for row in seen]
    full = [objects, *pools] if objects else pools
    return Plan(callee, tuple(tuple(pool) for pool in full), tuple(rows), world, shape)


def _callee(
    target: Target,
    node: FunctionNode,
    assignment: Assignment,
    world: World,
    annotations: Annotations,
    literals: tuple[Term, ...],
) -> tuple[Callee, ClassShape | None, list[Term]]:
    owner = target.qualname.rpartition(".")[0]
    line = assignment.context.import_line
    skip = target.kind in {TargetKind.METHOD, TargetKind.CLASSMETHOD, TargetKind.PROPERTY}
    found = annotated(parameters(node, skip_first=skip), node)
    shape = world.classes.get(owner.rpartition(".")[2]) if owner else None
    form = form_of(target)
    if target.name in {"__init__", "__new__", "__post_init__"} and owner:
        found = shape.parameters if shape and target.name == "__post_init__" else found
        return Callee(target, access(line, owner, target.module), found, (line,), Form.PLAIN), shape, []
    if target.kind not in _BOUND:
        return Callee(target, access(line, target.qualname, target.module), found, (line,), form), shape, []
    if shape is None:
        raise UnsuitableError(f"nothing is known of its class {owner}")
    objects = _objects(shape, annotations, literals, target)
    name = receiver_name(shape.name)
    return Callee(target, name, found, (line,), form, receiver=name), shape, objects


def _objects(shape: ClassShape, annotations: Annotations, literals: tuple[Term, ...], target: Target) -> list[Term]:
    if shape.kind is ClassKind.ABSTRACT:
        raise UnsuitableError(f"{shape.name} is abstract or its constructor is not known")
    objects = inputs.receivers(shape, annotations, literals, target.name)
    if not objects:
        needs = [item.name for item in shape.parameters if not annotations.argument(item, 1)]
        raise UnsuitableError(f"the constructor of {shape.name} needs {', '.join(needs) or 'a value'}")
    return objects


def _why_nothing(found: Found) -> str:
    if found.problems.get("timeout"):
        return "every call ran into the time limit"
    if found.first_problem:
        return f"every call failed before it began: {found.first_problem}"
    return "no call could be made within the time allowed"


def _in_order_of_gain(finds: Sequence[Find]) -> list[Find]:
    return sorted(finds, key=lambda find: not find.gained)


def _essence(candidate: Candidate) -> str:
    """The test without its name and docstring."""
    return "\n".join(line for line in candidate.source.splitlines()[1:] if '"""' not in line)
