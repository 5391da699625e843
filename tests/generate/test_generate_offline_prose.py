"""Documented examples as people write them in running text."""

import ast

import pytest

from pytest_llmgen.generate.offline.code import parameters
from pytest_llmgen.generate.offline.docs import examples_of
from pytest_llmgen.generate.offline.prose import told_of

ONE = parameters(ast.parse("def f(x): ...").body[0])
TWO = parameters(ast.parse("def f(words, k): ...").body[0])


@pytest.mark.parametrize(
    ("text", "expression", "want"),
    [
        ("so f(1, (2, 3)) == 4.", "f(1, (2, 3))", "4"),
        ("f('a)') => 'b'", "f('a)')", "'b'"),
        ("f([1]) ➞ [1]", "f([1])", "[1]"),
        ("f(1) ==> 2", "f(1)", "2"),
        ("f(1)  # => 'No' (since 1 is odd)", "f(1)", "'No'"),
        ("f(1)  # -> 2", "f(1)", "2"),
        ("f(1)  # 2", "f(1)", "2"),
        ("f(1) # returns 2", "f(1)", "2"),
        ("f(1)\n    # => 2", "f(1)", "2"),
        ("* ``f(1)`` returns ``2.5``.", "f(1)", "2.5"),
        ("f(5) returns [1, 5] # the odd ones of it", "f(5)", "[1, 5]"),
        ("f(5) should return [1,\n   5].", "f(5)", "[1, 5]"),
        ("f(1) would give -1, since it is odd", "f(1)", "-1"),
        ("f(1) is None", "f(1)", "None"),
        ("f(1) => true", "f(1)", "True"),
        ("f(k=1) evaluates to 'a'", "f(k=1)", "'a'"),
        ("f(1,\n  2) == 3", "f(1, 2)", "3"),
        ("f(1) returns nothing", "f(1)", ""),
        ("f(1) returns 2 values", "f(1)", ""),
        ("f(1) == 1 + 9 = 10", "f(1)", ""),
        ("f(1) -> 1, 2", "f(1)", ""),
        ("f(1) returns 1/2", "f(1)", ""),
        ("f(1) is 2 or more", "f(1)", ""),
        ("f() returns True if all are equal", "f()", ""),
        ("f(1) returns 2, when it is in order", "f(1)", ""),
    ],
)
def test_calls_in_running_text_are_read(text, expression, want):
    (found,) = told_of(text, "f")
    assert (found.expression, found.want) == (expression, want)


def test_calls_of_other_functions_of_unknown_values_and_of_a_session_are_not_read():
    assert told_of("g(1) == 2, my_f(1) == 2, f(x) == 2, f(k=x) == 2\n>>> f(1) == 2\n", "f") == []


@pytest.mark.parametrize(
    ("text", "expression", "want"),
    [
        ('For x = "AB" the output should be 1.', 'f("AB")', "1"),
        ("If x is 3, the function should return [1, 2].", "f(3)", "[1, 2]"),
        ("For x = 1000, the sum of digits is 1 and the output should be '1'", "f(1000)", "'1'"),
        ("Input: [4, 2, 3]\n    Output: [2, 1]", "f([4, 2, 3])", "[2, 1]"),
        ("Example 1:\n  Input: x = 3\n  Output: True\n  Explanation: it is", "f(3)", "True"),
    ],
)
def test_inputs_told_by_name_are_read(text, expression, want):
    (found,) = told_of(text, "f", ONE)
    assert (found.expression, found.want) == (expression, want)


@pytest.mark.parametrize(
    "text",
    [
        "Input: words = ['a', 'b'], k = 3\nOutput: 'a'",
        "Input: words : ['a', 'b'], k : 3\nOutput: 'a'",
        "Input: ['a', 'b'], 3\nOutput: 'a'",
        "Given words = ['a', 'b'] and k = 3, the result is 'a'",
    ],
)
def test_several_inputs_are_read_by_name_or_in_order(text):
    (found,) = told_of(text, "f", TWO)
    assert (found.expression, found.want) == ("f(['a', 'b'], 3)", "'a'")


@pytest.mark.parametrize(
    "text",
    ["For k = 3 the output should be 1", "if x is 0, nothing is returned", "Input: a list of words. Output: 3", ""],
)
def test_what_leaves_an_argument_or_the_result_open_is_no_example(text):
    assert told_of(text, "f", TWO) == []


def test_a_comparison_in_a_session_says_what_is_expected_even_without_its_result():
    found = examples_of(">>> f(1) == [2]\n>>> f(2) == 3\nTrue\n")
    assert [(item.expression, item.want) for item in found] == [("f(1)", "[2]"), ("f(2) == 3", "True")]
