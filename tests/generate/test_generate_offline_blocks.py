"""What takes more than one call: a block that is entered, a generator that is sent values, hooks of a base class."""

import ast

import pytest
from test_generate_offline_generator import candidates_of, file_of, module_of
from test_generate_offline_outside import plan_for

from pytest_llmgen.generate.offline.inputs import endings_of_block
from pytest_llmgen.generate.offline.layout import in_blocks

TRANSACTION = """
class Transaction:
    def __init__(self):
        self._changes = None

    def __enter__(self):
        self._changes = {}
        return self

    def __exit__(self, kind, error, trace):
        self._changes = None
        return kind is KeyError

    def put(self, key, value):
        if self._changes is None:
            raise RuntimeError("no transaction is open")
        self._changes[key] = value
        return len(self._changes)
"""


def test_a_method_that_needs_a_block_is_called_within_one() -> None:
    tests = file_of(candidates_of(module_of("zoo", TRANSACTION)))
    assert "    with transaction:\n        assert transaction.put(" in tests
    assert "no transaction is open" in tests


def test_a_block_ends_well_or_with_an_error_that_the_code_names() -> None:
    node = ast.parse(TRANSACTION).body[0]
    assert isinstance(node, ast.ClassDef)
    ending = node.body[2]
    assert isinstance(ending, ast.FunctionDef)
    places = [[term.source for term in endings_of_block(ending, rank)] for rank in range(3)]
    assert places == [["None", "KeyError", "ValueError"], ["None", "KeyError('boom')", "ValueError('boom')"], ["None"]]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["    pool = Pool()", "    pool.__enter__()", "", "    assert pool.take() == 1"],
            ["    pool = Pool()", "    with pool:", "        assert pool.take() == 1"],
        ),
        (["    pool.__enter__()", "    assert pool.__exit__(None, None, None) is None"], None),  # left by hand
        (["    pool.__enter__()", f"    assert pool.take() == {'1' * 75}"], None),  # too long
        (["    pool.__enter__()"], None),  # nothing to stand within
    ],
)
def test_what_follows_entering_stands_within_the_block_where_that_can_be(
    lines: list[str], told: list[str] | None
) -> None:
    assert in_blocks(lines) == (told or lines)


AVERAGER = """
from collections.abc import Generator

def averager() -> Generator[float, float, None]:
    total, count, mean = 0.0, 0, 0.0
    while True:
        value = yield mean
        total += value
        count += 1
        mean = total / count
"""


def test_a_generator_is_sent_values_of_the_type_that_it_takes() -> None:
    usual, first, *_ = plan_for(AVERAGER).pools[-1]
    assert (usual.source, first.source) == ("", "it[None, 1.5, 1.0]")
    tests = file_of(candidates_of(module_of("zoo", AVERAGER)))
    assert "assert list(map(averager().send, [None, 1.5" in tests


def test_a_generator_that_takes_nothing_is_sent_nothing() -> None:
    assert plan_for("def f(n):\n    for i in range(n):\n        yield i\n").callee.called is None


def test_what_may_be_anything_is_what_the_code_asks_for() -> None:
    source = """
    import json
    from datetime import date
    from typing import Any

    class Encoder(json.JSONEncoder):
        def default(self, o: Any) -> Any:
            if isinstance(o, date):
                return o.isoformat()
            return super().default(o)
    """
    assert 'assert encoder.default(date(2024, 1, 31)) == "2024-01-31"' in file_of(
        candidates_of(module_of("zoo", source))
    )
