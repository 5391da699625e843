"""Judging a set of mutants by the tests of a survey.

Pure but for the :class:`Runner` that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_llmgen.mutate.select import order, timeout_of
from pytest_llmgen.records import Mutant, MutantJob, MutantStatus, MutantVerdict, Runner, Target
from pytest_llmgen.run.survey import Survey


def run_campaign(
    mutants: Sequence[Mutant],
    targets: Mapping[str, Target],
    survey: Survey,
    runner: Runner,
    timeout: float,
    covering: dict[str, tuple[str, ...]],
) -> Iterator[MutantVerdict]:
    """Yield a verdict for each mutant; ``covering`` is filled with the tests that meet each."""
    jobs = []
    for mutant in mutants:
        tests = order(tests_that_meet(mutant, targets, survey), survey.seconds)
        covering[mutant.id] = tests
        if tests:
            jobs.append(MutantJob(mutant, tests, timeout_of(tests, survey.seconds, timeout)))
        else:
            yield MutantVerdict(mutant.id, MutantStatus.NO_COVERAGE)
    yield from runner.judge(jobs)
