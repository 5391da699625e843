"""Code that ran at import: what it made is seen by tests that run no line of its module; survivors meet those too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pytest_llmgen.mutate.select import cpu_limit_of, order, ran_at_import, timeout_of
from pytest_llmgen.records import FileLines, Hits, Mutant, MutantJob, MutantStatus, MutantVerdict

OPEN = (MutantStatus.SURVIVED, MutantStatus.NO_COVERAGE)
Reach = Callable[[str], tuple[Collection[str], Collection[str]]]
"""For a module's path: the files that may import it, and all files that were looked at."""


@dataclass(frozen=True, slots=True)
class Widening:
    """What is known of imports and tests; ``files`` and ``imported`` are by path, ``seconds`` by test."""

    files: Mapping[str, FileLines]
    imported: Mapping[str, Hits]  # what ran while something was imported or collected
    seconds: Mapping[str, float]
    reach: Reach
    asked_timeout: float = 0.0

    def judge(
        self,
        judge: Callable[[Sequence[MutantJob]], Iterator[MutantVerdict]],
        work: Sequence[MutantJob],
        settled: Sequence[MutantVerdict],
        mutants: Sequence[Mutant],
    ) -> Iterator[MutantVerdict]:
        """Every verdict: first by the tests that run a mutant's lines, then, where need be, by the others."""
        by_id = {mutant.id: mutant for mutant in mutants}
        asked = {job.mutant.id: job for job in work}
        again: list[MutantJob] = []
        for verdict in chain(settled, judge(work)):
            job = asked.get(verdict.mutant_id) or MutantJob(by_id[verdict.mutant_id], (), 0.0)
            more = self.wider(job) if verdict.status in OPEN else None
            if more is None:
                yield verdict
            else:
                again.append(more)
        if again:
            yield from judge(again)

    def wider(self, job: MutantJob) -> MutantJob | None:
        """The job with the tests that it has not met; None where its code did not run at import, or all were met."""
        path = job.mutant.path
        lines, seen = self.files.get(path), self.imported.get(path)
        if lines is None or seen is None or not ran_at_import(job.mutant, lines, seen):
            return None
        reaching, known = self.reach(path)
        files = {test: test.partition("::")[0] for test in self.seconds if test not in job.tests}
        found = [test for test, file in files.items() if file in reaching or file not in known]
        if not found and not job.tests:
            found = list(files)  # something else has imported it, a plugin: without a test there is no verdict
        more = order(found, self.seconds)
        if not more:
            return None
        limits = [limit(more, self.seconds, self.asked_timeout) for limit in (timeout_of, cpu_limit_of)]
        return replace(job, tests=more, timeout=limits[0], cpu=limits[1])
