"""The worker's side on macOS; never tried there."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress

from pytest_llmgen.run.sandbox import audit, limits, seatbelt, tree
from pytest_llmgen.run.sandbox.plan import LIFELINE, Layer, Plan, TierName

LOOK_MILLISECONDS = 100
SIGNALLED = 128
"""Added to the number of the signal that ended a worker, as shells do."""


def enter(plan: Plan) -> tuple[str, ...]:
    """As :func:`pytest_llmgen.run.sandbox.linux.enter`."""
    _fork_worker()
    os.chdir(plan.seen)
    if plan.tier is TierName.OFF:
        return ("supervision",)
    limits.apply(plan.limits, own_users=False)
    layers = ["limits"]
    if plan.has(Layer.SEATBELT):
        seatbelt.restrict(plan)
        layers.append("sandbox profile")
    if plan.has(Layer.AUDIT):
        audit.guard(plan)
        layers.append(audit.IN_WORDS)
    return tuple(layers)


def _fork_worker() -> None:
    """Return in a new process that ends when the lifeline closes.  Orphans may slip away: nothing adopts them."""
    text = os.environ.pop(LIFELINE, None)
    worker = os.fork()
    if worker:
        os._exit(_watch(worker, None if text is None else int(text)))
    if text is not None:
        os.close(int(text))


def _watch(worker: int, lifeline: int | None) -> int:
    poll, parent = select.poll(), os.getppid()
    if lifeline is not None:
        poll.register(lifeline, select.POLLIN)
    while not (ended := os.waitpid(worker, os.WNOHANG))[0]:
        if poll.poll(LOOK_MILLISECONDS) or os.getppid() != parent:
            tree.kill_descendants(os.getpid())
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
            ended = os.waitpid(worker, 0)
            break
    tree.kill_descendants(os.getpid())
    code = os.waitstatus_to_exitcode(ended[1])
    return code if code >= 0 else SIGNALLED - code
