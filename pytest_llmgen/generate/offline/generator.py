"""The embedded generator: a search over inputs whose observed behaviour becomes tests."""

from __future__ import annotations

import ast
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmgen.generate.offline import inputs
from pytest_llmgen.generate.offline.accepted import inlined
from pytest_llmgen.generate.offline.aftermath import aftermaths
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.branches import ways
from pytest_llmgen.generate.offline.calls import UNSUITABLE, Callee, Form, Input, access, form_of, look, made_of
from pytest_llmgen.generate.offline.claims import Examples, claims, may_claim
from pytest_llmgen.generate.offline.clock import reads_clock
from pytest_llmgen.generate.offline.closures import calls, form_within, inner_functions
from pytest_llmgen.generate.offline.code import (
    FunctionNode,
    Parameter,
    ParameterKind,
    find_function,
    helpers_of,
    parameters,
)
from pytest_llmgen.generate.offline.collaborators import Collaborators
from pytest_llmgen.generate.offline.docs import examples_of, seen_objects, seen_rows, told_of
from pytest_llmgen.generate.offline.documented import documented, module_names
from pytest_llmgen.generate.offline.ears import ears
from pytest_llmgen.generate.offline.entrances import entrances, is_private
from pytest_llmgen.generate.offline.files import paths_among
from pytest_llmgen.generate.offline.given import Given, given_by, named, objects_of, usable
from pytest_llmgen.generate.offline.hints import hints_of, texts_of
from pytest_llmgen.generate.offline.killing import Hunt, affordable, boundary_terms, cover, equal_rows, pursue
from pytest_llmgen.generate.offline.literals import boundaries, literals_of, neighbours
from pytest_llmgen.generate.offline.looking import look_twice
from pytest_llmgen.generate.offline.partners import Partner, partners_of, undoes
from pytest_llmgen.generate.offline.plainness import awkwardness
from pytest_llmgen.generate.offline.promises import promises
from pytest_llmgen.generate.offline.questions import questions
from pytest_llmgen.generate.offline.regexes import matching_texts, patterns_probes, texts_of_patterns
from pytest_llmgen.generate.offline.search import Find, Found, Goal, Limits, Remembered, Search, outcome_text
from pytest_llmgen.generate.offline.shrinking import Needed, shares, shrunk
from pytest_llmgen.generate.offline.situations import situations, with_situation
from pytest_llmgen.generate.offline.styling import restyled
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.terms import OMITTED, Term, literal, snake_case, unique
from pytest_llmgen.generate.offline.trimming import trimmed
from pytest_llmgen.generate.offline.usage import annotated, constant_keys, guarded_types
from pytest_llmgen.generate.offline.wiretap import wiretap
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape, World, imports_of, optional_fields, survey
from pytest_llmgen.generate.offline.write import Writer
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Fixture,
    Module,
    Mutant,
    OpenGaps,
    Origin,
    Probe,
    Prober,
    Reply,
    Stage,
    Target,
    TargetKind,
)
from pytest_llmgen.timeouts import Timeouts

_MAX_CANDIDATES = 24
_FOR_SEARCH = 0.6
"""Part of a limited time that goes to reaching lines and branches; the rest goes to mutants."""
_MAX_MUTANTS = 600
_MAX_REMEMBERED = 40_000
"""Observations of all targets together, some kilobytes each."""
_MAX_LOOKED_AT = 24
_MAX_SETTLED = 4
"""So often inputs are chosen anew because some were restless."""
_FEW_LITERALS = 4
_PER_INNER = 8
_OTHERS = {"other", "rhs"}
"""Names of what is mostly another object of the same class."""
_SURPRISES = (ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError, TypeError, ValueError)
_ACCESSORS = {"setter", "deleter", "getter"}
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


@dataclass(slots=True)
class _Memory:
    """What was written for a target in earlier rounds: neither name nor test comes twice."""

    names: set[str] = field(default_factory=set)
    essences: set[str] = field(default_factory=set)
    same: dict[str, int] = field(default_factory=dict)  # of a mutant: inputs of one search that could not tell it
    unkilled: set[str] = field(default_factory=set)  # mutants that met every input and live
    reached: set[Goal] = field(default_factory=set)
    was_searched: bool = False
    observed: Remembered = field(default_factory=dict)  # inputs of the last search, which the next one begins with

    def is_exhausted(self, gaps: OpenGaps) -> bool:
        """Whether an earlier search has tried all that is open, in vain."""
        survivors = {item.mutant.id for item in gaps.survivors}
        return self.was_searched and survivors <= self.unkilled and not _goals(gaps) & self.reached


class UnsuitableError(Exception):
    """A target that cannot be tested this way; the text says why."""


class OfflineGenerator:
    """Writes tests from observed behaviour; what runs the code is the prober."""

    origin = Origin.OFFLINE
    label = "offline"

    def __init__(
        self,
        prober: Prober,
        seed: int,
        clock: Callable[[], float] = time.monotonic,
        waits: Timeouts = Timeouts(),  # noqa: B008 (frozen)
        project: Callable[[], Iterable[Module]] = tuple,
        properties: str = "auto",
    ) -> None:
        """``project`` gives all modules of the project, those too that nothing is asked of: bases, types, helpers.

        ``properties``: whether tests may need hypothesis; ``auto`` where the project has it.
        """
        self._properties = properties
        self._prober, self._seed, self._clock, self._waits = prober, seed, clock, waits
        self._project = project
        self._memories: dict[str, _Memory] = {}
        self._modules: dict[str, Module] = {}  # of the project, and those with targets, which it has heard of
        self._seen_fixtures: dict[tuple[Fixture, ...], tuple[Given, ...]] = {}
        self._compiled: dict[str, list[tuple[str, str, int]]] = {}

    def announce(self, _assignments: Sequence[Assignment]) -> str:
        """Nothing: it costs nothing."""
        return ""

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """Answer each assignment in order."""
        if not self._modules:
            self._modules.update({module.name: module for module in self._project()})
        self._modules.update({item.module.name: item.module for item in assignments})
        for assignment in assignments:
            yield self._answer(assignment, self._modules)

    def _answer(self, assignment: Assignment, modules: Mapping[str, Module]) -> Reply:
        plain = replace(assignment, target=_by_property(assignment.target))
        candidates, note = self._try(plain, plain.target, modules)
        if not candidates and is_private(plain.target):
            for entrance in entrances(plain.target, plain.module):
                candidates, told = self._try(plain, entrance, modules)
                note = note if not candidates else told
                if candidates:
                    break
        key = assignment.target.key
        made = [replace(item, target=key, id=f"{key}#{item.name}") for item in candidates]
        same = {identity: n for identity, n in self._memory(plain.target.key).same.items() if n}
        return Reply(assignment, tuple(made), note=note, same_results=same)

    def _memory(self, key: str) -> _Memory:
        return self._memories.setdefault(key, _Memory())

    def _try(
        self, assignment: Assignment, entrance: Target, modules: Mapping[str, Module]
    ) -> tuple[list[Candidate], str]:
        """Candidates that call ``entrance``, the target itself or what calls it; and why there are none."""
        try:
            if entrance is assignment.target:
                plan = plan_of(assignment, modules, self._patterns(assignment.module), self._given(assignment))
            else:
                assignment = replace(assignment, stage=Stage.GAPS)
                plan = self._plan_through(assignment, entrance, modules)
            return self._search(assignment, plan, modules)
        except UnsuitableError as problem:
            return [], str(problem)
        except RecursionError:
            return [], "its code is nested too deeply to be read"
        except _SURPRISES as error:
            return [], f"the search failed: {type(error).__name__}: {error}"

    def _plan_through(self, assignment: Assignment, entrance: Target, modules: Mapping[str, Module]) -> Plan:
        """How ``entrance`` is called, to reach the target of the assignment."""
        target, context, head = assignment.target, assignment.context, entrance.qualname.partition(".")[0]
        node = find_function(ast.parse(assignment.module.source), target.qualname, target.def_line)
        if node is None:
            raise UnsuitableError("its definition is not reachable by name")
        if context.import_line.startswith("from "):
            context = replace(context, import_line=f"from {assignment.module.name} import {head}")
        called = replace(assignment, target=entrance, context=context)
        plan = plan_of(called, modules, self._patterns(assignment.module), self._given(called))
        return replace(plan, node=node, callee=replace(plan.callee, aim=target))

    def _limits(self, assignment: Assignment, part: float) -> Limits:
        """``part`` of the time of an assignment, where that is limited.

        Seconds end what numbers of probes end long before, as a rule: only they are the same on every machine.
        """
        end = self._clock() + (part * assignment.seconds or self._waits.search)
        return Limits(self._clock, end, call=self._waits.call)

    def _patterns(self, module: Module) -> list[tuple[str, str, int]]:
        """The regular expressions of a module as they are when it has been imported, once for each module."""
        if module.name not in self._compiled:
            probes = [Probe(f"patterns#{rank}", *text) for rank, text in enumerate(patterns_probes(module.name))]
            seen = self._prober.probe(probes) if "re" in module.source else []
            sources = [one.value.source for one in seen if one.value and one.value.source]
            self._compiled[module.name] = [each for source in sources for each in ast.literal_eval(source)]
        return self._compiled[module.name]

    def _given(self, assignment: Assignment) -> tuple[Given, ...]:
        """The fixtures of the project, seen once: every function has the same."""
        fixtures = assignment.context.fixtures
        if fixtures not in self._seen_fixtures:
            self._seen_fixtures[fixtures] = given_by(self._prober, fixtures)
        return self._seen_fixtures[fixtures]

    def _search(self, assignment: Assignment, plan: Plan, modules: Mapping[str, Module]) -> tuple[list[Candidate], str]:
        key = assignment.target.key if plan.callee.aim is None else plan.callee.target.key
        seed = f"{self._seed}/{key}/{assignment.round}"
        rng = random.Random(seed)  # noqa: S311 (not a secret)
        limits = self._limits(assignment, _FOR_SEARCH)
        memory = self._memory_of(assignment.target, plan.callee.target)
        memory.names.update(candidate.name for candidate in assignment.kept)
        memory.essences.update(_essence(candidate) for candidate in assignment.kept)
        is_first = assignment.stage is not Stage.GAPS
        if not is_first and memory.is_exhausted(assignment.gaps):
            return [], _why_nothing_new(is_first)
        documents = documented(self._prober, assignment, plan.callee, memory.names) if is_first else []
        wire = wiretap(assignment.module.source, plan.node, assignment.target)
        plan = replace(plan, pools=self._alive(plan))
        has_clock = reads_clock(assignment.module.source)
        search = Search(
            self._prober,
            plan.callee,
            plan.pools,
            rng,
            limits,
            plan.boundaries,
            plan.known,
            wire,
            reads_clock=has_clock,
            remembered=self._remembered(memory),
        )
        found = search.run(plan.seeds)
        if not found.finds:
            return documents, "" if documents else _why_nothing(found)
        plan = replace(plan, callee=replace(plan.callee, form=found.form, unseen=found.unseen))
        if is_first:
            documents = [*documents, *self._promised(assignment, plan, found, memory)]
        chosen, examples = self._chosen(assignment, plan, search, found, memory)
        observed = self._write(assignment, plan, chosen, memory)
        claimed = self._claimed(assignment, plan, modules, found, examples, memory) if is_first else []
        candidates = [*documents, *observed, *claimed]
        return candidates, "" if candidates else _why_nothing_new(is_first)

    def _remembered(self, memory: _Memory) -> Remembered:
        """What is known of a target's inputs; the oldest is forgotten where it becomes too much."""
        known = list(self._memories.values())
        total = sum(len(each.observed) for each in known)
        for each in known:
            if total <= _MAX_REMEMBERED:
                break
            if each is not memory:
                total -= len(each.observed)
                each.observed.clear()
        return memory.observed

    def _memory_of(self, target: Target, called: Target) -> _Memory:
        """What was tried for a target by calls of a function, whose tests have their names together."""
        if target.key == called.key:
            return self._memory(target.key)
        memory = self._memory(f"{target.key} through {called.key}")
        memory.names = self._memory(called.key).names
        return memory

    def _alive(self, plan: Plan) -> tuple[tuple[Term, ...], ...]:
        """The values of each place, without objects that do not even come into being."""
        name = plan.callee.receiver
        if not name:
            return plan.pools
        probes = [
            Probe(f"object#{rank}", "\n".join(made_of(name, term, plan.callee.given)), "None")
            for rank, term in enumerate(plan.pools[0])
        ]
        seen = self._prober.probe(probes)
        alive = [term for term, one in zip(plan.pools[0], seen, strict=True) if one.outcome == "returned"]
        return (tuple(alive or plan.pools[0]), *plan.pools[1:])

    def _chosen(
        self, assignment: Assignment, plan: Plan, search: Search, found: Found, memory: _Memory
    ) -> tuple[list[Find], Examples]:
        """Few inputs that reach and kill all that any does; without mutants also what shows another behaviour."""
        raised = plan.world.raised
        survivors = [item.mutant for item in assignment.gaps.survivors][:_MAX_MUTANTS]
        limits = self._limits(assignment, 1 - _FOR_SEARCH)
        is_wrapped, has_receiver = bool(assignment.target.decorators), bool(plan.callee.receiver)
        hunt = Hunt(
            self._prober,
            survivors,
            raised,
            is_wrapped=is_wrapped,
            has_receiver=has_receiver,
            is_over=lambda: limits.is_over,
        )
        showable = [find for find in affordable(_in_order_of_gain(found)) if hunt.tells(find)]
        hunt.meet(sorted(showable, key=lambda find: awkwardness(find, plan.pools, raised)))
        pursue(hunt, search, limits)
        showable, matrix = hunt.finds, hunt.matrix
        memory.was_searched = True
        for identity in memory.same.keys() | matrix.same.keys():
            most = max(memory.same.get(identity, 0), matrix.same.get(identity, 0))  # searches may repeat inputs
            memory.same[identity] = 0 if identity in matrix.killers else most
        memory.unkilled.update(mutant.id for mutant in survivors if mutant.id not in matrix.killers)
        memory.reached.update(*(find.goals for find in showable))
        gaps = _goals(assignment.gaps) if assignment.stage is Stage.GAPS else None
        gains = {
            place: matrix.kills_of(place) | (find.goals if gaps is None else find.goals & gaps)
            for place, find in enumerate(showable)
        }
        self._settle(assignment, plan, hunt, gains)
        awkward = {place: awkwardness(find, plan.pools, raised) for place, find in enumerate(showable)}
        places = cover(gains, awkward)
        chosen = [showable[place] for place in places]
        if survivors or gaps is not None:
            wanted = [Needed(find, share) for find, share in zip(chosen, shares(gains, places), strict=True)]
            short = shrunk(self._prober, plan.callee, hunt, wanted, tuple(pool[0] for pool in plan.pools), limits)
            chosen = trimmed(hunt, short)
        examples = Examples(gains, survivors, frozenset(mutant.id for mutant in hunt.open))
        is_enough = gaps is not None or survivors
        return chosen if is_enough else _without_repetition(
            [*chosen, *filter(hunt.tells, affordable(found.finds))]
        ), examples

    def _settle(self, assignment: Assignment, plan: Plan, hunt: Hunt, gains: dict[int, frozenset[object]]) -> None:
        """Take the gains from inputs that show something else at another time: others are to be chosen instead."""
        source = assignment.module.source
        if not (reads_clock(source) or "random" in source):
            return
        for _ in range(_MAX_SETTLED):
            places = cover(gains)
            wanted = [hunt.finds[place] for place in places]
            seen = look_twice(self._prober, plan.callee, wanted, reads_clock=reads_clock(source))
            kept = {each.find.row for each in seen}
            restless = [place for place in places if hunt.finds[place].row not in kept]
            if not restless:
                return
            hunt.forget(restless)
            for place, gain in gains.items():
                goals = frozenset(item for item in gain if not isinstance(item, str))
                gains[place] = frozenset() if place in hunt.forgotten else goals | hunt.matrix.kills_of(place)

    def _claimed(
        self,
        assignment: Assignment,
        plan: Plan,
        modules: Mapping[str, Module],
        found: Found,
        examples: Examples,
        memory: _Memory,
    ) -> list[Candidate]:
        """Property tests, where they do what examples do not."""
        base = tuple(pool[0] for pool in plan.pools)
        finds, partners = found.everything, partners_for(assignment, modules)
        if not may_claim(self._properties, assignment.context):
            examples = replace(examples, mutants=())
        return claims(self._prober, assignment, plan.callee, base, finds, examples, partners, memory.names)

    def _promised(self, assignment: Assignment, plan: Plan, found: Found, memory: _Memory) -> list[Candidate]:
        base = tuple(pool[0] for pool in plan.pools)
        known = module_names(assignment.module)
        return promises(assignment, plan.callee, plan.node, base, found.everything, known, memory.names)

    def _write(self, assignment: Assignment, plan: Plan, chosen: list[Find], memory: _Memory) -> list[Candidate]:
        base = tuple(pool[0] for pool in plan.pools)
        told = dict(zip((find.row for find in chosen), ways(plan.node, chosen), strict=True))
        writer = Writer(base, plan.world.raised, assignment.round, memory.names, told)
        candidates: list[Candidate] = []
        finds = chosen[: 2 * _MAX_CANDIDATES]
        has_clock = reads_clock(assignment.module.source)
        for seen in look_twice(self._prober, plan.callee, finds, reads_clock=has_clock):
            find = seen.find
            is_extra = not assignment.gaps.survivors and not find.gained and not find.is_boundary
            candidate = writer.write(restyled(seen, plan.world.classes), is_extra)
            if candidate is not None and _essence(candidate) not in memory.essences:
                memory.essences.add(_essence(candidate))
                candidates.append(candidate)
        return candidates[:_MAX_CANDIDATES]


def _by_property(target: Target) -> Target:
    """The setter ``Cart.total.setter`` under the name by which tests reach it: ``Cart.total``."""
    owner, _, last = target.qualname.rpartition(".")
    is_accessor = last in _ACCESSORS and any(item.endswith(f".{last}") for item in target.decorators)
    return replace(target, qualname=owner) if is_accessor else target


def plan_of(
    assignment: Assignment,
    modules: Mapping[str, Module],
    compiled: Sequence[tuple[str, str, int]] = (),
    given: Sequence[Given] = (),
) -> Plan:
    """Work out how the target is called and with which values.

    ``compiled`` are the module's regular expressions, ``given`` the fixtures of the project.

    Raises:
        UnsuitableError: it cannot be called, with the reason.
    """
    target, module, context = assignment.target, assignment.module, assignment.context
    try:
        tree = ast.parse(module.source)
    except (SyntaxError, ValueError) as error:
        raise UnsuitableError(f"its module cannot be read: {error}") from error
    if target.name.startswith("__") and not target.name.endswith("__"):
        raise UnsuitableError("its name is private to its class: tests reach it through the methods that call it")
    node = find_function(tree, target.qualname, target.def_line)
    if node is None or target.name in UNSUITABLE:
        raise UnsuitableError("its definition is not reachable by name" if node is None else "no test calls it by name")
    world, given = survey(module, modules, context.types), usable(given, target)
    told = [item.expression for item in (*examples_of(target.docstring), *told_of(target.docstring, target.name))]
    accepted = list(inlined(candidate.source for candidate in assignment.kept))
    texts = (*told, *accepted, *context.examples, *context.callers, *context.recorded)
    known = {**imports_of(tree, module), **{name: shape.statement for name, shape in world.classes.items()}}
    annotations = Annotations(world, hints_of(tree), seen_objects(texts, world.classes, known), objects_of(given))
    helpers = helpers_of(node, tree, target.qualname.rpartition(".")[0])
    mentioned = list({repr(v): v for item in (node, *helpers) for v in literals_of(item, world.constants)}.values())
    mutants = [item.mutant for item in assignment.gaps.survivors]
    patterns = dict.fromkeys(text for item in (node, *helpers) for text in matching_texts(item, world.constants))
    matching = [text for part in patterns for text in (part, f"a{part}b")]
    matching = [*texts_of_patterns(compiled, [node, *helpers]), *matching]
    formats = texts_of(node, target.docstring, [value for value in mentioned if isinstance(value, str)])
    literals = (*formats, *boundary_terms(mutants), *(literal(text) for text in matching), *neighbours(mentioned))

    def seen_of(name: str, items: tuple[Parameter, ...]) -> list[tuple[Term, ...]]:
        return seen_rows(texts, name, items, known)

    callee, shape, objects = _callee(target, node, assignment, world, annotations, literals, seen_of)
    seen = tuple(seen_of(target.name, callee.parameters))
    options = _options(callee, node, shape)
    paths = paths_among(callee.parameters, [node], tree)
    guards = {item.name: kinds for item in callee.parameters if (kinds := guarded_types(item.name, node))}
    sources = inputs.Sources(literals, seen, tuple(mentioned), options, guards, paths)
    collaborators = Collaborators([node, *helpers], tree, known, world, annotations, mentioned)
    pools = [
        collaborators.among(item, unique([*named(given, item), *inputs.pool(item, annotations, sources, rank)]))
        for rank, item in enumerate(callee.parameters)
    ]
    missing = [item.name for item, values in zip(callee.parameters, pools, strict=True) if not values]
    if missing:
        raise UnsuitableError(f"no value can be made for its parameter {missing[0]!r}")
    objects = collaborators.within(objects)
    full = [objects, *pools] if objects else pools
    rows = [*_equal_rows(callee, full, mutants), *((*objects[:1], *row) for row in seen)]
    around = situations([node, *helpers, *_made_by(shape, target.name)], tree, target.module)
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
    return Plan(callee, node, columns, tuple(rows), collaborators.world, shape, boundaries(mentioned), tuple(mentioned))


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
    """How a function that the target returns is called, and of what form that is; how a block ends that it lets in."""
    if form_of(target) is Form.ENTERED:
        errors = collaborators.inside(node)
        return ([OMITTED, *errors], Form.ENTERED) if errors else ([], None)
    levels = inner_functions(node) if form_of(target) is Form.PLAIN else []
    again = calls(levels, lambda item, rank: inputs.pool(item, annotations, sources, rank)[:_PER_INNER])
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


def partners_for(assignment: Assignment, modules: Mapping[str, Module]) -> list[Partner]:
    """Functions that the target may undo, ready to be called."""
    plans = {each: _partner(assignment, each, modules) for each in partners_of(assignment.target, assignment.module)}
    return [
        Partner(plan.callee, tuple(pool[0] for pool in plan.pools), undoes(assignment.target.name, target.name))
        for target, plan in plans.items()
        if plan is not None
    ]


def _partner(assignment: Assignment, target: Target, modules: Mapping[str, Module]) -> Plan | None:
    """How another function of the module is called; None where it can't be, or takes more than one argument."""
    line = assignment.context.import_line
    if line.startswith("from "):
        line = f"from {assignment.module.name} import {target.name}"
    context = replace(assignment.context, import_line=line, examples=(), callers=())
    try:
        plan = plan_of(replace(assignment, target=target, context=context), modules)
    except UnsuitableError:
        return None
    return plan if sum(item.is_required for item in plan.callee.parameters) == 1 else None


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
    found = annotated(parameters(node, skip_first=skip), node)
    shape = world.class_of(owner) if owner else None
    form = form_of(target)
    if target.name in {"__init__", "__new__", "__post_init__"} and owner:
        found = shape.parameters if shape and target.name == "__post_init__" else found
        return Callee(target, access(line, owner, target.module), found, (line,), Form.PLAIN), shape, []
    if target.kind not in _BOUND:
        return Callee(target, access(line, target.qualname, target.module), found, (line,), form), shape, []
    if shape is None:
        raise UnsuitableError(f"nothing is known of its class {owner}")
    objects = _objects(shape, annotations, literals, target, seen_of)
    name = snake_case(shape.name.rpartition(".")[2])
    constructor = tuple(item.name for item in shape.parameters)
    own = (target.name,) if form is Form.SETTER else ()
    asked, echoes = questions(shape, target.name, tuple(item.name for item in found))
    looks = tuple(look(name, attribute) for attribute in dict.fromkeys([*own, *shape.attributes, *asked]))[
        :_MAX_LOOKED_AT
    ]
    return Callee(target, name, found, (line,), form, name, constructor, looks, echoes), shape, objects


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


def _why_nothing(found: Found) -> str:
    if found.problems.get("timeout"):
        return "every call ran into the time limit"
    if found.first_problem:
        return f"every call failed before it began: {found.first_problem}"
    return "no call could be made within the time allowed"


def _why_nothing_new(is_first: bool) -> str:
    return "nothing stable to assert was seen" if is_first else "no input was found that closes an open gap"


def _in_order_of_gain(found: Found) -> list[Find]:
    """What the search kept, then every other input that shows something else; each input once."""
    first = sorted(found.finds, key=lambda find: (not find.gained, not find.is_boundary))
    known = {find.row for find in first}
    rest = [find for find in found.everything if find.row not in known]
    seen = {(find.goals, outcome_text(find.observation)) for find in first}
    is_other = [(find.goals, outcome_text(find.observation)) not in seen for find in rest]
    other = [find for find, is_one in zip(rest, is_other, strict=True) if is_one]
    return [*first, *other, *(find for find, is_one in zip(rest, is_other, strict=True) if not is_one)]


def _goals(gaps: OpenGaps) -> frozenset[Goal]:
    """The open lines and branches."""
    lines: set[Goal] = {("line", line, 0) for line in gaps.lines}
    return frozenset(lines | {("arc", start, end) for start, end in gaps.branches})


def _without_repetition(finds: Sequence[Find]) -> list[Find]:
    return list({id(find): find for find in finds}.values())


def _essence(candidate: Candidate) -> str:
    """The test without its name and docstring."""
    return "\n".join(line for line in candidate.source.splitlines()[1:] if '"""' not in line)
