"""Seccomp: a filter of system calls, here for sockets that lead out of the machine."""

from __future__ import annotations

import ctypes
import errno
import os
import socket

from pytest_llmgen.run.sandbox import libc

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
OTHER_NUMBERS = 0x40000000  # x32's, on x86-64
IO_URING_SETUP = 425  # it can open sockets without the socket call; the same on every architecture

SOCKET_CALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Machine -> audit architecture, number of ``socket``."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def refuse_network() -> None:
    """Allow Unix sockets only, for good; needs ``no_new_privs``; raises ``OSError`` on unknown machines."""
    machine = os.uname().machine
    if machine not in SOCKET_CALL:
        raise OSError(errno.ENOSYS, f"no system call numbers for {machine}")
    instructions = _program(*SOCKET_CALL[machine])
    array = (_Instruction * len(instructions))(*(_Instruction(*fields) for fields in instructions))
    program = _Program(len(instructions), array)
    libc.call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, libc.pointer(program), 0, 0)


def _program(architecture: int, socket_call: int) -> list[tuple[int, int, int, int]]:
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, REFUSE | errno.EPERM),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 2, 0, OTHER_NUMBERS),
        (EQUAL, 1, 0, IO_URING_SETUP),
        (EQUAL, 1, 3, socket_call),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (EQUAL, 0, 1, socket.AF_UNIX),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE | errno.EACCES),
    ]
