"""Mutants that share a child have the verdicts that each has alone, whatever its neighbours leave behind."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pytest_llmgen.records import Module, Mutant, MutantJob, MutantStatus, MutantVerdict, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

STORE = """\
import functools
import os
import threading

SEEN = {}
LIMIT = 3

class Box:
    size = 1
    made = []

def resize(n):
    Box.size = n if n > 5 else Box.size
    return n + 0

def remember(key):
    SEEN[key] = len(key)
    return SEEN[key]

def set_limit(n):
    global LIMIT
    if n > 9:
        LIMIT = n
    return LIMIT

def export(name):
    if len(name) > 9:
        os.environ["STORE"] = name
    return os.environ.get("STORE", name)

def go(n):
    if n > 4:
        os.chdir("/")
    if n > 5:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    return n

@functools.cache
def twice(n):
    return n + n

def warm(n):
    return twice(n)

def fits(n):
    return n < Box.size + LIMIT

def spin(n):
    while n > 0:
        n -= 1
    return n

def leave(n):
    if n > 5:
        os._exit(1)
    return n
"""
SUITE = """\
import os
import pytest
import store
from store import *

def test_resize(): assert resize(2) == 2
def test_remember(): assert remember("ab") == 2
def test_limit(): assert set_limit(4) == 3
def test_export(): assert export("ab") == "ab"
def test_go(): assert go(3) == 3
def test_twice(): assert warm(2) == 4
def test_twice_again(): assert warm(2) == 4
def test_fits(): assert fits(3) and not fits(4)
def test_clean(): assert (store.LIMIT, Box.size, os.environ.get("STORE"), SEEN) == (3, 1, None, {})
def test_spin(): assert spin(3) == 0
def test_leave(): assert leave(3) == 3

LAMP = {"on": False}

def test_lamp():
    LAMP["on"] = not LAMP["on"]
    assert LAMP["on"] and fits(2)
"""


def job(name: str, before: str, after: str, tests: str) -> MutantJob:
    start = STORE.index(before)
    line = STORE.count("\n", 0, start) + 1
    unit = STORE[:start].rpartition("def ")[2].partition("(")[0]
    region = Region(line, 1, line, 2)
    end = start + len(before)
    mutant = Mutant(name, "store.py", unit, unit, "any", start, end, before, after, after, region, 1, False, line)
    return MutantJob(mutant, tuple(f"test_store.py::test_{test}" for test in tests.split()), 1.0)


JOBS = (
    job("class-attribute", "n > 5 else", "n > 1 else", "resize clean"),
    job("killed-after-it", "n + 0", "n + 1", "resize clean"),
    job("compares-with-it", "n < Box.size", "n <= Box.size", "fits"),
    job("dictionary", "len(key)", "len(key) + 1", "remember clean"),
    job("global", "n > 9", "n > 3", "limit clean"),
    job("global-unseen", "n > 9", "n >= 9", "limit fits"),
    job("environment", "len(name) > 9", "len(name) > 1", "export clean"),
    job("environment-unseen", "len(name) > 9", "len(name) >= 9", "export clean"),
    job("folder", "n > 4", "n > 2", "go clean"),
    job("thread", "n > 5:\n        threading", "n > 2:\n        threading", "go"),
    job("cached", "n + n", "n * 3", "twice twice_again"),
    job("cached-equal", "n + n", "n * 2", "twice twice_again"),
    job("hangs", "n -= 1", "n -= 0", "spin"),
    job("after-a-hang", "n > 0", "n > 1", "spin"),
    job("crashes", "n > 5:\n        os", "n > 2:\n        os", "leave"),
    job("no-python", "n + n", "n +", "twice"),
    job("unknown-test", "n + n", "n", "not_there"),
    job("lamp", "n < Box.size + LIMIT", "n <= Box.size + LIMIT", "lamp"),
    job("lamp-again", "n < Box.size + LIMIT", "n < Box.size + LIMIT + 1", "lamp"),
    job("lamp-once-more", "Box.size + LIMIT", "Box.size + LIMIT + 2", "lamp"),
    job("after-a-crash", "return n\n\n@functools", "return -n\n\n@functools", "go"),
)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("project")
    (root / "store.py").write_text(STORE)
    (root / "test_store.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        settings = defaults(root, workers=1)
        modules = [Module("store.py", "store", ".", STORE)]
        with Executor(root, settings, args=(), sys_path=sys.path, invocation_dir=root, modules=modules) as made:
            yield made


def judged(runner: Executor, jobs: tuple[MutantJob, ...]) -> dict[str, MutantVerdict]:
    return {verdict.mutant_id: verdict for verdict in runner.judge(jobs)}


def what(verdicts: dict[str, MutantVerdict]) -> dict[str, tuple[MutantStatus, tuple[str, ...]]]:
    return {name: (verdict.status, verdict.killed_by) for name, verdict in verdicts.items()}


@pytest.fixture(scope="module")
def alone(runner: Executor) -> dict[str, MutantVerdict]:
    return {name: verdict for job in JOBS for name, verdict in judged(runner, (job,)).items()}


@pytest.mark.parametrize("order", [1, -1])
def test_a_group_changes_no_verdict_in_either_order(
    runner: Executor, alone: dict[str, MutantVerdict], order: int
) -> None:
    assert what(judged(runner, JOBS[::order])) == what(alone)
    assert {verdict.status for verdict in alone.values()} >= {
        MutantStatus.KILLED, MutantStatus.SURVIVED, MutantStatus.TIMEOUT, MutantStatus.RUNTIME_ERROR
    }  # fmt: skip


def test_a_group_changes_no_kill_matrix(runner: Executor) -> None:
    everything = "resize remember limit export go twice twice_again fits leave clean"
    jobs = tuple(
        replace(job, tests=tuple(f"test_store.py::test_{test}" for test in everything.split()), every_test=True)
        for job in JOBS[:12]
    )
    apart = {name: verdict for job in jobs for name, verdict in judged(runner, (job,)).items()}
    assert what(judged(runner, jobs)) == what(apart)


CANDIDATES = {
    "remembers": "assert store.remember('ab') == 2",
    "warms": "assert store.warm(2) == 4",
    "warms_again": "assert (store.warm(2), store.SEEN) == (4, {})",
    "limits": "assert store.set_limit(20) == 20",
    "fits": "assert store.fits(3) and not store.fits(4)",
    "goes": "assert store.go(5) == 5",
    "stays": "assert os.path.exists('store.py') and store.LIMIT == 3",
    "fails": "assert store.fits(9)",
    "leaves": "store.leave(6)",
    "box": "store.Box.size = 9",
    "resizes": "assert store.resize(2) == 2 and store.Box.size == 1",
}


def test_candidates_that_are_tried_together_come_to_what_each_comes_to_alone(runner: Executor) -> None:
    head = "import os\nimport store\n\n"
    files = {
        f"test_llmgen_try_{name}.py": f"{head}def test_{name}():\n    {text}\n" for name, text in CANDIDATES.items()
    }
    alone = [run for path, source in files.items() for run in runner.try_candidates({path: source}, 5.0)]
    together = runner.try_candidates(files, 5.0)
    seen = [[(run.nodeid, run.outcome, run.left, run.message, run.hits) for run in runs] for runs in (alone, together)]
    assert seen[0] == seen[1]
    assert {run.nodeid.rpartition("_")[2] for run in together if run.left} == {"goes", "box"}
    loaded = runner.load_candidates(files)
    assert list(loaded) == [f"{path}::test_{name}" for path, name in zip(files, CANDIDATES, strict=True)]
