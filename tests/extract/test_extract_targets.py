from __future__ import annotations

import textwrap

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Module, Target, TargetKind


def module(source: str) -> Module:
    return parse_module("shop/cart.py", "shop.cart", ".", textwrap.dedent(source))


def qualnames(source: str) -> list[str]:
    return [target.qualname for target in module(source).targets]


def only(source: str) -> Target:
    (target,) = module(source).targets
    return target


CLASS = """
class Cart:
    def __init__(self, a): self.a = a
    def total(self): return 1
    @classmethod
    def make(cls): return cls(1)
    @staticmethod
    def check(x): return x
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): self.a = value
    @size.deleter
    def size(self): del self.a
    @functools.cached_property
    def area(self): return 2
    def __new__(cls): return object.__new__(cls)
    class Item:
        def price(self): return 3
"""


def test_functions_and_methods_have_their_kind_and_a_unique_name() -> None:
    assert {target.qualname: target.kind for target in module(CLASS).targets} == {
        "Cart.__init__": TargetKind.METHOD,
        "Cart.total": TargetKind.METHOD,
        "Cart.make": TargetKind.CLASSMETHOD,
        "Cart.check": TargetKind.STATICMETHOD,
        "Cart.size": TargetKind.PROPERTY,
        "Cart.size.setter": TargetKind.PROPERTY,
        "Cart.size.deleter": TargetKind.PROPERTY,
        "Cart.area": TargetKind.PROPERTY,
        "Cart.__new__": TargetKind.STATICMETHOD,
        "Cart.Item.price": TargetKind.METHOD,
    }
    assert only("def f(): return 1").kind is TargetKind.FUNCTION


def test_functions_in_blocks_that_run_on_import_are_targets() -> None:
    source = """
    if fast:
        def a(): return 1
    elif slow:
        def b(): return 2
    else:
        def c(): return 3
    try:
        import x
    except ImportError:
        def d(): return 4
    else:
        def e(): return 5
    finally:
        def f(): return 6
    with lock:
        def g(): return 7
    match version:
        case 1:
            def h(): return 8
    """
    assert qualnames(source) == list("abcdefgh")


def test_what_never_runs_on_import_is_no_target() -> None:
    source = """
    if TYPE_CHECKING:
        def a(): return 1
    if typing.TYPE_CHECKING:
        def b(): return 1
    if __name__ == "__main__":
        def main(): return 1
    else:
        def c(): return 1
    """
    assert qualnames(source) == ["c"]


def test_functions_in_functions_belong_to_the_outer_one() -> None:
    target = only("""
    def outer():
        def inner():
            yield 1
        class Local:
            def method(self): return 1
        return inner, lambda: (yield)
    """)
    assert target.qualname == "outer"
    assert not target.is_generator


def test_stubs_are_no_targets() -> None:
    source = """
    class P(Protocol):
        def a(self) -> int: ...
        def b(self) -> int:
            "Only words."
        @abstractmethod
        def c(self):
            "Words."
            ...
        @overload
        def d(self, x: int) -> int: ...
        @typing.overload
        def d(self, x: str) -> str: return x
        def d(self, x): return x
        def e(self): raise NotImplementedError
        def f(self): pass
    """
    assert qualnames(source) == ["P.d", "P.e", "P.f"]


def test_of_equal_names_the_last_keeps_the_name_and_all_keys_differ() -> None:
    found = module("""
    if windows:
        def where(): return 1
    elif mac:
        def where(): return 2
    else:
        def where(): return 3
    """)
    assert [(t.qualname, t.def_line) for t in found.targets] == [("where#1", 3), ("where#2", 5), ("where", 7)]
    assert len({t.key for t in found.targets}) == 3


def test_spans_include_decorators() -> None:
    target = only("""
    @first
    @second(
        1,
    )
    def f():
        return 1
    """)
    assert (target.start_line, target.def_line, target.end_line) == (2, 6, 7)
    assert target.decorators == ("first", "second(1)")


@pytest.mark.parametrize(
    ("source", "is_async", "is_generator"),
    [
        ("def f(): return 1", False, False),
        ("async def f(): return 1", True, False),
        ("def f(): yield 1", False, True),
        ("def f():\n  x = [(yield from g())]", False, True),
        ("async def f():\n  if x:\n    yield 1", True, True),
    ],
)
def test_async_functions_and_generators_are_known(source: str, is_async: bool, is_generator: bool) -> None:
    target = only(source)
    assert (target.is_async, target.is_generator) == (is_async, is_generator)


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("def f(a, /, b=1, *c, d: int = 2, **e) -> 'X': return 1", "f(a, /, b=1, *c, d: int=2, **e) -> 'X'"),
        ("async def f(): return 1", "f()"),
    ],
)
def test_the_signature_is_as_written(source: str, signature: str) -> None:
    assert only(source).signature == signature


def test_the_docstring_is_cleaned_and_no_part_of_the_context() -> None:
    with_words = only('def f():\n    """One.\n\n    Two.\n    """\n    return 1')
    assert with_words.docstring == "One.\n\nTwo."
    assert with_words.context == only("def f(): return 1").context != only("def f(): return 2").context


def test_a_syntax_error_is_told_with_its_line() -> None:
    broken = module("x = 1\ndef f(:\n    pass\n")
    assert broken.targets == ()
    assert broken.error is not None
    assert broken.error.startswith("line 2: ")


def test_text_that_python_cannot_take_is_an_error_not_an_exception() -> None:
    assert module("x = '\0'").error is not None
    assert module("x = " + "(" * 300 + ")" * 300).error is not None
    assert module("x = " + "-" * 50_000 + "1").error is not None
    assert module("def f(): return " + " + ".join(["1"] * 30_000)).source


def test_long_elif_chains_are_walked() -> None:
    chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {n}:\n    def f{n}(): return 1\n" for n in range(1, 150))
    assert len(qualnames(chain)) == 149


def test_warnings_about_the_source_stay_inside() -> None:
    assert qualnames(r"def f(): return '\d'" + "\n") == ["f"]


def test_every_target_points_at_its_definition() -> None:
    for target in module(CLASS).targets:
        line = textwrap.dedent(CLASS).split("\n")[target.def_line - 1]
        name = target.qualname.split(".")
        assert f"def {name[-2] if name[-1] in ('setter', 'deleter') else name[-1]}(" in line
