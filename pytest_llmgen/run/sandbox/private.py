"""The only folder that a worker may write to: made before it starts, removed after it ended."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = ("home", "tmp", "out", "overlay/upper", "overlay/work")


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new private folder, with HOME, TMPDIR and a place for captured output."""
    folder = create()
    try:
        yield folder
    finally:
        remove(folder)


def create() -> Path:
    """A new private folder beside the parent's other temporary files; one for each worker."""
    folder = Path(tempfile.mkdtemp(prefix="llmgen-")).resolve()
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, mode=0o700)
    return folder


def remove(folder: Path) -> None:
    """Remove it whatever permissions the worker or the kernel (an overlay's work folder) left in it."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
