"""A check in shards: each writes a part and ends with 0; the merge judges as one run would have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CODE = "def parity(n):\n    if n % 2:\n        return 'odd'\n    return 'even'\n"
TESTS = "from pkg.parity import parity\n\ndef test_odd(): assert parity(3) == 'odd'\n"
VOLATILE = ("started", "seconds", "stage_seconds", "stage_cpu_seconds", "sandbox", "peak_memory_mb")


@pytest.fixture(scope="module")
def runs(make_project: Callable[..., Any]) -> Any:
    project = make_project({"pkg/__init__.py": "", "pkg/parity.py": CODE, "tests/test_parity.py": TESTS})
    project.whole = project.run("--llm-check")
    project.parts = [project.run("--llm-check", "--llm-fresh", f"--llm-shard={n}/2") for n in (1, 2)]
    return project


def test_a_part_ends_with_0_and_leaves_the_judging_to_the_merge(runs: Any) -> None:
    assert [run.status for run in runs.parts] == [0, 0]
    assert {run.verdict for run in runs.parts} == {"inconclusive"}
    assert "only a part of the mutants was judged (shard 1/2)" in runs.parts[0].output
    assert "wrote .llmgen/part-1-of-2.json" in runs.parts[0].output


def test_the_merge_is_equal_to_one_run(runs: Any) -> None:
    run = runs.run("--llm-merge=.llmgen/part-1-of-2.json", "--llm-merge=.llmgen/part-2-of-2.json", "-n", "2")
    assert (run.status, run.verdict) == (runs.whole.status, runs.whole.verdict) == (10, "fail"), run.output
    for key in ("gaps", "functions", "totals", "conditions", "tests", "scope_problem", "verdict"):
        assert run.report[key] == runs.whole.report[key], key
    assert "no test runs" in run.output
    same, other = run.report["run"], runs.whole.report["run"]
    assert same["peak_memory_mb"] > 10
    assert {k: v for k, v in same.items() if k not in VOLATILE} == {k: v for k, v in other.items() if k not in VOLATILE}


def test_a_missing_part_is_inconclusive(runs: Any) -> None:
    run = runs.run("--llm-merge=.llmgen/part-1-of-2.json")
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "part 2 of 2 is missing" in run.output
    run = runs.run("--llm-merge=.llmgen/part-1-of-2.json", "--llm-merge=nowhere.json")
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "[bad-part]" in run.output


def test_parts_of_other_code_are_inconclusive(runs: Any) -> None:
    source = Path(runs.root / "pkg" / "parity.py")
    source.write_text(CODE + "\n")
    run = runs.run("--llm-merge=.llmgen/part-1-of-2.json", "--llm-merge=.llmgen/part-2-of-2.json")
    source.write_text(CODE)
    assert (run.status, run.verdict) == (11, "inconclusive")
    assert "another code in 1/2, 2/2" in run.output


@pytest.mark.parametrize(
    "arguments", [("--llm-target=pkg",), ("--llm-all",), ("--llm-report=term", "--llm-diff=main"), ("--llm-shard=1/2",)]
)
def test_flags_without_a_command_are_refused(runs: Any, arguments: tuple[str, ...]) -> None:
    run = runs.run(*arguments)
    assert run.status == 4
    assert "without a command" in run.output
