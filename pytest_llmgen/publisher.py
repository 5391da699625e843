"""Where accepted tests and evidence go: the edge between the rounds and the user's tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llmgen import __version__
from pytest_llmgen.delivery import Drafts
from pytest_llmgen.records import Judged, Module
from pytest_llmgen.refine.render import Provenance, render_single
from pytest_llmgen.refine.write import ModuleTests, Plan, apply, existing_tests, plan
from pytest_llmgen.settings import Settings

PENDING, SUSPECTED = "pending", "suspected"


class Publisher:
    """Writes test files to the output folder (or to ``.llmgen/pending``), evidence to ``.llmgen/suspected``."""

    def __init__(self, settings: Settings, modules: Sequence[Module]) -> None:
        self._settings, self._modules = settings, modules
        self.folder = settings.report_path / PENDING if settings.pending else settings.root / settings.output_dir
        self.label = ""

    def unreviewed_beside(self, kept: Sequence[Judged], files: Iterable[str] = ()) -> int:
        """Generated tests on disk that nobody has reviewed, without those of this run.

        ``files`` are those of the user's run that hold generated tests: an earlier output folder may be
        among theirs.
        """
        ours = {judged.nodeid for judged in kept}
        folders = {self.folder, *((self._settings.root / file).parent for file in files)}
        tests = (test for folder in sorted(folders) for test in existing_tests(folder) if not test.reviewed)
        return sum(f"{self._relative(test.path)}::{test.name}" not in ours for test in tests)

    def drafts(self, kept: Sequence[Judged]) -> Drafts:
        """The files that would be written, under names that clash with nothing that is collected already."""
        planned = self._plan(kept)
        tests = [path for path in planned.files if path.name.startswith("test_")]
        drafts = {path: f"{self._settings.output_dir}/test_llmgen_draft_{n}.py" for n, path in enumerate(tests)}
        files = {draft: planned.files[path] for path, draft in drafts.items()}
        names = {i: f"{drafts[path]}::{name}" for i, (path, name) in planned.nodes.items() if path in drafts}
        return Drafts(files, names)

    def publish(self, kept: Sequence[Judged]) -> tuple[Sequence[Judged], Sequence[str]]:
        """Write; returns the tests with their node ids, and a word for each file."""
        planned = self._plan(kept)
        written = apply(planned)
        notes = [f"wrote {self._relative(path)}" for path in written if path.name.startswith("test_")]
        named = [replace(judged, nodeid=self._nodeid(judged, planned)) for judged in kept]
        return named, [*notes, *planned.notes]

    def keep_suspects(self, suspects: Sequence[Judged]) -> Mapping[str, str]:
        """Keep evidence outside of the suite; candidate id -> where."""
        folder = self._settings.report_path / SUSPECTED
        places = {}
        for judged in suspects:
            folder.mkdir(parents=True, exist_ok=True)
            module = re.sub(r"\W", "_", judged.candidate.target.partition("::")[0].removesuffix(".py"))
            path = folder / f"test_{module}_{judged.candidate.name.removeprefix('test_')}.py"
            path.write_text(render_single(judged.candidate), encoding="utf-8")
            places[judged.candidate.id] = f"{self._relative(path)}::{judged.candidate.name}"
        return places

    def _plan(self, kept: Sequence[Judged]) -> Plan:
        by_path: dict[str, list[Judged]] = {}
        for judged in kept:
            by_path.setdefault(judged.candidate.target.partition("::")[0], []).append(judged)
        modules = [
            ModuleTests(module.name, tuple(by_path[module.path]), self._provenance(module))
            for module in self._modules
            if module.path in by_path
        ]
        return plan(self.folder, modules)

    def _provenance(self, module: Module) -> Provenance:
        tops = frozenset(module.name.partition(".")[0] for module in self._modules)
        targets = tuple(target.key for target in module.targets)
        return Provenance(__version__, self.label, module.path, project=tops, targets=targets)

    def _nodeid(self, judged: Judged, planned: Plan) -> str:
        path, name = planned.nodes.get(judged.candidate.id, (self.folder, judged.candidate.name))
        return f"{self._relative(path)}::{name}"

    def _relative(self, path: Path) -> str:
        root = self._settings.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
