"""What an edit changed: code, looks, tests, pragmas."""

from __future__ import annotations

import pytest

from pytest_llmgen.extract.edits import (
    TestEdits,
    covered_targets,
    edited_tests,
    is_same_code,
    named_targets,
    pragmas_added,
    spans_of,
    without_prose,
)
from pytest_llmgen.extract.targets import parse_module

CODE = 'def f(n):\n    """Say."""\n    return n + 1\n'


@pytest.mark.parametrize(
    "edited",
    [
        CODE.replace("Say.", "Say more.\n\n    Much more."),
        CODE.replace("n + 1", "n  +  1  # one"),
        CODE.replace('    """Say."""\n', ""),
        CODE.replace("\n", "\r\n"),
        "# head\n\n" + CODE,
    ],
    ids=["docstring", "comment", "docstring removed", "CRLF", "moved down"],
)
def test_comments_docstrings_and_layout_are_no_code(edited):
    assert is_same_code(CODE, edited)


@pytest.mark.parametrize("edited", [CODE.replace("1", "2"), CODE.replace("return ", ""), CODE + "x = 1\n", "def ("])
def test_another_meaning_is_another_code(edited):
    assert not is_same_code(CODE, edited)


@pytest.mark.parametrize("old", [None, "def ("])
def test_what_is_not_known_is_not_the_same(old):
    assert not is_same_code(old, CODE)


def test_lines_of_prose_are_not_code():
    source = (
        '"""Head."""\n# note\n\nx = 1  # one\n\n\ndef f():\n    """Two\n    lines."""\n    return """no\n    doc"""\n'
    )
    assert without_prose(source, frozenset(range(1, 20))) == {4, 7, 10, 11}
    assert without_prose("def (", frozenset({1})) == {1}


@pytest.mark.parametrize("word", ["no cover", "no branch", "no mutate", "No  Cover: why"])
def test_a_pragma_on_a_new_line_is_found(word):
    source = f"a = 1\nif a:  # pragma: {word}\n    a = 2\n"
    (found,) = pragmas_added("a.py", "a = 1\n", source, {2, 3})
    assert (found.path, found.line, found.text) == ("a.py", 2, f"if a:  # pragma: {word}")


def test_a_pragma_that_was_there_or_is_on_an_old_line_is_none_added():
    source = "if a:  # pragma: no cover\n    a = 2\n"
    assert pragmas_added("a.py", "x\n  " + source, source, {1}) == ()
    assert pragmas_added("a.py", None, source, {2}) == ()


# --- Tests --------------------------------------------------------------------------------------

SUITE = """\
import pytest
from shop import total, tax

LIMIT = 3

@pytest.fixture
def cart(): return total([])

def helper(n): return tax(n)

def test_total(cart): assert cart == 0

def test_tax(): assert helper(LIMIT) == 1

class TestMore:
    def make(self): return discount(1)
    def test_discount(self): assert self.make() == 1
    def test_plain(self): assert rebate() == 2
"""


def edited(new, old=SUITE, path="tests/test_a.py"):
    return edited_tests([(path, old, new)])


def nodes(edits):
    return {node.partition("::")[2] for node in edits.nodes}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("assert cart == 0", "assert cart", {"test_total"}),
        ("total([])", "total([1])", {"test_total"}),
        ("LIMIT = 3", "LIMIT = 4", {"test_tax"}),
        ("return tax(n)", "return tax(-n)", {"test_tax"}),
        ("discount(1)", "discount(2)", {"TestMore::test_discount"}),
        ("rebate() == 2", "rebate()", {"TestMore::test_plain"}),
        ("from shop import total, tax", "from shop import total\nfrom other import tax", {"test_tax"}),
        ("LIMIT = 3", "LIMIT = 3  # three", set()),
        ("def test_tax()", "@pytest.mark.skip\ndef test_tax()", {"test_tax"}),
    ],
)
def test_a_test_is_edited_with_what_it_uses(before, after, expected):
    assert nodes(edited(SUITE.replace(before, after))) == expected


def test_a_mark_of_the_whole_file_concerns_each_of_its_tests():
    skipped = SUITE.replace("LIMIT = 3", "LIMIT = 3\npytestmark = pytest.mark.skip")
    marked = SUITE.replace("LIMIT = 3", "LIMIT = 3\npytestmark = pytest.mark.slow")
    assert len(edited(skipped, marked).nodes) == 4


def test_an_added_test_takes_nothing_away():
    edits = edited(SUITE + "\ndef test_more(): assert total([1]) == 1\n")
    assert not edits
    assert edits.added == 1
    assert not edited(SUITE, old=None)


def test_a_removed_test_leaves_what_it_named_and_what_its_helpers_named():
    edits = edited(SUITE.replace("def test_tax(): assert helper(LIMIT) == 1", ""))
    assert (edits.removed, edits.nodes) == (1, frozenset())
    assert {"helper", "tax", "LIMIT"} <= edits.names
    assert "discount" not in edits.names


def test_a_removed_file_has_lost_all_of_its_tests():
    edits = edited(None)
    assert edits.removed == 4
    assert {"total", "tax", "discount", "rebate"} <= edits.names


def test_a_test_that_only_moved_is_the_same():
    moved = SUITE.replace("def test_tax(): assert helper(LIMIT) == 1", "")
    other = "def test_tax(): assert helper(LIMIT) == 1\n"
    assert edited_tests([("tests/test_a.py", SUITE, moved), ("tests/test_b.py", None, other)]) == TestEdits(added=1)


def test_a_fixture_of_a_conftest_spoils_the_tests_below_it_that_use_it():
    conftest = "import pytest\n@pytest.fixture\ndef cart(): return 1\n"
    pairs = [("tests/conftest.py", conftest, conftest.replace("1", "2")), ("tests/a/test_a.py", SUITE, SUITE)]
    assert nodes(edited_tests(pairs)) == {"test_total"}
    away = [("other/conftest.py", conftest, conftest.replace("1", "2")), ("tests/a/test_a.py", SUITE, SUITE)]
    assert not edited_tests(away)


MODULE = parse_module(
    "shop.py",
    "shop",
    ".",
    "class Cart:\n    def __init__(self):\n        self.n = 0\n    def total(self):\n        return 1\n\n"
    "def tax():\n    return 2\n",
)


def test_targets_are_found_by_name_and_constructors_by_their_class():
    assert [t.qualname for t in named_targets(MODULE.targets, {"tax", "Cart"})] == ["Cart.__init__", "tax"]


def test_a_method_is_not_found_by_the_name_of_a_function():
    assert named_targets(MODULE.targets, {"total"}) == []
    old = "def test_it(): assert len(make().total()) == 1\n"
    names = edited_tests([("tests/test_a.py", old, "")]).names
    assert [t.qualname for t in named_targets(MODULE.targets, names)] == ["Cart.total"]
    assert ".len" not in names


def test_targets_are_found_by_the_tests_that_run_their_body():
    line_tests = {"shop.py": {4: ("t::a",), 5: ("t::a[1]", "t::b"), 8: ("t::b",)}}
    assert [t.qualname for t in covered_targets([MODULE], {"t::a"}, line_tests)] == ["Cart.total"]
    assert spans_of(covered_targets([MODULE], {"t::b"}, line_tests)) == {"shop.py": frozenset({4, 5, 7, 8})}
