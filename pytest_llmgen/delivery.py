"""From the candidates that were kept to files on disk: chosen, folded into tables, proved as files, written.

Knows no files: what writes comes in as a :class:`Publisher`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.findings import OPEN, Findings
from pytest_llmgen.generate.offline.merge import arguments_of, merge_candidates
from pytest_llmgen.generate.offline.settling import settled
from pytest_llmgen.mutate.lines import line_tests_of
from pytest_llmgen.mutate.select import jobs, killers_first
from pytest_llmgen.records import Candidate, Fate, Judged, Mutant, Outcome, Prover, Runner, Target, TestRun
from pytest_llmgen.refine.choose import choose
from pytest_llmgen.refine.earlier import ROUND, removed, told
from pytest_llmgen.refine.triage import by_second_look, describe, expected_observed, shortest
from pytest_llmgen.refine.trial import Place, against_mutants, try_out
from pytest_llmgen.review.anchors import without_addresses
from pytest_llmgen.review.ids import long_id, short_ids
from pytest_llmgen.settings import Settings

_PROOFS = 3
"""How often whole files are proved: dropping one test may uncover another that leaned on it."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """Whole files as they would be written, and where each candidate is in them."""

    files: Mapping[str, str]  # path -> source
    nodeids: Mapping[str, str]  # candidate id -> node id without parameters
    beside: Mapping[str, str] = field(default_factory=dict)  # what is written with them: a conftest, say


class Publisher(Protocol):
    """Writes test files, and nothing else."""

    label: str
    """Who wrote the tests, for the files' header."""

    place: str
    """The folder of the files, relative to the root."""

    def drafts(self, kept: Sequence[Judged], gone: Iterable[str] = ()) -> Drafts:
        """The files that would be written, without tests that are ``gone``, under names that clash with nothing."""

    def publish(
        self, kept: Sequence[Judged], pinned: Sequence[Judged] = (), gone: Iterable[str] = ()
    ) -> tuple[Sequence[Judged], Sequence[str]]:
        """Write; returns the tests with their node ids, and a word for each file.

        ``pinned`` are earlier tests that were proved again and stay as they are.
        """

    def keep_suspects(self, suspects: Sequence[Judged]) -> Mapping[str, str]:
        """Keep evidence outside of the suite; candidate id -> where."""


class OnStep(Protocol):
    """Is told that so much of a long piece of work is done."""

    def __call__(self, done: int, total: int, text: str = "") -> None:
        """May be called very often."""


def place_of(settings: Settings, findings: Findings) -> Place:
    """Where candidates are tried, and what they may meet there."""
    targets = tuple(findings.targets.values())
    return Place(settings.output_dir, settings.test_timeout, settings.mutant_timeout, findings.baseline.files, targets)


def keep_smallest(findings: Findings) -> None:
    """Keep the smallest set of all candidates that pass."""
    # By the project's own tests alone: what a candidate kills is what it may earn its place by.
    killed = frozenset(i for i, v in findings.verdicts_before.items() if v.status not in OPEN)
    passing = [replace(j, fate=Fate.KEPT) if j.fate is Fate.REDUNDANT else j for j in findings.judged]
    findings.judged = list(
        choose(
            passing,
            baseline_hits=findings.baseline.hits,
            files=findings.baseline.files,
            baseline_kills=killed,
            filled_categories=findings.filled_before(),
        )
    )


def deliver(settings: Settings, findings: Findings, runner: Runner, publisher: Publisher, on_step: OnStep) -> None:
    """Fold what was kept into readable files, prove these files once more, write them, and judge them."""
    delivery = _Delivery(settings, findings, publisher, on_step)
    delivery.keep_suspects()
    delivery.merge(runner)
    drafts, runs = delivery.prove_files(runner)
    gone = removed(findings.again.tests, findings.judged)
    kept, notes = publisher.publish(findings.kept, findings.pinned, gone)
    written = {judged.candidate.id: judged for judged in kept}
    findings.judged = [written.get(judged.candidate.id, judged) for judged in findings.judged]
    findings.written.extend([*told(findings.again, gone, findings.pinned, publisher.place), *notes])
    findings.removed = tuple((f"{publisher.place}/{identity}", why) for identity, why in gone.items())
    delivery.judge_files(runner, drafts, runs)
    findings.imported = runner.imported()


@dataclass(frozen=True, slots=True)
class _Delivery:
    settings: Settings
    findings: Findings
    publisher: Publisher
    on_step: OnStep

    def keep_suspects(self) -> None:
        """Evidence for a person, one test for each kind of disagreement."""
        found = shortest([j for j in self.findings.judged if j.fate is Fate.SUSPECTED_BUG])
        places = self.publisher.keep_suspects(found)
        identities = {j.candidate.id: _suspect_id(j, self.findings.targets) for j in found}
        short = short_ids(set(identities.values()))
        suspects = [
            describe(
                j,
                self.findings.targets[j.candidate.target],
                short[identities[j.candidate.id]],
                places[j.candidate.id],
                self.findings.looks.get(j.candidate.id),
            )
            for j in found
        ]
        self.findings.suspects = sorted(suspects, key=by_second_look)

    def merge(self, runner: Runner) -> None:
        """Fold single cases into tables, target by target, where the tables pass and lose nothing."""
        place = place_of(self.settings, self.findings)
        kept = [judged for judged in self.findings.kept if judged.candidate.round != ROUND]  # what is on disk stays
        arguments = arguments_of(self.findings.modules)
        merged = merge_candidates(
            [judged.candidate for judged in kept], tuple(self.findings.targets.values()), arguments
        )
        known = {judged.candidate.id: judged for judged in kept}
        tables = [candidate for candidate in merged if candidate.id not in known]
        killed: dict[str, frozenset[str]] = {}  # by target: what its table must kill as well
        for judged in kept:
            killed[judged.candidate.target] = killed.get(judged.candidate.target, frozenset()) | judged.kills
        every = frozenset[str]().union(*killed.values())
        mutants = [mutant for mutant in self.findings.mutants if mutant.id in every]
        wanted = {table.id: killed[table.target] for table in tables}
        tried = try_out(tables, runner, place)
        known |= {
            judged.candidate.id: judged
            for judged in against_mutants(tried, mutants, runner, place, runner.imported(), wanted)
        }
        after = [known[candidate.id] for candidate in merged]
        folded = [t for t in {c.target for c in tables} if _keeps(_of(after, t), _of(kept, t))]
        foldable = {judged.candidate.id for judged in kept if judged.candidate.target in folded}
        others = [judged for judged in self.findings.judged if judged.candidate.id not in foldable]
        self.findings.judged = others + [judged for judged in after if judged.candidate.target in folded]
        keep_smallest(self.findings)
        self._settle_names()

    def _settle_names(self) -> None:
        """Plainer names for tests, now that it is known which are beside them."""
        names = {judged.candidate.name for judged in self.findings.judged}
        ran = (test.nodeid.partition("[")[0].split("::") for test in self.findings.baseline.tests)
        on_disk = {parts[-1] for parts in ran if parts[0].startswith(f"{self.publisher.place}/")}
        by_path: dict[str, list[Candidate]] = {}
        for judged in self.findings.kept:
            by_path.setdefault(judged.candidate.target.partition("::")[0], []).append(judged.candidate)
        renamed: dict[str, Candidate] = {}
        for kept in by_path.values():
            renamed |= settled(kept, names - {candidate.name for candidate in kept}, on_disk)
        self.findings.judged = [
            replace(
                judged, candidate=renamed.get(judged.candidate.id, judged.candidate), reason=_retold(judged, renamed)
            )
            for judged in self.findings.judged
        ]

    def prove_files(self, runner: Runner) -> tuple[Drafts, list[TestRun]]:
        """Run the whole files as they would be written; a test that fails there is dropped."""
        for proof in range(_PROOFS + 1):
            gone = removed(self.findings.again.tests, self.findings.judged)
            drafts = self.publisher.drafts(self.findings.kept, gone)
            runs = runner.try_candidates(drafts.files, self.settings.test_timeout * max(1, len(drafts.nodeids)))
            red = {run.nodeid.partition("[")[0] for run in runs if run.outcome is not Outcome.PASSED}
            lost = {path for path in red if "::" not in path}  # a file that could not even be collected
            broken = {i for i, nodeid in drafts.nodeids.items() if nodeid in red or nodeid.partition("::")[0] in lost}
            reason = "it fails beside the other tests of its file"
            if not broken:
                broken, reason = self._broken_alone(drafts, runner), "it fails where only generated tests are run"
            if not broken or proof == _PROOFS:
                break
            self.findings.judged = [
                replace(j, fate=Fate.FLAKY, code="flaky", reason=reason) if j.candidate.id in broken else j
                for j in self.findings.judged
            ]
        return drafts, runs

    def _broken_alone(self, drafts: Drafts, runner: Runner) -> set[str]:
        """Candidates that fail in a plain run of the written files alone.

        Where a file can't even be imported so, no test is to blame: that is told with what helps.
        """
        if not drafts.files or not isinstance(runner, Prover):
            return set()
        timeout = self.settings.test_timeout * max(1, len(drafts.nodeids))
        found = runner.prove_alone(drafts.files, drafts.beside, timeout)
        lost = {nodeid: why for nodeid, why in found.items() if "::" not in nodeid}
        if lost:
            roots = sorted({module.import_root for module in self.findings.modules})
            self.findings.warnings.append(str(_not_alone(self.publisher.place, next(iter(lost.values())), roots)))
            return set()
        red = {nodeid.partition("[")[0] for nodeid in found}
        return {i for i, nodeid in drafts.nodeids.items() if nodeid in red}

    def judge_files(self, runner: Runner, drafts: Drafts, runs: Sequence[TestRun]) -> None:
        """The last word on every mutant that the project's own tests leave open: by the tests as written."""
        names = {nodeid: by_id for by_id, nodeid in drafts.nodeids.items()}
        final = {judged.candidate.id: judged.nodeid for judged in self.findings.kept}

        def written(nodeid: str) -> str:
            plain, bracket, parameters = nodeid.partition("[")
            return final.get(names.get(plain, ""), plain) + bracket + parameters

        passing = [run for run in runs if run.outcome is Outcome.PASSED]
        runner.load_candidates(drafts.files)
        wanted = [m for m in self.findings.mutants if self._is_open_without(m)]
        work, _ = jobs(
            wanted,
            line_tests=line_tests_of((run.nodeid, run.hits) for run in passing),
            files=self.findings.baseline.files,
            targets=self.findings.targets.values(),
            seconds={run.nodeid: run.seconds for run in passing},
            asked_timeout=self.settings.mutant_timeout,
            ran=runner.imported(),  # with what the written tests import
        )
        for job in work:
            own = self.findings.covering.get(job.mutant.id, ())
            self.findings.covering[job.mutant.id] = (*own, *(written(test) for test in job.tests))
        killers = self._killers(drafts)
        ordered = [killers_first(job, killers.get(job.mutant.id, frozenset())) for job in work]
        for done, verdict in enumerate(runner.judge(ordered), start=1):
            named = replace(verdict, killed_by=tuple(written(test) for test in verdict.killed_by))
            self.findings.final_verdicts[verdict.mutant_id] = named
            self.on_step(done, len(work), "mutants against the written tests")

    def _killers(self, drafts: Drafts) -> Mapping[str, frozenset[str]]:
        """By mutant: the tests, as they will be written, that have killed it as candidates."""
        found: dict[str, frozenset[str]] = {}
        for judged in self.findings.kept:
            for mutant in judged.kills:
                found[mutant] = found.get(mutant, frozenset()) | {drafts.nodeids.get(judged.candidate.id, "")}
        return found

    def _is_open_without(self, mutant: Mutant) -> bool:
        verdict = self.findings.verdicts_before.get(mutant.id)
        return verdict is not None and verdict.status in OPEN


def _not_alone(place: str, why: str, roots: Sequence[str]) -> LlmgenError:
    folders, said = " ".join(roots), why.splitlines()[0] if why else "nothing"
    return LlmgenError(
        f"the written tests can't be run by themselves: pytest {place} says {said}",
        slug="tests-not-alone",
        fix=f"set pythonpath = {folders} in pytest's settings, or run them with the rest of the suite only",
    )


def _retold(judged: Judged, renamed: Mapping[str, Candidate]) -> str:
    """The reason with the names that tests have now."""
    names = {identity.rpartition("#")[2]: candidate.name for identity, candidate in renamed.items()}
    return re.sub(r"\btest_\w+", lambda found: names.get(found[0], found[0]), judged.reason) if names else judged.reason


def _suspect_id(judged: Judged, targets: Mapping[str, Target]) -> str:
    target = targets[judged.candidate.target]
    _, observed = expected_observed(judged)
    return long_id("X", target.qualname, None, without_addresses(observed), None, 1)


def _of(judged: Sequence[Judged], target: str) -> list[Judged]:
    return [each for each in judged if each.candidate.target == target]


def _keeps(after: Sequence[Judged], before: Sequence[Judged]) -> bool:
    """Whether the tests after folding all pass and do all that those before it did."""
    return all(judged.fate is Fate.KEPT for judged in after) and _reach(before) <= _reach(after)


def _reach(judged: Sequence[Judged]) -> set[tuple[str, str, int]]:
    """The lines that tests run and the mutants that they kill."""
    lines = {("line", path, line) for each in judged for path, hits in each.hits.items() for line in hits.lines}
    return lines | {("kill", identity, 0) for each in judged for identity in each.kills}
