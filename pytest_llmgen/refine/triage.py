"""A candidate that fails: a broken test, or code that disagrees with its own documentation.

A failing test is never refitted to the code (DESIGN, promise 5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pytest_llmgen.records import (
    Fate,
    Judged,
    Opinion,
    Oracle,
    Origin,
    Outcome,
    Runner,
    SecondLook,
    SuspectedBug,
    Target,
)
from pytest_llmgen.refine.render import render_single
from pytest_llmgen.refine.trial import FAILS, Place, trial_path

REPRODUCTIONS = 5
_INDEPENDENT = (Oracle.DOCUMENTATION, Oracle.DOCTEST, Oracle.PROPERTY)
# Errors that say that the test is at odds with Python or with the API, not with the documentation.
_BROKEN_TEST = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "fixture ", "UnboundLocalError")
_UNREADY = ("ImportError", "ModuleNotFoundError", "SyntaxError", "fixture ")
_UNKNOWN = re.compile(r"NameError: name '(\w+)'")
_MISUSE = re.compile(r"TypeError: .*(unexpected keyword|positional argument|required .*argument|takes \d)")
_MISSING_ATTRIBUTE = re.compile(r"AttributeError: .*has no attribute")


def is_suspect(judged: Judged) -> bool:
    """Whether a failing candidate's expectation comes from outside the code, and its calls fit the API."""
    if judged.fate is not Fate.FAILING or judged.candidate.oracle not in _INDEPENDENT:
        return False
    text = judged.reason
    if judged.candidate.origin is Origin.OFFLINE:  # its calls were seen to fit the API before it was written
        return not (any(word in text for word in _UNREADY) or _misnames(judged))
    return not (any(word in text for word in _BROKEN_TEST) or _MISUSE.search(text) or _MISSING_ATTRIBUTE.search(text))


def _misnames(judged: Judged) -> bool:
    """Whether the test itself uses a name that nobody gave; the code under test may do so too."""
    unknown = _UNKNOWN.search(judged.reason)
    text = "\n".join((judged.candidate.source, *judged.candidate.helpers))
    return unknown is not None and re.search(rf"\b{unknown[1]}\b", text) is not None


def is_explained(judged: Judged, suspects: Sequence[Judged]) -> bool:
    """Whether a test of the same function, made from the documentation, fails in the same way."""
    target, observed = judged.candidate.target, expected_observed(judged)[1]
    return any(each.candidate.target == target and expected_observed(each)[1] == observed for each in suspects)


def reproduce(judged: Judged, runner: Runner, place: Place) -> Judged:
    """Run a suspect so often in all; it stays a suspect only if it fails every time."""
    path = trial_path(place.folder, judged.candidate)
    source = render_single(judged.candidate)
    failed = 1
    for _ in range(REPRODUCTIONS - 1):
        failed += any(
            run.outcome is Outcome.FAILED for run in runner.try_candidates({path: source}, place.test_timeout)
        )
    if failed < REPRODUCTIONS:
        reason = f"fails in {failed} of {REPRODUCTIONS} runs"
        return replace(
            judged, fate=Fate.FLAKY, code="flaky", reason=reason, runs=(REPRODUCTIONS - failed, REPRODUCTIONS)
        )
    reason = f"the code disagrees with its documentation: {judged.reason}"
    return replace(judged, fate=Fate.SUSPECTED_BUG, code="suspected-bug", reason=reason, runs=(0, REPRODUCTIONS))


def describe(
    judged: Judged, target: Target, identity: str, evidence: str, look: SecondLook | None = None
) -> SuspectedBug:
    """The report's record of a suspect; ``evidence`` is where its test is kept."""
    expected, observed = expected_observed(judged)
    return SuspectedBug(
        id=identity,
        path=target.path,
        line=target.def_line,
        qualname=target.qualname,
        summary=judged.candidate.summary,
        expected=expected,
        observed=observed,
        source="docstring",
        quote=(look.quote if look else "") or _quote(target.docstring or "", judged),
        reproduced=(REPRODUCTIONS, REPRODUCTIONS),
        test=evidence,
        test_source=render_single(judged.candidate),
        second_look=look.opinion if look else None,
        case_against=look.case_against if look else "",
        context=target.context,
    )


def by_second_look(bug: SuspectedBug) -> int:
    """The order for a person: what a second look calls no bug comes last, and nothing is left out."""
    order = (Opinion.BUG, None, Opinion.UNCLEAR, Opinion.NOT_A_BUG)
    return order.index(bug.second_look)


def expected_observed(judged: Judged) -> tuple[str, str]:
    """What the test wanted and what happened, in short."""
    wanted = re.search(r"pytest\.raises\(\s*([\w.]+)", judged.candidate.source)
    asserted = re.search(r"^\s*(assert .+)$", judged.candidate.source, re.MULTILINE)
    expected = f"{wanted[1]} raised" if wanted else asserted[1] if asserted else judged.candidate.summary
    observed = judged.reason.partition(f"{FAILS}: ")[2] or judged.reason
    return expected.strip(), observed.strip().splitlines()[0]


def _quote(docstring: str, judged: Judged) -> str:
    """The line of the documentation that the test rests on, as far as words can tell.

    A line that names the exception that the test wants comes first, then the one that shares most words
    with the test's summary and name.
    """
    lines = [line.strip() for line in docstring.splitlines() if line.strip()]
    wanted = re.search(r"pytest\.raises\(\s*([\w.]+)", judged.candidate.source)
    words = _words(f"{judged.candidate.summary} {judged.candidate.name.replace('_', ' ')}")

    def place(line: str) -> tuple[bool, int]:
        return bool(wanted and wanted[1] in line), len(_words(line) & words)

    return max(lines, key=place, default="")


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.lower()))


def shortest(suspects: Sequence[Judged]) -> list[Judged]:
    """One suspect for each target and kind of failure: the one with the shortest test."""
    best: dict[tuple[str, str], Judged] = {}
    for judged in sorted(suspects, key=lambda j: (len(j.candidate.source), j.candidate.id)):
        best.setdefault((judged.candidate.target, expected_observed(judged)[1]), judged)
    return list(best.values())
