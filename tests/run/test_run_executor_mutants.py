"""Mutants judged by real workers, in live forks and by fresh imports."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmgen.records import Module, Mutant, MutantJob, MutantStatus, MutantVerdict, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

SHOP = """\
import functools
import os

def rate(x):
    return x * 2

TABLE = [rate(1), rate(2)]

def price(n, cost=3):
    total = n * cost
    if n > 10:
        total -= 5
    return total

def spin(n):
    while n > 0:
        n -= 1
    return n

class Cart:
    def __init__(self):
        self.items = []

    @property
    def size(self):
        return len(self.items)

@functools.lru_cache
def double(n):
    return n + n

CACHE = {}

def remember(key):
    CACHE.setdefault(key, len(key))
    return CACHE[key]

def tax(n=1):
    return n

TAX = tax()

def leave(n):
    if n > 5:
        os._exit(1)
    return n
"""
SUITE = """\
import pytest
from shop import *
import shop

def test_price(): assert price(2) == 6
def test_bulk(): assert price(20) == 55
def test_default(): assert price(1) == 3
def test_spin(): assert spin(3) == 0
def test_size(): assert Cart().size == 0
@pytest.mark.parametrize("n, expected", [(1, 2), (2, 4)])
def test_double(n, expected): assert double(n) == expected
def test_table(): assert TABLE == [2, 4]
def test_tax(): assert TAX == 1
def test_fills_cache():
    remember("ab")
    shop.POLLUTED = True
def test_is_polluted(): assert not hasattr(shop, "POLLUTED")
def test_leave(): assert leave(3) == 3
@pytest.fixture
def stocked(): return price(2) == 6 or pytest.fail("no stock")
def test_error(stocked): pass
"""


def mutant(name: str, before: str, after: str, unit: str, *, in_signature: bool = False) -> Mutant:
    start = SHOP.index(before)
    line = SHOP.count("\n", 0, start) + 1
    region = Region(line, 1, line, 2)
    return Mutant(
        name,
        "shop.py",
        unit,
        unit,
        "any",
        start,
        start + len(before),
        before,
        after,
        after,
        region,
        1,
        in_signature,
        line,
    )


def job(mutant: Mutant, tests: str, *, timeout: float = 5.0, every: bool = False) -> MutantJob:
    return MutantJob(mutant, tuple(f"test_shop.py::test_{name}" for name in tests.split()), timeout, every)


JOBS = (
    job(mutant("killed", "n * cost", "n + cost", "price"), "size price bulk"),
    job(mutant("survives", "n > 10", "n >= 10", "price"), "price bulk default"),
    job(mutant("every", "n * cost", "0", "price"), "price size bulk default", every=True),
    job(mutant("hangs", "n -= 1", "n -= 0", "spin"), "size spin", timeout=0.5),
    job(mutant("property", "len(self.items)", "1", "Cart.size"), "size"),
    job(mutant("decorated", "n + n", "n * 3", "double"), "double[1-2]"),
    job(mutant("default", "cost=3", "cost=4", "price", in_signature=True), "default"),
    job(mutant("imported", "x * 2", "x * 3", "rate"), "price table"),
    job(mutant("imported-default", "n=1", "n=2", "tax", in_signature=True), "tax"),
    job(mutant("imported-survives", "x * 2", "x + x", "rate"), "price table"),
    job(mutant("import-breaks", "x * 2", "x.no", "rate"), "price table"),
    job(mutant("no-python", "n + n", "n +", "double"), "double[1-2]"),
    job(mutant("crashes", "n > 5", "n > 1", "leave"), "leave"),
    job(mutant("polluted", "len(key)", "len(key) + 1", "remember"), "fills_cache is_polluted size"),
    job(mutant("set-up", "n * cost", "n - cost", "price"), "error"),
    job(mutant("uncovered", "n + n", "n", "double"), ""),
    job(mutant("unknown-test", "n + n", "n", "double"), "not_there"),
)

EXPECTED = {
    "killed": (MutantStatus.KILLED, ["price"]),
    "survives": (MutantStatus.SURVIVED, []),
    "every": (MutantStatus.KILLED, ["price", "bulk", "default"]),
    "hangs": (MutantStatus.TIMEOUT, []),
    "property": (MutantStatus.KILLED, ["size"]),
    "decorated": (MutantStatus.KILLED, ["double[1-2]"]),
    "default": (MutantStatus.KILLED, ["default"]),
    "imported": (MutantStatus.KILLED, ["table"]),
    "imported-default": (MutantStatus.KILLED, ["tax"]),
    "imported-survives": (MutantStatus.SURVIVED, []),
    "import-breaks": (MutantStatus.RUNTIME_ERROR, []),
    "no-python": (MutantStatus.COMPILE_ERROR, []),
    "crashes": (MutantStatus.RUNTIME_ERROR, []),
    "polluted": (MutantStatus.SURVIVED, []),
    "set-up": (MutantStatus.KILLED, ["error"]),
    "uncovered": (MutantStatus.NO_COVERAGE, []),
    "unknown-test": (MutantStatus.PENDING, []),
}


@pytest.fixture(scope="module", autouse=True)
def _quick_start() -> Iterator[None]:
    """Workers without the installed plugins start in a third of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


@pytest.fixture(scope="module")
def runner(_quick_start: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("project")
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    with Executor(
        root,
        defaults(root, workers=1),
        args=["-k", "test", "test_shop.py"],
        sys_path=sys.path,
        invocation_dir=root,
        modules=[Module("shop.py", "shop", ".", SHOP)],
    ) as made:
        yield made


@pytest.fixture(scope="module")
def verdicts(runner: Executor) -> dict[str, MutantVerdict]:
    return {verdict.mutant_id: verdict for verdict in runner.judge(JOBS)}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_each_mutant_has_its_verdict(
    verdicts: dict[str, MutantVerdict], name: str, expected: tuple[MutantStatus, list[str]]
) -> None:
    verdict = verdicts[name]
    assert (verdict.status, [n.partition("::test_")[2] for n in verdict.killed_by]) == expected, verdict


def test_every_job_has_one_verdict(verdicts: dict[str, MutantVerdict]) -> None:
    assert set(verdicts) == set(EXPECTED)


def test_a_timeout_is_seen_twice_before_it_counts(verdicts: dict[str, MutantVerdict]) -> None:
    assert verdicts["hangs"].confirmed
    assert verdicts["hangs"].seconds > 0.5  # alone it has the whole of its time


def test_a_broken_import_says_what_broke(verdicts: dict[str, MutantVerdict]) -> None:
    assert re.search(r"AttributeError: 'int' object has no attribute 'no'", verdicts["import-breaks"].detail)


def test_a_candidate_that_calls_the_code_when_it_is_collected_still_kills(runner: Executor) -> None:
    path = "tests/llmgen/test_llmgen_table.py"
    table = "@pytest.mark.parametrize('seen', [price(11)], ids=['x'])\ndef test_it(seen): assert seen == 28\n"
    nodeids = runner.load_candidates({path: f"import pytest\nfrom shop import price\n{table}"})
    (verdict,) = runner.judge([MutantJob(mutant("table", "n > 10", "n > 11", "price"), nodeids, 5.0)])
    assert (verdict.status, verdict.killed_by) == (MutantStatus.KILLED, nodeids)


def test_a_candidate_whose_ids_come_from_the_code_still_kills(runner: Executor) -> None:
    table = "@pytest.mark.parametrize('seen', [price(11)], ids=str)\ndef test_it(seen): assert seen == 28\n"
    files = {"tests/llmgen/test_ids.py": f"import pytest\nfrom shop import price\n\n{table}"}
    tests = runner.load_candidates(files)
    assert tests == ("tests/llmgen/test_ids.py::test_it[28]",)
    (verdict,) = runner.judge([MutantJob(mutant("ids", "n > 10", "n > 11", "price"), tests, 5.0)])
    assert (verdict.status, verdict.killed_by) == (MutantStatus.KILLED, tests)


CANDIDATE = "from shop import price\n\ndef test_edge():\n    assert price(10) == {}\n"
PATH = "tests/llmgen/test_llmgen_shop.py"


def test_loaded_candidates_kill_in_live_forks_and_in_fresh_imports_and_can_be_replaced(runner: Executor) -> None:
    node = f"{PATH}::test_edge"
    edge = MutantJob(mutant("edge", "n > 10", "n >= 10", "price"), (node,), 5.0)
    cold = MutantJob(mutant("cold", "x * 2", "x * 4", "rate"), (node, "test_shop.py::test_table"), 5.0)

    assert runner.load_candidates({PATH: CANDIDATE.format(30)}) == (node,)
    first = {verdict.mutant_id: verdict for verdict in runner.judge([edge, cold])}
    assert first["edge"].killed_by == (node,)
    assert first["cold"].killed_by == ("test_shop.py::test_table",)

    assert runner.load_candidates({PATH: CANDIDATE.format("price(10)")}) == (node,)
    (second,) = runner.judge([edge])
    assert second.status is MutantStatus.SURVIVED


def test_a_caller_that_stops_early_leaves_workers_that_still_serve(runner: Executor) -> None:
    verdicts = runner.judge(JOBS[:3])
    next(iter(verdicts))
    verdicts.close()
    (verdict,) = runner.judge(JOBS[:1])
    assert verdict.status is MutantStatus.KILLED


def test_no_process_outlives_the_executor(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    runner = Executor(
        tmp_path, defaults(tmp_path, workers=1), args=(), sys_path=sys.path, invocation_dir=tmp_path, modules=()
    )
    runner.collect()
    pids = [worker._child.pid for pool in runner._pools.values() for worker in pool._workers]
    runner.close()
    assert pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
