"""What processes have cost so far: CPU time and memory, as the kernel counts them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pytest_llmgen.run.sandbox.tree import descendants_at_a_glance

_TIMES = slice(11, 15)  # of /proc/PID/stat after the name: own user and system, then those of ended children
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and everything below it, ended or not; 0 where there is no ``/proc``."""
    try:
        tree = (pid, *descendants_at_a_glance(pid))
    except OSError:
        return 0.0
    return sum(_ticks(each) for each in tree) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The largest resident memory in megabytes that one process of a tree has had; of those that live now."""
    try:
        tree = (pid, *descendants_at_a_glance(pid))
    except OSError:
        return 0.0
    return max(_peak_kb(each) for each in tree) / 1024


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # it ended meanwhile: its parent has its time now
        return 0
    return sum(int(field) for field in fields[_TIMES])


def _peak_kb(pid: int) -> int:
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text(errors="replace"))
    except OSError:
        return 0
    return int(found.group(1)) if found else 0
