"""The way in from pytest's command line: which command was asked for, and the edges that it needs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pytest
from _pytest.config import create_terminal_writer

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.review import checking, commands
from pytest_llmgen.review.commands import Desk
from pytest_llmgen.review.interactive import Tools, review
from pytest_llmgen.run.git import git
from pytest_llmgen.settings import REVIEW_COMMANDS, Settings

_COMMANDS: Mapping[str, Callable[[Desk], int]] = {
    "show": commands.show,
    "accept": commands.accept,
    "reject": commands.reject,
    "accept_file": commands.accept_file,
    "apply": commands.apply_mutant,
    "make_baseline": commands.make_baseline,
    "prune": commands.prune,
    "review_check": checking.check,
}


def main(config: pytest.Config, settings: Settings) -> int:
    """Do what was asked for; the exit status.

    Raises:
        LlmgenError: several things were asked for at once (``two-commands``), or the command's own.
    """
    asked = [name for name in REVIEW_COMMANDS if getattr(settings, name)]
    if len(asked) > 1 or settings.generate or settings.check:
        names = ", ".join(asked)
        raise LlmgenError(f"several commands at once ({names})", fix="give one of them", slug="two-commands")
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    writer = create_terminal_writer(config, sys.stdout)  # the reporter comes with a session, and there is none
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    desk = Desk(
        settings,
        git(settings.root, settings.waits.git),
        datetime.now().astimezone().date(),
        lambda text: writer.line(text, **_markup(text)),
        input if is_terminal else None,
    )
    if settings.review:
        return review(desk, Tools(_editor(settings.root), _generator(config, settings.root)))
    return _COMMANDS[asked[0]](desk)


def _markup(text: str) -> dict[str, bool]:
    start = text.lstrip()[:2]
    colours = {"+ ": {"green": True}, "- ": {"red": True}, "! ": {"yellow": True}}
    return {"bold": True} if text.startswith("[") else colours.get(start, {})


def _editor(root: Path) -> Callable[[str, int], None]:
    def edit(path: str, line: int) -> None:
        words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        place = [f"+{line}"] if Path(words[0]).name in ("vi", "vim", "nvim", "nano", "emacs", "emacsclient") else []
        try:
            subprocess.run([*words, *place, str(root / path)], check=False)
        except OSError as error:
            raise LlmgenError(f"{words[0]}: {error.strerror}", fix="set EDITOR", slug="no-editor") from None

    return edit


def _generator(config: pytest.Config, root: Path) -> Callable[[str, str], None]:
    """The whole pipeline on one target, in a run of pytest of its own."""

    def generate(target: str, hint: str) -> None:
        given = [str(word) for word in config.invocation_params.args if not str(word).startswith("--llm-review")]
        said = " ".join(filter(None, [str(config.getini("llm_instructions")), hint]))
        words = ["--llm-generate", f"--llm-target={target}", "-o", f"llm_instructions={said}"]
        kept = _report_aside(root / str(config.getini("llm_report_dir")) / "report.json")
        try:
            subprocess.run([sys.executable, "-m", "pytest", *given, *words], check=False, cwd=root)
        finally:
            kept()

    return generate


def _report_aside(path: Path) -> Callable[[], None]:
    """The report under review outlives the run for one target."""
    text = path.read_bytes() if path.exists() else None

    def back() -> None:
        if text is not None:
            path.write_bytes(text)

    return back
