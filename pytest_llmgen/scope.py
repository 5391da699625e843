"""What a run judges: everything, the targets that were asked for, or what changed since a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pytest_llmgen.extract.changes import Base, Git, changed_lines, find_base
from pytest_llmgen.records import FileLines, Module
from pytest_llmgen.settings import Settings


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


def find_scope(git: Git, settings: Settings, modules: tuple[Module, ...], env: Mapping[str, str]) -> Scope:
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
        return Scope(kind, f"{_text(kind)} (no base commit to compare with)", modules)
    return _new_code(git, modules, base)


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


def _names_whole(target: str, path: str) -> bool:
    """Whether it is the file or a folder above it, and no name in the file."""
    place, _, name = target.partition("::")
    return not name and PurePosixPath(path).is_relative_to(PurePosixPath(place))


def _new_code(git: Git, modules: tuple[Module, ...], base: Base) -> Scope:
    changes = changed_lines(git, base, _prefix(git))
    lines = changes.new_lines(modules)
    since = f"since {base.ref}@{(base.commit or '')[:7]}"
    if not lines and changes.tests:
        # A change of tests alone can open a gap anywhere.
        return Scope("all", f"everything (only tests changed {since})", modules, None, base)
    touched = tuple(module for module in modules if module.path in lines)
    nothing = None if touched else f"no Python code in scope changed {since}"
    return Scope("new", f"new code {since}", touched, lines, base, None, nothing)


def _prefix(git: Git) -> str:
    code, output = git(["rev-parse", "--show-prefix"])
    return output.strip() if code == 0 else ""


def _text(kind: str) -> str:
    return "the targets given" if kind == "paths" else "everything"
