"""Tests share a child while it is seen what they run, and nobody can tell."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_llmgen.records import Module, Outcome, Trace
from pytest_llmgen.run.contents import Watch
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.items import ItemResult
from pytest_llmgen.run.mapping import Row, Visit, takes_nothing
from pytest_llmgen.run.protocol import RawFile, RawRun
from pytest_llmgen.run.shortcut import UnsureError
from pytest_llmgen.run.states import unload
from pytest_llmgen.settings import defaults

LIMIT = 5.0


def item(name: str) -> Any:
    return SimpleNamespace(nodeid=name)


def run(name: str, line: int = 1, outcome: Outcome = Outcome.PASSED, **trace: tuple[str, ...]) -> RawRun:
    return RawRun(name, outcome, 0.1, {"shop.py": RawFile((line,), ())}, trace=Trace(**trace))


class Children:
    """Answers with runs that were laid down; notes what was asked."""

    def __init__(self, together: Sequence[Sequence[RawRun]], alone: Sequence[RawRun] = ()) -> None:
        self._together, self._alone = list(together), {each.nodeid: each for each in alone}
        self.asked: list[list[str]] = []
        self.asked_alone: list[str] = []

    def child(self, items: Sequence[Any], limit: float) -> Sequence[RawRun]:
        assert limit == LIMIT
        self.asked.append([each.nodeid for each in items])
        return self._together.pop(0)

    def alone(self, item: Any, limit: float) -> RawRun:
        assert limit == LIMIT
        self.asked_alone.append(item.nodeid)
        return self._alone[item.nodeid]

    def row(self) -> Row:
        return Row(self.child, self.alone)


ABC = [item(name) for name in "abc"]


def test_the_last_test_of_a_child_is_run_once_more_alone() -> None:
    children = Children([[run("a"), run("b"), run("c")]], [run("c")])
    assert sorted(children.row().run(ABC, LIMIT)) == ["a", "b", "c"]
    assert children.asked_alone == ["c"]


def test_where_the_last_runs_other_lines_alone_nothing_after_a_first_test_is_believed() -> None:
    children = Children([[run("a"), run("b"), run("c", line=1)]], [run("c", line=2)])
    row = children.row()
    found = row.run(ABC, LIMIT)
    assert {name: each.hits["shop.py"].lines for name, each in found.items()} == {"a": (1,), "c": (2,)}
    assert row.run(ABC, LIMIT) == {}
    assert children.asked == [["a", "b", "c"]]


def test_a_child_that_ended_early_is_followed_by_another() -> None:
    children = Children([[run("a")], [run("b"), run("c")]], [run("c")])
    assert sorted(children.row().run(ABC, LIMIT)) == ["a", "b", "c"]
    assert children.asked == [["a", "b", "c"], ["b", "c"]]


def test_a_test_that_a_child_says_nothing_of_is_left_to_be_run_alone() -> None:
    children = Children([[], [run("b"), run("c")]], [run("c")])
    assert sorted(children.row().run(ABC, LIMIT)) == ["b", "c"]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.CRASHED, Outcome.TIMEOUT, Outcome.SKIPPED])
def test_what_is_not_green_in_a_child_is_left_to_be_run_alone(outcome: Outcome) -> None:
    children = Children([[run("a"), run("b"), run("c", outcome=outcome)]], [run("b")])
    assert sorted(children.row().run(ABC, LIMIT)) == ["a", "b"]
    assert children.asked_alone == ["b"]


def test_one_test_needs_no_other_child() -> None:
    children = Children([])
    assert children.row().run(ABC[:1], LIMIT) == {}


def test_a_test_is_told_of_what_those_before_it_asked_for() -> None:
    first, second = run("a", files=("/etc/hosts",), variables=("HOME",)), run("b", variables=("LANG",))
    children = Children([[first, second, run("c")]], [run("c")])
    trace = children.row().run(ABC, LIMIT)["b"].trace
    assert trace is not None
    assert (trace.files, trace.variables) == (("/etc/hosts",), ("HOME", "LANG"))


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ({}, True),
        ({"files": ("/usr/share/locale/messages.mo",), "variables": ("LANG",)}, True),
        ({"files": ("data/prices.csv",)}, False),
        ({"files": ("*",)}, False),
        ({"modules": ("shop/late.py",)}, True),
        ({"unseen": ("socket.connect",)}, False),
    ],
)
def test_a_test_that_took_something_of_the_project_ends_its_child(
    trace: dict[str, tuple[str, ...]], expected: bool
) -> None:
    assert takes_nothing(run("a", **trace)) is expected


class Short:
    """Runs tests by telling their names; one named ``unsure`` needs the whole protocol."""

    def run(self, items: Sequence[Any], *, after: Callable[[ItemResult], bool]) -> None:
        for each in items:
            if each.nodeid == "unsure":
                raise UnsureError
            after(ItemResult(each.nodeid, Outcome.PASSED, 0.0))

    def forget(self) -> None: ...

    reopen = forget


@pytest.mark.parametrize(
    ("files", "fresh", "told"),
    [
        (["ab", "c"], [True, True], "<a >a <b >b <c >c"),
        (["ab", "c"], [False, True, True], "<a >a <b >b put-back <c >c"),
        (["ab", "c"], [False, False], "<a >a <b >b put-back"),
        (["a", ["b", "unsure"], "c"], [True], "<a >a <b >b <unsure"),
    ],
)
def test_tests_of_a_file_follow_each_other_and_a_look_follows_each_file(
    files: Sequence[Sequence[str]], fresh: list[bool], told: str
) -> None:
    seen: list[str] = []

    def after(result: ItemResult) -> RawRun:
        seen.append(f">{result.nodeid}")
        return run(result.nodeid)

    short: Any = Short()
    visit = Visit(short, lambda name: seen.append(f"<{name}"), after)
    visit.run_files([[item(n) for n in file] for file in files], lambda: fresh.pop(0), lambda: seen.append("put-back"))
    assert (" ".join(seen), fresh) == (told, [])


# --- what is put back ---

HELD = """
import collections, functools, threading
SIZES, NAMES, SEEN = {"a": [1]}, ["x"], {1}
LOCAL, TOTAL = threading.local(), 0
class Box:
    size = 1
    def __init__(self): self.items = {}
BOX, QUEUE = Box(), collections.deque()
ORDER = collections.OrderedDict(b=1, a=2)
def counting():
    n = 0
    def count():
        nonlocal n
        n += 1
    return count
count = counting()
@functools.cache
def thrice(n): return 3 * n
def plain(n, more=()): return n
"""


def loaded() -> ModuleType:
    module = ModuleType("held")
    module.__file__ = "/held.py"
    exec(HELD, vars(module))
    return module


UNDONE = [
    "SIZES['b'] = 2",
    "SIZES.clear()",
    "SIZES['a'].append(2)",
    "SIZES['a'] = []",
    "NAMES[:] = 'ab'",
    "SEEN.add(2)",
    "BOX.items['a'] = 1",
    "QUEUE.append(1)",
    "BOX.lid = 1",
    "Box.size = 2",
    "Box.lid = 2",
    "ORDER['c'] = 3",
    "LOCAL.stack = []",
    "TOTAL = 3; MORE = 4",
    "count()",
    "thrice(3)",
]
NOT_UNDONE = [
    "del Box.size",
    "ORDER.move_to_end('b')",
    "plain.__defaults__ = (1,)",
    "plain.calls = 1",
]


@pytest.mark.parametrize("change", UNDONE)
def test_what_a_test_changed_is_put_back(change: str) -> None:
    module = loaded()
    watch = Watch([module])
    exec(change, vars(module))
    assert not watch.is_same()
    watch.put_back()
    assert watch.is_same()


@pytest.mark.parametrize("change", NOT_UNDONE)
def test_what_is_not_put_back_is_seen(change: str) -> None:
    module = loaded()
    watch = Watch([module])
    exec(change, vars(module))
    watch.put_back()
    assert not watch.is_same()


def test_only_the_files_of_the_tests_at_hand_are_looked_at() -> None:
    watch = Watch([], {"/test_a.py": ([given := [1]]), "/test_b.py": [[2]]})
    assert watch.can_see("/test_a.py")
    given.append(2)
    assert (watch.is_same(["/test_a.py"]), watch.is_same(["/test_b.py"])) == (False, True)


# --- in real workers ---

SHOP = """\
import logging
from types import SimpleNamespace

PRICES = {}
LOG = logging.getLogger("shop")

def price(name):
    if name not in PRICES:
        PRICES[name] = len(name)
    return PRICES[name]

def rate():
    if getattr(LOG, "rate", None) is None:
        LOG.rate = 3
    return LOG.rate

def late():
    import late_shop
    return late_shop.NUMBER
"""
TESTS = """\
import pytest
import shop

@pytest.mark.parametrize("n", [1, 2, 3])
def test_price(n):
    assert shop.price("tea") == 3

@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_rate(n):
    assert shop.rate() == 3

@pytest.mark.parametrize("n", [1, 2, 3])
def test_late(n):
    assert shop.late() == 2
"""
LATE = "NUMBER = 2\n"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, frozenset[int]]:
    root = tmp_path_factory.mktemp("shop")
    (root / "shop.py").write_text(SHOP)
    (root / "late_shop.py").write_text(LATE)
    (root / "test_shop.py").write_text(TESTS)
    tests = [f"price[{n}]" for n in range(1, 4)] + [f"rate[{n}]" for n in range(1, 7)]  # four for each child
    tests = [f"late[{n}]" for n in range(1, 4)] + tests
    nodeids = [f"test_shop.py::test_{name}" for name in tests]
    modules = [Module("shop.py", "shop", ".", SHOP, ()), Module("late_shop.py", "late_shop", ".", LATE, ())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        settings = defaults(root, workers=1)
        with Executor(root, settings, args=(), sys_path=sys.path, invocation_dir=root, modules=modules) as executor:
            runs = list(executor.map_tests(nodeids, 5.0))
    assert sorted(each.nodeid for each in runs) == sorted(nodeids)
    return {
        each.nodeid.partition("::test_")[2]: frozenset().union(*(hits.lines for hits in each.hits.values()))
        for each in runs
    }


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_cache_that_an_earlier_test_filled_hides_no_line(lines: dict[str, frozenset[int]], n: int) -> None:
    assert 9 in lines[f"price[{n}]"]


@pytest.mark.parametrize("n", range(1, 7))
def test_a_cache_where_nobody_can_see_it_hides_no_line_either(lines: dict[str, frozenset[int]], n: int) -> None:
    assert 14 in lines[f"rate[{n}]"]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_module_that_a_test_loads_is_loaded_for_each(lines: dict[str, frozenset[int]], n: int) -> None:
    assert 1 in lines[f"late[{n}]"]


def test_only_new_modules_of_the_project_are_unloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("llmgen_old", "llmgen_new", "llmgen_other"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["llmgen_other"].__file__ = "/elsewhere/llmgen_other.py"
    for name in ("llmgen_old", "llmgen_new"):
        sys.modules[name].__file__ = str(tmp_path / f"{name}.py")
    unload(frozenset(sys.modules) - {"llmgen_new", "llmgen_other"}, str(tmp_path))
    assert [name in sys.modules for name in ("llmgen_old", "llmgen_new", "llmgen_other")] == [True, False, True]
