"""The embedded generator: a search over inputs whose observed behaviour becomes tests."""

from __future__ import annotations

import ast
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.calls import UNSUITABLE, Callee, Form, Input, access, form_of, look, receiver_name
from pytest_llmgen.generate.offline.code import FunctionNode, find_function, parameters
from pytest_llmgen.generate.offline.docs import examples_of, seen_rows, told_of
from pytest_llmgen.generate.offline.documented import documented
from pytest_llmgen.generate.offline.killing import boundary_terms, equal_rows, killer
from pytest_llmgen.generate.offline.literals import boundaries, literals_of, neighbours
from pytest_llmgen.generate.offline.looking import look_twice
from pytest_llmgen.generate.offline.regexes import matching_texts
from pytest_llmgen.generate.offline.search import Find, Found, Goal, Limits, Search
from pytest_llmgen.generate.offline.terms import Term, literal
from pytest_llmgen.generate.offline.usage import annotated
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape, World, survey
from pytest_llmgen.generate.offline.write import Writer
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Module,
    Mutant,
    OpenGaps,
    Origin,
    Prober,
    Reply,
    Stage,
    Target,
    TargetKind,
)

_MAX_CANDIDATES = 16
_MAX_SURVIVORS = 24
_KILLING_PROBES = 1200
_SURPRISES = (ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError, TypeError, ValueError)
_BOUND = {TargetKind.METHOD, TargetKind.PROPERTY}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search of one target starts from."""

    callee: Callee
    pools: tuple[tuple[Term, ...], ...]
    seeds: tuple[Input, ...]
    world: World
    shape: ClassShape | None
    boundaries: frozenset[str] = frozenset()


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
        except _SURPRISES as error:  # one odd target must not cost the others their tests
            return Reply(assignment, note=f"the search failed: {type(error).__name__}: {error}")
        return Reply(assignment, tuple(candidates), note=note)

    def _search(self, assignment: Assignment, plan: Plan) -> tuple[list[Candidate], str]:
        deadline = self._clock() + assignment.seconds if assignment.seconds else None
        rng = random.Random(f"{self._seed}/{assignment.target.key}/{assignment.round}")  # noqa: S311 (not a secret)
        limits = Limits(self._clock, deadline)
        taken = {candidate.name for candidate in assignment.kept}
        is_first = assignment.stage is not Stage.GAPS
        documents = documented(self._prober, assignment, plan.callee, taken) if is_first else []
        search = Search(self._prober, plan.callee, plan.pools, rng, limits, plan.boundaries)
        found = search.run(plan.seeds)
        if not found.finds:
            return documents, "" if documents else _why_nothing(found)
        callee = replace(plan.callee, form=found.form)
        chosen = _in_order_of_gain(found.finds) if is_first else self._closing(assignment, callee, found, limits)
        observed = self._write(assignment, replace(plan, callee=callee), chosen, taken)
        candidates = [*documents, *observed]
        return candidates, "" if candidates else _why_nothing_new(is_first)

    def _closing(self, assignment: Assignment, callee: Callee, found: Found, limits: Limits) -> list[Find]:
        """The inputs that kill a survivor or reach an open line or branch."""
        mutants = [item.mutant for item in assignment.gaps.survivors[:_MAX_SURVIVORS]]
        mutants = [mutant for mutant in mutants if not mutant.in_signature]
        limits.probes = _KILLING_PROBES
        pick = partial(killer, self._prober, callee, assignment.module)
        killers = [find for mutant in mutants if (find := pick(mutant, found.everything, limits)) is not None]
        return _without_repetition([*killers, *_reaching(assignment.gaps, found.everything)])

    def _write(self, assignment: Assignment, plan: Plan, chosen: list[Find], taken: set[str]) -> list[Candidate]:
        base = tuple(pool[0] for pool in plan.pools)
        writer = Writer(base, plan.world.raised, assignment.round, taken)
        known = {_essence(candidate) for candidate in assignment.kept}
        candidates: list[Candidate] = []
        is_first = assignment.stage is not Stage.GAPS
        finds = chosen[: 2 * _MAX_CANDIDATES]
        for seen in look_twice(self._prober, plan.callee, plan.world, finds):
            find = seen.find
            is_extra = is_first and not find.gained and not find.is_boundary
            candidate = writer.write(seen, is_extra)
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
    mentioned = literals_of(node, world.constants)
    mutants = [item.mutant for item in assignment.gaps.survivors]
    matching = [text for part in matching_texts(node, world.constants) for text in (part, f"a{part}b")]
    literals = (*boundary_terms(mutants), *(literal(text) for text in matching), *neighbours(mentioned))
    callee, shape, objects = _callee(target, node, assignment, world, annotations, literals)
    told = [item.expression for item in (*examples_of(target.docstring), *told_of(target.docstring, target.name))]
    seen = tuple(seen_rows((*told, *context.examples, *context.callers), target.name, callee.parameters))
    sources = inputs.Sources(literals, seen)
    pools = [inputs.pool(item, annotations, sources, rank) for rank, item in enumerate(callee.parameters)]
    for item, values in zip(callee.parameters, pools, strict=True):
        if not values:
            raise UnsuitableError(f"no value can be made for its parameter {item.name!r}")
    full = [objects, *pools] if objects else pools
    rows = [*_equal_rows(callee, full, mutants), *((*objects[:1], *row) for row in seen)]
    return Plan(callee, tuple(tuple(pool) for pool in full), tuple(rows), world, shape, boundaries(mentioned))


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
    made_of = tuple(item.name for item in shape.parameters)
    own = (target.name,) if form is Form.SETTER else ()
    looks = tuple(look(name, attribute) for attribute in dict.fromkeys([*own, *shape.attributes]))
    return Callee(target, name, found, (line,), form, name, made_of, looks), shape, objects


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


def _why_nothing_new(is_first: bool) -> str:
    return "nothing stable to assert was seen" if is_first else "no input was found that closes an open gap"


def _in_order_of_gain(finds: Sequence[Find]) -> list[Find]:
    return sorted(finds, key=lambda find: (not find.gained, not find.is_boundary))


def _reaching(gaps: OpenGaps, finds: Sequence[Find]) -> list[Find]:
    """For each open line or branch the first input that reaches it."""
    wanted: list[Goal] = [("line", line, 0) for line in gaps.lines]
    wanted.extend(("arc", start, end) for start, end in gaps.branches)
    found = [next((find for find in finds if goal in find.goals), None) for goal in wanted]
    return [find for find in found if find is not None]


def _without_repetition(finds: Sequence[Find]) -> list[Find]:
    return list({id(find): find for find in finds}.values())


def _essence(candidate: Candidate) -> str:
    """The test without its name and docstring."""
    return "\n".join(line for line in candidate.source.splitlines()[1:] if '"""' not in line)
