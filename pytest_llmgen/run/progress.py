"""Where a child is in its list, in a page of memory that it shares with its parent: telling costs it no message."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Sequence

from pytest_llmgen.run.deadlines import Deadline, Usage

_FORMAT = struct.Struct("qdd")  # place, its beginning on the wall, its beginning in CPU time
_NOWHERE, _MOVING = -1, -2
START = 5.0
"""Seconds that a child may take to get to its first piece."""
GLANCE = 0.05
"""Seconds between the parent's looks: the child goes from piece to piece without a word."""


class Progress:
    """One page; the child writes, the parent reads."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self.reset()

    def reset(self) -> None:
        """Before a fork."""
        _FORMAT.pack_into(self._page, 0, _NOWHERE, time.monotonic(), 0.0)

    def begin(self, place: int) -> None:
        """In the child: from here on it works on the piece at ``place``."""
        _FORMAT.pack_into(self._page, 0, _MOVING, 0.0, 0.0)
        _FORMAT.pack_into(self._page, 0, place, time.monotonic(), time.process_time())

    def read(self) -> tuple[int, float, float]:
        """Place (negative before the first), and when it began: on the wall, in CPU time."""
        place, wall, cpu = _FORMAT.unpack_from(self._page, 0)
        return place, wall, cpu

    @property
    def place(self) -> int | None:
        """The piece in hand, None before the first."""
        place = self.read()[0]
        return place if place >= 0 else None


class PieceDeadline(Deadline):
    """Each piece has its own limits, in wall and CPU seconds, and all together have those of ``whole``."""

    def __init__(
        self, progress: Progress, limits: Sequence[tuple[float, float]], whole: Deadline | None = None
    ) -> None:
        super().__init__(START)
        self._progress, self._limits, self._whole = progress, limits, whole

    def left(self, child: Usage) -> float:
        """Seconds until the next look at the child."""
        if self._whole is None:
            return self._of_piece(child)
        return min(self._of_piece(child), self._whole.left(child))

    def _of_piece(self, child: Usage) -> float:
        place, wall, cpu = self._progress.read()
        if place == _MOVING:
            return GLANCE
        if not 0 <= place < len(self._limits):  # before the first; or not written by us
            return min(GLANCE, super().left(child))
        wall_limit, cpu_limit = self._limits[place]
        return min(GLANCE, wall + wall_limit - time.monotonic(), cpu + cpu_limit - child.cpu_seconds())
