"""When a forked child is late: by the clock on the wall, by the CPU time that it has used, or by both."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

INFINITE = float("inf")
STARVED = 50.0
"""Times its limit that a child may take on the wall while it waits for a core."""
GLANCE = 0.02
"""Seconds between looks at a child that waits for a core."""


class Usage(Protocol):
    """A child, as far as its deadline looks at it."""

    def cpu_seconds(self) -> float:
        """That it has used itself."""

    def is_asleep(self) -> bool:
        """Whether it waits for something else than a core."""


class Deadline:
    """A limit on the wall, and one of CPU time.

    The machine may be loaded, and a child may sleep: an endless loop shows in CPU time alone.
    """

    def __init__(self, wall: float, cpu: float = INFINITE) -> None:
        self._end, self._cpu = time.monotonic() + wall, cpu

    def renew(self, seconds: float) -> None:
        """Give so many seconds from now."""
        self._end = time.monotonic() + seconds

    def left(self, child: Usage) -> float:
        """Seconds until the next look at the child; none left when it is late."""
        left = self._end - time.monotonic()
        return left if self._cpu == INFINITE else min(left, self._cpu - child.cpu_seconds())


class StepDeadline(Deadline):
    """A short limit for each of many steps: late is what used so much CPU time, or sleeps when so much time is over.

    What only waits for a core on a loaded machine is not late, so that the same steps are late there.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self._limit = seconds
        self._used_before: float | None = 0.0  # CPU seconds when the step began; not known before the next look

    def renew(self, seconds: float) -> None:
        """The next step begins, with so many seconds."""
        super().renew(seconds)
        self._limit, self._used_before = seconds, None

    def left(self, child: Usage) -> float:
        """Seconds until the next look at the child."""
        used = child.cpu_seconds()
        if self._used_before is None:
            self._used_before = used
        busy = self._limit - (used - self._used_before)
        late = time.monotonic() - self._end
        if busy <= 0 or late < 0:
            return min(busy, -late)
        is_lost = late >= (STARVED - 1) * self._limit
        return 0.0 if is_lost or child.is_asleep() else max(busy, GLANCE)


def is_asleep(pid: int) -> bool:
    """Whether a process waits for something else than a core; of one of which nothing is known: yes."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "R"
    except (OSError, IndexError):
        return True
