"""Candidates put to the proof: each alone, again under other circumstances, then against mutants.

Pure but for the :class:`Runner` that it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from types import MappingProxyType

from pytest_llmgen.mutate.lines import line_tests_of
from pytest_llmgen.mutate.select import jobs
from pytest_llmgen.records import (
    Candidate,
    Fate,
    FileLines,
    Hits,
    Judged,
    Mutant,
    MutantJob,
    MutantStatus,
    Outcome,
    Runner,
    Target,
    TestRun,
    united,
)
from pytest_llmgen.refine.render import render_single

PERTURBED_RUNS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where candidates are tried, and what they may meet there."""

    folder: str  # relative to the root: conftest fixtures are seen from there
    test_timeout: float  # seconds
    mutant_timeout: float  # seconds, 0 to decide from the clean times
    files: Mapping[str, FileLines] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()


FAILS = "it fails on the code as it is"
LEAVES = "it leaves changed, for all tests after it: {}; put it back, with monkeypatch or in a fixture after its yield"
_PROBLEMS: Mapping[Outcome, tuple[Fate, str, str]] = {
    Outcome.NOT_COLLECTED: (Fate.INVALID, "not-collected", "its module could not be imported or collected"),
    Outcome.CRASHED: (Fate.INVALID, "crashed", "the process that ran it died"),
    Outcome.TIMEOUT: (Fate.INVALID, "timeout", "it did not end in time"),
    Outcome.ERROR: (Fate.INVALID, "set-up", "set-up or tear-down failed"),
    Outcome.SKIPPED: (Fate.INVALID, "skipped", "it skips itself"),
    Outcome.XFAILED: (Fate.INVALID, "xfail", "it is marked as expected to fail"),
    Outcome.XPASSED: (Fate.INVALID, "xfail", "it is marked as expected to fail"),
    Outcome.FAILED: (Fate.FAILING, "fails", FAILS),
}


def try_out(candidates: Sequence[Candidate], runner: Runner, place: Place) -> list[Judged]:
    """Run each candidate alone, then those that passed under other circumstances.

    Returns one :class:`Judged` for each, in order; ``Fate.KEPT`` means only "passes" as yet.
    """
    folder, timeout = place.folder, place.test_timeout
    files = {trial_path(folder, candidate): render_single(candidate) for candidate in candidates}
    runs = _by_file(runner.try_candidates(files, timeout))
    judged = [_first_look(candidate, runs.get(trial_path(folder, candidate), ())) for candidate in candidates]
    paths = [trial_path(folder, j.candidate) for j in judged if j.fate is Fate.KEPT]
    passing = {path: files[path] for path in paths}
    for runs_again in runner.retry_candidates(passing, timeout, PERTURBED_RUNS) if passing else ():
        again = _by_file(runs_again)
        judged = [_second_look(j, again.get(trial_path(folder, j.candidate), ())) for j in judged]
    return judged


def trial_path(folder: str, candidate: Candidate) -> str:
    """The file that a candidate seems to be in while it is tried; ids may hold any character."""
    return f"{folder}/test_llmgen_try_{blake2b(candidate.id.encode(), digest_size=8).hexdigest()}.py"


def _by_file(runs: Iterable[TestRun]) -> dict[str, list[TestRun]]:
    found: dict[str, list[TestRun]] = {}
    for run in runs:
        found.setdefault(run.nodeid.partition("::")[0], []).append(run)
    return found


def _first_look(candidate: Candidate, runs: Sequence[TestRun]) -> Judged:
    passed = sum(run.outcome is Outcome.PASSED for run in runs)
    base = Judged(candidate, Fate.KEPT, "passes", runs=(passed, len(runs)), seconds=sum(r.seconds for r in runs))
    if not runs:
        return replace(base, fate=Fate.INVALID, code="no-test", reason="pytest found no test in it")
    for run in runs:
        if run.outcome is not Outcome.PASSED:
            fate, code, reason = _PROBLEMS[run.outcome]
            return replace(base, fate=fate, code=code, reason=f"{reason}: {_short(run)}")
    if left := dict.fromkeys(word for run in runs for word in run.left):
        reason = LEAVES.format(", ".join(left))
        return replace(base, fate=Fate.INVALID, code="leaves-state", reason=reason)
    return replace(base, hits=united(run.hits for run in runs))


def _second_look(judged: Judged, runs: Sequence[TestRun]) -> Judged:
    if judged.fate is not Fate.KEPT:
        return judged
    passed = sum(run.outcome is Outcome.PASSED for run in runs)
    total = (judged.runs[0] + passed, judged.runs[1] + len(runs))
    failed = next((run for run in runs if run.outcome is not Outcome.PASSED), None)
    if failed is None and runs:
        return replace(judged, runs=total)
    why = _short(failed) if failed else "it was not run again"
    reason = f"it fails under another hash seed, time zone, folder or order: {why}"
    return replace(judged, fate=Fate.FLAKY, code="flaky", reason=reason, runs=total)


def _short(run: TestRun) -> str:
    return (run.message.strip() or run.error_type or run.outcome.value)[:1500]


def against_mutants(
    judged: Sequence[Judged],
    mutants: Sequence[Mutant],
    runner: Runner,
    place: Place,
    ran: Mapping[str, Hits] = MappingProxyType({}),
    wanted: Mapping[str, frozenset[str]] | None = None,
) -> list[Judged]:
    """Fill in which of the mutants each passing candidate kills (every test against every mutant).

    ``judged`` are candidates as :func:`try_out` left them, ``mutants`` those that are still open; ``ran`` is the part
    of what ran at import that these tests could notice; ``wanted`` are the mutants that each needs to meet, by its id,
    where not all of them.
    """
    passing = {trial_path(place.folder, j.candidate): j for j in judged if j.fate is Fate.KEPT}
    if not passing or not mutants:
        return list(judged)
    nodeids = runner.load_candidates({path: render_single(j.candidate) for path, j in passing.items()})
    loaded = {nodeid: passing[nodeid.partition("::")[0]] for nodeid in nodeids}
    work, _ = jobs(
        mutants,
        line_tests=line_tests_of((nodeid, j.hits) for nodeid, j in loaded.items()),
        files=place.files,
        targets=place.targets,
        seconds={nodeid: j.seconds for nodeid, j in loaded.items()},
        asked_timeout=place.mutant_timeout,
        every_test=True,
        unproved=True,  # it only says which tests to keep: verdicts are of the files that are written
        ran=ran,
    )
    if wanted is not None:
        work = _narrowed(work, {nodeid: wanted.get(j.candidate.id, frozenset()) for nodeid, j in loaded.items()})
    kills: dict[str, set[str]] = {}
    for verdict in runner.judge(work):
        if verdict.status is MutantStatus.KILLED:
            for nodeid in verdict.killed_by:
                kills.setdefault(loaded[nodeid].candidate.id, set()).add(verdict.mutant_id)
    return [replace(j, kills=frozenset(kills.get(j.candidate.id, ()))) if j.fate is Fate.KEPT else j for j in judged]


def _narrowed(work: Sequence[MutantJob], wanted: Mapping[str, frozenset[str]]) -> tuple[MutantJob, ...]:
    """The jobs with those of their tests that need to meet the mutant."""
    narrow = (replace(job, tests=tuple(test for test in job.tests if job.mutant.id in wanted[test])) for job in work)
    return tuple(job for job in narrow if job.tests)
