"""Objects that are brought into other states, what code says beside its result, and long texts."""

import ast
import random

from pytest_llmgen.generate.offline import layout
from pytest_llmgen.generate.offline.ears import ears
from pytest_llmgen.generate.offline.mutations import mutate
from pytest_llmgen.generate.offline.terms import Term

NEW = Term("Cart('Ann')", ("from shop import Cart",), is_shared=True)
OTHER = Term("Cart('Bob', limit=3)", ("from shop import Cart",), is_shared=True)
FILLED = Term("Cart('Ann')", ("from shop import Cart", "from shop import Item"), steps=(".add(Item(3))", ".close()"))


def states(term, pool, times=400):
    rng = random.Random(1)
    return {(found.source, found.steps, found.imports) for _ in range(times) for found in [mutate(term, pool, rng)]}


def test_an_object_gets_steps_of_another_one_with_their_imports():
    imports = ("from shop import Cart", "from shop import Item")
    assert ("Cart('Bob', limit=3)", (".add(Item(3))",), imports) in states(OTHER, [OTHER, FILLED])


def test_steps_are_left_out_repeated_and_given_other_arguments():
    found = {steps for _, steps, _ in states(FILLED, [FILLED])}
    assert {(".add(Item(3))",), (".close()",)} <= found
    assert (".add(Item(3))", ".add(Item(3))", ".close()") in found
    assert {step for steps in found for step in steps} >= {".add(Item(2))", ".add(Item(6))"}


def test_an_object_with_steps_is_made_in_another_way():
    assert ("Cart('Bob', limit=3)", FILLED.steps) in {found[:2] for found in states(FILLED, [OTHER, FILLED])}


def test_no_story_gets_longer_than_five_steps():
    term = Term("Cart()", steps=tuple(f".add({rank})" for rank in range(5)))
    assert max(len(steps) for _, steps, _ in states(term, [term])) == 5


def test_logging_and_warnings_are_heard_by_their_fixtures():
    code = "def f():\n    self.logger.info('x')\n    warnings.warn('y')\n    catalog.add('z')\n    log.info('again')"
    assert ears([ast.parse(code)]) == ("caplog", "recwarn")
    assert ears([ast.parse("math.log(3)\nprint('x')\nhandler.emit(record)")]) == ("caplog",)[:0]


def test_a_long_text_is_cut_after_words():
    text = "one two three " * 12
    lines = layout.expression(repr(text), "expected = ")
    assert lines[0] == "    expected = ("
    assert all(len(line) <= layout.WIDTH for line in lines)
    assert ast.literal_eval("\n".join(line.strip() for line in lines).removeprefix("expected = ")) == text
