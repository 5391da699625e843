"""What is asked for at once: private functions last, and in a limited time only what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pytest_llmgen.allowance import Allowance
from pytest_llmgen.pipeline import _Job
from pytest_llmgen.records import (
    Assignment,
    Module,
    OpenGaps,
    Origin,
    Reply,
    Target,
    TargetContext,
    TargetKind,
)

MODULE = Module("m.py", "m", ".", "")


def assignment(name: str) -> Assignment:
    target = Target("m.py", "m", name, TargetKind.FUNCTION, 1, 2, 1)
    return Assignment(target, MODULE, TargetContext(f"from m import {name}"), gaps=OpenGaps(lines=(1, 2)))


@dataclass
class World:
    """Findings, settings and a generator in one: what is asked, and what is open while it is."""

    origin: Origin
    open_now: dict[str, tuple[int, ...]]
    asked: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    batch: bool = True

    def open_gaps(self) -> Any:
        return lambda _module, target: OpenGaps(lines=self.open_now.get(target.name, ()))

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        for each in assignments:
            self.asked.append((each.target.name, each.gaps.lines))
            self.open_now["_shared"] = (2,)
            yield Reply(each)

    def step(self, done: int, total: int, text: str = "") -> None: ...

    @property
    def progress(self) -> World:
        return self


def asked(origin: Origin) -> list[tuple[str, tuple[int, ...]]]:
    world = World(origin, {})
    job = cast("Any", _Job)(world, world, world)
    every = [assignment("_covered"), assignment("_shared"), assignment("public")]
    for portion in job._portions(every, origin, Allowance(-1.0, float)):
        list(world.generate(portion))
    return world.asked


def test_private_functions_get_tests_only_for_what_those_of_public_ones_leave() -> None:
    assert asked(Origin.OFFLINE) == [("public", (1, 2)), ("_shared", (2,))]


def test_a_model_is_asked_in_the_order_of_risk() -> None:
    assert [name for name, _ in asked(Origin.MODEL)] == ["_covered", "_shared", "public"]


def test_in_a_limited_time_later_functions_are_searched_for_what_the_riskier_ones_leave() -> None:
    world = World(Origin.OFFLINE, {"f30": (2,)})
    job = cast("Any", _Job)(world, world, world)
    portions = job._portions([assignment(f"f{n}") for n in range(40)], Origin.OFFLINE, Allowance(500.0, float))
    asked = [[(each.target.name, each.gaps.lines) for each in portion] for portion in portions]
    assert asked == [[(f"f{n}", (1, 2)) for n in range(24)], [("f30", (2,))]]
