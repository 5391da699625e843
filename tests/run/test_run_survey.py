"""Which tests are said to pass in the user's run alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from pytest_llmgen.records import Baseline, Outcome, TestRun
from pytest_llmgen.run.survey import take_survey


class Worker:
    """Every test comes to the same."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def collect(self) -> tuple[Sequence[str], Sequence[str]]:
        return ["t"], []

    def map_tests(self, nodeids: Sequence[str], timeout: float) -> Iterator[TestRun]:
        return (TestRun(nodeid, self.outcome, 0.1, {}) for nodeid in nodeids)


STOPPED = Baseline((), {}, {}, {}, collection_errors=("broken.py: ImportError",))
RAN = Baseline((TestRun("t", Outcome.PASSED, 0.1, {}),), {}, {}, {})


@pytest.mark.parametrize(
    ("baseline", "outcome", "number"),
    [
        (STOPPED, Outcome.SKIPPED, 0),
        (STOPPED, Outcome.FAILED, 1),
        (RAN, Outcome.SKIPPED, 1),
        (RAN, Outcome.PASSED, 0),
    ],
)
def test_a_test_that_is_skipped_and_never_ran_outside_is_no_difference(baseline, outcome, number) -> None:
    survey = take_survey(baseline, Worker(outcome), lambda _done, _total: None)  # type: ignore[arg-type]
    assert len(survey.differences) == number
