"""What a run works on: the project's modules under its settings, and which of them are in scope."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_llmgen.exclusions import Place, settled
from pytest_llmgen.extract.files import open_tree
from pytest_llmgen.extract.reach import started_by
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.kept.opening import ini_values
from pytest_llmgen.mutate.operators import MUTMUT, mutants_of
from pytest_llmgen.policy import Policy
from pytest_llmgen.records import FileLines, Module, Mutant
from pytest_llmgen.run.git import git
from pytest_llmgen.run.measure import CoverageSettings, coverage_settings, file_lines
from pytest_llmgen.scope import Scope, find_scope, in_scope, mutants_in_scope
from pytest_llmgen.settings import Settings


def _settings(config: pytest.Config) -> list[str]:
    """Values of the project's own configuration of pytest, without their quotes."""
    return [str(value).strip("'\"") for value in ini_values(config.inipath).values()]


class Ground:
    """The project as the options describe it."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings, self.options = settings, config.known_args_namespace
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
        self.started = started_by([*os.environ.values(), *_settings(config), *(self.options.plugins or ())])
        self.warnings: list[str] = []

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

    def source_folders(self) -> list[Path]:
        """What coverage must look at: the top-level packages, or the folders of single modules."""
        root = self.settings.root
        tops = set()
        for module in (each for each in self.modules if each.error is None):
            top = root / module.import_root / module.name.partition(".")[0]
            tops.add(top if top.is_dir() else root / module.import_root)
        return sorted(tops) or [root]

    def files_in_scope(self) -> list[Path]:
        """The files of the modules in scope that can be read."""
        return [self.settings.root / module.path for module in self.scope.modules if module.error is None]

    def _text_of(self, path: str) -> str | None:
        """Line ends as they are: what git and Python call a line differs by them."""
        try:
            return (self.settings.root / path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def uncollected(self) -> tuple[str, ...]:
        """Files with tests that pytest does not collect."""
        tree = open_tree(self.settings.root, exclude=self.settings.exclude, python_files=self.python_files)
        return tuple(tree.uncollected(self.test_paths))

    def files(self) -> dict[str, FileLines]:
        """What can be covered in the modules in scope."""
        found = {}
        for module in self.scope.modules:
            if module.error is None:
                lines = file_lines(self.settings.root, module.path, config_file=self.cov_config)
                found[module.path] = in_scope(lines, module, self.settings.targets)
        return found

    def mutants_of(self, module: Module) -> tuple[Mutant, ...]:
        """The mutants of a module that are in scope."""
        if self.settings.operators == MUTMUT:
            from pytest_llmgen.mutate.reference import listed  # noqa: PLC0415 (mutmut takes half a second to load)

            mutants, notice = listed(module)
            self.warnings.extend(notice.splitlines())
        else:
            mutants = mutants_of(module, self.settings.operators)
        return mutants_in_scope(mutants, module, self.settings.targets)
