"""Tests that pass behind the walls and yet run other lines there: code that looks round may take another way.

A fork differs from the user's run without any walls: caches are cold, shared fixtures are set up anew.  So a test that
runs other lines is run once more in a fork outside the walls, as the user ran it, and counts only where that fork
agrees with the user's run.

Pure but for the :class:`Outsider` that it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from pytest_llmgen.records import Baseline, Hits, Outsider, TestRun

Lines = Mapping[str, frozenset[int]]
MOST_SECONDS = 10.0
"""Of tests' clean time, for running them outside the walls; those that lost most lines come first."""
SLUG = "other-lines"


def other_lines(runs: Sequence[TestRun], baseline: Baseline, runner: object, timeout: float) -> tuple[str, ...]:
    """A text for each test that runs other lines behind the walls, with what the walls refuse it.

    Args:
        runs: of tests that pass behind the walls, each in a fork of its own.
        baseline: the user's run; nothing is said where it does not know which test ran which line.
        runner: nothing is said where it is no :class:`Outsider`.
        timeout: for one test.
    """
    suspects = {run.nodeid: odd for run in runs if (odd := suspicious(run, baseline))}
    if not suspects or not isinstance(runner, Outsider):
        return ()
    chosen = _affordable(sorted(suspects, key=lambda n: (-_number(suspects[n]), n)), runs)
    inside = {run.nodeid: run.hits for run in runs}
    found = {
        run.nodeid: lines
        for run in runner.outside(chosen, timeout)
        if (lines := confirmed(suspects[run.nodeid], inside[run.nodeid], run.hits))
    }
    needs = runner.needs(sorted(found), timeout) if found else {}
    return tuple(_text(nodeid, lines, needs.get(nodeid, ())) for nodeid, lines in sorted(found.items()))


def suspicious(run: TestRun, baseline: Baseline) -> Lines:
    """Lines that the test ran in the user's run alone, or that no test ran there, by path."""
    if run.nodeid not in baseline.contexts:
        return {}
    theirs = baseline.contexts[run.nodeid]
    paths = {*theirs, *run.hits}
    odd = {path: _odd(run.hits.get(path), theirs.get(path), baseline.hits.get(path)) for path in paths}
    return {path: lines for path, lines in odd.items() if lines}


def _odd(here: Hits | None, there: frozenset[int] | None, whole: Hits | None) -> frozenset[int]:
    ran = here.lines if here else frozenset()
    return ((there or frozenset()) - ran) | (ran - (whole.lines if whole else frozenset()))


def confirmed(odd: Lines, inside: Mapping[str, Hits], outside: Mapping[str, Hits]) -> Lines:
    """Of these lines those that a fork outside the walls treats as the user's run did."""
    found = {
        path: frozenset(n for n in lines if (n in _lines(inside, path)) != (n in _lines(outside, path)))
        for path, lines in odd.items()
    }
    return {path: lines for path, lines in found.items() if lines}


def _lines(hits: Mapping[str, Hits], path: str) -> frozenset[int]:
    return hits[path].lines if path in hits else frozenset()


def _affordable(nodeids: Iterable[str], runs: Sequence[TestRun]) -> list[str]:
    seconds, left, chosen = {run.nodeid: run.seconds for run in runs}, MOST_SECONDS, []
    for nodeid in nodeids:
        left -= seconds[nodeid]
        if left < 0:
            break
        chosen.append(nodeid)
    return chosen


def _number(lines: Lines) -> int:
    return sum(map(len, lines.values()))


def _text(nodeid: str, lines: Lines, needs: Sequence[str]) -> str:
    places = ", ".join(f"{path}:{_spans(numbers)}" for path, numbers in sorted(lines.items()))
    why = f"; the walls refuse it {', '.join(needs)}" if needs else ""
    return f"{nodeid} takes another way behind the walls than in your run, at {places}{why} [{SLUG}]"


def _spans(numbers: Iterable[int]) -> str:
    """``3, 7-9``."""
    spans = []
    for _, group in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        spans.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return ", ".join(spans)
