"""One table of options; from it come the flags, the ini keys, their validation and the reference docs.

``Settings`` is what every stage reads.  Nothing here knows pytest: ``plugin.py`` registers the table
and hands the raw values over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmgen.errors import LlmgenError

if TYPE_CHECKING:
    from pytest_llmgen.timeouts import Timeouts

IniType = Literal["string", "bool", "int", "float", "args", "linelist"]
REPORT_TYPES = ("term", "html", "json", "stryker", "sarif", "gitlab", "github", "markdown")
PLACELESS_REPORTS = ("term", "github")
"""Types that are not a file: no path can be given with them."""
OFF = -1
WORKER_VARIABLE = "LLMGEN_WORKER"
"""Set in our own children, in which the plugin does nothing."""
COVERAGE_VARIABLE = "LLMGEN_COVERAGE"
"""pytest-cov's options for xdist's workers, as JSON: they parse the command line anew, and know nothing of ours."""
SET_ASIDE_VARIABLE = "LLMGEN_SET_ASIDE"
"""Tells xdist's workers which files of generated tests are looked at again, and not run with the others."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting: its flag, its ini key (either may be missing) and what it may be."""

    name: str  # the field of Settings
    help: str
    default: Any
    flag: str | None = None
    ini: str | None = None
    kind: IniType = "string"
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    minimum: float | None = None


OPTIONS: tuple[Option, ...] = (
    Option("generate", "Generate tests for what is untested, judge them, report", False, "--llm-generate", kind="bool"),
    Option(
        "check",
        "Judge the tests that are there: no model, nothing written but reports",
        False,
        "--llm-check",
        kind="bool",
    ),
    Option("disabled", "Switch the plugin off", False, "--no-llm", kind="bool"),
    Option(
        "targets",
        "File, folder or function to work on (repeatable)",
        (),
        "--llm-target",
        "llm_targets",
        "args",
        "PATH[::QUALNAME]",
        repeatable=True,
    ),
    Option("exclude", "Globs of source files to leave alone and never to send", (), None, "llm_exclude", "args"),
    Option(
        "provider",
        "Who writes tests",
        "auto",
        "--llm-provider",
        "llm_provider",
        choices=("auto", "model", "offline", "replay"),
    ),
    Option("model", "Model to ask", "claude-sonnet-5-5", "--llm-model", "llm_model", metavar="NAME"),
    Option(
        "model_hard", "Model to ask for what the first one left open (default: the same)", "", None, "llm_model_hard"
    ),
    Option(
        "batch",
        "Ask in batches: half the price, up to a day",
        False,
        "--llm-batch",
        "llm_batch",
        kind="bool",
    ),
    Option(
        "batch_wait",
        "Wait so long for a batch; a later run fetches it",
        86_400.0,
        None,
        "llm_batch_wait",
        "float",
        minimum=0,
    ),
    Option(
        "dry_run",
        "Write the prompts and what they would cost, send nothing",
        False,
        "--llm-dry-run",
        kind="bool",
    ),
    Option(
        "replies",
        "Folder of recorded replies to replay (default: the journal)",
        "",
        "--llm-replies",
        "llm_replies",
        metavar="DIR",
    ),
    Option("instructions", "House rules for tests, added to every prompt", "", None, "llm_instructions"),
    Option(
        "instructions_from",
        "Files whose sections on tests are house rules as well: AGENTS.md, CONTRIBUTING.md",
        (),
        None,
        "llm_instructions_from",
        "args",
    ),
    Option("output_dir", "Where generated tests are written", "tests/llmgen", None, "llm_output_dir"),
    Option("pending", "Keep generated tests in .llmgen/pending until accepted", False, None, "llm_pending", "bool"),
    Option(
        "max_cost",
        "Stop asking when this much was spent",
        1.0,
        "--llm-max-cost",
        "llm_max_cost",
        "float",
        "USD",
        minimum=0,
    ),
    Option(
        "max_tokens",
        "Stop asking when this many tokens were used, -1 for no limit",
        OFF,
        "--llm-max-tokens",
        "llm_max_tokens",
        "int",
        "N",
        minimum=OFF,
    ),
    Option(
        "price",
        "USD per million tokens of models that are not known: 'input,output' or 'model=input,output'",
        "",
        None,
        "llm_price",
    ),
    Option("concurrency", "Requests at once", 4, "--llm-concurrency", "llm_concurrency", "int", "N", minimum=1),
    Option(
        "time",
        "Seconds for generating in all, -1 for no limit",
        OFF,
        "--llm-time",
        "llm_time",
        "float",
        "SECONDS",
        minimum=OFF,
    ),
    Option("rounds", "Rounds of generating at most", 3, "--llm-rounds", "llm_rounds", "int", "N", minimum=1),
    Option(
        "fill",
        "Close gaps by search, from inputs of accepted tests, before a model is asked again",
        True,
        None,
        "llm_fill",
        "bool",
    ),
    Option("workers", "Worker processes, 0 for one per CPU", 0, "--llm-workers", "llm_workers", "int", "N", minimum=0),
    Option(
        "mutant_timeout",
        "Seconds for one mutant at most, 0 to decide from its tests' clean time",
        0.0,
        "--llm-mutant-timeout",
        "llm_mutant_timeout",
        "float",
        "SECONDS",
        minimum=0,
    ),
    Option(
        "mutant_budget",
        "Judge the riskiest mutants only: for so long (90s, 5m), or so many of them (500); the rest is Pending",
        "",
        "--llm-mutant-budget",
        "llm_mutant_budget",
        metavar="BUDGET",
    ),
    Option(
        "operators",
        "Which mutants there are: all, classic (mutmut's operators, in functions), or mutmut (its own list)",
        "all",
        None,
        "llm_operators",
        choices=("all", "classic", "mutmut"),
    ),
    Option(
        "test_timeout",
        "Seconds for one generated test at most",
        10.0,
        "--llm-test-timeout",
        "llm_test_timeout",
        "float",
        "SECONDS",
        minimum=0.1,
    ),
    Option(
        "memory",
        "Megabytes of memory for one worker, 0 for no limit",
        4096,
        "--llm-memory",
        "llm_memory",
        "int",
        "MB",
        minimum=0,
    ),
    Option(
        "sandbox",
        "Walls around generated code",
        "auto",
        "--llm-sandbox",
        "llm_sandbox",
        choices=("auto", "require", "portable", "off"),
    ),
    Option(
        "fresh",
        "Judge every mutant anew: no verdict of an earlier run is used",
        False,
        "--llm-fresh",
        kind="bool",
    ),
    Option(
        "sandbox_allow",
        "What tests need beyond the walls: path:PLACE (to read), write:PLACE, host:NAME:PORT, env:NAME",
        (),
        None,
        "llm_sandbox_allow",
        "args",
    ),
    Option(
        "sandbox_suite",
        "Whether the project's own tests run behind the walls (generated ones always do)",
        "walls",
        None,
        "llm_sandbox_suite",
        choices=("walls", "open"),
    ),
    Option(
        "sandbox_disk",
        "Megabytes that one worker may have written at a time, 0 for no limit",
        2048,
        None,
        "llm_sandbox_disk",
        "int",
        minimum=0,
    ),
    Option(
        "sandbox_limits",
        "Other limits of one worker, 0 for none: file_mb=256 open_files=1024 processes=512 cpu_seconds=0 copy_mb=512 "
        "shared_mb=512",
        (),
        None,
        "llm_sandbox_limits",
        "args",
    ),
    Option(
        "timeouts",
        "Seconds that a run waits beside those for tests and mutants: start=60 silence=30 reimport=30 sandbox=20 "
        "test=10 map=600 git=60 request=600 retries=240 call=0.4 search=30 meeting=15",
        (),
        None,
        "llm_timeouts",
        "args",
    ),
    Option("seed", "Seed of every choice that is not forced", 0, "--llm-seed", "llm_seed", "int", "N"),
    Option("diff", "Judge what changed since this commit", "", "--llm-diff", "llm_base", metavar="BASE"),
    Option("all", "Judge everything, whatever changed", False, "--llm-all", kind="bool"),
    Option(
        "scope",
        "What is judged: auto is all for generating, new code for checking where a base exists",
        "auto",
        None,
        "llm_scope",
        choices=("auto", "new", "all"),
    ),
    Option(
        "shard",
        "Judge the K-th of N shares of the mutants and write it as a part (K from 1)",
        "",
        "--llm-shard",
        metavar="K/N",
    ),
    Option(
        "merge",
        "Judge the parts of a run together, without running anything (repeatable)",
        (),
        "--llm-merge",
        kind="args",
        metavar="FILE",
        repeatable=True,
    ),
    Option(
        "gate",
        "What a failed gate does (default: enforce with --llm-check, report with --llm-generate)",
        "",
        "--llm-gate",
        "llm_gate",
        choices=("enforce", "report", "off"),
    ),
    Option(
        "reports",
        "Report to write, TYPE[:PATH] (repeatable); types: " + ", ".join(REPORT_TYPES),
        ("term", "html", "json"),
        "--llm-report",
        "llm_report",
        "args",
        "TYPE[:PATH]",
        repeatable=True,
    ),
    Option("report_dir", "Folder for reports, journal and cache", ".llmgen", None, "llm_report_dir"),
    Option(
        "sarif_accepted",
        "Put accepted gaps into SARIF as suppressed results",
        False,
        None,
        "llm_sarif_accepted",
        "bool",
    ),
    Option("show_gaps", "Gaps shown in full on the terminal", 10, None, "llm_show_gaps", "int", minimum=0),
    Option(
        "gate_unjudged",
        "Mutants without a verdict allowed, -1 for any number",
        0,
        None,
        "llm_gate_unjudged",
        "int",
        minimum=OFF,
    ),
    Option(
        "gate_new_gaps",
        "Unreviewed gaps in new code allowed, -1 for any number",
        0,
        None,
        "llm_gate_new_gaps",
        "int",
        minimum=OFF,
    ),
    Option(
        "gate_bugs", "Untriaged suspected bugs allowed, -1 for any number", 0, None, "llm_gate_bugs", "int", minimum=OFF
    ),
    Option(
        "gate_flaky", "Flaky generated tests allowed, -1 for any number", 0, None, "llm_gate_flaky", "int", minimum=OFF
    ),
    Option(
        "gate_unreviewed",
        "Generated tests that nobody has reviewed allowed, -1 for any number",
        0,
        None,
        "llm_gate_unreviewed",
        "int",
        minimum=OFF,
    ),
    Option(
        "gate_new_lines",
        "Line coverage of new code in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_new_lines",
        "float",
        minimum=0,
    ),
    Option(
        "gate_new_branches",
        "Branch coverage of new code in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_new_branches",
        "float",
        minimum=0,
    ),
    Option(
        "gate_new_mutants",
        "Mutation score of new code in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_new_mutants",
        "float",
        minimum=0,
    ),
    Option(
        "gate_all_lines",
        "Line coverage of everything in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_all_lines",
        "float",
        minimum=0,
    ),
    Option(
        "gate_all_branches",
        "Branch coverage of everything in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_all_branches",
        "float",
        minimum=0,
    ),
    Option(
        "gate_all_mutants",
        "Mutation score of everything in per cent, 0 for off",
        0.0,
        None,
        "llm_gate_all_mutants",
        "float",
        minimum=0,
    ),
    Option("review", "Decide on tests, suspected bugs and gaps, one by one", False, "--llm-review", kind="bool"),
    Option("show", "Show what is known of one gap, suspected bug or test", "", "--llm-show", metavar="ID"),
    Option(
        "accept",
        "Accept a gap or suspected bug (with --llm-class and --llm-reason), a test, or all `tests` (repeatable)",
        (),
        "--llm-accept",
        kind="args",
        metavar="ID",
        repeatable=True,
    ),
    Option("reject", "Reject a generated test (repeatable)", (), "--llm-reject", None, "args", "ID", repeatable=True),
    Option(
        "decision_class",
        "Why it is accepted",
        "",
        "--llm-class",
        choices=("equivalent", "unreachable", "wont-test", "tested-elsewhere", "known-bug", "false-alarm"),
    ),
    Option("decision_reason", "The reason, in words of your own", "", "--llm-reason", metavar="TEXT"),
    Option("decision_expires", "When it must be looked at again, or never", "", "--llm-expires", metavar="DATE"),
    Option("decision_ref", "Where a known bug is tracked", "", "--llm-ref", metavar="URL"),
    Option(
        "accept_file",
        "Take over the decisions that were downloaded from the HTML report",
        "",
        "--llm-accept-file",
        metavar="FILE",
    ),
    Option("apply", "Put a surviving mutant into its source file, to look at it", "", "--llm-apply", metavar="ID"),
    Option("make_baseline", "Record today's gaps as old debt", False, "--llm-baseline", kind="bool"),
    Option("prune", "Take unused decisions out, re-key moved ones", False, "--llm-prune", kind="bool"),
    Option(
        "review_check",
        "Check the review file: faults, expired and stale decisions; runs no test",
        False,
        "--llm-review-check",
        kind="bool",
    ),
    Option("review_file", "Decisions of people, to be committed", "llmgen-review.toml", None, "llm_review_file"),
    Option("baseline_file", "Old debt, to be committed", "llmgen-baseline.json", None, "llm_baseline_file"),
    Option(
        "review_expiry", "Days until a decision expires, CLASS=DAYS, 0 for never", (), None, "llm_review_expiry", "args"
    ),
    Option("review_strict", "Unused decisions fail the gate", False, None, "llm_review_strict", "bool"),
    Option("review_bots", "Programs may be authors of decisions", False, None, "llm_review_bots", "bool"),
    Option("gate_ratchet", "Hold the floors that the review file records", False, None, "llm_gate_ratchet", "bool"),
    Option(
        "gate_paths",
        "Limits of single paths instead of the general ones, one a line: 'shop/legacy/** new-mutants=50'",
        (),
        None,
        "llm_gate_paths",
        "linelist",
    ),
    Option(
        "raise_floors",
        "Raise the ratchet's floors in the review file to what this run reached",
        False,
        "--llm-ratchet",
        kind="bool",
    ),
)

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
    checked = {option.name: _checked(option, values.get(option.name, option.default)) for option in OPTIONS}
    if checked["generate"] and checked["check"]:
        raise LlmgenError(
            "--llm-generate and --llm-check were both given",
            fix="generate first, then check what a person has accepted",
            slug="two-commands",
        )
    if checked["dry_run"] and (not checked["generate"] or checked["provider"] in ("offline", "replay")):
        raise LlmgenError(
            "--llm-dry-run shows what would be sent to a model, and nothing would be",
            fix="give it together with --llm-generate and without --llm-provider",
            slug="nothing-to-send",
        )
    if checked["shard"] and not checked["check"]:
        raise LlmgenError("--llm-shard without --llm-check", fix="only a check can be shared out", slug="bad-shard")
    if checked["merge"] and (checked["generate"] or checked["shard"]):
        raise LlmgenError("--llm-merge runs nothing", fix="leave out --llm-generate and --llm-shard", slug="bad-shard")
    _check_reports(checked["reports"])
    if checked["mutant_budget"]:
        from pytest_llmgen.mutate.schedule import budget_of  # noqa: PLC0415 (an idle start must not load it)

        budget_of(checked["mutant_budget"])
    if checked["sandbox_limits"]:
        from pytest_llmgen.run.sandbox.plan import limits_of  # noqa: PLC0415 (as above)

        limits_of(checked["sandbox_limits"])
    if checked["timeouts"]:
        _waits(checked["timeouts"])
    return Settings(root=root, ci=ci, **checked)


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


def _checked(option: Option, value: Any) -> Any:
    where = option.flag or option.ini
    if value is None:
        value = option.default
    convert = _CONVERTERS.get(option.kind, str)
    try:
        value = convert(value)
    except ValueError:
        article = (
            "a whole number" if option.kind == "int" else "a number" if option.kind == "float" else "true or false"
        )
        raise LlmgenError(f"{where}={value}: not {article}", fix=option.help, slug="bad-value") from None
    if option.choices and value and value not in option.choices:
        raise LlmgenError(
            f"{where}={value}: not a choice", fix=f"use one of {', '.join(option.choices)}", slug="bad-value"
        )
    if option.metavar == "SECONDS" and value > _MOST_SECONDS:
        raise LlmgenError(f"{where}={value}: too large", fix=f"use at most {_MOST_SECONDS:g}, a day", slug="bad-value")
    if option.minimum is not None and not value >= option.minimum:  # also refuses nan
        raise LlmgenError(f"{where}={value}: too small", fix=f"use {option.minimum:g} or more", slug="bad-value")
    return value


_MOST_SECONDS = 86_400.0
"""The system's own timers take no number of any size."""


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
        "": False,
    }
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ValueError(value) from None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else tuple(str(v) for v in value)


def _lines(value: Any) -> tuple[str, ...]:
    lines = value.splitlines() if isinstance(value, str) else (str(v) for v in value)
    return tuple(line.strip() for line in lines if line.strip())


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "bool": _boolean,
    "args": _words,
    "linelist": _lines,
}

assert {f.name for f in fields(Settings)} - {"root", "ci"} == {o.name for o in OPTIONS}
