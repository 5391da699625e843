"""Targets searched side by side: while one search waits for its probes, another one thinks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from pytest_llmgen.baton import BATON
from pytest_llmgen.records import Challenge, Meeting, Observation, Probe, Prober

T = TypeVar("T")
R = TypeVar("R")


class AbandonedError(Exception):
    """Nobody waits any more for what a search would find."""


class Lanes:
    """A prober that several searches may use at a time, each in a thread of its own."""

    def __init__(self, prober: Prober, number: int) -> None:
        """``number`` of searches side by side; with one there are no threads."""
        self._prober, self.number = prober, number
        self._mine = threading.local()

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        """As the prober that all share.

        Raises:
            AbandonedError: the search is not wanted any more.
        """
        return self._unless_left(lambda: self._prober.probe(probes, timeout))

    def challenge(
        self,
        probes: Sequence[Probe],
        expected: Sequence[str],
        challenges: Sequence[Challenge],
        raised: frozenset[str],
        enough: int,
    ) -> list[Meeting]:
        """As the prober that all share.

        Raises:
            AbandonedError: the search is not wanted any more.
        """
        return self._unless_left(lambda: self._prober.challenge(probes, expected, challenges, raised, enough))

    def _unless_left(self, ask: Callable[[], R]) -> R:
        self._look_up()
        found = ask()
        self._look_up()
        return found

    def _look_up(self) -> None:
        left = getattr(self._mine, "left", None)
        if left is not None and left.is_set():
            raise AbandonedError

    def along(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """What comes of each item, in the order given; who takes no more leaves the rest undone."""
        if self.number == 1 or len(items) <= 1:
            yield from map(work, items)
            return
        left, futures = threading.Event(), [Future[R]() for _ in items]
        waiting = iter(list(zip(futures, items, strict=True)))
        with BATON.held():
            for _ in range(min(self.number, len(items))):
                # Nobody has to wait for the end of these threads: they change nothing outside of this process.
                threading.Thread(target=partial(self._work_off, work, waiting, left), daemon=True).start()
            try:
                for future in futures:
                    with BATON.laid_down():
                        future.exception()
                    yield future.result()
            finally:
                left.set()

    def _work_off(self, work: Callable[[T], R], waiting: Iterator[tuple[Future[R], T]], left: threading.Event) -> None:
        self._mine.left = left
        with BATON.held():
            for future, item in waiting:  # nobody else takes one: the baton is held
                try:
                    self._look_up()
                    future.set_result(work(item))
                except AbandonedError:
                    return
                except BaseException as error:  # noqa: BLE001 (it is raised where the result is wanted)
                    future.set_exception(error)
