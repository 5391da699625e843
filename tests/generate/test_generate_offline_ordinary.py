"""Inputs of ordinary length: what is seen first in a table, and what no smallest set would have."""

import ast
import dataclasses
import random

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of, mutant_of

from pytest_llmgen.generate.offline.enriching import enriched
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.records import OpenGaps, Stage, Survivor

PLAIN = '''
def doubled(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


def shout(text: str) -> str:
    """
    shout("good morning sunshine") == "GOOD MORNING SUNSHINE"
    """
    return text.upper()


def answer() -> int:
    return 2 * 21


def negated(flag: bool) -> bool:
    return not flag
'''


def candidates(name, before, after, **changes):
    module = module_of("plain", PLAIN)
    (assignment,) = [each for each in assignments_of(module, **changes) if each.target.name == name]
    gaps = OpenGaps(survivors=(Survivor(mutant_of(module, before, after, name), ""),))
    generator = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0)
    (reply,) = generator.generate([dataclasses.replace(assignment, gaps=gaps)])
    return reply.candidates


def arguments(candidate, name):
    calls = [node for node in ast.walk(ast.parse(candidate.source)) if isinstance(node, ast.Call)]
    assigned = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.walk(ast.parse(candidate.source))
        if isinstance(node, ast.Assign)
    }
    (call,) = [each for each in calls if ast.unparse(each.func) == name]
    return [ast.literal_eval(assigned.get(ast.unparse(each), each)) for each in call.args]


def test_a_list_of_several_unlike_items_comes_first_under_the_plain_name():
    first, *_ = candidates("doubled", "2 *", "3 *")
    (numbers,) = arguments(first, "doubled")
    assert len(numbers) >= 4
    assert len(set(numbers)) >= 3
    assert (first.name, first.shows) == ("test_doubled", "ordinary-1")


def test_where_the_documentation_shows_texts_others_are_made_of_their_words():
    (made,) = [each for each in candidates("shout", "upper", "lower") if each.shows == "ordinary-1"]
    (text,) = arguments(made, "shout")
    assert text != "good morning sunshine"
    assert set(text.split()) <= {"good", "morning", "sunshine"}


@pytest.mark.parametrize(("name", "before", "after"), [("answer", "2 * 21", "3 * 21"), ("negated", "not flag", "flag")])
def test_there_is_none_where_nothing_can_be_rich(name, before, after):
    found = candidates(name, before, after)
    assert [each.shows for each in found if each.shows] == []
    assert found


def test_a_later_round_looks_for_what_is_open_only():
    assert not any(each.shows for each in candidates("doubled", "2 *", "3 *", stage=Stage.GAPS))


def test_the_same_inputs_are_made_each_time():
    assert candidates("doubled", "2 *", "3 *") == candidates("doubled", "2 *", "3 *")


@pytest.mark.parametrize(
    ("known", "is_rich"),
    [
        ([[1], [2, 3]], lambda made: 4 <= len(made) <= 6),
        (["one", "two"], lambda made: len(made) >= 3),
        (["a b", "c, d e"], lambda made: {part.strip(",") for part in made.split()} <= set("abcde")),
        (["()", "(("], lambda made: set(made) <= set("()")),
        ([{"a": 1, "b": 2}], lambda made: 2 <= len(made) <= 4),
        ([(1, "a")], lambda made: [type(item) for item in made] == [int, str]),
        ([[[1, 2], [3, 4]]], lambda made: all(isinstance(item, list) for item in made)),
        ([3], lambda made: 3 <= made <= 150),
        ([2.5], lambda made: isinstance(made, float)),
        ([True, False], lambda made: made in {True, False}),
        ([[]], lambda made: made == []),
    ],
)
def test_a_value_is_made_longer_of_the_parts_that_are_known(known, is_rich):
    rng = random.Random(1)
    made = [enriched(known[0], known, rng) for _ in range(60)]
    assert all(map(is_rich, made))


def test_values_of_unlike_types_stay_with_their_keys():
    known = [{"name": "hello", "age": 3, "tags": ["red"]}, {"name": "hello", "age": 3}]
    made = [enriched(known[0], known, random.Random(seed)) for seed in range(20)]
    assert all(list(each) == ["name", "age", "tags"] for each in made)
    assert all([type(value) for value in each.values()] == [str, int, list] for each in made)
    assert len({str(each) for each in made}) > 1
