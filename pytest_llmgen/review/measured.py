"""What a run can speak about, as decisions and old debt are held against it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmgen.records import Anchor
from pytest_llmgen.review.anchors import MODULE_LEVEL, MUTANTS, Change


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run can speak about."""

    functions: Mapping[str, str] = field(default_factory=dict)  # ``path::qualname`` -> context, of code that was judged
    settled: frozenset[tuple[str, Change]] = frozenset()  # mutants with a verdict that are no gaps: where, change
    present: frozenset[str] | None = None  # every ``path::qualname`` of the project; None where only a part is known
    without_mutants: frozenset[str] = frozenset()  # paths whose mutants could not be made
    is_whole: bool = False  # everything in the project was judged
    has_bugs: bool = False  # suspected bugs were looked for
    operators: str = ""

    def knows(self, anchor: Anchor) -> bool:
        """Whether the code of an anchor was judged."""
        if anchor.kind in MUTANTS and anchor.path in self.without_mutants:
            return False
        return self._home(anchor) in self.functions

    def context(self, anchor: Anchor) -> str:
        """Today's context of the anchor's function; empty outside of functions, and where it is not known."""
        return self.functions.get(self._home(anchor), "")

    def has(self, anchor: Anchor) -> bool:
        """Whether the function of an anchor is still in the project, judged or not."""
        return (
            self.present is None or anchor.where in self.present or not self._home(anchor).endswith(f"::{MODULE_LEVEL}")
        )

    def _home(self, anchor: Anchor) -> str:
        """The outermost function that holds the anchor's; what is in none belongs to the module."""
        parts = anchor.qualname.split(".")
        names = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        homes = (f"{anchor.path}::{name}" for name in names)
        known = self.functions if self.present is None else self.present
        return next((where for where in homes if where in known), f"{anchor.path}::{MODULE_LEVEL}")
