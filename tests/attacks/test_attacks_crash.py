"""kill -9 at five moments: nothing is left running, lost or half written, and the next run ends as if nothing had been.

``benchmarks/crash/run.py`` does this a hundred times, once for each run.
"""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_llmgen.testing import FakeAnthropic

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "crash" / "run.py"
LIMIT = 120.0
SEED = 3
WORKER = "pytest_llmgen.run.worker"
ONE_TO_TEST = """
def sign(number):
    if number > 0:
        return 1
    return -1 if number < 0 else 0


def double(number):
    return 2 * number
"""
VICTIMS = ("child", "worker", "child", "worker")


@pytest.fixture(scope="module")
def crash() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crash_run", SCRIPT)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["crash_run"] = module  # its dataclasses ask for it
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    module.FILES["pkg/code.py"] = ONE_TO_TEST
    return module


@pytest.fixture(scope="module")
def api(crash: ModuleType) -> Iterator[FakeAnthropic]:
    with FakeAnthropic(crash.answer) as double:
        yield double


def trial_in(crash: ModuleType, folder: Path) -> Any:
    trial = crash.Trial(folder)
    trial.write()
    return trial


@pytest.fixture(scope="module")
def undisturbed(crash: ModuleType, api: FakeAnthropic, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    trial = trial_in(crash, tmp_path_factory.mktemp("undisturbed"))
    output = trial.run(api)
    assert trial.result().get("files"), output
    return trial.result()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_five_kills_leave_nothing_behind_and_the_next_run_ends_as_an_undisturbed_one(
    crash: ModuleType, api: FakeAnthropic, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    trial = trial_in(crash, tmp_path)
    before = trial.users_files()
    chance = random.Random(SEED)
    process = trial.start(api)
    for number, victim in enumerate(VICTIMS):
        if number == 1:  # the first kill comes at the start, the others where tests are tried
            wait_for(lambda: bool(trial.replies()), process)
        wait_for(lambda victim=victim: crash.choose(process.pid, victim, chance, WORKER) is not None, process)
        with suppress(ProcessLookupError, TypeError):
            os.kill(crash.choose(process.pid, victim, chance, WORKER), signal.SIGKILL)
        time.sleep(chance.random() / 10)
    known = {(pid, started) for _, pid, started in crash.below(process.pid)}
    process.kill()
    process.communicate(timeout=LIMIT)
    assert crash.outlived(known) == set()
    assert trial.users_files() == before
    kept, asked = trial.replies(), len(api.requests)
    output = trial.run(api)
    assert trial.result() == undisturbed, output
    assert kept <= trial.replies()
    assert len(api.requests) - asked <= len(trial.replies() - kept)
    assert trial.leftovers() == []
    assert trial.users_files() == before
