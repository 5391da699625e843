"""The verdict as properties of the suite, and targets of generated tests, in pytest's own JUnit file."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.junitxml import xml_key  # there is no public way but a fixture

from pytest_llmgen.gate import unreviewed_gaps
from pytest_llmgen.records import Report


def add_properties(config: pytest.Config, report: Report, place: str) -> None:
    """Before pytest writes its file; ``place`` is where the whole report is, if anywhere."""
    junit = config.stash.get(xml_key, None)
    if junit is not None:
        junit.add_global_property("llmgen.verdict", report.verdict.state.value)
        junit.add_global_property("llmgen.open_gaps", str(len(unreviewed_gaps(report.facts.gaps))))
        junit.add_global_property("llmgen.report", place)


def add_targets(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Generated tests say what they test; not under xdist, whose workers collect without us."""
    if config.stash.get(xml_key, None) is None:
        return
    for item in items:
        marker = item.get_closest_marker("llm_generated")
        if marker is not None and "target" in marker.kwargs:
            item.user_properties.append(("llmgen.target", str(marker.kwargs["target"])))
