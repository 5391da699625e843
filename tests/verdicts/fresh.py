"""Judges mutants one by one: a process that has only pytest in it forks, the child runs plain pytest on a changed copy.

    python fresh.py PROJECT FOLDER

Knows nothing of the code under test.  ``FOLDER/work.json`` has pytest's arguments, and name, path, source and tests
of each mutant; ``FOLDER/found.json`` gets what became of them.  A mutant is killed by a test that fails alone.
"""

import asyncio
import gc
import json
import os
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
PATIENCE = 4.0
SURVIVED, KILLED, BROKEN, TIMEOUT = "survived", "killed", "broken", "timeout"
WORDS = {0: SURVIVED, 1: KILLED}
OPTIONS = ("-p", "no:cacheprovider", "--assert=plain", "-q", "-x", "--tb=no")
LOADED = (asyncio, unittest)  # what most children would import again


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


def run(root, arguments, notes):
    with open(os.devnull, "w") as null:
        for number in (1, 2):
            os.dup2(null.fileno(), number)
    os.chdir(root)
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
    import select

    ready, _, _ = select.select([watch], [], [], PATIENCE)
    clear(child)
    _, status = os.waitpid(child, 0)
    return WORDS.get(os.waitstatus_to_exitcode(status), BROKEN) if ready else TIMEOUT


def clear(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Copies:
    """A copy of the project as long as nobody changes it."""

    def __init__(self, project, folder):
        self._project, self._copy = project, folder / "copy"

    def with_mutant(self, path, source):
        if not self._copy.exists() or self._files(self._copy) != self._files(self._project):
            shutil.rmtree(self._copy, ignore_errors=True)
            shutil.copytree(self._project, self._copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file in self._project.glob("*.py"):
            (self._copy / file.name).write_bytes(file.read_bytes())
        (self._copy / path).write_text(source)
        return self._copy

    def _files(self, root):
        return sorted(file.relative_to(root) for file in root.rglob("*") if "__pycache__" not in file.parts)


def judge(copies, path, source, tests, arguments, notes):
    def attempt(wanted):
        return in_child(copies.with_mutant(path, source), [*arguments, *wanted], notes)

    status = attempt(tests)
    if status in (BROKEN, TIMEOUT):
        return status
    told = [line.split(" ", 1) for line in notes.read_text().splitlines()]
    names = [name for kind, name in told if kind == "test"]
    suspects = [name for kind, name in told if kind == "failed"]
    rest = [name for name in names if name not in suspects]
    return next((KILLED for name in suspects + rest if attempt([name]) != SURVIVED), SURVIVED)


def main(project, folder):
    arguments, work = json.loads((folder / "work.json").read_text())
    copies, notes = Copies(project, folder), folder / "notes"
    found = {}
    gc.collect()
    gc.freeze()
    for name, path, source, tests in work:
        found[name] = judge(copies, path, source, tests, arguments, notes)
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    began = time.monotonic()
    main(Path(sys.argv[1]), Path(sys.argv[2]))
