"""Inputs that tell an open mutant from the code: each mutant meets what the search has seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.search import Find, Limits
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.generate.offline.terms import Term, from_source, unique
from pytest_llmgen.records import Mutant, Observation, Probe, Prober

_WAVES = (4, 12, 48, 64)
"""How many inputs a mutant meets at a time: most fall to one of the first."""
_TIMEOUT = 0.5  # seconds for one call; a mutant that needs more is told from the code by that
_RESULTS = frozenset({"returned", "raised"})
_EQUAL_ROWS = 10


@dataclass(slots=True)
class Matrix:
    """Which inputs, by their place in the order given, kill which mutants."""

    killers: dict[str, set[int]] = field(default_factory=dict)  # mutant id -> places
    same: dict[str, int] = field(default_factory=dict)  # mutant id -> inputs that gave the same result as the code

    def kills_of(self, place: int) -> frozenset[object]:
        """The mutants that one input kills."""
        return frozenset(identity for identity, places in self.killers.items() if place in places)


def meet(
    prober: Prober, mutants: Sequence[Mutant], finds: Sequence[Find], raised: frozenset[str], limits: Limits
) -> Matrix:
    """Let each mutant meet the inputs that reach it, a wave at a time, until one of them kills it."""
    matrix = Matrix()
    reaching = {mutant.id: _reaching(mutant, finds) for mutant in mutants}
    start = 0
    for size in _WAVES:
        wave = [
            (mutant, place)
            for mutant in mutants
            if mutant.id not in matrix.killers
            for place in reaching[mutant.id][start : start + size]
        ]
        if not wave or limits.is_over:
            break
        limits.probes -= len(wave)
        seen = prober.probe([_probe(finds[place], mutant, rank) for rank, (mutant, place) in enumerate(wave)], _TIMEOUT)
        for (mutant, place), observation in zip(wave, seen, strict=True):
            if _is_killed(finds[place].observation, observation, raised):
                matrix.killers.setdefault(mutant.id, set()).add(place)
            elif observation.outcome in _RESULTS:
                matrix.same[mutant.id] = matrix.same.get(mutant.id, 0) + 1
        start += size
    return matrix


def _reaching(mutant: Mutant, finds: Sequence[Find]) -> list[int]:
    goal = ("line", mutant.line, 0)
    return [place for place, find in enumerate(finds) if mutant.in_signature or goal in find.goals]


def _probe(find: Find, mutant: Mutant, rank: int) -> Probe:
    return replace(find.probe, id=f"mutant#{rank}", path="", mutant=mutant)


def _is_killed(plain: Observation, other: Observation, raised: frozenset[str]) -> bool:
    if other.outcome == "timeout":
        return True
    return other.outcome in _RESULTS and shown_text(plain, raised) != shown_text(other, raised)


def cover(gains: Mapping[int, frozenset[object]]) -> list[int]:
    """Few places that together gain all that any of them does, the richest first."""
    missing = set().union(*gains.values())
    chosen: list[int] = []
    while missing:
        best = max(gains, key=lambda place: (len(gains[place] & missing), -place))
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


def _literals(text: str) -> Iterator[Term]:
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
