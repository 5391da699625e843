"""Functions that return functions are tested by calling what they return."""

import ast

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.closures import calls, form_within, inner_functions
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.terms import from_source

SOURCE = """
import functools


def repeat(times):
    def decorator(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            return [func(*args, **kwargs) for _ in range(times)]

        return wrapper

    return decorator


def at_least(low, strict=False):
    def check(value):
        if strict:
            return value > low
        return value >= low

    return check


def adder(n):
    return lambda x: x + n
"""


@pytest.fixture(scope="module")
def tests():
    module = module_of("closures", SOURCE)
    replies = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0).generate(assignments_of(module))
    return {
        reply.assignment.target.qualname: "\n".join(candidate.source for candidate in reply.candidates)
        for reply in replies
    }


def test_a_decorator_with_options_is_called_three_times(tests):
    assert 'repeat(3)(lambda value: value)("hello") == ["hello", "hello", "hello"]' in tests["repeat"]


def test_a_check_that_is_made_is_called(tests):
    assert "assert at_least(1)(3) is True" in tests["at_least"]
    assert "strict=True)(" in tests["at_least"]


def test_a_lambda_that_is_returned_is_called(tests):
    assert "assert adder(3)(3) == 6" in tests["adder"]


def function(source):
    return ast.parse(source).body[0]


def test_a_nested_function_that_is_only_called_is_not_returned():
    source = "def f(x):\n    def g(y): return y\n    return g(x)"
    assert inner_functions(function(source)) == []


def test_the_form_of_the_returned_function_counts():
    (inner,) = inner_functions(function("def f():\n    async def g(): return 1\n    return g"))
    assert form_within(inner) == "async"
    (inner,) = inner_functions(function("def f():\n    def g():\n        yield 1\n    return g"))
    assert form_within(inner) == "sliced"


def test_nothing_is_called_where_no_value_can_be_passed():
    levels = inner_functions(function("def f():\n    def g(y): return y\n    return g"))
    assert calls(levels, lambda _item, _rank: []) == []
    found = [term.source for term in calls(levels, lambda _item, _rank: [from_source("3"), from_source("4")])]
    assert found == ["", "it(3)", "it(4)"]
