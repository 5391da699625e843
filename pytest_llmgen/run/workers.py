"""The executor's end of one worker: how it is started, what it is asked, and why it ended."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_llmgen
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.protocol import Start
from pytest_llmgen.run.sandbox.choice import Ground, settle
from pytest_llmgen.run.sandbox.environment import child_environment
from pytest_llmgen.run.sandbox.plan import Limits, Plan, View
from pytest_llmgen.run.sandbox.private import create, remove
from pytest_llmgen.run.wire import CHUNK, BadMessageError, Decoder, send, to_json
from pytest_llmgen.timeouts import Timeouts

TAIL = 2000
"""Characters of a worker's output in an error message."""
KILLED = 128 + signal.SIGKILL
GONE_SECONDS = 2.0
"""For a worker whose connection is closed to be gone."""
BOOT = "import sys; sys.path.append(sys.argv[1]); from pytest_llmgen.run.worker import main; main(int(sys.argv[2]))"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What workers of a pool start from."""

    ground: Ground
    limits: Limits
    start: Callable[[str], Start]  # from the plan, as JSON
    environment: Mapping[str, str] = field(default_factory=dict)
    other_home: bool = False
    start_seconds: float = Timeouts().start  # for importing and collecting the project


@dataclass(slots=True)
class Request:
    """A piece of work; ``limit`` is the silence after which its worker is given up, in seconds."""

    kind: str
    body: Mapping[str, Any]
    limit: float
    tries: int = 0
    call: Call | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class Call:
    """The requests that one caller waits for."""

    left: int  # requests that have not ended
    answers: deque[Answer] = field(default_factory=deque)
    failure: LlmgenError | None = None


Answer = tuple[Request, dict[str, Any]]


class Worker:
    """The executor's end of one worker."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._private = create()
        try:
            self._start(circumstances)
        except BaseException:
            remove(self._private)
            raise
        self.request: Request | None = None
        self.ready = False
        self.loaded: dict[str, str] = {}
        self.started = time.monotonic()
        self.deadline = self.started + circumstances.start_seconds

    def _start(self, circumstances: Circumstances) -> None:
        plan = _plan(circumstances, self._private)
        home = plan.home
        if circumstances.other_home:
            home = f"{plan.tmp}/someone"
            Path(home).mkdir()
        self._socket, theirs = socket.socketpair()
        package = str(Path(pytest_llmgen.__file__).parents[1])
        with theirs:
            self._child = Child.start(
                [sys.executable, "-P", "-c", BOOT, package, str(theirs.fileno())],
                env=child_environment(
                    os.environ, home, plan.tmp, circumstances.environment, opened=circumstances.ground.allow.variables
                ),
                cwd=circumstances.ground.root,
                private=self._private,
                pass_fds=[theirs.fileno()],
            )
        self._decoder = Decoder()
        send(self._socket.fileno(), to_json(circumstances.start(plan.to_json())))

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def give(self, request: Request) -> None:
        """Hand over a request; a worker that is gone shows when it is read from."""
        self.request, self.deadline = request, time.monotonic() + request.limit
        with contextlib.suppress(OSError):
            send(self._socket.fileno(), {"kind": request.kind, **request.body})

    def messages(self) -> list[dict[str, Any]] | None:
        """What it says, None when it is gone; to be called when there is something to read."""
        try:
            data = self._socket.recv(CHUNK)
            self._decoder.feed(data)
            found = list(iter(self._decoder.next, None))
        except (OSError, BadMessageError):
            return None
        if self.request is not None and found:
            self.deadline = time.monotonic() + self.request.limit
        return found if data else None

    @property
    def pid(self) -> int:
        """Of the process that watches the worker: the root of its tree."""
        return self._child.pid

    def output(self) -> str:
        """The end of what it wrote."""
        return self._child.output(TAIL).strip()

    def was_killed(self) -> bool:
        """Whether it ended by SIGKILL, and not by what it imported."""
        return self._child.wait(GONE_SECONDS) == KILLED

    def kill(self) -> None:
        """End it with everything that it started."""
        self._socket.close()
        self._child.kill_tree()
        remove(self._private)


def _plan(circumstances: Circumstances, private: Path) -> Plan:
    """The sandbox's plan; without walls too a worker gets a copy, as candidates are written into its view."""
    ground = circumstances.ground
    if ground.view is View.DIRECT:
        ground = dataclasses.replace(ground, view=View.COPY)
    return settle(ground, private, circumstances.limits)


def never_ready(detail: str, output: str) -> LlmgenError:
    """What to say of a worker that ended before it was ready."""
    said = "\n".join(part for part in (detail.strip(), output) if part)
    last = " / ".join(line for line in (last_line(detail), last_line(output)) if line)
    return LlmgenError(
        f"a worker ended while it imported the project: {last or 'it wrote nothing'}",
        slug="worker-died",
        fix="make the project importable without ending the interpreter",
        detail=said[-TAIL:],
    )


def last_line(said: str) -> str:
    """Of a traceback the one that says what went wrong."""
    return (said.strip().splitlines() or [""])[-1].strip()


def never_ended(output: str, seconds: float) -> LlmgenError:
    """What to say of a worker that went on importing."""
    return LlmgenError(
        f"a worker did not finish importing the project within {seconds:g} s: "
        f"{last_line(output) or 'it wrote nothing'}",
        slug="worker-hung",
        fix="make the project's import end, leave the module out with llm_exclude, or give it more time with "
        "llm_timeouts = start=SECONDS",
        detail=output,
    )
