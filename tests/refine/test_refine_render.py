"""The text of test files: readable, clean under ruff, the same after reading it back."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmgen.records import Candidate, Category, Fate, Judged, Oracle, Origin
from pytest_llmgen.refine.imports import bindings, render_imports
from pytest_llmgen.refine.parse_back import parse_back
from pytest_llmgen.refine.places import file_name
from pytest_llmgen.refine.rename import rename
from pytest_llmgen.refine.render import Provenance, is_ours, render_file, render_module, render_single

GOLDENS = Path(__file__).parent.parent / "goldens" / "refine"
PROVENANCE = Provenance(
    "0.1.0", "offline", "shop/cart.py", targets=("shop/cart.py::Cart.add", "shop/cart.py::Cart.total")
)


def make(
    name, source, *, imports=(), helpers=(), target="Cart.total", category=Category.TYPICAL, oracle=Oracle.OBSERVED
):
    return Candidate(
        f"id-{name}-{len(source)}-{target}-{category}-{hash((source, helpers, imports)) % 10**9}",
        f"shop/cart.py::{target}", name, category, Origin.OFFLINE, oracle, source, imports=imports, helpers=helpers,
    )  # fmt: skip


CART = ("from shop.cart import Cart",)
FIXTURE = "@pytest.fixture\ndef cart():\n    return Cart()"
FULL = "@pytest.fixture\ndef cart():\n    return Cart([('tea', 4)])".replace("'", '"')
CANDIDATES = [
    make(
        "test_total_of_an_empty_cart_is_zero",
        'def test_total_of_an_empty_cart_is_zero(cart):\n    """Edge: nothing in it."""\n    assert cart.total() == 0',
        imports=("import pytest", *CART, "import json"),
        helpers=(FIXTURE,),
        category=Category.EDGE,
    ),
    make(
        "test_total",
        "def test_total(cart):\n    assert cart.total() == 4",
        imports=("import pytest", *CART),
        helpers=(FULL,),
    ),
    make(
        "test_total",
        "def test_total(cart):\n    assert cart.total() < 5",
        imports=("import pytest", *CART),
        helpers=(FULL,),
        oracle=Oracle.PROPERTY,
    ),
    make(
        "test_add_negative",
        (
            "def test_add_negative():\n"
            '    with pytest.raises(CartError, match="negative"):\n'
            '        Cart().add("x", PRICE)'
        ),
        imports=("import pytest", "from shop.cart import Cart, CartError"),
        helpers=("PRICE = -1", "UNUSED = 2"),
        target="Cart.add",
        category=Category.FAILURE,
    ),
    make(
        "test_add_takes_any_amount",
        '@pytest.mark.parametrize("price", [0, 1, Decimal("2.5")])\n'
        "def test_add_takes_any_amount(price):\n"
        "    cart = Cart()\n"
        '    cart.add("x", price)\n    assert cart.items == [("x", price)]',
        imports=("import pytest", "from decimal import Decimal", *CART),
        target="Cart.add",
    ),
    make(
        "test_add_from_package",
        'def test_add_from_package():\n    cart = Cart()\n    assert f"{Cart.__name__} {cart.add}" != PRICE',
        imports=("from shop import Cart",),
        helpers=("PRICE = 7",),
        target="Cart.add",
        category=Category.EDGE,
    ),
]


def page(*candidates):
    return render_module("shop.cart", [Judged(c, Fate.KEPT, "") for c in candidates], PROVENANCE)


def test_the_file_is_as_recorded():
    golden, text = GOLDENS / "test_llmgen_shop_cart.py.txt", page(*CANDIDATES)
    if os.environ.get("LLMGEN_UPDATE_GOLDENS") == "1":
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("length", ["88", "100"])
def test_ruff_finds_nothing_to_say(tmp_path, length):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "cart.py").touch()
    file = tmp_path / "test_llmgen_shop_cart.py"
    file.write_text(page(*CANDIDATES))
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length", length, str(file)]
    check = subprocess.run(
        [*ruff, "check", "--select", "E,F,I,W", *options], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (check.returncode, check.stdout) == (0, "All checks passed!\n")
    shape = subprocess.run(
        [*ruff, "format", "--diff", *options], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (shape.returncode, shape.stdout) == (0, "")


def test_reading_a_file_back_and_rendering_it_again_changes_nothing():
    text = page(*CANDIDATES)
    written = parse_back(text, "f.py")
    again = render_module("shop.cart", [Judged(t.candidate, Fate.KEPT, "") for t in written], PROVENANCE)
    assert len(written) == len(CANDIDATES)
    assert again == text


def test_reading_back_finds_what_was_written():
    (one,) = parse_back(page(CANDIDATES[0]), "f.py")
    candidate = one.candidate
    assert (candidate.source, candidate.category, candidate.oracle) == (
        CANDIDATES[0].source,
        Category.EDGE,
        Oracle.OBSERVED,
    )
    assert (candidate.target, one.target) == ("shop/cart.py::Cart.total", "shop.cart:Cart.total")
    assert (candidate.helpers, candidate.imports) == ((FIXTURE,), ("import pytest", "from shop.cart import Cart"))
    assert candidate.summary == "Edge: nothing in it."


def test_what_a_test_shows_is_read_back_and_it_can_still_be_marked_as_reviewed():
    text = page(replace(CANDIDATES[0], shows="ordinary-1"))
    (one,) = parse_back(text.replace("reviewed=no", "reviewed=yes"), "f.py")
    assert (one.candidate.shows, one.reviewed) == ("ordinary-1", True)
    assert is_ours(text.replace("reviewed=no", "reviewed=yes"))


def test_a_person_may_mark_tests_as_reviewed_and_the_file_stays_ours():
    text = page(*CANDIDATES).replace("reviewed=no", "reviewed=yes", 1)
    assert is_ours(text)
    assert [t.reviewed for t in parse_back(text, "f.py")].count(True) == 1


@pytest.mark.parametrize(
    "change", [("== 0", "== 1"), ("# Tests of", "# My tests of"), ("checksum=", "checksum=0"), ("\n\n\n", "\n\n")]
)
def test_any_other_change_makes_it_the_persons(change):
    assert not is_ours(page(*CANDIDATES).replace(*change, 1))


def test_tests_stand_in_the_order_of_the_source_then_of_the_categories():
    names = [t.name for t in parse_back(page(*CANDIDATES), "f.py")]
    assert names == [
        "test_add_takes_any_amount", "test_add_from_package", "test_add_negative",
        "test_total", "test_total_2", "test_total_of_an_empty_cart_is_zero",
    ]  # fmt: skip


def test_equal_helpers_are_one_and_different_ones_get_names_of_their_own():
    text = page(*CANDIDATES)
    assert (text.count("def cart():"), text.count("def cart_2():"), "def cart_3" in text) == (1, 1, False)
    assert "def test_total_of_an_empty_cart_is_zero(cart_2):\n" in text
    assert "assert cart_2.total() == 0" in text


def test_an_import_that_means_something_else_gets_a_name_of_its_own():
    text = page(*CANDIDATES)
    assert "from shop import Cart as Cart_2\nfrom shop.cart import Cart, CartError\n" in text
    assert "cart = Cart_2()" in text


def test_unused_imports_and_helpers_are_left_out():
    text = page(*CANDIDATES)
    assert "json" not in text
    assert "UNUSED" not in text


def test_a_helper_never_hides_a_fixture_of_the_project():
    other = make("test_b", "def test_b(cart):\n    assert cart")
    text = page(CANDIDATES[1], other)
    assert "def test_b(cart):" in text
    assert "def cart_2():" in text


def test_an_import_keeps_its_name_beside_a_parameter_of_the_same_name():
    first = make("test_a", "def test_a():\n    assert total() == 0", imports=("from shop.cart import total",))
    second = make("test_b", "def test_b(total):\n    assert total == 0")
    assert "from shop.cart import total\n" in page(first, second)


def test_a_comment_after_the_last_statement_stays_with_its_test():
    one = make("test_a", "def test_a():\n    assert f()  # why\n    # the end", imports=("from shop.cart import f",))
    two = make("test_b", "def test_b():\n    assert f()", imports=("from shop.cart import f",))
    first, second = parse_back(page(one, two), "f.py")
    assert (first.candidate.source, second.candidate.source) == (one.source, two.source)


def test_one_candidate_alone_is_a_module_with_future_imports_first():
    one = make(
        "test_x",
        "def test_x():\n    assert A",
        imports=("import a", "from __future__ import annotations"),
        helpers=("A = 1",),
    )
    assert render_single(one) == (
        "from __future__ import annotations\nimport a\n\n\nA = 1\n\n\ndef test_x():\n    assert A\n"
    )


def test_long_markers_are_split_as_the_formatter_would():
    one = make("test_x", "def test_x():\n    assert f()", target="A" * 60)
    assert '@pytest.mark.llm_generated(\n    target="shop.cart:AAA' in page(one)


def test_the_names_that_tests_got_are_told():
    rendered = render_file("shop.cart", CANDIDATES, PROVENANCE)
    assert rendered.names[CANDIDATES[1].id] == "test_total"
    assert rendered.names[CANDIDATES[2].id] == "test_total_2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a(a=a, b=a.a)", "z(a=z, b=z.a)"),
        ("def f(a):\n    return a  # a", "def f(z):\n    return z  # a"),
        ("x = f'{a} a {b.a}' + 'a'", "x = f'{z} a {b.a}' + 'a'"),
        ("@pytest.mark.usefixtures('a')\ndef f(): ...", "@pytest.mark.usefixtures('z')\ndef f(): ..."),
        ("é = a + {'a': a}['a']", "é = z + {'a': z}['a']"),
    ],
)
def test_renaming_leaves_attributes_keywords_strings_and_comments(text, expected):
    assert rename(text, {"a": "z"}) == expected


def test_imports_are_sorted_in_sections():
    statements = ["from shop.b import z, A, X_Y", "import pytest", "import os.path",
                  "from __future__ import annotations",
                  "import os", "from shop.b import q as r", "import shop"]  # fmt: skip
    assert render_imports(bindings(statements), frozenset({"shop"})) == (
        "from __future__ import annotations\n\nimport os\nimport os.path\n\nimport pytest\n\nimport shop\n"
        "from shop.b import X_Y, A, z\nfrom shop.b import q as r"
    )


def test_no_two_modules_share_a_file_name():
    modules = ["a.b", "a_b", "a._b", "a_.b", "a__b", "_a.b", "a.b_c", "a_b.c", "a.b._c", "a.b_._c", "a", "a.b_2"]
    names = [file_name(module, number) for module in modules for number in (1, 2)]
    assert len(set(names)) == len(names)
    assert file_name("shop.cart") == "test_llmgen_shop_cart.py"
    assert file_name("shop.cart", 2) == "test_llmgen_shop_cart_2.py"


def test_a_file_has_the_imports_and_quotes_of_the_tests_around_it():
    checks = ['    assert Cart("b").say("a") == "c"', '    assert Line("it\'s")']
    source = "\n".join(["def test_it():", *checks]) + "\n"
    imports = (*CART, "from shop.cart import Line")
    homes = {("shop.cart", "Cart"): "shop"}
    style = replace(PROVENANCE, homes=homes, quote="'")
    rendered = render_file("shop.cart", [make("test_it", source, imports=imports)], style)
    assert "from shop import Cart\nfrom shop.cart import Line\n" in rendered.text
    assert "@pytest.mark.llm_generated(target='shop.cart:Cart.total')\n" in rendered.text
    assert "    assert Cart('b').say('a') == 'c'\n" in rendered.text
    assert '    assert Line("it\'s")\n' in rendered.text
    (back,) = parse_back(rendered.text, "test_llmgen_shop_cart.py")
    assert "llm_generated" not in back.candidate.source
    assert render_file("shop.cart", [back.candidate], style).text == rendered.text
