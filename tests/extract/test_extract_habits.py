"""What generated files have in common with the tests around them."""

from __future__ import annotations

import pytest

from pytest_llmgen.extract.habits import habits_of
from pytest_llmgen.extract.names import names_of
from pytest_llmgen.records import Module

SOURCES = {
    "shop/__init__.py": "from shop.cart import Cart, Line\nfrom shop import money\nfrom json import dumps\n",
    "shop/cart.py": "class Cart: ...\nclass Line: ...\nclass Hidden: ...\n",
    "shop/money.py": "class Money: ...\n",
}
KNOWN = {
    name: names_of(Module(path, name, ".", SOURCES[path]))
    for path, name in {"shop/__init__.py": "shop", "shop/cart.py": "shop.cart", "shop/money.py": "shop.money"}.items()
}
PACKAGE = {("shop.cart", "Cart"): "shop", ("shop.cart", "Line"): "shop"}


@pytest.mark.parametrize(
    ("tests", "homes"),
    [
        (["from shop import Cart\n"], PACKAGE),  # and so Line, which is beside it
        (["from shop.cart import Cart\n"], {}),
        (
            ["from shop import Cart\n", "from shop.cart import Cart\n", "from shop.cart import Cart\n"],
            {("shop.cart", "Line"): "shop"},
        ),
        (["from shop import money\nfrom json import dumps\n"], {}),
        (["from elsewhere import Cart\nfrom . import Cart\n", "not python ("], {}),
    ],
)
def test_names_come_from_where_the_projects_tests_import_them(tests, homes):
    assert habits_of(KNOWN, tests, "").homes == homes


@pytest.mark.parametrize(
    ("tests", "settings", "quote"),
    [
        (["x = 'a'\ny = 'b'\n", 'z = "c"\n'], "", "'"),
        (['x = "a"\n'], "", '"'),
        ([], "", '"'),
        (["def test_a():\n    '''Docs.'''\n"], "", '"'),
        (["x = 'say \"a\"'\n"], "", '"'),  # no other quotes would do
        (["x = 'a'\n"], '[tool.ruff.format]\nquote-style = "double"\n', '"'),
        (['x = "a"\n'], "[format]\nquote-style = 'single'\n", "'"),
        (["x = 'a\n"], "", '"'),
    ],
)
def test_quotes_are_those_of_the_formatter_else_of_most_texts(tests, settings, quote):
    assert habits_of({}, tests, settings).quote == quote
