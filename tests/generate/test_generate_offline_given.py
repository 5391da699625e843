"""Fixtures of the project as the objects and arguments of written tests, and names once all tests are chosen."""

from __future__ import annotations

import dataclasses

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.extract.examples import TextFile, read_fixtures
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.settling import settled
from pytest_llmgen.records import Candidate, Category, Oracle, Origin
from pytest_llmgen.refine.earlier import ROUND

STORE = """
class Store:
    def __init__(self, connection):
        self.rows = connection.rows()

    def count(self):
        return len(self.rows)


def label(store, mark):
    return mark * store.count()
"""
CONFTEST = """
import time

import pytest
from warehouse import Store


class Connection:
    def rows(self):
        return ["tea", "rice"]


@pytest.fixture
def full_store() -> Store:
    return Store(Connection())


@pytest.fixture
def store(full_store):
    yield full_store


@pytest.fixture
def slow() -> Store:
    time.sleep(0.26)
    return Store(Connection())


@pytest.fixture
def broken() -> Store:
    raise OSError("no database")
"""


def written_for(name, *fixtures):
    """The tests of a function of the store, where the project has these fixtures."""
    module = module_of("warehouse", STORE)
    known = read_fixtures([TextFile("tests/conftest.py", CONFTEST)], "tests/llmgen")
    (plain,) = [each for each in assignments_of(module) if each.target.name == name]
    context = dataclasses.replace(plain.context, fixtures=tuple(each for each in known if each.name in fixtures))
    generator = OfflineGenerator(InProcessProber([module]), 1, clock=lambda: 0.0)
    (reply,) = generator.generate([dataclasses.replace(plain, context=context)])
    return [candidate.source for candidate in reply.candidates]


def test_an_object_comes_from_the_fixture_that_gives_one():
    text = 'def test_store_count(store):\n    """Typical: count gives 2, as the code is today."""\n'
    assert f"{text}    assert store.count() == 2\n" in written_for("count", "store")


def test_the_object_has_the_name_of_its_fixture():
    (source,) = [each for each in written_for("count", "full_store") if "(full_store)" in each]
    assert source.endswith("    assert full_store.count() == 2\n")


def test_a_parameter_gets_the_fixture_of_its_name():
    assert any("label(store, " in source and "(store)" in source for source in written_for("label", "store"))


@pytest.mark.parametrize("name", ["broken", "slow"])
def test_a_fixture_that_gives_nothing_or_takes_long_is_not_asked_for(name):
    assert not any(f"({name})" in source for source in written_for("count", name))


def candidate(name, category=Category.TYPICAL, **changes):
    source = f'def {name}():\n    """{category}: it."""\n    assert split("a")\n'
    key = "codes.py::split"
    plain = Candidate(f"{key}#{name}", key, name, category, Origin.OFFLINE, Oracle.OBSERVED, source, "it")
    return dataclasses.replace(plain, **changes)


@pytest.mark.parametrize(
    ("name", "dropped", "expected"),
    [
        ("test_split_of_h", [], "test_split"),
        ("test_split_raises_ValueError_for_h", [], "test_split_raises_ValueError"),
        ("test_split_as_documented_for_1_2", [], "test_split_as_documented"),
        ("test_split_when_strict_2", ["test_split_when_strict"], "test_split_when_strict"),
        ("test_split_when_count_is_2", [], None),  # a number that says something
        ("test_split_of_empty_text", [], None),
        ("test_split_is_true_for_zero_count", [], None),
    ],
)
def test_a_name_has_no_value_and_no_number_where_nothing_is_left_to_tell_apart(name, dropped, expected):
    found = settled([candidate(name)], dropped)
    assert [each.name for each in found.values()] == ([expected] if expected else [])
    assert all(f"def {each.name}():" in each.source for each in found.values())


def test_of_two_tests_one_has_the_plain_name():
    found = settled([candidate("test_split_of_h"), candidate("test_split_of_g")], [])
    assert [(identity, each.name) for identity, each in found.items()] == [
        ("codes.py::split#test_split_of_h", "test_split")
    ]


@pytest.mark.parametrize("changes", [{"origin": Origin.MODEL}, {"round": ROUND}])
def test_names_of_others_and_on_disk_stay(changes):
    assert settled([candidate("test_split_of_h", **changes)], []) == {}


def test_a_name_that_is_on_disk_is_taken():
    assert settled([candidate("test_split_of_h")], [], ["test_split"]) == {}
