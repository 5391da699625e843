"""Inputs of ordinary length: a list of several unlike items, a text of some words, a number beyond the first few.

What reaches and kills everything is mostly one item long, and a fault that shows in longer values only passes there.
An input that tells many mutants from the code at once is a sharp one for other faults, too: of the ordinary inputs
those come first that tell most, each mutant counting less the more of the chosen ones tell it (the idea of n-detection
test sets: Ma, Franco and McCluskey, "An experimental chip to evaluate test techniques", 1995).
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.enriching import enriched
from pytest_llmgen.generate.offline.killing import SLOW, Hunt
from pytest_llmgen.generate.offline.search import Find, Goal, Search, outcome_text
from pytest_llmgen.generate.offline.shrinking import Needed
from pytest_llmgen.generate.offline.terms import Term, alike

_TRIED = 40
"""Inputs that are made."""
_MET = 16
"""Those of them that meet all mutants."""
_TEXTS = ("apple", "Green tea", "one two three", "Monday", "level 42", "Tea, sugar and milk")
"""Usual texts, for where no documentation shows any."""
_PER_OUTCOME = 6
_CHOSEN = 2
_MAX_TEXT, _MAX_RESULT = 80, 240
"""Letters of an input that a reader takes in at a glance, and of a result that is still read."""
_NEW, _RICHER = 2.0, 0.5
"""What a new shape counts for, in mutants that nothing else tells, and one more thing that is rich."""
_MANY, _FEW = 4, 2
_RICH = {"many", "several"}
_TOLD = {*_RICH, "True", "False", "less", "more"}

Shape = tuple[str, str]
"""A place, or a pair of places, or the result, with a word for how much is there."""


@dataclass(slots=True)
class _Known:
    """What is tested by the examples and the inputs that were chosen."""

    shapes: set[Shape]
    ways: set[frozenset[Goal]]
    rich: int  # examples of ordinary length
    times: dict[str, int]  # mutant id -> inputs that tell it


def ordinary(
    search: Search, hunt: Hunt, callee: Callee, pools: Sequence[Sequence[Term]], told: Sequence[Input]
) -> list[Needed]:
    """One or two ordinary inputs with what they kill; none where no argument can be rich.

    Args:
        search: sees what inputs do.
        hunt: the mutants, and the inputs that met them.
        callee: how the function is called.
        pools: values of each place, the most typical first.
        told: inputs of the documentation's examples, which are tested anyway.
    """
    if not hunt.mutants:
        return []
    rng = random.Random(callee.target.key)  # noqa: S311 (not a secret)
    rows = _rows(callee, pools, told, rng)
    if not rows:
        return []
    known = [find for find in hunt.finds if find.row in told]
    seen = {shape for find in known for shape in shapes(callee, find)}
    made = [find for find in search.see(rows) if _is_ordinary(callee, hunt, find)]
    others = [find for find in hunt.finds if find.row not in told and _is_ordinary(callee, hunt, find)]
    finds = _unlike(made or others, callee, seen)
    kills = _kills(hunt, [*finds, *known])
    times = {mutant.id: sum(mutant.id in told_by for told_by in kills[len(finds) :]) for mutant in hunt.mutants}
    rich = sum(_is_ordinary(callee, hunt, find) for find in known)
    return _best(callee, finds, kills, _Known(seen, {find.goals for find in known}, rich, times))


def marked(finds: Sequence[Find]) -> list[Find]:
    """The inputs with a word each for what they are there for."""
    return [replace(find, shows=f"ordinary-{rank}") for rank, find in enumerate(finds, start=1)]


def _rows(callee: Callee, pools: Sequence[Sequence[Term]], told: Sequence[Input], rng: random.Random) -> list[Input]:
    """Inputs in which each plain value of some is made richer, from the values that are known of its place."""
    bases = list(told) or [tuple(pool[0] for pool in pools)]
    start = 1 if callee.receiver else 0
    last = start + len(callee.parameters)
    known = {place: list(_values(place, bases, pools, is_told=bool(told))) for place in range(start, last)}
    if not any(known.values()):
        return []
    found = []
    for _ in range(_TRIED):
        row = list(rng.choice(bases))
        for place, values in known.items():
            if values and _is_literal(row[place]):
                row[place] = alike(row[place], _richer(ast.literal_eval(row[place].source), values, rng, bool(told)))
        found.append(tuple(row))
    return list(dict.fromkeys(found))


def _values(place: int, bases: Sequence[Input], pools: Sequence[Sequence[Term]], *, is_told: bool) -> Iterator[object]:
    """The plain values that the documentation has for a place, else its usual ones of the same type."""
    told = [row[place] for row in bases]
    kinds = {type(ast.literal_eval(term.source)) for term in told if _is_literal(term)}
    usual = [] if is_told else [term for term in pools[place] if not (term.is_edge or term.is_odd)]
    for term in (*told, *usual):
        if _is_literal(term) and type(value := ast.literal_eval(term.source)) in kinds:
            yield value
    if not is_told and str in kinds:
        yield from _TEXTS


def _richer(value: object, known: Sequence[object], rng: random.Random, is_told: bool) -> object:
    """A value with more in it; a text of which no example tells the form stays one that somebody has written."""
    texts = [each for each in known if isinstance(each, str) and len(each) >= _MANY]
    return rng.choice(texts) if isinstance(value, str) and texts and not is_told else enriched(value, known, rng)


def _is_literal(term: Term) -> bool:
    if term.is_omitted or term.before or term.fixtures or term.steps or term.imports or term.helpers:
        return False
    try:
        ast.literal_eval(term.source)
    except (ValueError, SyntaxError, TypeError):
        return False
    return True


def _is_ordinary(callee: Callee, hunt: Hunt, find: Find) -> bool:
    """Whether a reader would take the input for a usual one that has something in it."""
    seen = find.observation
    if seen.outcome != "returned" or seen.seconds >= SLOW or any(term.is_edge or term.is_odd for term in find.row):
        return False
    result = seen.value.source if seen.value else None
    long = sum(len(term.source) for term in find.row) > _MAX_TEXT or len(result or "") > _MAX_RESULT
    values = _arguments(callee, find)
    known = {name for name, value in values.items() if callee.receiver and isinstance(value, str)}  # "hello" anyway
    is_rich = any(word in _RICH and name not in known for name, word in _of_arguments(callee, find))
    return is_rich and not long and hunt.tells(find)


def shapes(callee: Callee, find: Find) -> set[Shape]:
    """How much is in each argument and in the result, and how arguments of one type stand to each other."""
    values = _arguments(callee, find)
    found = _of_arguments(callee, find)
    for (one, left), (other, right) in combinations(values.items(), 2):
        if type(left) is type(right) and isinstance(left, int | float | str | list):
            found.add((f"{one}, {other}", _order(left, right)))
    value = find.observation.value
    if value is not None and value.source is not None:
        found.add(("result", _much(value.source) or value.type_name))
    return {shape for shape in found if shape[1] in _TOLD}


def _of_arguments(callee: Callee, find: Find) -> set[Shape]:
    sources = dict(zip(callee.places, find.row, strict=True))
    return {(name, _much(sources[name].source) or "") for name in _arguments(callee, find)}


def _arguments(callee: Callee, find: Find) -> dict[str, object]:
    start = 1 if callee.receiver else 0
    pairs = list(zip(callee.places, find.row, strict=True))[start : start + len(callee.parameters)]
    return {name: ast.literal_eval(term.source) for name, term in pairs if _is_literal(term)}


def _order(left: object, right: object) -> str:
    try:
        return "less" if left < right else "more" if left > right else "equal"  # type: ignore[operator]
    except TypeError:
        return "unlike"


def _much(source: str) -> str | None:
    """A word for how much a value holds; None for what is no plain value."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError):
        return None
    match value:
        case bool() | None:
            return source
        case int() | float():
            return "below zero" if value < 0 else "none" if not value else "several" if value > _MANY else "few"
        case str() | bytes() | list() | tuple() | set() | dict():
            return _held(len(value))
    return None


def _held(held: int) -> str:
    return "many" if held >= _MANY else "few" if held >= _FEW else "one" if held else "none"


def _unlike(finds: Sequence[Find], callee: Callee, seen: set[Shape]) -> list[Find]:
    """A few of those that show different things, with new shapes first."""
    found: dict[str, list[Find]] = {}
    for find in sorted(finds, key=lambda each: -len(shapes(callee, each) - seen)):
        alike = found.setdefault(outcome_text(find.observation), [])
        if len(alike) < _PER_OUTCOME:
            alike.append(find)
    turns = [alike[rank] for rank in range(_PER_OUTCOME) for alike in found.values() if rank < len(alike)]
    return turns[:_MET]


def _kills(hunt: Hunt, finds: Sequence[Find]) -> list[frozenset[str]]:
    """The mutants that each input tells from the code; none for one that is not the same each time."""
    steady = tuple(hunt.steady(finds))
    met = hunt.differing(finds, [(mutant, steady) for mutant in hunt.mutants])
    told = list(zip(hunt.mutants, met, strict=True))
    return [frozenset(mutant.id for mutant, places in told if place in places) for place in range(len(finds))]


def _best(
    callee: Callee,
    finds: Sequence[Find],
    kills: Sequence[frozenset[str]],
    known: _Known,
) -> list[Needed]:
    """The inputs that tell most, one after the other; with two of ordinary length only what shows something new."""
    chosen: list[Needed] = []

    def is_wanted(place: int) -> bool:
        is_new = bool(shapes(callee, finds[place]) - known.shapes) or finds[place].goals not in known.ways
        return not chosen or is_new or (known.rich + len(chosen) < _CHOSEN and not callee.receiver)

    def worth(place: int) -> float:
        shown = shapes(callee, finds[place])
        richness = _NEW * len(shown - known.shapes) + _RICHER * sum(word in _RICH for _, word in shown)
        result = finds[place].observation.value
        long = len(result.source or "") / _MAX_TEXT if result else 0
        return sum(1 / (1 + known.times[mutant]) for mutant in kills[place]) + richness - long

    left = [place for place in range(len(finds)) if kills[place]]
    while (options := [place for place in left if is_wanted(place)]) and len(chosen) < _CHOSEN:
        place = max(options, key=lambda each: (worth(each), -each))
        left.remove(place)
        chosen.append(Needed(finds[place], kills[place] | finds[place].goals))
        known.shapes |= shapes(callee, finds[place])
        known.ways.add(finds[place].goals)
        known.times.update({mutant: known.times[mutant] + 1 for mutant in kills[place]})
    return chosen
