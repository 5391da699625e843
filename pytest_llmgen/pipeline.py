"""The rounds: survey the tests, judge the mutants, generate, prove, choose, write, until nothing is gained.

Knows no files and no pytest: everything that touches the world comes in as :class:`Tools`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from pytest_llmgen.allowance import NO_TIME_LEFT, Allowance
from pytest_llmgen.conclusion import suite_info
from pytest_llmgen.delivery import Publisher, deliver, keep_smallest, place_of
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.risk import order_targets
from pytest_llmgen.findings import Findings
from pytest_llmgen.gaps import assess, explained, totals_of
from pytest_llmgen.mutate.behind import lines_behind
from pytest_llmgen.mutate.schedule import BUDGET_SPENT, NOT_RUNNABLE, Spending, budget_of, by_risk, time_left
from pytest_llmgen.mutate.select import jobs
from pytest_llmgen.mutate.widen import Reach, Widening
from pytest_llmgen.parts import parse_shard
from pytest_llmgen.recorded import record_calls
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Cost,
    Failure,
    Fate,
    Generator,
    Hits,
    Judged,
    Module,
    Mutant,
    MutantJob,
    MutantStatus,
    MutantVerdict,
    OpenGaps,
    Origin,
    Prober,
    Recorder,
    Refusal,
    Reply,
    Runner,
    Stage,
    Target,
    TargetContext,
    Watcher,
    united,
)
from pytest_llmgen.refine.mend import mend
from pytest_llmgen.refine.triage import is_explained, is_suspect, reproduce, shortest
from pytest_llmgen.refine.trial import against_mutants, try_out
from pytest_llmgen.report.progress import baseline_line, outcome_text
from pytest_llmgen.revalidation import revalidate
from pytest_llmgen.run.survey import take_survey
from pytest_llmgen.seen import look_at_conditions
from pytest_llmgen.settings import Settings

_BATCH_OF_MUTANTS = 128
"""Judged together where the time is limited: those that need an import come last in each batch, not of all."""
_REASONS_TOLD = 3
"""Different reasons why tests can't be run."""
_BATCH_FACTOR = 2
"""Requests in one batch, as a multiple of those that are sent at once."""


class Progress(Protocol):
    """What a person sees of a long run."""

    def stage(self, text: str) -> None:
        """A stage began."""

    def step(self, done: int, total: int, text: str = "") -> None:
        """So much of the stage is done; may be called very often."""

    def note(self, text: str) -> None:
        """A line of its own."""

    def item(self, done: int, total: int, target: str, outcome: str, cost: str) -> None:
        """A target that has been worked on deserves a line of its own."""


LineTests = Mapping[str, Mapping[int, tuple[str, ...]]]
"""Path -> line -> node ids."""
Lines = Mapping[str, frozenset[int]]
"""Path -> lines."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The edges of a run."""

    open_runner: Callable[[], Runner]
    open_generator: Callable[[Prober], Generator]
    mutants_of: Callable[[Module], tuple[Mutant, ...]]
    context_of: Callable[[Target, Module], TargetContext]
    vet: Callable[[Candidate, Target], tuple[Refusal, ...]]
    publisher: Publisher
    progress: Progress
    clock: Callable[[], float]
    cpu: Callable[[], float]
    open_search: Callable[[Prober], Generator] | None = None  # closes cheap gaps before a model is asked again
    widen: Callable[[LineTests], Lines | None] | None = None  # once it is known which test runs which line
    reach: Reach = lambda _path: ((), ())  # which files may import a module
    is_secret: Callable[[str], bool] = lambda _text: False  # whether a text tells what nobody else should see


def run(settings: Settings, findings: Findings, tools: Tools) -> None:
    """Do the whole job; whatever stops it, ``findings`` holds what is known so far.

    Raises:
        KeyboardInterrupt: after ``findings.interrupted`` was set, so that a report can be written.
    """
    job = _Job(settings, findings, tools)
    try:
        with closing(tools.open_runner()) as runner:
            findings.tier, findings.allowed = runner.tier, settings.sandbox_allow
            job.survey(runner)
            job.judge_mutants(runner)
            if settings.generate:
                job.look_again(runner)
                job.generate(runner)
                job.deliver(runner)
            job.look(runner)
    except LlmgenError as error:
        findings.problem = str(error)
        findings.warnings.extend(error.detail.splitlines())
    except KeyboardInterrupt:
        findings.interrupted = True
        raise


@dataclass(frozen=True, slots=True)
class _Job:
    settings: Settings
    findings: Findings
    tools: Tools
    _out_of_service: list[str] = field(default_factory=list)  # why no further request makes sense
    _unproductive: set[str] = field(default_factory=set)  # targets whose last reply held nothing
    _late: set[str] = field(default_factory=set)  # targets for which there was no time in this portion
    _recorded: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by target: calls as the tests made them

    def survey(self, runner: Runner) -> None:
        """Which tests can judge, and what each of them runs."""
        self.tools.progress.stage("running each test by itself")
        with self._stage("survey"):
            self.findings.survey = take_survey(
                self.findings.baseline, runner, self.tools.progress.step, self.settings.waits
            )
            self.findings.warnings += self.findings.survey.notices
            self.findings.imported = runner.imported()
            if self.findings.baseline.measured:
                self.findings.add_imported()
            else:
                self.findings.measure_by_survey()
            if self.tools.widen is not None and self.findings.changed is not None:
                self.findings.changed = self.tools.widen(self.findings.survey.line_tests)

    def judge_mutants(self, runner: Runner) -> None:
        """A verdict for every mutant in scope, by the project's own tests."""
        with self._stage("mutants"):
            self.tools.progress.stage("making mutants")
            found = [mutant for module in self.findings.modules for mutant in self._mutants_of(module)]
            self.findings.mutants = tuple(mutant for mutant in found if self._in_scope(mutant))
            self.findings.has_mutants = True
        with self._stage("judge"):
            self.tools.progress.stage("judging mutants")
            wanted = self._own_share()
            work, settled = jobs(
                wanted,
                line_tests=self.findings.survey.line_tests,
                files=self.findings.baseline.files,
                targets=self.findings.targets.values(),
                seconds=self.findings.survey.seconds,
                asked_timeout=self.settings.mutant_timeout,
                ran=self.findings.imported,
            )
            self.findings.covering = {job.mutant.id: job.tests for job in work}
            widening = Widening(
                self.findings.baseline.files,
                self.findings.imported,
                self.findings.survey.seconds,
                self.tools.reach,
                self.settings.mutant_timeout,
            )
            judge = partial(self._judged, runner, Spending(budget_of(self.settings.mutant_budget), self.tools.clock))
            for verdict in widening.judge(judge, work, settled, wanted):
                self.findings.verdicts_before[verdict.mutant_id] = verdict
            self._tell_of_unfit()
        self.tools.progress.note(self._baseline_line())

    def _tell_of_unfit(self) -> None:
        """That tests can't be run with or without a mutant is a fault of the project, or ours, and no mutant's."""
        verdicts = self.findings.verdicts_before.values()
        found = Counter(verdict.detail for verdict in verdicts if verdict.detail.startswith(NOT_RUNNABLE))
        for why, number in found.most_common(_REASONS_TOLD):
            mutants = "1 mutant has" if number == 1 else f"{number} mutants have"
            said = f"{mutants} no verdict: {why.splitlines()[0]}"
            fix = "run these tests by themselves to see why"
            self.findings.warnings.append(str(LlmgenError(said, slug="tests-not-alone", fix=fix)))

    def _by_risk(self, work: Sequence[MutantJob]) -> tuple[MutantJob, ...]:
        lines, hits = self.findings.baseline.files, self.findings.hits()
        uncovered = {
            target.key: sum(
                target.def_line < line <= target.end_line
                for line in lines[target.path].statements - hits.get(target.path, Hits()).lines
            )
            for target in self.findings.targets.values()
            if target.path in lines
        }
        return by_risk(work, self.findings.targets, changed=self.findings.changed, uncovered=uncovered)

    def _judged(self, runner: Runner, spending: Spending, work: Sequence[MutantJob]) -> Iterator[MutantVerdict]:
        """Verdicts that still hold, then those of the workers, riskiest mutants first, as far as the budget goes."""
        done: set[str] = set()
        for verdict in runner.recall(work):
            done.add(verdict.mutant_id)
            yield verdict
        rest = self._by_risk([job for job in work if job.mutant.id not in done])
        wanted = rest[: spending.mutants_left]
        size = len(wanted) if spending.budget.seconds is None else _BATCH_OF_MUTANTS
        started, known = self.tools.clock(), len(done)
        for start in range(0, len(wanted), max(1, size)):
            with closing(runner.judge(wanted[start : start + size])) as verdicts:
                while spending.has_time and (judged_now := next(verdicts, None)) is not None:
                    done.add(judged_now.mutant_id)
                    spending.judged += 1
                    yield judged_now
                    judged = len(done) - known
                    left = time_left(judged, len(wanted), self.tools.clock() - started)
                    self.tools.progress.step(judged, len(wanted), left)
        yield from self._left_out(spending, [job.mutant.id for job in rest if job.mutant.id not in done])

    def _left_out(self, spending: Spending, mutants: Sequence[str]) -> Iterator[MutantVerdict]:
        """What the budget did not reach is Pending."""
        text = spending.budget.text
        if text and mutants:
            self.findings.warnings.append(_spent(text, spending.judged, len(mutants)))
            why = f"{BUDGET_SPENT} of {text} was spent on riskier ones"
            yield from (MutantVerdict(identity, MutantStatus.PENDING, detail=why) for identity in mutants)

    def _own_share(self) -> tuple[Mutant, ...]:
        """All mutants in scope, or those of this shard."""
        every = self.findings.mutants
        return parse_shard(self.settings.shard).share(every) if self.settings.shard else every

    def _baseline_line(self) -> str:
        totals = totals_of(self.findings.evidence())
        metrics = totals.new or totals.all
        lines = metrics.lines if metrics else (0, 0)
        suite = suite_info(self.findings)
        return baseline_line(suite, lines, len(self.findings.mutants), new_code=totals.new is not None)

    def _mutants_of(self, module: Module) -> tuple[Mutant, ...]:
        """The mutants of a module; one that can't be mutated is said to be so, and costs no other."""
        if module.error:
            return ()
        try:
            return self.tools.mutants_of(module)
        except LlmgenError as error:
            self.findings.unmutable[module.path] = str(error)
            return ()

    def look_again(self, runner: Runner) -> None:
        """Prove the tests of earlier runs whose code has changed."""
        if self.findings.again.tests:
            self.tools.progress.stage("looking again at generated tests")
            with self._stage("look again"):
                revalidate(self.settings, self.findings, runner, self.tools.publisher.place)

    def generate(self, runner: Runner) -> None:
        """Rounds of candidates, until a round brings nothing or the time is spent."""
        generator = self.tools.open_generator(runner)
        self.findings.generator = self.tools.publisher.label = generator.label
        if generator.origin is Origin.OFFLINE:
            self._record(runner)
        cold = sum(mutant.needs_import for mutant in self.findings.open_mutants())
        time = Allowance(self.settings.time, self.tools.clock, cold)
        search = self._search_beside(generator, runner)
        for number in range(1, self.settings.rounds + 1):
            if search is not None and number > 1 and not self._out_of_service:
                self._close_cheaply(search, runner, number, time)
            assignments = self._assignments(number, generator.origin)
            is_over = time.is_over_for_search if generator.origin is Origin.OFFLINE else time.is_over
            if not assignments or is_over or self._out_of_service:
                break
            self.findings.rounds = number
            known = {judged.candidate.id for judged in self.findings.kept}
            self._work_through(assignments, generator, runner, number, time)
            with self._stage("refine"):
                keep_smallest(self.findings)
            if not {judged.candidate.id for judged in self.findings.kept} - known:
                break
        if generator.origin is Origin.MODEL and not self._out_of_service:
            self._look_again(generator, time)

    def _record(self, runner: Runner) -> None:
        """Which arguments the project's own tests lead to: inputs for the search."""
        if not isinstance(runner, Recorder) or not self.findings.survey.seconds:
            return
        try:
            with self._stage("record"):
                now = datetime.now()  # noqa: DTZ005 (compared with naive moments)
                self._recorded.update(record_calls(self.findings, runner, self.tools.is_secret, now))
        except LlmgenError as error:  # some inputs less
            self.findings.warnings.append(f"arguments of tests were not recorded: {error}")

    def _search_beside(self, generator: Generator, runner: Runner) -> Generator | None:
        """The search that closes what is cheap to close, where a model is what costs."""
        is_wanted = generator.origin is Origin.MODEL and self.settings.fill and self.tools.open_search is not None
        return self.tools.open_search(runner) if is_wanted and self.tools.open_search is not None else None

    def _close_cheaply(self, search: Generator, runner: Runner, number: int, time: Allowance) -> None:
        """Look for inputs near those of accepted tests that close open gaps; what finds none costs nothing."""
        unproductive, not_attempted = set(self._unproductive), dict(self.findings.not_attempted)
        assignments = self._assignments(number, Origin.OFFLINE)
        if assignments:
            self._work_through(assignments, search, runner, number, time)
            with self._stage("refine"):
                keep_smallest(self.findings)
        self._unproductive.clear()  # of the search alone: the model is still to be asked
        self._unproductive.update(unproductive)
        self.findings.not_attempted = not_attempted

    def _look_again(self, generator: Generator, time: Allowance) -> None:
        """An independent second look at each suspected bug: it ranks them, and hides none."""
        found = shortest([judged for judged in self.findings.judged if judged.fate is Fate.SUSPECTED_BUG])
        assignments = [self._second_look(judged) for judged in found]
        if not assignments:
            return
        self.tools.progress.stage("looking again at suspected bugs")
        for done, reply in enumerate(self._every_reply(generator, assignments, time), start=1):
            failure = reply.assignment.failures[0]
            if reply.look is not None:
                self.findings.looks[failure.candidate.id] = reply.look
            outcome = reply.look.opinion.value if reply.look else reply.note
            cost = f"${reply.cost.usd:.2f}" if reply.cost.usd else ""
            self.tools.progress.item(done, len(assignments), reply.assignment.target.key, outcome, cost)

    def _second_look(self, judged: Judged) -> Assignment:
        target = self.findings.targets[judged.candidate.target]
        module = next(module for module in self.findings.modules if module.path == target.path)
        failure = Failure(judged.candidate, judged.code, judged.reason)
        context = self.tools.context_of(target, module)
        return Assignment(target, module, context, Stage.SECOND_LOOK, self.findings.rounds, failures=(failure,))

    def deliver(self, runner: Runner) -> None:
        """Fold what was kept into readable files, prove these files once more, and write them."""
        with self._stage("publish"):
            self.tools.progress.stage("writing tests")
            deliver(self.settings, self.findings, runner, self.tools.publisher, self.tools.progress.step)

    def look(self, runner: Runner) -> None:
        """What conditions depended on where one way out of them was never taken."""
        if not isinstance(runner, Watcher):
            return
        self.tools.progress.stage("looking at conditions")
        try:
            with self._stage("look"):
                self.findings.seen = look_at_conditions(self.findings, runner)
        except LlmgenError as error:  # a remark less, and no reason to doubt the verdict
            self.findings.warnings.append(f"values in conditions are not told: {error}")

    def _in_scope(self, mutant: Mutant) -> bool:
        """Whether a mutant's function was touched (outside of functions: its lines), where only new code is judged."""
        changed = self.findings.changed
        if changed is None:
            return True
        target = self.findings.targets.get(f"{mutant.path}::{mutant.unit}")
        lines = changed.get(mutant.path, frozenset())
        first, last = mutant.region.start_line, mutant.region.end_line
        if target is not None:
            first, last = target.start_line, target.end_line
        return any(first <= line <= last for line in lines)

    def _assignments(self, number: int, origin: Origin) -> list[Assignment]:
        """What to ask for in a round: every target with something open, riskiest first."""
        gaps_of = self.findings.open_gaps()
        asked = (
            self._assignment(module, target, number, gaps_of(module, target))
            for module in self.findings.modules
            for target in module.targets
            if target.key not in self._unproductive
        )
        wanted = [assignment for assignment in asked if assignment is not None]
        if origin is Origin.MODEL and number > 1:
            found = assess(self.findings.evidence()).gaps
            wanted = [replace(a, gaps=explained(a.gaps, a.target.path, found)) for a in wanted]
        uncovered = {a.target.key: len(a.gaps.lines) + len(a.gaps.branches) + len(a.gaps.survivors) for a in wanted}
        ranked = order_targets([a.target for a in wanted], uncovered)
        place = {target.key: index for index, target in enumerate(ranked)}
        wanted.sort(key=lambda a: place[a.target.key])
        if origin is Origin.MODEL and number == 1:
            documented = [replace(a, stage=Stage.DOCUMENTATION) for a in wanted if a.target.docstring]
            return wanted + documented
        return wanted

    def _assignment(self, module: Module, target: Target, number: int, gaps: OpenGaps) -> Assignment | None:
        if not (gaps.lines or gaps.branches or gaps.survivors):
            if number == 1:
                self.findings.complete += 1
            return None
        kept = tuple(j.candidate for j in self.findings.kept if j.candidate.target == target.key)
        stage = Stage.FIRST if number == 1 else Stage.GAPS
        context = self.tools.context_of(target, module)
        if target.key in self._recorded:
            context = replace(context, recorded=self._recorded[target.key])
        return Assignment(target, module, context, stage, number, gaps, kept=kept)

    def _work_through(
        self, assignments: Sequence[Assignment], generator: Generator, runner: Runner, number: int, time: Allowance
    ) -> None:
        """Ask, prove what comes back, and ask once more for what can be repaired.

        All that was found is proved; functions that a limited time did not reach are named.
        """
        self.tools.progress.stage(f"round {number}: generating tests")
        if announced := generator.announce(assignments):
            self.tools.progress.note(announced)
        proved: list[tuple[Assignment, list[Judged]]] = []
        for portion in self._portions(assignments, generator.origin, time):
            for replies in self._asked(generator, portion, time):
                with time.proving():
                    judged = self._prove(replies, runner)
                for reply, found in zip(replies, judged, strict=True):
                    proved.append((reply.assignment, found))
                    self._report_reply(len(proved), len(assignments), reply, found)
        if time.is_limited and generator.origin is Origin.OFFLINE:
            answered = {each.target.key for each, _ in proved} - self._late
            self._put_off(self._still_open([each for each in assignments if each.target.key not in answered]))
        suspects = [each for _, judged in proved for each in judged if each.fate is Fate.SUSPECTED_BUG]
        repairs = [
            replace(assignment, stage=Stage.REPAIR, failures=failures)
            for assignment, judged in proved
            if (failures := _repairable(judged, suspects))
        ]
        if generator.origin is Origin.MODEL and repairs:
            self.tools.progress.stage(f"round {number}: repairing tests")
            for done, reply in enumerate(self._every_reply(generator, repairs, time), start=1):
                self._report_reply(done, len(repairs), reply, self._prove([reply], runner)[0])

    def _put_off(self, assignments: Sequence[Assignment]) -> None:
        """Name functions that the time did not reach, unless they have tests from an earlier round."""
        known = {judged.candidate.target for judged in self.findings.judged}
        keys = [assignment.target.key for assignment in assignments]
        self.findings.not_attempted.update((key, NO_TIME_LEFT) for key in keys if key not in known)

    def _asked(self, generator: Generator, portion: Sequence[Assignment], time: Allowance) -> Iterator[Sequence[Reply]]:
        """Replies that are proved together: in a limited time all of a portion, which costs less."""
        replies = self._replies(generator, portion)
        if generator.origin is Origin.OFFLINE and time.is_limited:
            with time.searching():
                several = list(replies)
            yield several
        else:
            yield from ([reply] for reply in replies)

    def _every_reply(self, generator: Generator, assignments: Sequence[Assignment], time: Allowance) -> Iterator[Reply]:
        for portion in self._portions(assignments, generator.origin, time):
            yield from self._replies(generator, portion)

    def _replies(self, generator: Generator, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """The generator's replies; the time it takes is counted apart from proving them.

        A fault that every further request would meet ends the asking, not the run: what was paid for is
        still proved, kept and written.
        """
        replies = iter(generator.generate(assignments))
        while True:
            try:
                with self._stage("generate"):
                    reply = next(replies, None)
            except LlmgenError as error:
                self.findings.warnings.append(str(error))
                self._out_of_service.append(str(error))
                return
            if reply is None:
                return
            key = reply.assignment.target.key
            cost = replace(reply.cost, estimated=reply.is_failed)
            self.findings.costs[key] = self.findings.costs.get(key, Cost()) + cost
            self.findings.same_results.update(reply.same_results)
            if reply.is_failed and reply.note not in self.findings.warnings:
                self.findings.warnings.append(reply.note)
            if reply.note == NO_TIME_LEFT:
                self._late.add(key)
            elif not reply.candidates and reply.assignment.stage is not Stage.SECOND_LOOK:
                self._unproductive.add(key)
                if reply.note and not any(judged.candidate.target == key for judged in self.findings.judged):
                    self.findings.not_attempted[key] = reply.note
            yield reply

    def _portions(
        self, assignments: Sequence[Assignment], origin: Origin, time: Allowance
    ) -> Iterator[Sequence[Assignment]]:
        """What is asked for at once; the next portion is made up when the one before has been proved.

        A model is asked in batches, so that a person sees progress. The search comes to private functions last, and
        only to what the tests of public ones leave of them; in a limited time only to what those of riskier ones leave.
        """
        if origin is Origin.MODEL:
            size = len(assignments) if self.settings.batch else _BATCH_FACTOR * self.settings.concurrency
            for start in range(0, len(assignments), max(1, size)):
                if self._out_of_service:
                    return
                self.tools.progress.step(start, len(assignments))
                yield assignments[start : start + size]
            return
        waiting = sorted(assignments, key=lambda each: not each.target.is_public)
        while waiting and not time.is_over_for_search:
            public = [each for each in waiting if each.target.is_public]
            portion = time.portion(public or waiting)
            self._late.clear()
            yield portion
            late = [each for each in portion if each.target.key in self._late]
            waiting = self._still_open([*late, *waiting[len(portion) :]])

    def _still_open(self, assignments: Sequence[Assignment]) -> list[Assignment]:
        """The assignments with the gaps of this moment, those without any left out."""
        if not assignments:  # to list all gaps goes through every mutant
            return []
        gaps_of = self.findings.open_gaps()
        fresh = [replace(each, gaps=gaps_of(each.module, each.target)) for each in assignments]
        return [each for each in fresh if each.gaps.lines or each.gaps.branches or each.gaps.survivors]

    def _prove(self, replies: Sequence[Reply], runner: Runner) -> list[list[Judged]]:
        """Judge each candidate; what a rule can mend gets a second chance before a model is paid for it."""
        judged = self._judge([candidate for reply in replies for candidate in reply.candidates], replies, runner)
        contexts = {reply.assignment.target.key: reply.assignment.context for reply in replies}
        mended = [candidate for each in judged if (candidate := mend(each, contexts[each.candidate.target]))]
        better = {
            each.candidate.id: each
            for each in self._judge(mended, replies, runner)
            if each.fate in (Fate.KEPT, Fate.SUSPECTED_BUG)
        }
        proved = [better.get(each.candidate.id, each) for each in judged]
        self.findings.judged.extend(proved)
        return [[each for each in proved if each.candidate.target == reply.assignment.target.key] for reply in replies]

    def _judge(self, candidates: Sequence[Candidate], replies: Sequence[Reply], runner: Runner) -> list[Judged]:
        """Vet, run, perturb, and put each candidate against the mutants that are still open."""
        if not candidates:
            return []
        targets = {reply.assignment.target.key: reply.assignment.target for reply in replies}
        with self._stage("vet"):
            refused = {c.id: self.tools.vet(c, targets[c.target]) for c in candidates}
        judged = [_refused(c, refused[c.id]) for c in candidates if refused[c.id]]
        place = place_of(self.settings, self.findings)
        with self._stage("run"):
            tried = try_out([c for c in candidates if not refused[c.id]], runner, place)
            tried = [reproduce(j, runner, place) if is_suspect(j) else j for j in tried]
        with self._stage("mutate"):
            ran = united(self._behind(target, runner) for target in targets.values())
            tried = against_mutants(tried, self.findings.open_mutants(), runner, place, ran)
        return judged + tried

    def _behind(self, target: Target, runner: Runner) -> Mapping[str, Hits]:
        """What ran at import and a function leans on: its tests may kill mutants there."""
        source = next((module.source for module in self.findings.modules if module.path == target.path), "")
        seen = runner.imported().get(target.path, Hits())
        return {target.path: Hits(seen.lines & lines_behind(source, target.start_line, target.end_line))}

    def _report_reply(self, done: int, total: int, reply: Reply, judged: Sequence[Judged]) -> None:
        passing = sum(j.fate is Fate.KEPT for j in judged)
        suspects = sum(j.fate is Fate.SUSPECTED_BUG for j in judged)
        outcome = outcome_text(passing, len(judged) - passing - suspects, suspects, verb="passing")
        cost = f"${reply.cost.usd:.2f}" if reply.cost.usd else ""
        self.tools.progress.item(done, total, reply.assignment.target.key, outcome if judged else reply.note, cost)

    def _stage(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 (a context manager)
        return self.findings.stage(name, self.tools.clock, self.tools.cpu)


def _spent(budget: str, judged: int, left: int) -> str:
    return (
        f"the mutant budget of {budget} was spent: {judged} of {judged + left} mutants were run, riskiest first; "
        "the others are in the report as Pending"
    )


def _refused(candidate: Candidate, refusals: Sequence[Refusal]) -> Judged:
    worst = next((r for r in refusals if r.fate is Fate.UNSAFE), refusals[0])
    return Judged(candidate, worst.fate, "; ".join(r.message for r in refusals), code=worst.code)


def _repairable(judged: Sequence[Judged], suspects: Sequence[Judged]) -> tuple[Failure, ...]:
    """Failing and invalid candidates; an unsafe, flaky or suspected one is never asked for again.

    Nor is one that fails just like a suspected bug: what is wrong is not the test.
    """
    return tuple(
        Failure(each.candidate, each.code, each.reason)
        for each in judged
        if each.fate is Fate.INVALID or (each.fate is Fate.FAILING and not is_explained(each, suspects))
    )
