"""What a decision is made on: the anchor of a gap or of a suspected bug."""

from __future__ import annotations

import re

from pytest_llmgen.records import Anchor, DecisionClass, Gap, GapKind, Mutant, SuspectedBug
from pytest_llmgen.review.ids import long_id
from pytest_llmgen.review.texts import canonical_text

SUSPECTED_BUG = "suspected-bug"
MODULE_LEVEL = "<module>"
LETTERS = {
    GapKind.UNCOVERED_LINE: "L",
    GapKind.UNCOVERED_BRANCH: "B",
    GapKind.SURVIVING_MUTANT: "M",
    GapKind.NO_VERDICT: "N",
    GapKind.SUPPRESSED_CODE: "S",
    SUSPECTED_BUG: "X",
}
FOR_BUGS = frozenset({DecisionClass.KNOWN_BUG, DecisionClass.FALSE_ALARM})
FOR_MUTANTS = frozenset({DecisionClass.EQUIVALENT})
FOLLOWS_THE_EXPRESSION = frozenset({DecisionClass.WONT_TEST, DecisionClass.TESTED_ELSEWHERE})
"""Classes that stay valid while the expression is unchanged; the others while the function is."""
MUTANTS = frozenset({GapKind.SURVIVING_MUTANT.value, GapKind.NO_VERDICT.value})
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")

Change = tuple[str, str, str, str, int]
"""Kind, operator, canonical text before and after, and the n-th of its function."""


def anchor_of_gap(gap: Gap) -> Anchor:
    """What must be found again for a decision on the gap to hold."""
    return Anchor(
        kind=gap.kind.value,
        path=gap.path,
        qualname=gap.qualname,
        before=gap.before,
        after=gap.after,
        operator=gap.operator,
        nth=gap.nth,
        context=gap.context,
        statement=gap.statement,
    )


def anchor_of_mutant(mutant: Mutant) -> Anchor:
    """The anchor that a gap of the mutant has, but for what depends on its surroundings."""
    kind = GapKind.SURVIVING_MUTANT.value
    return Anchor(kind, mutant.path, mutant.qualname, mutant.before, mutant.after, mutant.operator, mutant.nth)


def anchor_of_bug(bug: SuspectedBug) -> Anchor:
    """By what was observed: what a test of it is called and asserts differs with every reply of a model."""
    return Anchor(SUSPECTED_BUG, bug.path, bug.qualname, without_addresses(bug.observed), context=bug.context)


def without_addresses(text: str) -> str:
    """The text of an error without what differs from run to run."""
    return _ADDRESS.sub("0x", text)


def long_id_of(anchor: Anchor) -> str:
    """The anchor's whole id; gaps are shown by a prefix of it."""
    letter = LETTERS[anchor.kind]
    return long_id(letter, anchor.qualname, anchor.operator, anchor.before, anchor.after, anchor.nth)


def change_of(anchor: Anchor) -> Change:
    """The anchor without its place."""
    before, after = canonical_text(anchor.before), canonical_text(anchor.after or "")
    return anchor.kind, anchor.operator or "", before, after, anchor.nth


def fits(class_: DecisionClass, kind: str) -> bool:
    """Whether something of that kind can be accepted as that."""
    if class_ in FOR_MUTANTS:
        return kind in MUTANTS
    return (class_ in FOR_BUGS) == (kind == SUSPECTED_BUG)
