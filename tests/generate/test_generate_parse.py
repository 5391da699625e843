import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmgen.generate.parse import parse
from pytest_llmgen.records import (
    Assignment,
    Category,
    Module,
    Oracle,
    Origin,
    Target,
    TargetContext,
    TargetKind,
)

TARGET = Target("shop/cart.py", "shop.cart", "total", TargetKind.FUNCTION, 1, 2, 1, context="c")


def assignment(async_plugin=None):
    context = TargetContext("from shop.cart import total", async_plugin=async_plugin)
    return Assignment(TARGET, Module(TARGET.path, TARGET.module, ".", ""), context, round=2)


def read(text, stop_reason="end_turn", async_plugin=None):
    return parse(text, assignment(async_plugin), Oracle.OBSERVED, stop_reason)


def fenced(code, language="python"):
    return f"```{language}\n{code}\n```\n"


def codes(refusals):
    return [refusal.code for refusal in refusals]


def names(candidates):
    return [candidate.name for candidate in candidates]


MODULE = '''\
"""Tests of total."""
import json
import math, os
from decimal import Decimal as D, localcontext

import pytest

from shop.cart import Cart, total

TWO = 2
PAIRS = [(TWO, 4), (3, 9)]


@pytest.fixture
def cart(price):
    """A cart."""
    return Cart(price)


@pytest.fixture(name="price")
def _price():
    return D(1)


def double(x):
    return x * TWO


class Helper:
    size = math.inf


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_pairs(a, b):
    """Typical: pairs are squared."""
    # a comment stays
    assert total(a) == b


def test_cart(cart):
    """Edge: an empty cart."""
    assert cart == double(0)


def test_rejects():
    """Failure: no number.

    More words.
    """
    with pytest.raises(TypeError):
        total("json")
'''


def test_each_test_gets_what_it_needs_and_nothing_else():
    candidates, refusals = read("Here you are.\n\n" + fenced(MODULE) + "\nEnjoy!")
    assert refusals == ()
    pairs, cart, rejects = candidates
    assert pairs.imports == ("import pytest", "from shop.cart import total")
    assert pairs.helpers == ("TWO = 2", "PAIRS = [(TWO, 4), (3, 9)]")
    assert cart.imports == (
        "from decimal import Decimal as D",
        "import pytest",
        "from shop.cart import Cart",
    )
    assert [helper.splitlines()[-1] for helper in cart.helpers] == [
        "TWO = 2",
        "    return Cart(price)",
        "    return D(1)",
        "    return x * TWO",
    ]
    assert rejects.imports == ("import pytest", "from shop.cart import total")
    assert rejects.helpers == ()


def test_candidates_carry_target_category_summary_and_source_as_written():
    candidates, _ = read(fenced(MODULE))
    assert [c.category for c in candidates] == [Category.TYPICAL, Category.EDGE, Category.FAILURE]
    assert [c.summary for c in candidates] == [
        "Typical: pairs are squared.",
        "Edge: an empty cart.",
        "Failure: no number.",
    ]
    first = candidates[0]
    assert first.source.startswith('@pytest.mark.parametrize(("a", "b"), PAIRS)\ndef test_pairs(a, b):')
    assert "# a comment stays" in first.source
    assert (first.target, first.origin, first.oracle, first.round) == (TARGET.key, Origin.MODEL, Oracle.OBSERVED, 2)
    assert len({c.id for c in candidates}) == 3


def test_ids_follow_from_the_content_alone():
    assert read(fenced(MODULE)) == read("Again:\n" + fenced(MODULE))


def test_every_candidate_is_a_module_that_compiles():
    for candidate in read(fenced(MODULE))[0]:
        ast.parse("\n".join([*candidate.imports, *candidate.helpers, candidate.source]))


@pytest.mark.parametrize(
    ("text", "stop_reason", "code"),
    [
        ("", "end_turn", "empty-reply"),
        (" \n", "max_tokens", "empty-reply"),
        ("", "refusal", "refused"),
        ("I cannot help with that.", "refusal", "refused"),
        ("I am sorry, there is nothing to test.", "end_turn", "no-code"),
        (fenced('{"a": 1}', "json"), "end_turn", "no-code"),
        (fenced("x = 1"), "end_turn", "no-tests"),
        (fenced("def test_x(:\n    pass"), "end_turn", "not-python"),
        ("```python\ndef test_x():\n    assert tot", "max_tokens", "cut-off"),
        ("```python\ndef test_x():\n    assert total(", None, "cut-off"),
    ],
)
def test_a_reply_without_tests_is_refused_with_a_code(text, stop_reason, code):
    candidates, refusals = read(text, stop_reason)
    assert candidates == ()
    assert codes(refusals) == [code]


def test_a_cut_off_reply_keeps_its_whole_tests_and_drops_the_torn_one():
    text = "```python\nfrom a import b\n\ndef test_one():\n    assert b(1)\n\n@mark\ndef test_two():\n    assert b("
    candidates, refusals = read(text, "max_tokens")
    assert names(candidates) == ["test_one"]
    assert codes(refusals) == ["cut-off"]
    assert refusals[0].line == 7


def test_a_torn_test_that_happens_to_parse_is_dropped_too():
    text = "```python\ndef test_one():\n    assert 1\n\ndef test_two():\n    x = 1"
    assert names(read(text, "max_tokens")[0]) == ["test_one"]
    assert names(read(text, "end_turn")[0]) == ["test_one", "test_two"]


def test_one_broken_test_does_not_cost_its_neighbours():
    code = (
        "import a\n\ndef test_one():\n    assert a.b\n\n"
        "def test_two():\n    assert (\n\n@x\ndef test_three():\n    assert a.c"
    )
    candidates, refusals = read(fenced(code))
    assert names(candidates) == ["test_one", "test_three"]
    assert codes(refusals) == ["not-python"]
    assert refusals[0].line == 7
    assert [c.imports for c in candidates] == [("import a",), ("import a",)]


def test_python_without_a_fence_is_found_after_the_chatter():
    text = "Of course! Here are the tests.\n\nimport a\n\ndef test_one():\n    assert a.b\n\nThat is all."
    candidates, refusals = read(text)
    assert names(candidates) == ["test_one"]
    assert codes(refusals) == ["not-python"]


def test_of_several_fences_those_with_tests_count_and_share_their_imports():
    text = fenced("pip install a", "bash") + fenced("import a") + fenced("import a\ndef test_one():\n    assert a.b")
    text += "And more:\n" + fenced("def test_two():\n    assert a.c", "py")
    candidates, refusals = read(text)
    assert names(candidates) == ["test_one", "test_two"]
    assert candidates[1].imports == ("import a",)
    assert refusals == ()


def test_a_later_fence_that_writes_a_test_again_replaces_it():
    text = fenced("def test_one():\n    assert 1 == 2") + "Oh, wait:\n" + fenced("def test_one():\n    assert 1 == 1")
    assert [c.source for c in read(text)[0]] == ["def test_one():\n    assert 1 == 1"]


def test_a_second_test_of_a_name_is_renamed_and_a_copy_refused():
    code = "def test_one():\n    assert a\n\ndef test_one():\n    assert b\n\ndef test_same():\n    assert a"
    candidates, refusals = read(fenced(code))
    assert names(candidates) == ["test_one", "test_one_2"]
    assert candidates[1].source == "def test_one_2():\n    assert b"
    assert codes(refusals) == ["duplicate-test"]


def test_a_fence_of_tildes_or_with_a_fence_inside_is_read_whole():
    assert names(read("~~~py\ndef test_one():\n    assert a\n~~~")[0]) == ["test_one"]
    inner = 'def test_one():\n    """Typical: x.\n\n    ```python\n    y\n    """\n    assert a'
    assert names(read("````python\n" + inner + "\n````")[0]) == ["test_one"]


def test_tests_of_a_plain_class_are_flattened_and_of_a_tied_one_refused():
    code = (
        "class TestPlain:\n    def test_one(self, tmp_path):\n        assert tmp_path\n\n"
        "class TestTied:\n    size = 1\n    def test_two(self):\n        assert self.size\n\n"
        "class TestSelf:\n    def test_three(self):\n        assert self\n"
    )
    candidates, refusals = read(fenced(code))
    assert [c.source for c in candidates] == ["def test_one(tmp_path):\n    assert tmp_path"]
    assert codes(refusals) == ["class-test", "class-test"]


def test_an_async_test_runs_itself_where_no_plugin_does():
    code = '@pytest.mark.asyncio\nasync def test_one(cart):\n    """Edge: late."""\n    assert await cart.total() == 1'
    (candidate,), _ = read(fenced("import pytest\n" + code))
    assert candidate.source == (
        'def test_one(cart):\n    """Edge: late."""\n\n    async def scenario():\n'
        "        assert await cart.total() == 1\n    asyncio.run(scenario())"
    )
    assert candidate.imports == ("import asyncio",)
    assert candidate.category is Category.EDGE
    (native,), _ = read(fenced("import pytest\n" + code), async_plugin="asyncio")
    assert native.source == code


def test_module_marks_become_marks_of_each_test():
    code = "import pytest\npytestmark = [pytest.mark.slow, pytest.mark.db('x')]\ndef test_one():\n    assert 1"
    (candidate,), _ = read(fenced(code))
    assert candidate.source.splitlines()[:2] == ["@pytest.mark.slow", "@pytest.mark.db('x')"]
    assert candidate.imports == ("import pytest",)


def test_autouse_fixtures_and_fixtures_by_name_go_with_the_test():
    code = (
        "import pytest\n@pytest.fixture(autouse=True)\ndef quiet():\n    yield\n"
        "@pytest.fixture\ndef db():\n    yield\n"
        "@pytest.mark.usefixtures('db')\ndef test_one():\n    assert 1\n"
        "def test_two():\n    assert 2\n"
    )
    one, two = read(fenced(code))[0]
    assert [len(one.helpers), len(two.helpers)] == [2, 1]
    assert "autouse" in two.helpers[0]


def test_statements_outside_of_functions_are_left_out_and_named():
    code = (
        'import sys\nsys.path.insert(0, "x")\ndef test_one():\n    assert 1\nif __name__ == "__main__":\n    test_one()'
    )
    candidates, refusals = read(fenced(code))
    assert candidates[0].imports == ()
    assert [(r.code, r.message, r.line) for r in refusals] == [
        ("loose-statement", 'left out: sys.path.insert(0, "x")', 3)
    ]


def test_a_table_goes_with_the_statements_that_fill_it():
    code = (
        "CASES = []\nOTHER = {}\nLIMIT = 3\nfor n in range(LIMIT):\n    CASES.append(n)\nCASES.append(9)\n"
        "OTHER['a'] = 1\nTWICE = CASES * 2\n\ndef test_one():\n    assert CASES\n"
    )
    (candidate,), refusals = read(fenced(code))
    assert candidate.helpers == (
        "CASES = []",
        "LIMIT = 3",
        "for n in range(LIMIT):\n    CASES.append(n)",
        "CASES.append(9)",
    )
    assert refusals == ()


def test_imports_that_the_reply_forgot_are_added_where_nothing_else_has_the_name():
    code = "def test_one():\n    with pytest.raises(E):\n        total()"
    assert read(fenced(code))[0][0].imports == ("import pytest", "from shop.cart import total")
    own = "def total():\n    return 1\n\ndef test_one():\n    assert total()"
    (candidate,), _ = read(fenced(own))
    assert (candidate.imports, candidate.helpers) == ((), ("def total():\n    return 1",))


def test_a_helper_class_may_be_called_like_a_test():
    code = "class TestServer:\n    port = 1\n\ndef test_one():\n    assert TestServer.port"
    (candidate,), refusals = read(fenced(code))
    assert candidate.helpers == ("class TestServer:\n    port = 1",)
    assert refusals == ()


def test_conditional_imports_and_star_imports_are_kept():
    code = "from a import *\ntry:\n    import fast\nexcept ImportError:\n    fast = None\n"
    code += "def test_one():\n    assert fast"
    (candidate,), _ = read(fenced(code))
    assert candidate.imports == ("from a import *",)
    assert candidate.helpers == ("try:\n    import fast\nexcept ImportError:\n    fast = None",)


@pytest.mark.parametrize(
    ("name", "body", "category"),
    [
        ("test_sum", "assert 1", Category.TYPICAL),
        ("test_sum_of_empty_list", "assert 1", Category.EDGE),
        ("test_rejects_text", "assert 1", Category.FAILURE),
        ("test_sum", "with pytest.raises(E): f()", Category.FAILURE),
        ("test_sum", "'''Edge case: with raises( in it'''", Category.EDGE),
        ("test_sum", "'''TYPICAL: loud'''", Category.TYPICAL),
    ],
)
def test_category_comes_from_the_docstring_then_from_name_and_raises(name, body, category):
    (candidate,), _ = read(fenced(f"def {name}():\n    {body}"))
    assert candidate.category is category


def test_line_ends_of_windows_and_null_bytes_do_no_harm():
    assert names(read("```python\r\ndef test_one():\r\n    assert 1\r\n```\0")[0]) == ["test_one"]


def test_an_invalid_escape_is_no_warning_of_ours():
    (candidate,), _ = read(fenced('def test_one():\n    assert "\\d" == f()'))
    assert candidate.source.endswith('assert "\\d" == f()')


@given(st.text(st.sampled_from("`~pyton\n def test_(x):\n    assert '\"\\@#=1\0"), max_size=300))
def test_no_text_makes_it_raise(text):
    for reason in ("end_turn", None):
        candidates, refusals = read(text, reason)
        assert candidates or refusals


@given(st.integers(0, len(MODULE)))
def test_wherever_a_reply_is_cut_its_whole_tests_survive(end):
    text = "```python\n" + MODULE[:end]
    whole = [name for name in ("test_pairs", "test_cart", "test_rejects") if _ends_before(name, end)]
    candidates, refusals = read(text, "max_tokens")
    assert names(candidates) == whole
    assert candidates or refusals


def _ends_before(name, end):
    """Whether something stands after the test that shows it to be whole."""
    start = MODULE.index(f"def {name}")
    following = MODULE.find("\n\n\n", start)
    return following >= 0 and end > following + 3


def test_deep_nesting_is_refused():
    _, refusals = read(fenced("def test_one():\n    assert " + "(" * 5000 + ")" * 5000))
    assert codes(refusals) == ["not-python"]
