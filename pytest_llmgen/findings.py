"""What a run has found so far, and the views of it that the stages ask for.

The one object of a run that changes; Ctrl-C leaves it readable, so that a report can be made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pytest_llmgen.mutate.edits import diff_of
from pytest_llmgen.records import (
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
    Survivor,
    SuspectedBug,
    Target,
)
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
    verdicts_before: dict[str, MutantVerdict] = field(default_factory=dict)
    final_verdicts: dict[str, MutantVerdict] = field(default_factory=dict)  # by the files as written
    judged: list[Judged] = field(default_factory=list)
    suspects: list[SuspectedBug] = field(default_factory=list)
    costs: dict[str, Cost] = field(default_factory=dict)
    not_attempted: dict[str, str] = field(default_factory=dict)
    unmutable: dict[str, str] = field(default_factory=dict)  # path -> why it has no mutants
    written: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problem: str | None = None
    interrupted: bool = False
    rounds: int = 0
    complete: int = 0  # targets that had nothing open when generating began
    tier: str = ""
    generator: str = ""
    stage_seconds: dict[str, float] = field(default_factory=dict)
    stage_cpu: dict[str, float] = field(default_factory=dict)

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
        union = dict(self.baseline.hits)
        for judged in self.kept:
            for path, hits in judged.hits.items():
                # Its file imports the module; a candidate is measured in a process that has it already.
                union[path] = union.get(path, Hits()) | hits | self.imported.get(path, Hits())
        return union

    def measure_by_survey(self) -> None:
        """Where the user's run was not measured: what its green tests ran in workers, each by itself."""
        hits = dict(self.imported)
        for path, seen in self.survey.hits.items():
            hits[path] = hits.get(path, Hits()) | seen
        self.baseline = replace(self.baseline, hits=hits, measured=True)

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

    def open_mutants(self, path: str | None = None) -> list[Mutant]:
        """Mutants that no test of the project and no kept candidate kills."""
        verdicts = self.verdicts()
        return [
            mutant
            for mutant in self.mutants
            if (path is None or mutant.path == path) and mutant.id in verdicts and verdicts[mutant.id].status in OPEN
        ]

    def open_gaps(self, module: Module, target: Target) -> OpenGaps:
        """What is not yet tested in one target."""
        hits, lines = self.hits().get(target.path, Hits()), self.baseline.files.get(target.path)
        inside = range(target.def_line + 1, target.end_line + 1)
        if target.def_line == target.end_line:
            inside = range(target.def_line, target.end_line + 1)
        missing = sorted((lines.statements - hits.lines) & set(inside)) if lines else []
        branches = sorted(arc for arc in lines.branches - hits.arcs if arc[0] in inside) if lines else []
        survivors = tuple(
            Survivor(mutant, diff_of(module.source, mutant), self.covering.get(mutant.id, ()))
            for mutant in self.open_mutants(target.path)
            if mutant.unit == target.qualname
        )
        return OpenGaps(tuple(missing), tuple(branches), survivors, self._empty_categories(target))

    def _empty_categories(self, target: Target) -> tuple[Category, ...]:
        filled = self.filled_categories().get(target.key, frozenset())
        return tuple(category for category in Category if category not in filled)

    def filled_categories(self) -> dict[str, frozenset[Category]]:
        """Which categories of which target have a kept candidate."""
        found: dict[str, set[Category]] = {}
        for judged in self.kept:
            found.setdefault(judged.candidate.target, set()).add(judged.candidate.category)
        return {key: frozenset(categories) for key, categories in found.items()}

    def evidence(self) -> Evidence:
        """Everything from which gaps and ratios are worked out."""
        return Evidence(
            modules=self.modules,
            files=self.baseline.files,
            hits=self.hits(),
            hits_before=self.baseline.hits,
            mutants=self.mutants,
            verdicts=self.verdicts(),
            verdicts_before=self.verdicts_before,
            covering=self.covering,
            line_tests=self.survey.line_tests,
            judged=tuple(self.judged),
            changed=self.changed,
            not_attempted=self.not_attempted,
            costs=self.costs,
        )
