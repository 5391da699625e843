"""Inputs with which a mutant does what the code does are counted, and only those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmgen.generate.offline.killing import meet
from pytest_llmgen.generate.offline.search import Find, Limits
from pytest_llmgen.records import Mutant, Observation, Probe, Region, Value


def mutant(name: str) -> Mutant:
    return Mutant(name, "m.py", "f", "f", "number", 0, 1, "1", "2", "2", Region(3, 1, 3, 2), line=3)


def find(number: int, line: int = 3) -> Find:
    scene: Any = None
    seen = Observation(str(number), "returned", Value("builtins.int", str(number), text=str(number)))
    return Find((), scene, Probe(str(number), "", str(number)), seen, frozenset({("line", line, 0)}))


class Scripted:
    """Answers as the code does, but for the inputs that the script names."""

    def __init__(self, script: dict[tuple[str, str], Observation]) -> None:
        self.script = script

    def probe(self, probes: Sequence[Probe], timeout: float = 2.0) -> list[Observation]:
        del timeout
        return [self.script.get((p.mutant.id if p.mutant else "", p.expression), self.plain(p)) for p in probes]

    def plain(self, probe: Probe) -> Observation:
        return Observation(probe.id, "returned", Value("builtins.int", probe.expression, text=probe.expression))


def test_inputs_with_the_same_result_are_counted_and_no_others() -> None:
    crashed = Observation("x", "crashed")
    other = Observation("x", "returned", Value("builtins.int", "99", text="99"))
    prober = Scripted({("crashes", "2"): crashed, ("differs", "1"): other})
    finds = [find(1), find(2), find(3), find(4, line=8)]
    names = ("equal", "crashes", "differs")
    matrix = meet(prober, [mutant(name) for name in names], finds, frozenset(), Limits(lambda: 0.0, None))
    assert set(matrix.killers) == {"differs"}
    assert (matrix.same["equal"], matrix.same["crashes"]) == (3, 2)
