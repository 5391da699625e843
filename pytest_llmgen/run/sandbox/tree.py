"""Ending a process with everything that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

ROUNDS = 100
"""Rounds of stopping newly found descendants: each round can only find what ran between two looks."""


def kill_descendants(ancestor: int) -> None:
    """Kill whatever descends from a process, but not itself; it must adopt orphans for this to be all."""
    stopped: set[int] = set()
    for _ in range(ROUNDS):
        found = descendants(ancestor) - stopped
        if not found:
            break
        # Stopped first, so that none can fork while its children are being looked for.
        _signal(found, signal.SIGSTOP)
        stopped |= found
    _signal(stopped, signal.SIGKILL)


def descendants(ancestor: int) -> set[int]:
    """Process ids below ``ancestor``, those that have ended but are not yet reaped left out."""
    children: dict[int, list[int]] = {}
    for pid, parent in _living():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = list(children.get(ancestor, ()))
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, ())
    return found


def descendants_at_a_glance(ancestor: int) -> set[int]:
    """The same for figures: by what each process says of its own children, a thousandth of the work.

    A process that is started or ends just now may be missed, so nothing is ended by it.
    """
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        told = _children(waiting.pop())
        if told is None:
            return descendants(ancestor)
        fresh = told - found
        found |= fresh
        waiting += fresh
    return found


def _children(pid: int) -> set[int] | None:
    """Children of all threads of a process; None where the kernel does not tell."""
    found: set[int] = set()
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (no paths are wanted)
            found.update(map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split()))
    except FileNotFoundError:
        return None if Path(f"/proc/{pid}").exists() else found
    except OSError:
        return found
    return found


def _living() -> Iterable[tuple[int, int]]:
    return _living_by_proc() if sys.platform == "linux" else _living_by_ps()


def _living_by_ps() -> Iterable[tuple[int, int]]:
    """Where there is no ``/proc``; never tried."""
    told = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=False)
    for pid, parent, state in (line.split()[:3] for line in told.stdout.splitlines()):
        if not state.startswith("Z"):
            yield int(pid), int(parent)


def _living_by_proc() -> Iterable[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # "pid (name) state ppid ...": the name may hold spaces and brackets.
            state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):  # it ended meanwhile
            continue
        if state not in "ZX":
            yield int(folder.name), int(parent)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
