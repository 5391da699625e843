"""A folder in which the real git runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "dev",
    "GIT_AUTHOR_EMAIL": "dev@example.org",
    "GIT_COMMITTER_NAME": "dev",
    "GIT_COMMITTER_EMAIL": "dev@example.org",
}


class Repository:
    """A folder in which git runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, arguments: Sequence[str]) -> tuple[int, str]:
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=ENV, capture_output=True, check=False)
        return done.returncode, done.stdout.decode("utf-8", "surrogateescape")

    def run(self, *arguments: str) -> str:
        code, output = self(arguments)
        assert code == 0, arguments
        return output.strip()

    def write(self, path: str, text: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self) -> str:
        self.run("add", "-A")
        self.run("commit", "-q", "--allow-empty", "-m", "step")
        return self.run("rev-parse", "HEAD")
