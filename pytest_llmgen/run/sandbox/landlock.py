"""Landlock: a process gives up rights that it and its children never get back."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_llmgen.run.sandbox import libc

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446  # the same on every architecture
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH, RULE_NET_PORT = 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READS, READS_OF_FILES = EXECUTE | READ_FILE | READ_DIR, EXECUTE | READ_FILE
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


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def abi() -> int:
    """The version of Landlock that the kernel has; raises ``OSError`` where there is none."""
    return libc.call("syscall", SYS_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays allowed; paths that are not there are passed over."""

    writable: tuple[str, ...] = ()  # with reading
    readable: tuple[str, ...] = ()  # all may be read where this is empty
    listed: tuple[str, ...] = ()  # folders whose names may be seen, with those of the folders in them
    ports: tuple[int, ...] = ()  # TCP ports that may be connected to; only where ``alone``


def restrict(rules: Rules, *, alone: bool) -> None:
    """Keep to the rules for good.

    ``alone`` is for where no namespaces stand behind it: no TCP, no signals and no abstract sockets
    to other processes either.  Needs ``no_new_privs``.
    """
    version = abi()
    writes = WRITES if version >= ABI_TRUNCATE else WRITES & ~TRUNCATE & ~(REFER if version == 1 else 0)
    reads = READS if rules.readable else 0
    ruleset = _create(version, writes | reads, alone=alone)
    try:
        for path in rules.writable:
            _allow(ruleset, path, writes | reads)
        for path in rules.readable:
            _allow(ruleset, path, READS)
        for path in rules.listed if reads else ():
            _allow(ruleset, path, READ_DIR)
        if alone and version >= ABI_NETWORK:
            for port in rules.ports:
                _allow_port(ruleset, port)
        libc.call("syscall", SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def stand_apart() -> None:
    """Let this process and its children no longer signal or trace those that it comes from; on kernels that can."""
    if abi() < ABI_SCOPES:
        return
    scopes = _Ruleset(scopes=SCOPE_SIGNALS)
    ruleset = libc.call("syscall", SYS_CREATE_RULESET, libc.pointer(scopes), SIZE_SCOPES, 0)
    try:
        libc.call("syscall", SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _create(version: int, rights: int, *, alone: bool) -> int:
    rules, size = _Ruleset(files=rights), SIZE_FILES
    if alone and version >= ABI_NETWORK:
        rules.network, size = BIND_TCP | CONNECT_TCP, SIZE_NETWORK
    if alone and version >= ABI_SCOPES:
        rules.scopes, size = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS, SIZE_SCOPES
    return libc.call("syscall", SYS_CREATE_RULESET, libc.pointer(rules), size, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or out of reach anyway
        return
    try:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        allowed = rights if folder else rights & (WRITES_OF_FILES | READS_OF_FILES)
        if allowed:
            rule = _Beneath(allowed=allowed, parent=descriptor)
            libc.call("syscall", SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, libc.pointer(rule), 0)
    finally:
        os.close(descriptor)


def _allow_port(ruleset: int, port: int) -> None:
    rule = _Port(allowed=CONNECT_TCP, port=port)
    libc.call("syscall", SYS_ADD_RULE, ruleset, RULE_NET_PORT, libc.pointer(rule), 0)


def without(readable: Iterable[str], hidden: Iterable[str]) -> tuple[list[str], list[str]]:
    """Folders with what is hidden in them taken out, as rules: what may be read, and what may be listed only."""
    whole: list[str] = []
    listed: list[str] = []
    secret = {Path(path) for path in hidden}
    waiting = list(readable)
    while waiting:
        path = waiting.pop()
        below = {each for each in secret if each != Path(path) and each.is_relative_to(path)}
        if not below:
            whole.append(path)
            continue
        listed.append(path)
        with suppress(OSError):
            waiting += [entry.path for entry in os.scandir(path) if Path(entry.path) not in below]
    return whole, listed
