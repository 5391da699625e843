"""Puts the edges of a run together: files, git, workers, generator, writer, clock and terminal."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest

from pytest_llmgen import __version__, gate, parts, pipeline
from pytest_llmgen.baseline import CoverageSetup, Recorder, files_of_tests
from pytest_llmgen.conclusion import Circumstances, facts_of
from pytest_llmgen.console import ProgressView
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.exclusions import Place, settled
from pytest_llmgen.extract.context import context_of_target
from pytest_llmgen.extract.files import open_tree
from pytest_llmgen.extract.project import Project, read_project
from pytest_llmgen.extract.reach import files_that_reach
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.findings import Findings
from pytest_llmgen.generate.choose import make_generator, make_search, warnings_of
from pytest_llmgen.generate.journal import REPLIES, Journal
from pytest_llmgen.kept.memory import Memory
from pytest_llmgen.kept.opening import open_memory
from pytest_llmgen.kept.runner import KeepingRunner
from pytest_llmgen.mutate.operators import MUTMUT, OPERATORS_VERSIONS, mutants_of
from pytest_llmgen.outlets import Outlets
from pytest_llmgen.parts import parse_shard
from pytest_llmgen.policy import Policy
from pytest_llmgen.prompt.redact import Private, literals_in, private, redact
from pytest_llmgen.publisher import Publisher
from pytest_llmgen.records import (
    Baseline,
    Candidate,
    Facts,
    Fate,
    FileLines,
    Generator,
    Module,
    Mutant,
    Origin,
    Prober,
    Refusal,
    Report,
    RunInfo,
    Runner,
    Target,
    TargetContext,
    ToolInfo,
    united,
)
from pytest_llmgen.refine.earlier import categories_in
from pytest_llmgen.refine.write import check_folder
from pytest_llmgen.renewal import renewed
from pytest_llmgen.report.files import make_folder
from pytest_llmgen.report.layout import count
from pytest_llmgen.report.sources import sources_of
from pytest_llmgen.review.desk import places_of, read_book, said_of
from pytest_llmgen.review.generated import Rejected, is_rejected, rejections
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.git import git, run_info
from pytest_llmgen.run.measure import CoverageSettings, coverage_settings, file_lines, read_baseline
from pytest_llmgen.run.sandbox import allow
from pytest_llmgen.run.sandbox.choice import choose
from pytest_llmgen.run.sandbox.plan import Tier, TierName
from pytest_llmgen.run.sandbox.reach import look_round
from pytest_llmgen.scope import Scope, find_scope, in_scope, mutants_in_scope
from pytest_llmgen.settings import Settings
from pytest_llmgen.vet.facts import gather
from pytest_llmgen.vet.vetting import vet


class Edges:
    """Everything of a run that touches the world, made once the options are known."""

    def __init__(self, config: pytest.Config, settings: Settings, sys_path: Sequence[str]) -> None:
        self.config, self.settings, self.sys_path = config, settings, sys_path
        self.outlets = Outlets(settings, os.environ)
        self.shard = parse_shard(settings.shard) if settings.shard else None
        self.limits = gate.limits_of(settings)  # before a long run, not after it
        self.options = config.known_args_namespace
        self.cov_config = getattr(self.options, "cov_config", ".coveragerc")
        configured = coverage_settings(settings.root, self.cov_config)
        omitted = () if settings.targets else configured.omit
        self.test_paths = list(config.getini("testpaths"))
        self.python_files = list(config.getini("python_files"))
        self.python_path = [str(path) for path in config.getini("pythonpath")]
        self.modules = self._find_modules(
            (*settings.exclude, *omitted), configured.source, self.test_paths, settings.targets
        )
        self.git = git(settings.root, settings.waits.git)
        found = find_scope(self.git, settings, self.modules, os.environ, self._text_of, self.python_files)
        self.scope: Scope = settled(found, Place(settings.root, self.cov_config), self._modules_under)
        self.findings = Findings(self.scope.modules, Baseline((), {}, {}, {}, measured=False), self.scope.lines)
        self.findings.suppressions = self.scope.pragmas
        self.publisher = Publisher(settings, self.scope.modules)
        if settings.generate:
            check_folder(self.publisher.folder)
        self.book = read_book(settings)
        self.generator: Generator | None = None
        self.generated_files: frozenset[str] = frozenset()  # of the user's run
        self.executor: Executor | None = None
        self.memory: Memory | None = None
        self.set_aside: list[str] = []  # files of generated tests that are looked at again, not run with the others

    def _find_modules(
        self, exclude: Sequence[str], source: Sequence[str], test_paths: Sequence[str], targets: Sequence[str]
    ) -> tuple[Module, ...]:
        return find_modules(
            self.settings.root,
            targets=targets,
            exclude=exclude,
            cov_source=[s for s in getattr(self.options, "cov_source", None) or () if isinstance(s, str)],
            configured_source=source,
            test_paths=test_paths,
            output_dir=self.settings.output_dir,
            python_path=self.python_path,
            python_files=self.python_files,
        )

    def _modules_under(self, policy: Policy, measured: CoverageSettings) -> tuple[Module, ...]:
        """The modules that other settings would find: those of the base, say."""
        exclude = (*policy.words("llm_exclude"), *measured.omit)
        asked = getattr(self.options, "llmgen_targets", None)
        targets = self.settings.targets if asked else policy.words("llm_targets")
        return self._find_modules(exclude, measured.source, policy.words("testpaths"), targets)

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
        again, remembering = renewed(texts, self.publisher.folder, self.settings, self.modules, self.scope, others)
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

    def source_folders(self) -> list[Path]:
        """What coverage must look at: the top-level packages, or the folders of single modules."""
        root = self.settings.root
        tops = set()
        for module in self.modules:
            top = root / module.import_root / module.name.partition(".")[0]
            tops.add(top if top.is_dir() else root / module.import_root)
        return sorted(tops) or [root]

    def _text_of(self, path: str) -> str | None:
        """Line ends as they are: what git and Python call a line differs by them."""
        try:
            return (self.settings.root / path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def header_lines(self) -> list[str]:
        """Who writes, what is in scope, what the gate does."""
        targets = self.scope.targets()
        functions, files = len(targets), len({target.path for target in targets})
        lines = [f"llmgen: scope {self.scope.text}, {count(functions, 'function')} in {count(files, 'file')}"]
        if self.settings.generate:
            lines.insert(0, f"llmgen: generator {self._generator_line()}")
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
        if only_portable and self.settings.generate and self._writer().origin is Origin.MODEL:
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
            _make_folder(self.settings.report_path)
            self.findings.baseline = self._baseline(recorder, setup, partial)
            if not (recorder.outcomes or recorder.collection_errors or self.ends_early):
                tree = open_tree(self.settings.root, exclude=self.settings.exclude, python_files=self.python_files)
                self.findings.uncollected = tuple(tree.uncollected(self.test_paths))
            if self.ends_early:
                self.findings.problem = "the suite was not run, for there is no base to compare with"
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
            open_generator=self._open_generator,
            open_search=self._open_search,
            mutants_of=self._mutants_of,
            context_of=self._context_of,
            vet=self._vet,
            publisher=self.publisher,
            progress=progress,
            clock=monotonic,
            cpu=self._cpu_seconds,
            widen=self.scope.widened,
            reach=self._reach,
            is_secret=self._is_secret,
        )
        try:
            pipeline.run(self.settings, self.findings, tools)
        except Exception as error:
            self.findings.problem = f"an internal fault: {error!r}"
            raise
        finally:
            progress.close()

    def merge(self) -> None:
        """Instead of a run: the parts that shards have written."""
        folder = self.config.invocation_params.dir
        try:
            _make_folder(self.settings.report_path)
            found = [parts.read(folder / name) for name in self.settings.merge]
        except LlmgenError as error:
            self.findings.problem = str(error)
            return
        self.findings = parts.merged(found, self._identity())
        self.generated_files = frozenset(name for part in found for name in part.generated)

    def _identity(self) -> dict[str, str]:
        """What the parts of one run have in common."""
        base = self.scope.base.commit
        return {
            "code": parts.digest(self.modules),
            "commit": run_info(self.git)[0] or "none",
            "scope": " ".join((self.scope.kind, *(f"since {base}" for _ in [base] if base), *self.settings.targets)),
            "version": f"{__version__}, {OPERATORS_VERSIONS[self.settings.operators]}",
            "python": ".".join(platform.python_version_tuple()[:2]),
        }

    def _write_part(self, shard: parts.Shard) -> None:
        part = parts.Part(shard, self._identity(), self.findings, tuple(sorted(self.generated_files)))
        try:
            place = parts.write(part, self.settings.report_path)
        except OSError as error:
            self.findings.problem = f"the part was not written: {error.strerror}"
            return
        name = place.relative_to(self.settings.root) if place.is_relative_to(self.settings.root) else place
        self.findings.written.append(f"wrote {name}, for pytest --llm-merge={name}")

    def _raise_floors(self, facts: Facts) -> str:
        from pytest_llmgen.ratchet import raise_floors  # noqa: PLC0415 (lazy: only this needs tomlkit)

        name: str = getattr(self.settings, "review_file", "llmgen-review.toml")
        return raise_floors(facts, self.settings.root / name, name)

    def exit_status(self, pytest_status: int, report: Report) -> int:
        """The exit status of the run; a merge runs no test, and a shard leaves the judging to the merge."""
        generated = has_generated(report.facts) or bool(self.settings.merge)
        is_part = self.shard is not None
        return gate.exit_status(pytest_status, report.verdict, generated=generated, is_part=is_part)

    def conclude(self, started: datetime, seconds: float, pytest_status: int) -> Report:
        """Judge what was found and write the reports."""
        if self.executor is not None:
            self.findings.peak_memory_mb = self.executor.peak_memory_mb()
        if self.memory is not None:
            self.findings.kept_verdicts = self.memory.kept
            self.findings.layers, self.findings.weaker_because = self.tier.layers, self.tier.why
        if self.shard is not None:
            self._write_part(self.shard)
        facts = facts_of(self.findings, self._circumstances(started, seconds))
        if self.settings.raise_floors:
            facts = replace(facts, written=(*facts.written, self._raise_floors(facts)))
        verdict = gate.judge(facts, self.limits, self.settings.gate_mode)
        with suppress(OSError):  # the ledger is full or gone: the verdict stands
            self._note_fates()
        report = Report(facts, verdict, sources=sources_of(self.findings.evidence()))
        status = self.exit_status(pytest_status, report)
        report = replace(report, facts=replace(facts, run=replace(facts.run, exit_code=status)))
        self.outlets.write(report)
        return report

    def _note_fates(self) -> None:
        """The ledger also says what became of everything that was paid for."""
        journal = Journal(self.settings.report_path)
        for each in self.findings.judged if self._uses_model else ():
            candidate = each.candidate
            journal.note("judged", candidate=candidate.id, target=candidate.target, fate=each.fate, code=each.code)

    def _circumstances(self, started: datetime, seconds: float) -> Circumstances:
        commit, dirty = run_info(self.git)
        info = RunInfo(
            command="generate" if self.settings.generate else "check",
            started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=round(seconds, 3),
            root=".",
            scope=self.scope.kind,
            commit=commit,
            dirty=dirty,
            base=self.scope.base.ref,
            base_commit=self.scope.base.commit,
            shard=str(self.shard) if self.shard else None,
            ci=self.settings.ci,
            seed=self.settings.seed,
        )
        return Circumstances(
            tool=ToolInfo(
                __version__,
                platform.python_version(),
                pytest.__version__,
                _version("coverage"),
                OPERATORS_VERSIONS[self.settings.operators],
            ),
            run=info,
            scope_problem=self.scope.problem,
            nothing_to_test=self._nothing_to_test(),
            pragmas_added=(*self.scope.pragmas, *self.scope.settings),
            unreviewed_on_disk=self.publisher.unreviewed_beside(self.findings.kept, self.generated_files),
            budget_usd=self.settings.max_cost if self.settings.generate and self._uses_model else None,
            model=self.settings.model if self._uses_model else None,
            warnings=(
                *(warnings_of(self.generator) if self.generator else ()),
                *((self.memory.problem,) if self.memory and self.memory.problem else ()),
            ),
            book=self.book,
            today=datetime.now().astimezone().date(),
            present=None if self.settings.targets else places_of(self.modules),
        )

    def _nothing_to_test(self) -> str | None:
        """By the diff; or changed tests are all there is, and were seen to cover none of the code."""
        changed, survey = self.findings.changed, self.findings.survey
        if self.scope.nothing_to_test is None and changed is not None and not any(changed.values()):
            is_known = survey.map_source and self.scope.problem is None and self.findings.problem is None
            return "only tests changed, and these run no code in scope" if is_known else None
        return self.scope.nothing_to_test

    @property
    def _uses_model(self) -> bool:
        return self.generator is not None and self.generator.origin.value == "model"

    def _baseline(self, recorder: Recorder, setup: CoverageSetup, partial: str | None) -> Baseline:
        files = self._files()
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
            if not data.has_branches or not (data.has_contexts or not recorder.outcomes):
                return baseline
            hits = united([baseline.hits, data.hits])
            contexts = {**baseline.contexts, **data.contexts}
            baseline = replace(baseline, hits=hits, contexts=contexts, measured=True)
        return baseline

    def _files(self) -> dict[str, FileLines]:
        found = {}
        for module in self.scope.modules:
            if module.error is None:
                lines = file_lines(self.settings.root, module.path, config_file=self.cov_config)
                found[module.path] = in_scope(lines, module, self.settings.targets)
        return found

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
            coverage_config=self.cov_config,
            suite=self.findings.baseline.tests,
        )
        return KeepingRunner(executor, self.memory, self.findings.baseline.tests)

    def _cpu_seconds(self) -> float:
        """CPU of this process and of all workers with their children."""
        return process_time() + (self.executor.cpu_seconds() if self.executor else 0.0)

    def _open_generator(self, prober: Prober) -> Generator:
        self.generator = make_generator(
            self.settings,
            os.environ,
            prober,
            home=Path.home(),
            user=getpass.getuser(),
            sources=[module.source for module in self.modules],
        )
        return self.generator

    def _open_search(self, prober: Prober) -> Generator:
        return make_search(self.settings, prober)

    def _generator_line(self) -> str:
        """Who writes; for a model that is paid, the cap, and where its replies are kept."""
        writer = self._writer()
        if writer.origin is not Origin.MODEL or self.settings.provider == "replay":
            return writer.label
        cap = self.settings.max_cost
        budget = f"budget ${cap:.2f}" if cap >= 0 else "no budget"
        return f"{writer.label}, {budget}, replies {self.settings.report_dir}/{REPLIES}"

    def _writer(self) -> Generator:
        try:
            return self._open_generator(_NoProber())
        except LlmgenError as error:
            raise pytest.UsageError(str(error)) from None
        finally:
            self.generator = None

    @cached_property
    def _project(self) -> Project:
        return read_project(
            self.settings.root,
            self.modules,
            self.test_paths,
            exclude=self.settings.exclude,
            output_dir=self.settings.output_dir,
            python_path=self.python_path,
            python_files=self.python_files,
        )

    def _mutants_of(self, module: Module) -> tuple[Mutant, ...]:
        if self.settings.operators == MUTMUT:
            from pytest_llmgen.mutate.reference import listed  # noqa: PLC0415 (mutmut takes half a second to load)

            mutants, notice = listed(module)
            self.findings.warnings.extend(notice.splitlines())
        else:
            mutants = mutants_of(module, self.settings.operators)
        return mutants_in_scope(mutants, module, self.settings.targets)

    def _context_of(self, target: Target, module: Module) -> TargetContext:
        context = context_of_target(target, module, self._project)
        marker = f"{target.module}:{target.qualname}"
        own = [f"{each.name}: {each.why}" for each in self._rejections if each.target == marker and each.why]
        return replace(context, rejected=tuple(own)) if own else context

    def _is_secret(self, text: str) -> bool:
        return redact(text, self._private) != text

    @cached_property
    def _private(self) -> Private:
        folders = [str(self.settings.root.resolve()), str(Path.home())]
        literals = {literal for module in self.modules for literal in literals_in(module.source)}
        return private(os.environ, folders, [getpass.getuser()], literals)

    def _reach(self, path: str) -> tuple[Collection[str], Collection[str]]:
        texts = self._texts
        return files_that_reach(path, texts), texts

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        project = self._project
        sources = {module.path: module.source for module in project.modules}
        return sources | {file.path: file.source for file in (*project.tests, *project.conftests)}

    @cached_property
    def _vet_facts(self) -> Any:
        fixtures = [fixture.name for fixture in self._project.fixtures]
        tests = [file.source for file in (*self._project.tests, *self._project.conftests)]
        return gather(self.settings.root, self.modules, fixtures=fixtures, tests=tests)

    def _vet(self, candidate: Candidate, _target: Target) -> tuple[Refusal, ...]:
        if is_rejected(candidate, frozenset(each.fingerprint for each in self._rejections)):
            return (Refusal("rejected", "a person has rejected this test before"),)
        return vet(candidate, self._vet_facts)

    @cached_property
    def _rejections(self) -> tuple[Rejected, ...]:
        return rejections(self.settings.report_path)


def has_generated(facts: Facts) -> bool:
    """Whether tests were written in this run."""
    return any(test.fate is Fate.KEPT and "::" in test.nodeid for test in facts.tests)


def _make_folder(path: Path) -> None:
    """First of all: its .gitignore keeps everything else in it out of version control."""
    try:
        make_folder(path)
    except OSError as error:
        raise LlmgenError(
            f"{path} can't be written: {error.strerror}",
            slug="report-folder",
            fix="free the place or set llm_report_dir",
        ) from None


def tier_text(tier: Tier) -> str:
    """For the header."""
    text = f"{tier.name.value} ({', '.join(tier.layers)})" if tier.layers else tier.name.value
    return f"{text}; {tier.why}" if tier.why else text


class _NoProber:
    """Stands in where only a generator's label is wanted."""

    def probe(self, _probes: Sequence[Any], _timeout: float = 0.0) -> list[Any]:
        raise AssertionError("a label needs no probes")

    def challenge(self, *_arguments: Any) -> list[Any]:
        raise AssertionError("a label needs no probes")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
