"""The worker's side on Linux: layer upon layer, each of which stands without the others."""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress

from pytest_llmgen.run.sandbox import audit, landlock, limits, mounts, namespaces, privileges, reach, seccomp, supervise
from pytest_llmgen.run.sandbox.plan import Layer, Plan, TierName, View
from pytest_llmgen.run.sandbox.relay import Relay
from pytest_llmgen.run.sandbox.watch import Watch

READ_DEVICES = ("/dev/random", "/dev/urandom")
OWN_DEVICES = ("/dev/pts", "/dev/shm")  # noqa: S108 - a mount of our own


def enter(plan: Plan) -> tuple[str, ...]:
    """Fork, and return in the worker behind the layers of its tier, in words; raises ``OSError`` where one is refused.

    Behind namespaces, which stand without them, Landlock and seccomp are left out where the machine has none.
    """
    own = plan.has(Layer.NAMESPACES)
    if own:
        _build_namespaces(plan)
    supervise.fork_worker(Watch(plan.private, plan.limits), own_processes=own)
    os.chdir(plan.seen)
    if plan.tier is TierName.OFF:
        return ("supervision",)
    limits.apply(plan.limits, own_users=own)
    privileges.drop()
    privileges.close_memory()
    layers = ["user, mount, pid, net and ipc namespaces"] if own else []
    layers += ["limits", "no capabilities"]
    with suppress(OSError) if own else nullcontext():
        layers += _restrict_files(plan) if plan.has(Layer.LANDLOCK) else ()
    with suppress(OSError) if own else nullcontext():
        layers += _restrict_calls(plan) if plan.has(Layer.SECCOMP) else ()
    if plan.has(Layer.AUDIT):
        with suppress(OSError):  # what forks call of the C library is found before the guard refuses to look for it
            landlock.abi()
        audit.guard(plan)
        layers.append(audit.IN_WORDS)
    return tuple(layers)


def _restrict_files(plan: Plan) -> list[str]:
    own = plan.has(Layer.NAMESPACES)
    version = landlock.abi()
    landlock.restrict(_rules_inside(plan) if own else _rules_alone(plan), alone=not own)
    return [f"Landlock {version}"]


def _restrict_calls(plan: Plan) -> list[str]:
    """Other sockets than local ones only where the network is our own or a port is opened, by Landlock then."""
    own = plan.has(Layer.NAMESPACES)
    seccomp.restrict(seccomp.OWN_NETWORK if own or plan.hosts else seccomp.LOCAL, routes=own)
    return ["seccomp"]


def _rules_inside(plan: Plan) -> landlock.Rules:
    """In namespaces, where what is hidden has a mount over it."""
    writable = (plan.private, plan.seen, *plan.writable, *reach.DEVICES, *OWN_DEVICES)
    return landlock.Rules(writable, (*reach.SYSTEM, *plan.readable) if plan.readable else ())


def _rules_alone(plan: Plan) -> landlock.Rules:
    places = [place for place in (*reach.SYSTEM, *plan.readable) if place not in ("/dev", plan.root)]
    whole, listed = landlock.without(places, plan.hidden)
    shared = [reach.SHARED_MEMORY] if _is_unused(reach.SHARED_MEMORY) else []
    writable = (plan.private, plan.seen, *plan.writable, *reach.DEVICES, *shared)
    return landlock.Rules(writable, (*whole, *READ_DEVICES), tuple(listed), tuple(host.port for host in plan.hosts))


def _is_unused(folder: str) -> bool:
    """Whether nothing of others is in it that could be written to."""
    try:
        return not any(os.access(entry.path, os.W_OK) for entry in os.scandir(folder))
    except OSError:
        return False


def _build_namespaces(plan: Plan) -> None:
    relay = Relay(plan.hosts) if plan.hosts else None
    namespaces.unshare()
    namespaces.raise_loopback()
    names = relay.open(plan.private) if relay else None
    mounts.keep_to_ourselves()
    mounts.make_read_only("/")
    for path in (plan.private, *plan.writable):
        mounts.keep_writable(path)
    mounts.devices()
    mounts.tmpfs(reach.SHARED_MEMORY, megabytes=plan.limits.shared_mb, mode="1777")
    mounts.terminals()
    mounts.seal("/dev")
    if names:
        mounts.bind(names, "/etc/hosts")
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
        mounts.tmpfs(f"{plan.private}/overlay", megabytes=plan.limits.disk_mb)
        os.mkdir(upper)  # noqa: PTH102 - paths are strings here, as the kernel wants them
        os.mkdir(work)  # noqa: PTH102 - as above
        mounts.overlay(plan.root, upper, work)
