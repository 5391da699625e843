from __future__ import annotations

import ast
import bisect
import heapq
import inspect
import subprocess
import sys
import textwrap
from functools import partial

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.mutate import operators
from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.records import Module

mutants_of = partial(operators.mutants_of, operators=operators.CLASSIC)


@pytest.fixture
def changes(module_of):
    """The mutants of a function with this body, as (operator, before, after)."""

    def find(*body: str, head: str = "def f(a, b, c):"):
        source = "\n".join([head, *(f"    {line}" for line in body), ""])
        return [(m.operator, m.before, m.after) for m in mutants_of(module_of(source))]

    return find


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("return 1", [("number", "1", "2")]),
        ("return 1.5", [("number", "1.5", "2.5")]),
        ("return 2j", [("number", "2j", "3j")]),
        ("return (1)", [("number", "(1)", "(2)")]),
        ("return 'ab'", [("string", "'ab'", "'XXabXX'"), ("string", "'ab'", "'AB'")]),
        ("return True", [("name", "True", "False")]),
        ("return deepcopy", [("name", "deepcopy", "copy")]),
        ("x = a", [("assignment", "x = a", "x = None")]),
        ("x = None", [("assignment", "x = None", 'x = ""')]),
        ("x: int = a", [("assignment", "x: int = a", "x: int = None")]),
        ("x: int", []),
        ("a |= b", [("augmented-assignment", "a |= b", "a = b"), ("swap-op", "a |= b", "a &= b")]),
        ("a += b", [("augmented-assignment", "a += b", "a = b"), ("swap-op", "a += b", "a -= b")]),
        ("return not a", [("unary-removal", "not a", "a")]),
        ("return not(a)", [("unary-removal", "not(a)", "(a)")]),
        ("return~a", [("unary-removal", "~a", "a")]),
        ("return (not a)", [("unary-removal", "not a", "a")]),
        ("return -a", [("swap-op", "-a", "+a")]),
        (
            "return dict(x=a)",
            [("arg-removal", "dict(x=a)", "dict(x=None)"), ("dict-keyword", "dict(x=a)", "dict(xXX=a)")],
        ),
        (
            "return g(a, *b)",
            [
                ("arg-removal", "g(a, *b)", "g(None, *b)"),
                ("arg-removal", "g(a, *b)", "g(*b)"),
                ("arg-removal", "g(a, *b)", "g(a)"),
            ],
        ),
        (
            "return g((a), k = b,)",
            [
                ("arg-removal", "g((a), k = b,)", "g(None, k = b,)"),
                ("arg-removal", "g((a), k = b,)", "g(k = b,)"),
                ("arg-removal", "g((a), k = b,)", "g((a),)"),
                ("arg-removal", "g((a), k = b,)", "g((a), k = None,)"),
            ],
        ),
        ("return a.lower()", [("string-method", "a.lower()", "a.upper()")]),
        ("return lambda: a", [("lambda", "lambda: a", "lambda: None")]),
        ("return lambda: None", [("lambda", "lambda: None", "lambda: 0")]),
        ("return a  is  b", [("keyword", "a is b", "a is not b")]),
        ("return a not in b", [("keyword", "a not in b", "a in b")]),
        ("return a >= b", [("swap-op", "a >= b", "a > b")]),
        ("return a < b < c", [("swap-op", "a < b < c", "a <= b < c"), ("swap-op", "a < b < c", "a < b <= c")]),
        ("return a and b", [("swap-op", "a and b", "a or b")]),
        ("return (a + (b))", [("swap-op", "a + (b)", "a - (b)")]),
        (
            "return a if b or c else b",
            [
                ("if-exp", "a if b or c else b", "a if (b or c) and False else b"),
                ("if-exp", "a if b or c else b", "a if (b or c) or True else b"),
                ("swap-op", "b or c", "b and c"),
            ],
        ),
        ("x = a; y = b", [("assignment", "x = a", "x = None"), ("assignment", "y = b", "y = None")]),
    ],
)
def test_each_operator_changes_what_it_is_named_after(changes, statement, expected):
    assert sorted(changes(statement)) == sorted(expected)


def test_split_with_a_limit_becomes_rsplit(changes):
    assert ("split-method", "a.split(b, c)", "a.rsplit(b, c)") in changes("return a.split(b, c)")


def test_break_becomes_return_and_continue_becomes_break(changes):
    found = changes("for x in a:", "    if x: break", "    else: continue", "return b")
    assert found == [("keyword", "break", "return"), ("keyword", "continue", "break")]


def test_a_case_is_removed_with_its_lines(module_of):
    source = "def f(a):\n    match a:\n        case []:\n            return a\n        case _: pass\n"
    first = mutants_of(module_of(source))[0]
    assert (first.operator, first.line) == ("case-removal", 2)
    assert mutated_source(source, first) == "def f(a):\n    match a:\n        case _: pass\n"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    'doc'\n",
        "def f(a: 'A', b: dict(x=1)) -> 'B': pass\n",
        "def f(a=g(1)): pass\n",
        "@g(1)\ndef f(): pass\n",
        "X = 1\nclass C:\n    y = 2\n",
        "def f(a):\n    return len(a + 1)\n",
        "def f():\n    return 1e400\n",
        "def f():\n    return 1e100\n",
        "def f(a):\n    return a\n    a += b\n",
    ],
)
def test_code_that_is_not_mutated(module_of, source):
    assert mutants_of(module_of(source)) == ()


@pytest.mark.parametrize(
    ("source", "unit", "qualname"),
    [
        ("@g\ndef f(a):\n    return a + b\n", "f", "f"),
        ("class C:\n    @property\n    def m(self):\n        return a + b\n", "C.m", "C.m"),
        ("class C:\n    class D:\n        async def m(self):\n            return a + b\n", "C.D.m", "C.D.m"),
        ("class C:\n    def __new__(cls):\n        return a + b\n", "C.__new__", "C.__new__"),
        ("def f():\n    def inner():\n        yield a + b\n    return inner\n", "f", "f.inner"),
        ("def f():\n    class C:\n        def m(self):\n            return a + b\n", "f", "f.C.m"),
        ("def f():\n    class C:\n        x = a + b\n    return C\n", "f", "f"),
        ("if g:\n    def f():\n        return a + b\n", "f", "f"),
        ("try:\n\tpass\nexcept E:\n\tdef f():\n\t\treturn a + b\n", "f", "f"),
    ],
)
def test_every_kind_of_function_is_mutated(module_of, source, unit, qualname):
    (swap,) = (m for m in mutants_of(module_of(source)) if m.operator == "swap-op")
    assert (swap.unit, swap.qualname, swap.before, swap.after) == (unit, qualname, "a + b", "a - b")


def test_functions_out_of_scope_are_left_alone(module_of):
    module = module_of("def f():\n    return 1\ndef g():\n    return 1\n")
    only_g = Module(module.path, module.name, ".", module.source, module.targets[1:])
    assert {m.unit for m in mutants_of(only_g)} == {"g"}


def test_positions_count_code_points(module_of):
    source = "def f(a):\n    return 'äöü€😀' + a\n"
    (swap,) = (m for m in mutants_of(module_of(source)) if m.operator == "swap-op")
    assert source[swap.start : swap.end] == "+"
    region = swap.region
    assert (region.start_line, region.start_column, region.end_line, region.end_column) == (2, 20, 2, 21)


def test_line_ends_and_tabs_stay_as_they_are(module_of):
    source = "class C:\r\n\tdef m(self, a):\r\n\t\treturn g(\r\n\t\t\ta,\r\n\t\t\t1,\r\n\t\t)\r\n"
    for mutant in mutants_of(module_of(source)):
        mutated = mutated_source(source, mutant)
        assert mutated.startswith("class C:\r\n\tdef m(self, a):\r\n\t\treturn g(\r\n")
        assert "\n" not in mutated.replace("\r\n", "")


def test_the_line_is_the_innermost_statements(module_of):
    source = "def f(a):\n    if a:\n        x = g(\n            a,\n            1,\n        )\n    elif a > 2: pass\n"
    lines = {(m.before, m.line) for m in mutants_of(module_of(source))}
    assert ("1", 3) in lines
    assert ("a > 2", 7) in lines


def test_a_default_value_belongs_to_the_body(module_of):
    source = "def f(\n    a=1,\n):\n    def g(b=2): pass\n"
    own, nested = mutants_of(module_of(source))
    assert (own.in_signature, own.qualname, own.line) == (True, "f", 4)
    assert (nested.in_signature, nested.qualname, nested.line) == (False, "f.g", 4)


def test_equal_changes_are_counted_and_ids_differ(module_of):
    source = (
        "class C:\n    @property\n    def m(self): return 1\n    @m.setter\n    def m(self, v): self.x = 1 + v, 1 + v\n"
    )
    mutants = mutants_of(module_of(source))
    assert [(m.unit, m.nth) for m in mutants if m.before == "1"] == [("C.m", 1), ("C.m.setter", 1), ("C.m.setter", 2)]
    assert len({m.id for m in mutants}) == len(mutants)
    assert all(m.id.startswith("sample.py:M-") for m in mutants)


def test_equal_results_are_one_mutant(changes):
    assert changes("return g(a, a)").count(("arg-removal", "g(a, a)", "g(a)")) == 1


def test_a_module_with_an_error_has_no_mutants(module_of):
    broken = Module("sample.py", "sample", ".", "def f(:\n", error="line 1: invalid syntax")
    assert mutants_of(broken) == ()


def test_a_malformed_pragma_is_named(module_of):
    module = module_of("def f():\n    # pragma: no mutate start\n    return 1\n")
    with pytest.raises(LlmgenError, match=r"Missing no mutate end.*sample\.py.*\[bad-pragma\]"):
        mutants_of(module)


@pytest.mark.parametrize("real", [textwrap, bisect, heapq], ids=lambda real: real.__name__)
def test_every_mutant_of_real_code_compiles_and_differs(module_of, real):
    source = inspect.getsource(real)
    original = ast.dump(ast.parse(source))
    mutants = mutants_of(module_of(source))
    assert len(mutants) > 20
    for mutant in mutants[::5]:  # each costs a parse of the whole file
        mutated = mutated_source(source, mutant)
        compile(mutated, real.__name__, "exec")
        assert ast.dump(ast.parse(mutated)) != original


def test_what_a_pragma_leaves_alone_is_ignored_and_changes_no_id(module_of):
    source = "def f(a):\n    a += 1{}\n    a += 1\n    return a\n"
    plain = mutants_of(module_of(source.format("")))
    marked = mutants_of(module_of(source.format("  # pragma: no mutate")))
    assert [mutant.id for mutant in plain] == [mutant.id for mutant in marked]
    assert {(mutant.line, mutant.ignored) for mutant in marked} == {(2, "pragma: no mutate"), (3, "")}


def test_making_mutants_loads_neither_mutmut_nor_libcst():
    code = (
        "import sys, pytest_llmgen.edges; from pytest_llmgen.mutate.operators import mutants_of;"
        "from pytest_llmgen.extract.targets import parse_module;"
        "source = 'def f(a):\\n    return a + 1  # pragma: no mutate\\n';"
        "assert mutants_of(parse_module('a.py', 'a', '.', source));"
        "print(sorted({'mutmut', 'libcst', 'click', 'textual'} & set(sys.modules)))"
    )
    path = ":".join(part for part in sys.path if part)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
