"""What a parameter is, told by the functions that it is handed to, and by classes that are called like it."""

from __future__ import annotations

import ast
import textwrap

import pytest

from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.code import every_function, parameters
from pytest_llmgen.generate.offline.handed import with_handed
from pytest_llmgen.generate.offline.usage import annotated
from pytest_llmgen.generate.offline.world import World, survey
from pytest_llmgen.records import Module


def kinds(code, name):
    tree = ast.parse(textwrap.dedent(code))
    node, owner = every_function(tree)[name], name.rpartition(".")[0]
    found = annotated(parameters(node, skip_first=bool(owner)), with_handed(node, tree, owner))
    return {item.name: ast.unparse(item.annotation) if item.annotation else "" for item in found}


DIRECT = "def outer(thing): return inner(1, thing)\ndef inner(count, text): return text.strip() * count"
BY_KEYWORD = "def outer(thing): return inner(text=thing)\ndef inner(text): return text.strip()"
TWICE = "def outer(it): return middle(it)\ndef middle(x): return inner(x)\ndef inner(text): return text.strip()"
NAMESAKE = "def outer(thing, text): return inner(thing)\ndef inner(text): return text.strip()"
AROUND = "def outer(thing): return thing.strip() and outer(thing)"
OF_CLASS = """
    class Parser:
        def __init__(self, form): self.form = form
        def read(self): return self.form.strip()
    def outer(thing): return Parser(thing)
"""


@pytest.mark.parametrize("code", [DIRECT, BY_KEYWORD, NAMESAKE, AROUND, OF_CLASS, TWICE.replace("it)", "thing)")])
def test_what_a_parameter_is_handed_to_tells_its_type(code):
    assert kinds(code, "outer")["thing"] == "str"


def test_methods_of_the_same_object_tell_it_too():
    code = """
        class Cart:
            def add(self, thing): return self._clean(thing)
            def _clean(self, name): return name.strip()
    """
    assert kinds(code, "Cart.add") == {"thing": "str"}


def first_objects(source, name):
    world = survey(Module("shop.py", "shop", ".", textwrap.dedent(source)), {})
    return Annotations(world).build(world.classes[name])[0].source


def test_a_parameter_that_is_called_like_a_class_is_an_object_of_it():
    classes = (
        "class Cart:\n    def total(self): return 1\nclass Order:\n    def __init__(self, cart): self.cart = cart\n"
    )
    assert first_objects(classes, "Order") == "Order(Cart())"
    assert "Cart()" not in first_objects(classes + "    def size(self): return self.cart.weight", "Order")


def test_a_constructor_is_given_what_its_class_uses_where_the_annotation_is_a_librarys():
    source = """
        import shelf

        class Reader:
            def __init__(self, book: shelf.Book): self.book = book
            def is_long(self): return self.book.pages > 300
    """
    assert first_objects(source, "Reader") == "Reader(SimpleNamespace(pages=3))"


def test_lists_of_names_by_name_may_hold_names_of_other_entries():
    found = [term.source for term in Annotations(World()).terms_of_text("dict[str, list[str]]")]
    assert found[0] == "{'a': ['b', 'c'], 'b': ['c'], 'c': []}"
    assert "{'a': ['b'], 'b': ['a']}" in found


ALIASES = """
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
R = TypeVar("R")
Coro = Coroutine[Any, Any, R]
Reader = Callable[..., Coro[R]]
Either = Reader[R] | None
"""


@pytest.mark.parametrize("annotation", ["Reader[R]", "Either[R]", "Callable[[int], Coro[R]]"])
def test_a_callable_whose_result_is_awaited_is_an_async_function_under_any_name(annotation):
    world = survey(Module("m.py", "m", ".", ALIASES), {})
    assert "async def answer(value)" in "".join(Annotations(world).terms_of_text(annotation)[0].before)
