"""What the gate allows: limits of the whole run, and limits of single paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.layout import is_excluded
from pytest_llmgen.settings import OFF, Settings

FLOORS = ("new-lines", "new-branches", "new-mutants", "all-lines", "all-branches", "all-mutants")
NEW_GAPS = "new-gaps"
PATH_CONDITIONS = (NEW_GAPS, *FLOORS)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_EXAMPLE = 'write "shop/legacy/** new-mutants=50"; conditions: ' + ", ".join(PATH_CONDITIONS)


@dataclass(frozen=True, slots=True)
class PathLimit:
    """A limit for the files that a glob names, in the place of the general one."""

    glob: str
    condition: str  # one of PATH_CONDITIONS
    value: float

    def names(self, path: str) -> bool:
        """Whether the file at ``path`` is meant."""
        return is_excluded(path, [self.glob.removesuffix("/**")])


@dataclass(frozen=True, slots=True)
class Limits:
    """Maxima (0 is a limit, -1 is off), floors in per cent (0 is off) and switches."""

    unjudged: int = 0
    new_gaps: int = 0
    bugs: int = 0
    flaky: int = 0
    unreviewed: int = 0
    new_lines: float = 0.0
    new_branches: float = 0.0
    new_mutants: float = 0.0
    all_lines: float = 0.0
    all_branches: float = 0.0
    all_mutants: float = 0.0
    ratchet: bool = False
    unused: bool = False  # decisions that nothing needs any more fail
    paths: tuple[PathLimit, ...] = ()

    def of(self, condition: str) -> float:
        """The general limit of a condition, by its id."""
        value: float = getattr(self, condition.replace("-", "_"))
        return value


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings name.

    Raises:
        LlmgenError: ``llm_gate_paths`` holds something that is no limit (``bad-path-limit``).
    """
    named = [name for name in Limits.__dataclass_fields__ if name not in ("paths", "unused")]
    values = {name: getattr(settings, f"gate_{name}") for name in named}
    strict = bool(getattr(settings, "review_strict", False))
    return Limits(**values, unused=strict, paths=parse_path_limits(settings.gate_paths))


def parse_path_limits(lines: Sequence[str]) -> tuple[PathLimit, ...]:
    """``shop/legacy/** new-mutants=50`` as a limit; several conditions may follow one glob."""
    found: list[PathLimit] = []
    for line in lines:
        glob, *assignments = line.split()
        if not assignments:
            raise _bad(line, "names no condition")
        found += [_path_limit(line, glob, assignment) for assignment in assignments]
    twice = next((one for n, one in enumerate(found) if _key(one) in map(_key, found[:n])), None)
    if twice is not None:
        raise _bad(f"{twice.glob} {twice.condition}", "is there twice")
    return tuple(found)


def _key(limit: PathLimit) -> tuple[str, str]:
    return limit.glob, limit.condition


def _path_limit(line: str, glob: str, assignment: str) -> PathLimit:
    condition, _, text = assignment.partition("=")
    if condition not in PATH_CONDITIONS:
        raise _bad(line, f"{condition} is no condition of a path")
    if not _NUMBER.fullmatch(text):
        raise _bad(line, f"{text or 'nothing'} is no number")
    value = float(text)
    if value < (OFF if condition == NEW_GAPS else 0) or (condition == NEW_GAPS and value != int(value)):
        raise _bad(line, f"{text} is no limit of {condition}")
    return PathLimit(glob, condition, value)


def _bad(line: str, why: str) -> LlmgenError:
    return LlmgenError(f"llm_gate_paths: {line!r}: {why}", fix=_EXAMPLE, slug="bad-path-limit")
