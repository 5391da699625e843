"""What workers cost is counted while they live and after they ended."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.usage import cpu_seconds, peak_mb
from pytest_llmgen.settings import defaults

SPIN = """\
import time

def test_spin():
    started = time.process_time()
    while time.process_time() - started < 0.4:
        pass
"""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "test_spin.py").write_text(SPIN)
    settings = defaults(tmp_path, workers=1)
    with Executor(tmp_path, settings, args=(), sys_path=sys.path, invocation_dir=tmp_path, modules=()) as made:
        yield made


def test_a_forked_test_counts_while_the_worker_lives_and_once_it_ended(runner: Executor) -> None:
    assert runner.cpu_seconds() == 0.0
    list(runner.map_tests(["test_spin.py::test_spin"], 20.0))
    live = runner.cpu_seconds()
    assert live >= 0.4
    assert runner.peak_memory_mb() > 10
    runner.close()
    assert runner.cpu_seconds() >= live
    assert runner.peak_memory_mb() > 10


def test_a_process_that_is_gone_costs_nothing() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert (cpu_seconds(pid), peak_mb(pid)) == (0.0, 0.0)
