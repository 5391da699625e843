"""Awkward projects, and pytest with the plugin installed run on them as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pytest_llmgen

LIMIT = 150.0
STRIPPED = ("CI", "GITHUB_", "PYTEST_", "COV_CORE_", "COVERAGE_", "LLMGEN_", "ANTHROPIC_", "TOX_", "PYTHONWARNINGS")
QUIET = ("-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest")
INSTALLED = {
    "METADATA": "Metadata-Version: 2.1\nName: pytest-llmgen\nVersion: 0.0\n",
    "entry_points.txt": "[pytest11]\nllmgen = pytest_llmgen.plugin\n",
    "RECORD": "pytest_llmgen/__init__.py,,\npytest_llmgen/plugin.py,,\n",
}
"""What pip leaves of an installed plugin: pytest treats it otherwise than one that ``-p`` names."""


@dataclass(frozen=True)
class Run:
    """What one run of pytest came to."""

    status: int
    output: str
    report: dict[str, Any]
    before: frozenset[str]
    root: Path

    def function(self, name: str) -> dict[str, Any]:
        """The report on one function, ``path::qualname``."""
        return next(f for f in self.report["functions"] if f"{f['path']}::{f['qualname']}" == name)

    def new_files(self) -> set[str]:
        """Files that were not there before the run, without those of the report's folder."""
        return {path for path in files_of(self.root) - self.before if not path.startswith(".llmgen/")}


def files_of(root: Path) -> frozenset[str]:
    return frozenset(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def start_on(root: Path, *arguments: str, installed: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(STRIPPED)}
    paths = [str(installed), str(Path(pytest_llmgen.__file__).parents[1])]
    environment = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(root.parent)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *QUIET, *arguments],
        cwd=root,
        env=kept | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the import path that makes the plugin an installed one."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "pytest_llmgen-0.0.dist-info"
    info.mkdir()
    for name, text in INSTALLED.items():
        (info / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def run_on(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Callable[..., Run]:
    """``run_on(files, *arguments)`` writes a project (text as UTF-8, bytes as they are) and runs pytest on it."""

    def run(files: Mapping[str, str | bytes], *arguments: str) -> Run:
        root = tmp_path_factory.mktemp("home") / "project"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        before = files_of(root)
        done = start_on(root, *arguments, installed=installed)
        report = root / ".llmgen" / "report.json"
        found = json.loads(report.read_text()) if report.exists() else {}
        return Run(done.returncode, done.stdout + done.stderr, found, before, root)

    return run
