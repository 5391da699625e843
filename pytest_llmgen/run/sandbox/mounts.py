"""Linux mounts, inside a mount namespace of our own."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import MappingProxyType

from pytest_llmgen.run.sandbox import libc

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS: Mapping[str, str] = MappingProxyType(
    {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
)


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


def tmpfs(path: str, *, megabytes: int, mode: str = "700", flags: int = MS_NOSUID | MS_NODEV) -> None:
    """An empty folder in memory; 0 megabytes are no limit."""
    options = f"size={megabytes}m,mode={mode}".encode()
    libc.call("mount", b"tmpfs", os.fsencode(path), b"tmpfs", flags, options)


def proc(*, processes: int) -> None:
    """Show only the processes of this namespace; nothing of the kernel can be set there, by root neither."""
    libc.call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV, None)
    with suppress(OSError):
        Path("/proc/sys/kernel/pid_max").write_text(str(processes))
    seal("/proc")


def terminals() -> None:
    """Pseudo-terminals of our own, so that the user's can be neither read nor written."""
    libc.call("mount", b"devpts", b"/dev/pts", b"devpts", MS_NOSUID, b"newinstance,ptmxmode=0666,mode=600")
    os.symlink("pts/ptmx", "/dev/ptmx")  # noqa: PTH211 - paths are strings here, as the kernel wants them


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


def hide(path: str, keep: Iterable[str] = ()) -> None:
    """Make a file or a folder look empty but for what is kept in it; one that can't be reached stays so."""
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116 - paths are strings here, as the kernel wants them
    except OSError:
        return
    if not stat.S_ISDIR(kind):
        bind("/dev/null", path)
        return
    with ExitStack() as opened:
        kept = _opened(keep, opened)
        tmpfs(path, megabytes=1, mode="755" if kept else "500")
        for place, descriptor in kept.items():
            _show_again(place, descriptor)
    _set_attributes(path, _Attributes(set=MOUNT_ATTR_RDONLY), 0)


def devices() -> None:
    """A ``/dev`` of our own: no disks, which root could read past every other wall, and no terminals of the user."""
    with ExitStack() as opened:
        kept = _opened((f"/dev/{name}" for name in DEVICES), opened)
        tmpfs("/dev", megabytes=1, mode="755", flags=MS_NOSUID)
        for place, descriptor in kept.items():
            _show_again(place, descriptor)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"/dev/{name}")  # noqa: PTH211 - as above
    for name in ("pts", "shm", "mqueue"):
        os.mkdir(f"/dev/{name}", 0o755)  # noqa: PTH102 - as above


def seal(path: str) -> None:
    """Refuse writes to one mount, not to those below it."""
    _set_attributes(path, _Attributes(set=MOUNT_ATTR_RDONLY), 0)


def _opened(paths: Iterable[str], stack: ExitStack) -> dict[str, int]:
    """Descriptors by path, the outer ones first; what lies in one that is kept too comes with it."""
    found: dict[str, int] = {}
    for path in sorted(paths):
        if any(Path(path).is_relative_to(outer) for outer in found) or not os.path.lexists(path):
            continue
        found[path] = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        stack.callback(os.close, found[path])
    return found


def _show_again(path: str, descriptor: int) -> None:
    kind, source = os.fstat(descriptor).st_mode, f"/proc/self/fd/{descriptor}"
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as above
    if stat.S_ISLNK(kind):
        os.symlink(os.readlink("", dir_fd=descriptor), path)  # noqa: PTH211 - as above
    elif stat.S_ISDIR(kind):
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - as above
        bind(source, path)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        bind(source, path)


def mounted_below(path: str) -> bool:
    """Whether something else is mounted inside a folder."""
    with suppress(FileNotFoundError):
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return any(line.split()[4].startswith(f"{path}/") for line in lines)
    return False


def _set_attributes(path: str, attributes: _Attributes, flags: int) -> None:
    size = ctypes.sizeof(attributes)
    libc.call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), flags, libc.pointer(attributes), size)
