"""What a change takes out of the gate's sight by settings: those of the base are read beside those of today.

Settings that were there before are the project's own policy and are obeyed in silence.  Those that come with the code
which they take out are the quiet way round the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_llmgen.doubts import LEFT_OUT
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.policy import FILES, Policy, changed_settings, policy_of
from pytest_llmgen.records import Module, Suppression
from pytest_llmgen.run.measure import CoverageSettings, coverage_settings, file_lines
from pytest_llmgen.run.sandbox.private import temporary_folder
from pytest_llmgen.scope import Scope, some

FindModules = Callable[[Policy, CoverageSettings], Sequence[Module]]
"""The modules that the project would have under other settings."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings are read."""

    root: Path
    coverage_file: str  # as pytest-cov has it

    @property
    def names(self) -> tuple[str, ...]:
        """Every file that may hold settings."""
        return tuple(dict.fromkeys((*FILES, self.coverage_file)))


def settled(scope: Scope, place: Place, find: FindModules) -> Scope:
    """The scope of new code with what settings take out of it: named where that is new, "nothing to test" where not."""
    if scope.kind != "new" or scope.problem is not None or scope.old is None:
        return scope
    texts = {name: scope.old.files.text(name) for name in place.names}
    changed = [name for name, text in texts.items() if text != _now(place.root / name)]
    if changed:
        with temporary_folder("settings-") as folder:
            before = Place(folder, place.coverage_file)
            for name, text in texts.items():
                _write(before.root / name, text)
            scope = _with_hidden(scope, place, before, changed, find)
    return _without_excluded(scope, place)


def _with_hidden(scope: Scope, place: Place, before: Place, changed: Sequence[str], find: FindModules) -> Scope:
    names = some(sorted(changed))
    then = _modules_then(before, find)
    now = {module.path for module in scope.every}
    hidden = [module for module in then if module.path not in now and scope.is_changed(module.path)]
    why = f"{LEFT_OUT} {names}, which this change edits as well"
    lost = tuple(replace(module, source="", targets=(), error=why) for module in hidden)
    taken = [each for module in scope.modules for each in _taken_out(scope, module, place, before, names)]
    told = changed_settings(before.root, place.root, place.coverage_file)
    found = replace(scope, pragmas=(*scope.pragmas, *taken), settings=told, modules=(*scope.modules, *lost))
    return replace(found, nothing_to_test=None) if lost else found


def _modules_then(before: Place, find: FindModules) -> Sequence[Module]:
    try:
        measured = coverage_settings(before.root, before.coverage_file)
    except LlmgenError:
        measured = CoverageSettings()
    try:
        return find(policy_of(before.root), measured)
    except LlmgenError:  # what was asked for then is not there any more
        return ()


def _taken_out(scope: Scope, module: Module, place: Place, before: Place, names: str) -> Iterator[Suppression]:
    """New code that coverage would have counted under the settings of the base."""
    if module.error is not None or scope.lines is None:
        return
    new = scope.lines.get(module.path, frozenset())
    then = _excluded(place, module.path, before.root, before.coverage_file)
    rows = module.source.split("\n")
    for start, end in _runs(new & (_excluded(place, module.path, place.root, place.coverage_file) - then)):
        yield Suppression(module.path, start, rows[start - 1].strip(), end, names)


def _excluded(place: Place, path: str, settings_in: Path, coverage_file: str) -> frozenset[int]:
    try:
        return file_lines(place.root, path, config_file=coverage_file, settings_in=settings_in).excluded
    except LlmgenError:  # said where the file is measured
        return frozenset()


def _without_excluded(scope: Scope, place: Place) -> Scope:
    """Where all new code is of the kind that the project has never measured, nothing is left to test."""
    if not scope.lines or scope.pragmas or scope.tests or any(module.error for module in scope.modules):
        return scope
    for path, lines in scope.lines.items():
        if not lines <= _excluded(place, path, place.root, place.coverage_file):
            return scope
    since = scope.text.removeprefix("new code ")
    return replace(scope, modules=(), nothing_to_test=f"only code that coverage is told to leave out changed {since}")


def _runs(lines: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each row of consecutive numbers."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return [(first, last) for first, last in runs]


def _now(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _write(path: Path, text: str | None) -> None:
    if text is not None and path.parent.is_dir():
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
