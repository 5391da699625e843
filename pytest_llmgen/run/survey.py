"""Which of the user's tests can judge mutants, and which lines each of them runs.

Pure but for the :class:`Runner` that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pytest_llmgen.mutate.lines import line_tests_of
from pytest_llmgen.records import (
    Baseline,
    Hits,
    Outcome,
    Runner,
    TestRun,
    united,
)
from pytest_llmgen.run.compare import other_lines
from pytest_llmgen.run.phases import GREEN
from pytest_llmgen.timeouts import Timeouts

TIME_FACTOR = 5.0
"""A test may take so much longer in a worker than the longest in the user's run, beside ``Timeouts.test``."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The tests that pass in a worker, with what they cover."""

    seconds: Mapping[str, float] = field(default_factory=dict)  # node id -> clean time
    line_tests: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)
    hits: Mapping[str, Hits] = field(default_factory=dict)  # union, by path
    differences: tuple[str, ...] = ()  # green in the user's run, not in a worker
    map_source: str = ""  # RunInfo.map_source; empty where no test was looked at
    notices: tuple[str, ...] = ()  # tests that take another way behind the walls
    needs: tuple[str, ...] = ()  # what the walls refused those that differ, as words of llm_sandbox_allow


def take_survey(
    baseline: Baseline,
    runner: Runner,
    on_test: Callable[[int, int], None],
    waits: Timeouts = Timeouts(),  # noqa: B008 (frozen)
) -> Survey:
    """Run each green test of the baseline where no test has changed anything, and map lines to tests.

    Where the user's run is too slow to repeat, its own per-test contexts serve instead; a collection
    error leaves the user's run empty, and then the tests that a worker collects are taken.
    Above ``waits.map`` seconds of tests, clean, it is too slow.
    """
    collected, _ = runner.collect()
    green = _green(baseline, collected)
    known = set(collected)
    missing = [f"{nodeid}: not collected in a worker" for nodeid in green if nodeid not in known]
    present = [nodeid for nodeid in green if nodeid in known]
    clean = {run.nodeid: run.seconds for run in baseline.tests}
    if sum(clean.values()) > waits.map and baseline.contexts:
        return _from_contexts(baseline, present, clean, tuple(missing))
    longest = max((clean.get(nodeid, 0.0) for nodeid in present), default=0.0)
    runs, limit = [], waits.test + TIME_FACTOR * longest
    for number, run in enumerate(runner.map_tests(present, limit), start=1):
        runs.append(run)
        on_test(number, len(present))
    passed = [run for run in runs if run.outcome in GREEN]
    return replace(_from_runs(runs, tuple(missing), baseline), notices=other_lines(passed, baseline, runner, limit))


def _green(baseline: Baseline, collected: Iterable[str]) -> list[str]:
    if not baseline.tests and baseline.collection_errors:
        return list(collected)
    return [run.nodeid for run in baseline.tests if run.outcome in GREEN and run.nodeid not in baseline.left_out]


def _from_runs(runs: list[TestRun], missing: tuple[str, ...], baseline: Baseline) -> Survey:
    passed = sorted((run for run in runs if run.outcome in GREEN), key=lambda run: run.nodeid)
    accepted = GREEN if baseline.tests else (*GREEN, Outcome.SKIPPED)  # of a run that did not happen nobody saw it pass
    broken = tuple(
        f"{run.nodeid}: {run.outcome.value} in a worker ({_first_line(run.message)}){_needing(run.needs)}"
        for run in runs
        if run.outcome not in accepted
    )
    return Survey(
        seconds={run.nodeid: run.seconds for run in passed},
        line_tests=line_tests_of((run.nodeid, run.hits) for run in passed),
        hits=united(run.hits for run in passed),
        differences=missing + broken,
        needs=tuple(sorted({word for run in runs for word in run.needs})),
        map_source="forked",
    )


def _from_contexts(
    baseline: Baseline, present: list[str], clean: Mapping[str, float], missing: tuple[str, ...]
) -> Survey:
    ran = {nodeid: baseline.contexts.get(nodeid, {}) for nodeid in sorted(present)}
    tests = ((nodeid, {path: Hits(lines) for path, lines in files.items()}) for nodeid, files in ran.items())
    return Survey(
        seconds={nodeid: clean[nodeid] for nodeid in present},
        line_tests=line_tests_of(tests),
        hits=baseline.hits,
        differences=missing,
        map_source="baseline",
    )


def _needing(words: tuple[str, ...]) -> str:
    return f"; the walls refuse it {', '.join(words)}" if words else ""


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0][:160] if message.strip() else "no message"
