"""How generated tests are laid out, named and merged."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys

import pytest

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.merge import merge_candidates
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source
from pytest_llmgen.generate.offline.write import approximated, equality, matching
from pytest_llmgen.records import Candidate, Category, Oracle, Origin, Target, TargetKind, Value

TEXTS = ["", "a", "it's", 'say "x"', 'it\'s "x"', "\\", "\\'", "tab\t", "é", "\x00", "a\nb", "'\"\"'", "\\\"'"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_quoted_text_means_the_same(text):
    assert ast.literal_eval(layout.quoted(text)) == text


@pytest.mark.parametrize("value", [b"", b"a'b", b'a"b', b"\x00\xff", b"a'\"b", b"\\"])
def test_quoted_bytes_mean_the_same(value):
    assert ast.literal_eval(layout.tidy(repr(value))) == value


def test_long_values_are_broken_as_the_formatter_breaks_them(tmp_path):
    words = [f"word number {rank}" for rank in range(12)]
    statements = [
        f"expected = {words!r}",
        f"expected = { {word: [word, 1] for word in words}!r}",
        f"expected = {tuple(words)!r}",
        f"expected = [{words[:3]!r}, {words!r}]",
        f"cart = Cart({', '.join(map(repr, words))}, strict=True)",
        *(f"x = {text!r}" for text in TEXTS),
        "x = [b'a', b'\\'', u'old', -1, 1e-09, (1,)]",
    ]
    lines = [line for text in statements for line in layout.statement(text)]
    path = tmp_path / "laid_out.py"
    path.write_text("\n".join(["def f():", *lines]) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "--diff", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("source", ["x = '" + "a" * 100 + "'", "assert " + "a" * 100, "a" * 120])
def test_what_cannot_be_broken_is_too_long(source):
    with pytest.raises(layout.TooLongError):
        layout.statement(source)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("plain words", ', match="^plain words$"'),
        ("a.b (c)", r', match=r"^a\.b \(c\)$"'),
        ("it's", ', match="^it\'s$"'),
        ("", ""),
        ("two\nlines", ""),
    ],
)
def test_a_message_is_matched_whole(message, written):
    assert matching(message) == written


@pytest.mark.parametrize(
    ("left", "source", "lines"),
    [
        ("f(1)", "2", ["    assert f(1) == 2"]),
        ("f(1)", "None", ["    assert f(1) is None"]),
        ("a == b", "True", ["    assert a == b"]),
        ("a in b", "False", ["    assert a not in b"]),
        ("a + b", "3", ["    result = a + b", "    assert result == 3"]),
    ],
)
def test_a_value_is_asserted_in_the_plainest_way(left, source, lines):
    assert equality(left, Value("", source), []) == lines


@pytest.mark.parametrize(
    ("place", "source", "words"),
    [
        ("text", "''", "empty_text"),
        ("text", "' '", "blank_text"),
        ("text", "'Hello World'", "hello_world"),
        ("text", "'!?'", "text_of_punctuation"),
        ("text", "'12'", "text_12"),
        ("count", "0", "zero_count"),
        ("count", "-3", "negative_count"),
        ("count", "7", "count_7"),
        ("rate", "1.5", "rate_1_5"),
        ("count", "5000000", "huge_count"),
        ("limit", "None", "no_limit"),
        ("strict", "True", "strict"),
        ("strict", "False", "not_strict"),
        ("items", "[]", "empty_items"),
        ("items", "[1]", "one_item"),
        ("items", "[1, 2]", "two_items"),
        ("data", "{'a': 1}", "data_of_one"),
        ("colour", "Colour.RED", "red"),
        ("day", "date(2024, 2, 29)", "day_2024_2_29"),
        ("price", "Decimal('-1.25')", "negative_price"),
    ],
)
def test_an_argument_is_named_by_what_is_special_about_it(place, source, words):
    assert naming.describe(place, from_source(source)) == words


def test_a_state_and_an_omitted_argument_have_names_too():
    assert naming.describe("cart", Term("Cart()", steps=(".add(1)", ".add(2)", ".clear()"))) == "after_add_and_clear"
    assert naming.describe("limit", OMITTED) == "default_limit"


def test_names_are_made_unique():
    taken = {"test_a"}
    assert [naming.unique_name("test_a", taken), naming.unique_name("test_a", taken)] == ["test_a_2", "test_a_3"]


def candidate(name, body, category=Category.TYPICAL, target="m.py::f", arguments=""):
    source = f'def {name}({arguments}):\n    """{category.value.capitalize()}: says."""\n' + "".join(
        f"    {line}\n" if line else "\n" for line in body
    )
    return Candidate(
        f"{target}#{name}",
        target,
        name,
        category,
        Origin.OFFLINE,
        Oracle.OBSERVED,
        source,
        imports=("from m import f",),
    )


TARGET = Target("m.py", "m", "f", TargetKind.FUNCTION, 1, 2, 1, signature="f(text, limit=3) -> str")


def test_tests_that_differ_in_literals_become_a_table():
    one = candidate("test_f_of_hello", ['assert f("hello") == "h"'])
    two = candidate("test_f_of_bye", ['assert f("bye") == "b"'])
    (merged,) = merge_candidates([one, two], [TARGET])
    assert merged.imports == ("from m import f", "import pytest")
    assert merged.source == (
        "@pytest.mark.parametrize(\n"
        '    ("text", "expected"),\n'
        "    [\n"
        '        pytest.param("hello", "h", id="hello"),\n'
        '        pytest.param("bye", "b", id="bye"),\n'
        "    ],\n"
        ")\n"
        "def test_f_by_text(text, expected):\n"
        '    """Typical: f gives the result of each row, as the code is today."""\n'
        "    assert f(text) == expected\n"
    )


def test_what_all_rows_share_stays_in_the_body():
    one = candidate("test_f_of_a", ['assert f("x", limit=1) is True'])
    two = candidate("test_f_of_b", ['assert f("x", limit=2) is True'])
    (merged,) = merge_candidates([one, two], [TARGET])
    assert 'assert f("x", limit=limit) is True' in merged.source
    assert '    "limit",\n' in merged.source


def test_raised_errors_become_a_table_with_their_messages():
    cases = [
        candidate(f"test_f_rejects_{word}", [f'with pytest.raises(ValueError, match="^{word}$"):', f'    f("{word}")'])
        for word in ("a", "b")
    ]
    (merged,) = merge_candidates(cases, [TARGET])
    assert "with pytest.raises(ValueError, match=message):\n        f(text)\n" in merged.source


def test_a_list_that_the_call_changes_is_never_shared_between_rows():
    body = ["items = [{0}]", "", "f(items)", "", "assert items == [{0}]"]
    cases = [candidate(f"test_f_{rank}", [line.format(rank) for line in body]) for rank in (1, 2)]
    assert merge_candidates(cases, [TARGET]) == cases


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (candidate("test_a", ["assert f(1) == 2"]), candidate("test_b", ["assert f(1, 2) == 2"])),
        (candidate("test_a", ["assert f(1) == 2"]), candidate("test_b", ["assert f(2) == 2"], Category.EDGE)),
        (candidate("test_a", ["assert f(1) == 2"]), candidate("test_b", ["assert f(2) == 2"], target="m.py::g")),
        (candidate("test_a", ["assert f(1) is None"]), candidate("test_b", ["assert f(2) == 2"])),
    ],
)
def test_tests_of_another_shape_category_or_target_stay_alone(one, two):
    assert merge_candidates([one, two]) == [one, two]


def test_rows_with_the_same_label_are_counted():
    cases = [
        candidate(name, [f"assert f({rank}) == {rank}"]) for rank, name in enumerate(["test_f_of_a", "test_f_for_a"])
    ]
    (merged,) = merge_candidates(cases)
    assert 'id="a"' in merged.source
    assert 'id="a-2"' in merged.source
    assert "(value, expected)" in merged.source


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("0.333333", "pytest.approx(0.333333)"),
        ("[0.333333, 2]", "pytest.approx([0.333333, 2])"),
        ("[[0.333333, 2], ['a', 0.5]]", "[[pytest.approx(0.333333), 2], ['a', 0.5]]"),
        ("{'mean': (-0.333333, None)}", "{'mean': (pytest.approx(-0.333333), None)}"),
        ("{0.333333: [0.333333, 'x']}", "{0.333333: [pytest.approx(0.333333), 'x']}"),
        ("[{0.333333}]", "[{0.333333}]"),
        ("Point(x=0.333333, y=1)", "Point(x=pytest.approx(0.333333), y=1)"),
        ("[datetime(2024, 1, 1), 0.333333]", "[datetime(2024, 1, 1), pytest.approx(0.333333)]"),
    ],
)
def test_inexact_numbers_are_rounded_wherever_they_are(source, written):
    assert approximated(source) == written


def test_rounded_values_equal_what_differs_in_the_last_digits():
    @dataclasses.dataclass
    class Point:
        x: float

    expected = eval(approximated("[{'a': [0.333333, 'b']}, Point(x=0.123456)]"), {"pytest": pytest, "Point": Point})
    assert [{"a": [0.333333000001, "b"]}, Point(x=0.123456000001)] == expected
    assert [{"a": [0.334, "b"]}, Point(x=0.123456)] != expected
