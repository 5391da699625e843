"""What the code compares and takes apart becomes values worth trying."""

from __future__ import annotations

import ast
import textwrap

from pytest_llmgen.generate.offline.hints import hints_of, texts_of
from pytest_llmgen.generate.offline.killing import cover
from pytest_llmgen.generate.offline.stubs import coroutine_functions
from pytest_llmgen.generate.offline.terms import Term


def tree_of(text):
    return ast.parse(textwrap.dedent(text))


def sources(terms):
    return [term.source for term in terms]


def test_a_compared_attribute_is_tried_with_what_it_is_compared_with():
    hints = hints_of(tree_of("if response.status != 503 or kind in ('a', 'b'): pass"))
    assert (sources(hints["status"]), sources(hints["kind"])) == (["503"], ["'a'", "'b'"])


def test_an_ordered_number_is_tried_with_its_neighbours():
    assert sources(hints_of(tree_of("if quantity < 1: pass"))["quantity"]) == ["3", "1", "0", "2"]


def test_a_json_text_holds_the_keys_that_are_read():
    hints = hints_of(tree_of("data = json.loads(reply.body)\nx = data['amount'], data.get('currency', 'EUR')"))
    assert sources(hints["body"]) == [
        repr('{"amount": "12.50"}'),
        repr('{"amount": "12.50", "currency": "USD"}'),
    ]


def test_texts_have_the_format_that_the_code_takes_apart():
    node = tree_of("""
        def parse(text):
            whole, _, fraction = text.strip().partition(".")
            return whole.startswith("-") and fraction.isdigit()
    """)
    found = sources(texts_of(node, "Read an amount such as ``12.50`` or ``name``."))
    assert found[0] == "'12.50'"
    assert {"'-3'", "'12.34'", "'1.5'", "'1.234'", "'  12.50 '"} <= set(found)


def test_a_coroutine_function_notes_its_calls_and_answers_in_turn():
    first, second, *_ = coroutine_functions([Term("Response(503)"), Term("Response(200)")], 1)
    assert first.before == ("calls = []", "async def answer(value):\n    calls.append(value)\n    return Response(503)")
    assert (first.label, second.label, first.watched) == ("answer 503", "answer 200", ("calls",))
    busy = coroutine_functions([Term("Response(503)"), Term("Response(200)")], 1)[3]
    assert "answers = [Response(503), Response(503), Response(200)]" in busy.before


def test_few_inputs_cover_all_that_any_of_them_gains():
    gains = {0: frozenset("a"), 1: frozenset("abc"), 2: frozenset("cd"), 3: frozenset("d")}
    assert cover(gains) == [1, 2]
