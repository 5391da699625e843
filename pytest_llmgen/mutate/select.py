"""Which tests meet a mutant, in which order, and how long they may take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pytest_llmgen.records import FileLines, Hits, Mutant, MutantJob, MutantStatus, MutantVerdict, Target

_NO_HITS: Mapping[str, Hits] = MappingProxyType({})

LineTests = Mapping[int, tuple[str, ...]]
"""First line of a statement -> node ids of the tests that run it."""

LEAST_FACTOR = 2.0
LEAST_TIMEOUT = 0.5
"""What the tests get however little was asked for, beside a multiple of their clean time."""

TIMEOUT_FACTOR = 10.0
TIMEOUT_FLOOR = 2.0
"""Seconds that even the fastest tests get: a loaded machine stalls for a while."""


CPU_FACTOR = 20.0
CPU_FLOOR = 0.25
"""CPU seconds that even the fastest tests get: an endless loop uses CPU, a loaded machine gives none.

A test of a millisecond may come to a first import or a long message by a mutant, and still end.
"""


def tests_of(mutant: Mutant, line_tests: LineTests, lines: FileLines, target: Target | None) -> tuple[str, ...]:
    """The tests that run the mutated statement, in the order of ``line_tests``, each once.

    A default value has no line that a call runs: any test that enters the function counts, for which
    the target's span is needed.
    """
    first = lines.first_line.get(mutant.line, mutant.line)
    if not mutant.in_signature or target is None:
        return line_tests.get(first, ())
    body = range(mutant.line, target.end_line + 1)
    return tuple(dict.fromkeys(test for line in body for test in line_tests.get(line, ())))


def tests_after_import(mutant: Mutant, line_tests: LineTests, lines: FileLines, seen: Hits) -> tuple[str, ...]:
    """The tests that run any line of the file, where the mutated statement ran, but inside of no test.

    It ran when the module was imported, then: what it made is seen by whoever uses the module.
    """
    if not ran_at_import(mutant, lines, seen):
        return ()
    return tuple(dict.fromkeys(test for line in sorted(line_tests) for test in line_tests[line]))


def ran_at_import(mutant: Mutant, lines: FileLines, seen: Hits) -> bool:
    """Whether the mutated statement ran while something was imported or collected."""
    return lines.first_line.get(mutant.line, mutant.line) in seen.lines


def order(tests: Iterable[str], seconds: Mapping[str, float]) -> tuple[str, ...]:
    """Fastest first, otherwise as given; a test without a known time comes last."""
    return tuple(sorted(tests, key=lambda test: seconds.get(test, float("inf"))))


def killers_first(job: MutantJob, killers: Collection[str]) -> MutantJob:
    """The job with these tests, or whole tables, before the others."""
    return replace(job, tests=tuple(sorted(job.tests, key=lambda test: test.partition("[")[0] not in killers)))


def timeout_of(tests: Sequence[str], seconds: Mapping[str, float], asked: float) -> float:
    """Wall seconds for all of the tests together: what was asked for, else a multiple of their clean time.

    Never less than the tests take on unchanged code: every mutant would time out, and count as detected.
    """
    clean = sum(seconds.get(test, 0.0) for test in tests)
    if asked > 0:
        return max(asked, LEAST_TIMEOUT + LEAST_FACTOR * clean)
    return TIMEOUT_FLOOR + TIMEOUT_FACTOR * clean


def cpu_limit_of(tests: Sequence[str], seconds: Mapping[str, float], asked: float) -> float:
    """CPU seconds for all of the tests together; 0, for none, where a timeout was asked for."""
    clean = sum(seconds.get(test, 0.0) for test in tests)
    return 0.0 if asked > 0 else CPU_FLOOR + CPU_FACTOR * clean


def jobs(
    mutants: Iterable[Mutant],
    *,
    line_tests: Mapping[str, LineTests],
    files: Mapping[str, FileLines],
    targets: Iterable[Target],
    seconds: Mapping[str, float],
    asked_timeout: float = 0.0,
    every_test: bool = False,
    unproved: bool = False,
    ran: Mapping[str, Hits] = _NO_HITS,
) -> tuple[tuple[MutantJob, ...], tuple[MutantVerdict, ...]]:
    """Jobs for the mutants that tests reach, and the verdicts that need no run.

    ``line_tests``, ``files`` and ``ran`` (what the whole run reached, imports included) are by path.  A
    statement excluded from coverage is Ignored, one that neither a test nor an import runs is NoCoverage.
    """
    by_key = {target.key: target for target in targets}
    made: list[MutantJob] = []
    verdicts: list[MutantVerdict] = []
    for mutant in mutants:
        if mutant.ignored:
            verdicts.append(MutantVerdict(mutant.id, MutantStatus.IGNORED, detail=mutant.ignored))
            continue
        lines = files.get(mutant.path, FileLines(mutant.path, frozenset(), frozenset()))
        if _is_excluded(mutant, lines):
            verdicts.append(MutantVerdict(mutant.id, MutantStatus.IGNORED, detail="excluded from coverage"))
            continue
        target = by_key.get(f"{mutant.path}::{mutant.unit}")
        known = line_tests.get(mutant.path, {})
        reached = tests_of(mutant, known, lines, target)
        reached = reached or tests_after_import(mutant, known, lines, ran.get(mutant.path, Hits()))
        if tests := order(reached, seconds):
            timeout = timeout_of(tests, seconds, asked_timeout)
            cpu = cpu_limit_of(tests, seconds, asked_timeout)
            made.append(MutantJob(mutant, tests, timeout, every_test, cpu, unproved))
        else:
            verdicts.append(MutantVerdict(mutant.id, MutantStatus.NO_COVERAGE, detail="no test runs this statement"))
    return tuple(made), tuple(verdicts)


def _is_excluded(mutant: Mutant, lines: FileLines) -> bool:
    return mutant.line in lines.excluded or lines.first_line.get(mutant.line) in lines.excluded
