"""Numbers the requests of a run, so that a replay finds their answers."""

from __future__ import annotations

from collections import Counter

from pytest_llmgen.generate.journal import Question, fingerprint_of
from pytest_llmgen.records import Assignment


class Questions:
    """Counts the attempts of each target, stage and round; one for each run."""

    def __init__(self) -> None:
        self._asked: Counter[tuple[str, str, int]] = Counter()

    def next(self, assignment: Assignment) -> Question:
        """The place of one more request."""
        key, stage = assignment.target.key, str(assignment.stage)
        place = (key, stage, assignment.round)
        self._asked[place] += 1
        return Question(key, fingerprint_of(assignment), stage, assignment.round, self._asked[place])
