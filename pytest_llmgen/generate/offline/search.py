"""The search: keep an input when it reaches something new, change kept inputs, stop when nothing is gained."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

from pytest_llmgen.generate.offline.aftermath import AFTERMATH
from pytest_llmgen.generate.offline.calls import ITEM_LIMIT, Callee, Form, Input, Scene, compose, stand_ins
from pytest_llmgen.generate.offline.climbing import Climber
from pytest_llmgen.generate.offline.clock import elsewhere, later
from pytest_llmgen.generate.offline.mutations import Vocabulary, mutate
from pytest_llmgen.generate.offline.terms import MOVING_CLOCK, Term
from pytest_llmgen.records import Mutant, Observation, Probe, Prober
from pytest_llmgen.timeouts import Timeouts

_BATCH = 64
_TWICE = 2
"""Inputs that are tried twice to see what of an object changes by itself."""
_FIRST_BATCH = 4
_MAX_HANGS = 3
_AFTER_A_HANG = 0.1
"""CPU seconds for a call where another one has hung: a hundred times what most take, and more of them may hang."""
FIRST_LOOK = _FIRST_BATCH + _BATCH
"""Inputs without which a search need not have begun."""
_MAX_PROBES = 1100
_MAX_CLIMBED = 520
_MAX_EACH = 200
_MAX_PAIRS = 160
_FIRSTS, _SECONDS = 20, 5
_SEVERAL = 0.4
_MAX_NEAR = 36
_MAX_DEEPENED = 8
_IDLE_ROUNDS = 3
_MOST_ROUNDS = 5
"""Rounds of changed inputs without a gain: the third one gained 5 of 66 mutants in four modules and 21 programs."""
_PER_SIGNATURE = 4
_ITERATORS = ("generator", "map", "filter", "zip", "enumerate", "reversed", "iterator", "itertools", "dict_", "islice")

Goal = tuple[str, int, int]
"""A line (``line, n, 0``) or an arc (``arc, from, to``) of the target."""


@dataclass(frozen=True, slots=True)
class Find:
    """An input with what was seen of it."""

    row: Input
    scene: Scene
    probe: Probe
    observation: Observation
    goals: frozenset[Goal]
    gained: frozenset[Goal] = frozenset()
    looks: tuple[str, ...] | None = None  # the looks at the object that are worth showing; None for all that changed
    shows: str = ""  # what it is there for, beside what it reaches and kills
    is_boundary: bool = False  # shows a literal of the code, or the number above it, for the first time


@dataclass(slots=True)
class Limits:
    """When a search must end."""

    clock: Callable[[], float]
    deadline: float | None
    probes: int = _MAX_PROBES
    call: float = Timeouts().call  # seconds for one
    free: int = 0  # inputs that are tried however late it is

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be tried."""
        is_late = self.free <= 0 and self.deadline is not None and self.clock() >= self.deadline
        return self.probes <= 0 or is_late

    def spend(self, probes: int) -> None:
        """Count inputs that were tried."""
        self.probes, self.free = self.probes - probes, self.free - probes


@dataclass(slots=True)
class Found:
    """What a search came to."""

    finds: list[Find] = field(default_factory=list)
    everything: list[Find] = field(default_factory=list)  # all that returned or raised, for later choices
    problems: dict[str, int] = field(default_factory=dict)  # outcome that shows nothing -> how often
    first_problem: str = ""
    form: Form = Form.PLAIN
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is for, beside showing what the target does."""

    goals: frozenset[Goal] = frozenset()
    is_done: Callable[[Found], bool] = lambda _: False  # asked when every goal is reached: whether the rest is, too
    are_pursued: bool = False  # whether mutants are, afterwards

    def rounds(self, reached: Collection[Goal]) -> int:
        """Rounds without a gain after which a search ends: one for mutants alone."""
        return _IDLE_ROUNDS if self.goals - set(reached) or not self.are_pursued else 1


NOTHING_WANTED = Wanted()


def patience(still_open: int) -> int:
    """Rounds without a gain after which changing inputs ends: one where one thing is open, one more for twice that."""
    return min(_MOST_ROUNDS, still_open.bit_length())


def probe_of(callee: Callee, row: Input, identity: str) -> tuple[Probe, Scene]:
    """The probe that shows what an input does."""
    scene = compose(callee, row)
    fixtures = stand_ins([*scene.fixtures, *callee.ears], callee.given)
    setup = "\n".join([*scene.imports, *scene.helpers, *fixtures, *scene.statements])
    watch = (*scene.bound.values(), *scene.watched, *callee.looks_at(row))
    if any(MOVING_CLOCK.source in term.source for term in row):  # each look at the object would let time pass
        held = tuple(name for name in scene.bound.values() if name != callee.receiver)
        watch = (*held, *scene.watched)
    probe = Probe(identity, setup, scene.expression, watch, callee.target.path, unseen=callee.unseen)
    return replace(probe, afterwards=scene.afterwards), scene


What = tuple[object, ...]
"""All of a probe that decides what is seen of it."""
Remembered = dict[What, Observation]


class Search:
    """One search over the inputs of one target."""

    def __init__(
        self,
        prober: Prober,
        callee: Callee,
        pools: Sequence[Sequence[Term]],
        rng: random.Random,
        limits: Limits,
        boundaries: frozenset[str] = frozenset(),
        known: Vocabulary = (),
        wire: Mutant | None = None,
        *,
        reads_clock: bool = False,
        remembered: Remembered | None = None,
    ) -> None:
        """``wire`` makes the target tell its comparisons; ``reads_clock``: the module asks for the time.

        ``remembered`` is what earlier searches saw, and takes what this one sees.
        """
        self._reads_clock, self._remembered = reads_clock, {} if remembered is None else remembered
        self._wire, self._climber, self._climbed = wire, Climber(defaults_of(callee), callee.optional), 0
        self._prober, self._callee, self._pools = prober, callee, pools
        self._boundaries = {(place, source) for place in range(len(pools)) for source in boundaries}
        self._rng, self._limits, self._known = rng, limits, known
        self._tried: set[str] = set()
        self._reached: set[Goal] = set()
        self._kinds: set[str] = set()
        self._signatures: dict[tuple[frozenset[Goal], str], set[str]] = {}
        self._deepened: dict[int, Find] = {}
        self._found = Found(form=callee.form)
        self._wanted = NOTHING_WANTED

    def run(self, seeds: Sequence[Input], wanted: Wanted = NOTHING_WANTED) -> Found:
        """Try the seeds and each value of each place once; then pairs, what is near to these, and changed inputs.

        It ends where nothing is gained any more, or where nothing that is wanted is open.
        """
        self._wanted = wanted
        rows = [*seeds, *self._each_choice()]
        self._find_disturbing(rows[:_TWICE])
        self._try(rows[:_FIRST_BATCH])
        was_looked_at = self._find_restless()
        self._try(rows[_FIRST_BATCH:])
        was_looked_at = was_looked_at or self._find_restless()
        if self.missing or not wanted.is_done(self._found):
            self._try(self._pairs())
            if not was_looked_at:
                self._find_restless()
            self._go_on()
        self._found.form, self._found.unseen = self._callee.form, self._callee.unseen
        return self._found

    def _go_on(self) -> None:
        """Try what is near to inputs that are known, then changed ones where lines or branches are open.

        For mutants inputs are mostly changed later: those that reach them.
        """
        idle = 0
        while not self._limits.is_over and self._found.finds:
            near = self._climbing() or self._neighbourhood()
            if not near and idle >= self._wanted.rounds(self._reached):
                return
            rows = near or [row for _ in range(_BATCH) if (row := self._changed(self._found.finds)) is not None]
            idle = 0 if self._try(rows) or near else idle + 1

    def _find_disturbing(self, rows: Sequence[Input]) -> None:
        """Leave out of sight what changes an object when it is looked at: ``file.text`` that reads to the end."""
        callee = self._callee
        probes = [replace(probe_of(callee, row, "still")[0], watch=(), afterwards=callee.looks) for row in rows]
        looks = [text for text in callee.active if len(callee.active) > 1 and not text.startswith("list(")]
        asked = [
            replace(probe, id=f"still#{rank}#{text}", setup=f"{probe.setup}\n{text}" if text else probe.setup)
            for rank, probe in enumerate(probes)
            for text in ["", *looks]
        ]
        seen = self._prober.probe(asked, self._limits.call) if looks else []
        disturbing: dict[str, None] = {}
        for start in range(0, len(seen), len(looks) + 1):
            still, *looked = seen[start : start + len(looks) + 1]
            differ = [text for text, one in zip(looks, looked, strict=True) if _differs(still, one, text)]
            disturbing.update(dict.fromkeys(differ))
        if disturbing:
            self._callee = replace(callee, unseen=(*callee.unseen, *disturbing))

    def _find_restless(self) -> bool:
        """Leave out of sight what objects show otherwise a second time, or with another clock; whether any was seen."""
        known = [find for find in self._found.everything if find.observation.changed][:_TWICE]
        probes = [elsewhere(replace(find.probe, id=f"twice#{rank}")) for rank, find in enumerate(known)]
        if self._reads_clock:
            pairs = [later(probe, f"later#{rank}") for rank, probe in enumerate(probes)]
            probes += [pair[place] for place in (0, 1) for pair in pairs]
        found = self._prober.probe(probes, self._limits.call) if probes else []
        restless: dict[str, None] = {}
        for one, other in zip([*known, *known, *known], found, strict=False):
            if other.outcome == "returned":
                before, after = one.observation.changed, other.changed
                texts = dict.fromkeys([*before, *after])
                restless.update({text: None for text in texts if before.get(text) != after.get(text)})
        if restless:
            self._callee = replace(self._callee, unseen=(*self._callee.unseen, *restless))
            self._found.everything[:] = [_without(find, restless) for find in self._found.everything]
            self._found.finds[:] = [_without(find, restless) for find in self._found.finds]
        return bool(known)

    def _climbing(self) -> list[Input]:
        """Inputs towards what comparisons have not come out as yet."""
        rows = self._climber.proposals() if self._climbed < _MAX_CLIMBED else []
        self._climbed += len(rows)
        return rows

    @property
    def missing(self) -> int:
        """How many of the lines and branches that are wanted nothing has reached."""
        return len(self._wanted.goals - self._reached)

    def vary(self, finds: Sequence[Find], known: Vocabulary = ()) -> list[Find]:
        """What further inputs do that are changes of these, whether or not they reach anything new.

        ``known`` are values to put in; without any, those that the code mentions.
        """
        self._known = known or self._known
        return self.see([row for _ in range(_BATCH) if (row := self._changed(finds)) is not None])

    def see(self, rows: Sequence[Input]) -> list[Find]:
        """What these inputs do, without those that are known."""
        before = len(self._found.everything)
        self._observe(rows)
        return self._found.everything[before:]

    def _each_choice(self) -> list[Input]:
        if not all(self._pools):
            return []
        base = tuple(pool[0] for pool in self._pools)
        rows = [base]
        longest = max((len(pool) for pool in self._pools), default=0)
        for rank in range(1, longest):
            for place, pool in enumerate(self._pools):
                if rank < len(pool) and len(rows) < _MAX_EACH:
                    rows.append((*base[:place], pool[rank], *base[place + 1 :]))
        return rows

    def _pairs(self) -> list[Input]:
        """The first values of each two places together, for what only shows in their combination."""
        if not all(self._pools):
            return []
        base = tuple(pool[0] for pool in self._pools)
        rows = []
        last = [self._callee.places.index(AFTERMATH)] if self._callee.has_aftermath else []
        for one, other in combinations([place for place in range(len(base)) if place not in last], 2):
            for first, second in product(self._pools[one][1:_FIRSTS], self._pools[other][1:_SECONDS]):
                row = list(base)
                row[one], row[other] = first, second
                rows.append(tuple(row))
        rows = rows[:: -(-len(rows) // _MAX_PAIRS)] if rows else []
        asked = [
            (first, *base[1:at], term, *base[at + 1 :])
            for at in last
            for term in self._pools[at][1:_FIRSTS]
            for first in self._pools[0][1:_SECONDS]
        ]
        return [*rows, *asked]

    def _neighbourhood(self) -> list[Input]:
        """The next find that reached something new, with each place in turn set to its likeliest values."""
        waiting = [find for find in self._found.finds if find.gained and id(find) not in self._deepened]
        if not waiting or len(self._deepened) >= _MAX_DEEPENED:
            return []
        find = waiting[-1]
        self._deepened[id(find)] = find
        return [
            (*find.row[:place], term, *find.row[place + 1 :])
            for place, pool in enumerate(self._pools)
            for term in pool[: max(2, _MAX_NEAR // len(self._pools))]
        ][:_MAX_NEAR]

    def _changed(self, finds: Sequence[Find]) -> Input | None:
        find = self._rng.choice(finds) if finds else None  # none: every input ends the process
        if find is None or not find.row:
            return None
        row = self._exchange(find.row)
        return self._exchange(row) if self._rng.random() < _SEVERAL else row

    def _exchange(self, row: Input) -> Input:
        place = self._rng.randrange(len(row))
        other = self._rng.choice(self._found.finds).row[place]
        term = mutate(row[place], [*self._pools[place], other], self._rng, self._known)
        return (*row[:place], term, *row[place + 1 :])

    def _try(self, rows: Sequence[Input]) -> bool:
        gained = False
        waiting = list(rows)
        while waiting and not self._limits.is_over:
            size = _BATCH if self._tried else _FIRST_BATCH
            batch, waiting = waiting[:size], waiting[size:]
            gained = self._observe(batch) or gained
            if self._found.problems.get("timeout", 0) >= (_MAX_HANGS if self._found.finds else 1):
                self._limits.probes = 0  # each hanging call costs its whole time limit
        return gained

    def _observe(self, rows: Sequence[Input]) -> bool:
        fresh: list[tuple[Input, Probe, Scene]] = []
        for row in rows:
            probe, scene = probe_of(self._callee, row, f"{self._callee.target.key}#{len(self._tried)}")
            text = "\n".join((probe.setup, probe.expression, *probe.afterwards))
            if text not in self._tried:
                self._tried.add(text)
                fresh.append((row, probe, scene))
        self._limits.spend(len(fresh))
        observations = self._seen([probe for _, probe, _ in fresh])
        gains = [
            self._take(row, scene, probe, observation)
            for (row, probe, scene), observation in zip(fresh, observations, strict=True)
        ]
        return any(gains)

    def _seen(self, probes: Sequence[Probe]) -> list[Observation]:
        """What the probes do, or did in an earlier search."""
        asked = {_what(probe): probe for probe in probes}
        fresh = [probe for text, probe in asked.items() if text not in self._remembered]
        for probe, observation in zip(fresh, self._asked(fresh), strict=True):
            self._remembered[_what(probe)] = observation
        return [replace(self._remembered[_what(probe)], probe_id=probe.id) for probe in probes]

    def _asked(self, probes: Sequence[Probe]) -> list[Observation]:
        """What the probes did, with the wiretap where it can be used."""
        if not probes:
            return []
        wired = [replace(probe, mutant=self._wire) for probe in probes]
        hangs = self._found.problems.get("timeout", 0)
        seconds = min(self._limits.call, _AFTER_A_HANG) if hangs else self._limits.call
        found = self._prober.probe(wired, seconds)
        if self._wire is not None and not self._found.everything and all(each.outcome == "crashed" for each in found):
            self._wire = None
            return self._prober.probe(probes, seconds)
        return found

    def _take(self, row: Input, scene: Scene, probe: Probe, observation: Observation) -> bool:
        if observation.outcome not in {"returned", "raised"}:
            self._note_problem(observation)
            return False
        self._settle_form(observation)
        find = Find(row, scene, probe, observation, goals_of(observation, self._callee))
        self._found.everything.append(find)
        self._climber.note(row, observation.heard)
        kind = kind_of(observation)
        gained = find.goals - self._reached
        seen = self._signatures.setdefault((find.goals, kind), set())
        text = outcome_text(_without(find, scene.afterwards).observation)
        shown = self._boundaries & {(place, term.source) for place, term in enumerate(row)}
        if text in seen:  # a number is worth showing also where the result is an old one, a text is not
            shown = {item for item in shown if item[1][:1] not in {"'", '"', "b"}}
        is_crowded = kind in self._kinds and len(seen) >= _PER_SIGNATURE
        if not gained and not shown and (text in seen or is_crowded):
            return False
        self._boundaries -= shown
        seen.add(text)
        is_new = bool(gained) or kind not in self._kinds
        self._reached |= gained
        self._kinds.add(kind)
        self._found.finds.append(replace(find, gained=gained, is_boundary=bool(shown)))
        return is_new

    def _note_problem(self, observation: Observation) -> None:
        problems = self._found.problems
        problems[observation.outcome] = problems.get(observation.outcome, 0) + 1
        if not self._found.first_problem:
            error = (observation.error_type or "").rpartition(".")[2]
            text = f"{error}: {observation.error_message}" if error else observation.outcome
            self._found.first_problem = text

    def _settle_form(self, observation: Observation) -> None:
        """An iterator has no source text: from now on look at the items."""
        value = observation.value
        if self._callee.form is not Form.PLAIN or value is None or value.source is not None:
            return
        if any(part in value.type_name for part in _ITERATORS):
            self._callee = replace(self._callee, form=Form.SLICED)


def _differs(still: Observation, looked: Observation, text: str) -> bool:
    """Whether a call and what is seen afterwards come out otherwise where something was looked at before."""
    if still.outcome != "returned" or looked.outcome not in {"returned", "raised"}:
        return False
    one, other = (
        {name: each.source for name, each in seen.changed.items() if name != text} for seen in (still, looked)
    )
    before, after = (seen.value.source if seen.value else None for seen in (still, looked))
    return (before, one) != (after, other)


def _without(find: Find, names: Collection[str]) -> Find:
    if not names:
        return find
    changed = {name: value for name, value in find.observation.changed.items() if name not in names}
    probe = replace(find.probe, unseen=tuple(names))
    return replace(find, probe=probe, observation=replace(find.observation, changed=changed))


def _what(probe: Probe) -> What:
    return probe.setup, probe.expression, probe.watch, probe.unseen, probe.afterwards, probe.asserted


def defaults_of(callee: Callee) -> tuple[str, ...]:
    """What each place is where it is left out, as far as that is a plain value."""
    given = [item.default if isinstance(item.default, ast.Constant) else None for item in callee.parameters]
    sources = ["" if node is None or node.value in {None, ...} else ast.unparse(node) for node in given]
    return (*([""] if callee.receiver else []), *sources, *("" for _ in callee.further))


def goals_of(observation: Observation, callee: Callee) -> frozenset[Goal]:
    """Lines and arcs of the target that a probe reached."""
    target = callee.aim or callee.target
    first, last = target.start_line, target.end_line
    lines = {("line", line, 0) for line in observation.hits.lines if first <= line <= last}
    arcs = {("arc", a, b) for a, b in observation.hits.arcs if first <= abs(a) <= last and first <= abs(b) <= last}
    return frozenset(lines | arcs)


def kind_of(observation: Observation) -> str:
    """A word for the sort of outcome."""
    if observation.outcome == "raised":
        return f"raised {observation.error_type}"
    value = observation.value
    if value is None or value.source is None:
        return f"object {value.type_name if value else ''}"
    plain = {"None", "True", "False", "''", '""', "[]", "{}", "()", "set()", "0"}
    return value.source if value.source in plain else value.type_name


def outcome_text(observation: Observation) -> str:
    """Everything seen that a test could assert, as one text."""
    value = observation.value
    changed = sorted((name, item.source) for name, item in observation.changed.items())
    seen = (value.source if value else None, observation.error_type, observation.error_message)
    return repr((observation.outcome, seen, observation.output, changed))


def is_finished(observation: Observation) -> bool:
    """Whether a sliced iterator ended before the limit, so that a plain ``list`` is safe."""
    value = observation.value
    if value is None or value.source is None:
        return False
    items = ast.parse(value.source, mode="eval").body
    return isinstance(items, ast.List) and len(items.elts) < ITEM_LIMIT
