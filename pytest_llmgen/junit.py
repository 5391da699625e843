"""The verdict as properties of the suite, and what generated tests are for, in pytest's own JUnit file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from _pytest.junitxml import xml_key  # there is no public way but a fixture

from pytest_llmgen.gate import unreviewed_gaps
from pytest_llmgen.records import Report
from pytest_llmgen.refine import ledger


def add_properties(config: pytest.Config, report: Report, place: str) -> None:
    """Before pytest writes its file; ``place`` is where the whole report is, if anywhere."""
    junit = config.stash.get(xml_key, None)
    if junit is not None:
        junit.add_global_property("llmgen.verdict", report.verdict.state.value)
        junit.add_global_property("llmgen.open_gaps", str(len(unreviewed_gaps(report.facts.gaps))))
        junit.add_global_property("llmgen.report", place)


def add_targets(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Generated tests say what they test, and how many mutants they alone killed when they were written.

    A check stops at the first kill of a mutant and knows no number of its own; the ledger beside the tests does.
    """
    known = ledger.read(Path(config.rootpath, config.getini("llm_output_dir"))).entries
    for item in items:
        marker = item.get_closest_marker("llm_generated")
        if marker is None or "target" not in marker.kwargs:
            continue
        item.user_properties.append(("llmgen.target", str(marker.kwargs["target"])))
        entry = known.get((item.path.name, item.name.partition("[")[0]))
        if entry is not None:
            item.user_properties.append(("llmgen.kills", str(entry.kills)))
