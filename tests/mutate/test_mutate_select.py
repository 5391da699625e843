from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.mutate import select
from pytest_llmgen.records import FileLines, Hits, Mutant, MutantJob, MutantStatus, Region, Target, TargetKind

MUTANT = Mutant("m", "a.py", "f", "f", "number", 0, 1, "1", "2", "2", Region(3, 1, 3, 2), line=3)
TARGET = Target("a.py", "a", "f", TargetKind.FUNCTION, 1, 6, 1)
LINES = FileLines("a.py", frozenset({1, 2, 4, 6}), frozenset(), first_line={2: 2, 3: 2, 4: 4, 5: 4})


def test_tests_of_the_statements_first_line_are_taken():
    assert select.tests_of(MUTANT, {2: ("t1", "t2"), 3: ("t3",)}, LINES, TARGET) == ("t1", "t2")


def test_a_line_that_coverage_does_not_know_stands_for_itself():
    assert select.tests_of(replace(MUTANT, line=9), {9: ("t",)}, LINES, None) == ("t",)


def test_a_default_value_takes_the_tests_of_the_whole_body_once_each():
    default = replace(MUTANT, in_signature=True, line=2)
    line_tests = {1: ("import",), 2: ("t1",), 4: ("t1", "t2"), 6: ("t3",), 7: ("next",)}
    assert select.tests_of(default, line_tests, LINES, TARGET) == ("t1", "t2", "t3")


def test_order_is_fastest_first_and_stable():
    seconds = {"slow": 2.0, "b": 0.5, "a": 0.5}
    assert select.order(["unknown", "slow", "b", "a"], seconds) == ("b", "a", "slow", "unknown")


def test_known_killers_and_whole_tables_of_them_come_first_in_their_order():
    tests = ("t.py::quick", "t.py::table[1]", "t.py::slow", "t.py::table[2]")
    job = select.killers_first(MutantJob(MUTANT, tests, 1.0), {"t.py::slow", "t.py::table"})
    assert job.tests == ("t.py::table[1]", "t.py::slow", "t.py::table[2]", "t.py::quick")


@pytest.mark.parametrize(
    ("seconds", "asked", "expected"),
    [
        ({}, 0, 2.0),
        ({"t1": 0.5, "t2": 1.0, "other": 9}, 0, 17.0),
        ({"t1": 0.5}, 30.0, 30.0),
        ({"t1": 1.0, "t2": 2.0}, 0.0001, 6.5),  # too little for unchanged code: no mutant is detected by that
    ],
)
def test_a_timeout_is_what_was_asked_or_grows_with_the_tests(seconds, asked, expected):
    assert select.timeout_of(("t1", "t2"), seconds, asked) == expected


def test_jobs_and_verdicts_without_a_run():
    uncovered = replace(MUTANT, id="u", line=6)
    excluded = replace(MUTANT, id="e", line=5)
    elsewhere = replace(MUTANT, id="x", path="b.py")
    jobs, verdicts = select.jobs(
        [MUTANT, uncovered, excluded, elsewhere],
        line_tests={"a.py": {2: ("slow", "fast")}},
        files={"a.py": replace(LINES, excluded=frozenset({4}))},
        targets=[TARGET],
        seconds={"slow": 1.0, "fast": 0.1},
        every_test=True,
    )
    assert jobs == (
        MutantJob(MUTANT, ("fast", "slow"), pytest.approx(13.0), every_test=True, cpu=pytest.approx(22.25)),
    )
    assert [(v.mutant_id, v.status) for v in verdicts] == [
        ("u", MutantStatus.NO_COVERAGE),
        ("e", MutantStatus.IGNORED),
        ("x", MutantStatus.NO_COVERAGE),
    ]


def test_a_statement_that_only_an_import_runs_meets_every_test_of_its_file():
    jobs, verdicts = select.jobs(
        [MUTANT, replace(MUTANT, id="never", line=6)],
        line_tests={"a.py": {4: ("slow", "fast"), 1: ("slow", "other")}, "b.py": {1: ("elsewhere",)}},
        files={"a.py": LINES},
        targets=[TARGET],
        seconds={"slow": 1.0, "fast": 0.1, "other": 0.5},
        ran={"a.py": Hits(frozenset({1, 2, 4}))},
    )
    assert [(job.mutant.id, job.tests) for job in jobs] == [("m", ("fast", "other", "slow"))]
    assert [(v.mutant_id, v.status) for v in verdicts] == [("never", MutantStatus.NO_COVERAGE)]


def test_a_mutant_that_nobody_wants_judged_is_ignored_with_the_reason():
    left_alone = replace(MUTANT, ignored="pragma: no mutate")
    jobs, (verdict,) = select.jobs(
        [left_alone], line_tests={"a.py": {2: ("t",)}}, files={"a.py": LINES}, targets=[TARGET], seconds={}
    )
    assert jobs == ()
    assert (verdict.status, verdict.detail) == (MutantStatus.IGNORED, "pragma: no mutate")
