"""The settings of a project that decide what its gate looks at, read from a folder as pytest and coverage read them."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Suppression
from pytest_llmgen.run.measure import coverage_options

# The first of them that has a section for pytest counts.
_PYTEST = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest")),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
_COVERAGE = (".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml")
FILES = tuple(dict.fromkeys((*(name for name, _ in _PYTEST), *_COVERAGE)))
"""Every file in which pytest and coverage look for settings."""
_WATCHED = frozenset({"addopts", "testpaths", "norecursedirs", "python_files", "python_classes", "python_functions"})
_OURS = "llm_"
_PART_OF = {"report:exclude_lines": "report:exclude_also", "report:partial_branches": "report:partial_also"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What pytest's settings say of which code and which tests there are."""

    file: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def words(self, name: str) -> tuple[str, ...]:
        """A setting that is a list."""
        value = self.options.get(name, ())
        return tuple(value.split()) if isinstance(value, str) else tuple(map(str, value))


def policy_of(folder: Path) -> Policy:
    """Pytest's settings in a folder; none where they can't be read."""
    for name, section in _PYTEST:
        found = _section(folder / name, section)
        if found is not None:
            return Policy(name, found)
    return Policy()


def changed_settings(before: Path, now: Path, coverage_file: str) -> tuple[Suppression, ...]:
    """Settings that decide what the gate sees, where two folders differ in them."""
    return (*_of_pytest(before, now), *_of_coverage(before, now, coverage_file))


def _of_pytest(before: Path, now: Path) -> Iterator[Suppression]:
    old, new = policy_of(before), policy_of(now)
    for name in sorted({*old.options, *new.options}):
        is_watched = name in _WATCHED or name.startswith(_OURS)
        if is_watched and old.options.get(name) != new.options.get(name):
            yield _told(now, new.file or old.file, name, old.options.get(name), new.options.get(name))


def _of_coverage(before: Path, now: Path, coverage_file: str) -> Iterator[Suppression]:
    try:
        old, new = coverage_options(before, coverage_file), coverage_options(now, coverage_file)
    except LlmgenError:  # said where the settings are used
        return
    names = (coverage_file, *_COVERAGE)
    for name in sorted(old.keys() | new.keys()):
        whole = _PART_OF.get(name, name)  # coverage adds the one to the other
        if old.get(name) != new.get(name) and (whole == name or old.get(whole) == new.get(whole)):
            key = name.partition(":")[2]
            place = next((each for each in names if key in _text(now / each)), coverage_file)
            yield _told(now, place, key, old.get(name), new.get(name))


def _told(root: Path, place: str, name: str, old: Any, new: Any) -> Suppression:
    rows = _text(root / place).split("\n")
    line = next((n for n, row in enumerate(rows, start=1) if row.strip().startswith(name)), 1)
    return Suppression(place, line, f"{name} = {_shown(new)} (was {_shown(old)})", by=place)


def _shown(value: Any) -> str:
    if value in (None, "", [], ()):
        return "not set"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else " ".join(str(value).split())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _section(path: Path, section: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The options of a section; None where there is no such file or section."""
    text = _text(path)
    try:
        if path.suffix == ".toml":
            found: Any = tomllib.loads(text)
            for name in section:
                found = found.get(name) if isinstance(found, dict) else None
            is_nested = section == ("tool", "pytest") and isinstance(found, dict) and set(found) == {"ini_options"}
            return found if isinstance(found, dict) and not is_nested else None
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.read_string(text)
        return dict(parser.items(section[0])) if parser.has_section(section[0]) else None
    except (tomllib.TOMLDecodeError, configparser.Error):
        return None
