"""Decisions of people, and what the gate makes of them: rows of the table of options."""

from __future__ import annotations

from pytest_llmgen.options.option import Option

OPTIONS: tuple[Option, ...] = (
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
