from __future__ import annotations

import asyncio
import gc

import pytest

from pytest_llmgen.mutate import operators
from pytest_llmgen.mutate.activate import NeedsImport, activate, index_functions
from pytest_llmgen.mutate.units import CompileFailed, compile_mutant, compile_text, units_of
from pytest_llmgen.records import Mutant, Region

KINDS = {
    "function": ("def f(a, b):\n    return a + b\n", "sample.f(5, 3)"),
    "wraps": (
        (
            "import functools\ndef deco(g):\n    @functools.wraps(g)\n    def w(*args): return g(*args)\n    return w\n"
            "@deco\ndef f(a, b):\n    return a + b\n"
        ),
        "sample.f(5, 3)",
    ),
    "lru_cache": (
        "import functools\n@functools.lru_cache\ndef f(a, b):\n    return a + b\n",
        "(sample.f.cache_clear(), sample.f(5, 3))[1]",
    ),
    "contextmanager": (
        "import contextlib\n@contextlib.contextmanager\ndef f(a, b):\n    yield a + b\n",
        "sample.f(5, 3).__enter__()",
    ),
    "paren-decorator": ("def same(g): return g\n@(\n    same\n)\ndef f(a, b):\n    return a + b\n", "sample.f(5, 3)"),
    "generator": ("def f(a, b):\n    yield a + b\n", "next(sample.f(5, 3))"),
    "coroutine": ("async def f(a, b):\n    return a + b\n", "asyncio.run(sample.f(5, 3))"),
    "async generator": (
        "async def f(a, b):\n    yield a + b\n",
        "asyncio.run(anext(sample.f(5, 3)))",
    ),
    "method": ("class C:\n    def m(self, a, b):\n        return a + b\n", "sample.C().m(5, 3)"),
    "staticmethod": ("class C:\n    @staticmethod\n    def m(a, b):\n        return a + b\n", "sample.C.m(5, 3)"),
    "classmethod": ("class C:\n    @classmethod\n    def m(cls, a, b):\n        return a + b\n", "sample.C.m(5, 3)"),
    "property": (
        "class C:\n    a, b = 5, 3\n    @property\n    def m(self):\n        return self.a + self.b\n",
        "sample.C().m",
    ),
    "cached_property": (
        (
            "import functools\nclass C:\n    a, b = 5, 3\n    @functools.cached_property\n    def m(self):\n"
            "        return self.a + self.b\n"
        ),
        "sample.C().m",
    ),
    "setter": (
        (
            "class C:\n    @property\n    def m(self):\n        return self.v\n    @m.setter\n    def m(self, v):\n"
            "        self.v = v[0] + v[1]\n"
        ),
        "(c := sample.C(), setattr(c, 'm', (5, 3)), c.m)[2]",
    ),
    "dataclass": (
        (
            "import dataclasses as d\n@d.dataclass(slots=True)\nclass C:\n    a: int\n    b: int\n    def m(self):\n"
            "        return self.a + self.b\n"
        ),
        "sample.C(5, 3).m()",
    ),
    "super": (
        "class B:\n    def m(self): return 5\nclass C(B):\n    def m(self):\n        return super().m() + 3\n",
        "sample.C().m()",
    ),
    "mangled": ("class C:\n    __b = 3\n    def m(self, a):\n        return a + self.__b\n", "sample.C().m(5)"),
    "nested": ("def f(a, b):\n    def g():\n        return a + b\n    return g()\n", "sample.f(5, 3)"),
    "nested class": ("def f(a, b):\n    class C:\n        x = a + b\n    return C.x\n", "sample.f(5, 3)"),
    "under if": (
        "if True:\n\tclass C:\n\t\tif True:\n\t\t\tdef m(self, a, b):\n\t\t\t\treturn a + b\n",
        "sample.C().m(5, 3)",
    ),
    "multi-line string": ('if True:\n    def f(a, b):\n        """x\ny"""\n        return a + b\n', "sample.f(5, 3)"),
    "carriage returns": ("class C:\r\n    def m(self, a, b):\r\n        return a + b\r\n", "sample.C().m(5, 3)"),
    "future flags": (
        "from __future__ import annotations\ndef f(a, b):\n    def g(x: Unknown): return x\n    return g(a + b)\n",
        "sample.f(5, 3)",
    ),
}


def compile_first(source: str, path: str):
    units = units_of(source)
    unit = units.units[0]
    return compile_text(source[unit.start : unit.end], path, unit, units.flags)


def find(module_of, source: str, operator: str = "swap-op", **fields) -> Mutant:
    found = [
        mutant
        for mutant in operators.mutants_of(module_of(source))
        if mutant.operator == operator and all(getattr(mutant, name) == value for name, value in fields.items())
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_exchange_changes_behaviour_and_undo_restores_it(kind, module_of, load, tmp_path):
    source, call = KINDS[kind]
    names = {"sample": load(source), "asyncio": asyncio}
    mutant = find(module_of, source)
    index = index_functions(str(tmp_path), ["sample.py"])
    assert eval(call, names) == 8
    activation = activate(mutant, source, index)
    assert eval(call, names) == 2
    activation.undo()
    assert eval(call, names) == 8


def test_every_copy_of_a_module_gets_the_mutant(module_of, load, tmp_path):
    source = "def f(a):\n    return a + 3\n"
    first, second = load(source, "one"), load(source, "two")
    with activate(find(module_of, source), source, index_functions(str(tmp_path), ["sample.py"])):
        assert (first.f(5), second.f(5)) == (2, 2)
    assert (first.f(5), second.f(5)) == (8, 8)


def test_a_later_walk_adds_what_was_loaded_since(module_of, load, tmp_path):
    source = "def f(a):\n    return a + 3\n"
    first = load(source, "one")
    index = index_functions(str(tmp_path), ["sample.py"])
    second = load(source, "two")
    index = index.joined(index_functions(str(tmp_path), ["sample.py"]))
    assert index.functions["sample.py"]["f"] == (first.f, second.f)
    with activate(find(module_of, source), source, index):
        assert (first.f(5), second.f(5)) == (2, 2)


def test_tracebacks_keep_their_lines(module_of, load, tmp_path):
    source = "\n\nclass C:\n    def m(self, a):\n\n        return (lambda: a + [])()\n"
    module = load(source)
    with activate(find(module_of, source), source, index_functions(str(tmp_path), ["sample.py"])):
        with pytest.raises(TypeError) as caught:
            module.C().m(1)
        assert [(entry.name, entry.lineno) for entry in caught.traceback][1:] == [("m", 5), ("<lambda>", 5)]
        assert caught.traceback[-1].path == tmp_path / "sample.py"


def test_the_compiled_unit_equals_the_live_code(load, tmp_path):
    source = (
        "import functools\n\nclass C:\n    @functools.cache\n    def m(self):\n        return [x for x in self.__y]\n"
    )
    live = load(source).C.m.__wrapped__.__code__
    assert compile_first(source, str(tmp_path / "sample.py")) == live


@pytest.mark.parametrize(
    ("parameters", "call"),
    [("a=5", "sample.f()"), ("x=0, a=5", "sample.f()"), ("*, a=5", "sample.f()"), ("a=5, *, b=0", "sample.f()")],
)
def test_a_default_value_is_exchanged(parameters, call, module_of, load, tmp_path):
    source = f"def f({parameters}):\n    return a\n"
    module = load(source)
    mutant = find(module_of, source, "number", before="5")
    with activate(mutant, source, index_functions(str(tmp_path), ["sample.py"])):
        assert eval(call, {"sample": module}) == 6
    assert eval(call, {"sample": module}) == 5


@pytest.mark.parametrize(
    ("source", "operator", "reason"),
    [
        ("def f(a):\n    return a + 1\ndel f\n", "swap-op", "f is not live"),
        (
            "def f(a):\n    def g(): return a + 1\n    return g\nheld = f(2)\n",
            "swap-op",
            r"f\.<locals>\.g was made before",
        ),
        ("def f(a):\n    yield a + 1\nheld = f(2)\n", "swap-op", "f was made before"),
        ("def f(a):\n    x = yield\n", "assignment", "becomes another kind of function"),
        ("class C:\n    def m(self):\n        return g(super)\n", "arg-removal", "free variables of C.m change"),
        ("def d(g): return g\n@d\ndef f(a=1): pass\n", "number", "a decorator may have read"),
        ("def f(a=1): pass\nf.__defaults__ = (1, 2)\n", "number", "were changed at run time"),
        ("from copy import deepcopy\ndef f(a=deepcopy): pass\n", "name", "when the module is imported"),
    ],
)
def test_what_an_exchange_cannot_show_needs_an_import(source, operator, reason, module_of, load, tmp_path):
    load(source)
    mutant = find(module_of, source, operator)
    gc.collect()
    with pytest.raises(NeedsImport, match=reason):
        activate(mutant, source, index_functions(str(tmp_path), ["sample.py"]))


def test_text_that_is_not_python_fails_to_compile():
    source = "def f():\n    return 1\n"
    broken = Mutant("x", "sample.py", "f", "f", "number", 20, 21, "1", "(", "(", Region(2, 12, 2, 13))
    with pytest.raises(CompileFailed, match="never closed"):
        compile_mutant(source, "sample.py", broken)


def test_warnings_of_the_compiler_are_no_errors():
    source = "def f(a):\n    return a is 'x', '\\d'\n"  # filterwarnings = error is on here
    assert compile_first(source, "sample.py").co_name == "f"


def test_a_place_outside_of_functions_is_an_error():
    with pytest.raises(LookupError):
        units_of("x = 1\ndef f(): pass\n").at(4)
