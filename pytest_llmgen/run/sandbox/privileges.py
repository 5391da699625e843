"""Privileges that a worker gives up: capabilities, and getting new ones from set-uid programs."""

from __future__ import annotations

import ctypes
from contextlib import suppress

from pytest_llmgen.run.sandbox import libc

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION_3 = 0x20080522
CAPABILITIES = 64


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("words", ctypes.c_uint32 * 6),)


def prctl(option: int, argument: int = 0) -> None:
    """Set a property of this process."""
    libc.call("prctl", option, argument, 0, 0, 0)


def die_with_parent(signal: int) -> None:
    """Get ``signal`` when the process that forked this one ends."""
    prctl(PR_SET_PDEATHSIG, signal)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none can slip away."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def close_memory() -> None:
    """Let no other process of this user look into this one, nor those that it forks from then on."""
    prctl(PR_SET_DUMPABLE, 0)


def open_memory() -> None:
    """Take that back, in a fork: what it may look into of itself is what tests are used to."""
    prctl(PR_SET_DUMPABLE, 1)


def drop() -> None:
    """Keep no capability, and no way to gain one."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    with suppress(OSError):  # EINVAL past the kernel's last one, EPERM for an ordinary user, who has none
        for capability in range(CAPABILITIES):
            prctl(PR_CAPBSET_DROP, capability)
    header = _Header(version=CAPABILITY_VERSION_3, pid=0)
    libc.call("capset", libc.pointer(header), libc.pointer(_Sets()))
