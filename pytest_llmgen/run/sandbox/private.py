"""The only folder that a worker may write to: made before it starts, removed after it ended."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "llmgen-"
OWNER = "owner"
"""The file in a private folder that says which process made it."""
_WORDS = 3  # namespace, process id, time when it started
_STARTED = 19  # of /proc/PID/stat after the name
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
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    claim(folder)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, mode=0o700)
    return folder


def claim(folder: Path) -> None:
    """Say whose it is: a folder of a killed process is swept at the next start, whatever it was for."""
    (folder / OWNER).write_text(_process(os.getpid()) or "unknown")


def remove(folder: Path) -> None:
    """Remove it whatever permissions the worker or the kernel (an overlay's work folder) left in it."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove the private folders of processes of this user that were killed before they could do it."""
    if not _process(os.getpid()):
        return  # no way to tell who lives
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process may be sweeping too
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink() and _is_abandoned(folder / OWNER):
                remove(folder)


def _is_abandoned(owner: Path) -> bool:
    """Whether its process has ended; never said of one in another process namespace, whom we can't see."""
    if owner.is_symlink() or not owner.is_file():
        return False
    text = owner.read_text(errors="replace")
    words = text.split()
    if len(words) != _WORDS or words[0] != _namespace() or not words[1].isdigit():
        return False
    return _process(int(words[1])) != text


def _process(pid: int) -> str:
    """What tells a process from all others, those that had its number before included; empty if it is gone."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[_STARTED]
        return f"{_namespace()} {pid} {started}"
    except OSError:
        return ""


def _namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())
