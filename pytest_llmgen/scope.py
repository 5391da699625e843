"""What a run judges: everything, the targets that were asked for, or what changed since a commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.changes import Base, Changes, Git, changed_lines, find_base
from pytest_llmgen.extract.contents import Earlier, earlier_files, looked_at
from pytest_llmgen.extract.edits import (
    TestEdits,
    covered_targets,
    edited_tests,
    is_same_code,
    named_targets,
    pragmas_added,
    spans_of,
    without_prose,
)
from pytest_llmgen.extract.sources import is_part
from pytest_llmgen.records import FileLines, Module, Mutant, Suppression, Target
from pytest_llmgen.settings import Settings

Read = Callable[[str], str | None]
"""The text of a file of the project by its path, None where it can't be read."""


@dataclass(frozen=True, slots=True)
class Old:
    """Files as they were at the base, by their path now."""

    files: Earlier
    changes: Changes

    def text(self, path: str) -> str | None:
        """The text of a file; None where it is new as a whole."""
        if path in self.changes.whole:
            return None
        return self.files.text(self.changes.earlier.get(path, path))


@dataclass(frozen=True, slots=True)
class Scope:
    """The modules in scope; ``lines`` (path -> new lines) is None where everything is."""

    kind: str  # new, all, paths
    text: str
    modules: tuple[Module, ...]
    lines: Mapping[str, frozenset[int]] | None = None
    base: Base = field(default_factory=Base)
    problem: str | None = None
    nothing_to_test: str | None = None
    tests: TestEdits = field(default_factory=TestEdits)  # what they cover is in scope as well
    pragmas: tuple[Suppression, ...] = ()  # that take new code out of what is judged
    settings: tuple[Suppression, ...] = ()  # that decide what is judged, changed by the same change
    every: tuple[Module, ...] = ()  # of the project, in scope or not
    old: Old | None = None  # what new code was compared with

    def is_changed(self, path: str) -> bool:
        """Whether a file of the project has new lines."""
        return self.old is not None and bool(self.old.changes.lines.get(path) or path in self.old.changes.whole)

    def targets(self) -> list[Target]:
        """The functions in scope, as far as the diff tells."""
        if self.lines is None:
            return [target for module in self.modules for target in module.targets]
        return [t for m in self.modules for t in m.targets if _touches(t, self.lines.get(m.path, frozenset()))]

    def widened(self, line_tests: Mapping[str, Mapping[int, tuple[str, ...]]]) -> Mapping[str, frozenset[int]] | None:
        """The new lines, and the functions that changed tests are seen to cover."""
        if self.lines is None or not self.tests.nodes:
            return self.lines
        return _union(self.lines, spans_of(covered_targets(self.modules, self.tests.nodes, line_tests)))


def find_scope(
    git: Git,
    settings: Settings,
    modules: tuple[Module, ...],
    env: Mapping[str, str],
    read: Read = lambda _: None,
    python_files: Sequence[str] = (),
) -> Scope:
    """The scope by DESIGN's rules: generating takes all unless a base is given, checking narrows where one is."""
    kind = "paths" if settings.targets else "all"
    wanted = "new" if settings.diff else "all" if settings.all else settings.scope
    if wanted == "auto":
        wanted = "all" if settings.generate or settings.targets else "new"
    if wanted == "all":
        return Scope(kind, _text(kind), modules)
    base = find_base(git, settings.diff, env)
    if base.problem:
        return Scope("new", "new code, base not found", modules, {}, base, f"{base.problem}; {base.fix}")
    if base.commit is None:
        why = f", {base.note}" if base.note else ""
        return Scope(kind, f"{_text(kind)} (no base commit to compare with{why})", modules)
    try:
        return _new_code(git, modules, base, read, python_files)
    except LlmgenError as error:
        return Scope("new", "new code, not compared", modules, {}, base, str(error))


def in_scope(lines: FileLines, module: Module, asked: Sequence[str]) -> FileLines:
    """What can be covered in a module; only its targets' lines, where functions of it were asked for by name.

    Args:
        lines: of the whole file.
        module: with the targets in scope.
        asked: the values of ``--llm-target``.
    """
    if not asked or any(_names_whole(target, module.path) for target in asked):
        return lines
    wanted = {line for target in module.targets for line in range(target.start_line, target.end_line + 1)}
    branches = frozenset(arc for arc in lines.branches if arc[0] in wanted)
    return replace(lines, statements=lines.statements & wanted, branches=branches)


def mutants_in_scope(mutants: Iterable[Mutant], module: Module, asked: Sequence[str]) -> tuple[Mutant, ...]:
    """The mutants of a module; where functions or classes of it were asked for by name, those in them."""
    if not asked or any(_names_whole(target, module.path) for target in asked):
        return tuple(mutants)
    parts = [target.partition("::") for target in asked]
    names = [name for place, _, name in parts if name and PurePosixPath(place) == PurePosixPath(module.path)]
    return tuple(mutant for mutant in mutants if any(is_part(mutant.unit, name) for name in names))


def _names_whole(target: str, path: str) -> bool:
    """Whether it is the file or a folder above it, and no name in the file."""
    place, _, name = target.partition("::")
    return not name and PurePosixPath(path).is_relative_to(PurePosixPath(place))


def _new_code(git: Git, modules: tuple[Module, ...], base: Base, read: Read, python_files: Sequence[str]) -> Scope:
    changes = changed_lines(git, base, _prefix(git), python_files)
    since = f"since {base.ref}@{(base.commit or '')[:7]}"
    if changes.unseen:
        names = ", ".join(changes.unseen)
        problem = f"the submodule {names} can't be compared; fetch it: git submodule update --init"
        return Scope("new", "new code, not compared", modules, {}, base, problem)
    files = earlier_files(git, base.commit or "")
    changes = looked_at(changes, modules, files, read)
    old = Old(files, changes)
    found, pragmas = changes.new_lines(modules), list[Suppression]()
    code: dict[str, frozenset[int]] = {}
    for module in modules:
        if module.path in found:
            added = pragmas_added(module.path, old.text(module.path), module.source, found[module.path])
            code[module.path] = _code_of(module, found[module.path], old.text(module.path)) | {s.line for s in added}
            pragmas += added
    own = {module.path for module in modules}
    tests = edited_tests((path, old.text(path), read(path)) for path in sorted(changes.tests - own))
    lines = {path: rows for path, rows in code.items() if rows}
    nothing = _why_nothing(changes, own, found, tests)
    scope = _narrowed(modules, base, since, lines, tests, tuple(pragmas), nothing)
    return replace(scope, every=modules, old=old)


def _narrowed(
    modules: tuple[Module, ...],
    base: Base,
    since: str,
    lines: Mapping[str, frozenset[int]],
    tests: TestEdits,
    pragmas: tuple[Suppression, ...],
    nothing: str,
) -> Scope:
    """New code, and where tests were changed or removed, what these are known to have covered."""
    named = named_targets((target for module in modules for target in module.targets), tests.names)
    wide = _union(lines, spans_of(named))
    if tests.removed and not named and not lines:
        # What a test covered that is gone and names nothing can't be known.
        return Scope("all", f"everything (tests were removed {since})", modules, None, base, pragmas=pragmas)
    touched = modules if tests.nodes else tuple(module for module in modules if module.path in wide)
    text = f"new code {since}" + (f", and what {_tests(tests.count)} covered" if tests else "")
    if touched:
        return Scope("new", text, touched, wide, base, tests=tests, pragmas=pragmas)
    return Scope("new", text, (), wide, base, None, f"{nothing} {since}", pragmas=pragmas)


def _tests(number: int) -> str:
    return "1 changed or removed test" if number == 1 else f"{number} changed or removed tests"


def _why_nothing(changes: Changes, own: Collection[str], found: Mapping[str, frozenset[int]], tests: TestEdits) -> str:
    """What the diff holds instead of new code, in words; files that nobody judges are named."""
    python = {path for path in (*changes.lines, *changes.whole, *changes.removed) if path.endswith(".py")}
    outside = {path for path in python - changes.tests - set(own) if changes.lines.get(path) or path in changes.whole}
    left = f" in scope changed (left out: {some(sorted(outside))})" if outside else ""
    if found:
        return "only comments, docstrings or layout" + (left or " changed")
    if outside:
        return f"no Python code{left}"
    if tests.added:
        return "only tests were added"
    if python - changes.tests:
        return "lines were only removed, or moved with their file,"
    return "no code of tests changed" if python else "no Python code changed"


def _code_of(module: Module, lines: frozenset[int], old: str | None) -> frozenset[int]:
    """The new lines that hold code; none where the code is as it was."""
    if module.error is not None:
        return lines
    return frozenset() if is_same_code(old, module.source) else without_prose(module.source, lines)


def _union(one: Mapping[str, frozenset[int]], other: Mapping[str, frozenset[int]]) -> Mapping[str, frozenset[int]]:
    return {path: one.get(path, frozenset()) | other.get(path, frozenset()) for path in (*one, *other)}


def _touches(target: Target, lines: frozenset[int]) -> bool:
    return any(target.start_line <= line <= target.end_line for line in lines)


def _prefix(git: Git) -> str:
    code, output = git(["rev-parse", "--show-prefix"])
    return output.strip() if code == 0 else ""


_MOST_NAMES = 3


def some(names: Sequence[str]) -> str:
    """A few names, the rest by their number."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _text(kind: str) -> str:
    return "the targets given" if kind == "paths" else "everything"
