"""Inputs are made short, and stay what they were chosen for."""

from __future__ import annotations

import dataclasses

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of, mutant_of

from pytest_llmgen.generate.offline.calls import Scene
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.shrinking import Needed, _is_alike, fewer_steps, shares, shorter, size
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source
from pytest_llmgen.records import Observation, OpenGaps, Probe, Survivor, Value


@pytest.mark.parametrize(
    ("source", "smaller"),
    [
        ("'hello world'", "'h'"),
        ("12345", "1"),
        ("[3, 1, 2]", "[3]"),
        ("Money(5, currency='hello')", "Money(5)"),
        ("{'a': [1, 2]}", "{'a': [1]}"),
    ],
)
def test_an_argument_is_tried_with_less_to_read(source, smaller):
    row = (from_source(source),)
    assert smaller in {term.source for (term,) in shorter(row, row)}


@pytest.mark.parametrize("source", ["'a'", "1", "-1", "[]", "[1]", "None", "True", "0.5"])
def test_what_is_short_stays_and_nothing_becomes_a_boundary(source):
    row = (from_source(source),)
    assert shorter(row, row) == []


def test_options_are_left_out_and_steps_fall_away():
    cart = Term("Cart()", steps=(".add(1)", ".add(2)"))
    row, base = (cart, from_source("5")), (Term("Cart()"), OMITTED)
    variants = shorter(row, base)
    assert (cart, OMITTED) in variants
    assert any(each[0].steps == (".add(2)",) for each in variants)
    assert variants[0] == base
    assert [size(each) for each in variants] == sorted(size(each) for each in variants)


def test_what_stands_in_two_places_becomes_plainer_in_both():
    cart = Term("Cart()", steps=(".add('', Money(3, currency='a'))",))
    row = (cart, from_source("Money(3, currency='a')"), from_source("''"))
    steps = {(each[0].steps, each[1].source, each[2].source) for each in shorter(row, row)}
    assert ((".add('', Money(3))",), "Money(3)", "''") in steps
    assert ((".add('hello', Money(3, currency='a'))",), row[1].source, "'hello'") in steps


@pytest.mark.parametrize(
    ("plain", "other"), [("'hello'", "'x-'"), ("'hello'", "''"), ("'ann@example.com'", "'a@b'"), ("3", "123")]
)
def test_what_a_person_would_write_is_no_more_to_read(plain, other):
    assert size((from_source(plain),)) <= size((from_source(other),))


def test_what_is_asked_at_the_end_falls_away_where_nothing_needs_it():
    def find(*afterwards):
        seen = {"bag.weight": Value("int", "2"), **{text: Value("int", "0") for text in afterwards}}
        scene = Scene((), (), (), "bag.put(1)", afterwards=afterwards)
        return Find((), scene, Probe("", "", "bag.put(1)"), Observation("", "returned", changed=seen), frozenset())

    assert _is_alike(find(), Needed(find("bag.times(3)"), frozenset()))
    changed = dataclasses.replace(find(), observation=Observation("", "returned"))
    assert not _is_alike(changed, Needed(find("bag.times(3)"), frozenset()))


def test_each_input_answers_for_what_those_before_it_do_not_gain():
    gains = {4: frozenset({"a", "b"}), 7: frozenset({"b", "c"})}
    assert shares(gains, [4, 7]) == [{"a", "b"}, {"c"}]


LONG = """
def shelf(title, room="hall"):
    if len(title) > 6:
        return "top " + room
    return "low " + room
"""


def test_the_shortest_text_that_takes_the_branch_is_written():
    module = module_of("shelves", LONG)
    (assignment,) = assignments_of(module)
    survivor = Survivor(mutant_of(module, "> 6", ">= 6", "shelf"), "")
    wanted = dataclasses.replace(assignment, gaps=OpenGaps(survivors=(survivor,)))
    (reply,) = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate([wanted])
    shortened = [candidate for candidate in reply.candidates if not candidate.shows]
    bodies = [candidate.source.splitlines()[-1].strip() for candidate in shortened]
    lengths = sorted(len(body.split('"')[1]) for body in bodies)
    assert lengths == [6, 7]


def test_what_was_done_to_an_object_goes_a_step_at_a_time_and_values_stay():
    row = (Term("Bag(2)", steps=(".clear()", ".put('a')")), Term("'long text'"))
    rows = fewer_steps(row, row)
    assert [each[0].steps for each in rows] == [(".put('a')",), (".clear()",)]
    assert all(each[1] == row[1] and each[0].source == "Bag(2)" for each in rows)
