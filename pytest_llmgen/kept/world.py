"""What verdicts depend on outside of the project's Python text: data files, variables, versions, settings."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pytest_llmgen
from pytest_llmgen.extract.files import read_source
from pytest_llmgen.kept.anatomy import digest_of
from pytest_llmgen.run.arguments import worker_arguments
from pytest_llmgen.run.asking import DETAILS
from pytest_llmgen.run.sandbox.environment import child_environment
from pytest_llmgen.run.traces import ALL_VARIABLES
from pytest_llmgen.settings import Settings

MOST_FILES, MOST_BYTES = 5000, 200 * 1024 * 1024
"""A project with more data than this is not read whole: what depends on its data is not kept."""
_PLACES = frozenset(child_environment({}, "", ""))
"""Variables that workers set themselves."""
_NOISE = ("PYTEST_CURRENT_TEST", "TERM_SESSION", "SSH_", "VSCODE_", "WINDOWID", "XDG_SESSION", "INVOCATION_ID")
_NOISE_ITSELF = frozenset({"_", "SHLVL", "OLDPWD", "PWD"})
"""Variables that tell one terminal from another; they count where a test asks for them by name."""
_ALWAYS = ("LANG", "LC_", "TZ", "PYTHON")
"""Beginnings of variables that are read below Python, where nobody sees it."""
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py")
"""Names of files that pytest looks for, and code does not."""
_DOTENV = (".env", ".env.local", ".env.test", ".flaskenv")
"""Files that plugins look for without a word."""
_NONE = "none:"
_GRAIN = 20_000_000
"""Nanoseconds that a file's time may lag behind the clock."""
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages"})
_VOLATILE = (".coverage", "coverage.xml", "coverage.json")
_OWN_PARTS = ("kept", "mutate", "records", "run")


class World:
    """The machine and the project's other files, as digests.

    Args:
        root: the project's root.
        environ: of this process.
        left_out: folders and files below the root that the run itself writes.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], left_out: Sequence[str] = ()) -> None:
        self._root, self._left_out = root, frozenset(left_out)
        self._environ = child_environment(environ, "", "", opened=environ)  # one that is behind walls may be opened
        self._files: dict[str, str] = {}
        self._opened = time.time_ns() - _GRAIN

    @property
    def place(self) -> str:
        """Where the project is."""
        return str(self._root)

    def changed(self, paths: Iterable[str]) -> str | None:
        """A file, of these and of those that were asked for, that was changed since this was made."""
        return next((path for path in sorted({*paths, *self._files}) if self._is_new(path)), None)

    def _is_new(self, path: str) -> bool:
        if "\0" in path:
            return path in self._files and self._asked(path) != self._files[path]
        try:
            found = (self._root / path).stat()
        except OSError:
            return path not in self._files or not self._files[path].startswith(_NONE)
        return not path.endswith("/") and found.st_ctime_ns > self._opened

    def text(self, path: str) -> str:
        """The text of a Python file; of one that is not decodable, its bytes as they are."""
        text, error = read_source(self._root / path)
        if error is None:
            return text
        try:
            return "\0" + (self._root / path).read_bytes().decode("latin-1")
        except OSError:
            return "\0"

    def files(self, paths: Iterable[str]) -> str:
        """Of files (and folders, which end with ``/``) as they are now; missing ones are told apart."""
        return digest_of(*(each for path in sorted(paths) for each in (path, self._file(path))))

    def _file(self, path: str) -> str:
        if path not in self._files:
            place = self._root / path  # an absolute path stays itself
            try:
                if "\0" in path:
                    self._files[path] = self._asked(path)
                elif path.endswith("/"):
                    names = _listed(place)
                    self._files[path] = names[0] if names and names[0].startswith(_NONE) else digest_of(*names)
                else:
                    self._files[path] = hashlib.sha256(place.read_bytes()).hexdigest()
            except OSError as error:
                self._files[path] = f"{_NONE} {error.errno}"
        return self._files[path]

    def _asked(self, path: str) -> str:
        """What can be said of a file or folder that was asked for, without its content."""
        name, _, what = path.partition("\0")
        place, is_full = self._root / name, f"\0{what}" == DETAILS
        if name.endswith("/") and (is_full and name != "/"):  # what is in it; not the root itself
            return digest_of(*(f"{each} {_said(place / each[1:], is_full=True)}" for each in _listed(place)))
        return _said(place, is_full=is_full)

    def variables(self, names: Iterable[str]) -> str:
        """Of variables as a worker would see them."""
        wanted = set(names)
        if ALL_VARIABLES in wanted:
            every = (name for name in self._environ if name not in _NOISE_ITSELF)
            wanted |= {name for name in every if not name.startswith(_NOISE)}
        told = (name for name in sorted(wanted - _PLACES) if name != ALL_VARIABLES)
        return digest_of(*(each for name in told for each in (name, str(self._environ.get(name)))))

    @cached_property
    def data(self) -> str | None:
        """Of all files of the project that are no Python text, and of the names of those that are; None: too many."""
        found: list[str] = []
        names: list[str] = []
        size = 0
        for path, file in self._all_files("", frozenset()):
            if path.endswith(".py"):
                names.append(path)
                continue
            size += file.stat(follow_symlinks=True).st_size if file.is_file() else 0
            if len(found) >= MOST_FILES or size > MOST_BYTES:
                return None
            found.append(path)
        return digest_of(self.files(found), *names)

    def _all_files(self, folder: str, above: frozenset[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        here = os.path.realpath(self._root / folder)
        try:
            with os.scandir(here) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in inside:
            path = f"{folder}{entry.name}"
            if path in self._left_out or here in above:
                continue
            if entry.is_dir():
                hidden = entry.name.startswith(".") or entry.name in _LEFT_OUT
                if not hidden and not Path(entry.path, "pyvenv.cfg").exists():
                    yield from self._all_files(f"{path}/", above | {here})
            elif not (
                entry.name.endswith(".pyc") or entry.name.startswith(_VOLATILE) or _TEST_FILE.fullmatch(entry.name)
            ):
                yield path, entry

    def basics(self, settings: Settings, args: Sequence[str], ini: Mapping[str, object], tier: str, folder: str) -> str:
        """Of what every verdict depends on.

        Args:
            settings: limits that decide verdicts are taken from it.
            args: of the user's pytest.
            ini: its ini values.
            tier: the sandbox in force.
            folder: where the user started pytest.
        """
        limits = (
            *(settings.mutant_timeout, settings.memory, settings.seed),
            *(settings.sandbox_allow, settings.sandbox_suite, settings.sandbox_disk),
            settings.sandbox_limits,
        )
        own = {name: value for name, value in ini.items() if not name.startswith("llm_")}
        always = [name for name in self._environ if name.startswith(_ALWAYS) and name not in _PLACES]
        return digest_of(
            tool_digest(),
            f"{sys.version} {platform.platform()} {sys.flags} {time.tzname} {getattr(os, 'getuid', int)()}",
            installed_digest(),
            self.files(_DOTENV),
            *(
                self._file(str(folder / "conftest.py"))
                for folder in self._root.parents
                if (folder / "conftest.py").exists()
            ),
            repr(limits),
            repr(worker_arguments(args, has_cov=False)),
            repr(sorted((name, str(value)) for name, value in own.items())),
            f"{tier} {folder}",
            self.variables(always),
        )


def _listed(folder: Path) -> list[str]:
    """Names below a folder, each after a letter for its kind; where it can't be listed, one that begins with none:."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in entries]
    except OSError as error:
        return [f"{_NONE} {error.errno}"]
    return sorted(
        f"{'l' if link else 'd' if inner else 'f'}{name}" for name, link, inner in found if name not in _LEFT_OUT
    )


def _said(place: Path, *, is_full: bool) -> str:
    """Kind and permissions, also of what a link leads to; with size, owner and time if ``is_full``."""
    told = []
    for follow in (False, True):
        try:
            found = place.stat(follow_symlinks=follow)
        except OSError as error:
            told.append(f"{_NONE} {error.errno}")
            continue
        told.append(f"{found.st_mode:o}")
        if is_full:
            told.append(f"{found.st_uid} {found.st_gid} {found.st_mtime_ns}")
            told += [] if stat.S_ISDIR(found.st_mode) else [f"{found.st_size} {found.st_nlink}"]
    return digest_of(*told, str(place.readlink()) if place.is_symlink() else "")


def installed_digest() -> str:
    """Of the installed distributions: names, versions, and what their installers recorded of their files."""
    told = set()
    for folder in {*sys.path}:
        place = Path(folder or ".")
        try:
            names = os.listdir(place)  # noqa: PTH208 (names are all that is wanted)
        except OSError:
            continue
        for name in names:
            if name.endswith((".egg-link", ".pth")):
                told.add(f"{name}: {_content(place / name)}")
            elif name.endswith((".dist-info", ".egg-info")):
                told.add(f"{name}: {_recorded(_content(place / name / 'RECORD'))}")
    return digest_of(*sorted(told))


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _recorded(text: str) -> str:
    """The lines of a RECORD without what differs from one installation of the same to the next."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("..") and ".dist-info/" not in line)


def tool_digest() -> str:
    """Of our own code that makes and judges mutants."""
    package = Path(pytest_llmgen.__file__).parent
    files = sorted(file for part in _OWN_PARTS for file in (package / part).rglob("*.py"))
    return digest_of(*(file.read_text() for file in files))
