"""From runs of tests under a mutant to its verdict; pure: how a run is done is the caller's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pytest_llmgen.mutate.schedule import NOT_RUNNABLE
from pytest_llmgen.records import MutantJob, MutantStatus, MutantVerdict, Outcome
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End

CONFIRM_FACTOR = 2.0
"""How much longer a mutant may run the second time before its timeout counts."""

COMPILE, IMPORT, COLLECT, AGAIN, UNFIT = "compile", "import", "collect", "again", "unfit"
"""What could not be done: the last is no doing of the mutant, so that nothing is known of it."""
KILLS = frozenset({Outcome.FAILED, Outcome.ERROR})


@dataclass(slots=True)
class Attempt:
    """One run of tests under a mutant, in one child, filled record by record."""

    results: list[tuple[str, Outcome]] = field(default_factory=list)
    problem: tuple[str, str] | None = None  # what could not be done, and why
    end: End = field(default_factory=lambda: End(DONE))
    detail: str = ""  # of the first kill
    asked: Collection[str] = ()  # tests that it may tell of

    def add(self, record: dict[str, Any]) -> None:
        """Take a record of the child; raises ``ValueError`` where it tells of what was not asked."""
        if record["kind"] == "tests":
            told = [(nodeid, Outcome(outcome)) for nodeid, outcome in record["outcomes"]]
            if not all(nodeid in self.asked for nodeid, _ in told):
                raise ValueError("results of tests that were not asked for")
            self.results += told
            self.detail = self.detail or record["message"]
        elif record["kind"] == "problem":
            self.problem = (record["what"], record["detail"])


@dataclass(frozen=True, slots=True)
class Proof:
    """Kills that need no other proof, from a group of mutants."""

    killers: tuple[str, ...] = ()
    detail: str = ""
    tests_run: int = 0
    met: frozenset[str] = frozenset()  # of a matrix: tests that need not meet the mutant again
    hung: bool = False  # the group lost its patience with it


class Run(Protocol):
    """Runs tests under the job's mutant in a child of their own."""

    def __call__(self, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        """Stop at the first kill unless ``every``."""


class NeedsColdRunError(Exception):
    """The mutant can't be activated in a live process."""


def settle(job: MutantJob, run: Run, proof: Proof = Proof()) -> MutantVerdict:
    """Judge a mutant.

    A kill counts when it came first in its child or comes again alone; a timeout when it comes twice, be it that
    a group had no patience with it before.
    What ``proof`` says is not run again.  Of an unproved job every failure counts as it is seen, and no timeout does.

    Raises:
        NeedsColdRunError: the module must be imported with the mutant in it.
    """
    return _Case(job, run, proof).settle()


class _Case:
    def __init__(self, job: MutantJob, run: Run, proof: Proof) -> None:
        self._job, self._run = job, run
        self._killers = list(proof.killers)
        self._tests_run = proof.tests_run
        self._detail = proof.detail
        self._unconfirmed = False
        self._hung, self._met = proof.hung, proof.met

    def settle(self) -> MutantVerdict:
        rest = [test for test in self._job.tests if test not in self._killers and test not in self._met]
        if not self._job.tests:
            return self._verdict(MutantStatus.NO_COVERAGE)
        if self._killers and not self._job.every_test:
            rest = []
        while rest:
            attempt = self._attempt(rest)
            kills = self._kills(attempt)
            if attempt.problem or (attempt.end.how != DONE and not self._killers):
                return self._broken(attempt)
            if self._job.every_test or self._killers or attempt.end.how != DONE or not kills:
                break
            rest = rest[kills[-1] + 1 :]
        if self._killers:
            return self._verdict(MutantStatus.KILLED, self._detail)
        if self._unconfirmed:
            why = f"failed after other tests, hung alone for {self._job.timeout:.1f} s"
            return self._verdict(MutantStatus.TIMEOUT, why, confirmed=False)
        alone = not self._met
        return self._verdict(MutantStatus.SURVIVED, "" if alone else "not shown alone", confirmed=alone)

    def _attempt(self, tests: Sequence[str]) -> Attempt:
        job = self._job
        attempt = self._run(tests, job.timeout, every=job.every_test)
        is_doubted = attempt.end.how == TIMEOUT and not self._hung and not job.unproved
        if is_doubted and not any(o in KILLS for _, o in attempt.results):
            attempt = self._run(tests, job.timeout * CONFIRM_FACTOR, every=job.every_test)
        self._tests_run += len(attempt.results)
        return attempt

    def _kills(self, attempt: Attempt) -> list[int]:
        """Places of failing tests in the attempt; those that prove themselves become killers."""
        kills = [place for place, (_, outcome) in enumerate(attempt.results) if outcome in KILLS]
        for place in kills:
            if place == 0 or self._job.unproved or self._fails_alone(attempt.results[place][0]):
                self._killers.append(attempt.results[place][0])
                self._detail = self._detail or attempt.detail
        return kills

    def _fails_alone(self, test: str) -> bool:
        attempt = self._run([test], self._job.timeout, every=False)
        self._unconfirmed = self._unconfirmed or attempt.end.how == TIMEOUT
        return any(outcome in KILLS for _, outcome in attempt.results)

    def _broken(self, attempt: Attempt) -> MutantVerdict:
        if attempt.problem:
            what, detail = attempt.problem
            if what == IMPORT:
                raise NeedsColdRunError(detail)
            if what == UNFIT:
                return self._verdict(MutantStatus.PENDING, f"{NOT_RUNNABLE}: {detail}")
            broken = MutantStatus.COMPILE_ERROR if what == COMPILE else MutantStatus.RUNTIME_ERROR
            return self._verdict(broken, detail)
        if attempt.end.how == CRASHED:
            return self._verdict(MutantStatus.RUNTIME_ERROR, f"the interpreter {attempt.end.detail}")
        return self._verdict(MutantStatus.TIMEOUT)

    def _verdict(self, status: MutantStatus, detail: str = "", *, confirmed: bool = True) -> MutantVerdict:
        killers = tuple(sorted(self._killers, key=self._job.tests.index))
        return MutantVerdict(self._job.mutant.id, status, killers, self._tests_run, 0.0, detail, confirmed)
