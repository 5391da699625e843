"""In which order mutants are judged, and how many: what tells most about risk comes first.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.risk import score_of
from pytest_llmgen.records import MutantJob, Target

YIELD: Mapping[str, float] = MappingProxyType({
    "augmented-assignment": 1.0, "unary-removal": 1.0, "keyword": 1.0, "dict-keyword": 1.0, "assignment": 0.98,
    "arg-removal": 0.87, "number": 0.86, "swap-op": 0.85, "string-method": 0.8, "name": 0.74, "if-exp": 0.73,
    "lambda": 0.67, "string": 0.66, "split-method": 0.5,
})  # fmt: skip
"""Share of an operator's mutants that good suites kill: a survivor of a high one is a gap, of a low one often none.

Measured on the suites of humanize 4.17 and python-slugify 9.2 (1,587 mutants that tests reach, 83 % killed); neither is
part of a benchmark of ours.  ``split-method`` had one mutant only and stands in the middle.
"""
USUAL_YIELD = 0.83
"""Of operators that were not measured."""
BUDGET_SPENT, NOT_RUNNABLE = "the mutant budget", "its tests can't be run"
"""How the reason of a mutant begins that was left out."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*([smh])|(\d+)")


@dataclass(frozen=True, slots=True)
class Budget:
    """What judging may cost; None is no limit."""

    seconds: float | None = None
    mutants: int | None = None
    text: str = ""  # as it was given


@dataclass(slots=True)
class Spending:
    """What was spent of a budget; its time runs from here on."""

    budget: Budget
    clock: Callable[[], float]
    judged: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the time."""
        self.started = self.clock()

    @property
    def has_time(self) -> bool:
        """Whether there are seconds left."""
        return self.budget.seconds is None or self.clock() - self.started < self.budget.seconds

    @property
    def mutants_left(self) -> int | None:
        """How many mutants may still be run; None for any number."""
        return None if self.budget.mutants is None else max(0, self.budget.mutants - self.judged)


def budget_of(text: str) -> Budget:
    """``90s``, ``5m``, ``1h``, a number of mutants, or nothing for no limit.

    Raises:
        LlmgenError: it is none of these.
    """
    text = text.strip()
    if not text:
        return Budget()
    found = _BUDGET.fullmatch(text)
    if found is None:
        raise LlmgenError(
            f"--llm-mutant-budget={text}: neither a time nor a number of mutants",
            fix="use seconds, minutes or hours such as 90s, 5m or 1h, or a number of mutants such as 500",
            slug="bad-value",
        )
    if found[3]:
        return Budget(mutants=int(found[3]), text=f"{int(found[3])} mutants")
    return Budget(seconds=float(found[1]) * _UNITS[found[2]], text=text)


def by_risk(
    jobs: Iterable[MutantJob],
    targets: Mapping[str, Target],
    *,
    changed: Mapping[str, Collection[int]] | None,
    uncovered: Mapping[str, int],
) -> tuple[MutantJob, ...]:
    """Jobs in the order to run them: changed code, then one mutant of each line, then riskier functions.

    Within a line and among equals the operators whose mutants tests usually kill come first.

    Args:
        jobs: in any order.
        targets: by ``Target.key``.
        changed: new lines by path, None where all is in scope.
        uncovered: lines that no test runs, by ``Target.key``.
    """
    seen: Counter[tuple[str, int]] = Counter()
    ranked = []
    for job in sorted(jobs, key=_in_its_line):
        mutant = job.mutant
        line = (mutant.path, mutant.line or mutant.region.start_line)
        seen[line] += 1
        key = f"{mutant.path}::{mutant.unit}"
        target = targets.get(key)
        is_new = changed is not None and line[1] in changed.get(mutant.path, ())
        risk = score_of(target, uncovered.get(key, 0), 0, is_changed=False) if target else 0.0
        ranked.append(((not is_new, seen[line], -risk, -_yield(job), *line, seen[line]), job))
    return tuple(job for _, job in sorted(ranked, key=lambda pair: pair[0]))


def _in_its_line(job: MutantJob) -> tuple[str, int, float, int, str]:
    mutant = job.mutant
    return mutant.path, mutant.line or mutant.region.start_line, -_yield(job), mutant.start, mutant.id


def _yield(job: MutantJob) -> float:
    return YIELD.get(job.mutant.operator, USUAL_YIELD)


def time_left(done: int, total: int, seconds: float) -> str:
    """``about 3 min left``, empty while nothing can be said yet."""
    if done < _LEAST_DONE or seconds < _LEAST_SECONDS or done >= total:
        return ""
    left = seconds / done * (total - done)
    return f"about {left / 60:.0f} min left" if left >= _MINUTE else f"about {max(1, left):.0f} s left"


_LEAST_DONE, _LEAST_SECONDS, _MINUTE = 10, 3.0, 90.0
