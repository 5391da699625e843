"""What a child may say of itself: nothing of other tests, and nothing that makes no sense."""

import time

import pytest

from pytest_llmgen.records import Mutant, MutantJob, Outcome, Region
from pytest_llmgen.run import groups
from pytest_llmgen.run.fork import CRASHED, TIMEOUT, Reporter, run_child
from pytest_llmgen.run.judging import Attempt
from pytest_llmgen.run.progress import PieceDeadline, Progress
from pytest_llmgen.run.protocol import RawRun
from pytest_llmgen.run.tally import Tally
from pytest_llmgen.run.wire import BadMessageError, to_json

A, B = "test_a.py::test_a", "test_b.py::test_b"


def ran(nodeid, seconds=0.0):
    return {"kind": "run", "run": to_json(RawRun(nodeid, Outcome.PASSED, seconds))}


def start(nodeid):
    return {"kind": "start", "nodeid": nodeid}


@pytest.mark.parametrize(
    "records",
    [
        [start(A), ran(B)],
        [ran(A)],
        [start("test_a.py::test_other")],
        [start(A), ran(A), ran(A)],
        [start(A), start(B)],
    ],
    ids=["of another test", "before it began", "of a test that was not asked for", "twice", "two at once"],
)
def test_a_result_that_nobody_asked_for_is_none(records):
    tally = Tally([A, B], 1.0)
    for record in records[:-1]:
        tally.add(record)
    with pytest.raises(BadMessageError, match="not asked for"):
        tally.add(records[-1])


def test_a_child_collects_only_from_the_files_that_it_was_given():
    tally = Tally([], 1.0, ["test_a.py"])
    with pytest.raises(BadMessageError, match="not asked for"):
        tally.add({"kind": "collected", "nodeids": [A, B], "errors": []})
    tally.add({"kind": "collected", "nodeids": [A], "errors": []})
    assert tally.pending == [A]


@pytest.mark.parametrize("claimed", [-1.0, 1e9, float("nan")])
def test_the_time_of_a_test_is_no_more_than_passed_outside(claimed):
    tally = Tally([A], 1.0)
    tally.add(start(A))
    tally.add(ran(A, claimed))
    assert 0.0 <= tally.runs[0].seconds < 1.0


def test_kills_are_only_those_of_tests_and_mutants_that_were_given():
    with pytest.raises(ValueError, match="not asked for"):
        Attempt(asked=[A]).add({"kind": "tests", "outcomes": [(B, "failed")], "message": ""})
    mutant = Mutant("m", "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
    tally = groups.Tally([groups.Case(MutantJob(mutant, (A,), 1.0))])
    tally.give()
    for until, kills in ((2, []), (0, []), (1, [[3, [A], "", 1]]), (1, [[0, [B], "", 1]])):
        with pytest.raises(ValueError, match="not"):
            tally.add({"kind": "proved", "until": until, "kills": kills, "restless": "", "unsure": False})
    assert not any(proof.killers for proof in tally.proofs.values())


def _lie(report: Reporter) -> None:
    report.send("run", run={"nodeid": [], "outcome": "splendid"})
    time.sleep(9)


def test_a_record_that_makes_no_sense_is_the_childs_end_and_not_the_workers():
    end = run_child(_lie, Tally([A], 1.0).add, 5.0)
    assert end.how == CRASHED
    assert "makes no sense" in end.detail


def test_a_place_that_is_none_ends_a_child_as_one_that_never_began(monkeypatch):
    monkeypatch.setattr("pytest_llmgen.run.progress.START", 0.2)
    progress = Progress()
    deadline = PieceDeadline(progress, [(9.0, 9.0)])

    def work(_report: Reporter) -> None:
        progress.begin(12345)
        time.sleep(9)

    assert run_child(work, lambda _record: None, deadline).how == TIMEOUT
