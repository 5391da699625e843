"""What the kernel does not limit for a whole tree: disk, processes of root, memory in sum; looked at from outside.

The looks that are taken often cost microseconds; only when they are suspicious is anything counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.run.sandbox import tree
from pytest_llmgen.run.sandbox.plan import Limits

MEGABYTE = 1 << 20
BLOCK = 512  # of st_blocks
STEP = 4
"""Disk is counted anew whenever free space has shrunk by this part of the limit."""
SCARCE = 0.1
"""Below this part of the machine's memory, that of the tree is counted."""


class Watch:
    """Over one worker with everything that it starts; :meth:`begin` once it runs."""

    def __init__(self, private: str, limits: Limits) -> None:
        self._private, self._limits = private, limits
        self._everyone = False
        self._free = _free(private)
        self._threads = _threads_of_machine()

    def begin(self, *, own_processes: bool) -> None:
        """``own_processes``: all that is in ``/proc`` belongs to the worker."""
        self._everyone = own_processes

    def problem(self) -> str | None:
        """Why the tree must end, in a line."""
        return self._processes() or self._disk() or self._memory()

    def _processes(self) -> str | None:
        most = self._limits.processes
        if not most or _threads_of_machine() - self._threads <= most // 2:
            return None
        count = sum(_threads(pid) for pid in self._tree())
        return f"more than {most} processes and threads" if count > most else None

    def _disk(self) -> str | None:
        most, free = self._limits.disk_mb * MEGABYTE, _free(self._private)
        self._free = max(self._free, free)
        if not most or self._free - free <= most // STEP:
            return None
        self._free = free
        used = _written(self._private) + self._deleted()
        return f"more than {self._limits.disk_mb} MB of files" if used > most else None

    def _deleted(self) -> int:
        """Bytes of files that have no name any more, but are open."""
        found = {}
        for pid in self._tree():
            with suppress(OSError):
                for entry in os.scandir(f"/proc/{pid}/fd"):
                    with suppress(OSError):
                        target = os.readlink(entry.path)  # noqa: PTH115 (no path)
                        if target.startswith(self._private) and target.endswith(" (deleted)"):
                            about = os.stat(entry.path)  # noqa: PTH116 (as above)
                            found[about.st_dev, about.st_ino] = about.st_blocks * BLOCK
        return sum(found.values())

    def _memory(self) -> str | None:
        most = self._limits.memory_mb * MEGABYTE
        if not most or not _is_memory_scarce():
            return None
        used = sum(_resident(pid) for pid in self._tree())
        return f"more than {self._limits.memory_mb} MB of memory in all" if used > most else None

    def _tree(self) -> Iterable[int]:
        if self._everyone:
            return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 (names are wanted)
        return tree.descendants(os.getpid())


def _free(folder: str) -> int:
    try:
        about = os.statvfs(folder)
    except OSError:
        return 0
    return about.f_bfree * about.f_frsize


def _written(folder: str) -> int:
    return sum(blocks for parent, _, _ in os.walk(folder) for blocks in _blocks(parent)) * BLOCK


def _blocks(folder: str) -> Iterator[int]:
    with suppress(OSError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                yield entry.stat(follow_symlinks=False).st_blocks


def _threads_of_machine() -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    return 0


def _threads(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/task").st_nlink - 2  # noqa: PTH116 (called for many)
    except OSError:
        return 0


def _is_memory_scarce() -> bool:
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[:3])}
        return sizes["MemAvailable"] < SCARCE * sizes["MemTotal"]
    return False


def _resident(pid: int) -> int:
    """Bytes, pages that are shared with others in proportion."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
