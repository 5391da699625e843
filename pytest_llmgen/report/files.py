"""Reports as files: written whole and at once, never over anything that is no report of ours."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

from pytest_llmgen.errors import LlmgenError

Recogniser = Callable[[str], bool]


def write(text: str, path: Path, is_ours: Recogniser, *, keep_previous: bool = True) -> None:
    """Write a report to ``path`` at once; the one before it becomes ``<stem>.prev<suffix>`` if wanted.

    Raises:
        LlmgenError: the file cannot be written (``report-not-written``), or would replace something that
            is no report (``report-in-the-way``).
    """
    check_place(path, is_ours)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        if keep_previous:
            set_aside(path)
        temporary.replace(path)
    except OSError as error:
        _discard(temporary)
        raise LlmgenError(
            f"{path} was not written: {error.strerror or error}",
            fix="free the place or name another with --llm-report=TYPE:PATH",
            slug="report-not-written",
        ) from error


def append(text: str, path: Path) -> None:
    """Add to a file that others write to as well.

    Raises:
        LlmgenError: it cannot be written (``report-not-written``).
    """
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
    except OSError as error:
        raise LlmgenError(
            f"{path} was not written: {error.strerror or error}",
            fix="see that the runner's files are writable",
            slug="report-not-written",
        ) from error


def set_aside(path: Path) -> None:
    """Make the earlier report ``<stem>.prev<suffix>``; there may be none."""
    if path.exists():
        path.replace(path.with_name(f"{path.stem}.prev{path.suffix}"))


def check_place(path: Path, is_ours: Recogniser) -> None:
    """See that a report may be written to ``path``: only an earlier report is ever replaced.

    Raises:
        LlmgenError: something else is there (``report-in-the-way``).
    """
    if path.is_dir() or (path.exists() and not _is_report(path, is_ours)):
        raise LlmgenError(
            f"{path} is {'a folder' if path.is_dir() else 'there, and is no report of ours'}",
            fix="name another file with --llm-report=TYPE:PATH, or move it away",
            slug="report-in-the-way",
        )


def _is_report(path: Path, is_ours: Recogniser) -> bool:
    """An empty file is as good as a report: ``mktemp`` makes one."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        return False
    return not text.strip() or is_ours(text)


def make_folder(folder: Path) -> None:
    """Make the folder of reports, with a ``.gitignore`` that keeps all of it out of version control.

    A folder that others use already gets none: it would hide their files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def make_report_folder(path: Path) -> None:
    """The same before anything else of a run: what follows is written into it.

    Raises:
        LlmgenError: it can't be written (``report-folder``).
    """
    try:
        make_folder(path)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise LlmgenError(
            f"{path} can't be written: {error.strerror}",
            slug="report-folder",
            fix="free the place or set llm_report_dir",
        ) from None


def _discard(temporary: Path) -> None:
    with contextlib.suppress(OSError):  # the reason for the fault is already on its way up
        temporary.unlink()
