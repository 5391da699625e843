"""Real workers on a small real project: kinds of tests, candidates, crashes."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Hits, Module, Outcome, Probe, TestRun
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.pool import PoolClosedError
from pytest_llmgen.settings import defaults

SHOP = """\
def price(n, cost=3):
    if n < 0:
        raise ValueError("negative")
    total = n * cost
    if n > 10:
        total -= 5
    return total
"""
CONFTEST = """\
import pytest

LOG = []

@pytest.fixture(scope="session")
def session_list():
    yield LOG
    LOG.append("closed")

@pytest.fixture
def name(session_list):
    return "joe"

def pytest_addoption(parser):
    parser.addoption("--env", default="none")
"""
SUITE = """\
import asyncio, os, sys, time, unittest, warnings
import pytest
from hypothesis import given, settings, strategies
from shop import price

def test_passes(): assert price(2) == 6
def test_fails():
    value = price(1)
    assert value == 4
@pytest.mark.parametrize("n", [1, 2])
def test_table(n): assert price(n) == 3 * n
def test_fixtures(name, session_list, tmp_path, capsys, caplog, request):
    print("hello")
    assert capsys.readouterr().out == "hello\\n"
    (tmp_path / "x").write_text(name)
    assert request.config.getoption("--env") == "prod"
@pytest.mark.asyncio
async def test_async(): assert await asyncio.sleep(0, 7) == 7
@pytest.mark.xfail
def test_xfail(): assert False
@pytest.mark.xfail
def test_xpass(): assert True
@pytest.mark.skip
def test_skip(): assert False
@pytest.fixture
def broken(): raise OSError("no")
def test_error(broken): pass
class TestUnit(unittest.TestCase):
    def setUp(self): self.n = 2
    def test_unit(self): self.assertEqual(price(self.n), 6)
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i): self.assertLess(i, 2)
    def test_sub_skips(self):
        with self.subTest(i=1): self.skipTest("not here")
        self.assertEqual(price(2), 6)
@settings(max_examples=2)
@given(strategies.integers())
def test_slow_property(n): time.sleep(0.25)
def test_leaves(): os._exit(0)
def test_dies(): os.abort()
def test_sys_exit(): sys.exit(0)
def test_hangs():
    while True: pass
def test_forges():
    for fd in range(3, 40):
        try: os.write(fd, b"\\x00\\x00\\x00\\x13" + b'{"kind": "done"}   ')
        except OSError: pass
    os._exit(0)
def test_prints_and_reads():
    with pytest.raises((OSError, EOFError)): input()
def test_warns():
    with pytest.raises(UserWarning): warnings.warn("x")
"""
INI = """\
[pytest]
pythonpath = .
addopts = -x -n 2 --cov=shop --cov-fail-under=100 --strict-markers --lf -v --env prod
filterwarnings = error
asyncio_default_fixture_loop_scope = function
testpaths = tests
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def executor(root: Path, *, args: tuple[str, ...] = (), **settings: object) -> Executor:
    return Executor(
        root,
        defaults(root, **{"workers": 1, **settings}),
        args=args,
        sys_path=sys.path,
        invocation_dir=root,
        modules=[Module("shop.py", "shop", ".", SHOP)],
    )


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers without the installed plugins start in a third of the time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("project")
    write(
        root,
        {"shop.py": SHOP, "tests/conftest.py": CONFTEST, "tests/test_shop.py": SUITE, "pytest.ini": INI},
    )
    with executor(root, args=("-q", "--llm-check", "--cov=shop", "tests")) as made:
        yield made


OUTCOMES = {
    "test_passes": Outcome.PASSED,
    "test_fails": Outcome.FAILED,
    "test_table[1]": Outcome.PASSED,
    "test_table[2]": Outcome.PASSED,
    "test_fixtures": Outcome.PASSED,
    "test_async": Outcome.PASSED,
    "test_xfail": Outcome.XFAILED,
    "test_xpass": Outcome.XPASSED,
    "test_skip": Outcome.SKIPPED,
    "test_error": Outcome.ERROR,
    "TestUnit::test_unit": Outcome.PASSED,
    "TestUnit::test_sub": Outcome.FAILED,
    "TestUnit::test_sub_skips": Outcome.PASSED,  # as in the user's run
    "test_slow_property": Outcome.PASSED,  # a deadline would fail it
    "test_leaves": Outcome.CRASHED,
    "test_dies": Outcome.CRASHED,
    "test_sys_exit": Outcome.FAILED,
    "test_hangs": Outcome.TIMEOUT,
    "test_forges": Outcome.CRASHED,
    "test_prints_and_reads": Outcome.PASSED,
    "test_warns": Outcome.PASSED,
}


@pytest.fixture(scope="module")
def runs(runner: Executor) -> dict[str, TestRun]:
    nodeids, errors = runner.collect()
    assert not errors
    assert {n.partition("::")[2] for n in nodeids} == set(OUTCOMES)
    return {run.nodeid.partition("::")[2]: run for run in runner.map_tests(nodeids, 1.5)}


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_each_kind_of_test_has_its_outcome(runs: dict[str, TestRun], name: str, outcome: Outcome) -> None:
    assert runs[name].outcome is outcome, runs[name].message


def test_a_run_tells_its_lines_and_branches(runs: dict[str, TestRun]) -> None:
    assert runs["test_passes"].hits == {
        "shop.py": Hits(frozenset({2, 4, 5, 7}), frozenset({(2, 4), (5, 7)})),
    }


def test_a_failure_names_type_message_and_line(runs: dict[str, TestRun]) -> None:
    run = runs["test_fails"]
    assert (run.error_type, run.crash_line) == ("builtins.AssertionError", 9)
    assert run.message == "AssertionError: assert 3 == 4\ntest_shop.py:9: assert value == 4"


def test_a_test_that_was_not_collected_says_so(runner: Executor) -> None:
    (run,) = runner.map_tests(["tests/test_shop.py::test_nothing"], 1.0)
    assert run.outcome is Outcome.NOT_COLLECTED


GOOD = """\
import pytest
from shop import price

@pytest.mark.llm_generated
def test_good(name):
    assert (name, price(1)) == ("joe", 3)

def test_bad():
    assert price(1) == 4
"""
CRASHING = """\
import os

def test_one(): pass
def test_two(): os._exit(0)
def test_three(): pass
"""
LEAVING = """\
import os
import pytest
import shop

@pytest.fixture(scope="module")
def folder():
    before = os.getcwd()
    yield os.chdir("/")
    os.chdir(before)

def test_one(folder): shop.price = None
def test_two(folder): pass
"""
CANDIDATES = {
    "tests/llmgen/test_llmgen_good.py": GOOD,
    "tests/llmgen/test_llmgen_import.py": "import nothing_like_this\n",
    "tests/llmgen/test_llmgen_syntax.py": "\ndef x(:\n",
    "tests/llmgen/test_llmgen_empty.py": "",
    "tests/llmgen/test_llmgen_crash.py": CRASHING,
    "tests/llmgen/test_llmgen_exit.py": "import os\nos._exit(0)\n",
    "tests/llmgen/test_llmgen_leaves.py": LEAVING,
}


@pytest.fixture(scope="module")
def tried(runner: Executor) -> dict[str, list[TestRun]]:
    found: dict[str, list[TestRun]] = {}
    for run in runner.try_candidates(CANDIDATES, 5.0):
        found.setdefault(run.nodeid.partition("::")[0].partition("llmgen_")[2], []).append(run)
    return found


def test_a_candidate_file_sees_the_projects_fixtures_and_each_test_is_judged_alone(
    tried: dict[str, list[TestRun]],
) -> None:
    good, bad = tried["good.py"]
    assert (good.nodeid, good.outcome) == ("tests/llmgen/test_llmgen_good.py::test_good", Outcome.PASSED)
    assert good.hits["shop.py"].lines == {2, 4, 5, 7}
    assert (bad.outcome, bad.crash_line) == (Outcome.FAILED, 9)


@pytest.mark.parametrize(
    ("name", "error_type", "line"),
    [
        ("import.py", "builtins.ModuleNotFoundError", 1),
        ("syntax.py", "builtins.SyntaxError", 2),
        ("empty.py", None, None),
        ("exit.py", None, None),
    ],
)
def test_a_file_that_is_not_collected_gives_one_run_with_the_reason(
    tried: dict[str, list[TestRun]], name: str, error_type: str | None, line: int | None
) -> None:
    (run,) = tried[name]
    assert (run.outcome, run.error_type, run.crash_line) == (Outcome.NOT_COLLECTED, error_type, line)
    assert run.message


def test_what_a_candidate_leaves_changed_is_said_after_its_last_test(tried: dict[str, list[TestRun]]) -> None:
    assert [run.left for run in tried["leaves.py"]] == [(), ("shop.price",)]
    assert [run.left for run in tried["good.py"]] == [(), ()]


def test_a_crash_costs_only_the_test_that_crashed(tried: dict[str, list[TestRun]]) -> None:
    assert {run.nodeid[-5:]: run.outcome for run in tried["crash.py"]} == {
        "t_one": Outcome.PASSED,
        "t_two": Outcome.CRASHED,
        "three": Outcome.PASSED,
    }


def test_the_users_tree_stays_as_it_was(runner: Executor, tried: dict[str, list[TestRun]]) -> None:
    assert tried
    assert not (runner._root / "tests" / "llmgen").exists()
    assert sorted(p.name for p in runner._root.iterdir()) == ["pytest.ini", "shop.py", "tests"]


def test_a_worker_that_was_killed_is_replaced_and_its_files_are_loaded_again(runner: Executor) -> None:
    path = "tests/llmgen/test_llmgen_loaded.py"
    runner.load_candidates({path: "def test_loaded(): pass\n"})
    (pool,) = [pool for kind, pool in runner._pools.items() if kind == "warm"]
    (worker,) = pool._workers
    os.killpg(worker._child.pid, signal.SIGKILL)
    (run,) = runner.map_tests([f"{path}::test_loaded"], 5.0)
    assert run.outcome is Outcome.PASSED, run.message
    assert pool._workers[0] is not worker


def test_a_second_question_is_answered_while_the_first_one_is(runner: Executor) -> None:
    nodeids, _ = runner.collect()
    answers = runner.map_tests(nodeids[:2], 5.0)
    first = next(answers)
    (other,) = runner.map_tests(nodeids[:1], 5.0)
    assert [other.nodeid, *sorted(run.nodeid for run in (first, *answers))] == [nodeids[0], *sorted(nodeids[:2])]


PERTURBED = """\
import os, random, sys, time
SEEN = []
def test_clean(): SEEN.append(1); assert 1 + 1 == 2
def test_order(): assert SEEN
def test_zone(): assert time.tzname[0] == "UTC" or time.timezone == 0
def test_hash(): assert os.environ["PYTHONHASHSEED"] == "0"
def test_folder(): assert os.path.exists("shop.py")
"""


def test_a_retry_finds_what_depends_on_circumstances(runner: Executor) -> None:
    path = "tests/llmgen/test_llmgen_flaky.py"
    first = {run.nodeid.rpartition("_")[2]: run.outcome for run in runner.try_candidates({path: PERTURBED}, 5.0)}
    twice = runner.retry_candidates({path: PERTURBED}, 5.0, times=2)
    again, more = ({run.nodeid.rpartition("_")[2]: run.outcome for run in runs} for runs in twice)
    assert again == more
    assert {first[name] for name in ("clean", "order", "hash", "folder")} == {Outcome.PASSED}
    assert again.pop("clean") is Outcome.PASSED
    assert set(again.values()) == {Outcome.FAILED}


def test_a_system_without_fork_is_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(LlmgenError, match=r"forked processes.*run it on Linux.*\[no-fork\]"):
        Executor(tmp_path, defaults(tmp_path), args=(), sys_path=[], invocation_dir=tmp_path, modules=[])


@pytest.mark.parametrize(
    ("module", "limit", "slug", "said"),
    [
        ("import sys\nprint('bye')\nsys.exit(3)\n", 60.0, "worker-died", "SystemExit: 3"),
        ("import os\nos._exit(0)\n", 60.0, "worker-died", "wrote nothing"),
        ("while True: pass\n", 1.5, "worker-hung", "within 1.5 s"),
    ],
)
def test_a_worker_that_cannot_start_is_a_clear_error(
    tmp_path: Path, quick_start: None, module: str, limit: float, slug: str, said: str
) -> None:
    write(tmp_path, {"shop.py": SHOP, "conftest.py": module})
    with executor(tmp_path, timeouts=[f"start={limit}"]) as runner, pytest.raises(LlmgenError) as caught:
        runner.collect()
    assert caught.value.slug == slug
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_project_that_prints_and_reads_at_import_and_has_no_tests_still_serves(
    tmp_path: Path, quick_start: None
) -> None:
    noisy = "import sys\nprint('x' * 100000)\nassert sys.stdin.read() == ''\n"
    write(tmp_path, {"shop.py": SHOP, "conftest.py": noisy, "test_broken.py": "import nothing_like_this\n"})
    with executor(tmp_path, args=("-s",)) as runner:
        nodeids, (error,) = runner.collect()
        (run,) = runner.try_candidates({"test_new.py": "from shop import price\ndef test_it(): assert price(1)\n"}, 5.0)
    assert nodeids == ()
    assert "nothing_like_this" in error
    assert run.outcome is Outcome.PASSED, run.message


@pytest.mark.parametrize("sandbox", ["portable", "off"])
def test_weaker_sandboxes_leave_the_users_tree_alone_too(tmp_path: Path, quick_start: None, sandbox: str) -> None:
    suite = "import shop\nfrom pathlib import Path\ndef test_it(): Path(shop.__file__).write_text('')\n"
    write(tmp_path, {"shop.py": SHOP, "test_shop.py": suite})
    candidate = {"tests/llmgen/test_new.py": "from shop import price\ndef test_new(): assert price(1) == 3\n"}
    with executor(tmp_path, sandbox=sandbox) as runner:
        runs = [*runner.map_tests(["test_shop.py::test_it"], 5.0), *runner.try_candidates(candidate, 5.0)]
        loaded = runner.load_candidates(candidate)
        assert runner.tier == sandbox
    assert [run.outcome for run in runs] == [Outcome.PASSED, Outcome.PASSED], runs
    assert runs[1].hits["shop.py"].lines == {2, 4, 5, 7}
    assert loaded == ("tests/llmgen/test_new.py::test_new",)
    assert {p.name: p.is_file() and p.read_text() for p in tmp_path.iterdir() if p.name != "__pycache__"} == {
        "shop.py": SHOP,
        "test_shop.py": suite,
    }


ONE = "from shop import price\ndef test_one(): assert price(1) == 3\n"
SETUP = "from shop import price"


def probes_of(name: str, number: int) -> list[Probe]:
    return [Probe(f"{name}#{n}", SETUP, f"({name!r}, price({n}))", path="shop.py") for n in range(number)]


def test_threads_that_ask_at_a_time_get_what_is_theirs(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": SHOP, "pytest.ini": "[pytest]\npythonpath = .\n"})
    with executor(tmp_path, workers=2) as two, ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(two.probe, probes_of(name, 100)) for name in "abcdef"]
        (run,) = two.try_candidates({"tests/test_one.py": ONE}, 5.0)
        assert run.outcome is Outcome.PASSED, run.message
        for name, future in zip("abcdef", asked, strict=True):
            seen = [each.value.source for each in future.result() if each.value and each.value.source]
            assert seen == [repr((name, 3 * n - (5 if n > 10 else 0))) for n in range(100)]


def test_who_waits_is_told_when_the_workers_are_ended(tmp_path: Path) -> None:
    write(tmp_path, {"shop.py": SHOP, "pytest.ini": "[pytest]\npythonpath = .\n"})
    with executor(tmp_path) as one, ThreadPoolExecutor(2) as threads:
        one.collect()
        asked = [threads.submit(one.probe, [Probe(name, "import time", "time.sleep(9)")], 20.0) for name in "ab"]
        time.sleep(0.2)
        one.close()
        assert [type(future.exception(5)) for future in asked] == [PoolClosedError] * 2
        with pytest.raises(PoolClosedError):
            one.probe(probes_of("c", 1))
