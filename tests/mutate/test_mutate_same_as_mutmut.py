"""mutmut itself says which mutants there must be: its own generator runs beside ours on the same text."""

from __future__ import annotations

import importlib.metadata
import inspect
from collections import Counter

import click.formatting
import pytest
from libcst import parse_module
from libcst.metadata import MetadataWrapper
from mutmut import configuration
from mutmut.mutation.pragma_handling import get_ignored_lines

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse
from pytest_llmgen.mutate import reference
from pytest_llmgen.mutate.classic import MUTMUT_VERSION, OPERATORS
from pytest_llmgen.mutate.operators import CLASSIC, mutants_of
from pytest_llmgen.mutate.reference import functions_with_mutants, listed, told_apart
from pytest_llmgen.mutate.units import mutated_text, units_of
from pytest_llmgen.mutate.walk import Walk
from pytest_llmgen.records import Module

TRICKY = '''
import copy


class C:
    def m(self, a, *b, c: "int" = 1, d=None, e=f(1), **k):
        """Doc."""
        x: int = (a)
        y = x = a, (b), ((c)), (a, b), ()
        (y) += 1; x @= 2; x //= (3)
        z: str
        del x[0], y[1:-2]
        return not (a), ~(b) ** -c, - a, not not a

    def n(self):
        return g((a)(b), * b, (c) , k = (d) , ** (e), ), g(x for x in (y) if (x)), g( (x for x in y) ), h()(1)

    async def o(self):
        async with a as b, (c):
            await g(await h(1), 2)
        return [await x async for x in y if not x]

    @staticmethod
    def p(s):
        return (s.lower)(), s . lower ().strip().split(',', 1), s.rsplit(sep=',', maxsplit=1), s.split(',')


def f(a, /, b=(1), c="x", *, d=True, deepcopy=f"{1}"):
    from copy import deepcopy
    global q
    return copy.deepcopy(a), deepcopy(b), dict(a=1, b=2, **c), dict(1, a=2), g(deepcopy=1)


def strings(a):
    "doc"
    s = 'it\\'s \\x41\\n', r'\\d' 'b', b"ab", u'x', '', "A" f"b{a!r:>{w + 1}}c{'d' + a}{{{b}}}" 'e', ("z"  # c
        "y")
    f"{a + 1}"
    t = f'{a["k"]:%Y-%m} {x.y(1)=} {(lambda v: v + 1)(2)} {a != b} {-1:+d} \\N{DIGIT ONE} \\{a}', rf"\\{a}", F"{ a }"
    u = f"""
    {a
     + 1:>{2}} {"é" + b!s}
    """ + 'é', ("€" + a)
    return """long""", 'a', 1_000, 0x10, 1.5, 2j, 1e999, 10**-a, 2*-a, a<-1, a>>-1, a//-1, a<<2, -1


def conditions(a):
    if (a and b or c) and not (d): pass
    elif a < b <= (c) == d != e is  not f not  in g is h in i: pass
    else:
        while (True): break
        else: return
    for a.b[1], *c in (x, y):
        continue
    try: raise ValueError('x') from None
    except (A, B) as e: return e
    finally: z = lambda a=1, *b: (None), lambda: (yield)
    assert a > (
        1  # one
    ), "a" \\
        "b"
    return (1 if a else 2) if (a, b) else (x for x in y) if b or c else 3 if (((d))) else (yield)


def matches(a):
    match (a):
        # first
        case 1 | -1: return 1
        case (2): return 2
        case True: return 3
        case {"k": (None), **rest}: return 4
        case C(1, x=(2)) if a > 1:
            return 5

        case [1, *_]: pass
        case _:
            pass
    with (open(a)) as b, c: return len(a + 1), isinstance(a, 1)
    with (open(1, 2) as b, c(3)): return {**a, (1): (2)}, {1, (2)}, a[1:(2), ::3], (a), [x for x in y if x if (y)]
'''

PRAGMAS = """
def f(a):
    b = a + 1  # pragma: no mutate
    c = g(
        a + 1,
        a + 2,  # pragma: no mutate
    )
    if a > 1:  # pragma: no mutate
        a += 1
    if a > 1:  # pragma: no mutate block
        a += 1
        a += 2
    elif a > 2:
        a += 3
    for x in a: x += 1  # pragma: no mutate
    if a:
        a += 4
        # pragma: no mutate block
        a += 5
        if a:
            a += 6
    # pragma: no mutate start
    a += 7
    a += 8
    # pragma: no mutate end
    # pragma: no mutate
    a += 9
    return a - 1


def g(a):  # pragma: no mutate block
    return a + 1


def h(a):  # pragma: no mutate
    return a + 1


class C:  # pragma: no mutate block
    def m(self):
        return a + 1


def i(a):
    match a:  # pragma: no mutate
        case 1:  # pragma: no mutate block
            return 1
        # pragma: no mutate
        case 2: return 2
    try:
        a += 1
    except A:  # pragma: no mutate block
        a += 2
    else:  # pragma: no mutate: block
        a += 3
    finally:
        a += 4  # a pragma: no mutate that is none
    return 3  # pragma: no cover, no mutate
"""


def theirs(source: str) -> Counter[str]:
    """Functions with a mutant of mutmut's in them, as often as it makes them."""
    return Counter(functions_with_mutants(source))


def ours(module) -> Counter[str]:
    """The same; what mutmut leaves alone is left out: functions that are decorated or special."""
    wanted = {target.qualname for target in module.targets if _is_theirs(target)}
    units = units_of(module.source)
    drafts = Walk(module.source, module.targets).drafts(parse(module.source))
    return Counter(
        told_apart(mutated_text(module.source, units.at(draft.start), draft))
        for draft in drafts
        if draft.unit in wanted
    )


def _is_theirs(target) -> bool:
    special = target.name in ("__getattribute__", "__setattr__", "__new__")
    return not special and target.decorators in ((), ("staticmethod",), ("classmethod",))


def test_the_operators_are_those_of_the_version_that_we_name():
    assert importlib.metadata.version("mutmut").startswith(f"{MUTMUT_VERSION}.")
    assert len(OPERATORS) == reference.OPERATORS


@pytest.mark.parametrize("source", [inspect.getsource(click.formatting), TRICKY], ids=["real", "tricky"])
def test_the_changes_are_mutmuts_own(module_of, source):
    expected, found = theirs(source), ours(module_of(source))
    assert sum(expected.values()) > 50
    assert (len(expected - found), len(found - expected)) == (0, 0)


def test_pragmas_mean_what_they_mean_to_mutmut(module_of, tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(configuration, "_config", None)
    ignored = get_ignored_lines("sample.py", PRAGMAS, MetadataWrapper(parse_module(PRAGMAS)), None)
    module = module_of(PRAGMAS)
    units = units_of(PRAGMAS)
    wanted = [mutant for mutant in mutants_of(module, CLASSIC) if not mutant.ignored]
    found = {told_apart(mutated_text(PRAGMAS, units.at(mutant.start), mutant)) for mutant in wanted}
    assert found == set(functions_with_mutants(PRAGMAS, ignored))
    assert len(wanted) > 10


SHORT = """
def f(a):
    '''Doc.'''
    b = a + 1  # pragma: no mutate
    return b - 1


@property
def g(a):
    return a + 1
"""


def test_the_list_of_mutmut_is_ours_without_what_it_leaves_alone(module_of):
    mutants, notice = listed(module_of(SHORT))
    assert notice == ""
    assert {mutant.unit for mutant in mutants} == {"f"}
    assert {(mutant.line, bool(mutant.ignored)) for mutant in mutants} == {(4, True), (5, False)}
    assert {mutant.id for mutant in mutants} < {mutant.id for mutant in mutants_of(module_of(SHORT))}


def test_a_mutant_that_only_mutmut_makes_is_told(module_of, monkeypatch):
    theirs = [*functions_with_mutants(SHORT), told_apart("def f(a): return 'new'")]
    monkeypatch.setattr(reference, "functions_with_mutants", lambda _: iter(theirs))
    mutants, notice = listed(module_of(SHORT))
    assert len(mutants) == len(listed(module_of(SHORT))[0]) > 0
    assert notice.startswith("sample.py: 1 of the mutants of mutmut 3.8")


def test_a_module_that_mutmut_cannot_read_is_named(module_of):
    with pytest.raises(LlmgenError, match=r"sample\.py: mutmut can't read line 1.*\[mutants-unparsable\]"):
        listed(Module("sample.py", "sample", ".", "def f(:"))
