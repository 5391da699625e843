"""The policy of verdicts, on scripted runs."""

from collections.abc import Sequence

import pytest

from pytest_llmgen.records import Mutant, MutantJob, MutantStatus, Outcome, Region
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End
from pytest_llmgen.run.judging import IMPORT, Attempt, NeedsColdRunError, Proof, settle

MUTANT = Mutant("m", "p.py", "f", "f", "o", 0, 1, "a", "b", "b", Region(1, 1, 1, 2))
SIGNS = {".": Outcome.PASSED, "F": Outcome.FAILED, "E": Outcome.ERROR, "s": Outcome.SKIPPED, "x": Outcome.XFAILED}
ENDS = {"!": End(CRASHED, "ended by SIGSEGV"), "T": End(TIMEOUT)}


def script(text: str) -> Attempt:
    """``.F`` are results of a run, a last ``!`` or ``T`` its end."""
    end = ENDS.get(text[-1:], End(DONE))
    return Attempt([(str(n), SIGNS[sign]) for n, sign in enumerate(text) if sign in SIGNS], None, end)


class Scripted:
    def __init__(self, *texts: str) -> None:
        self.scripts, self.asked = list(texts), []

    def __call__(self, tests: Sequence[str], limit: float, *, every: bool) -> Attempt:
        self.asked.append((tuple(tests), limit))
        attempt = script(self.scripts.pop(0))
        attempt.results = [(test, outcome) for test, (_, outcome) in zip(tests, attempt.results, strict=False)]
        return attempt


@pytest.mark.parametrize(
    ("scripts", "every", "status", "killers"),
    [
        (["F"], False, MutantStatus.KILLED, "a"),
        (["E"], False, MutantStatus.KILLED, "a"),
        (["..."], False, MutantStatus.SURVIVED, ""),
        (["sx."], False, MutantStatus.SURVIVED, ""),
        ([".F", "F"], False, MutantStatus.KILLED, "b"),
        ([".F", ".", "."], False, MutantStatus.SURVIVED, ""),
        ([".F", ".", "F"], False, MutantStatus.KILLED, "c"),
        (["F.F", "F"], True, MutantStatus.KILLED, "ac"),
        (["FFF", ".", "F"], True, MutantStatus.KILLED, "ac"),
        ([".T", ".T"], False, MutantStatus.TIMEOUT, ""),
        ([".T", "..."], False, MutantStatus.SURVIVED, ""),
        ([".T", ".F", "F"], False, MutantStatus.KILLED, "b"),
        (["F.T"], True, MutantStatus.KILLED, "a"),
        (["!"], False, MutantStatus.RUNTIME_ERROR, ""),
        (["..!"], False, MutantStatus.RUNTIME_ERROR, ""),
        (["F!"], False, MutantStatus.KILLED, "a"),
    ],
)
def test_verdicts(scripts: list[str], *, every: bool, status: MutantStatus, killers: str) -> None:
    run = Scripted(*scripts)
    verdict = settle(MutantJob(MUTANT, ("a", "b", "c"), 1.0, every), run)
    assert (verdict.status, "".join(verdict.killed_by), verdict.confirmed) == (status, killers, True)
    assert not run.scripts


def test_a_second_run_may_take_twice_as_long() -> None:
    run = Scripted("T", "T")
    settle(MutantJob(MUTANT, ("a",), 1.5), run)
    assert [limit for _, limit in run.asked] == [1.5, 3.0]


def test_a_kill_that_hangs_alone_is_an_unconfirmed_timeout() -> None:
    verdict = settle(MutantJob(MUTANT, ("a", "b"), 1.0), Scripted(".F", "T"))
    assert (verdict.status, verdict.confirmed) == (MutantStatus.TIMEOUT, False)


def test_no_tests_are_no_coverage() -> None:
    assert settle(MutantJob(MUTANT, (), 1.0), Scripted()).status is MutantStatus.NO_COVERAGE


def test_a_mutant_that_must_be_imported_is_handed_on() -> None:
    with pytest.raises(NeedsColdRunError, match="why"):
        settle(MutantJob(MUTANT, ("a",), 1.0), lambda *_, **__: Attempt(problem=(IMPORT, "why")))


@pytest.mark.parametrize(
    ("text", "status", "killers"),
    [("F.F", MutantStatus.KILLED, "ac"), (".FT", MutantStatus.KILLED, "b"), ("..T", MutantStatus.TIMEOUT, "")],
)
def test_an_unproved_matrix_believes_what_it_sees_once(text: str, status: MutantStatus, killers: str) -> None:
    run = Scripted(text)
    verdict = settle(MutantJob(MUTANT, ("a", "b", "c"), 1.0, every_test=True, unproved=True), run)
    assert (verdict.status, "".join(verdict.killed_by), len(run.asked)) == (status, killers, 1)


def test_a_matrix_asks_no_test_again_that_met_the_mutant_in_a_group() -> None:
    run = Scripted(".")
    job = MutantJob(MUTANT, ("a", "b", "c"), 1.0, every_test=True)
    verdict = settle(job, run, Proof(("a",), met=frozenset("ab")))
    assert (verdict.status, verdict.killed_by, run.asked) == (MutantStatus.KILLED, ("a",), [(("c",), 1.0)])


def test_a_survivor_of_a_group_is_none_that_was_shown_alone() -> None:
    run = Scripted()
    verdict = settle(MutantJob(MUTANT, ("a",), 1.0, every_test=True), run, Proof(met=frozenset("a")))
    assert (verdict.status, verdict.confirmed, run.asked) == (MutantStatus.SURVIVED, False, [])


def test_a_timeout_that_a_group_has_seen_needs_one_more() -> None:
    run = Scripted(".T")
    verdict = settle(MutantJob(MUTANT, ("a", "b"), 1.0), run, Proof(hung=True))
    assert (verdict.status, verdict.confirmed, run.asked) == (MutantStatus.TIMEOUT, True, [(("a", "b"), 1.0)])
