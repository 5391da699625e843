"""Workers of one kind, and requests handed to whichever of them is free.

Several threads may ask at a time: one of them, whichever comes first, waits for the workers and hands the others
what is theirs.
"""

from __future__ import annotations

import contextlib
import math
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pytest_llmgen.baton import BATON
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run import protocol
from pytest_llmgen.run.usage import cpu_seconds, peak_mb
from pytest_llmgen.run.wire import CHUNK
from pytest_llmgen.run.workers import (
    GONE_SECONDS,
    Answer,
    Call,
    Circumstances,
    Request,
    Worker,
    last_line,
    never_ended,
    never_ready,
)

WORTH = 4.0
"""Another worker is started when what is left will take so many times the time of a worker's start."""
PATIENCE = 3.0
"""Another worker is started when callers have waited for each other for so many times the time of a worker's start."""
TRIES = 2
"""How often a request is given to a worker before it counts as lost."""
START_TRIES = 2
"""How often a pool starts a worker again that somebody (the system, short of memory) killed while it started."""

LOST = "lost"
WITHOUT_FILES = ("load", *protocol.PROBING)
"""Requests that need no candidate to be loaded."""


class PoolClosedError(Exception):
    """Its workers were ended while somebody waited for them."""


LONGEST_WAIT = 3600.0
"""Seconds of one wait: patience with thousands of tests may be more than the system's timers take (24 days)."""


def wait_until(deadlines: Sequence[float], now: float) -> float:
    """Seconds to wait for the first of these deadlines, or for a part of them."""
    return min(LONGEST_WAIT, max(0.0, min(deadlines) - now))


class Bell:
    """Wakes the thread that waits for the workers."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        for end in (self._here, self._there):
            end.setblocking(False)

    def fileno(self) -> int:
        """For selectors."""
        return self._here.fileno()

    def ring(self) -> None:
        """Wake it."""
        with contextlib.suppress(BlockingIOError):  # it has been rung often enough
            self._there.send(b"!")

    def hush(self) -> None:
        """Let it be quiet until it is rung again."""
        with contextlib.suppress(BlockingIOError):
            self._here.recv(CHUNK)

    def __del__(self) -> None:
        self._here.close()
        self._there.close()


class Pool:
    """Workers of one kind, started as they are needed, replaced when they die."""

    def __init__(self, circumstances: Circumstances, size: int) -> None:
        self._circumstances, self._size = circumstances, size
        self._workers: list[Worker] = []
        self._pending: deque[Request] = deque()
        self._calls: list[Call] = []
        self._ended_cpu = self._ended_peak = 0.0
        self._start_seconds = 0.0  # what the last worker took to be ready
        self._began, self._done = 0.0, 0  # since nobody asked for anything
        self._waited = 0.0  # seconds in which several callers had no more than these workers
        self._waiting_since: float | None = None
        self._starts = 0  # again, after somebody killed a worker that had not collected yet
        self._turn = threading.Condition(threading.RLock())
        self._is_watched = self._is_closed = False
        self._bell = Bell()
        self.hello: dict[str, Any] | None = None
        self.files: dict[str, str] = {}  # that every worker must have loaded

    def cpu_seconds(self) -> float:
        """CPU seconds of its workers and their children; of those that were dismissed too."""
        with self._turn:
            return self._ended_cpu + sum(cpu_seconds(worker.pid) for worker in self._workers)

    def peak_memory_mb(self) -> float:
        """The largest resident memory in megabytes that one of its workers has had."""
        with self._turn:
            return max([self._ended_peak, *(peak_mb(worker.pid) for worker in self._workers)])

    def run(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Give every request to a worker and every message as it comes; LOST for those that killed two workers.

        Raises:
            PoolClosedError: somebody closes it.
        """
        call = Call(len(requests))
        with self._turn:
            if not self._calls:
                self._began, self._done = time.monotonic(), 0
            self._calls.append(call)
            for request in requests:
                request.call = call
            self._pending.extend(requests)
            if self._is_watched:  # by another thread, which waits
                self._staff()
                self._bell.ring()
        try:
            while (answer := self._next_of(call)) is not None:
                yield answer
        finally:  # an interrupt, or a caller that wants no more
            self._forget(call)

    def _next_of(self, call: Call) -> Answer | None:
        """The next answer to a call, None when all have come."""
        self._wait_until(lambda: bool(call.answers) or not call.left or call.failure is not None)
        with self._turn:
            if call.failure is not None:
                raise call.failure
            return call.answers.popleft() if call.answers else None

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the workers, or for the thread that waits for them already."""
        if not is_so():
            with BATON.laid_down():  # and taken up again without the lock, which others want while they hold it
                self._wait_long_until(is_so)

    def _wait_long_until(self, is_so: Callable[[], bool]) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: is_so() or not self._is_watched or self._is_closed)
                if self._is_closed:
                    raise PoolClosedError
                if is_so():
                    return
                self._is_watched = True
            try:
                self._step()
            except LlmgenError as failure:  # of the project, whoever asked
                with self._turn:
                    for call in self._calls:
                        call.failure = failure
                raise
            finally:
                with self._turn:
                    self._is_watched = False
                    self._turn.notify_all()

    def _forget(self, call: Call) -> None:
        with self._turn:
            self._calls.remove(call)
            self._pending = deque(request for request in self._pending if request.call is not call)
            for worker in [w for w in self._workers if w.request is not None and w.request.call is call]:
                self._dismiss(worker)

    def greet(self) -> dict[str, Any]:
        """The first worker's greeting, once it has collected."""
        with self._turn:
            if not self._workers:
                self._workers.append(Worker(self._circumstances))
                self._bell.ring()
        self._wait_until(lambda: self.hello is not None)
        return self.hello or {}

    def hire(self, number: int) -> None:
        """Start workers until there are so many, and do not wait for them."""
        with self._turn:
            while len(self._workers) < min(number, self._size):
                self._workers.append(Worker(self._circumstances))
            self._bell.ring()

    def close(self) -> None:
        """End every worker; who still waits for one is told."""
        with self._turn:
            self._is_closed = True
            self._bell.ring()
            self._turn.notify_all()
            self._turn.wait_for(lambda: not self._is_watched, GONE_SECONDS)
            for worker in list(self._workers):
                self._dismiss(worker)

    def _staff(self) -> None:
        """Start workers for what waits, give to those that are ready."""
        self._count_waiting()
        busy = sum(worker.request is not None for worker in self._workers)
        while len(self._workers) < min(self._size, busy + len(self._pending)) and self._needs_more():
            self._workers.append(Worker(self._circumstances))
            self._waited = 0.0
        for worker in self._workers:
            if worker.ready and worker.request is None and self._pending:
                self._assign(worker)
        if self._pending and self._has_several_callers:
            self._waiting_since = time.monotonic()

    def _count_waiting(self) -> None:
        if self._waiting_since is not None:
            self._waited += time.monotonic() - self._waiting_since
            self._waiting_since = None

    def _needs_more(self) -> bool:
        """Whether one more worker will have done more than its start costs.

        What further requests several callers have is not known: once they have waited for each other for long enough,
        they get another one.
        """
        return not self._workers or time.monotonic() >= min(self._next_start(), self._end_of_patience())

    @property
    def _has_several_callers(self) -> bool:
        return len(self._calls) > 1

    def _end_of_patience(self) -> float:
        """When callers will have waited for each other for long enough."""
        if not self._has_several_callers or any(not worker.ready for worker in self._workers):
            return math.inf
        return (self._waiting_since or time.monotonic()) + PATIENCE * self._start_seconds - self._waited

    def _next_start(self) -> float:
        """When the requests so far will have taken so long that what is left is worth another worker."""
        if any(not worker.ready for worker in self._workers):
            return math.inf
        share = WORTH * self._start_seconds * len(self._workers) / max(1, len(self._pending))
        return self._began + share * max(1, self._done)

    def _assign(self, worker: Worker) -> None:
        missing = {path: text for path, text in self.files.items() if worker.loaded.get(path) != text}
        if missing and self._pending[0].kind not in WITHOUT_FILES:
            worker.give(Request("load", {"files": missing}, self._circumstances.start_seconds))
            worker.loaded.update(missing)
        else:
            request = self._pending.popleft()
            worker.give(request)
            if request.kind == "load":
                worker.loaded.update(request.body["files"])

    def _step(self) -> None:
        """Wait for the next thing that happens."""
        with selectors.DefaultSelector() as selector:
            with self._turn:
                self._staff()
                for worker in self._workers:
                    selector.register(worker, selectors.EVENT_READ)
                selector.register(self._bell, selectors.EVENT_READ)
                timeout = self._patience()
            ready = [key.fileobj for key, _ in selector.select(timeout)]
        with self._turn:
            self._bell.hush()
            for worker in list(self._workers):
                if worker in ready:
                    self._read(worker)
            now = time.monotonic()
            for worker in [w for w in self._workers if (w.request or not w.ready) and w.deadline <= now]:
                self._give_up(worker, hung=True)
            self._staff()

    def _patience(self) -> float | None:
        """Seconds until something has to be done though no worker says anything."""
        waiting = [w.deadline for w in self._workers if w.request or not w.ready]
        if self._pending and len(self._workers) < self._size:
            waiting += [self._next_start(), self._end_of_patience()]
        return wait_until(waiting, time.monotonic()) if waiting else None

    def _read(self, worker: Worker) -> None:
        messages = worker.messages()
        if messages is None:
            self._give_up(worker, hung=False)
            return
        for message in messages:
            self._take(worker, message)

    def _take(self, worker: Worker, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == protocol.HELLO:
            if not any(other.ready for other in self._workers):
                self._began = time.monotonic()  # nothing was done while the first one started
            worker.ready, self._start_seconds = True, time.monotonic() - worker.started
            self.hello = self.hello or message
        elif kind == protocol.REFUSED:
            raise LlmgenError(message["message"], slug=message["slug"], fix=message["fix"])
        elif kind == protocol.DEAD:
            raise never_ready(message["detail"], worker.output())
        elif kind == protocol.FAULT:
            said = message["detail"]
            raise LlmgenError(
                f"a worker met a fault of its own: {last_line(said)}",
                slug="worker-fault",
                fix="please report it",
                detail=said,
            )
        elif kind == protocol.END:
            self._end(worker.request)
            worker.request = None
            self._done += 1
        elif kind != protocol.ALIVE and worker.request is not None and not _is_silent(worker.request):
            self._answer(worker.request, message)

    def _give_up(self, worker: Worker, *, hung: bool) -> None:
        request, output = worker.request, worker.output()
        was_killed = not hung and worker.was_killed()
        self._dismiss(worker)
        if not worker.ready and was_killed and self._starts < START_TRIES:
            self._starts += 1
            self._workers.append(Worker(self._circumstances))
            return
        if not worker.ready:
            raise never_ended(output, self._circumstances.start_seconds) if hung else never_ready("", output)
        if request is None or _is_silent(request):
            return
        request.tries += 1
        if request.tries < TRIES and not hung:
            self._pending.appendleft(request)
        else:
            self._answer(request, {"kind": LOST, "hung": hung, "detail": output})
            self._end(request)

    def _answer(self, request: Request, message: dict[str, Any]) -> None:
        if request.call is not None:
            request.call.answers.append((request, message))

    def _end(self, request: Request | None) -> None:
        if request is not None and request.call is not None:
            request.call.left -= 1

    def _dismiss(self, worker: Worker) -> None:
        self._ended_cpu += cpu_seconds(worker.pid)
        self._ended_peak = max(self._ended_peak, peak_mb(worker.pid))
        self._workers.remove(worker)
        worker.kill()


def _is_silent(request: Request) -> bool:
    """Whether it is a load that only brings a worker up to date."""
    return request.kind == "load" and not request.body.get("wanted")
