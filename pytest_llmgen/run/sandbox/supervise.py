"""The process that stands between the parent and its worker, and ends with neither surviving the other."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress

from pytest_llmgen.run.sandbox import mounts, privileges, tree
from pytest_llmgen.run.sandbox.plan import LIFELINE
from pytest_llmgen.run.sandbox.watch import Watch

STDERR = 2
PROCESS_NUMBERS = 8192
"""Of a process namespace, where the kernel has a number for each (6.14): the wall for root, whom no rlimit counts."""
SIGNALLED = 128
"""Added to the number of the signal that ended a worker, as shells do."""

LOOK_MILLISECONDS = 100
"""How often orphans are buried, and limits on the whole tree looked after."""


def fork_worker(watch: Watch, *, own_processes: bool) -> None:
    """Return in a new process; this one stays behind and watches.

    The watching process ends, with all descendants, when its lifeline closes or its parent ends;
    when the worker ends it exits with its status (128 + n for signal n).
    """
    lifeline, supervisor = _lifeline(), os.pidfd_open(os.getpid())
    privileges.adopt_orphans()
    worker = os.fork()
    if worker:
        watch.begin(own_processes=own_processes)
        os._exit(_watch(worker, lifeline, watch))
    if lifeline is not None:
        os.close(lifeline)
    _die_with(supervisor)
    if own_processes:
        _fork_below_init()


def _die_with(supervisor: int) -> None:
    privileges.die_with_parent(signal.SIGKILL)
    poll = select.poll()
    poll.register(supervisor, select.POLLIN)
    if poll.poll(0):  # it ended before the kernel was asked to tell
        os._exit(SIGNALLED + signal.SIGKILL)
    os.close(supervisor)


def _lifeline() -> int | None:
    text = os.environ.pop(LIFELINE, None)
    return None if text is None else int(text)


def _watch(worker: int, lifeline: int | None, watch: Watch) -> int:
    parent = os.pidfd_open(os.getppid())
    ended = os.pidfd_open(worker)
    poll = select.poll()
    for descriptor in (parent, ended, *([] if lifeline is None else [lifeline])):
        poll.register(descriptor, select.POLLIN)
    while not (ready := {descriptor for descriptor, _ in poll.poll(LOOK_MILLISECONDS)}):
        _reap_adopted(worker)
        if problem := watch.problem():
            os.write(STDERR, f"llmgen: the sandbox has ended this worker: {problem}\n".encode())
            break
    if ended not in ready:
        os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    _reap_all()
    return _exit_code(status)


def _reap_adopted(worker: int) -> None:
    """Bury orphans, which would count against the limit of processes, but leave the worker's status."""
    look = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while (ended := os.waitid(os.P_ALL, 0, look)) and ended.si_pid != worker:
        os.waitpid(ended.si_pid, 0)


def _reap_all() -> None:
    """End what the worker left behind; until nothing is left, as the last ones may just have been forked."""
    with suppress(ChildProcessError):
        while True:
            tree.kill_descendants(os.getpid())
            os.waitpid(-1, 0)


def _fork_below_init() -> None:
    """Become the second process of a namespace, whose first one reaps and takes all with it when it ends."""
    mounts.proc(processes=PROCESS_NUMBERS)
    worker = os.fork()
    if not worker:
        return
    while True:
        pid, status = os.wait()
        if pid == worker:
            os._exit(_exit_code(status))


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else SIGNALLED - code
