"""What a phase of a test came to, read alike in the user's own run and in workers."""

from __future__ import annotations

import pytest

from pytest_llmgen.records import Outcome

GREEN = (Outcome.PASSED, Outcome.XPASSED, Outcome.XFAILED)
"""Outcomes of a run that fails nothing; a strict xfail that passes under a mutant kills it."""


def is_of_subtest(report: pytest.TestReport) -> bool:
    """Pytest's own subtests and the plugin before them: both give their reports a context.

    Such a report has its test's node id, and only its failure says something of the test.
    """
    return hasattr(report, "context")


def outcome_of(report: pytest.TestReport) -> Outcome:
    """The outcome of one phase."""
    expected_to_fail = hasattr(report, "wasxfail")
    if report.failed:
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    if report.skipped:
        return Outcome.XFAILED if expected_to_fail else Outcome.SKIPPED
    return Outcome.XPASSED if expected_to_fail else Outcome.PASSED
