"""Searches side by side: the same tests as one after the other, and none that goes on when nobody waits for it."""

import random
import threading
import time

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.baton import BATON
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.lanes import AbandonedError, Lanes

MODULE = module_of(
    "shop",
    """
class Basket:
    def __init__(self, limit):
        if limit < 1:
            raise ValueError("limit must be positive")
        self.limit, self.items = limit, []

    def add(self, name):
        if len(self.items) >= self.limit:
            raise OverflowError(name)
        self.items.append(name)

    def join(self, other):
        return sorted(self.items + other.items)


class Shelf:
    def __init__(self, basket):
        self.basket = basket

    def count(self):
        return len(self.basket.items)


def price(n, cost=3):
    return n * cost - 5 if n > 10 else n * cost


def parity(n):
    return "even" if n % 2 == 0 else "odd"
""",
)


class Slow(InProcessProber):
    """A prober that takes its time, sometimes more."""

    def probe(self, probes, timeout=2.0):
        with BATON.laid_down():
            time.sleep(random.random() / 200)
        return super().probe(probes, timeout)


def written(lanes: int) -> list[tuple[str, list[str]]]:
    generator = OfflineGenerator(Slow([MODULE]), 0, lanes=lanes)
    replies = generator.generate(assignments_of(MODULE))
    return [(reply.assignment.target.key, [each.source for each in reply.candidates]) for reply in replies]


def test_tests_are_the_same_for_any_number_of_lanes():
    alone = written(1)
    assert [len(sources) > 0 for _, sources in alone].count(True) >= 5
    assert written(3) == alone
    assert written(8) == alone


class Waiting:
    """A prober whose first question is answered at once, and the others when they may be."""

    def __init__(self) -> None:
        self.may, self.asked, self.refused = threading.Event(), [], []

    def probe(self, probes, timeout=2.0):
        self.asked.append(probes[0])
        with BATON.laid_down():
            assert probes[0] == "first" or self.may.wait(10)
        return probes


def test_a_search_ends_before_its_next_probe_where_nobody_takes_more():
    prober, ended = Waiting(), threading.Event()
    lanes = Lanes(prober, 2)

    def work(item):
        try:
            return [lanes.probe([item]), lanes.probe([f"{item} again"]) if item != "first" else None]
        except AbandonedError:
            prober.refused.append(item)
            raise
        finally:
            if item == "second":
                ended.set()

    answers = lanes.along(work, ["first", "second", "third", "fourth"])
    assert next(answers) == [["first"], None]
    answers.close()
    prober.may.set()
    assert ended.wait(10)
    assert "second" in prober.refused
    assert "fourth" not in prober.asked
    assert not [text for text in prober.asked if text.endswith("again")]
    assert lanes.probe(["later"]) == ["later"]  # who asks in no lane is not meant


def test_what_a_search_raises_reaches_who_waits_for_it():
    def work(item):
        raise RuntimeError(item)

    with pytest.raises(RuntimeError, match="one"):
        list(Lanes(Waiting(), 2).along(work, ["one", "two"]))
