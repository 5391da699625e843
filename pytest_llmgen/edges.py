"""Puts the edges of a run together: files, git, workers, generator, writer, clock and terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from time import monotonic, process_time
from typing import Any

import pytest

from pytest_llmgen import endings, gate, pipeline
from pytest_llmgen.baseline import CoverageSetup, Recorder, files_of_tests
from pytest_llmgen.console import ProgressView
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.findings import Findings
from pytest_llmgen.ground import Ground
from pytest_llmgen.kept.memory import Memory
from pytest_llmgen.kept.opening import open_memory
from pytest_llmgen.kept.outputs import outputs
from pytest_llmgen.kept.runner import KeepingRunner
from pytest_llmgen.knowledge import Knowledge
from pytest_llmgen.outlets import Outlets
from pytest_llmgen.parts import parse_shard
from pytest_llmgen.publisher import Publisher
from pytest_llmgen.records import Baseline, Origin, Report, Runner, united
from pytest_llmgen.refine.earlier import categories_in
from pytest_llmgen.refine.write import check_folder
from pytest_llmgen.renewal import renewed
from pytest_llmgen.report.files import make_report_folder
from pytest_llmgen.report.layout import count
from pytest_llmgen.review.desk import read_book, said_of
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.measure import read_baseline
from pytest_llmgen.run.sandbox import allow
from pytest_llmgen.run.sandbox.choice import choose
from pytest_llmgen.run.sandbox.plan import Tier, TierName
from pytest_llmgen.run.sandbox.reach import look_round
from pytest_llmgen.settings import Settings
from pytest_llmgen.writers import Writers


class Edges:
    """Everything of a run that touches the world, made once the options are known."""

    def __init__(self, config: pytest.Config, settings: Settings, sys_path: Sequence[str]) -> None:
        self.config, self.settings, self.sys_path = config, settings, sys_path
        self.outlets = Outlets(settings, os.environ)
        self.shard = parse_shard(settings.shard) if settings.shard else None
        self.limits = gate.limits_of(settings)  # before a long run, not after it
        self.ground = Ground(config, settings)
        self.scope = self.ground.scope
        self.findings = Findings(self.scope.modules, Baseline((), {}, {}, {}, measured=False), self.scope.lines)
        self.findings.suppressions = self.scope.pragmas
        self.publisher = Publisher(settings, self.scope.modules)
        if settings.generate:
            check_folder(self.publisher.folder)
        self.book = read_book(settings)
        self.knowledge = knowledge = Knowledge(self.ground)
        sources = [module.source for module in self.ground.modules]
        self.publisher.habits = lambda: knowledge.project.habits
        self.writers = Writers(settings, sources, lambda: knowledge.project.modules)
        self.generated_files: frozenset[str] = frozenset()  # of the user's run
        self.executor: Executor | None = None
        self.memory: Memory | None = None
        self.set_aside: list[str] = []  # files of generated tests that are looked at again, not run with the others

    def set_aside_earlier(self, config: pytest.Config) -> None:
        """Take generated tests whose code has changed out of the user's run: they are proved in workers.

        Only where the whole suite runs: otherwise nobody knows what else covers their code.
        """
        options: Any = config.option
        whole = config.args_source is not pytest.Config.ArgsSource.ARGS and not options.keyword and not options.markexpr
        if not self.settings.generate or not whole:
            return
        texts = self.publisher.texts()
        others = files_of_tests(config) if texts else []
        folder, modules = self.publisher.folder, self.ground.modules
        again, remembering = renewed(texts, folder, self.settings, modules, self.scope, others)
        self.findings.again, self.publisher.remembering = again, remembering
        self.findings.on_disk = categories_in({name: text for name, text in texts.items() if name not in again.reasons})
        if not self.settings.pending:
            here = config.invocation_params.dir
            self.set_aside = [os.path.relpath(self.publisher.folder / name, here) for name in again.reasons]
            options.ignore = [*(options.ignore or ()), *self.set_aside]

    @property
    def ends_early(self) -> bool:
        """Whether the suite need not run: without the base that was asked for, nothing it does passes the gate.

        In CI it runs all the same, as its own results are wanted there.
        """
        is_enforced = self.settings.gate_mode == "enforce" and not self.settings.ci
        return is_enforced and self.scope.problem is not None and self.scope.base.problem is not None

    def header_lines(self) -> list[str]:
        """Who writes, what is in scope, what the gate does."""
        targets = self.scope.targets()
        functions, files = len(targets), len({target.path for target in targets})
        lines = [f"llmgen: scope {self.scope.text}, {count(functions, 'function')} in {count(files, 'file')}"]
        if self.settings.generate:
            lines.insert(0, f"llmgen: generator {self.writers.line()}")
        if again := self.findings.again:
            lines += [f"llmgen: {name} is looked at again: {why}" for name, why in again.reasons.items()]
        if self.shard is not None:
            lines.append(f"llmgen: shard {self.shard} of the mutants")
        if self.settings.merge:
            lines.append(f"llmgen: merging {count(len(self.settings.merge), 'part')}, no test runs")
        if not self.settings.merge:
            lines.append(f"llmgen: sandbox {tier_text(self.tier)}")
        lines.append(f"llmgen: gate {self.settings.gate_mode}{said_of(self.book)}")
        return lines

    @cached_property
    def tier(self) -> Tier:
        """The sandbox in force, tried once."""
        settings = self.settings
        reach = look_round(settings.root, self.sys_path, allow.parse(settings.sandbox_allow, settings.root))
        return choose(settings.sandbox, reach, settings.waits.sandbox)

    def check_walls(self) -> None:
        """Before the user's tests run: the sandbox that was asked for is there, and is enough for who writes.

        Raises:
            LlmgenError: it isn't.
        """
        if self.settings.merge:  # nothing runs
            return
        only_portable = self.tier.name is TierName.PORTABLE and self.settings.sandbox == "auto"
        if only_portable and self.settings.generate and self.writers.writer().origin is Origin.MODEL:
            raise LlmgenError(
                f"no walls round files and network here ({self.tier.why}), and a model writes the tests",
                slug="sandbox-portable",
                fix="run where the kernel has namespaces or Landlock, "
                "or accept the portable sandbox by --llm-sandbox=portable",
            )

    def run(self, recorder: Recorder, setup: CoverageSetup, partial: str | None) -> None:
        """The whole job, on top of the user's run."""
        self.generated_files = frozenset(recorder.generated)
        try:
            make_report_folder(self.settings.report_path)
            self.findings.baseline = self._baseline(recorder, setup, partial)
            if not (recorder.outcomes or recorder.collection_errors or self.ends_early):
                self.findings.uncollected = self.ground.uncollected()
            if self.ends_early:
                self.findings.problem = "the suite was not run, for there is no base to compare with"
            if self.settings.generate and recorder.collection_errors and not recorder.outcomes:
                raise _uncollected(recorder.collection_errors)
        except LlmgenError as error:
            self.findings.problem = str(error)
            return
        if self.scope.nothing_to_test is None and self.scope.problem is None:
            self._work(setup)

    def _work(self, setup: CoverageSetup) -> None:
        if not self.findings.baseline.measured and self.findings.baseline.tests:
            why = setup.why_unusable()
            self.findings.warnings.append(f"the run's own coverage is not used ({why}): tests were measured in workers")
        progress = ProgressView(self.config)
        tools = pipeline.Tools(
            open_runner=self._open_runner,
            open_generator=self.writers.open,
            open_search=self.writers.open_search,
            mutants_of=self.ground.mutants_of,
            context_of=self.knowledge.context_of,
            vet=self.knowledge.vet,
            publisher=self.publisher,
            progress=progress,
            clock=monotonic,
            cpu=self._cpu_seconds,
            widen=self.scope.widened,
            reach=self.knowledge.reach,
            is_secret=self.knowledge.is_secret,
        )
        try:
            pipeline.run(self.settings, self.findings, tools)
        except Exception as error:
            self.findings.problem = f"an internal fault: {error!r}"
            raise
        finally:
            progress.close()
            self.findings.warnings.extend(self.ground.warnings)

    def merge(self) -> None:
        """Instead of a run: the parts that shards have written."""
        endings.merge(self)

    def let_go(self) -> None:
        """Forget the trees of the project's code: they are most of what collections at pytest's end would walk."""
        self.knowledge.let_go()
        ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == __package__]
        for value in [value for module in ours for value in vars(module).values()]:
            if hasattr(value, "cache_clear"):
                value.cache_clear()

    def exit_status(self, pytest_status: int, report: Report) -> int:
        """The exit status of the run."""
        return endings.exit_status(self, pytest_status, report)

    def conclude(self, started: datetime, seconds: float, pytest_status: int) -> Report:
        """Judge what was found; the reports are still to be written."""
        return endings.conclude(self, started, seconds, pytest_status)

    def _baseline(self, recorder: Recorder, setup: CoverageSetup, partial: str | None) -> Baseline:
        files = self.ground.files()
        baseline = Baseline(
            tests=tuple(recorder.outcomes.values()),
            files=files,
            hits={},
            contexts={},
            collection_errors=tuple(recorder.collection_errors),
            left_out=frozenset(recorder.left_out),
            partial=partial,
            measured=False,
        )
        for data_file in setup.data_files(self.config):
            data = read_baseline(data_file, self.settings.root, files)
            if not data.has_branches or not (data.has_contexts or setup.is_ours or not recorder.outcomes):
                return baseline
            hits = united([baseline.hits, data.hits])
            contexts = {**baseline.contexts, **data.contexts}
            baseline = replace(baseline, hits=hits, contexts=contexts, measured=True)
        return baseline

    def _open_runner(self) -> Runner:
        args = (*self.config.invocation_params.args, *(f"--ignore={path}" for path in self.set_aside))
        executor = self.executor = Executor(
            self.settings.root,
            self.settings,
            args=args,
            sys_path=self.sys_path,
            invocation_dir=self.config.invocation_params.dir,
            modules=self.scope.modules,
            files=self.findings.baseline.files,
            tier=self.tier,
        )
        self.memory = open_memory(
            self.settings,
            environ=os.environ,
            args=args,
            ini_file=self.config.inipath,
            tier=tier_text(self.tier),
            folder=self.config.invocation_params.dir,
            paths=[module.path for module in self.scope.modules if module.error is None],
            coverage_config=self.ground.cov_config,
            suite=self.findings.baseline.tests,
            written=outputs(self.config.option, self.config.invocation_params.dir, self.settings.root.resolve()),
        )
        return KeepingRunner(executor, self.memory, self.findings.baseline.tests)

    def _cpu_seconds(self) -> float:
        """CPU of this process and of all workers with their children."""
        return process_time() + (self.executor.cpu_seconds() if self.executor else 0.0)


def tier_text(tier: Tier) -> str:
    """For the header."""
    text = f"{tier.name.value} ({', '.join(tier.layers)})" if tier.layers else tier.name.value
    return f"{text}; {tier.why}" if tier.why else text


def _uncollected(errors: Sequence[str]) -> LlmgenError:
    """Pytest ran nothing: tests would be written, and paid for, that may well be in those files."""
    return LlmgenError(
        f"nothing was generated: {count(len(errors), 'file')} could not be collected, so that no test ran: {errors[0]}",
        slug="suite-not-collected",
        fix="install what it needs or repair it; --continue-on-collection-errors goes on without it",
    )
