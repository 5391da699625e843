"""Judges mutants one by one: a process that has only pytest in it forks, the child runs plain pytest on a changed copy.

    python fresh.py PROJECT FOLDER

Knows nothing of the code under test.  ``FOLDER/work.json`` has pytest's arguments, and name, path, source and tests
of each mutant; ``FOLDER/found.json`` gets what became of them.  A mutant is killed by a test that fails alone.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
PATIENCE, CPU_SECONDS, MEMORY = 10.0, 2, 2**31
NEARLY = 0.8  # the kernel's limit and what it tells of a process are not the same clock
SURVIVED, KILLED, BROKEN, TIMEOUT = "survived", "killed", "broken", "timeout"
WORDS = {0: SURVIVED, 1: KILLED}
OPTIONS = ("-p", "no:cacheprovider", "--assert=plain", "-q", "-x", "--tb=no")
LOADED = ("asyncio", "unittest", "doctest", "hypothesis", "_pytest.doctest", "_pytest.unittest", "_pytest.python")
"""What the children would import again and again; nothing of the project."""


class Notes:
    """Writes the ids of tests down, and those that failed."""

    def __init__(self, file):
        self._file = file

    def pytest_collection_modifyitems(self, items):
        for item in items:
            self._file.write(f"test {item.nodeid}\n")
        self._file.flush()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._file.write(f"failed {report.nodeid}\n")
            self._file.flush()
        if report.skipped and not hasattr(report, "wasxfail"):
            self._file.write(f"skipped {report.nodeid}\n")

    def pytest_sessionfinish(self):
        self._file.write("finished \n")


def run(root, arguments, notes):
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.chdir(root)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with notes.open("w") as file:
        status = pytest.main([*OPTIONS, *arguments], plugins=[Notes(file)])
    os._exit(int(status))


def in_child(root, arguments, notes):
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            run(root, arguments, notes)
        finally:
            os._exit(99)
    watch = os.pidfd_open(child)
    status = wait(child, watch)
    os.close(watch)
    return status


def wait(child, watch):
    ready, _, _ = select.select([watch], [], [], PATIENCE)
    clear(child)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    hard = code == -signal.SIGKILL and used.ru_utime + used.ru_stime >= NEARLY * CPU_SECONDS
    if not ready or code == -signal.SIGXCPU or hard:
        return TIMEOUT
    return WORDS.get(code, BROKEN)


def clear(group):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Copies:
    """A copy of the project as long as nobody changes it."""

    def __init__(self, project, folder):
        self._project, self._copy = project, folder / "copy"

    def with_mutant(self, path, source):
        copy = self.whole()
        (copy / path).write_text(source)
        return copy

    def whole(self):
        if not self._copy.exists() or self._files(self._copy) != self._files(self._project):
            shutil.rmtree(self._copy, ignore_errors=True)
            shutil.copytree(self._project, self._copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file in self._project.glob("*.py"):
            (self._copy / file.name).write_bytes(file.read_bytes())
        return self._copy

    def _files(self, root):
        return sorted(file.relative_to(root) for file in root.rglob("*") if "__pycache__" not in file.parts)


def judge(copies, path, source, tests, arguments, notes):
    def attempt(wanted):
        return in_child(copies.with_mutant(path, source), [*arguments, *wanted], notes)

    status = attempt(tests)
    told = [line.split(" ", 1) for line in notes.read_text().splitlines()]
    if status == TIMEOUT or ["finished", ""] not in told:  # an exit in the middle, whatever its status
        return status if status == TIMEOUT else BROKEN
    if status == BROKEN:
        return BROKEN
    names = [name for kind, name in told if kind == "test"]
    suspects = [name for kind, name in told if kind == "failed"]
    attempts = [*([name] for name in suspects), names[::-1]]
    return next((KILLED for each in attempts if attempt(each) != SURVIVED), SURVIVED)


def main(project, folder):
    arguments, work = json.loads((folder / "work.json").read_text())
    copies, notes = Copies(project, folder), folder / "notes"
    for name in (*LOADED, *(word for word in arguments if word.startswith(("pytest_", "anyio", "xdist")))):
        importlib.import_module(name)
    found = {}
    in_child(copies.whole(), arguments, notes)
    skipped = [line.removeprefix("skipped ") for line in notes.read_text().splitlines() if line.startswith("skipped ")]
    gc.collect()
    gc.freeze()
    for name, path, source, tests in work:
        found[name] = judge(copies, path, source, tests, arguments, notes)
    (folder / "found.json").write_text(json.dumps([found, skipped]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
