"""From drafts to mutants: those that are told apart from all others, counted and named."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.records import Mutant
from pytest_llmgen.review.ids import long_id
from pytest_llmgen.review.texts import canonical_text

CASE_REMOVAL = "case-removal"
_MOST_EQUAL = 10_000
"""Equal changes of one statement."""
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


def named(
    path: str,
    lines: Lines,
    drafts: Iterable[Draft],
    left_alone: frozenset[int],
    names: Mapping[int, str] = MappingProxyType({}),
) -> tuple[Mutant, ...]:
    """The drafts as mutants, each with an id of its own; equal changes of one function are counted.

    Those on lines that a pragma says to leave alone are among them, so that a pragma changes no id.  Outside of
    functions the count starts anew, far from all others, with each name of ``names`` (by line): what other statements
    are there changes no id either.
    """
    counts: Counter[tuple[str, str, str, str, int]] = Counter()
    mutants = (_named(path, lines, draft, counts, names) for draft in drafts)
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


def _start_of(name: str) -> int:
    """Where the count of a name starts."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) * _MOST_EQUAL if name else 0


def _named(
    path: str,
    lines: Lines,
    draft: Draft,
    counts: Counter[tuple[str, str, str, str, int]],
    names: Mapping[int, str],
) -> Mutant:
    region = lines.region(draft.start, draft.end)
    start = _start_of(names.get(region.start_line, "") if draft.needs_import else "")
    anchor = (draft.qualname, draft.operator, canonical_text(draft.before), canonical_text(draft.after), start)
    counts[anchor] += 1
    nth = start + counts[anchor]
    return Mutant(
        id=f"{path}:{long_id('M', draft.qualname, draft.operator, draft.before, draft.after, nth)}",
        path=path,
        unit=draft.unit,
        qualname=draft.qualname,
        operator=draft.operator,
        start=draft.start,
        end=draft.end,
        before=draft.before,
        after=draft.after,
        replacement=draft.replacement,
        region=region,
        nth=nth,
        in_signature=draft.in_signature,
        line=draft.line,
        needs_import=draft.needs_import,
    )
