"""Workers by the means that macOS has: no pidfd, no clock of another process, no ``/proc``; its profile apart."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_run_executor_mutants import EXPECTED, JOBS, SHOP, SUITE

from pytest_llmgen.records import Module, MutantVerdict, Outcome
from pytest_llmgen.run import workers
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.sandbox import tree
from pytest_llmgen.settings import defaults

ELSEWHERE = """
import os, sys, time
del os.pidfd_open
def clock_gettime(clock, real=time.clock_gettime):
    if clock < 0:
        raise OSError("no clock of another process")
    return real(clock)
time.clock_gettime = clock_gettime
sys.path.append(sys.argv[1])
from pytest_llmgen.run.sandbox import entry, macos, tree
entry.system, tree._living = macos, tree._living_by_ps
from pytest_llmgen.run.worker import main
main(int(sys.argv[2]))
"""
CANDIDATE = "tests/llmgen/test_llmgen_shop.py"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    root = tmp_path_factory.mktemp("project")
    (root / "shop.py").write_text(SHOP)
    (root / "test_shop.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setattr(workers, "BOOT", ELSEWHERE)
        patch.delattr(os, "pidfd_open")
        patch.setattr(sys, "platform", "darwin")
        patch.setattr(tree, "_living", tree._living_by_ps)
        with Executor(
            root,
            defaults(root, workers=1, sandbox="portable"),
            args=["test_shop.py"],
            sys_path=sys.path,
            invocation_dir=root,
            modules=[Module("shop.py", "shop", ".", SHOP)],
        ) as made:
            patch.setattr(sys, "platform", "linux")
            yield made


@pytest.fixture(scope="module")
def verdicts(runner: Executor) -> dict[str, MutantVerdict]:
    return {verdict.mutant_id: verdict for verdict in runner.judge(JOBS)}


def test_the_verdicts_are_the_same(verdicts: dict[str, MutantVerdict]) -> None:
    found = {name: (v.status, [n.partition("::test_")[2] for n in v.killed_by]) for name, v in verdicts.items()}
    assert found == EXPECTED


def test_a_test_that_hangs_and_one_that_ends_its_process_cost_no_other(runner: Executor) -> None:
    tests = "import os\ndef test_hang():\n    while True: pass\ndef test_exit(): os._exit(0)\ndef test_fine(): ...\n"
    runs = runner.try_candidates({CANDIDATE: tests}, 1.0)
    outcomes = {run.nodeid.rpartition("_")[2]: run.outcome for run in runs}
    assert outcomes == {"hang": Outcome.TIMEOUT, "exit": Outcome.CRASHED, "fine": Outcome.PASSED}


def test_nothing_is_left_running(runner: Executor, tmp_path: Path) -> None:
    pids = tree.descendants(os.getpid())
    assert pids
    runner.close()
    assert not pids & tree.descendants(os.getpid())
