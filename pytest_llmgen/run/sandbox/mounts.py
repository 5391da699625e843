"""Linux mounts, inside a mount namespace of our own."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.run.sandbox import libc

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("spread", ctypes.c_uint64),
        ("ns", ctypes.c_uint64),
    )


def keep_to_ourselves() -> None:
    """No mount of ours is seen outside, whatever the host shares."""
    libc.call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def bind(source: str, target: str) -> None:
    """Show ``source`` at ``target``, folders with what is mounted in them."""
    libc.call("mount", os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None)


def make_read_only(path: str) -> None:
    """Refuse writes, chmod and utime too, to a mount and everything below it."""
    _set_attributes(path, _Attributes(set=MOUNT_ATTR_RDONLY), AT_RECURSIVE)


def keep_writable(path: str) -> None:
    """Take a folder out of a read-only mount."""
    bind(path, path)
    _set_attributes(path, _Attributes(clear=MOUNT_ATTR_RDONLY), 0)


def tmpfs(path: str, *, megabytes: int, mode: str = "700") -> None:
    """An empty folder in memory."""
    options = f"size={megabytes}m,mode={mode}".encode()
    libc.call("mount", b"tmpfs", os.fsencode(path), b"tmpfs", MS_NOSUID | MS_NODEV, options)


def proc() -> None:
    """Show only the processes of this namespace."""
    libc.call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV, None)


def terminals() -> None:
    """Pseudo-terminals of our own, so that the user's can be neither read nor written."""
    libc.call("mount", b"devpts", b"/dev/pts", b"devpts", MS_NOSUID, b"newinstance,ptmxmode=0666,mode=600")
    bind("/dev/pts/ptmx", "/dev/ptmx")


def overlay(root: str, upper: str, work: str) -> None:
    """Cover a folder by a view of itself whose changes go to ``upper``."""
    folders = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in (root, upper, work)]
    try:
        # By descriptor: a path may hold the colons and commas that the options are separated by.
        options = "lowerdir=/proc/self/fd/{},upperdir=/proc/self/fd/{},workdir=/proc/self/fd/{},userxattr"
        libc.call("mount", b"overlay", os.fsencode(root), b"overlay", 0, options.format(*folders).encode())
    finally:
        for folder in folders:
            os.close(folder)


def hide(path: str) -> None:
    """Make a file or a folder look empty; one that is not there stays so."""
    if os.path.isdir(path):  # noqa: PTH112 - paths are strings here, as the kernel wants them
        tmpfs(path, megabytes=1, mode="500")
    elif os.path.exists(path):  # noqa: PTH110 - as above
        bind("/dev/null", path)


def mounted_below(path: str) -> bool:
    """Whether something else is mounted inside a folder."""
    with suppress(FileNotFoundError):
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return any(line.split()[4].startswith(f"{path}/") for line in lines)
    return False


def _set_attributes(path: str, attributes: _Attributes, flags: int) -> None:
    size = ctypes.sizeof(attributes)
    libc.call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), flags, libc.pointer(attributes), size)
