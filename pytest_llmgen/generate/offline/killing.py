"""Inputs that tell an open mutant from the code: each mutant meets what the search has seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.plainness import is_slip
from pytest_llmgen.generate.offline.search import Find, Limits, Search, outcome_text, patience
from pytest_llmgen.generate.offline.showing import is_showable, shown_text
from pytest_llmgen.generate.offline.terms import Term, from_source, unique, value_of
from pytest_llmgen.records import Challenge, Meeting, Mutant, Prober

_ENOUGH = 4
"""Inputs that kill a mutant, after which no further one is looked for: enough to choose a small set from."""
_MAX_MET = 160
"""Inputs that one mutant meets at most."""
SLOW = 0.1
"""CPU seconds of an input that is kept only for what no quicker one reaches: every mutant meets it, and every run."""
_MAX_MET_BRIEFLY = 24
"""The same where the time is limited."""
_AT_ONCE = 64
"""Mutants between two looks at the clock."""
_AT_ONCE_BRIEFLY = 16
"""The same where the time is limited."""
_EQUAL_ROWS = 10


@dataclass(slots=True)
class Matrix:
    """Which inputs, by their place in the order given, kill which mutants."""

    killers: dict[str, set[int]] = field(default_factory=dict)  # mutant id -> places
    same: dict[str, int] = field(default_factory=dict)  # mutant id -> inputs that gave the same result as the code

    def kills_of(self, place: int) -> frozenset[object]:
        """The mutants that one input kills."""
        return frozenset(identity for identity, places in self.killers.items() if place in places)


class Hunt:
    """Mutants of one target and the inputs that they met; inputs may be added."""

    def __init__(
        self,
        prober: Prober,
        mutants: Sequence[Mutant],
        raised: frozenset[str],
        *,
        is_wrapped: bool = False,
        has_receiver: bool = False,
        is_over: Callable[[], bool] = lambda: False,
        is_brief: bool = False,
    ) -> None:
        """``is_wrapped``: a decorator may answer for the function; ``has_receiver``: inputs begin with an object.

        ``is_over``: whether the time is; mutants that have not met their inputs by then are said to be neither.
        ``is_brief``: whether it is limited, so that all mutants should meet some inputs first.
        """
        self.is_over, self.is_brief = is_over, is_brief
        self._most, self._at_once = (_MAX_MET_BRIEFLY, _AT_ONCE_BRIEFLY) if is_brief else (_MAX_MET, _AT_ONCE)
        self._is_wrapped, self._has_receiver = is_wrapped, has_receiver
        self._prober, self.mutants, self.raised = prober, mutants, raised
        self.finds: list[Find] = []
        self.matrix = Matrix()
        self.forgotten: set[int] = set()  # places that count no more

    @property
    def open(self) -> list[Mutant]:
        """The mutants that no input has killed."""
        return [mutant for mutant in self.mutants if mutant.id not in self.matrix.killers]

    def tells(self, find: Find) -> bool:
        """Whether a test can assert what an input does: an error must come from the function, not from an argument."""
        is_own = find.observation.outcome != "raised" or bool(find.goals) or self._is_wrapped
        is_meant = not is_slip(find, self.raised, has_receiver=self._has_receiver)
        return is_own and is_meant and is_showable(find.observation, self.raised)

    def meet(self, finds: Sequence[Find]) -> bool:
        """Let the open mutants meet further inputs; whether one of them was killed."""
        start = len(self.finds)
        self.finds.extend(finds)
        mutants = self.open
        if not mutants or not finds:
            return False
        for challenge, met in self._meetings(mutants, finds):
            identity = challenge.mutant.id if challenge.mutant else ""
            if met.differing:
                self.matrix.killers[identity] = {start + place for place in met.differing}
            elif met.all_same:
                self.matrix.same[identity] = self.matrix.same.get(identity, 0) + len(challenge.places)
        return len(self.open) < len(mutants)

    def _meetings(self, mutants: Sequence[Mutant], finds: Sequence[Find]) -> list[tuple[Challenge, Meeting]]:
        """What came of it where each mutant meets the inputs that reach it; only those that differ must be steady."""
        places = list(range(len(finds)))
        while True:
            every = [Challenge(mutant, self._reaching(mutant, finds, places)) for mutant in mutants]
            challenges = [challenge for challenge in every if challenge.places]
            met = self._challenge(finds, challenges, _ENOUGH)
            told = sorted({place for each in met for place in each.differing})
            restless = set(told) - {told[rank] for rank in self.steady([finds[place] for place in told])}
            if not restless:
                return list(zip(challenges, met, strict=True))
            restless |= set(places) - set(self.steady(finds))
            places = [place for place in places if place not in restless]

    def forget(self, places: Sequence[int]) -> None:
        """Let these inputs count no more; mutants that only they killed meet the others again."""
        self.forgotten.update(places)
        for killers in self.matrix.killers.values():
            killers.difference_update(self.forgotten)
        lost = [mutant for mutant in self.mutants if self.matrix.killers.get(mutant.id) == set()]
        for mutant in lost:
            del self.matrix.killers[mutant.id]
        left = [place for place in self.steady(self.finds) if place not in self.forgotten]
        challenges = [Challenge(mutant, self._reaching(mutant, self.finds, left)) for mutant in lost]
        for challenge, met in zip(challenges, self._challenge(self.finds, challenges, _ENOUGH), strict=True):
            if met.differing and challenge.mutant:
                self.matrix.killers[challenge.mutant.id] = set(met.differing)

    def steady(self, finds: Sequence[Find]) -> list[int]:
        """Those that show the same again when they run one after the other: nothing else can be compared."""
        if not finds:
            return []
        everything = Challenge(None, tuple(range(len(finds))))
        (met,) = self._challenge(finds, [everything], len(finds))
        return [place for place in range(len(finds)) if place not in set(met.differing)]

    def differing(self, finds: Sequence[Find], asked: Sequence[tuple[Mutant, tuple[int, ...]]]) -> list[set[int]]:
        """For each mutant those of its places among ``finds`` that tell it from the code."""
        challenges = [Challenge(mutant, places) for mutant, places in asked]
        return [set(met.differing) for met in self._challenge(finds, challenges, len(finds))] if asked else []

    def _challenge(self, finds: Sequence[Find], challenges: Sequence[Challenge], enough: int) -> list[Meeting]:
        probes = [
            replace(find.probe, id=f"met#{place}", path="", asserted=tuple(find.observation.changed))
            for place, find in enumerate(finds)
        ]
        expected = [shown_text(find.observation, self.raised) for find in finds]
        found: list[Meeting] = []
        for start in range(0, len(challenges), self._at_once):
            part = challenges[start : start + self._at_once]
            if self.is_over():
                found += [Meeting()] * len(part)
            else:
                found += self._prober.challenge(probes, expected, part, self.raised, enough)
        return found

    def _reaching(self, mutant: Mutant, finds: Sequence[Find], places: Sequence[int]) -> tuple[int, ...]:
        goal = ("line", mutant.line, 0)
        is_anywhere = mutant.in_signature or mutant.needs_import  # no line of the function tells whether it is met
        return tuple(place for place in places if is_anywhere or goal in finds[place].goals)[: self._most]


def pursue(hunt: Hunt, search: Search, limits: Limits) -> None:
    """Change inputs that reach open mutants until these are killed, the time is over, or nothing more is gained."""
    idle = rounds = 0
    while hunt.open and idle < patience(len(hunt.open) + search.missing) and not limits.is_over:
        lines = {("line", mutant.line, 0) for mutant in hunt.open}
        near = [find for find in hunt.finds if find.goals & lines] or hunt.finds
        bases = near if rounds % 2 else _unlike(near)
        fresh = [find for find in search.vary(bases, _mentioned(hunt.open)) if hunt.tells(find)]
        fresh = [find for find in fresh if find.observation.seconds < SLOW]
        idle, rounds = 0 if hunt.meet(fresh) else idle + 1, rounds + 1


def _unlike(finds: Sequence[Find]) -> list[Find]:
    """The first of each way through the code with what it showed: most inputs do the same as others."""
    return list({(find.goals, outcome_text(find.observation)): find for find in reversed(finds)}.values())


def affordable(finds: Sequence[Find]) -> list[Find]:
    """Without slow inputs that reach no line or arc that quick ones leave out."""
    quick = frozenset[object]().union(*(find.goals for find in finds if find.observation.seconds < SLOW))
    return [find for find in finds if find.observation.seconds < SLOW or find.goals - quick]


def _mentioned(mutants: Sequence[Mutant]) -> list[object]:
    """The plain values of the changed code and their neighbours: where the changes are likely to show."""
    return [value_of(term) for term in boundary_terms(mutants)]


def cover(gains: Mapping[int, frozenset[object]], awkward: Mapping[int, int] = MappingProxyType({})) -> list[int]:
    """Few places that together gain all that any of them does, the richest first.

    ``awkward`` is how many gains more a place must have than one that is not awkward to come before it.
    """
    missing = set().union(*gains.values())
    chosen: list[int] = []

    def worth(place: int) -> tuple[bool, int, int]:
        gained = len(gains[place] & missing)
        return gained > 0, gained - awkward.get(place, 0), -place

    while missing:
        best = max(gains, key=worth)
        chosen.append(best)
        missing -= gains[best]
    return chosen


def boundary_terms(mutants: Sequence[Mutant]) -> list[Term]:
    """Literals that the changed code mentions, with the numbers next to them."""
    found: list[Term] = []
    for mutant in mutants:
        for text in (mutant.before, mutant.after):
            found.extend(_literals(text))
    return unique(found)


@lru_cache(maxsize=4096)  # asked again for each round of changed inputs
def _literals(text: str) -> tuple[Term, ...]:
    return tuple(_terms_in(text))


def _terms_in(text: str) -> Iterator[Term]:
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=bool()):
                continue
            case ast.Constant(value=int() | float() as number):
                yield from (from_source(repr(near)) for near in (number, number - 1, number + 1))
            case ast.Constant(value=str() as value) if not value.startswith("XX"):
                yield from_source(repr(value))


def equal_rows(callee: Callee, mutants: Sequence[Mutant], known: Sequence[Input]) -> list[Input]:
    """Inputs in which two compared parameters are equal, for changed comparisons of parameters."""
    rows: list[Input] = []
    for mutant in mutants:
        for left, right in _compared(mutant.before):
            if left in callee.places and right in callee.places:
                one, other = callee.places.index(left), callee.places.index(right)
                rows.extend(_with(row, one, row[other]) for row in known[:_EQUAL_ROWS])
    return rows


def _compared(text: str) -> list[tuple[str, str]]:
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return []
    pairs = []
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Name(id=left), comparators=[ast.Name(id=right)]):
                pairs.append((left, right))
    return pairs


def _with(row: Input, place: int, term: Term) -> Input:
    return (*row[:place], term, *row[place + 1 :])
