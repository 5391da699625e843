"""The time that generating may take: how much is left of it, for what, and what part of it a target has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.records import Assignment, Origin

NO_TIME_LEFT = "the time went to riskier functions; --llm-time=SECONDS allows more"

_FOR_SEARCH = 0.7
"""Part of a limited time in which searches may begin; the rest is for choosing, and for the files."""
_FOR_PROOFS = 0.85
"""Part of a limited time in which proofs may begin."""
_UNPROVED = 0.5
"""Part of the time for search that goes to searches: what they find is proved before the next ones begin."""
_LEAST_SHARE = 0.2
"""Seconds of search without which a function is put off: a short time goes to the riskiest ones."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Seconds for generating in all, counted from when it began; negative for no limit."""

    seconds: float
    clock: Callable[[], float]
    began: float

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.seconds >= 0

    def is_over_for(self, origin: Origin) -> bool:
        """Whether nothing more may be asked of a generator."""
        return self._left(_FOR_SEARCH if origin is Origin.OFFLINE else 1.0) <= 0

    @property
    def is_over_for_proofs(self) -> bool:
        """Whether what was found is to be put off."""
        return self._left(_FOR_PROOFS) <= 0

    def fitting(self, wanted: Sequence[Assignment]) -> tuple[list[Assignment], list[Assignment]]:
        """Those that a search has time for, riskiest first, and those that are put off."""
        if not self.is_limited:
            return list(wanted), []
        most = max(1, int(_UNPROVED * self._left(_FOR_SEARCH) / _LEAST_SHARE))
        return list(wanted[:most]), list(wanted[most:])

    def shared(self, wanted: Sequence[Assignment], among: int) -> list[Assignment]:
        """Each with its part of the time that is left for search, where ``among`` so many share it."""
        if not self.is_limited:
            return list(wanted)
        share = _UNPROVED * max(0.0, self._left(_FOR_SEARCH)) / max(1, among)
        return [replace(assignment, seconds=share) for assignment in wanted]

    def _left(self, part: float) -> float:
        if not self.is_limited:
            return float("inf")
        return part * self.seconds - (self.clock() - self.began)
