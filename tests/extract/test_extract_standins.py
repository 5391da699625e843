"""What a fixture gives, as code that needs no pytest."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from pytest_llmgen.extract.examples import TextFile, read_fixtures
from pytest_llmgen.extract.standins import FixtureCode, stand_in

CONFTEST = '''
import json
from collections import Counter as Tally
import pytest

BASE = {"a": 1}


def doubled(mapping):
    return {key: 2 * value for key, value in mapping.items()}


@pytest.fixture
def numbers():
    """What others are made of."""
    return Tally(doubled(BASE))


@pytest.fixture(scope="function")
def opened(numbers):
    log = list(numbers)
    yield log
    log.clear()


@pytest.fixture
def both(numbers, opened):
    return numbers, opened


@pytest.fixture
def stored(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(BASE))
    return tmp_path / "a.json"


@pytest.fixture(scope="module")
def shared():
    return []


@pytest.fixture(params=[1, 2])
def several(request):
    return request.param


@pytest.fixture
def foreign(mocker):
    return mocker.Mock()


@pytest.fixture
async def awaited():
    return 1
'''


def fixtures(source: str = CONFTEST):
    return {each.name: each for each in read_fixtures([TextFile("tests/conftest.py", dedent(source))], "tests/llmgen")}


def made(name: str, **around):
    space = dict(around)
    exec("\n".join(fixtures()[name].stand_in), space)
    return space


def test_a_stand_in_gives_what_the_fixture_gives():
    assert made("numbers")["numbers"] == {"a": 2}


def test_a_fixture_that_yields_is_not_ended_before_it_is_used():
    assert made("opened")["opened"] == ["a"]


def test_fixtures_share_the_fixture_that_they_ask_for():
    space = made("both")
    assert space["both"] == (space["numbers"], space["opened"])
    assert space["both"][0] is space["numbers"]


def test_what_pytest_gives_is_asked_of_others(tmp_path):
    assert fixtures()["stored"].needs == ("tmp_path",)
    assert made("stored", tmp_path=tmp_path)["stored"].read_text() == '{"a": 1}'


@pytest.mark.parametrize("name", ["shared", "several", "foreign", "awaited"])
def test_where_a_call_would_not_be_the_same_there_is_none(name):
    assert fixtures()[name].stand_in == ()


@pytest.mark.parametrize(
    "source",
    [
        "from .helpers import make\n@pytest.fixture\ndef it():\n    return make()\n",
        "@pytest.fixture\ndef it(it):\n    return it\n",
        "@pytest.fixture\n@other\ndef it():\n    return 1\n",
    ],
)
def test_what_leads_elsewhere_or_in_circles_has_none(source):
    tree = ast.parse(source)
    node = tree.body[-1]
    assert stand_in("it", {"it": FixtureCode(node, tree)}) is None
