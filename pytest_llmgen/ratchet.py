"""The ratchet: floors in the review file that rise to what was reached, and never fall by themselves."""

from __future__ import annotations

from collections.abc import Mapping

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from pytest_llmgen.doubts import code_problems, run_problems, suite_problems, unjudged
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Facts, Metrics, Ratio

WORDS = {"line": "lines", "branch": "branches", "mutation": "mutants"}
"""The floor's key in the file -> the ratio."""


def why_not(facts: Facts) -> str:
    """Why floors can't be taken from a run; empty where they can."""
    if facts.run.scope != "all" or facts.totals.all is None:
        return "the run was not over everything (--llm-all)"
    if facts.decisions.invalid:
        return "the review file has invalid entries"
    problems = [*suite_problems(facts), *run_problems(facts), *code_problems(facts)]
    missing = unjudged(facts.totals.all)
    if missing:
        problems.append(f"{missing} mutants are without a verdict")
    return "; ".join(problems)


def raised(floors: Mapping[str, float], metrics: Metrics) -> dict[str, float]:
    """The floors that today's ratios raise, cut to a tenth of a per cent; the others are left out."""
    today = {word: _cut(getattr(metrics, what)) for word, what in WORDS.items()}
    return {word: value for word, value in today.items() if value is not None and value > floors.get(word, -1.0)}


def _cut(ratio: Ratio) -> float | None:
    part, whole = ratio
    return 1000 * part // whole / 10 if whole else None


def written(text: str, floors: Mapping[str, float]) -> str:
    """The review file with these floors; comments, order and everything else stay.

    Raises:
        LlmgenError: the text is no TOML, or its ratchet is no table (``bad-review-file``).
    """
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise _unreadable(str(error)) from None
    document.setdefault("version", 1)
    table = document.setdefault("ratchet", tomlkit.table())
    if not isinstance(table, Table):
        raise _unreadable("ratchet is no table")
    for word, value in floors.items():
        table[word] = value
    return tomlkit.dumps(document)


def _unreadable(why: str) -> LlmgenError:
    return LlmgenError(f"the review file was not changed: {why}", fix="repair it first", slug="bad-review-file")
