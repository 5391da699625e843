from __future__ import annotations

import ast
import string

import pytest

from pytest_llmgen.review.fingerprint import canonical, context_of
from pytest_llmgen.review.ids import ALPHABET, long_id, short_ids


def function(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("def f(a,b):\n  return a+b", "def f(\n    a,\n    b,\n):\n    # why\n    return (a + b)\n"),
        ("def f():\n    'doc'\n    return 1", "def f():\n    return 1"),
        ("def f():\n    class A:\n        'doc'\n        x = 1", "def f():\n    class A:\n        x = 1"),
        ("def f(): return u'x'", 'def f(): return "x"'),
        ("def f(): return 'a' 'b'", "def f(): return 'ab'"),
        ("def f(): return f'a{x}' 'b'", "def f(): return f'a{x}b'"),
        ("def f(): return f'a{x}b{y}' 'c' f'd'", "def f(): return f'a{x}b{y}cd'"),
        ("def f(): return f'{x:}'", "def f(): return f'{x}'"),
        ("def f(): return 0x10", "def f(): return 16"),
        ("\n\n\ndef f(): pass", "def f(): pass"),
    ],
)
def test_formatting_comments_positions_and_docstrings_do_not_count(left: str, right: str) -> None:
    assert canonical(function(left)) == canonical(function(right))
    assert context_of(function(left)) == context_of(function(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("def f(): return 1", "def f(): return 2"),
        ("def f(): return 1", "def f(): return 1.0"),
        ("def f(): return 1", "def f(): return True"),
        ("def f(): return 'x'", "def f(): return b'x'"),
        ("def f(): return '1'", "def f(): return 1"),
        ("def f(a): pass", "def f(a, /): pass"),
        ("def f(a=1, *, b): pass", "def f(a, *, b=1): pass"),
        ("def f(): pass", "async def f(): pass"),
        ("def f(): pass", "@cached\ndef f(): pass"),
        ("def f(): return [a, [b]]", "def f(): return [[a], b]"),
        ("def f(): return f'{x}'", "def f(): return f'{x!r}'"),
        ("def f(): return f'{x}'", "def f(): return x"),
        ("def f():\n    1\n    'not a docstring'", "def f():\n    1"),
        ("def f(): return", "def f(): return None"),
        ("def f(*, a, b=None): pass", "def f(*, a=None, b): pass"),
        ("def f(): return {**a, b: c}", "def f(): return {a: b, **c}"),
    ],
)
def test_a_change_of_code_counts(left: str, right: str) -> None:
    assert canonical(function(left)) != canonical(function(right))
    assert context_of(function(left)) != context_of(function(right))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a.b", "Attribute(value=Name(id='a',),attr='b',)"),
        (
            "f(1, *x, k='\u00e9')",
            (
                "Call(func=Name(id='f',),args=[0x1,Starred(value=Name(id='x',),),],"
                "keywords=[keyword(arg='k',value='\\xe9',),],)"
            ),
        ),
        (
            "f'{x:>{w}}!'",
            (
                "JoinedStr(values=[FormattedValue(value=Name(id='x',),conversion=-0x1,format_spec="
                "JoinedStr(values=['>',FormattedValue(value=Name(id='w',),conversion=-0x1,),],),),'!',],)"
            ),
        ),
        ("lambda: None", "Lambda(args=arguments(),body=None,)"),
    ],
)
def test_canonical_text_is_the_same_on_every_python(source: str, text: str) -> None:
    assert canonical(expression(source)) == text


def test_context_is_the_same_on_every_python() -> None:
    source = (
        "@decorated(1)\nasync def f(a: int, /, b=2, *c, d: str = 'x', **e) -> list[int]:\n"
        "    '''Doc.'''\n    try:\n        x = [i async for i in a if i]\n    except* ValueError as error:\n"
        "        raise KeyError(f'{error!r:>{b}} no') from None\n    match x:\n        case [1, *rest] | {'k': rest}:\n"
        "            return rest\n    return -1j, ..., b'\\xff', 1e300\n"
    )
    assert context_of(function(source)) == "74081d06e865"


def test_very_deep_expressions_and_very_long_numbers_have_a_text() -> None:
    deep = ast.Name("x")
    node: ast.expr = deep
    for _ in range(20_000):
        node = ast.UnaryOp(ast.Not(), node)
    assert canonical(node).count("Not()") == 20_000
    assert canonical(expression("0x" + "f" * 5000)).endswith("f")


def test_a_context_is_twelve_hex_digits() -> None:
    context = context_of(function("def f(): pass"))
    assert len(context) == 12
    assert set(context) <= set(string.hexdigits.lower())


def test_an_alphabet_of_32_without_letters_that_look_alike() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ilou") & set(ALPHABET)


def test_a_long_id_has_a_letter_and_thirteen_characters() -> None:
    one = long_id("M", "Cart.total", "compare", "a > b", "a >= b", 1)
    letter, _, rest = one.partition("-")
    assert letter == "M"
    assert len(rest) == 13
    assert set(rest) <= set(ALPHABET)
    assert one == "M-3xm57d5mtdcvn"


@pytest.mark.parametrize(
    "other",
    [
        ("L", "f", "op", "a", "b", 1),
        ("M", "g", "op", "a", "b", 1),
        ("M", "f", "no", "a", "b", 1),
        ("M", "f", "op", "b", "a", 1),
        ("M", "f", "op", "ab", "", 1),
        ("M", "f", "op", "a", "b", 2),
    ],
)
def test_every_part_of_the_anchor_counts(other: tuple[str, str, str, str, str, int]) -> None:
    assert long_id(*other) != long_id("M", "f", "op", "a", "b", 1)


def test_a_gap_without_operator_has_an_id() -> None:
    assert long_id("L", "f", None, "raise X", None, 1) == long_id("L", "f", "", "raise X", "", 1)


def test_short_ids_have_seven_characters_where_they_do_not_collide() -> None:
    assert short_ids(["M-0123456789abc", "M-z123456789abc"]) == {
        "M-0123456789abc": "M-0123456",
        "M-z123456789abc": "M-z123456",
    }


def test_short_ids_grow_until_they_differ() -> None:
    ids = ["M-00000000aaaaa", "M-00000000abbbb", "M-0000000zzzzzz", "L-00000000aaaaa"]
    short = short_ids(ids)
    assert short["M-00000000aaaaa"] == "M-00000000aa"
    assert short["M-00000000abbbb"] == "M-00000000ab"
    assert short["M-0000000zzzzzz"] == "M-0000000z"
    assert short["L-00000000aaaaa"] == "L-0000000"
    assert all(one.startswith(short[one]) for one in ids)
    assert all(sum(one.startswith(prefix) for one in ids) == 1 for prefix in short.values())


def test_equal_ids_and_no_ids_are_no_trouble() -> None:
    assert short_ids([]) == {}
    assert short_ids(["M-0123456789abc"] * 2) == {"M-0123456789abc": "M-0123456"}


def test_parts_of_text_in_an_f_string_count_as_one_however_they_were_split() -> None:
    split = ast.JoinedStr(
        [ast.Constant("a"), ast.Constant(""), ast.Constant("b"), ast.FormattedValue(ast.Name("x"), -1)]
    )
    assert canonical(split) == canonical(expression("f'ab{x}'"))
