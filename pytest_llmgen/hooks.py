"""Hooks that other plugins and conftest files may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # an idle start must not pay for it
    from pytest_llmgen.records import Report


@pytest.hookspec
def pytest_llmgen_report(config: pytest.Config, report: Report) -> None:
    """Called once after a run, when every report is written; ``report`` is what they show.

    Not called in xdist's workers, nor in runs that neither generate nor check.
    """
