"""The order in which mutants are judged, and the budget for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.mutate.classic import OPERATORS
from pytest_llmgen.mutate.schedule import YIELD, Budget, budget_of, by_risk, time_left
from pytest_llmgen.records import Mutant, MutantJob, Region, Target, TargetKind

PUBLIC = Target("m.py", "m", "open_shop", TargetKind.FUNCTION, 1, 9, 1)
PRIVATE = Target("m.py", "m", "_count", TargetKind.FUNCTION, 11, 19, 11)
TARGETS = {target.key: target for target in (PUBLIC, PRIVATE)}


def job(name: str, line: int, operator: str = "number", unit: str = "open_shop") -> MutantJob:
    region = Region(line, 1, line, 2)
    mutant = Mutant(name, "m.py", unit, unit, operator, line, line + 1, "1", "2", "2", region, line=line)
    return MutantJob(mutant, (), 1.0)


def order(*jobs: MutantJob, changed: set[int] | None = None, uncovered: dict[str, int] | None = None) -> list[str]:
    new = None if changed is None else {"m.py": changed}
    return [each.mutant.id for each in by_risk(jobs, TARGETS, changed=new, uncovered=uncovered or {})]


def test_one_mutant_of_each_line_comes_before_a_second_one_of_any() -> None:
    assert order(job("a", 2), job("b", 2), job("c", 3), job("d", 3)) == ["a", "c", "b", "d"]


def test_changed_code_comes_first_with_all_of_its_mutants() -> None:
    assert order(job("a", 2), job("b", 3), job("c", 3), changed={3}) == ["b", "c", "a"]


def test_within_a_line_the_operator_whose_mutants_are_usually_killed_comes_first() -> None:
    assert order(job("a", 2, "string"), job("b", 2, "keyword"), job("c", 2, "unheard-of")) == ["b", "c", "a"]


def test_public_functions_come_first_and_among_equals_those_with_more_open_lines() -> None:
    other = replace(job("z", 12), mutant=replace(job("z", 12, unit="_count").mutant))
    assert order(other, job("a", 3)) == ["a", "z"]
    assert order(other, job("a", 3), uncovered={PRIVATE.key: 5}) == ["a", "z"]


def test_the_order_does_not_depend_on_the_order_that_jobs_came_in() -> None:
    jobs = [job(name, line) for name, line in (("a", 2), ("b", 2), ("c", 3), ("d", 4))]
    assert order(*jobs) == order(*reversed(jobs))


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("", Budget()),
        ("90s", Budget(seconds=90.0, text="90s")),
        ("1.5m", Budget(seconds=90.0, text="1.5m")),
        (" 2h ", Budget(seconds=7200.0, text="2h")),
        ("500", Budget(mutants=500, text="500 mutants")),
        ("0", Budget(mutants=0, text="0 mutants")),
    ],
)
def test_a_budget_is_a_time_or_a_number(text: str, budget: Budget) -> None:
    assert budget_of(text) == budget


@pytest.mark.parametrize("text", ["90", "5 m", "0s"])
def test_what_may_be_meant_is_taken(text: str) -> None:
    assert budget_of(text).text


@pytest.mark.parametrize("text", ["soon", "-5", "5d", "1.5", "5m 3s", "nan"])
def test_another_budget_is_refused_with_examples(text: str) -> None:
    with pytest.raises(LlmgenError, match="neither a time nor a number") as caught:
        budget_of(text)
    assert "90s" in caught.value.fix


def test_every_measured_operator_is_one_that_we_have() -> None:
    assert set(YIELD) <= set(OPERATORS)


@pytest.mark.parametrize(
    ("done", "total", "seconds", "text"),
    [(5, 100, 10.0, ""), (50, 100, 1.0, ""), (50, 100, 10.0, "about 10 s left"), (10, 1000, 10.0, "about 16 min left")],
)
def test_the_time_left_is_told_once_it_can_be(done: int, total: int, seconds: float, text: str) -> None:
    assert time_left(done, total, seconds) == text
