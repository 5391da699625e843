"""A second worker is started when what is left is worth its start."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_llmgen.run.pool import WORTH, Pool
from pytest_llmgen.run.protocol import HELLO
from pytest_llmgen.run.workers import Request


class Ready:
    ready, request, started = True, None, 0.0


def pool(workers: int, left: int, done: int, start: float = 1.0) -> Pool:
    made: Any = Pool(None, 4)  # type: ignore[arg-type]
    made._workers = [Ready() for _ in range(workers)]
    made._pending.extend(Request("judge", {}, 1.0) for _ in range(left))
    made._start_seconds, made._began, made._done = start, 100.0, done
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("workers", "left", "done", "seconds"),
    [
        (1, 1, 1, WORTH),  # as much again would have to take so long
        (1, 10, 1, WORTH / 10),  # ten times as much is left
        (1, 10, 5, WORTH / 2),
        (2, 10, 5, WORTH),  # two workers share it
    ],
)
def test_another_worker_waits_until_what_is_left_would_take_as_long_as_it_must(workers, left, done, seconds) -> None:
    assert pool(workers, left, done)._next_start() == pytest.approx(100.0 + seconds)


def test_nobody_is_waited_for_where_none_works_and_none_comes_while_one_starts() -> None:
    assert pool(0, 3, 0)._needs_more()
    starting = pool(1, 3, 0)
    starting._workers[0].ready = False
    assert starting._next_start() == math.inf
    assert not starting._needs_more()


def test_the_time_in_which_the_first_worker_starts_is_none_that_the_work_takes() -> None:
    starting: Any = pool(1, 4, 0)
    starting._workers[0].ready = False
    starting._take(starting._workers[0], {"kind": HELLO})
    assert not starting._needs_more()
    began = starting._began
    starting._workers.append(Ready())
    starting._workers[1].ready = False
    starting._take(starting._workers[1], {"kind": HELLO})
    assert starting._began == began > 100.0
