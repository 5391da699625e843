"""Seccomp: a filter of system calls that a process and its children never get rid of."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Iterable

from pytest_llmgen.run.sandbox import libc
from pytest_llmgen.run.sandbox.numbers import MACHINES, Machine

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS, WORD = 0, 4, 16, 8  # offsets in struct seccomp_data; the low half of an argument first
OTHER_NUMBERS = 0x40000000  # x32's, on x86-64

REFUSED = (
    # other processes: their memory, their descriptors, their secrets
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp"),
    *("pidfd_getfd", "move_pages", "migrate_pages", "add_key", "request_key", "keyctl"),
    # the kernel: large surfaces that a test has no use for
    *("bpf", "perf_event_open", "userfaultfd", "modify_ldt", "iopl", "ioperm", "lookup_dcookie", "nfsservctl"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "syslog"),
    # mounts and namespaces: a way round the walls
    *("mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount"),
    *("fspick", "mount_setattr", "chroot", "setns", "unshare", "open_by_handle_at", "name_to_handle_at"),
    # the machine
    *("reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime"),
    *("clock_adjtime", "adjtimex", "sethostname", "setdomainname", "vhangup", "fanotify_init"),
)
UNKNOWN = ("io_uring_setup", "io_uring_enter", "io_uring_register", "clone3")
"""Refused as if the kernel had none: programs then take the older way, whose arguments a filter can see."""

NEW_NAMESPACES = 0x7E020000
"""The CLONE_NEW* flags."""
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""Typing into a terminal for its user."""
PERSONALITIES = (0, 0xFFFFFFFF)
"""The usual one, and asking for it."""
LOCAL = (socket.AF_UNIX,)
OWN_NETWORK = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
"""In a network namespace, whose only device is its own loopback; its interfaces can be asked for too."""

Instruction = tuple[int, int, int, int]


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def restrict(families: Iterable[int], *, routes: bool = False) -> None:
    """Refuse what no test needs, and sockets of other families; for good.

    ``routes`` allows asking the kernel for network interfaces.  Needs ``no_new_privs``; raises ``OSError``
    on machines whose numbers we don't know.
    """
    name = os.uname().machine
    if name not in MACHINES:
        raise OSError(errno.ENOSYS, f"no system call numbers for {name}")
    instructions = program(MACHINES[name], tuple(families), routes=routes)
    array = (_Instruction * len(instructions))(*(_Instruction(*fields) for fields in instructions))
    libc.call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, libc.pointer(_Program(len(instructions), array)), 0, 0)


def program(machine: Machine, families: tuple[int, ...], *, routes: bool) -> list[Instruction]:
    """The filter for a machine: what is not named is allowed."""
    numbers = machine.numbers
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        *_unless(EQUAL, machine.architecture, errno.EPERM),
        (LOAD, 0, 0, NUMBER),
        *_if(AT_LEAST, OTHER_NUMBERS, errno.ENOSYS),
        *(step for name in REFUSED if name in numbers for step in _if(EQUAL, numbers[name], errno.EPERM)),
        *(step for name in UNKNOWN for step in _if(EQUAL, numbers[name], errno.ENOSYS)),
        *_call(numbers["clone"], [_argument(0), *_if(ANY_BIT, NEW_NAMESPACES, errno.EPERM)]),
        *_call(
            numbers["ioctl"], [_argument(1), *_if(EQUAL, TIOCSTI, errno.EPERM), *_if(EQUAL, TIOCLINUX, errno.EPERM)]
        ),
        *_call(numbers["personality"], [_argument(0), *_only(PERSONALITIES, errno.EPERM)]),
        *_call(numbers["socket"], [_argument(0), *_sockets(families, routes=routes)]),
        (RETURN, 0, 0, ALLOW),
    ]


def _sockets(families: tuple[int, ...], *, routes: bool) -> list[Instruction]:
    netlink: list[Instruction] = []
    if routes:  # protocol 0 of AF_NETLINK: routes and addresses
        is_route = [_argument(2), (EQUAL, 0, 1, 0), (RETURN, 0, 0, ALLOW)]
        netlink = [(EQUAL, 0, len(is_route), int(socket.AF_NETLINK)), *is_route, _argument(0)]
    return [*netlink, *_only(families, errno.EACCES)]


def _argument(place: int) -> Instruction:
    return (LOAD, 0, 0, ARGUMENTS + WORD * place)


def _if(test: int, value: int, error: int) -> list[Instruction]:
    return [(test, 0, 1, value), (RETURN, 0, 0, REFUSE | error)]


def _unless(test: int, value: int, error: int) -> list[Instruction]:
    return [(test, 1, 0, value), (RETURN, 0, 0, REFUSE | error)]


def _only(values: tuple[int, ...], error: int) -> list[Instruction]:
    """Allow some values of what is loaded; jumps to the next step for each that it is not."""
    steps = [step for value in values for step in ((EQUAL, 0, 1, int(value)), (RETURN, 0, 0, ALLOW))]
    return [*steps, (RETURN, 0, 0, REFUSE | error)]


def _call(number: int, steps: list[Instruction]) -> list[Instruction]:
    """Steps for one system call, which end in allowing it."""
    body = [*steps, (RETURN, 0, 0, ALLOW)]
    return [(EQUAL, 0, len(body), number), *body]
