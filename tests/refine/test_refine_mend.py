"""What a rule repairs, and that no rule changes an expected value."""

from dataclasses import replace

import pytest

from pytest_llmgen.records import Candidate, Category, Fate, Fixture, Judged, Oracle, Origin, TargetContext
from pytest_llmgen.refine.mend import mend

CONTEXT = TargetContext(
    "from shop.stock import Stock",
    types=("# from shop.stock import OutOfStock\nclass OutOfStock(Exception):\n    ...",),
    uses=("# from shop.money import Money\nclass Money: ...",),
    fixtures=(Fixture("cart", "function"), Fixture("price_list", "session")),
)


def judged(body, reason, fate=Fate.FAILING, imports=("from shop.stock import Stock",), head="def test_it():"):
    source = f'{head}\n    """Edge: it."""\n    {body}\n'
    candidate = Candidate(
        "a", "t", "test_it", Category.EDGE, Origin.MODEL, Oracle.OBSERVED, source, "Edge: it.", tuple(imports)
    )
    return Judged(candidate, fate, reason)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pytest", "import pytest"),
        ("json", "import json"),
        ("Decimal", "from decimal import Decimal"),
        ("datetime", "from datetime import datetime"),
        ("OutOfStock", "from shop.stock import OutOfStock"),
        ("Money", "from shop.money import Money"),
    ],
)
def test_a_name_without_an_import_gets_it(name, line):
    found = mend(judged(f"{name}", f"it fails: NameError: name '{name}' is not defined"), CONTEXT)
    assert found.imports == ("from shop.stock import Stock", line)


def test_datetime_is_the_module_where_it_is_used_as_one():
    found = mend(judged("datetime.datetime.now()", "NameError: name 'datetime' is not defined"), CONTEXT)
    assert found.imports[-1] == "import datetime"


@pytest.mark.parametrize(
    "message",
    [
        "ImportError: cannot import name 'Money' from 'shop.stock' (/x/shop/stock.py)",
        "shop.stock has no name Money; it has Stock",
    ],
)
def test_a_name_imported_from_the_wrong_module_comes_from_the_right_one(message):
    found = mend(judged("x", message, Fate.INVALID, ["from shop.stock import Money, Stock"]), CONTEXT)
    assert found.imports == ("from shop.stock import Stock", "from shop.money import Money")


def test_an_import_whose_only_name_was_wrong_goes():
    message = "cannot import name 'Money' from 'shop.stock'"
    found = mend(judged("x", message, Fate.INVALID, ["from shop.stock import Money"]), CONTEXT)
    assert found.imports == ("from shop.money import Money",)


def test_a_fixture_is_renamed_to_the_one_that_is_meant():
    case = judged("assert carts", "fixture 'carts' not found", Fate.INVALID, head="def test_it(carts):")
    found = mend(case, CONTEXT)
    assert found.source.startswith("def test_it(cart):")
    assert "assert cart\n" in found.source


def test_of_two_fixtures_that_are_alike_a_rule_does_not_choose():
    context = replace(CONTEXT, fixtures=(Fixture("cart1", "function"), Fixture("cart2", "function")))
    assert mend(judged("assert cart", "there is no fixture cart", Fate.INVALID), context) is None


def test_the_last_digits_of_a_float_are_compared_approximately():
    found = mend(judged("assert add(0.1, 0.2) == 0.3", "AssertionError: assert 0.30000000000000004 == 0.3"), CONTEXT)
    assert "assert add(0.1, 0.2) == pytest.approx(0.3)" in found.source
    assert "import pytest" in found.imports


def test_another_value_is_never_taken_over():
    assert mend(judged("assert add(0.1, 0.2) == 0.4", "assert 0.30000000000000004 == 0.4"), CONTEXT) is None
    assert mend(judged("assert f() == 3", "assert 4 == 3"), CONTEXT) is None


def test_a_coroutine_that_nobody_awaited_is_run():
    case = judged("assert client.price('tea') == 3", "assert <coroutine object Client.price at 0x7f> == 3")
    found = mend(case, CONTEXT)
    assert "assert asyncio.run(client.price('tea')) == 3" in found.source
    assert found.imports[-1] == "import asyncio"


def test_what_is_run_already_is_left_alone():
    body = "asyncio.run(price()); price(\n        1,\n    )"
    case = judged(body, "RuntimeWarning: coroutine 'price' was never awaited", imports=["import asyncio"])
    found = mend(case, CONTEXT)
    assert "asyncio.run(price()); asyncio.run(price(\n        1,\n    ))" in found.source
    assert found.imports == ("import asyncio",)


@pytest.mark.parametrize("fate", [Fate.KEPT, Fate.UNSAFE, Fate.FLAKY, Fate.SUSPECTED_BUG, Fate.REDUNDANT])
def test_only_broken_tests_are_mended(fate):
    assert mend(judged("json", "NameError: name 'json' is not defined", fate), CONTEXT) is None


@pytest.mark.parametrize("message", ["NameError: name 'helper' is not defined", "ValueError: no", ""])
def test_where_no_rule_applies_nothing_is_changed(message):
    assert mend(judged("x", message), CONTEXT) is None
