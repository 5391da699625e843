from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SLOW = """import time
from pkg.code import half

def test_half():
    time.sleep(0.2)
    assert half(4) == 2
"""
FILES = {
    "pkg/__init__.py": "",
    "pkg/code.py": "".join(f"def half{n or ''}(number):\n    return number / 2 + {n}\n\n\n" for n in range(6)),
    "tests/test_code.py": SLOW + "".join(f"\ndef test_{n}():\n    test_half()\n" for n in range(30)),
}
LIMIT = 60.0


def processes() -> Iterator[tuple[int, int, str]]:
    """Pid, parent and start time (jiffies since boot) of every process."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                yield int(folder.name), int(fields[1]), fields[19]


def descendants(pid: int) -> set[tuple[int, str]]:
    """Everything below a process, by pid and start time."""
    children: dict[int, list[tuple[int, str]]] = {}
    for child, parent, started in processes():
        children.setdefault(parent, []).append((child, started))
    found: set[tuple[int, str]] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += [child for child, _ in below]
    return found


def until_busy(process: subprocess.Popen[str]) -> set[tuple[int, str]]:
    """Wait for our stage: the worker, and a child of it that runs a test."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        found = descendants(process.pid)
        begun = Path(f"/proc/{process.pid}/cwd/.llmgen").exists()  # before that the sandbox is tried in a child
        if begun and len(found) >= 3:
            return found
        time.sleep(0.02)
    raise AssertionError("no worker was started")


def gone(known: set[tuple[int, str]]) -> bool:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if not known & {(pid, started) for pid, _, started in processes()}:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_a_report_and_without_orphans(
    make_project: Callable[..., Any], number: signal.Signals
) -> None:
    project = make_project(FILES)
    process = project.start("--llm-check")
    try:
        known = until_busy(process)
        process.send_signal(number)
        output, _ = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    report = json.loads((project.root / ".llmgen" / "report.json").read_text())
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert gone(known)
    assert report["run"]["interrupted"] is True
    assert report["run"]["exit_code"] == 2
    assert report["verdict"]["state"] == "inconclusive"
    assert "INTERNALERROR" not in output
    assert project.leftovers() == []


def test_a_killed_run_leaves_no_orphans_either(make_project: Callable[..., Any]) -> None:
    process = make_project(FILES).start("--llm-check")
    try:
        known = until_busy(process)
    finally:
        process.kill()
        process.communicate(timeout=LIMIT)
    assert gone(known)


def test_an_interrupt_in_the_users_own_tests_is_reported_too(make_project: Callable[..., Any]) -> None:
    stop = "import pkg.code\n\ndef test_stop():\n    raise KeyboardInterrupt\n"
    run = make_project({**FILES, "tests/test_code.py": stop}).run("--llm-check")
    assert run.status == 2
    assert run.report["run"]["interrupted"] is True
    assert run.verdict == "inconclusive"
    assert "INTERNALERROR" not in run.output
