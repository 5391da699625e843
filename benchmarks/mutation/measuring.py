"""What a command costs with everything that it starts: CPU seconds, wall seconds, memory of the whole tree.

Run as a program (``measuring.py OUTPUT COMMAND...``) it takes in orphans (Linux: child subreaper), so that the
time of a process whose parent went first is counted too.  The command's own exit status is noted, not judged.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of prctl(2)."""
LOOK = 0.2
"""Seconds between two looks at the memory."""
GRACE = 5.0
"""Seconds for what a command leaves behind."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command; ``memory_mb`` is the largest sum of proportional set sizes that was seen."""

    cpu: float
    wall: float
    memory_mb: float
    status: int


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path) -> Cost:
    """Run a command in ``folder``; its output goes to the file ``output``."""
    result = output.with_suffix(".cost.json")
    program = [sys.executable, "-S", __file__, str(result), *command]
    with output.open("w") as stream:
        subprocess.run(program, cwd=folder, env=dict(environment), stdout=stream, stderr=stream, check=True)
    return Cost(**json.loads(result.read_text()))


def main(result: str, command: Sequence[str]) -> None:
    """Run the command, wait for all that it leaves behind, write the cost."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    process = subprocess.Popen(command)
    memory = _Memory()
    memory.start()
    status = process.wait()
    wall = time.monotonic() - began
    _wait_for_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"cpu": used.ru_utime + used.ru_stime, "wall": wall, "memory_mb": memory.peak, "status": status}
    Path(result).write_text(json.dumps(cost))


def _wait_for_orphans() -> None:
    """What does not end by itself (mutmut leaves a sleeping process behind a hang) is killed, with its time counted."""
    ends = time.monotonic() + GRACE
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            if time.monotonic() > ends:
                for orphan in _descendants(os.getpid()):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(LOOK)


class _Memory(threading.Thread):
    """Looks at the memory of all descendants now and then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(_megabytes, _descendants(os.getpid()))))
            time.sleep(LOOK)


def _descendants(pid: int) -> Iterator[int]:
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:  # it has ended meanwhile
        return
    for file in files:
        try:
            children = file.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _descendants(child)


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
