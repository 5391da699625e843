"""Where accepted tests and evidence go: the edge between the rounds and the user's tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pytest_llmgen import __version__
from pytest_llmgen.delivery import Drafts
from pytest_llmgen.extract.habits import Habits
from pytest_llmgen.records import Fate, Judged, Module
from pytest_llmgen.refine import ledger
from pytest_llmgen.refine.parse_back import parse_back
from pytest_llmgen.refine.places import PREFIX
from pytest_llmgen.refine.render import Provenance, is_ours, render_single
from pytest_llmgen.refine.write import ModuleTests, Plan, apply, existing_tests, plan
from pytest_llmgen.renewal import Remembering
from pytest_llmgen.settings import Settings

PENDING, SUSPECTED = "pending", "suspected"


class Publisher:
    """Writes test files to the output folder (or to ``.llmgen/pending``), evidence to ``.llmgen/suspected``."""

    def __init__(self, settings: Settings, modules: Sequence[Module]) -> None:
        self._settings, self._modules = settings, modules
        self.folder = settings.report_path / PENDING if settings.pending else settings.root / settings.output_dir
        self.place = self._relative(self.folder)
        self.label = ""
        self.remembering = Remembering()
        self.habits: Callable[[], Habits] = Habits

    def unreviewed_beside(self, kept: Sequence[Judged], files: Iterable[str] = ()) -> int:
        """Generated tests on disk that nobody has reviewed, without those of this run.

        ``files`` are those of the user's run that hold generated tests: an earlier output folder may be
        among theirs.
        """
        ours = {judged.nodeid for judged in kept}
        folders = {self.folder, *((self._settings.root / file).parent for file in files)}
        tests = (test for folder in sorted(folders) for test in existing_tests(folder) if not test.reviewed)
        return sum(f"{self._relative(test.path)}::{test.name}" not in ours for test in tests)

    def drafts(self, kept: Sequence[Judged], gone: Iterable[str] = ()) -> Drafts:
        """The files that would be written, under names that clash with nothing that is collected already."""
        planned = self._plan(kept, gone)
        drafts = {path: f"{self._settings.output_dir}/test_llmgen_draft_{n}.py" for n, path in enumerate(planned.texts)}
        files = {draft: planned.texts[path] for path, draft in drafts.items()}
        names = {i: f"{drafts[path]}::{name}" for i, (path, name) in planned.nodes.items() if path in drafts}
        support = {path: text for path, text in planned.files.items() if not path.name.startswith("test_")}
        beside = {f"{self._settings.output_dir}/{path.name}": text for path, text in support.items()}
        return Drafts(files, names, beside)

    def publish(
        self, kept: Sequence[Judged], pinned: Sequence[Judged] = (), gone: Iterable[str] = ()
    ) -> tuple[Sequence[Judged], Sequence[str]]:
        """Write; returns the tests with their node ids, and a word for each file."""
        planned = self._plan(kept, gone)
        written = apply(replace(planned, files={**planned.files, **self._ledger(planned, [*kept, *pinned])}))
        notes = [f"wrote {self._relative(path)}" for path in written if path.name.startswith("test_")]
        notes += [f"deleted {self._relative(path)}: no test is left in it" for path in planned.empty]
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

    def _ledger(self, planned: Plan, proved: Sequence[Judged]) -> dict[Path, str]:
        """The ledger with what was proved in this run, and without tests that are not there any more."""
        path, before = self.folder / ledger.NAME, ledger.read(self.folder)
        texts = {**_texts(self.folder), **planned.texts}
        written = {
            (file.name, test.name): test.candidate
            for file, text in texts.items()
            if file not in planned.empty and is_ours(text)
            for test in parse_back(text, file.name)
            if test.candidate
        }
        entries = {key: entry for key, entry in before.entries.items() if key in written}
        for judged in proved:
            earlier, _, own = judged.candidate.id.partition("::")
            file, name = planned.nodes.get(judged.candidate.id, (self.folder / earlier, own))
            candidate = written.get((file.name, name))
            if candidate and judged.fate is Fate.KEPT:
                entry = ledger.entry_of(judged, candidate, file.name, name, self.remembering.digests)
                entries[file.name, name] = ledger.with_earnings(entry, entries.get((file.name, name)))
        text = ledger.text_of(ledger.Ledger(entries, self.remembering.beside or before.beside))
        return {path: text} if (entries or path.exists()) and text != ledger.text_of(before) else {}

    def _plan(self, kept: Sequence[Judged], gone: Iterable[str] = ()) -> Plan:
        by_path: dict[str, list[Judged]] = {}
        for judged in kept:
            by_path.setdefault(judged.candidate.target.partition("::")[0], []).append(judged)
        left_out = frozenset(gone)
        modules = [
            ModuleTests(module.name, tuple(by_path.get(module.path, ())), self._provenance(module))
            for module in self._modules
            if module.path in by_path or left_out
        ]
        return plan(self.folder, modules, left_out)

    def _provenance(self, module: Module) -> Provenance:
        tops = frozenset(module.name.partition(".")[0] for module in self._modules)
        targets = tuple(target.key for target in module.targets)
        habits = self.habits()
        known = (__version__, self.label, module.path, tops, targets)
        return Provenance(*known, homes=habits.homes, quote=habits.quote)

    def _nodeid(self, judged: Judged, planned: Plan) -> str:
        path, name = planned.nodes.get(judged.candidate.id, (self.folder, judged.candidate.name))
        return f"{self._relative(path)}::{name}"

    def texts(self) -> dict[str, str]:
        """The files of generated tests by name."""
        return {path.name: text for path, text in _texts(self.folder).items()}

    def _relative(self, path: Path) -> str:
        root = self._settings.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _texts(folder: Path) -> dict[Path, str]:
    """The files of generated tests that can be read."""
    found = {}
    for path in sorted(folder.glob(f"{PREFIX}*.py")):
        with suppress(OSError, UnicodeDecodeError):
            found[path] = path.read_text("utf-8")
    return found
