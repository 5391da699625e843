"""How a run ends: parts merged or written, facts judged, the exit status."""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import pytest

from pytest_llmgen import __version__, gate, parts
from pytest_llmgen.conclusion import Circumstances, facts_of
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.choose import warnings_of
from pytest_llmgen.generate.journal import Journal
from pytest_llmgen.mutate.operators import OPERATORS_VERSIONS
from pytest_llmgen.records import Facts, Fate, Report, RunInfo, ToolInfo
from pytest_llmgen.report.files import make_report_folder
from pytest_llmgen.report.sources import sources_of
from pytest_llmgen.review.desk import places_of
from pytest_llmgen.run.git import run_info

if TYPE_CHECKING:
    from pytest_llmgen.edges import Edges


def merge(run: Edges) -> None:
    """Instead of a run: the parts that shards have written."""
    folder = run.config.invocation_params.dir
    try:
        make_report_folder(run.settings.report_path)
        found = [parts.read(folder / name) for name in run.settings.merge]
    except LlmgenError as error:
        run.findings.problem = str(error)
        return
    run.findings = parts.merged(found, _identity(run))
    run.generated_files = frozenset(name for part in found for name in part.generated)


def _identity(run: Edges) -> dict[str, str]:
    """What the parts of one run have in common."""
    base = run.ground.scope.base.commit
    return {
        "code": parts.digest(run.ground.modules),
        "commit": run_info(run.ground.git)[0] or "none",
        "scope": " ".join((run.ground.scope.kind, *(f"since {base}" for _ in [base] if base), *run.settings.targets)),
        "version": f"{__version__}, {OPERATORS_VERSIONS[run.settings.operators]}",
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def _write_part(run: Edges, shard: parts.Shard) -> None:
    part = parts.Part(shard, _identity(run), run.findings, tuple(sorted(run.generated_files)))
    try:
        place = parts.write(part, run.settings.report_path)
    except OSError as error:
        run.findings.problem = f"the part was not written: {error.strerror}"
        return
    name = place.relative_to(run.settings.root) if place.is_relative_to(run.settings.root) else place
    run.findings.written.append(f"wrote {name}, for pytest --llm-merge={name}")


def _raise_floors(run: Edges, facts: Facts) -> str:
    from pytest_llmgen.ratchet import raise_floors  # noqa: PLC0415 (lazy: only this needs tomlkit)

    name: str = getattr(run.settings, "review_file", "llmgen-review.toml")
    return raise_floors(facts, run.settings.root / name, name)


def exit_status(run: Edges, pytest_status: int, report: Report) -> int:
    """The exit status of the run; a merge runs no test, and a shard leaves the judging to the merge."""
    generated = has_generated(report.facts) or bool(run.settings.merge)
    is_part = run.shard is not None
    return gate.exit_status(pytest_status, report.verdict, generated=generated, is_part=is_part)


def conclude(run: Edges, started: datetime, seconds: float, pytest_status: int) -> Report:
    """Judge what was found; the reports are still to be written."""
    if run.executor is not None:
        run.findings.peak_memory_mb = run.executor.peak_memory_mb()
    if run.memory is not None:
        run.findings.kept_verdicts = run.memory.kept
        run.findings.layers, run.findings.weaker_because = run.tier.layers, run.tier.why
    if run.shard is not None:
        _write_part(run, run.shard)
    facts = facts_of(run.findings, _circumstances(run, started, seconds))
    if run.settings.raise_floors:
        facts = replace(facts, written=(*facts.written, _raise_floors(run, facts)))
    verdict = gate.judge(facts, run.limits, run.settings.gate_mode)
    with suppress(OSError):  # the ledger is full or gone: the verdict stands
        _note_fates(run)
    report = Report(facts, verdict, sources=sources_of(run.findings.evidence()))
    status = exit_status(run, pytest_status, report)
    return replace(report, facts=replace(facts, run=replace(facts.run, exit_code=status)))


def _note_fates(run: Edges) -> None:
    """The ledger also says what became of everything that was paid for."""
    journal = Journal(run.settings.report_path)
    for each in run.findings.judged if run.writers.uses_model else ():
        candidate = each.candidate
        journal.note("judged", candidate=candidate.id, target=candidate.target, fate=each.fate, code=each.code)


def _circumstances(run: Edges, started: datetime, seconds: float) -> Circumstances:
    commit, dirty = run_info(run.ground.git)
    info = RunInfo(
        command="generate" if run.settings.generate else "check",
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(seconds, 3),
        root=".",
        scope=run.ground.scope.kind,
        commit=commit,
        dirty=dirty,
        base=run.ground.scope.base.ref,
        base_commit=run.ground.scope.base.commit,
        shard=str(run.shard) if run.shard else None,
        ci=run.settings.ci,
        seed=run.settings.seed,
    )
    return Circumstances(
        tool=ToolInfo(
            __version__,
            platform.python_version(),
            pytest.__version__,
            _version("coverage"),
            OPERATORS_VERSIONS[run.settings.operators],
        ),
        run=info,
        scope_problem=run.ground.scope.problem,
        nothing_to_test=_nothing_to_test(run),
        pragmas_added=(*run.ground.scope.pragmas, *run.ground.scope.settings),
        unreviewed_on_disk=run.publisher.unreviewed_beside(run.findings.kept, run.generated_files),
        budget_usd=run.settings.max_cost if run.settings.generate and run.writers.uses_model else None,
        model=run.settings.model if run.writers.uses_model else None,
        warnings=(
            *(warnings_of(run.writers.generator) if run.writers.generator else ()),
            *((run.memory.problem,) if run.memory and run.memory.problem else ()),
        ),
        book=run.book,
        today=datetime.now().astimezone().date(),
        present=None if run.settings.targets else places_of(run.ground.modules),
    )


def _nothing_to_test(run: Edges) -> str | None:
    """By the diff; or changed tests are all there is, and were seen to cover none of the code."""
    changed, survey = run.findings.changed, run.findings.survey
    if run.ground.scope.nothing_to_test is None and changed is not None and not any(changed.values()):
        is_known = survey.map_source and run.ground.scope.problem is None and run.findings.problem is None
        return "only tests changed, and these run no code in scope" if is_known else None
    return run.ground.scope.nothing_to_test


def has_generated(facts: Facts) -> bool:
    """Whether tests were written in this run."""
    return any(test.fate is Fate.KEPT and "::" in test.nodeid for test in facts.tests)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
