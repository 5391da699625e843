"""How generated tests are laid out, named and merged."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys

import pytest

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.annotations import passed
from pytest_llmgen.generate.offline.calls import Callee, _index, as_statement
from pytest_llmgen.generate.offline.code import Parameter, ParameterKind
from pytest_llmgen.generate.offline.documented import _without_dead
from pytest_llmgen.generate.offline.merge import _value_label, arguments_of, merge_candidates
from pytest_llmgen.generate.offline.showing import is_explicit
from pytest_llmgen.generate.offline.styling import _plain, leading_fields
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape
from pytest_llmgen.generate.offline.write import approximated, equality, matching
from pytest_llmgen.records import Candidate, Category, Module, Observation, Oracle, Origin, Target, TargetKind, Value

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
        ("a == b", "False", ["    assert a != b"]),
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
        ("text", "'!?'", "punctuation"),
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


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("'USD'", "with_currency"),  # which one does not matter
        ("'-'", "with_currency"),
        ("''", "empty_currency"),
        ("True", "with_currency"),
        ("False", "without_currency"),
        ("", "default_currency"),
    ],
)
def test_an_option_is_named_by_itself(source, words):
    parameters = (Parameter("text"), Parameter("currency", has_default=True))
    usual = (from_source("'2.50'"), OMITTED if source else from_source("'USD'"))
    row = (from_source("'3'"), from_source(source) if source else OMITTED)
    told = naming.condition(Callee(TARGET, "f", parameters, ()), row, usual)
    assert told == (words if words.startswith("with") else f"3_and_{words}".replace("3_and", "text_3_and"))


def test_a_long_name_does_not_end_in_the_middle_of_what_it_says():
    long = "test_table_header_raises_SizeError_after_" + "set_header_align_" * 2
    assert naming.unique_name(f"{long}and_array_of_two", set()) == long.rstrip("_")
    assert not naming.unique_name(f"{long}or_of_a", set()).endswith(("_or", "_of"))


@pytest.mark.parametrize(
    ("expression", "statement"),
    [
        ("setattr(cart, 'limit', 3)", "cart.limit = 3"),
        ("cart.__setitem__('a', 1)", "cart['a'] = 1"),
        ("cart.__delitem__('a')", "del cart['a']"),
        ("cart.__setattr__('limit', 3)", "cart.limit = 3"),
        ("cart.__delattr__('limit')", "del cart.limit"),
        ("cart.__delattr__('a b')", "cart.__delattr__('a b')"),
        ("cart.__ior__({'a': 1})", "cart |= {'a': 1}"),
        ("cart.__getattr__('a')", "cart.__getattr__('a')"),
    ],
)
def test_a_call_that_stands_alone_is_written_as_a_statement(expression, statement):
    assert as_statement(expression) == statement


@pytest.mark.parametrize(
    ("argument", "written"),
    [("slice(0, 2)", "0:2"), ("slice(None, 2)", ":2"), ("slice(0, 4, 2)", "slice(0, 4, 2)"), ("3", "3")],
)
def test_a_slice_is_written_as_an_index(argument, written):
    assert _index(argument) == written


def test_expected_records_are_written_as_arguments_are():
    cents, currency = Parameter("cents"), Parameter("currency", has_default=True)
    line = (Parameter("sku"), Parameter("price"), Parameter("quantity", has_default=True))
    classes = {
        "Money": ClassShape("Money", "", ClassKind.RECORD, (cents, currency)),
        "Line": ClassShape("Line", "", ClassKind.RECORD, line),
        "Box": ClassShape("Box", "", ClassKind.RECORD, (Parameter("side", ParameterKind.KEYWORD),)),
    }

    def styled(source):
        return _plain(Value("", source), leading_fields(classes)).source

    assert styled("Money(cents=3)") == "Money(3)"
    assert styled("Money(cents=3, currency='USD')") == "Money(3, currency='USD')"
    assert styled("[Line(sku='a', price=Money(cents=3))]") == "[Line('a', Money(3))]"
    full = "[Line(sku='a', price=Money(3), quantity=2), Line(sku='b', price=Money(3))]"
    assert styled(full.replace("Money(", "Money(cents=")) == full
    assert styled("Box(side=3)") == "Box(side=3)"


@pytest.mark.parametrize(
    ("sources", "written"),
    [
        (["'USD'", "3"], "'USD', limit=3"),
        (["", "3"], "limit=3"),
        (["None", "3"], "currency=None, limit=3"),
        (["'USD'", ""], "'USD'"),
    ],
)
def test_the_first_option_of_a_constructor_needs_no_name(sources, written):
    parameters = (Parameter("currency", has_default=True), Parameter("limit", has_default=True))
    row = [from_source(source) if source else OMITTED for source in sources]
    assert passed(parameters, row, is_first_plain=True) == written
    assert "=" in passed(parameters, row)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ("n = 3\neven, odd = split(f, n)\nn = 5", "n = 5"),  # another example
        ("first, second = split(f, n)", "first, second = split(f, n)"),
        ("one, other = make(n)", "one, other = make(n)"),  # what it does is not known
    ],
)
def test_of_what_stands_before_an_example_only_what_it_needs_is_kept(before, kept):
    needed = _without_dead(ast.parse(before).body, "split(first, n)" if "first" in before else "split(g, n)")
    assert "\n".join(map(ast.unparse, needed)) == kept


@pytest.mark.parametrize(
    ("source", "label"), [("'_'", "_"), ("'a b'", "a b"), ("'[x]'", "[x]"), ("'[]'", ""), ("3", "")]
)
def test_a_short_text_is_the_id_of_its_row(source, label):
    assert _value_label(source) == label


@pytest.mark.parametrize(
    ("message", "is_told"),
    [
        ("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.", False),
        ("isqrt() argument must be nonnegative", False),
        ("zip() argument 2 is shorter than argument 1", False),
        ("n should be at least one, not 0", True),
    ],
)
def test_a_message_of_pythons_own_is_not_asserted(message, is_told):
    seen = Observation("", "raised", error_type="builtins.ValueError", error_message=message)
    assert is_explicit(seen, frozenset({"ValueError"})) is is_told


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


def test_columns_are_named_by_what_constructors_and_other_functions_take():
    source = "class Voucher:\n    def __init__(self, code, value): ...\ndef f(voucher): ...\n"
    module = Module("m.py", "m", ".", source, (TARGET,))
    bodies = [f'assert f(Voucher("a", {value})) == {value}' for value in (1, 2)]
    cases = [candidate(f"test_f_{rank}", [body]) for rank, body in enumerate(bodies)]
    (merged,) = merge_candidates(cases, [TARGET], arguments_of([module]))
    assert "def test_f_by_value(value, expected):" in merged.source
    assert 'assert f(Voucher("a", value)) == expected' in merged.source


def test_long_and_short_values_become_rows_of_one_table():
    short = candidate("test_f_1", ['assert f("a") == "b"'])
    long = candidate("test_f_2", [f'expected = "{"b" * 60}"', 'assert f("c") == expected'])
    (merged,) = merge_candidates([short, long], [TARGET])
    assert merged.source.endswith("    assert f(text) == expected\n")
    assert merge_candidates([long, short], [TARGET])[0].source.count("expected") == merged.source.count("expected")


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


def test_a_function_among_statements_has_one_empty_line_on_either_side():
    inner = layout.statement("async def answer(value):\n    return value")
    assert layout.single_spaced(["    calls = []", *inner, "", "    act()"]) == [
        "    calls = []",
        "",
        "    async def answer(value):",
        "        return value",
        "",
        "    act()",
    ]


@pytest.mark.parametrize(
    ("source", "tidied"),
    [
        ("f(f'{tmp_path}/', 'a')", 'f(f"{tmp_path}/", "a")'),
        ("x == f'in {where!r}: {1 + 2}'", 'x == f"in {where!r}: {1 + 2}"'),
        ("f'{x}\"'", "f'{x}\"'"),
        ("f'{a}' + b'c'", 'f"{a}" + b"c"'),
    ],
)
def test_a_formatted_text_has_double_quotes_where_nothing_in_it_needs_them(source, tidied):
    assert layout.tidy(source) == tidied
