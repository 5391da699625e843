"""Of inputs that do the same the plainest, and of what a call changed only what a test needs."""

from __future__ import annotations

import dataclasses

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of, mutant_of

from pytest_llmgen.generate.offline.calls import Scene
from pytest_llmgen.generate.offline.choosing import joined
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.killing import cover
from pytest_llmgen.generate.offline.plainness import awkwardness, is_slip
from pytest_llmgen.generate.offline.questions import questions
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.terms import OMITTED, from_source
from pytest_llmgen.generate.offline.world import survey
from pytest_llmgen.records import Observation, OpenGaps, Probe, Survivor, Value

BAG = """
class Bag:
    def __init__(self):
        self.names = []
        self.last = ""
        self.weight = 0

    def __len__(self):
        return len(self.names)

    def put(self, name: str):
        self.names.append(name)
        self.last = name
        self.weight += 2
"""


def written_for_put(before, after):
    module = module_of("bags", BAG)
    (assignment,) = [each for each in assignments_of(module) if each.target.name == "put"]
    survivor = Survivor(mutant_of(module, before, after, "Bag.put"), "")
    wanted = dataclasses.replace(assignment, gaps=OpenGaps(survivors=(survivor,)))
    (reply,) = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate([wanted])
    return [candidate.source for candidate in reply.candidates]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [("weight += 2", "weight += 3", "bag.weight == "), ("last = name", "last = None", "bag.last == ")],
)
def test_only_the_state_that_tells_the_mutant_is_asserted(before, after, told):
    (source,) = written_for_put(before, after)
    checks = [line.strip() for line in source.splitlines() if line.strip().startswith("assert")]
    assert len(checks) == 1
    assert told in checks[0]


def test_what_takes_something_out_is_no_question():
    taking = "    def pop(self, key):\n        return dict.pop(self, key)\n"
    asking = "    def find(self, key):\n        return dict.get(self, key)\n"
    putting = "    def put(self, key):\n        self[key] = 1\n"
    module = module_of("stores", f"class Store(dict):\n{taking}\n{asking}\n{putting}")
    shape = survey(module, {}).classes["Store"]
    assert questions(shape, "put", ("key",))[1] == (("find", ("key",)),)


POOLS = [[OMITTED, from_source("'hello'")], [from_source("3")]]


def find(row, seen):
    return Find(row, Scene((), (), (), "f()"), Probe("", "", "f()"), seen, frozenset())


@pytest.mark.parametrize(
    ("row", "seen", "expected"),
    [
        (("'hello'", "3"), Observation("", "returned", Value("int", "7")), 0),
        (("", "3"), Observation("", "returned", Value("int", "7")), 0),
        (("'h-'", "4"), Observation("", "returned", Value("int", "7")), 2),
        (("'hello'", "3"), Observation("", "returned", Value("list", "[]")), 1),
        (("'hello'", "3"), Observation("", "raised", error_type="builtins.ValueError"), 0),
        (("'hello'", "3"), Observation("", "raised", error_type="other.Refused"), 2),
        (("'hello'", "3"), Observation("", "raised", error_type="builtins.KeyError"), 3),
    ],
)
def test_an_input_is_awkward_where_a_reader_would_stop(row, seen, expected):
    terms = tuple(from_source(source) if source else OMITTED for source in row)
    assert awkwardness(find(terms, seen), POOLS, frozenset({"ValueError"})) == expected


@pytest.mark.parametrize(
    ("row", "error", "message", "expected"),
    [
        (("{'a': 3}",), "builtins.KeyError", "'path'", True),  # nobody asked for it
        (("'tea'",), "builtins.KeyError", "'tea'", False),
        ((), "builtins.IndexError", "list index out of range", True),
        (("[]",), "builtins.IndexError", "list index out of range", False),
        (("'x'",), "builtins.ValueError", "no", False),
        (("'x'",), "shop.Unknown", "'y'", False),
    ],
)
def test_an_error_that_only_the_input_made_is_a_slip(row, error, message, expected):
    terms = tuple(from_source(source) for source in row)
    seen = Observation("", "raised", error_type=error, error_message=message)
    assert is_slip(find(terms, seen), has_receiver=False) is expected
    assert is_slip(find((from_source("3"), *terms), seen), has_receiver=True) is expected


def test_what_is_awkward_must_gain_more_than_what_is_not():
    one, two = frozenset({"a", "b", "c"}), frozenset({"b", "c", "d", "e"})
    assert cover({0: one, 1: two}) == [1, 0]
    assert cover({0: one, 1: two}, {1: 2}) == [0, 1]
    assert cover({0: one, 1: frozenset({"b"})}, {0: 9}) == [1, 0]
    assert cover({0: one, 1: frozenset()}, {0: 9}) == [0]


@pytest.mark.parametrize(("one", "other", "together"), [(("a",), ("b", "a"), ("a", "b")), (None, ("a",), None)])
def test_one_input_that_is_wanted_twice_is_one_test_with_what_both_look_at(one, other, together):
    probe, seen = Probe("p", "", "f(1)"), Observation("p", "returned")
    find = Find((from_source("1"),), Scene((), (), (), "f(1)"), probe, seen, frozenset())
    (only,) = joined([dataclasses.replace(find, looks=one), dataclasses.replace(find, looks=other)])
    assert only.looks == together
