"""Puts the memory of earlier runs together for a project."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_llmgen.extract.files import open_tree
from pytest_llmgen.kept.anatomy import digest_of
from pytest_llmgen.kept.memory import Measured, Memory
from pytest_llmgen.kept.project import Project
from pytest_llmgen.kept.store import FILE, Store
from pytest_llmgen.kept.world import World
from pytest_llmgen.records import TestRun
from pytest_llmgen.run.arguments import worker_arguments
from pytest_llmgen.settings import Settings

_COVERAGE_FILES = (".coveragerc", "setup.cfg", "tox.ini")
_INI_SECTIONS = ("pytest", "tool:pytest")


def open_memory(
    settings: Settings,
    *,
    environ: Mapping[str, str],
    args: Sequence[str],
    ini_file: Path | None,
    tier: str,
    folder: Path,
    paths: Sequence[str],
    coverage_config: str,
    suite: Sequence[TestRun],
    written: Sequence[str] = (),
) -> Memory:
    """The memory of earlier runs, empty with ``--llm-fresh``; what this run learns is kept in any case.

    Args:
        settings: of the run.
        environ: of this process.
        args: of the user's pytest.
        ini_file: where pytest found its ini values.
        tier: the sandbox in force.
        folder: where the user started pytest.
        paths: of the files that are measured.
        coverage_config: the name of coverage's configuration file.
        suite: the user's own run.
        written: paths below the root that this run writes beside our own reports.
    """
    root = settings.root.resolve()
    ours = (settings.report_dir.strip("/"), *(each.partition(":")[2] for each in settings.reports))
    world = World(root, environ, (*ours, *written))
    known = tuple(open_tree(root).all_files())
    project = Project(known, world.text, frozenset(run.nodeid.partition("::")[0] for run in suite) & frozenset(known))
    project.digest  # noqa: B018 (reads every text now: what is edited from here on is noticed)
    basics = world.basics(settings, args, ini_values(ini_file), tier, os.path.relpath(folder, root))
    exclusions = [world.files([name]) for name in (*_COVERAGE_FILES, coverage_config)]
    how = digest_of(*settings.targets, "", *exclusions, repr(_table(root / "pyproject.toml", "coverage")))
    measured = Measured(tuple(sorted(paths)), how)
    variant = digest_of(repr(worker_arguments(args, has_cov=False)), tier, os.path.relpath(folder, root))
    return Memory(Store(settings.report_path / FILE, fresh=settings.fresh), world, project, basics, measured, variant)


def ini_values(file: Path | None) -> dict[str, str]:
    """Pytest's own values in its ini file."""
    if file is None:
        return {}
    if file.suffix == ".toml":
        return {name: repr(value) for name, value in sorted(_table(file, "pytest").items())}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeError):  # pytest reads it with less fuss
        return {"": file.read_bytes().decode("latin-1")}
    return {name: value for section in _INI_SECTIONS if section in parser for name, value in parser[section].items()}


def _table(file: Path, tool: str) -> dict[str, object]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError):
        return {}
    found = data.get(tool) if file.name != "pyproject.toml" else data.get("tool", {}).get(tool)
    table = found if isinstance(found, dict) else {}
    inner = table.get("ini_options")
    return {**table, **inner, "ini_options": None} if isinstance(inner, dict) else dict(table)
