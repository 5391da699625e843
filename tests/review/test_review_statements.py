"""Texts without formatting, and statements that are told from all others of their function."""

from __future__ import annotations

import pytest

from pytest_llmgen.review.statements import neighbourhood, statement_hash, statements_of
from pytest_llmgen.review.texts import canonical_text, one_line

SOURCE = """\
LIMIT = 1


def f(x, y):
    if x:
        return None
    while y:
        y -= 1
        return None
    total = call(x, 1)
    return None


def g(x, y):
    total = call(x, 1)
"""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("f(a, b)", "f(\n    a,  # first\n    b,\n)"),
        ("f('x')", 'f( "x" )'),
        ("a >= b", "(a >= b)"),
        ("raise X\nreturn 1", "raise X  # why\n\n    return 1"),
        ("elif x:", "elif (x):"),
        ("except (A, B):", "except ( A,B ):"),
        ("else:", "else :"),
    ],
)
def test_formatting_does_not_count_in_texts_and_fragments(left, right):
    assert canonical_text(left) == canonical_text(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("f(a)", "f(b)"), ("a > b", "a >= b"), ("elif x:", "if x:"), ("f('a  b')", "f('a b')"), ("1", "1.0"), ("?", "!")],
)
def test_a_difference_of_code_counts(left, right):
    assert canonical_text(left) != canonical_text(right)


def test_a_text_on_one_line_has_no_comments():
    assert one_line("f(\n  a,  # first\n  b\n)") == "f( a, b )"


def identity(line, source=SOURCE):
    statements = statements_of(source)
    return statements.identity(statements.starting_at(line))


def test_a_statement_is_known_by_its_text_wherever_it_moves_in_its_function():
    moved = SOURCE.replace("    total = call(x, 1)\n    return None", "    return None", 1)
    moved = moved.replace("    if x:\n", "    total = call(x,\n      1)\n    if x:\n", 1)
    assert identity(10) == identity(5, moved) != ""


def test_equal_statements_are_told_apart_by_their_surroundings():
    assert len({identity(6), identity(9), identity(11)}) == 3


def test_what_nothing_tells_apart_has_no_identity():
    twice = "def f(x):\n    g(x)\n    g(x)\n    g(x)\n"
    assert identity(3, twice) == identity(4, twice) == ""
    assert statement_hash("", "M", "op", "a", "b", 1) == ""


def test_equal_changes_of_a_statement_are_counted():
    hashes = {statement_hash(identity(10), "M", "number", "1", "2", nth) for nth in (1, 2)}
    assert len(hashes) == 2


def test_the_innermost_statement_holds_a_place():
    statements = statements_of("if a: b = 1; c = 2\n")
    assert statements.holding(1, 3).header.startswith("If")
    assert "'c'" in statements.holding(1, 13).header


def test_code_outside_of_functions_has_its_neighbours_as_context():
    def context(source):
        return neighbourhood(statements_of(source).starting_at(2))

    assert context("a = 1\nb = 2\nc = 3\n") == context("a = 1\nb =  2  # two\nc = 3\nd = 4\n")
    assert context("a = 1\nb = 2\nc = 3\n") != context("a = 1\nb = 2\nc = 4\n")
