"""A function that ends the process with whatever input gives no tests, and the search comes to its end."""

from __future__ import annotations

import random

from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.search import Limits, Search
from pytest_llmgen.records import Observation

MODULE = module_of("leaving", "import sys\n\ndef leave(code: int):\n    sys.exit(code + 1)\n")
(ASSIGNMENT,) = assignments_of(MODULE)


class Leaving(InProcessProber):
    """As workers see it: the child is gone before it has told anything."""

    def observe(self, probe):
        return Observation(probe.id, "crashed", error_message="exited with status 3 before its record was complete")


def test_the_search_ends_without_finds_and_has_nothing_to_change():
    plan = plan_of(ASSIGNMENT, {MODULE.name: MODULE})
    limits = Limits(lambda: 0.0, None)
    search = Search(Leaving([MODULE]), plan.callee, plan.pools, random.Random(1), limits)
    found = search.run(plan.seeds)
    assert (found.finds, found.everything) == ([], [])
    assert found.problems["crashed"] > 0
    assert search.vary([]) == []


def test_the_reply_has_no_test_and_says_why():
    (reply,) = OfflineGenerator(Leaving([MODULE]), 1, clock=lambda: 0.0).generate([ASSIGNMENT])
    assert reply.candidates == ()
    assert reply.note == "every call failed before it began: crashed"
