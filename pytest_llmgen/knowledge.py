"""What a run knows of the project beside its modules: contexts of targets, who imports what, what vetting asks."""

from __future__ import annotations

import getpass
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_llmgen.extract.context import context_of_target
from pytest_llmgen.extract.project import Project, read_project
from pytest_llmgen.extract.reach import files_that_reach
from pytest_llmgen.ground import Ground
from pytest_llmgen.prompt.redact import Private, literals_in, private, redact
from pytest_llmgen.records import Candidate, Module, Refusal, Target, TargetContext
from pytest_llmgen.review.generated import Rejected, is_rejected, rejections
from pytest_llmgen.vet.facts import gather
from pytest_llmgen.vet.vetting import vet


class Knowledge:
    """Read when it is first asked for: a run that generates nothing needs little of it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def let_go(self) -> None:
        """Forget what was read, until it is asked for again."""
        for name, value in vars(type(self)).items():
            if isinstance(value, cached_property):
                vars(self).pop(name, None)

    @cached_property
    def project(self) -> Project:
        """The whole text of the project, read once."""
        return read_project(
            self._ground.settings.root,
            self._ground.modules,
            self._ground.test_paths,
            exclude=self._ground.settings.exclude,
            output_dir=self._ground.settings.output_dir,
            python_path=self._ground.python_path,
            python_files=self._ground.python_files,
        )

    def context_of(self, target: Target, module: Module) -> TargetContext:
        """What a writer of tests should know of a target."""
        context = context_of_target(target, module, self.project)
        marker = f"{target.module}:{target.qualname}"
        own = [f"{each.name}: {each.why}" for each in self._rejections if each.target == marker and each.why]
        return replace(context, rejected=tuple(own)) if own else context

    def is_secret(self, text: str) -> bool:
        """Whether a text holds something that must not leave this machine."""
        return redact(text, self._private) != text

    @cached_property
    def _private(self) -> Private:
        root, modules = self._ground.settings.root, self._ground.modules
        literals = {literal for module in modules for literal in literals_in(module.source)}
        return private(os.environ, [str(root.resolve()), str(Path.home())], [getpass.getuser()], literals)

    def reach(self, path: str) -> tuple[Collection[str], Collection[str]]:
        """The files that may import a module, and all of them."""
        texts = self._texts
        return files_that_reach(path, texts, self._ground.started), texts

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        project = self.project
        sources = {module.path: module.source for module in project.modules}
        return sources | {file.path: file.source for file in (*project.tests, *project.conftests)}

    @cached_property
    def _vet_facts(self) -> Any:
        fixtures = [fixture.name for fixture in self.project.fixtures]
        tests = [file.source for file in (*self.project.tests, *self.project.conftests)]
        return gather(self._ground.settings.root, self._ground.modules, fixtures=fixtures, tests=tests)

    def vet(self, candidate: Candidate, _target: Target) -> tuple[Refusal, ...]:
        """Reasons not to run a candidate."""
        if is_rejected(candidate, frozenset(each.fingerprint for each in self._rejections)):
            return (Refusal("rejected", "a person has rejected this test before"),)
        return vet(candidate, self._vet_facts)

    @cached_property
    def _rejections(self) -> tuple[Rejected, ...]:
        return rejections(self._ground.settings.report_path)
