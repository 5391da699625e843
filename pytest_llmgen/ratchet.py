"""The ratchet: floors in the review file that rise to what was reached, and never fall by themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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
        before = table.get(word)
        if not isinstance(before, int | float) or value > before:
            table[word] = value
    return tomlkit.dumps(document)


def raise_floors(facts: Facts, path: Path, shown: str) -> str:
    """Raise the floors of the review file at ``path`` to what this run reached; what was done, in words."""
    reason = why_not(facts)
    if reason or facts.totals.all is None:
        return f"the floors of {shown} were not raised: {reason}"
    floors = raised(facts.decisions.ratchet, facts.totals.all)
    if not floors:
        return f"the floors of {shown} stay as they are"
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.write_text(written(text, floors), "utf-8")
        temporary.replace(path)
    except (OSError, LlmgenError) as error:
        return f"the floors of {shown} were not raised: {error}"
    return f"raised in {shown}: " + ", ".join(f"{word} {value:g}%" for word, value in floors.items())


def _unreadable(why: str) -> LlmgenError:
    return LlmgenError(f"the review file was not changed: {why}", fix="repair it first", slug="bad-review-file")
