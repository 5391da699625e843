"""What objects are asked at the end, and objects of classes that inherit a method."""

import random

from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.search import Limits, Search
from pytest_llmgen.records import Challenge, Meeting, Mutant, Probe, Region
from pytest_llmgen.run.probing import compiled, differing

SOURCE = """
class Queue:
    def __init__(self):
        self._items = []

    def push(self, item, front=False):
        if front:
            self._put(0, item)
        else:
            self._put(len(self._items), item)

    def _put(self, place, item):
        raise NotImplementedError

    def pop(self):
        if not self._items:
            raise IndexError("nothing left")
        return self._items.pop(0)


class ListQueue(Queue):
    def _put(self, place, item):
        self._items.insert(place, item)
"""
MODULE = module_of("waiting", SOURCE)
PUSH = next(each for each in assignments_of(MODULE) if each.target.qualname == "Queue.push")


def plan():
    return plan_of(PUSH, {MODULE.name: MODULE})


def test_a_class_with_hooks_is_tested_by_objects_of_a_class_that_fills_them():
    objects = plan().pools[0]
    assert objects[0].source == "ListQueue()"
    assert "from waiting import ListQueue" in objects[0].imports


def test_an_object_is_asked_for_what_a_call_has_left_in_it():
    asked = plan().pools[plan().callee.places.index("afterwards")]
    assert asked[0].is_omitted
    assert "queue.pop()" in [term.source for term in asked]


def test_what_an_object_answers_at_the_end_stands_last_in_the_test():
    before = "self._put(0, item)"
    start = MODULE.source.index(before)
    mutant = Mutant(
        *("m", "waiting.py", "Queue.push", "Queue.push", "statement-removal", start, start + len(before)),
        *("pass", before, "pass", Region(7, 12, 7, 30)),
        line=7,
    )
    search = plan()
    prober = InProcessProber([MODULE])
    found = Search(prober, search.callee, search.pools, random.Random(1), Limits(lambda: 0.0, None)).run(search.seeds)
    hunt = Hunt(prober, [mutant], frozenset())
    hunt.meet([find for find in found.everything if hunt.tells(find)])
    assert not hunt.open
    killer = hunt.finds[min(hunt.matrix.killers["m"])]
    assert killer.scene.afterwards == ("queue.pop()",)


class Counting:
    """Answers challenges: which places each mutant differs in."""

    def __init__(self, differing):
        self.differing = differing

    def challenge(self, probes, expected, challenges, raised, enough):
        return [self.answer(each) for each in challenges]

    def answer(self, challenge: Challenge) -> Meeting:
        places = [place for place in challenge.places if challenge.mutant and place in self.differing]
        return Meeting(tuple(places[:1]), True)


def test_a_mutant_that_only_a_restless_input_killed_meets_the_others_again():
    search = plan()
    found = Search(
        InProcessProber([MODULE]), search.callee, search.pools, random.Random(1), Limits(lambda: 0.0, None)
    ).run(search.seeds)
    mutant = Mutant(*("m", "", "", "", "", 0, 0, "", "", "", Region(1, 0, 1, 0)), line=6)
    hunt = Hunt(Counting({0, 2}), [mutant], frozenset())
    hunt.meet([find for find in found.everything if ("line", 6, 0) in find.goals][:4])
    assert hunt.matrix.killers == {"m": {0}}
    hunt.forget([0])
    assert hunt.matrix.killers == {"m": {2}}


SHOWN = repr(("None", "", [("mine", "[1]")]))


def test_only_what_a_test_asserts_tells_a_mutant_apart(tmp_path):
    watch = ("mine", "other")
    setup = "mine, other = [], []"
    called = "mine.append(1) or other.append(2)"
    piece = compiled(Probe("p", setup, called, watch, asserted=("mine",)), SHOWN)
    assert list(differing([(0, piece)], frozenset(), 1, tmp_path, lambda: None)) == []
    both = compiled(Probe("p", setup, called, watch), SHOWN)
    assert list(differing([(0, both)], frozenset(), 1, tmp_path, lambda: None)) == [0]


def test_another_object_keeps_the_steps_that_brought_it_into_its_state():
    module = module_of(
        "dates",
        """
        class Job:
            def __init__(self):
                self.due = 0

            def delay(self, days):
                self.due += days

            def __lt__(self, other):
                if other.due == 3:
                    return True
                return self.due < other.due
        """,
    )
    assignment = next(each for each in assignments_of(module) if each.target.qualname == "Job.__lt__")
    (reply,) = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate([assignment])
    sources = "\n".join(candidate.source for candidate in reply.candidates)
    assert "other.delay(3)" in sources
    assert "job < other" in sources


def test_an_object_is_compared_with_values_of_types_that_its_module_imports():
    module = module_of(
        "spans",
        """
        from datetime import timedelta

        class Span:
            def __init__(self, days=0):
                self.days = days

            def __eq__(self, other):
                if isinstance(other, Span):
                    return self.days == other.days
                return timedelta(self.days) == other
        """,
    )
    assignment = next(each for each in assignments_of(module) if each.target.qualname == "Span.__eq__")
    sources = [term.source for term in plan_of(assignment, {module.name: module}).pools[1]]
    assert {"timedelta(hours=1)", "3", "'hello'", "None"} <= set(sources[:12])
    assert sources[0] == "Span()"
    assert not any("[" in source for source in sources if source.startswith("Span("))


def test_an_error_that_a_module_raises_with_its_own_words_is_a_test_without_any_argument():
    module = module_of(
        "empties",
        """
        class Stack:
            def __init__(self):
                self._items = {}

            def last(self):
                if not self._items:
                    raise KeyError("nothing is there")
                return 1
        """,
    )
    assignment = next(each for each in assignments_of(module) if each.target.qualname == "Stack.last")
    (reply,) = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate([assignment])
    sources = "\n".join(candidate.source for candidate in reply.candidates)
    assert "pytest.raises(KeyError, match=\"^'nothing is there'$\")" in sources
