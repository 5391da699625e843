"""One run in several parts: each judges a share of the mutants, and the parts together are judged as one run.

Pure but for :func:`write` and :func:`read`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pytest_llmgen.codec import decode, encode
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.findings import Findings
from pytest_llmgen.records import Baseline, Hits, Module, Mutant, Outcome, TestRun

VERSION = 1
KIND = "pytest-llmgen-part"
_RED = (Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASHED)
_FIX = "give --llm-merge the files that --llm-shard=K/N wrote, one for each K"


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``number``-th of ``of`` parts, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def file_name(self) -> str:
        """Where a part is written, in the folder of reports."""
        return f"part-{self.number}-of-{self.of}.json"

    def share(self, mutants: Sequence[Mutant]) -> tuple[Mutant, ...]:
        """Every ``of``-th mutant: the same ones on every machine, spread over all files."""
        ordered = sorted(mutants, key=lambda mutant: (mutant.path, mutant.start, mutant.end, mutant.id))
        return tuple(ordered[self.number - 1 :: self.of])


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard found, and what it must have in common with the others."""

    shard: Shard
    same: Mapping[str, str]  # name -> value: commit, base, scope, versions, the code itself
    findings: Findings
    generated: tuple[str, ...] = ()  # files of its suite that hold generated tests


def parse_shard(text: str) -> Shard:
    """``1/4``.

    Raises:
        LlmgenError: it is no such pair, or K is not from 1 to N (``bad-shard``).
    """
    number, _, of = text.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise LlmgenError(f"--llm-shard={text}: no shard", fix="write K/N with K from 1 to N: 1/4", slug="bad-shard")


def digest(modules: Iterable[Module]) -> str:
    """A name for exactly this code."""
    state = blake2b(digest_size=16)
    for module in sorted(modules, key=lambda module: module.path):
        for text in (module.path, module.source, module.error or ""):
            state.update(text.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


# --- Files --------------------------------------------------------------------------------------


def write(part: Part, folder: Path) -> Path:
    """Write a part whole and at once; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / part.shard.file_name
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    slim = replace(part.findings, baseline=replace(part.findings.baseline, contexts={}))
    data = {"kind": KIND, "version": VERSION, **encode(replace(part, findings=slim, same={}))}
    temporary.write_text(json.dumps({**data, "same": dict(part.same)}), "utf-8")
    temporary.replace(place)
    return place


def read(path: Path) -> Part:
    """Read a part.

    Raises:
        LlmgenError: the file is not there, or is no part of this version (``bad-part``).
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict) or data.pop("kind", None) != KIND or data.pop("version", None) != VERSION:
            raise ValueError("it is no part of a run, or one of another version")  # noqa: TRY301
        same = {str(key): str(value) for key, value in data.pop("same").items()}
        part: Part = decode(Part, {**data, "same": []})
        return replace(part, same=same)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LlmgenError(f"{path} can't be merged: {why}", fix=_FIX, slug="bad-part") from None


# --- Merging ------------------------------------------------------------------------------------


def merged(parts: Sequence[Part], here: Mapping[str, str]) -> Findings:
    """The findings of all parts together; whatever does not fit is their ``problem``, and nothing passes.

    ``here`` are the values that must be the same in every part, as they are where the merge runs.
    """
    every = sorted(parts, key=lambda part: part.shard.number)
    findings = reduce(_joined, [part.findings for part in every])
    problems = [*_gaps_between(every), *_differences(every, here), *(p for p in [findings.problem] if p)]
    return replace(findings, problem="; ".join(problems) or None)


def _gaps_between(parts: Sequence[Part]) -> list[str]:
    of = {part.shard.of for part in parts}
    if len(of) > 1:
        return [f"the parts are of different numbers: {', '.join(str(part.shard) for part in parts)}"]
    numbers = [part.shard.number for part in parts]
    missing = sorted(set(range(1, max(of) + 1)) - set(numbers))
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    problems = [f"part {number} of {max(of)} is missing" for number in missing]
    return problems + [f"part {number} of {max(of)} is there twice" for number in twice]


def _differences(parts: Sequence[Part], here: Mapping[str, str]) -> list[str]:
    problems = []
    for name, value in here.items():
        others = [part for part in parts if part.same.get(name) != value]
        if others:
            shards = ", ".join(str(part.shard) for part in others)
            problems.append(f"another {name} in {shards}: {others[0].same.get(name)} instead of {value}")
    first = parts[0].findings
    rules: tuple[tuple[str, Callable[[Findings], Any]], ...] = (
        ("mutants", lambda found: [mutant.id for mutant in found.mutants]),
        ("tests", lambda found: sorted(run.nodeid for run in found.baseline.tests)),
        ("new lines", lambda found: found.changed),
        ("lines", lambda found: found.baseline.files),
    )
    for name, of in rules:
        odd = [str(part.shard) for part in parts if of(part.findings) != of(first)]
        if odd:
            problems.append(f"other {name} in {', '.join(odd)} than in {parts[0].shard}")
    return problems


def _joined(one: Findings, other: Findings) -> Findings:
    """Verdicts add up; of everything that both have seen, the worse counts."""
    return replace(
        one,
        baseline=_worse(one.baseline, other.baseline),
        survey=replace(
            one.survey,
            differences=tuple(dict.fromkeys(one.survey.differences + other.survey.differences)),
            needs=tuple(dict.fromkeys(one.survey.needs + other.survey.needs)),
        ),
        has_mutants=one.has_mutants and other.has_mutants,
        covering={**one.covering, **other.covering},
        verdicts_before={**one.verdicts_before, **other.verdicts_before},
        unmutable={**one.unmutable, **other.unmutable},
        warnings=list(dict.fromkeys(one.warnings + other.warnings)),
        problem="; ".join(dict.fromkeys(p for p in (one.problem, other.problem) if p)) or None,
        interrupted=one.interrupted or other.interrupted,
        stage_seconds=_sums(one.stage_seconds, other.stage_seconds),
        stage_cpu=_sums(one.stage_cpu, other.stage_cpu),
        peak_memory_mb=max(one.peak_memory_mb, other.peak_memory_mb),
        kept_verdicts=one.kept_verdicts + other.kept_verdicts,
    )


def _sums(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in (*one, *other)}


def _worse(one: Baseline, other: Baseline) -> Baseline:
    runs = {run.nodeid: run for run in one.tests}
    tests = tuple(_worse_run(run, runs.get(run.nodeid, run)) for run in other.tests)
    hits = {path: _both(seen, other.hits[path]) for path, seen in one.hits.items() if path in other.hits}
    return replace(
        one,
        tests=tests,
        hits=hits,
        collection_errors=tuple(dict.fromkeys(one.collection_errors + other.collection_errors)),
        partial=one.partial or other.partial,
        measured=one.measured and other.measured,
        problem=one.problem or other.problem,
    )


def _worse_run(one: TestRun, other: TestRun) -> TestRun:
    return next((run for run in (one, other) if run.outcome in _RED), one)


def _both(one: Hits, other: Hits) -> Hits:
    return Hits(one.lines & other.lines, one.arcs & other.arcs)
