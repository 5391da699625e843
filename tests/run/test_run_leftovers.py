"""What a test leaves changed is named; what the code under test does to itself is not."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_llmgen.records import Candidate, Category, Fate, Oracle, Origin, Outcome, TestRun
from pytest_llmgen.refine.trial import Place, trial_path, try_out
from pytest_llmgen.run.leftovers import Leftovers

SHOP = """
import os
import time
RATE, LIMIT, count, _config = 5, 10, 0, None
CACHE, EVENTS, TABLE = {}, [], {"a": 1}

class Order:
    made = 0
    tax = 7
    def __init__(self):
        Order.made += 1

def price(n):
    global count, _config
    count += 1
    _config = _config or object()
    CACHE[n] = n * RATE
    EVENTS.append(n)
    return CACHE[n]
"""
LEAVES = {
    "a name of the module": ("shop.LIMIT = 3", "shop.LIMIT"),
    "a function": ("shop.price = len", "shop.price"),
    "a name that was not there": ("shop.mode = 1", "shop.mode"),
    "a name that is gone": ("del shop.LIMIT", "shop.LIMIT"),
    "an attribute of a class": ("shop.Order.tax = 8", "shop.Order.tax"),
    "a counter that it names": ("shop.count = 99", "shop.count"),
    "an entry of a table": ("shop.TABLE['b'] = 2", "shop.TABLE"),
    "a list that it reads": ("shop.price(1); assert shop.EVENTS[-1] == 1", "shop.EVENTS"),
    "a patch that is not stopped": ("from unittest import mock; mock.patch('shop.LIMIT', 2).start()", "shop.LIMIT"),
    "a library": ("import time; shop.time.time = lambda: 0", "time.time"),
    "the environment": ("shop.os.environ['SHOP_MODE'] = 'x'", "os.environ['SHOP_MODE']"),
    "a variable that is gone": ("del shop.os.environ['SHOP_THERE']", "os.environ['SHOP_THERE']"),
    "the folder": ("shop.os.chdir('/')", "the working folder"),
    "the path": ("import sys; sys.path.append('/x')", "sys.path"),
    "a signal": ("import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)", "the handler of SIGUSR1"),
    "logging": ("import logging; logging.disable(30)", "the level of logging"),
    "the recursion limit": ("import sys; sys.setrecursionlimit(3000)", "the recursion limit"),
}
LEAVES_NOTHING = {
    "calls": "assert shop.price(2) == 10; shop.Order()",
    "what is put back": "old = shop.LIMIT; shop.LIMIT = 3; shop.LIMIT = old",
    "an equal value": "shop.LIMIT = int('10')",
    "a patch that is stopped": "from unittest import mock\nwith mock.patch('shop.LIMIT', 2): shop.price(1)",
    "an instance": "order = shop.Order(); order.tax = 3",
    "an import": "import xml.dom.minidom",
    "reading": "assert shop.TABLE == {'a': 1}",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    import logging
    import os
    import signal
    import time

    path = tmp_path / "shop.py"
    path.write_text(SHOP)
    spec = importlib.util.spec_from_file_location("shop", path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "shop", module)
    monkeypatch.setenv("SHOP_THERE", "x")
    monkeypatch.setattr(time, "time", time.time)
    monkeypatch.setattr(sys, "path", list(sys.path))
    handler, limit, folder = signal.getsignal(signal.SIGUSR1), sys.getrecursionlimit(), Path.cwd()
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    yield module
    os.environ.pop("SHOP_MODE", None)
    signal.signal(signal.SIGUSR1, handler)
    sys.setrecursionlimit(limit)
    logging.disable(logging.NOTSET)
    os.chdir(folder)


def left_by(shop: ModuleType, source: str) -> tuple[str, ...]:
    leftovers = Leftovers({shop.__file__ or "": SHOP})
    names: dict[str, Any] = {"shop": shop, "time": shop.time}
    leftovers.know([names])
    exec(source, names)
    return leftovers.found(source)


@pytest.mark.parametrize("what", LEAVES)
def test_what_is_left_changed_is_named(shop: ModuleType, what: str) -> None:
    source, name = LEAVES[what]
    assert left_by(shop, source) == (name,)


@pytest.mark.parametrize("what", LEAVES_NOTHING)
def test_nothing_is_said_of_what_is_put_back_or_the_codes_own(shop: ModuleType, what: str) -> None:
    assert left_by(shop, LEAVES_NOTHING[what]) == ()


def test_what_a_test_file_changes_when_it_is_imported_counts(shop: ModuleType) -> None:
    leftovers = Leftovers({shop.__file__ or "": SHOP})
    shop.LIMIT = 1  # type: ignore[attr-defined]
    leftovers.know([{"shop": shop}])
    assert leftovers.found("") == ("shop.LIMIT",)


class Runner:
    """Says that every candidate passes and leaves something."""

    def try_candidates(self, files: dict[str, str], _timeout: float) -> list[TestRun]:
        return [TestRun(f"{path}::test_a", Outcome.PASSED, 0.0, left=("shop.LIMIT", "sys.path")) for path in files]


def test_a_candidate_that_leaves_state_is_invalid_with_what_to_do() -> None:
    candidate = Candidate(
        id="c", target="shop.py::price", name="test_a", source="def test_a():\n    pass\n", imports=(), helpers=(),
        category=Category.EDGE, origin=Origin.MODEL, oracle=Oracle.OBSERVED, summary="s",
    )  # fmt: skip
    (judged,) = try_out([candidate], Runner(), Place("tests", 1.0, 0.0))  # type: ignore[arg-type]
    assert trial_path("tests", candidate)
    assert (judged.fate, judged.code) == (Fate.INVALID, "leaves-state")
    assert "shop.LIMIT, sys.path; put it back, with monkeypatch" in judged.reason


def test_a_folder_that_pytest_puts_in_the_path_when_it_sets_up_a_package_is_not_the_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    leftovers = Leftovers({})
    leftovers.know([{"__file__": "/project/tests/llmgen/test_shop.py"}])
    sys.path.insert(0, "/project")
    assert leftovers.found("") == ()
    sys.path.insert(0, "/elsewhere")
    assert leftovers.found("") == ("sys.path",)
