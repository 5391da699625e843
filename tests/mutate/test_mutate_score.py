from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.mutate.score import by_status, score, unjudged
from pytest_llmgen.records import Mutant, MutantStatus, MutantVerdict, Region

MUTANT = Mutant("m", "a.py", "f", "f", "number", 0, 1, "1", "2", "2", Region(1, 1, 1, 2))


@pytest.mark.parametrize(
    ("status", "ratio"),
    [
        (MutantStatus.KILLED, (1, 1)),
        (MutantStatus.TIMEOUT, (1, 1)),
        (MutantStatus.SURVIVED, (0, 1)),
        (MutantStatus.NO_COVERAGE, (0, 1)),
        (MutantStatus.RUNTIME_ERROR, (0, 0)),
        (MutantStatus.COMPILE_ERROR, (0, 0)),
        (MutantStatus.IGNORED, (0, 0)),
        (MutantStatus.PENDING, (0, 0)),
    ],
)
def test_what_each_status_adds_to_the_score(status, ratio):
    assert score({status: 1}) == ratio


def test_no_mutants_have_no_score():
    assert score({}) == (0, 0)


def test_statuses_are_summed():
    counts = {MutantStatus.KILLED: 3, MutantStatus.TIMEOUT: 1, MutantStatus.SURVIVED: 2, MutantStatus.IGNORED: 9}
    assert score(counts) == (4, 6)


def test_missing_verdicts_and_unconfirmed_timeouts_are_unjudged_and_not_in_the_score():
    mutants = [replace(MUTANT, id=name) for name in ("missing", "pending", "once", "twice", "killed")]
    verdicts = {
        "pending": MutantVerdict("pending", MutantStatus.PENDING),
        "once": MutantVerdict("once", MutantStatus.TIMEOUT, confirmed=False),
        "twice": MutantVerdict("twice", MutantStatus.TIMEOUT),
        "killed": MutantVerdict("killed", MutantStatus.KILLED),
        "of another run": MutantVerdict("of another run", MutantStatus.SURVIVED),
    }
    counts = by_status(mutants, verdicts)
    assert counts == {MutantStatus.PENDING: 3, MutantStatus.TIMEOUT: 1, MutantStatus.KILLED: 1}
    assert (unjudged(counts), score(counts)) == (3, (2, 2))
