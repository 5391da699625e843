"""Which values conditions had where one way out of them was never taken: what to look at, and in which words to say it.

Pure but for the :class:`Watcher` that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_llmgen.extract.targets import parse
from pytest_llmgen.findings import Findings
from pytest_llmgen.gaps import open_branches
from pytest_llmgen.records import Gap, Watcher
from pytest_llmgen.report.reasons import forks_of

MOST_PLACES, TESTS_A_PLACE = 100, 3
MOST_SECONDS = 2.0
"""Of clean time of the tests that are run again: tracing makes them some ten times slower."""
TIME_FLOOR, TIME_FACTOR = 10.0, 30.0

Places = dict[str, dict[int, Sequence[str]]]


def look_at_conditions(findings: Findings, watcher: Watcher) -> Mapping[str, Mapping[int, str]]:
    """``path -> line -> " (seen: n = 1, 2)"`` for conditions that were only ever true or only ever false."""
    gaps = [gap for gap in open_branches(findings.evidence()) if gap.new]
    places = _places(findings, gaps[:MOST_PLACES])
    tests = _tests(findings, places)
    if not tests:
        return {}
    clean = sum(findings.survey.seconds[test] for test in tests)
    seen = watcher.watch(places, tests, TIME_FLOOR + TIME_FACTOR * clean)
    return {path: {line: told(values) for line, values in lines.items()} for path, lines in seen.items()}


def told(values: Mapping[str, Sequence[str]]) -> str:
    """``" (seen: n = 1, 2; flag = True)"``, nothing where no value is known."""
    known = "; ".join(f"{name} = {', '.join(texts)}" for name, texts in values.items() if texts)
    return f" (seen: {known})" if known else ""


def _places(findings: Findings, gaps: Sequence[Gap]) -> Places:
    sources = {module.path: module.source for module in findings.modules}
    lines: dict[str, set[int]] = {}
    for gap in gaps:
        lines.setdefault(gap.path, set()).add(gap.region.start_line)
    places: Places = {}
    for path, wanted in sorted(lines.items()):
        forks = forks_of(parse(sources[path]))
        names = {line: forks[line].names for line in sorted(wanted) if line in forks and forks[line].names}
        if names:
            places[path] = dict(names)
    return places


def _tests(findings: Findings, places: Places) -> list[str]:
    """For each place the quickest tests that run it, as long as there is time."""
    seconds, chosen, left = findings.survey.seconds, dict[str, None](), MOST_SECONDS
    for path, lines in places.items():
        by_line = findings.survey.line_tests.get(path, {})
        for line in lines:
            able = sorted((test for test in by_line.get(line, ()) if test in seconds), key=lambda t: (seconds[t], t))
            for test in able[:TESTS_A_PLACE]:
                if test not in chosen and seconds[test] <= left:
                    chosen[test] = None
                    left -= seconds[test]
    return list(chosen)
