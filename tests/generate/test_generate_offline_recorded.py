"""Calls that the project's tests made become text for the search: nothing secret, nothing of today."""

from __future__ import annotations

from datetime import datetime

import pytest

from pytest_llmgen.recorded import is_near

NOW = datetime(2026, 11, 21, 19, 0)  # noqa: DTZ001 (naive as what it is compared with)


@pytest.mark.parametrize(
    "text",
    [
        "due(on=date(2026, 11, 21))",
        "due(on=datetime(2026, 11, 22, 3, 0))",
        f"due(at={NOW.timestamp():.0f})",
        "due(on='2026-11-21T10:00:00')",
    ],
)
def test_a_moment_of_today_is_never_an_input(text):
    assert is_near(text, NOW)


@pytest.mark.parametrize("text", ["due(on=date(2024, 1, 31))", "due(at=3)", "due(on='2024-01-31')", "due()"])
def test_other_values_are_kept(text):
    assert not is_near(text, NOW)
