"""A search asks for no more than what is open is worth."""

from __future__ import annotations

import random

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.construction import alive
from pytest_llmgen.generate.offline.looking import look_twice
from pytest_llmgen.generate.offline.memory import Memory
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.search import Limits, Search, Wanted, patience
from pytest_llmgen.records import OpenGaps

MODULE = module_of("sums", "def double(number: int) -> int:\n    return number * 2\n")
(ASSIGNMENT,) = assignments_of(MODULE)
BOX = module_of(
    "boxes",
    "class Box:\n    def __init__(self, size: int):\n        self.size = size\n\n"
    "    def grow(self, by: int):\n        self.size += by\n\n"
    "    def shrink(self, by: int):\n        self.size -= by\n",
)
REACHED, NEVER = frozenset({("line", 2, 0)}), frozenset({("line", 99, 0)})


def searched(wanted):
    plan = plan_of(ASSIGNMENT, {MODULE.name: MODULE})
    prober = InProcessProber([MODULE])
    search = Search(prober, plan.callee, plan.pools, random.Random(1), Limits(lambda: 0.0, None))
    return prober, search, search.run(plan.seeds, wanted)


@pytest.mark.parametrize(("still_open", "rounds"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (8, 4), (500, 5)])
def test_the_more_is_open_the_longer_inputs_are_changed(still_open, rounds):
    assert patience(still_open) == rounds


def test_a_search_ends_where_every_goal_is_reached_and_the_rest_is_done():
    whole, _, _ = searched(Wanted(REACHED, lambda _: False))
    short, _, found = searched(Wanted(REACHED, lambda _: True))
    assert found.finds
    assert 0 < short.count < whole.count


def test_changed_inputs_are_left_to_the_pursuit_of_mutants_where_every_goal_is_reached():
    every, _, _ = searched(Wanted(NEVER, lambda _: False, are_pursued=True))
    fewer, _, _ = searched(Wanted(REACHED, lambda _: False, are_pursued=True))
    assert fewer.count < every.count


def test_the_rest_is_not_asked_for_while_a_goal_is_missing():
    asked = []
    _, search, _ = searched(Wanted(NEVER, lambda found: bool(asked.append(found)) or True))
    assert (asked, search.missing) == ([], 1)


def test_what_the_last_search_was_for_is_not_searched_again_when_all_of_it_is_open_still():
    gaps = OpenGaps(lines=(3,))
    memory = Memory(was_searched=True, reached={("line", 3, 0)}, last_open=frozenset({("line", 3, 0)}))
    assert memory.is_exhausted(gaps)
    assert not memory.is_exhausted(OpenGaps(lines=(3, 4)))


def test_calls_from_further_away_are_for_lines_that_direct_calls_did_not_reach():
    memory = Memory(was_searched=True)
    assert memory.has_met_all(OpenGaps())
    assert not memory.has_met_all(OpenGaps(lines=(3,)))
    assert not Memory().has_met_all(OpenGaps())


def test_objects_are_tried_once_for_all_methods_of_a_class():
    prober, known = InProcessProber([BOX]), {}
    grow, shrink = (plan_of(each, {BOX.name: BOX}) for each in assignments_of(BOX) if each.target.name != "__init__")
    assert alive(prober, grow, known)
    before = prober.count
    assert before
    assert [term.source for term in alive(prober, shrink, known) if not term.steps]
    assert prober.count - before < before


def test_inputs_are_looked_at_again_once():
    prober, search, found = searched(Wanted(REACHED, lambda _: True))
    known, before = {}, prober.count
    first = look_twice(prober, search._callee, found.finds, known=known)
    after = prober.count
    assert after > before
    assert look_twice(prober, search._callee, found.finds, known=known) == first
    assert prober.count == after
