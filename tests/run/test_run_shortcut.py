"""Tests that run without pytest's reporting come to what they come to under plain pytest, whatever kind they are."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.records import Module, Mutant, MutantJob, MutantStatus, Outcome, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

SHOP = """\
import logging
import sys
import warnings

LOG = logging.getLogger("shop")

def price(n):
    return n * 2

def tell(n):
    LOG.warning("%s", n)
    print(n)
    return n * 1

def warn(n):
    if n > 2:
        warnings.warn("many", DeprecationWarning)
    return n

def log_badly(n):
    LOG.warning("%d", "x" if n > 2 else n)
    return n

def finish(n):
    class Late:
        def __del__(self):
            if n > 2:
                raise ValueError(n)
    Late()
    return n
"""
CONFTEST = """\
import pytest
import shop

@pytest.fixture
def two():
    yield 2
    assert shop.price(1) == 2, "at the end"

@pytest.fixture(scope="module")
def of_module():
    return shop.price(3)

@pytest.fixture(scope="session", params=[1, 2])
def of_session(request):
    return request.param, shop.price(request.param)

@pytest.fixture(autouse=True)
def always(request, monkeypatch):
    monkeypatch.setenv("NAME", request.node.name)

@pytest.fixture
def skips():
    if shop.price(1) != 2:
        pytest.skip("not today")

@pytest.fixture
def asks_for_log(request):
    return request.getfixturevalue("caplog")
"""
SUITE = '''\
import asyncio
import os
import threading
import unittest

import pytest
import shop
from shop import price

def test_plain(): assert price(2) == 4
def test_untouched(): assert 1 + 1 == 2
def test_name(): assert os.environ["NAME"] == "test_name" and "test_name (call)" in os.environ["PYTEST_CURRENT_TEST"]
def test_fixture(two): assert two == 2
def test_fixture_and_call(two): assert price(two) == 4
def test_module_fixture(of_module): assert of_module == 6
def test_session_fixture(of_session): assert of_session[1] == 2 * of_session[0]
@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 2), (3, 6)])
def test_parameters(n, expected): assert price(n) == expected
@pytest.mark.parametrize("n", [1, 2])
def test_parameters_and_fixture(n, two): assert price(n) == n * two

class TestMethods:
    seen = ()
    def setup_method(self): self.n = price(1)
    def test_set_up(self): assert self.n == 2
    def test_own_instance(self):
        assert not self.seen
        self.seen = (1,)
        assert price(1) == 2

class TestWithoutSetUp:
    def test_method(self): assert price(1) == 2

class TestUnit(unittest.TestCase):
    def setUp(self): self.n = price(1)
    def test_unit(self): self.assertEqual(self.n, 2)
    @unittest.skip("no")
    def test_skipped(self): self.fail("x")

@pytest.mark.skip
def test_skipped(): assert price(1) == 3
@pytest.mark.skipif("True", reason="always")
def test_skipped_if(): assert price(1) == 3
@pytest.mark.xfail(reason="known")
def test_expected_to_fail(): assert price(1) == 3
@pytest.mark.xfail(strict=True)
def test_strict(): assert price(2) != 4
def test_skips_itself():
    if price(1) != 2: pytest.skip("so")
def test_fails_as_expected():
    if price(1) != 2: pytest.xfail("so")
def test_skipping_fixture(skips): assert price(1) == 2
def test_exits():
    if price(1) != 2: raise SystemExit(0)
def test_output(capsys):
    shop.tell(price(1))
    assert capsys.readouterr().out == "2\\n"
def test_log(caplog):
    shop.tell(price(1))
    assert [r.getMessage() for r in caplog.records] == ["2"]
def test_log_asked_for_late(asks_for_log):
    shop.tell(price(1))
    assert asks_for_log.messages == ["2"]
def test_bad_log(): assert shop.log_badly(price(1)) > 0
def test_folder(tmp_path):
    (tmp_path / "a").write_text(str(price(1)))
    assert (tmp_path / "a").read_text() == "2" and len(list(tmp_path.iterdir())) == 1
def test_warning():
    shop.warn(price(1))
def test_awaited_warning():
    with pytest.warns(DeprecationWarning): shop.warn(price(2))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ignored_warning(): shop.warn(price(1))
def test_finalizer(): shop.finish(price(1))
def test_thread():
    def work():
        if price(1) != 2: raise ValueError
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
def test_result():
    return None if price(1) == 2 else 3
def test_fork():
    pid = os.fork()
    if pid == 0: os._exit(price(1))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
if pytest.version_tuple >= (9,):
    def test_subtests(subtests):
        for n in range(3):
            with subtests.test(n=n): assert price(n) == 2 * n
@pytest.mark.asyncio
async def test_asyncio():
    await asyncio.sleep(0)
    assert price(1) == 2
@pytest.mark.anyio
async def test_anyio(): assert price(1) == 2
@pytest.fixture
def anyio_backend(): return "asyncio"
def test_recursion():
    def deep(n): return 0 if n == 0 else deep(n - 1)
    assert deep(100) == 0 and price(1) == 2

def doubled():
    """
    >>> price(2)
    4
    """
'''
INI = """\
[pytest]
pythonpath = .
filterwarnings = error
addopts = --doctest-modules -p no:cacheprovider
asyncio_default_fixture_loop_scope = function
"""
CONFTEST_WITH_HOOK = """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except AssertionError:
        if "forgiven" not in item.name:
            raise
"""
REPORTER = """\
import json
FAILED = {}
def pytest_runtest_logreport(report):
    if report.failed: FAILED[report.nodeid] = 1
def pytest_sessionfinish():
    json.dump(list(FAILED), open("failed.json", "w"))
"""


def mutant(before: str, after: str) -> Mutant:
    start = SHOP.index(before)
    line = SHOP.count("\n", 0, start) + 1
    unit = SHOP[:start].rpartition("\ndef ")[2].partition("(")[0]
    region = Region(line, 1, line, 2)
    return Mutant(
        before, "shop.py", unit, unit, "any", start, start + len(before), before, after, after, region, 1, False, line
    )


MUTANTS = (mutant("n * 2", "n * 3"), mutant("n * 1", "n * 7"))


def write(root: Path, suite: str, conftest: str) -> Path:
    root.mkdir()
    for name, text in (("shop.py", SHOP), ("conftest.py", conftest), ("test_shop.py", suite), ("pytest.ini", INI)):
        (root / name).write_text(text)
    return root


def failing(root: Path, changed: Mutant) -> set[str]:
    """What fails under plain pytest with the mutant written into the file."""
    (root / "shop.py").write_text(mutated_source(SHOP, changed))
    (root / "plain.py").write_text(REPORTER)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "plain", "-p", "no:llmgen"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    return set(json.loads((root / "failed.json").read_text()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kinds")


@pytest.fixture(scope="module")
def runner(folder: Path) -> Iterator[Executor]:
    root = write(folder / "project", SUITE, CONFTEST)
    modules = [Module("shop.py", "shop", ".", SHOP)]
    with Executor(
        root, defaults(root, workers=1), args=(), sys_path=sys.path, invocation_dir=root, modules=modules
    ) as made:
        yield made


@pytest.fixture(scope="module")
def green(runner: Executor) -> list[str]:
    nodeids, errors = runner.collect()
    assert not errors
    return [run.nodeid for run in runner.map_tests(nodeids, 9.0) if run.outcome is Outcome.PASSED]


@pytest.fixture(scope="module", params=MUTANTS, ids=lambda each: each.unit)
def plain(request: pytest.FixtureRequest, folder: Path) -> tuple[Mutant, set[str]]:
    return request.param, failing(write(folder / f"plain-{request.param.unit}", SUITE, CONFTEST), request.param)


def test_the_kinds_of_tests_pass_in_a_worker(green: list[str]) -> None:
    names = {nodeid.rpartition("::")[2] for nodeid in green}
    assert names >= {"test_asyncio", "test_anyio", "test_unit", "test_output", "test_fork"}
    assert ("test_subtests" in names) is (pytest.version_tuple >= (9,))


@pytest.mark.parametrize("together", [True, False], ids=["in a group", "alone"])
def test_the_tests_that_kill_are_those_that_fail_under_plain_pytest(
    runner: Executor, green: list[str], plain: tuple[Mutant, set[str]], *, together: bool
) -> None:
    changed, expected = plain
    jobs = [MutantJob(Mutant(**{**fields(changed), "id": test}), (test,), 9.0) for test in green]
    batches = [jobs] if together else [[job] for job in jobs]
    killed = {v.mutant_id for batch in batches for v in runner.judge(batch) if v.status is MutantStatus.KILLED}
    assert killed == expected & set(green)


def test_the_whole_matrix_at_once_has_the_same_killers(
    runner: Executor, green: list[str], plain: tuple[Mutant, set[str]]
) -> None:
    changed, expected = plain
    (verdict,) = runner.judge([MutantJob(changed, tuple(green), 30.0, every_test=True)])
    assert set(verdict.killed_by) == expected & set(green)


def fields(record: Mutant) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}


def test_a_project_that_has_a_say_in_running_tests_keeps_it(folder: Path) -> None:
    suite = "from shop import price\ndef test_forgiven(): assert price(1) == 2\ndef test_told(): assert price(1) == 2\n"
    root = write(folder / "hooked", suite, CONFTEST + CONFTEST_WITH_HOOK)
    modules = [Module("shop.py", "shop", ".", SHOP)]
    with Executor(
        root, defaults(root, workers=1), args=(), sys_path=sys.path, invocation_dir=root, modules=modules
    ) as hooked:
        names = ("test_shop.py::test_forgiven", "test_shop.py::test_told")
        jobs = [MutantJob(Mutant(**{**fields(MUTANTS[0]), "id": name}), (name,), 9.0) for name in names]
        statuses = {verdict.mutant_id: verdict.status for verdict in hooked.judge(jobs)}
    assert statuses == dict(zip(names, (MutantStatus.SURVIVED, MutantStatus.KILLED), strict=True))
