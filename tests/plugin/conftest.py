"""A small project in a folder of its own, and pytest run on it as a person would."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import pytest_llmgen

PLUGIN = "pytest_llmgen.plugin"
LIMIT = 120.0
STRIPPED = ("CI", "GITHUB_", "PYTEST_", "COV_CORE_", "COVERAGE_", "LLMGEN_", "ANTHROPIC_", "TOX_", "PYTHONWARNINGS")
IS_INSTALLED = any(entry.value == PLUGIN for entry in importlib.metadata.entry_points(group="pytest11"))
NOISE = ("__pycache__", ".git")
QUIET = ("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest")


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Run:
    """What one run of pytest came to."""

    status: int
    output: str
    report: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        assert self.report is not None, self.output
        return self.report["verdict"]["state"]


@dataclass
class Project:
    """Files in a folder, and pytest on them; ``is_ours`` False leaves the plugin out."""

    root: Path
    folder: str = "."
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def command(self, *arguments: str, is_ours: bool = True, as_module: bool = True) -> list[str]:
        switch = ["-p", PLUGIN] if is_ours and not IS_INSTALLED else []
        if not is_ours and IS_INSTALLED:
            switch = ["-p", "no:llmgen"]
        start = ["-m", "pytest"] if as_module else ["-c", "import pytest; raise SystemExit(pytest.console_main())"]
        return [sys.executable, *start, "-p", "no:cacheprovider", *QUIET, *switch, *arguments]

    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(STRIPPED)}
        paths = [] if IS_INSTALLED else [str(Path(pytest_llmgen.__file__).parents[1])]
        extra = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(self.root.parent)}
        return kept | extra | {"TMPDIR": str(self.temporary())} | self.environment

    def temporary(self) -> Path:
        folder = self.root.parent / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    def leftovers(self) -> list[str]:
        """What runs left in the folder for temporary files."""
        return sorted(path.name for path in self.temporary().iterdir() if not path.name.startswith("pytest-of-"))

    def run(self, *arguments: str, is_ours: bool = True, as_module: bool = True) -> Run:
        report = self.root / ".llmgen" / "report.json"
        if report.exists():
            report.unlink()
        done = subprocess.run(
            self.command(*arguments, is_ours=is_ours, as_module=as_module),
            cwd=self.root / self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        found = json.loads(report.read_text()) if report.exists() else None
        return Run(done.returncode, done.stdout + done.stderr, found)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A job in the background of a shell has SIGINT ignored, and its children inherit that.
            preexec_fn=_default_interrupt,  # noqa: PLW1509 (no threads here)
        )

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.root, capture_output=True, text=True, check=True, timeout=LIMIT
        )
        return done.stdout

    def files(self) -> dict[str, str]:
        """Every file by its content's hash."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and not set(NOISE) & set(path.parts))
        return {path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """``make_project(files)`` writes a project; ``pyproject.toml`` gets one worker where none is given."""

    def make(files: Mapping[str, str]) -> Project:
        root = tmp_path_factory.mktemp("home") / "project"
        root.mkdir()
        project = Project(root)
        ini = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\nllm_workers = "1"\n'
        project.write({"pyproject.toml": ini, **files})
        return project

    return make
