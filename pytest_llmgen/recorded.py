"""Arguments that functions got in the project's own tests: what to look at, and as calls that can be read.

Pure but for the :class:`Recorder` that it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from pytest_llmgen.findings import Findings
from pytest_llmgen.records import Recorder, Target, TargetKind

TESTS_A_TARGET = 3
MOST_SECONDS = 3.0
"""Of clean time of the tests that are run again."""
TIME_FLOOR, TIME_FACTOR = 10.0, 20.0
_NEAR = timedelta(days=2)
_OWN = {TargetKind.METHOD, TargetKind.PROPERTY}


def record_calls(
    findings: Findings, recorder: Recorder, is_secret: Callable[[str], bool], now: datetime
) -> dict[str, tuple[str, ...]]:
    """Key of a target to calls of it as text: ``add("apple", count=2)``, and the objects that it was called on.

    Left out is what tells a secret, and moments near ``now``: they came from the clock.
    """
    targets = [target for target in findings.targets.values() if target.path in findings.survey.line_tests]
    tests = _tests(findings, targets)
    if not tests:
        return {}
    clean = sum(findings.survey.seconds[test] for test in tests)
    names = {(target.path, target.start_line): _names(target) for target in targets}
    seen = recorder.record(names, tests, TIME_FLOOR + TIME_FACTOR * clean)
    by_place = {(target.path, target.start_line): target for target in targets}
    found: dict[str, tuple[str, ...]] = {}
    for place, rows in seen.items():
        target = by_place[place]
        told = [{name: text for name, text in row.items() if not is_secret(f"{name} = {text}")} for row in rows]
        texts = [text for row in told for text in _texts(target, row)]
        kept = [text for text in dict.fromkeys(texts) if not is_near(text, now)]
        if kept:
            found[target.key] = tuple(kept)
    return found


def _names(target: Target) -> list[str]:
    """The parameters in order; with ``self`` of a method."""
    try:
        head = ast.parse(f"def {target.signature.removeprefix('async ').removeprefix('def ').rstrip(':')}: ...").body[0]
    except SyntaxError:
        return []
    assert isinstance(head, ast.FunctionDef)
    every = [*head.args.posonlyargs, *head.args.args, *head.args.kwonlyargs]
    names = [item.arg for item in every]
    skip = target.kind is TargetKind.CLASSMETHOD or (target.kind in _OWN and names[:1] not in ([], ["self"]))
    return names[1:] if skip else names


def _tests(findings: Findings, targets: Iterable[Target]) -> list[str]:
    """For each target the quickest tests that run it, as long as there is time."""
    seconds, chosen, left = findings.survey.seconds, dict[str, None](), MOST_SECONDS
    for target in targets:
        lines = findings.survey.line_tests.get(target.path, {})
        able = {
            test for line, tests in lines.items() if target.def_line < line <= target.end_line for test in tests
        } & seconds.keys()
        for test in sorted(able, key=lambda name: (seconds[name], name))[:TESTS_A_TARGET]:
            if test not in chosen and seconds[test] <= left:
                chosen[test] = None
                left -= seconds[test]
    return list(chosen)


def _texts(target: Target, row: Mapping[str, str]) -> Iterator[str]:
    given = [f"{name}={source}" for name, source in row.items() if name != "self"]
    if given:
        yield f"{target.name}({', '.join(given)})"
    if "self" in row:
        yield row["self"]


def is_near(text: str, now: datetime) -> bool:
    """Whether a text names today, or a day next to it."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id="date" | "datetime"), args=[*parts]) if len(parts) >= len("ymd"):
                numbers = [part.value for part in parts[:3] if isinstance(part, ast.Constant)]
                year, month, day = (number for number in numbers if isinstance(number, int))
                if abs(date(year, month, day) - now.date()) <= _NEAR:
                    return True
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if abs(number - now.timestamp()) <= _NEAR.total_seconds():
                    return True
            case ast.Constant(value=str() as words) if now.strftime("%Y-%m-%d") in words:
                return True
    return False
