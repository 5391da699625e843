"""What a generator remembers of its targets from round to round."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmgen.generate.offline.looking import Looked
from pytest_llmgen.generate.offline.search import Find, Goal, Remembered
from pytest_llmgen.records import (
    Candidate,
    Mutant,
    OpenGaps,
    Target,
)

_MAX_REMEMBERED = 40_000
"""Observations of all targets together, some kilobytes each."""


@dataclass(slots=True)
class Memory:
    """What was written for a target in earlier rounds: neither name nor test comes twice."""

    names: set[str] = field(default_factory=set)
    essences: set[str] = field(default_factory=set)
    same: dict[str, int] = field(default_factory=dict)  # of a mutant: inputs of one search that could not tell it
    unkilled: set[str] = field(default_factory=set)  # mutants that met every input and live
    reached: set[Goal] = field(default_factory=set)
    was_searched: bool = False
    last_open: frozenset[object] = frozenset()  # what was open when it was last searched for that
    looked: Looked = field(default_factory=dict)  # inputs that were looked at again
    observed: Remembered = field(default_factory=dict)  # inputs of the last search, which the next one begins with

    def is_exhausted(self, gaps: OpenGaps) -> bool:
        """Whether an earlier search has tried all that is open, in vain; or its tests have closed none of it."""
        has_tried = self.was_searched and not _survivors(gaps) - self.unkilled and not open_goals(gaps) & self.reached
        return has_tried or (self.was_searched and self.last_open == everything_open(gaps))

    def has_met_all(self, gaps: OpenGaps) -> bool:
        """Whether nothing is open but mutants that could not be told from the code: from further away they can't be."""
        return self.was_searched and not _survivors(gaps) - self.unkilled and not open_goals(gaps)

    def note(
        self, finds: Sequence[Find], killers: Container[str], same: Mapping[str, int], mutants: Sequence[Mutant]
    ) -> None:
        """Keep what a search came to: where it went, and what it could not tell from the code."""
        self.was_searched = True
        at_import = {mutant.id for mutant in mutants if mutant.needs_import}  # an import may show what this does not
        for identity in (self.same.keys() | same.keys()) - at_import:
            most = max(self.same.get(identity, 0), same.get(identity, 0))  # searches may repeat inputs
            self.same[identity] = 0 if identity in killers else most
        self.unkilled.update(mutant.id for mutant in mutants if mutant.id not in killers)
        self.reached.update(*(find.goals for find in finds))


def everything_open(gaps: OpenGaps) -> frozenset[object]:
    """The open lines and branches, and the ids of mutants."""
    return frozenset({*open_goals(gaps), *_survivors(gaps)})


def _survivors(gaps: OpenGaps) -> set[str]:
    return {item.mutant.id for item in gaps.survivors}


def open_goals(gaps: OpenGaps) -> frozenset[Goal]:
    """The open lines and branches."""
    lines: set[Goal] = {("line", line, 0) for line in gaps.lines}
    return frozenset(lines | {("arc", start, end) for start, end in gaps.branches})


def essence(candidate: Candidate) -> str:
    """The test without its name and docstring."""
    return "\n".join(line for line in candidate.source.splitlines()[1:] if '"""' not in line)


class Memories:
    """Those of all targets."""

    def __init__(self) -> None:
        self._known: dict[str, Memory] = {}

    def of(self, key: str) -> Memory:
        """What is known of one target, by its key."""
        return self._known.setdefault(key, Memory())

    def remembered(self, memory: Memory) -> Remembered:
        """What is known of a target's inputs; the oldest is forgotten where it becomes too much."""
        known = list(self._known.values())
        total = sum(len(each.observed) for each in known)
        for each in known:
            if total <= _MAX_REMEMBERED:
                break
            if each is not memory:
                total -= len(each.observed)
                each.observed = {}  # a search may be under way that looks things up in the old one
        return memory.observed

    def through(self, target: Target, called: Target) -> Memory:
        """What was tried for a target by calls of a function."""
        return self.of(target.key if target.key == called.key else f"{target.key} through {called.key}")
