"""Resource limits of a worker, inherited by everything that it starts."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from pytest_llmgen.run.sandbox.plan import Limits

MEGABYTE = 1 << 20


def apply(limits: Limits, *, own_users: bool) -> None:
    """Limit this process for good.

    ``own_users`` says that it is in a user namespace of its own, where no other process of the user counts.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE or None)
    _limit(resource.RLIMIT_NOFILE, limits.open_files or None)
    _limit(resource.RLIMIT_AS, limits.memory_mb * MEGABYTE or None)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds or None)
    if limits.processes:
        _limit(resource.RLIMIT_NPROC, limits.processes + (0 if own_users else _threads_of_user()))


def _limit(kind: int, value: int | None) -> None:
    if value is None:
        return
    hard = resource.getrlimit(kind)[1]
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, allowed))


def _threads_of_user() -> int:
    """The kernel counts all threads of the user, wherever they were started."""
    uid, count = os.getuid(), 0
    for process in Path("/proc").glob("[0-9]*/task"):
        try:
            status = process.stat()
        except OSError:  # it ended meanwhile
            continue
        count += status.st_nlink - 2 if status.st_uid == uid else 0
    return count
