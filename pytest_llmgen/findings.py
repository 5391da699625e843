"""What a run has found so far, and the views of it that the stages ask for.

The one object of a run that changes; Ctrl-C leaves it readable, so that a report can be made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pytest_llmgen.mutate.behind import lines_behind
from pytest_llmgen.mutate.edits import diff_of
from pytest_llmgen.mutate.score import status_of
from pytest_llmgen.records import (
    Arc,
    Baseline,
    Category,
    Cost,
    Evidence,
    Fate,
    Hits,
    Judged,
    Module,
    Mutant,
    MutantStatus,
    MutantVerdict,
    OpenGaps,
    SecondLook,
    Suppression,
    Survivor,
    SuspectedBug,
    Target,
    united,
)
from pytest_llmgen.refine.earlier import ROUND, Again
from pytest_llmgen.run.survey import Survey

OPEN = (MutantStatus.SURVIVED, MutantStatus.NO_COVERAGE)


@dataclass
class Findings:
    """Everything found so far; ``modules`` never change, the rest grows."""

    modules: tuple[Module, ...]
    baseline: Baseline
    changed: Mapping[str, frozenset[int]] | None = None  # new lines by path; None: all is in scope
    survey: Survey = field(default_factory=Survey)
    imported: Mapping[str, Hits] = field(default_factory=dict)  # what importing the project's modules ran
    mutants: tuple[Mutant, ...] = ()
    has_mutants: bool = False  # every file in scope had its turn
    covering: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # values at conditions, by path and line
    verdicts_before: dict[str, MutantVerdict] = field(default_factory=dict)
    final_verdicts: dict[str, MutantVerdict] = field(default_factory=dict)  # by the files as written
    judged: list[Judged] = field(default_factory=list)
    suspects: list[SuspectedBug] = field(default_factory=list)
    looks: dict[str, SecondLook] = field(default_factory=dict)  # candidate id -> the second look at a suspect
    costs: dict[str, Cost] = field(default_factory=dict)
    not_attempted: dict[str, str] = field(default_factory=dict)
    unmutable: dict[str, str] = field(default_factory=dict)  # path -> why it has no mutants
    same_results: dict[str, int] = field(default_factory=dict)  # mutant id -> inputs of a search that could not tell it
    written: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    uncollected: tuple[str, ...] = ()  # files with tests that pytest does not collect
    suppressions: tuple[Suppression, ...] = ()  # that the change adds to its own code
    problem: str | None = None
    interrupted: bool = False
    again: Again = field(default_factory=Again)  # generated tests of earlier runs that are looked at again
    on_disk: Mapping[str, frozenset[Category]] = field(default_factory=dict)  # target -> categories of other such tests
    pinned: list[Judged] = field(default_factory=list)  # those of them that stay whatever they earn
    removed: tuple[tuple[str, str], ...] = ()  # node id of a test of an earlier run, and why it went
    rounds: int = 0
    complete: int = 0  # targets that had nothing open when generating began
    tier: str = ""
    layers: tuple[str, ...] = ()  # of the tier, on this machine
    weaker_because: str = ""  # why it is not a stronger tier
    allowed: tuple[str, ...] = ()  # llm_sandbox_allow
    generator: str = ""
    stage_seconds: dict[str, float] = field(default_factory=dict)
    stage_cpu: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: float = 0.0  # of the largest worker
    kept_verdicts: int = 0  # that earlier runs had found

    @contextmanager
    def stage(self, name: str, wall: Callable[[], float], cpu: Callable[[], float]) -> Iterator[None]:
        """Add the wall and CPU time of a stage to its sum."""
        started, worked = wall(), cpu()
        try:
            yield
        finally:
            self.stage_seconds[name] = self.stage_seconds.get(name, 0.0) + wall() - started
            self.stage_cpu[name] = self.stage_cpu.get(name, 0.0) + cpu() - worked

    @property
    def targets(self) -> dict[str, Target]:
        """Every target in scope by its key."""
        return {target.key: target for module in self.modules for target in module.targets}

    @property
    def kept(self) -> list[Judged]:
        """The candidates that earn their place as far as is known."""
        return [judged for judged in self.judged if judged.fate is Fate.KEPT]

    def hits(self) -> dict[str, Hits]:
        """What the project's own tests and the kept candidates run together."""
        kept = united(judged.hits for judged in self.kept)
        # A candidate's file imports the module; it is measured in a process that has it already.
        imported = {path: hits for path, hits in self.imported.items() if path in kept}
        return united([self.baseline.hits, kept, imported])

    def add_imported(self) -> None:
        """What ran at import before the user's run was measured: pytest's own modules may be under test."""
        hits = dict(self.baseline.hits)
        for path, seen in self.imported.items():
            hits[path] = hits.get(path, Hits()) | seen
        self.baseline = replace(self.baseline, hits=hits)

    def measure_by_survey(self) -> None:
        """Where the user's run was not measured: what its green tests ran in workers, each by itself."""
        self.baseline = replace(self.baseline, hits=united([self.imported, self.survey.hits]), measured=True)

    def verdicts(self) -> dict[str, MutantVerdict]:
        """The verdicts of the project's own tests, bettered by what the kept candidates kill."""
        found = dict(self.verdicts_before)
        hits = self.hits()
        for mutant in self.mutants:
            verdict = found.get(mutant.id)
            covered = mutant.line in hits.get(mutant.path, Hits()).lines
            if verdict is not None and verdict.status is MutantStatus.NO_COVERAGE and covered:
                found[mutant.id] = replace(verdict, status=MutantStatus.SURVIVED)
        for judged in self.kept:
            for identity in judged.kills:
                found[identity] = MutantVerdict(
                    identity, MutantStatus.KILLED, (judged.nodeid or judged.candidate.name,)
                )
        return {**found, **self.final_verdicts}

    def has_verdict(self, mutant: Mutant) -> bool:
        """Whether the mutant was judged."""
        verdict = self.final_verdicts.get(mutant.id) or self.verdicts_before.get(mutant.id)
        return status_of(verdict) is not MutantStatus.PENDING

    def open_mutants(self, path: str | None = None) -> list[Mutant]:
        """Mutants that no test of the project and no kept candidate kills."""
        verdicts = self.verdicts()
        return [
            mutant
            for mutant in self.mutants
            if (path is None or mutant.path == path) and mutant.id in verdicts and verdicts[mutant.id].status in OPEN
        ]

    def open_gaps(self) -> Callable[[Module, Target], OpenGaps]:
        """What is not yet tested in a target, as things are now: worked out once for all of them."""
        hits, filled = self.hits(), self.filled_categories()
        survivors: dict[tuple[str, str], list[Mutant]] = {}
        at_import: dict[str, list[Mutant]] = {}
        for mutant in self.open_mutants():
            survivors.setdefault((mutant.path, mutant.unit), []).append(mutant)
            if mutant.needs_import:
                at_import.setdefault(mutant.path, []).append(mutant)

        def gaps_of(module: Module, target: Target) -> OpenGaps:
            missing, branches = self._open_lines(target, hits.get(target.path, Hits()))
            alive = tuple(
                Survivor(mutant, diff_of(module.source, mutant), self.covering.get(mutant.id, ()))
                for mutant in survivors.get((target.path, target.qualname), ())
            )
            full = filled.get(target.key, frozenset()) | self.on_disk.get(target.key, frozenset())
            empty = tuple(each for each in Category if each not in full)
            leant_on = self._behind(module, target, at_import.get(module.path, ()))
            return OpenGaps(missing, branches, alive, empty, leant_on)

        return gaps_of

    def _behind(self, module: Module, target: Target, mutants: Sequence[Mutant]) -> tuple[Survivor, ...]:
        """Those of the mutants whose statement the target leans on."""
        lines = lines_behind(module.source, target.start_line, target.end_line) if mutants else frozenset()
        return tuple(Survivor(mutant, "") for mutant in mutants if mutant.line in lines)

    def _open_lines(self, target: Target, hits: Hits) -> tuple[tuple[int, ...], tuple[Arc, ...]]:
        """Lines of a target that nothing runs, and branches that nothing takes."""
        lines = self.baseline.files.get(target.path)
        if lines is None:
            return (), ()
        is_one_line = target.def_line == target.end_line
        inside = range(target.def_line + (not is_one_line), target.end_line + 1)
        missing = sorted((lines.statements - hits.lines) & set(inside))
        return tuple(missing), tuple(sorted(arc for arc in lines.branches - hits.arcs if arc[0] in inside))

    def filled_before(self) -> dict[str, frozenset[Category]]:
        """Which categories of which target have a generated test that stays anyway."""
        found = {key: frozenset(Category) for key in self._finished_targets()}
        for key, categories in self.on_disk.items():
            found[key] = found.get(key, frozenset()) | categories
        for judged in self.pinned:
            key = judged.candidate.target
            if judged.fate is Fate.KEPT:
                found[key] = found.get(key, frozenset()) | {judged.candidate.category}
        return found

    def _finished_targets(self) -> set[str]:
        """Targets of earlier generated tests in which the project's own tests leave nothing open.

        Nothing is earned there, not even by the first test of a category.
        """
        keys = {judged.candidate.target for judged in self.judged if judged.candidate.round == ROUND}
        own = {m.id for m in self.mutants if (v := self.verdicts_before.get(m.id)) is None or v.status in OPEN}
        units = {f"{mutant.path}::{mutant.unit}" for mutant in self.mutants if mutant.id in own}
        return {key for key in keys - units if (target := self.targets.get(key)) and not self._uncovered(target)}

    def _uncovered(self, target: Target) -> bool:
        lines, hits = self.baseline.files.get(target.path), self.baseline.hits.get(target.path, Hits())
        inside = range(target.def_line + 1, target.end_line + 1)
        if lines is None:
            return True
        return any(line in inside for line in lines.statements - hits.lines) or any(
            start in inside for start, _ in lines.branches - hits.arcs
        )

    def filled_categories(self) -> dict[str, frozenset[Category]]:
        """Which categories of which target have a kept candidate."""
        found: dict[str, set[Category]] = {}
        for judged in self.kept:
            found.setdefault(judged.candidate.target, set()).add(judged.candidate.category)
        return {key: frozenset(categories) for key, categories in found.items()}

    def _passing_earlier(self) -> list[Judged]:
        return [j for j in self.judged if j.candidate.round == ROUND and j.fate in (Fate.KEPT, Fate.REDUNDANT)]

    def _hits_before(self) -> dict[str, Hits]:
        """What the suite ran before this run, generated tests that are looked at again included."""
        union = dict(self.baseline.hits)
        for judged in self._passing_earlier():
            for path, hits in judged.hits.items():
                union[path] = union.get(path, Hits()) | hits | self.imported.get(path, Hits())
        return union

    def _verdicts_before_with_earlier(self) -> dict[str, MutantVerdict]:
        found, hits = dict(self.verdicts_before), self._hits_before()
        for mutant in self.mutants if self._passing_earlier() else ():
            verdict = found.get(mutant.id)
            if verdict is not None and verdict.status is MutantStatus.NO_COVERAGE:
                covered = mutant.line in hits.get(mutant.path, Hits()).lines
                found[mutant.id] = replace(verdict, status=MutantStatus.SURVIVED) if covered else verdict
        for judged in self._passing_earlier():
            found |= {i: MutantVerdict(i, MutantStatus.KILLED, (judged.nodeid,)) for i in judged.kills}
        return found

    def evidence(self) -> Evidence:
        """Everything from which gaps and ratios are worked out."""
        return Evidence(
            modules=self.modules,
            files=self.baseline.files,
            hits=self.hits(),
            hits_before=self._hits_before(),
            mutants=self.mutants,
            verdicts=self.verdicts(),
            verdicts_before=self._verdicts_before_with_earlier(),
            covering=self.covering,
            line_tests=self.survey.line_tests,
            judged=tuple(self.judged),
            changed=self.changed,
            not_attempted=self.not_attempted,
            costs=self.costs,
            same_results=self.same_results,
            seen=self.seen,
            suppressions=self.suppressions,
        )
