"""The worker's side: behind the walls, for good, before anything of the project is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.sandbox import landlock, limits, mounts, namespaces, privileges, seccomp, supervise
from pytest_llmgen.run.sandbox.plan import Plan, TierName, View

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx")
OWN_DEVICES = ("/dev/pts", "/dev/shm")  # noqa: S108 - a mount of our own
SHARED_MEMORY_MB = 512
OVERLAY_MB = 2048


def enter(plan: Plan) -> None:
    """Return in a supervised process behind the walls of the plan, in the project's view as its folder.

    Call it first thing and single-threaded: the calling process stays outside and watches.
    Raises :class:`LlmgenError` when the kernel refuses a wall; nothing of the project may run then.
    """
    try:
        _enter(plan)
    except OSError as problem:
        raise LlmgenError(
            f"the sandbox tier {plan.tier.value} could not be entered: {problem}",
            slug="sandbox-refused",
            fix="use --llm-sandbox=auto or portable",
        ) from problem


def _enter(plan: Plan) -> None:
    own = plan.tier is TierName.NAMESPACES
    if own:
        _build_namespaces(plan)
    supervise.fork_worker(own_processes=own)
    os.chdir(plan.seen)
    if plan.view is View.COPY:
        _follow(plan)
    if plan.tier is TierName.OFF:
        return
    limits.apply(plan.limits, own_users=own)
    privileges.drop()
    if own:
        landlock_where_there(plan)
    elif plan.tier is TierName.LANDLOCK:
        landlock.restrict([*_writable(plan), *DEVICES], alone=True)
        seccomp.refuse_network()


def landlock_where_there(plan: Plan) -> None:
    """The second wall of the namespaces tier, which stands without it on kernels that lack it."""
    try:
        landlock.abi()
    except OSError:
        return
    landlock.restrict([*_writable(plan), *DEVICES, *OWN_DEVICES], alone=False)


def _writable(plan: Plan) -> Iterable[str]:
    return dict.fromkeys((plan.private, plan.seen, *plan.writable))


def _build_namespaces(plan: Plan) -> None:
    namespaces.unshare()
    namespaces.raise_loopback()
    mounts.keep_to_ourselves()
    mounts.make_read_only("/")
    for path in (plan.private, *plan.writable):
        mounts.keep_writable(path)
    if plan.view is View.OVERLAY:
        _cover(plan)
    mounts.tmpfs(OWN_DEVICES[1], megabytes=SHARED_MEMORY_MB, mode="1777")
    mounts.terminals()
    for path in plan.hidden:
        mounts.hide(path)


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
