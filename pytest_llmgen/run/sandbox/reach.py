"""What a worker may read, worked out in the parent once for a run: an allow-list, and what is hidden inside it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest_llmgen
from pytest_llmgen.run.sandbox import secrets
from pytest_llmgen.run.sandbox.allow import Allow

SYSTEM: tuple[str, ...] = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/etc", "/opt"),
    *("/nix", "/gnu", "/snap", "/dev", "/proc", "/sys"),
)
if sys.platform == "darwin":
    SYSTEM += ("/System", "/Library", "/Applications", "/private/etc", "/private/var/db", "/private/var/select")
"""Folders of the system that may be read; all others of the machine look empty, but for what is needed of them."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx")
"""Devices that may be written to."""
SHARED_MEMORY = "/dev/shm"  # noqa: S108 (semaphores have no other place)

SHARED = ("/usr", "/tmp", "/var/tmp")  # noqa: S108 (named, not used)
"""Folders of everybody's: an import path that is one of them, as that of a script in ``/tmp``, opens nothing."""

LINKS = 40
"""Symbolic links in a row, as the kernel counts them."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Absolute paths; what is readable stays so inside what is hidden, and the other way round."""

    readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def look_round(root: Path, sys_path: Iterable[str] = (), allow: Allow = Allow()) -> Reach:  # noqa: B008 (frozen)
    """What a worker for this project may read, on this machine."""
    opened = frozenset((*allow.readable, *allow.writable))
    named = [str(root), *_installation(), *_existing(sys_path), *_editable()]
    needed = [each for path in named for each in (path, os.path.realpath(path))]  # links may lead where all is hidden
    homes = _homes()
    readable = tuple(dict.fromkeys([*(p for p in needed if _is_narrow(p, root, homes)), *sorted(opened)]))
    outside = [path for path in readable if _is_source(path) and path not in opened]
    hidden = [
        *_strangers(),
        *_around_homes(homes, readable),
        *secrets.IN_SYSTEM,
        *(path for place in outside for path in secrets.secrets_below(Path(place), opened)),
    ]
    return Reach(readable, tuple(dict.fromkeys(path for path in hidden if path not in opened and _is_there(path))))


def _installation() -> Iterator[str]:
    """The interpreter with its libraries, by every name it goes by."""
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    yield str(Path(pytest_llmgen.__file__).resolve().parents[1])
    path = sys.executable
    for _ in range(LINKS):
        yield os.path.dirname(path)  # noqa: PTH120 (strings here, as the kernel wants them)
        if not os.path.islink(path):  # noqa: PTH114 (as above)
            break
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))  # noqa: PTH115, PTH118, PTH120


def _existing(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if os.path.isabs(path) and _is_there(path)]  # noqa: PTH117


def _editable() -> Iterator[str]:
    """Folders of packages that were installed to be edited: an import hook may lead there."""
    for distribution in importlib.metadata.distributions():
        with suppress(Exception):  # somebody else's metadata
            text = distribution.read_text("direct_url.json")
            told = json.loads(text) if text else {}
            if told.get("dir_info", {}).get("editable"):
                yield unquote(urlsplit(told["url"]).path)


def _is_narrow(path: str, root: Path, homes: list[str]) -> bool:
    """Whether opening it does not open a home folder, as an import path that is a home would do."""
    shared = (*homes, tempfile.gettempdir(), *SHARED)
    return Path(path) == root or not any(Path(place).is_relative_to(path) for place in shared)


def _is_source(path: str) -> bool:
    """Whether people work in it; the installation holds no secrets of theirs."""
    own = {sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), *SYSTEM}
    return not any(Path(path).is_relative_to(place) for place in own)


def _homes() -> list[str]:
    """HOME and the one of the user database, which has no entry for the made-up users of containers."""
    homes = [os.path.expanduser("~")]  # noqa: PTH111 - Path.expanduser raises where there is none
    with suppress(ImportError, KeyError):
        import pwd  # noqa: PLC0415 (not on Windows)

        homes.append(pwd.getpwuid(os.getuid()).pw_dir)
    homes += [os.path.realpath(home) for home in homes]
    return sorted({home for home in homes if home.startswith("/") and home != "/"})


def _strangers() -> Iterator[str]:
    """Top-level folders that are not the system's: homes, temporary files, sockets, data, mounts."""
    with suppress(OSError):
        for entry in os.scandir("/"):
            if entry.path not in SYSTEM and entry.is_dir(follow_symlinks=False):
                yield entry.path


def _around_homes(homes: list[str], readable: tuple[str, ...]) -> Iterator[str]:
    """A home as a whole; where something needed is just that folder or above it, what is known in it."""
    for home in homes:
        if any(Path(home).is_relative_to(path) for path in readable):
            yield from (f"{home}/{name}" for name in secrets.IN_HOME)
        else:
            yield home


def _is_there(path: str) -> bool:
    # Not Path.exists: that raises for another user's home, which cannot be read anyway.
    return os.path.lexists(path)
