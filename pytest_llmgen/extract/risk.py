"""In which order to take the targets: those whose faults would hurt most, and show least, first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pytest_llmgen.records import Target

# A changed function outweighs everything else, a public one every number of gaps.
CHANGED_WEIGHT = 200.0
PUBLIC_WEIGHT = 100.0
LINE_WEIGHT = 1.0
BRANCH_WEIGHT = 1.5  # a branch that was never taken hides more than a line in a row of lines
GAP_LIMIT = 99.0


def order_targets(
    targets: Sequence[Target],
    uncovered: Mapping[str, int],
    *,
    open_branches: Mapping[str, int] | None = None,
    changed: Collection[str] = (),
) -> tuple[Target, ...]:
    """The targets, riskiest first; equal ones by path and line.

    ``uncovered`` (lines, or any open gaps) and ``open_branches`` count by ``Target.key``; ``changed``
    holds the keys of targets that the change under judgement touches.
    """
    branches = open_branches or {}

    def place(target: Target) -> tuple[float, str, int, str]:
        score = score_of(target, uncovered.get(target.key, 0), branches.get(target.key, 0), target.key in changed)
        return (-score, target.path, target.start_line, target.qualname)

    return tuple(sorted(targets, key=place))


def score_of(target: Target, lines: int, branches: int, is_changed: bool) -> float:
    """How much is at stake: changed, then public, then the number of gaps up to a limit."""
    gaps = min(LINE_WEIGHT * lines + BRANCH_WEIGHT * branches, GAP_LIMIT)
    return CHANGED_WEIGHT * is_changed + PUBLIC_WEIGHT * target.is_public + gaps
