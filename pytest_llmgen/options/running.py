"""How tests and mutants are run, and inside of which walls: rows of the table of options."""

from __future__ import annotations

from pytest_llmgen.options.option import Option

OPTIONS: tuple[Option, ...] = (
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
)
