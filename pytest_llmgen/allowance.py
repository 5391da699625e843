"""The time that generating may take: how much of it the next searches have, so that proofs and files still fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pytest_llmgen.records import Assignment

NO_TIME_LEFT = "the time went to riskier functions; --llm-time=SECONDS allows more"

_STARTS = 1.2
"""Seconds until the processes are there in which tests are proved; counted once."""
_PROOFS_A_SEARCH = 1.2
"""Seconds of proofs for each of search, before any of this run are known."""
_OVERRUN = 1.2
"""Seconds that searches take for each that they are given: a search ends the step that it is in."""
_FILES_A_PROOF = 0.8
"""Seconds of judging the files for each of proofs."""
_FILES = 0.5
"""Seconds that the files take besides."""
_A_COLD_MUTANT = 0.03
"""Seconds for a mutant that is judged in a process that imports it."""
_FIRST = 0.6
"""Part of the time for search that goes to the first functions: then it is known what proofs cost here."""
_SHORT = 2.5
"""Seconds of search that are not worth two portions."""
_LEAST_SHARE = 0.2
"""Seconds without which a function is put off: a short time goes to the riskiest ones."""
_MOST_AT_ONCE = 24
"""Functions after which it is seen what is still open."""


class Allowance:
    """Seconds for generating in all, from now on; negative for no limit."""

    def __init__(self, seconds: float, clock: Callable[[], float], cold: int = 0) -> None:
        """``cold``: open mutants that are judged in processes of their own, each by the files once more."""
        self._seconds, self._clock, self._began = seconds, clock, clock()
        self._files = _FILES + _A_COLD_MUTANT * cold
        self._searched = self._proved = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._seconds >= 0

    @property
    def is_over(self) -> bool:
        """Whether all of it has gone by."""
        return self.is_limited and self._clock() - self._began >= self._seconds

    @property
    def is_over_for_search(self) -> bool:
        """Whether no further search may begin; the first one always may."""
        return self._searched > 0 and self._for_search() < _LEAST_SHARE

    @contextmanager
    def searching(self) -> Iterator[None]:
        """What goes on meanwhile is search."""
        began = self._clock()
        yield
        self._searched += self._clock() - began

    @contextmanager
    def proving(self) -> Iterator[None]:
        """What goes on meanwhile proves what was found."""
        began = self._clock()
        yield
        self._proved += self._clock() - began

    def portion(self, waiting: Sequence[Assignment]) -> list[Assignment]:
        """The next ones to be searched, each with its part of the time."""
        if not self.is_limited:
            return list(waiting)
        left = max(_LEAST_SHARE, self._for_search())
        some = waiting[: min(_MOST_AT_ONCE, int(left / _LEAST_SHARE))]
        return [replace(assignment, seconds=left / len(some)) for assignment in some]

    def _for_search(self) -> float:
        """Seconds that searches may take now, so that their proofs and all files still fit."""
        if not self.is_limited:
            return float("inf")
        proofs_a_search, starts = _PROOFS_A_SEARCH, _STARTS
        if self._searched and self._proved:
            proofs_a_search, starts = max(0.0, self._proved - _STARTS) / self._searched, 0.0
        files = self._files + _FILES_A_PROOF * max(0.0, self._proved - _STARTS)
        left = self._seconds - (self._clock() - self._began) - files - starts
        search = left / _OVERRUN / (1 + (1 + _FILES_A_PROOF) * proofs_a_search)
        return search if self._searched else min(search, max(_SHORT, _FIRST * search))
