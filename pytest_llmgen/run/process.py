"""Child processes of the plugin: started in a session of their own, ended as a tree."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pytest_llmgen.run.sandbox import tree
from pytest_llmgen.run.sandbox.plan import LIFELINE

GRACE_SECONDS = 3.0
"""How long a supervisor may take to end its tree before it is done from here."""

OUTPUT_LIMIT = 20_000


@dataclass(slots=True)
class Child:
    """A started worker; use it as a context manager, or call :meth:`kill_tree` in ``finally``."""

    pid: int
    stdout: Path
    stderr: Path
    _process: subprocess.Popen[bytes]
    _pidfd: int | None  # None where the system has none
    _lifeline: int

    @classmethod
    def start(
        cls, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, private: Path, pass_fds: Sequence[int] = ()
    ) -> Child:
        """Start ``argv`` without input; its output goes to files in ``private``/out.

        A program that calls ``sandbox.entry.enter`` ends, with its whole tree, when this process does.
        """
        (private / "out").mkdir(exist_ok=True)
        stdout, stderr = private / "out" / "stdout", private / "out" / "stderr"
        theirs, ours = os.pipe()
        try:
            with stdout.open("wb") as out, stderr.open("wb") as err:
                process = subprocess.Popen(
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    cwd=cwd,
                    env={**env, LIFELINE: str(theirs)},
                    pass_fds=(*pass_fds, theirs),
                    start_new_session=True,
                )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(process.pid, stdout, stderr, process, _pidfd(process.pid), ours)

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit status (128 + n for signal n), or None when it still runs after ``timeout`` seconds."""
        if self._process.returncode is None:
            if self._pidfd is not None and not self._wait_for(self._pidfd, timeout):
                return None
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                return None
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def _wait_for(self, pidfd: int, timeout: float | None) -> bool:
        """Not by Popen.wait(timeout): that polls."""
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def kill_tree(self) -> None:
        """End the worker and everything that it started; calling it again does nothing."""
        if self._lifeline < 0:
            return
        os.close(self._lifeline)
        self._lifeline = -1
        try:
            if self.wait(GRACE_SECONDS) is None:
                self._kill_from_here()
        finally:
            if self._pidfd is not None:
                os.close(self._pidfd)

    def output(self, limit: int = OUTPUT_LIMIT) -> str:
        """The end of what it wrote, standard output before standard error."""
        return "".join(_tail(path, limit // 2) for path in (self.stdout, self.stderr))

    def _kill_from_here(self) -> None:
        """For a program that has not reached the sandbox, or a supervisor that was stopped."""
        tree.kill_descendants(self.pid)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_tree()


def _pidfd(pid: int) -> int | None:
    return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None


def _tail(path: Path, limit: int) -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - limit))
        return stream.read().decode(errors="replace")
