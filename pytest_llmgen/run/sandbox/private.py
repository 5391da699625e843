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
"""The link in a folder of ours that says, by where it would lead, which process made it; made at once or not at all."""
MAKING = 3
"""How often a folder is made that is taken for abandoned before it has its owner."""
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


@contextmanager
def temporary_folder(name: str = "") -> Iterator[Path]:
    """An empty folder of ours for a while, whose name has this word in it."""
    folder = make(name)
    try:
        yield folder
    finally:
        remove(folder)


def create() -> Path:
    """A new private folder beside the parent's other temporary files; one for each worker."""
    folder = make()
    for each in FOLDERS:
        (folder / each).mkdir(parents=True, mode=0o700)
    return folder


def make(name: str = "") -> Path:
    """A folder that is swept at the next start when this process is killed, whatever it is for."""
    owner = _process(os.getpid())
    for _ in range(MAKING):
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}")).resolve()
        with suppress(FileNotFoundError):  # somebody swept it
            if owner:
                (folder / OWNER).symlink_to(owner)
            break
    return folder


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
            if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
                continue
            if not os.listdir(folder):  # noqa: PTH208 (names are wanted) - killed before it could say whose it is
                folder.rmdir()
            elif _is_abandoned(folder / OWNER):
                remove(folder)


def _is_abandoned(owner: Path) -> bool:
    """Whether its process has ended; never said of one in another process namespace, whom we can't see."""
    if not owner.is_symlink():
        return False
    text = str(owner.readlink())
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
