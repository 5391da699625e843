"""The git program, asked without side effects."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from pytest_llmgen.timeouts import Timeouts

Git = Callable[[Sequence[str]], tuple[int, str]]

MISSING, TIMED_OUT = 127, 124  # as shells say it
QUIET = ("--no-pager", "--no-optional-locks", "-c", "core.quotepath=off", "-c", "core.fsmonitor=false")
ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def git(root: Path, seconds: float = Timeouts().git) -> Git:
    """A function from git's arguments to exit status and standard output, run in ``root``.

    The status is 127 where there is no git and 124 when it took too long.
    """

    def run(arguments: Sequence[str]) -> tuple[int, str]:
        try:
            done = subprocess.run(
                ["git", *QUIET, *arguments],
                cwd=root,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except FileNotFoundError:
            return MISSING, ""
        except subprocess.TimeoutExpired:
            return TIMED_OUT, ""
        return done.returncode, done.stdout.decode(errors="surrogateescape")

    return run


def run_info(ask: Git) -> tuple[str | None, bool]:
    """The commit that is checked out, None where there is none, and whether tracked files differ from it."""
    code, commit = ask(["rev-parse", "--verify", "HEAD"])
    if code:
        return None, False
    code, changes = ask(["status", "--porcelain", "--untracked-files=no"])
    return commit.strip(), bool(changes.strip())


def _environment() -> dict[str, str]:
    # Set by git itself when pytest runs in one of its hooks; they would point at another repository.
    outer = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF")
    return {name: value for name, value in os.environ.items() if name not in outer} | ENVIRONMENT
