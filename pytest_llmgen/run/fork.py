"""One forked child at a time: it does a piece of work, reports over a pipe and is gone, with its whole group."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_llmgen.run.deadlines import Deadline, is_asleep
from pytest_llmgen.run.sandbox.apart import stand_apart
from pytest_llmgen.run.wire import CHUNK, BadMessageError, Decoder, send

DONE = "done"
TIMEOUT = "timeout"
CRASHED = "crashed"
BROKEN_EXIT = 70
EXIT_GRACE = 1.0
"""Seconds that a child has for leaving after its last record."""
CPUCLOCK_SCHED = 2
"""Of Linux: with a process id in the bits above, the number of that process's CPU clock."""
POLL = 0.02
"""Seconds between looks at a child where the system has no pidfd."""
DETAIL_LIMIT = 2000


class Reporter:
    """The child's end of the pipe; every record carries the nonce that the parent drew."""

    def __init__(self, fd: int, nonce: str) -> None:
        self._fd, self._nonce, self._pid = fd, nonce, os.getpid()

    def send(self, kind: str, **fields: Any) -> None:
        """Send one record; a process that a test forked, and that came back into our code, may not."""
        if os.getpid() != self._pid:
            os._exit(BROKEN_EXIT)
        send(self._fd, {**fields, "kind": kind, "nonce": self._nonce})

    def leave(self) -> NoReturn:
        """End this process; its work is done."""
        self.send(DONE)
        os._exit(0)


@dataclass(frozen=True, slots=True)
class End:
    """How a child ended: ``done``, ``timeout`` or ``crashed``, and what is known of the latter."""

    how: str
    detail: str = ""


Work = Callable[[Reporter], None]
OnRecord = Callable[[dict[str, Any]], float | None] | Callable[[dict[str, Any]], None]


def run_child(work: Work, on_record: OnRecord, limit: float | Deadline) -> End:
    """Do ``work`` in a forked child and hand each of its records to ``on_record`` as it comes.

    Args:
        work: runs in the child; what it raises makes the child crashed.
        on_record: may return a new limit in seconds from now.
        limit: seconds from now after which the child and its group are killed, or what says so.
    """
    child = _Child(work)
    try:
        return child.watch(on_record, limit if isinstance(limit, Deadline) else Deadline(limit))
    finally:
        child.bury()


class BranchError(BaseException):
    """Raised in the child: it goes on from here with the stack of its parent, and ends with :meth:`Reporter.leave`."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__("in the child")
        self.reporter = reporter


def branch(on_record: OnRecord, limit: float | Deadline) -> End:
    """Fork; in the parent as :func:`run_child`.

    Raises:
        BranchError: in the child, always.
    """
    child = _Child(None)
    try:
        return child.watch(on_record, limit if isinstance(limit, Deadline) else Deadline(limit))
    finally:
        child.bury()


class _Child:
    def __init__(self, work: Work | None) -> None:
        self._nonce = secrets.token_hex(8)
        self._read, write = os.pipe()
        self.pid = _fork()
        if self.pid == 0:
            os.close(self._read)
            reporter = Reporter(write, self._nonce)
            if work is None:
                with contextlib.suppress(OSError):
                    os.setpgid(0, 0)
                stand_apart()
                raise BranchError(reporter)
            _live(work, reporter)
        os.close(write)
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        self._decoder = Decoder()
        self._pidfd = _pidfd(self.pid)
        self._status: int | None = None
        self._done = self._closed = False

    def watch(self, on_record: OnRecord, deadline: Deadline) -> End:
        leaving = False
        try:
            while True:
                left = deadline.left(self)
                if left <= 0:
                    return End(DONE) if self._done else End(TIMEOUT)
                for record in self._records(self._wait(left)):
                    new = _told(on_record, record)
                    if new is not None:
                        deadline.renew(new)
                if self._done and not leaving:
                    deadline, leaving = Deadline(EXIT_GRACE), True
                if self._reap():
                    for record in self._records(self._wait(0)):
                        _told(on_record, record)
                    return self._verdict()
        except BadMessageError as error:
            return End(CRASHED, f"wrote what is no record: {error}")

    def is_asleep(self) -> bool:
        """Whether it waits for something else than a core."""
        return is_asleep(self.pid)

    def cpu_seconds(self) -> float:
        """CPU seconds that the child itself has used."""
        try:
            return time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)
        except OSError:  # it is gone, or the system has no such clock: the wall clock decides
            return 0.0

    def _wait(self, seconds: float) -> bool:
        timeout = min(seconds, POLL) if self._pidfd is None else seconds
        poller = select.poll()
        if not self._closed:  # a closed pipe is always ready: while the child ends that would be a busy loop
            poller.register(self._read, select.POLLIN)
        if self._pidfd is not None:
            poller.register(self._pidfd, select.POLLIN)
        return any(fd == self._read for fd, _ in poller.poll(timeout * 1000))

    def _records(self, ready: bool) -> list[dict[str, Any]]:
        records = []
        while ready:
            data = os.read(self._read, CHUNK)
            self._closed = not data
            self._decoder.feed(data)
            while (record := self._decoder.next()) is not None:
                records.append(self._checked(record))
            ready = bool(data) and self._wait(0)
        return [r for r in records if not self._is_done(r)]

    def _checked(self, record: Any) -> dict[str, Any]:
        if not isinstance(record, dict) or record.get("nonce") != self._nonce:
            raise BadMessageError("a record that the child's reporter did not send")
        return record

    def _is_done(self, record: dict[str, Any]) -> bool:
        self._done = self._done or record["kind"] == DONE
        return bool(record["kind"] == DONE)

    def _reap(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None

    def _verdict(self) -> End:
        if self._done and self._status == 0:
            return End(DONE)
        code = os.waitstatus_to_exitcode(self._status or 0)
        if code < 0:
            return End(CRASHED, f"ended by {signal.Signals(-code).name}")
        return End(CRASHED, f"exited with status {code} before its record was complete")

    def bury(self) -> None:
        """Kill the group, orphans of the child included, and collect the child."""
        for kill in (os.killpg, os.kill) if self._status is None else (os.killpg,):
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)
        if self._status is None:
            _, self._status = os.waitpid(self.pid, 0)
        os.close(self._read)
        if self._pidfd is not None:
            os.close(self._pidfd)


def _told(on_record: OnRecord, record: dict[str, Any]) -> float | None:
    """Hand over a record; one that makes no sense was forged, or there is a fault of ours: the child has crashed."""
    try:
        return on_record(record)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadMessageError(f"a record that makes no sense: {error!r}") from error


def _fork() -> int:
    with warnings.catch_warnings():  # Python 3.12 warns of threads; that is no failure of the user's tests
        warnings.simplefilter("ignore")
        return os.fork()


def _live(work: Work, reporter: Reporter) -> NoReturn:
    code = BROKEN_EXIT
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        stand_apart()
        work(reporter)
        reporter.send(DONE)
        code = 0
    except BaseException:  # noqa: BLE001 (nothing may get out of the child into the parent's stack)
        with contextlib.suppress(Exception):
            sys.__stderr__.write(traceback.format_exc()[-DETAIL_LIMIT:])  # type: ignore[union-attr]
            sys.__stderr__.flush()  # type: ignore[union-attr]
    finally:
        os._exit(code)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
