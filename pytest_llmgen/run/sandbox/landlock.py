"""Landlock: a process gives up rights that it and its children never get back."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from pytest_llmgen.run.sandbox import libc

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446  # the same on every architecture
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

WRITE_FILE = 1 << 1
CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # remove and make entries of every kind
REFER, TRUNCATE = 1 << 13, 1 << 14
WRITES = WRITE_FILE | CHANGE_FOLDER | REFER | TRUNCATE
WRITES_OF_FILES = WRITE_FILE | TRUNCATE
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

ABI_TRUNCATE, ABI_NETWORK, ABI_SCOPES = 3, 4, 6
SIZE_FILES, SIZE_NETWORK, SIZE_SCOPES = 8, 16, 24


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock that the kernel has; raises ``OSError`` where there is none."""
    return libc.call("syscall", SYS_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)


def restrict(writable: Iterable[str], *, alone: bool) -> None:
    """Allow writing below ``writable`` only, for good.

    ``alone`` is for where no namespaces stand behind it: no TCP, no signals and no abstract sockets
    to other processes either.  Needs ``no_new_privs``.
    """
    ruleset = _create(abi(), alone=alone)
    try:
        for path in writable:
            _allow(ruleset, path)
        libc.call("syscall", SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _create(version: int, *, alone: bool) -> int:
    rules = _Ruleset(files=WRITES if version >= ABI_TRUNCATE else WRITES & ~TRUNCATE & ~(REFER if version == 1 else 0))
    size = SIZE_FILES
    if alone and version >= ABI_NETWORK:
        rules.network, size = BIND_TCP | CONNECT_TCP, SIZE_NETWORK
    if alone and version >= ABI_SCOPES:
        rules.scopes, size = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS, SIZE_SCOPES
    return libc.call("syscall", SYS_CREATE_RULESET, libc.pointer(rules), size, 0)


def _allow(ruleset: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = _Beneath(allowed=WRITES if folder else WRITES_OF_FILES, parent=descriptor)
        libc.call("syscall", SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, libc.pointer(rule), 0)
    finally:
        os.close(descriptor)
