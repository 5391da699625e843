"""The embedded generator: a search over inputs whose observed behaviour becomes tests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from pytest_llmgen.allowance import NO_TIME_LEFT
from pytest_llmgen.generate.offline.branches import ways
from pytest_llmgen.generate.offline.choosing import chosen, hunt_for, meet_found
from pytest_llmgen.generate.offline.claims import Examples, claims, may_claim
from pytest_llmgen.generate.offline.clock import reads_clock
from pytest_llmgen.generate.offline.code import find_function, parsed
from pytest_llmgen.generate.offline.construction import alive, is_choosy, limited, maker_of, objects_of, sound_bases
from pytest_llmgen.generate.offline.documented import documented, module_names
from pytest_llmgen.generate.offline.entrances import dispatcher, entrances, is_private
from pytest_llmgen.generate.offline.feeding import Feeder, fed
from pytest_llmgen.generate.offline.grounds import UnsuitableError
from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.lanes import Lanes
from pytest_llmgen.generate.offline.looking import look_twice
from pytest_llmgen.generate.offline.memory import Memories, Memory, essence, everything_open, open_goals
from pytest_llmgen.generate.offline.partners import Partner, answers
from pytest_llmgen.generate.offline.planning import Plan, feeders_for, partners_for, plan_of
from pytest_llmgen.generate.offline.promises import promises
from pytest_llmgen.generate.offline.search import FIRST_LOOK, Find, Found, Limits, Search, Wanted
from pytest_llmgen.generate.offline.shares import Shares
from pytest_llmgen.generate.offline.styling import restyled
from pytest_llmgen.generate.offline.surroundings import Surroundings
from pytest_llmgen.generate.offline.terms import Term, unique
from pytest_llmgen.generate.offline.wiretap import wiretap
from pytest_llmgen.generate.offline.write import Writer
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Module,
    OpenGaps,
    Origin,
    Prober,
    Reply,
    Stage,
    Target,
)
from pytest_llmgen.timeouts import Timeouts

_MAX_CANDIDATES = 24
_FOR_SEARCH = 0.6
"""Part of a limited time that goes to reaching lines and branches; the rest goes to mutants."""
_SURPRISES = (ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError, TypeError, ValueError)
_NONE: Mapping[str, list[Term]] = MappingProxyType({})
_ACCESSORS = {"setter", "deleter", "getter"}


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
        lanes: int = 1,
    ) -> None:
        """``project`` gives all modules of the project, those too that nothing is asked of: bases, types, helpers.

        ``properties``: whether tests may need hypothesis; ``auto`` where the project has it.
        ``lanes``: targets that are searched side by side; what comes of them is the same for any number.
        """
        self._properties = properties
        self._lanes = Lanes(prober, lanes)
        self._prober: Prober = self._lanes
        self._seed, self._clock, self._waits = seed, clock, waits
        self._memories = Memories()
        self._around = Surroundings(self._prober, project)
        self._prepared: set[tuple[str, str]] = set()  # classes
        self._is_preparing = False
        self._born: dict[str, bool] = {}  # whether objects came into being, by their statements
        self._made: dict[str, dict[str, list[Term]]] = {}  # by constructor: objects that a search of it made

    def announce(self, _assignments: Sequence[Assignment]) -> str:
        """Nothing: it costs nothing."""
        return ""

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """Answer each assignment in order; where seconds were given, until all of them together are over."""
        seconds = sum(assignment.seconds for assignment in assignments)
        shares = Shares(self._clock, seconds, len(assignments), self._lanes.number) if seconds else None
        self._around.take_in(item.module for item in assignments)
        self._is_preparing = True
        for assignment in assignments:
            self._prepare(replace(assignment, target=_by_property(assignment.target)))
        self._is_preparing = False
        yield from self._lanes.along(partial(self._answer_in_time, shares), assignments)

    def _prepare(self, assignment: Assignment) -> None:
        """Look for objects of a method's class before any search: all searches are to know the same ones."""
        target = assignment.target
        owner = (target.path, target.qualname.rpartition(".")[0])
        if owner[1] and owner not in self._prepared:
            self._prepared.add(owner)
            with suppress(UnsuitableError, RecursionError, *_SURPRISES):  # the search of the target says so
                self._alive(assignment, target)

    def _answer_in_time(self, shares: Shares | None, assignment: Assignment) -> Reply:
        """Answer with what there is of the time when a search begins."""
        if shares is not None:
            assignment = replace(assignment, seconds=shares.next())
            if not assignment.seconds:
                return Reply(assignment, (), note=NO_TIME_LEFT)
        return self._answer(assignment)

    def _answer(self, assignment: Assignment) -> Reply:
        plain = replace(assignment, target=_by_property(assignment.target))
        candidates, note = self._try(plain, dispatcher(plain.target, plain.module) or plain.target)
        is_settled = self._memories.of(plain.target.key).has_met_all(plain.gaps)
        if not candidates and is_private(plain.target) and not is_settled:
            for entrance in entrances(plain.target, plain.module):
                candidates, told = self._try(plain, entrance)
                note = note if not candidates else told
                if candidates:
                    break
        key = assignment.target.key
        made = [replace(item, target=key, id=f"{key}#{item.name}") for item in candidates]
        same = {identity: n for identity, n in self._memories.of(plain.target.key).same.items() if n}
        return Reply(assignment, tuple(made), note=note, same_results=same)

    def _try(self, assignment: Assignment, entrance: Target) -> tuple[list[Candidate], str]:
        """Candidates that call ``entrance``, the target itself or what calls it; and why there are none."""
        try:
            if entrance is not assignment.target:
                assignment = replace(assignment, stage=Stage.GAPS)
            if self._is_exhausted(assignment, entrance):
                return [], _why_nothing_new(is_first=False)
            return self._search(assignment, self._alive(assignment, entrance))
        except UnsuitableError as problem:
            return [], str(problem)
        except RecursionError:
            return [], "its code is nested too deeply to be read"
        except _SURPRISES as error:
            return [], f"the search failed: {type(error).__name__}: {error}"

    def _is_exhausted(self, assignment: Assignment, entrance: Target) -> bool:
        """Whether calls of ``entrance`` were tried in vain for all that is open: no plan is needed to see that."""
        memory = self._memories.through(assignment.target, entrance)
        return assignment.stage is Stage.GAPS and memory.is_exhausted(assignment.gaps)

    def _alive(self, assignment: Assignment, entrance: Target) -> Plan:
        """The plan without objects that do not even come into being; where few do, others are looked for first."""
        plan = self._plan(assignment, entrance)
        if not plan.callee.receiver:
            return plan
        objects = alive(self._prober, plan, self._born)
        maker = maker_of(plan, assignment.module)
        if maker is not None and plan.shape is not None and maker.key not in self._made:
            made = sound_bases(plan.pools[0], objects)
            if is_choosy(plan.pools[0], objects):
                made = self._objects(assignment, maker)
            own = {plan.shape.name: made}
            if self._is_preparing:  # later the other lanes are at work, which must not know more one time than another
                self._made[maker.key] = own
            if made:
                plan = self._plan(assignment, entrance, own)
                objects = alive(self._prober, plan, self._born)
        return replace(plan, pools=(tuple(objects), *plan.pools[1:]))

    def _objects(self, assignment: Assignment, maker: Target) -> list[Term]:
        """What a search of a constructor can make."""
        wanted = replace(assignment, target=maker, gaps=OpenGaps(), kept=())
        try:
            plan = self._plan(wanted, maker)
        except UnsuitableError:
            return []
        limits = limited(self._limits(assignment, _FOR_SEARCH))
        search = self._searching(wanted, plan, limits, self._memories.of(maker.key))
        return objects_of(plan, search.run(plan.seeds))

    def _plan(
        self,
        assignment: Assignment,
        entrance: Target,
        own: Mapping[str, list[Term]] = _NONE,
    ) -> Plan:
        """How a target is called, or what calls it; ``own`` are objects of its class that only it is to know."""
        if entrance is not assignment.target:
            return self._plan_through(assignment, entrance, own)
        prefix = f"{assignment.module.path}::"
        known = [each for key, each in self._made.items() if key.startswith(prefix)]
        made = {name: terms for each in [*known, own] for name, terms in each.items()}
        return plan_of(assignment, self._around.modules, self._around.seen_from(assignment, made))

    def _plan_through(self, assignment: Assignment, entrance: Target, own: Mapping[str, list[Term]]) -> Plan:
        """How ``entrance`` is called, to reach the target of the assignment."""
        target, context, head = assignment.target, assignment.context, entrance.qualname.partition(".")[0]
        name = target.qualname.partition("#")[0]  # of several definitions the line tells which one
        node = find_function(parsed(assignment.module.source), name, target.def_line)
        if node is None:
            raise UnsuitableError("its definition is not reachable by name")
        if context.import_line.startswith("from "):
            context = replace(context, import_line=f"from {assignment.module.name} import {head}")
        called = replace(assignment, target=entrance, context=context)
        plan = self._plan(called, entrance, own)
        callee = replace(plan.callee, aim=target)
        if dispatcher(target, assignment.module) == entrance:  # with what the registered function takes
            registered = replace(called, target=replace(target, qualname=name))
            pools = self._plan(registered, registered.target, own).pools
            return replace(plan, node=node, callee=callee, pools=pools, seeds=())
        return replace(plan, node=node, callee=callee)

    def _limits(self, assignment: Assignment, part: float) -> Limits:
        """``part`` of the time of an assignment, where that is limited.

        Seconds end what numbers of probes end long before, as a rule: only they are the same on every machine.
        """
        end = self._clock() + (part * assignment.seconds or self._waits.search)
        return Limits(self._clock, end, call=self._waits.call)

    def _search(self, assignment: Assignment, plan: Plan) -> tuple[list[Candidate], str]:
        limits = replace(self._limits(assignment, _FOR_SEARCH), free=FIRST_LOOK)
        memory = self._memories.through(assignment.target, plan.callee.target)
        memory.names.update(candidate.name for candidate in assignment.kept)
        memory.essences.update(essence(candidate) for candidate in assignment.kept)
        is_first = assignment.stage is not Stage.GAPS
        memory.last_open = frozenset() if is_first else everything_open(assignment.gaps)
        documents = documented(self._prober, assignment, plan.callee, memory.names) if is_first else []
        is_wanted = may_claim(self._properties, assignment.context)
        partners = partners_for(assignment, self._around.modules, only_named=not is_wanted) if is_first else []
        plan = self._with_answers(plan, partners)
        plan = self._with_fed(plan, feeders_for(assignment, plan.node, self._around.modules)) if is_first else plan
        search = self._searching(assignment, plan, limits, memory)
        hunt = hunt_for(self._prober, assignment, plan, self._limits(assignment, 1))
        found = search.run(plan.seeds, _wanted(assignment, plan, hunt, limits))
        if not found.finds:
            return documents, "" if documents else _why_nothing(found)
        plan = replace(plan, callee=replace(plan.callee, form=found.form, unseen=found.unseen))
        if is_first:
            documents = [*documents, *self._promised(assignment, plan, found, memory)]
        rest = self._limits(assignment, 1 - _FOR_SEARCH)
        few, examples = chosen(self._prober, assignment, plan, search, found, hunt, memory, rest)
        observed = self._write(assignment, plan, few, memory)
        claimed = self._claimed(assignment, plan, partners, found, examples, memory) if is_first else []
        candidates = [*documents, *observed, *claimed]
        return candidates, "" if candidates else _why_nothing_new(is_first)

    def _with_answers(self, plan: Plan, partners: Sequence[Partner]) -> Plan:
        """The plan with what the target undoes among its values: ``decode`` is given what ``encode`` gave."""
        pools = list(plan.pools)
        for at, term in reversed(answers(self._prober, plan.callee, partners)):
            pools[at] = tuple(unique([*pools[at][:1], term, *pools[at][1:]]))
        return replace(plan, pools=tuple(pools))

    def _with_fed(self, plan: Plan, feeders: Sequence[Feeder]) -> Plan:
        """The plan with what other functions give for the target, at first."""
        base = tuple(pool[0] for pool in plan.pools)
        rows = fed(self._prober, plan.callee, base, feeders) if feeders else []
        return replace(plan, seeds=(*plan.seeds, *rows))

    def _searching(self, assignment: Assignment, plan: Plan, limits: Limits, memory: Memory) -> Search:
        """A search of a target that is about to begin."""
        key = assignment.target.key if plan.callee.aim is None else plan.callee.target.key
        seed = f"{self._seed}/{key}/{assignment.round}"
        return Search(
            self._prober,
            plan.callee,
            plan.pools,
            random.Random(seed),  # noqa: S311 (not a secret)
            limits,
            plan.boundaries,
            plan.known,
            wiretap(assignment.module.source, plan.node, assignment.target),
            reads_clock=reads_clock(assignment.module.source),
            remembered=self._memories.remembered(memory),
        )

    def _claimed(
        self,
        assignment: Assignment,
        plan: Plan,
        partners: Sequence[Partner],
        found: Found,
        examples: Examples,
        memory: Memory,
    ) -> list[Candidate]:
        """Property tests, where they do what examples do not."""
        base = tuple(pool[0] for pool in plan.pools)
        finds = found.everything
        if not may_claim(self._properties, assignment.context):
            examples = replace(examples, mutants=())
        return claims(self._prober, assignment, plan.callee, base, finds, examples, partners, memory.names)

    def _promised(self, assignment: Assignment, plan: Plan, found: Found, memory: Memory) -> list[Candidate]:
        base = tuple(pool[0] for pool in plan.pools)
        known = module_names(assignment.module)
        finds, classes = found.everything, plan.world.classes
        return promises(assignment, plan.callee, plan.node, base, finds, known, memory.names, classes)

    def _write(self, assignment: Assignment, plan: Plan, few: list[Find], memory: Memory) -> list[Candidate]:
        base = tuple(pool[0] for pool in plan.pools)
        special = [find for find in few if not find.shows]
        told = dict(zip((find.row for find in special), ways(plan.node, special), strict=True))
        writer = Writer(base, plan.world.raised, assignment.round, memory.names, told)
        candidates: list[Candidate] = []
        finds = few[: 2 * _MAX_CANDIDATES]
        has_clock = reads_clock(assignment.module.source)
        for seen in look_twice(self._prober, plan.callee, finds, reads_clock=has_clock, known=memory.looked):
            find = seen.find
            is_extra = not assignment.gaps.survivors and not find.gained and not find.is_boundary
            candidate = writer.write(restyled(seen, plan.world.classes), is_extra)
            if candidate is not None and essence(candidate) not in memory.essences:
                memory.essences.add(essence(candidate))
                candidates.append(candidate)
        return candidates[:_MAX_CANDIDATES]


def _wanted(assignment: Assignment, plan: Plan, hunt: Hunt, limits: Limits) -> Wanted:
    """The open lines, branches and mutants of a target."""

    def is_done(found: Found) -> bool:
        return bool(hunt.mutants) and not limits.is_over and meet_found(hunt, plan, found)

    return Wanted(open_goals(assignment.gaps), is_done, are_pursued=bool(hunt.mutants))


def _by_property(target: Target) -> Target:
    """The setter ``Cart.total.setter`` under the name by which tests reach it: ``Cart.total``."""
    owner, _, last = target.qualname.rpartition(".")
    is_accessor = last in _ACCESSORS and any(item.endswith(f".{last}") for item in target.decorators)
    return replace(target, qualname=owner) if is_accessor else target


def _why_nothing(found: Found) -> str:
    if found.problems.get("timeout"):
        return "every call ran into the time limit"
    if found.first_problem:
        return f"every call failed before it began: {found.first_problem}"
    return "no call could be made within the time allowed"


def _why_nothing_new(is_first: bool) -> str:
    return "nothing stable to assert was seen" if is_first else "no input was found that closes an open gap"
