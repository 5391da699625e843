"""From drafts to mutants: those that are told apart from all others, counted and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.records import Mutant
from pytest_llmgen.review.ids import long_id
from pytest_llmgen.review.texts import canonical_text

CASE_REMOVAL = "case-removal"
PRAGMA = "pragma: no mutate"
"""Why such mutants are not judged."""


class RootKind(Enum):
    """What a statement does with an expression: this decides what the compiler makes of constants."""

    VALUE = "value"
    CONDITION = "condition"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Root:
    """The whole expression of a statement, its parentheses included, that holds a change."""

    start: int
    end: int
    kind: RootKind


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that may turn out to be none, or not Python; the fields are those of Mutant."""

    unit: str
    qualname: str
    operator: str
    start: int
    end: int
    replacement: str
    before: str
    after: str
    line: int
    in_signature: bool
    needs_import: bool = False
    is_mutmuts: bool = True  # whether mutmut makes it too, where it looks at the function
    root: Root | None = None


def named(path: str, lines: Lines, drafts: Iterable[Draft], left_alone: frozenset[int]) -> tuple[Mutant, ...]:
    """The drafts as mutants, each with an id of its own; equal changes of one function are counted.

    Those on lines that a pragma says to leave alone are among them, so that a pragma changes no id.
    """
    counts: Counter[tuple[str, str, str, str]] = Counter()
    mutants = (_named(path, lines, draft, counts) for draft in drafts)
    if not left_alone:
        return tuple(mutants)
    return tuple(
        replace(mutant, ignored=PRAGMA) if _is_left_alone(mutant, left_alone) else mutant for mutant in mutants
    )


def _is_left_alone(mutant: Mutant, lines: frozenset[int]) -> bool:
    region = mutant.region
    last = region.end_line - (region.end_column == 1)
    by_its_match = mutant.operator == CASE_REMOVAL and mutant.line in lines
    return by_its_match or not lines.isdisjoint(range(region.start_line, last + 1))


def _named(path: str, lines: Lines, draft: Draft, counts: Counter[tuple[str, str, str, str]]) -> Mutant:
    anchor = (draft.qualname, draft.operator, canonical_text(draft.before), canonical_text(draft.after))
    counts[anchor] += 1
    return Mutant(
        id=f"{path}:{long_id('M', draft.qualname, draft.operator, draft.before, draft.after, counts[anchor])}",
        path=path,
        unit=draft.unit,
        qualname=draft.qualname,
        operator=draft.operator,
        start=draft.start,
        end=draft.end,
        before=draft.before,
        after=draft.after,
        replacement=draft.replacement,
        region=lines.region(draft.start, draft.end),
        nth=counts[anchor],
        in_signature=draft.in_signature,
        line=draft.line,
        needs_import=draft.needs_import,
    )
