"""Which tests have killed mutants of a function so far: its next mutants meet them early.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmgen.records import MutantJob

QUICK_TEST = 0.05
"""Seconds of one test that is run in a group at most: about what a fork costs, or a few."""
FIRST = 3
"""Tests that are the first whatever is known: the quickest kill most mutants."""
KNOWN = 6
"""Killers of a function's mutants that its next one meets early."""
ENOUGH = 8
"""Tests that a mutant meets in a group beside known killers, before it is left to a fork of its own.

The chance that the next test kills is about one in a hundred by then, and a fork costs what ten to thirty tests do that
are worth a group: measured on jinja2 and click.
"""


class History:
    """The killers that the order of a job's tests alone would have come to late; those found last are the first."""

    def __init__(self) -> None:
        self._killers: dict[tuple[str, str], dict[str, None]] = {}

    def note(self, job: MutantJob, test: str) -> None:
        """A test has killed the job's mutant."""
        if test not in job.tests[:FIRST]:
            known = self._killers.setdefault((job.mutant.path, job.mutant.unit), {})
            known.pop(test, None)
            known[test] = None

    def known(self, job: MutantJob) -> list[str]:
        """Those among the job's tests that have killed other mutants of its function."""
        killers = self._killers.get((job.mutant.path, job.mutant.unit), {})
        return [test for test in reversed(killers) if test in job.tests][:KNOWN]

    def leading(self, job: MutantJob, tests: Sequence[str]) -> list[str]:
        """Of some of its tests, in their order, the ones to try in a group."""
        known = [test for test in self.known(job) if test in tests[FIRST:]]
        rest = [test for test in tests[FIRST:] if test not in known]
        return [*tests[:FIRST], *known, *rest][: max(ENOUGH, FIRST + len(known))]

    def ordered(self, job: MutantJob) -> tuple[str, ...]:
        """All of its tests, known killers before the others."""
        known = self.known(job)
        return (*known, *(test for test in job.tests if test not in known)) if known else job.tests
