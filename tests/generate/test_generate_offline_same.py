"""Inputs with which a mutant does what the code does are counted, and only those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmgen.generate.offline.killing import Hunt
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.records import Challenge, Meeting, Mutant, Observation, Probe, Region, Value


def mutant(name: str) -> Mutant:
    return Mutant(name, "m.py", "f", "f", "number", 0, 1, "1", "2", "2", Region(3, 1, 3, 2), line=3)


def find(number: int, line: int = 3) -> Find:
    scene: Any = None
    seen = Observation(str(number), "returned", Value("builtins.int", str(number), text=str(number)))
    return Find((), scene, Probe(str(number), "", str(number)), seen, frozenset({("line", line, 0)}))


class Scripted:
    """Answers by the name of the mutant."""

    def __init__(self, script: dict[str, Meeting]) -> None:
        self.script = script

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        raise AssertionError(probes, timeout)

    def challenge(
        self,
        probes: Sequence[Probe],
        expected: Sequence[str],
        challenges: Sequence[Challenge],
        raised: frozenset[str],
        enough: int,
    ) -> list[Meeting]:
        del probes, expected, raised, enough
        return [self.script[each.mutant.id] if each.mutant else Meeting((), True) for each in challenges]


def test_inputs_with_the_same_result_are_counted_and_no_others() -> None:
    script = {"equal": Meeting((), True), "crashes": Meeting((), False), "differs": Meeting((1,), True)}
    hunt = Hunt(Scripted(script), [mutant(name) for name in script], frozenset())
    hunt.meet([find(1), find(2), find(3), find(4, line=8)])
    assert set(hunt.matrix.killers) == {"differs"}
    assert hunt.matrix.same == {"equal": 3}
    hunt.meet([find(5)])
    assert hunt.matrix.same == {"equal": 4}
