"""How long a run waits for what, beside tests and mutants, which have settings of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; the names are those of ``llm_timeouts``."""

    start: float = 60.0  # for a worker to import and collect the project, or files that were generated
    silence: float = 30.0  # beyond a worker's own limits, until it is taken for hung
    reimport: float = 30.0  # for importing a module once more, that was there before anything was measured
    sandbox: float = 20.0  # for trying whether a tier of the sandbox is to be had
    test: float = 10.0  # for a test of the suite in a worker, beside five times what the longest took in the user's run
    map: float = 600.0  # of the suite's clean time, above which its tests are not run once more, each alone
    git: float = 60.0  # for one question to git
    request: float = 600.0  # for one attempt of a request to a model
    retries: float = 240.0  # for a request with its waits in between, after which it is not tried again
    call: float = 0.4  # for one call of the offline search
    search: float = 30.0  # for the offline search of one target, and again for its mutants
    meeting: float = 15.0  # of silence, while calls that were found meet mutants
