"""Hypothesis strategies in the text of tests: what is registered, built and composed, nothing else."""

from __future__ import annotations

import pytest

from pytest_llmgen.extract.examples import TextFile
from pytest_llmgen.extract.strategies import read_strategies
from pytest_llmgen.records import Strategy

IMPORT = "from hypothesis import strategies as st\n"
PATH = "tests/conftest.py"


def read(text):
    return read_strategies([TextFile(PATH, IMPORT + text)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("st.register_type_strategy(Slot, st.just(1))", Strategy(PATH, "Slot", "Slot", is_registered=True)),
        ("st.register_type_strategy(shop.Slot, f)", Strategy(PATH, "shop.Slot", "Slot", is_registered=True)),
        ("MONEY = st.builds(Money, st.just(1))", Strategy(PATH, "st.builds(Money, st.just(1))", "Money")),
        ("@st.composite\ndef carts(draw) -> Cart: ...", Strategy(PATH, "carts()", "Cart")),
        ("@st.composite\ndef carts(draw, size=3): ...", Strategy(PATH, "carts()")),
    ],
)
def test_a_strategy_is_an_expression_in_the_names_of_its_file(text, expected):
    assert read(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "st.builds(make_money, st.just(1))",
        "@st.composite\ndef carts(draw, size): ...",
        "def carts(draw): ...",
        "st.builds(",
    ],
)
def test_what_needs_an_argument_or_tells_no_class_is_none(text):
    assert read(text) == ()


def test_files_without_hypothesis_are_not_read():
    assert read_strategies([TextFile(PATH, "x = builds(Money)")]) == ()


def test_what_is_registered_comes_first():
    found = read("st.builds(Money)\nst.register_type_strategy(Slot, st.just(1))")
    assert [each.name for each in found] == ["Slot", "Money"]
