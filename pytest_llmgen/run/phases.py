"""What a phase of a test came to, read alike in the user's own run and in workers."""

from __future__ import annotations

import pytest

from pytest_llmgen.records import Outcome


def outcome_of(report: pytest.TestReport) -> Outcome:
    """The outcome of one phase."""
    expected_to_fail = hasattr(report, "wasxfail")
    if report.failed:
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    if report.skipped:
        return Outcome.XFAILED if expected_to_fail else Outcome.SKIPPED
    return Outcome.XPASSED if expected_to_fail else Outcome.PASSED
