"""Few inputs that reach and kill all that any does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import Callee
from pytest_llmgen.generate.offline.claims import Examples
from pytest_llmgen.generate.offline.clock import reads_clock
from pytest_llmgen.generate.offline.killing import Hunt, affordable, cover, pursue
from pytest_llmgen.generate.offline.looking import Looked, look_twice
from pytest_llmgen.generate.offline.memory import Memory, open_goals
from pytest_llmgen.generate.offline.ordinary import marked, ordinary
from pytest_llmgen.generate.offline.plainness import awkwardness
from pytest_llmgen.generate.offline.planning import Plan
from pytest_llmgen.generate.offline.search import Find, Found, Limits, Search, outcome_text
from pytest_llmgen.generate.offline.shrinking import Needed, shares, shrunk
from pytest_llmgen.generate.offline.trimming import trimmed
from pytest_llmgen.records import (
    Assignment,
    Prober,
    Stage,
)

_MAX_MUTANTS = 600
_MAX_SETTLED = 4
"""So often inputs are chosen anew because some were restless."""


def hunt_for(prober: Prober, assignment: Assignment, plan: Plan, limits: Limits) -> Hunt:
    """The mutants that are open, before they have met anything."""
    survivors = [item.mutant for item in (*assignment.gaps.survivors, *assignment.gaps.behind)][:_MAX_MUTANTS]
    return Hunt(
        prober,
        survivors,
        plan.world.raised,
        is_wrapped=bool(assignment.target.decorators),
        has_receiver=bool(plan.callee.receiver),
        is_over=lambda: limits.is_over,
        is_brief=bool(assignment.seconds),
    )


def meet_found(hunt: Hunt, plan: Plan, found: Found) -> bool:
    """Let the open mutants meet what they have not met of what a search found; whether none is open any more."""
    known = {find.row for find in hunt.finds}
    fresh = [find for find in affordable(_in_order_of_gain(found)) if find.row not in known]
    showable = [find for find in fresh if hunt.tells(find)]
    hunt.meet(sorted(showable, key=lambda find: awkwardness(find, plan.pools, hunt.raised)))
    return not hunt.open


def chosen(
    prober: Prober,
    assignment: Assignment,
    plan: Plan,
    search: Search,
    found: Found,
    hunt: Hunt,
    memory: Memory,
    limits: Limits,
) -> tuple[list[Find], Examples]:
    """Few inputs that reach and kill all that any does; without mutants also what shows another behaviour.

    ``hunt``: the open mutants, which may have met some of what was found.
    """
    raised, survivors = plan.world.raised, hunt.mutants
    hunt.is_over = lambda: limits.is_over
    meet_found(hunt, plan, found)
    pursue(hunt, search, limits)
    memory.note(hunt.finds, hunt.matrix.killers, hunt.matrix.same, survivors)
    gaps = open_goals(assignment.gaps) if assignment.stage is Stage.GAPS else None
    gains = {
        place: hunt.matrix.kills_of(place) | (find.goals if gaps is None else find.goals & gaps)
        for place, find in enumerate(hunt.finds)
    }
    _settle(prober, assignment.module.source, plan.callee, hunt, gains, memory.looked)
    is_left_out = gaps is not None or hunt.is_brief  # a search needs them least
    usual = [] if is_left_out else ordinary(search, hunt, plan.callee, plan.pools, plan.told)
    told = frozenset[object]().union(*(needed.share for needed in usual))
    gains_left = {place: gain - told for place, gain in gains.items()}
    awkward = {place: awkwardness(find, plan.pools, raised) for place, find in enumerate(hunt.finds)}
    places = cover(gains_left, awkward)
    few = [hunt.finds[place] for place in places]
    is_enough = gaps is not None or bool(survivors)
    if is_enough:
        wanted = [Needed(find, share) for find, share in zip(few, shares(gains_left, places), strict=True)]
        base = tuple(pool[0] for pool in plan.pools)
        usual = shrunk(prober, plan.callee, hunt, usual, base, limits, only_steps=True)
        short = shrunk(prober, plan.callee, hunt, wanted, base, limits)
        few = joined([*marked(trimmed(hunt, usual)), *trimmed(hunt, short)])
    else:
        few = _without_repetition([*few, *filter(hunt.tells, affordable(found.finds))])
    return few, Examples(gains, survivors, frozenset(mutant.id for mutant in hunt.open))


def joined(finds: Sequence[Find]) -> list[Find]:
    """Each input once, with all the looks that some use of it needs."""
    found: dict[tuple[object, ...], Find] = {}
    for find in finds:
        first = found.setdefault(find.row, find)
        if first is find:
            continue
        is_whole = first.looks is None or find.looks is None
        looks = None if is_whole else tuple(dict.fromkeys([*(first.looks or ()), *(find.looks or ())]))
        found[find.row] = replace(first, looks=looks)
    return list(found.values())


def _settle(
    prober: Prober, source: str, callee: Callee, hunt: Hunt, gains: dict[int, frozenset[object]], known: Looked
) -> None:
    """Take the gains from inputs that show something else at another time: others are to be chosen instead."""
    if not (reads_clock(source) or "random" in source):
        return
    for _ in range(_MAX_SETTLED):
        places = cover(gains)
        wanted = [hunt.finds[place] for place in places]
        seen = look_twice(prober, callee, wanted, reads_clock=reads_clock(source), known=known)
        kept = {each.find.row for each in seen}
        restless = [place for place in places if hunt.finds[place].row not in kept]
        if not restless:
            return
        hunt.forget(restless)
        for place, gain in gains.items():
            goals = frozenset(item for item in gain if not isinstance(item, str))
            gains[place] = frozenset() if place in hunt.forgotten else goals | hunt.matrix.kills_of(place)


def _in_order_of_gain(found: Found) -> list[Find]:
    """What the search kept, then every other input that shows something else; each input once."""
    first = sorted(found.finds, key=lambda find: (not find.gained, not find.is_boundary))
    known = {find.row for find in first}
    rest = [find for find in found.everything if find.row not in known]
    seen = {(find.goals, outcome_text(find.observation)) for find in first}
    is_other = [(find.goals, outcome_text(find.observation)) not in seen for find in rest]
    other = [find for find, is_one in zip(rest, is_other, strict=True) if is_one]
    return [*first, *other, *(find for find, is_one in zip(rest, is_other, strict=True) if not is_one)]


def _without_repetition(finds: Sequence[Find]) -> list[Find]:
    return list({id(find): find for find in finds}.values())
