from __future__ import annotations

import inspect
import textwrap

import pytest

from pytest_llmgen.mutate import classic, further
from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.mutate.operators import CLASSIC, mutants_of


@pytest.fixture
def changes(module_of):
    """What our own operators make of a function with this body, as (operator, before, after)."""

    def find(*body: str, head: str = "def f(a, b, c):"):
        source = "\n".join([head, *(f"    {line}" for line in body), ""])
        found = mutants_of(module_of(source))
        return [(m.operator, m.before, m.after) for m in found if m.operator in further.OPERATORS]

    return find


@pytest.fixture
def outside(module_of):
    """The mutants that need an import, as (qualname, operator, before, after)."""

    def find(source: str):
        found = mutants_of(module_of(source))
        return [(m.qualname, m.operator, m.before, m.after) for m in found if m.needs_import]

    return find


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a", [("return-value", "return a", "return None")]),
        ("return (a,\n        b)", [("return-value", "return (a, b)", "return None")]),
        ("return None", []),
        ("return", []),
        ("if a: b()", [("negated-condition", "a", "not a"), ("statement-removal", "b()", "pass")]),
        ("while (a.b(c)): yield", [("negated-condition", "(a.b(c))", "not (a.b(c))")]),
        ("if not a: yield", []),
        ("if a == b: yield", []),
        ("if a < b: yield", [("negated-condition", "a < b", "a >= b")]),
        ("x = a >= b", [("negated-condition", "a >= b", "a < b")]),
        (
            "if a or b: yield",
            [
                ("negated-condition", "a or b", "not (a or b)"),
                ("boolean-operand", "a or b", "b"),
                ("boolean-operand", "a or b", "a"),
            ],
        ),
        (
            "x = (a) and (b) and c",
            [
                ("boolean-operand", "(a) and (b) and c", "(b) and c"),
                ("boolean-operand", "(a) and (b) and c", "(a) and c"),
                ("boolean-operand", "(a) and (b) and c", "(a) and (b)"),
            ],
        ),
        ("del a[0]", [("statement-removal", "del a[0]", "pass")]),
        ("del a", []),
        ("logging.info(a)", []),
        ("self.log.info(a)", []),
        (
            "raise ValueError(a[1:])",
            [
                ("statement-removal", "raise ValueError(a[1:])", "pass"),
                ("exception-type", "raise ValueError(a[1:])", "raise Exception(a[1:])"),
            ],
        ),
        ("raise NotImplementedError", []),
        ("raise", [("statement-removal", "raise", "pass")]),
        (
            "x = a[1:b]",
            [("slice-bound", "a[1:b]", "a[:b]"), ("number-down", "1", "0"), ("slice-bound", "a[1:b]", "a[1:]")],
        ),
        ("x = a[0:-1]", [("slice-bound", "a[0:-1]", "a[0:]"), ("number-down", "1", "0")]),
        ("x = [y for y in a if y]", [("filter-removal", "[y for y in a if y]", "[y for y in a if True]")]),
        ("x = a(b=c)", [("keyword-removal", "a(b=c)", "a()")]),
        ("with a: yield", [("with-removal", "with a", "if True")]),
        ("with a as b: yield", []),
    ],
)
def test_each_operator_changes_what_it_is_named_after(changes, body, expected):
    assert sorted(changes(body)) == sorted(expected)


def test_a_handler_handles_nothing(changes):
    found = changes("try: a += b", "except (E, F): a += c", "except ImportError: a += 1")
    assert ("handler-removal", "except (E, F)", "except ()") in found
    assert [operator for operator, *_ in found].count("handler-removal") == 1


def test_break_and_continue_are_removed_where_that_changes_anything(changes):
    removed = ("statement-removal", "break", "pass")
    assert changes("for x in a:", "    if x == b: break", "    if x == c: continue", "    else: continue") == [removed]
    assert ("statement-removal", "continue", "pass") in changes("for x in a:", "    if x == c: continue", "    b -= x")


def test_a_guard_is_negated(changes):
    assert changes("match a:", "    case b if c: pass", "    case _: a += b") == [("negated-condition", "c", "not c")]


@pytest.mark.parametrize("real", [textwrap, inspect], ids=lambda real: real.__name__)
def test_our_operators_change_no_id_of_mutmuts(module_of, real):
    module = module_of(inspect.getsource(real))
    all_of_them, only_mutmuts = mutants_of(module), mutants_of(module, CLASSIC)
    ids = [mutant.id for mutant in all_of_them]
    assert len(ids) == len(set(ids))
    assert {mutant.id for mutant in only_mutmuts} < set(ids)
    assert {m.operator for m in all_of_them} <= {*classic.OPERATORS, *further.OPERATORS}
    for mutant in all_of_them[:: len(all_of_them) // 25]:
        compile(mutated_source(module.source, mutant), real.__name__, "exec")


# --- Outside of functions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("X = 1\n", [("<module>", "number", "1", "2")]),
        ("X: int = -1\n", [("<module>", "swap-op", "-1", "+1"), ("<module>", "number", "1", "2")]),
        ("X = 'ab'\n", [("<module>", "string", "'ab'", "'XXabXX'")]),
        ("if a:\n    X = True\n", [("<module>", "name", "True", "False")]),
        ("try:\n    X = True\nexcept E:\n    pass\n", [("<module>", "name", "True", "False")]),
        ("class C:\n    class D:\n        x: int = 1\n", [("C.D", "number", "1", "2")]),
        ("class C(Enum):\n    X = 1\n", [("C", "number", "1", "2")]),
        ("class C:\n    x = field(default=1)\n", [("C", "number", "1", "2")]),
        ("register(f)\n", [("<module>", "statement-removal", "register(f)", "pass")]),
        ("X = {a: 1, b: 2}\n", [
            ("<module>", "entry-removal", "a: 1,", ""),
            ("<module>", "number", "1", "2"),
            ("<module>", "number", "2", "3"),
        ]),
        ("X = [(a, 'b'), c]\n", [("<module>", "entry-removal", "(a, 'b'),", "")]),
        ("X = a, b\n", [("<module>", "entry-removal", "a,", "")]),
        ("f((a, 2))\n", [("<module>", "statement-removal", "f((a, 2))", "pass"), ("<module>", "number", "2", "3")]),
        ("class C(Enum):\n    RED = 'red'\n", [("C", "string", "'red'", "'XXredXX'")]),
        ("@g\ndef f(): return None\n", [("f", "decorator-removal", "@g", "")]),
        ("@g(1)\n@h\nclass C: pass\n", [
            ("C", "decorator-removal", "@g(1)", ""),
            ("C", "number", "1", "2"),
            ("C", "decorator-removal", "@h", ""),
        ]),
        ("class C:\n    @property\n    def p(self): return None\n", [("C.p", "decorator-removal", "@property", "")]),
    ],
)  # fmt: skip
def test_code_that_runs_at_import_is_mutated(outside, source, expected):
    assert outside(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'doc'\n",
        "import a\nfrom b import c\n",
        "__all__ = ['a']\n__version__ = '1'\nVERSION = (1, 2)\n",
        "if TYPE_CHECKING:\n    X = 1\n",
        "if __name__ == '__main__':\n    X = 1\n    main(1)\n",
        "T = TypeVar('T')\nX: TypeAlias = 'int'\nY = dict[str, 'C']\nZ = int | None\n",
        "log = logging.getLogger('a')\nlogging.warning('a')\n",
        "class P(Protocol):\n    x: int = 1\n    def m(self): ...\n",
        "class D(t.TypedDict):\n    x = 1\n",
        "@overload\ndef f(a: int) -> int: ...\n@functools.cache\ndef g(): return None\n",
        "x: int\n",
        "TOKEN_ADD = intern('add')\nRED: str = 'red'\n",
        "X = 1  # pragma: no mutate\n",
    ],
)
def test_code_outside_of_functions_that_is_left_alone(module_of, source):
    assert [mutant for mutant in mutants_of(module_of(source)) if not mutant.ignored] == []


def test_a_long_table_is_mutated_at_its_ends(outside):
    entries = ", ".join(f"'k{n}': {n}" for n in range(100))
    found = outside(f"TABLE = {{{entries}}}\n")
    assert [before for _, operator, before, _ in found if operator == "number"] == ["0", "99"]
    assert len(found) < 10


def test_a_default_that_is_worked_out_is_mutated_in_the_signature(module_of):
    found = [m for m in mutants_of(module_of("def f(a=-1, b=g(2)): return a\n")) if m.operator in ("number", "swap-op")]
    assert [(m.before, m.after, m.in_signature) for m in found] == [
        ("-1", "+1", True),
        ("1", "2", True),
        ("2", "3", True),
    ]


def test_the_text_without_a_decorator_is_whole(module_of):
    source = "class C:\n    @a\n    # why\n    @b(\n        1\n    )\n    def m(self): return None\n"
    removals = [m for m in mutants_of(module_of(source)) if m.operator == "decorator-removal"]
    assert [mutated_source(source, m) for m in removals] == [
        "class C:\n    @b(\n        1\n    )\n    def m(self): return None\n",
        "class C:\n    @a\n    # why\n    def m(self): return None\n",
    ]
