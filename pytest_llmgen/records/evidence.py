"""Everything that the stages found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records.code import FileLines, Hits, Module
from pytest_llmgen.records.gaps import Suppression
from pytest_llmgen.records.generating import Cost, Judged
from pytest_llmgen.records.mutants import Mutant, MutantVerdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the stages found, from which gaps and ratios are worked out.

    ``verdicts_before`` and ``hits_before`` are those of the project's own tests alone; the others
    include the generated tests that were kept.  A mutant without an entry was not judged (Pending).
    """

    modules: tuple[Module, ...]
    files: Mapping[str, FileLines]
    hits: Mapping[str, Hits]
    hits_before: Mapping[str, Hits]
    mutants: tuple[Mutant, ...]
    verdicts: Mapping[str, MutantVerdict]
    verdicts_before: Mapping[str, MutantVerdict]
    covering: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # mutant id -> node ids
    line_tests: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)  # path -> line -> node ids
    judged: tuple[Judged, ...] = ()
    changed: Mapping[str, frozenset[int]] | None = None  # path -> lines of new code; None: all is in scope
    not_attempted: Mapping[str, str] = field(default_factory=dict)  # Target.key -> why
    costs: Mapping[str, Cost] = field(default_factory=dict)  # by Target.key
    same_results: Mapping[str, int] = field(
        default_factory=dict
    )  # mutant id -> inputs of a search that could not tell it
    seen: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # path -> line of a condition -> its values
    suppressions: tuple[Suppression, ...] = ()  # of new code, by the change that is judged
