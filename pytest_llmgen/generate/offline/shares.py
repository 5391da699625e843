"""A limited time for many searches: what one of them does not need, the later ones have."""

from __future__ import annotations

import math
from collections.abc import Callable

_LEAST = 0.3
"""Seconds without which a search finds nothing: it is not begun with less."""


class Shares:
    """Parts of a time, each worked out when its search begins."""

    def __init__(self, clock: Callable[[], float], seconds: float, searches: int, side_by_side: int) -> None:
        """``seconds`` from now on for all ``searches``, of which so many go on at a time."""
        self._clock, self._end = clock, clock() + seconds
        self._waiting, self._side_by_side = searches, side_by_side
        self._begun = 0

    def next(self) -> float:
        """Seconds for the search that begins now; 0 where the time is over, but for the first ones."""
        left = self._end - self._clock()
        self._begun += 1
        if left <= 0 and self._begun > self._side_by_side:
            return 0.0
        rounds = max(1, math.ceil(self._waiting / self._side_by_side))
        self._waiting -= 1
        return max(_LEAST, left / rounds)
