"""The portable layer: Python's audit events, refused where they leave the worker's bounds.

It holds against accident.  A program that is started, or an extension module, is not heard of here.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_llmgen.run.sandbox.places import depth
from pytest_llmgen.run.sandbox.plan import Plan
from pytest_llmgen.run.sandbox.reach import SHARED_MEMORY, SYSTEM

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    dict.fromkeys(
        (
            *("os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.utime", "os.truncate", "shutil.rmtree"),
            *("os.setxattr", "os.removexattr"),
        ),
        (0,),
    )
    | dict.fromkeys(("os.rename", "os.link", "shutil.move"), (0, 1))
    | {"os.symlink": (1,), "sqlite3.connect": (0,)}
)
"""Audit events that change files, with the places of paths among their arguments."""
LISTINGS = frozenset(("os.listdir", "os.scandir"))
PROGRAMS = frozenset(
    (
        *("rm", "rmdir", "unlink", "shred", "mv", "dd", "tee", "truncate", "chmod", "chown", "ln", "install", "mkfs"),
        *("curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "ftp", "rsync", "telnet"),
        *("sudo", "su", "doas", "kill", "killall", "pkill", "shutdown", "reboot", "systemctl", "crontab", "at"),
        *("mount", "umount", "docker", "podman", "kubectl", "gdb", "strace"),
    )
)
"""Programs that a unit test has no business starting."""
FUNCTIONS = frozenset(
    (
        *("system", "popen", "open", "open64", "openat", "openat64", "creat", "fopen", "fopen64", "freopen", "remove"),
        *("rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat"),
        *("link", "linkat", "symlink", "symlinkat", "truncate", "truncate64", "chmod", "fchmod", "fchmodat", "chown"),
        *("lchown", "fchown", "fchownat", "utime", "utimes", "utimensat", "setxattr", "lsetxattr", "fsetxattr"),
        *("kill", "killpg", "tgkill", "connect", "sendto", "sendmsg", "socket", "execve", "execv", "execvp", "execl"),
        *("posix_spawn", "posix_spawnp", "fork", "vfork", "clone", "syscall", "ptrace", "process_vm_readv"),
        *("process_vm_writev", "mount", "umount", "umount2", "unshare", "setns", "chroot", "reboot", "dlopen"),
    )
)
"""Functions of the C library that lead round the audit events."""
LOCAL = ("localhost", "127.", "::1")
REDIRECTION = ">"
FAMILIES = (-1, socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_UNIX", -1))
MULTIPATH = 262
IN_WORDS = "audit hook, against accident only"


def guard(plan: Plan) -> None:
    """Refuse from here on, in this process and its forks; nothing takes it back."""
    inside = tuple(os.path.realpath(path) for path in (plan.private, plan.seen, *plan.writable, SHARED_MEMORY))
    readable = (*SYSTEM, *plan.readable, *inside) if plan.readable else ("/",)
    hosts = frozenset((host.name, host.port) for host in plan.hosts)
    sys.addaudithook(_Guard(inside, readable, plan.hidden, hosts))


class _Guard:
    def __init__(
        self,
        writable: Sequence[str],
        readable: Sequence[str],
        hidden: Sequence[str],
        hosts: frozenset[tuple[str, int]],
    ) -> None:
        self._writable, self._readable, self._hidden, self._hosts = writable, readable, hidden, hosts
        self._checks: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._open,
            "socket.__new__": lambda arguments: _socket(int(arguments[1]), int(arguments[3])),
            "socket.connect": lambda arguments: self._address(arguments[1]),
            "socket.sendto": lambda arguments: self._address(arguments[1]),
            "socket.sendmsg": lambda arguments: self._address(arguments[1]),
            "subprocess.Popen": lambda arguments: _program(_words(arguments[1])),
            "os.system": lambda arguments: _program(_words(arguments[0])),
            "os.exec": lambda arguments: _program(_words(arguments[1])),
            "os.posix_spawn": lambda arguments: _program(_words(arguments[1])),
            "os.kill": lambda arguments: _process(arguments[0]),
            "ctypes.dlsym": lambda arguments: _function(arguments[1]),
        }

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        check = self._checks.get(event)
        if check is not None:
            check(arguments)
        elif event in CHANGES:
            for place in CHANGES[event]:
                self._path(arguments[place], self._writable)
        elif event in LISTINGS:
            self._path(arguments[0], self._readable)

    def _open(self, arguments: tuple[Any, ...]) -> None:
        path, _, flags = arguments
        writes = isinstance(flags, int) and bool(flags & WRITE_FLAGS)
        self._path(path, self._writable if writes else self._readable)

    def _path(self, path: Any, places: Sequence[str]) -> None:
        if not isinstance(path, str | bytes | os.PathLike) or path in (":memory:", "", os.devnull):
            return
        text = os.path.realpath(os.fsdecode(path))
        if depth(text, places) <= depth(text, self._hidden):
            raise PermissionError(errno.EACCES, "refused by the portable sandbox", text)

    def _address(self, address: Any) -> None:
        if isinstance(address, str | bytes):
            text = os.fsdecode(address)
            if text.startswith("\0"):
                raise PermissionError(errno.EACCES, "refused by the portable sandbox: an abstract socket")
            self._path(text, self._writable)
        elif isinstance(address, tuple) and not str(address[0]).startswith(LOCAL) and address[:2] not in self._hosts:
            raise PermissionError(errno.EACCES, f"refused by the portable sandbox: {address[0]}")


def _socket(family: int, protocol: int) -> None:
    """-1 is what a socket made of a descriptor has for both."""
    if family not in FAMILIES or protocol == MULTIPATH:
        raise PermissionError(errno.EACCES, f"refused by the portable sandbox: sockets of family {family}")


def _words(command: Any) -> list[str]:
    if isinstance(command, str | bytes):
        return os.fsdecode(command).split()
    return [word for part in command for word in os.fsdecode(part).split()]


def _program(words: Sequence[str]) -> None:
    named = next((word for word in words if Path(word).name in PROGRAMS or word.startswith(REDIRECTION)), None)
    if named:
        raise PermissionError(errno.EACCES, f"refused by the portable sandbox: {named}")


def _process(pid: int) -> None:
    """Only to the worker's own session: itself and what it started."""
    if pid != os.getpid() and (pid < 0 or os.getsid(pid) != os.getsid(0)):
        raise PermissionError(errno.EPERM, f"refused by the portable sandbox: signal to process {pid}")


def _function(name: Any) -> None:
    if name in FUNCTIONS:
        raise PermissionError(errno.EACCES, f"refused by the portable sandbox: {name} of the C library")
