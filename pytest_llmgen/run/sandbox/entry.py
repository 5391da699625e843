"""The worker's side: behind the walls, for good, before anything of the project is imported."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.sandbox import landlock, limits, mounts, namespaces, privileges, reach, seccomp, supervise
from pytest_llmgen.run.sandbox.plan import Plan, TierName, View
from pytest_llmgen.run.sandbox.watch import Watch

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx")
READ_DEVICES = ("/dev/random", "/dev/urandom")
OWN_DEVICES = ("/dev/pts", "/dev/shm")  # noqa: S108 - a mount of our own
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - semaphores have no other place
SHARED_MEMORY_MB = 512
OVERLAY_MB = 2048


def enter(plan: Plan) -> tuple[str, ...]:
    """Return in a supervised process behind the walls of the plan, in the project's view as its folder.

    Call it first thing and single-threaded: the calling process stays outside and watches.
    Returns the layers that stand, in words.
    Raises :class:`LlmgenError` when the kernel refuses a wall; nothing of the project may run then.
    """
    try:
        return _enter(plan)
    except OSError as problem:
        raise LlmgenError(
            f"the sandbox tier {plan.tier.value} could not be entered: {problem}",
            slug="sandbox-refused",
            fix="use --llm-sandbox=auto or portable",
        ) from problem


def _enter(plan: Plan) -> tuple[str, ...]:
    own = plan.tier is TierName.NAMESPACES
    if own:
        _build_namespaces(plan)
    supervise.fork_worker(Watch(plan.private, plan.limits), own_processes=own)
    os.chdir(plan.seen)
    if plan.view is View.COPY:
        _follow(plan)
    if plan.tier is TierName.OFF:
        return ("supervision",)
    limits.apply(plan.limits, own_users=own)
    privileges.drop()
    layers = ["limits", "no capabilities"]
    if own:
        layers = ["user, mount, pid, net and ipc namespaces", *layers, *_second_walls(plan)]
    elif plan.tier is TierName.LANDLOCK:
        layers += [_restrict_files(plan), _restrict_calls(plan)]
    return tuple(layers)


def _second_walls(plan: Plan) -> Iterable[str]:
    """Behind the namespaces, which stand without them on kernels and machines that lack them."""
    with suppress(OSError):
        landlock.abi()
        yield _restrict_files(plan)
    with suppress(OSError):
        seccomp.restrict(seccomp.OWN_NETWORK, routes=True)
        yield "seccomp"


def _restrict_files(plan: Plan) -> str:
    own = plan.tier is TierName.NAMESPACES
    rules = _rules_inside(plan) if own else _rules_alone(plan)
    landlock.restrict(rules, alone=not own)
    return f"Landlock {landlock.abi()}"


def _rules_inside(plan: Plan) -> landlock.Rules:
    """In namespaces, where what is hidden has a mount over it."""
    writable = (plan.private, plan.seen, *plan.writable, *DEVICES, *OWN_DEVICES)
    return landlock.Rules(writable, (*reach.SYSTEM, *plan.readable) if plan.readable else ())


def _rules_alone(plan: Plan) -> landlock.Rules:
    places = [place for place in (*reach.SYSTEM, *plan.readable) if place not in ("/dev", plan.root)]
    whole, listed = landlock.without(places, plan.hidden)
    shared = [SHARED_MEMORY] if _is_unused(SHARED_MEMORY) else []
    writable = (plan.private, plan.seen, *plan.writable, *DEVICES, *shared)
    return landlock.Rules(writable, (*whole, *READ_DEVICES), tuple(listed), plan.ports)


def _restrict_calls(plan: Plan) -> str:
    """Other sockets than local ones only where a port is opened; Landlock then keeps TCP to it."""
    seccomp.restrict((*seccomp.LOCAL, socket.AF_INET, socket.AF_INET6) if plan.ports else seccomp.LOCAL)
    return "seccomp"


def _is_unused(folder: str) -> bool:
    """Whether nothing of others is in it that could be written to."""
    try:
        return not any(os.access(entry.path, os.W_OK) for entry in os.scandir(folder))
    except OSError:
        return False


def _build_namespaces(plan: Plan) -> None:
    namespaces.unshare()
    namespaces.raise_loopback()
    mounts.keep_to_ourselves()
    mounts.make_read_only("/")
    for path in (plan.private, *plan.writable):
        mounts.keep_writable(path)
    mounts.devices()
    mounts.tmpfs(SHARED_MEMORY, megabytes=SHARED_MEMORY_MB, mode="1777")
    mounts.terminals()
    mounts.seal("/dev")
    inside = [path for path in plan.hidden if _is_below(path, plan.root)]
    kept = (plan.private, plan.root, *plan.writable, *plan.readable)
    for path in plan.hidden:
        if path not in inside:
            mounts.hide(path, [place for place in kept if _is_below(place, path)])
    if plan.view is View.OVERLAY:
        _cover(plan)
    for path in inside:
        mounts.hide(path, [place for place in kept if _is_below(place, path)])


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _cover(plan: Plan) -> None:
    """Lay the overlay; in memory where the private folder's file system cannot carry one (another overlay)."""
    upper, work = f"{plan.private}/overlay/upper", f"{plan.private}/overlay/work"
    try:
        mounts.overlay(plan.root, upper, work)
    except OSError:
        mounts.tmpfs(f"{plan.private}/overlay", megabytes=OVERLAY_MB)
        os.mkdir(upper)  # noqa: PTH102 - paths are strings here, as the kernel wants them
        os.mkdir(work)  # noqa: PTH102 - as above
        mounts.overlay(plan.root, upper, work)


def _follow(plan: Plan) -> None:
    """Import from the copy what would be imported from the project; what was not copied (a venv) stays."""
    sys.path[:] = [_there(plan, entry) for entry in sys.path]
    inherited = os.environ.get("PYTHONPATH")
    if inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join(_there(plan, entry) for entry in inherited.split(os.pathsep))


def _there(plan: Plan, path: str) -> str:
    moved = plan.inside(path)
    return moved if os.path.exists(moved) else path  # noqa: PTH110 - sys.path holds strings
