"""``Settings`` is what every stage reads: one frozen record from flags, ini keys and environment.

The table of options lies in ``options``.  Nothing here knows pytest: ``plugin.py`` registers the table and hands the
raw values over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.options import OFF, OPTIONS, PLACELESS_REPORTS, REPORT_TYPES, Option
from pytest_llmgen.options.values import checked

if TYPE_CHECKING:
    from pytest_llmgen.timeouts import Timeouts

__all__ = [
    "COVERAGE_VARIABLE",
    "MODIFIERS",
    "OFF",
    "OPTIONS",
    "PLACELESS_REPORTS",
    "REPORT_TYPES",
    "REVIEW_COMMANDS",
    "SET_ASIDE_VARIABLE",
    "WORKER_VARIABLE",
    "Option",
    "Settings",
    "defaults",
    "resolve",
]

WORKER_VARIABLE = "LLMGEN_WORKER"
"""Set in our own children, in which the plugin does nothing."""
COVERAGE_VARIABLE = "LLMGEN_COVERAGE"
"""pytest-cov's options for xdist's workers, as JSON: they parse the command line anew, and know nothing of ours."""
SET_ASIDE_VARIABLE = "LLMGEN_SET_ASIDE"
"""Tells xdist's workers which files of generated tests are looked at again, and not run with the others."""

REVIEW_COMMANDS = (
    "review",
    "show",
    "accept",
    "reject",
    "accept_file",
    "apply",
    "make_baseline",
    "prune",
    "review_check",
)
"""Settings that ask for work on decisions instead of a run of tests."""


MODIFIERS = frozenset(
    {
        *("--llm-target", "--llm-diff", "--llm-all", "--llm-gate", "--llm-report", "--llm-shard", "--llm-ratchet"),
        *("--llm-class", "--llm-reason", "--llm-expires", "--llm-ref"),
    }
)
"""Flags that say how, and need one that says what."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a run; the fields are the names of :data:`OPTIONS`, explained there."""

    root: Path
    generate: bool
    check: bool
    disabled: bool
    targets: tuple[str, ...]
    exclude: tuple[str, ...]
    provider: str
    model: str
    model_hard: str
    batch: bool
    batch_wait: float
    dry_run: bool
    replies: str
    instructions: str
    instructions_from: tuple[str, ...]
    output_dir: str
    pending: bool
    max_cost: float
    max_tokens: int
    price: str
    concurrency: int
    time: float
    rounds: int
    fill: bool
    properties: str
    workers: int
    mutant_timeout: float
    mutant_budget: str
    operators: str
    test_timeout: float
    memory: int
    sandbox: str
    fresh: bool
    sandbox_allow: tuple[str, ...]
    sandbox_suite: str
    sandbox_disk: int
    sandbox_limits: tuple[str, ...]
    timeouts: tuple[str, ...]
    seed: int
    diff: str
    all: bool
    scope: str
    shard: str
    merge: tuple[str, ...]
    gate: str
    reports: tuple[str, ...]
    report_dir: str
    sarif_accepted: bool
    show_gaps: int
    gate_unjudged: int
    gate_new_gaps: int
    gate_bugs: int
    gate_flaky: int
    gate_unreviewed: int
    gate_new_lines: float
    gate_new_branches: float
    gate_new_mutants: float
    gate_all_lines: float
    gate_all_branches: float
    gate_all_mutants: float
    review: bool
    show: str
    accept: tuple[str, ...]
    reject: tuple[str, ...]
    decision_class: str
    decision_reason: str
    decision_expires: str
    decision_ref: str
    accept_file: str
    apply: str
    make_baseline: bool
    prune: bool
    review_check: bool
    review_file: str
    baseline_file: str
    review_expiry: tuple[str, ...]
    review_strict: bool
    review_bots: bool
    gate_ratchet: bool
    gate_paths: tuple[str, ...]
    raise_floors: bool
    ci: bool = False

    @property
    def report_path(self) -> Path:
        """The folder for reports, journal and cache."""
        return self.root / self.report_dir

    @property
    def waits(self) -> Timeouts:
        """How long the run waits for what."""
        return _waits(self.timeouts)

    @property
    def processes(self) -> int:
        """How many workers of a kind there may be: as many as CPUs where nothing was set."""
        return self.workers or os.cpu_count() or 1

    @property
    def gate_mode(self) -> str:
        """``enforce``, ``report`` or ``off``."""
        return self.gate or ("report" if self.generate else "enforce")


def defaults(root: Path, **changes: Any) -> Settings:
    """Settings with every default, for tests and for callers outside pytest."""
    values = {option.name: option.default for option in OPTIONS}
    return resolve(root, {**values, **changes}, ci=False)


def resolve(root: Path, values: Mapping[str, Any], *, ci: bool) -> Settings:
    """Validated settings from the raw values of flags and ini keys (flags win; the caller merges).

    Raises:
        LlmgenError: a value is not allowed; the message names the flag or key and the fix.
    """
    found = {option.name: checked(option, values.get(option.name, option.default)) for option in OPTIONS}
    if found["generate"] and found["check"]:
        raise LlmgenError(
            "--llm-generate and --llm-check were both given",
            fix="generate first, then check what a person has accepted",
            slug="two-commands",
        )
    if found["dry_run"] and (not found["generate"] or found["provider"] in ("offline", "replay")):
        raise LlmgenError(
            "--llm-dry-run shows what would be sent to a model, and nothing would be",
            fix="give it together with --llm-generate and without --llm-provider",
            slug="nothing-to-send",
        )
    if found["shard"] and not found["check"]:
        raise LlmgenError("--llm-shard without --llm-check", fix="only a check can be shared out", slug="bad-shard")
    if found["merge"] and (found["generate"] or found["shard"]):
        raise LlmgenError("--llm-merge runs nothing", fix="leave out --llm-generate and --llm-shard", slug="bad-shard")
    _check_reports(found["reports"])
    if found["mutant_budget"]:
        from pytest_llmgen.mutate.schedule import budget_of  # noqa: PLC0415 (an idle start must not load it)

        budget_of(found["mutant_budget"])
    if found["sandbox_limits"]:
        from pytest_llmgen.run.sandbox.plan import limits_of  # noqa: PLC0415 (as above)

        limits_of(found["sandbox_limits"])
    if found["timeouts"]:
        _waits(found["timeouts"])
    return Settings(root=root, ci=ci, **found)


def _waits(words: tuple[str, ...]) -> Timeouts:
    from pytest_llmgen.numbers import read  # noqa: PLC0415 (as above)
    from pytest_llmgen.timeouts import Timeouts  # noqa: PLC0415 (as above)

    return read(Timeouts, words, "llm_timeouts")


def _check_reports(reports: tuple[str, ...]) -> None:
    places: dict[str, str] = {}
    for report in reports:
        kind, colon, path = report.partition(":")
        if kind not in REPORT_TYPES:
            raise LlmgenError(
                f"--llm-report={report}: unknown type",
                fix=f"use one of {', '.join(REPORT_TYPES)}",
                slug="unknown-report",
            )
        if colon and (kind in PLACELESS_REPORTS or not path):
            why = f"{kind} goes to no file" if kind in PLACELESS_REPORTS else "the path is missing"
            raise LlmgenError(f"--llm-report={report}: {why}", fix=f"use --llm-report={kind}", slug="bad-report-place")
        if path and places.setdefault(path, kind) != kind:
            raise LlmgenError(
                f"--llm-report={report}: {places[path]} goes to {path} as well",
                fix="give each report a file of its own",
                slug="bad-report-place",
            )


assert {f.name for f in fields(Settings)} - {"root", "ci"} == {o.name for o in OPTIONS}
