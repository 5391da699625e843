"""What a test takes from the world beside the code that it runs: files, variables, and what nobody can check later.

In the workers only.  ``sys.addaudithook`` sees every file that Python code opens, lists, makes or removes; what is
asked about files is seen by :mod:`pytest_llmgen.run.asking`, variables by the mapping behind ``os.environ``.
"""

from __future__ import annotations

import _collections_abc as abc
import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llmgen.records import Trace
from pytest_llmgen.run.asking import DETAILS, KIND, asker, is_direct, paths_of, watch

ALL_VARIABLES = ALL_FILES = "*"
_UNSEEN = frozenset({
    "ctypes.dlopen", "ftplib.connect", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.system", "pty.spawn", "smtplib.connect", "socket.bind", "socket.connect", "socket.getaddrinfo",
    "socket.gethostbyname", "socket.gethostname", "socket.sendto", "subprocess.Popen", "urllib.Request",
})  # fmt: skip
_LISTED = frozenset({"os.listdir", "os.scandir"})
_CHANGED = frozenset({
    "os.chdir", "os.chflags", "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.symlink", "os.truncate", "os.utime",
})  # fmt: skip
"""Whether these can be done depends on what is there."""
_OWN_VARIABLES = frozenset({"PYTEST_CURRENT_TEST", "PYTEST_VERSION"})
_TERMINAL = frozenset({"COLUMNS", "LINES", "TERM"})
_SETTINGS = frozenset(
    {".pytest.ini", ".pytest.toml", "pyproject.toml", "pytest.ini", "pytest.toml", "setup.cfg", "tox.ini"}
)
"""Where pytest looks for its own settings, which count by their values."""
_CACHES = ("__pycache__", ".pytest_cache", ".hypothesis")
_MACHINE_CODE = (".so", ".pyd")
_BLAMELESS = frozenset({
    "_cffi_backend", "_time_machine", "_yaml", "charset_normalizer", "coverage", "frozenlist", "greenlet", "markupsafe",
    "msgpack", "multidict", "orjson", "propcache", "pydantic_core", "regex", "rpds", "simplejson", "ujson", "wrapt",
    "yaml", "yarl",
})  # fmt: skip
"""Packages whose machine code reads no files."""
_IMPORT_SYSTEM = "<frozen importlib._bootstrap_external>"
_REWRITING = os.path.join("_pytest", "assertion", "rewrite.py")  # noqa: PTH118 (the end of a path)
_FRAMES_OF_PATHLIB = 4
_MAPPINGS = frozenset({__file__, os.__file__, abc.__file__, "<frozen os>", "<frozen _collections_abc>"})
"""Code between a variable and who asks for it."""
_HERE = f"{Path(__file__).parents[1]}{os.sep}"
_CREATES = os.O_CREAT | os.O_TRUNC


def of_start(trace: Trace) -> Trace:
    """What counts of pytest's own start: installed plugins look at the machine and at the terminal, for themselves.

    Where a plugin has loaded code of the project, everything counts.
    """
    if trace.modules:
        return trace
    files = tuple(file for file in trace.files if file not in _SETTINGS)
    return replace(trace, files=files, variables=tuple(v for v in trace.variables if v not in _TERMINAL), unseen=())


class Tracer:
    """Notes what is asked of the interpreter while it is on; to be made before the project is imported.

    Args:
        root: the project as the worker sees it; paths below it are told relative to it.
        scratch: where children have their temporary files: of no interest to anybody.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root, self._scratch = str(root), f"{scratch}{os.sep}"
        names = ("stdlib", "platstdlib", "purelib", "platlib")
        self._installed = tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in names})
        self._standard = tuple({f"{sysconfig.get_path(name)}{os.sep}lib-dynload{os.sep}" for name in names})
        self._on = self._is_start = False
        self._copying = (0, 0)  # frame and instruction that take all variables
        self._seen: dict[str, bool] = {}  # path -> whether it was there before it was read
        self._loaded: set[str] = set()  # what was read to be imported
        self._unseen: set[str] = set()
        self._variables: set[str] = set()
        self._known: frozenset[str] = frozenset()
        watched: Any = os.environ
        watched._data = _Variables(watched._data, self)  # noqa: SLF001 (no public way)
        if hasattr(os, "environb"):
            bytewise: Any = os.environb
            bytewise._data = watched._data  # noqa: SLF001 (the same mapping, as in os)
        sys.addaudithook(self._note)
        watch(self._asked)

    def start(self, *, is_start: bool = False) -> None:
        """Note from here on.

        Args:
            is_start: pytest is starting or collects: what installed plugins do by themselves (processes that they
                start, all variables at once) is no matter of the project.
        """
        self._is_start, self._copying = is_start, (0, 0)
        self._known = frozenset(sys.modules)
        self._seen.clear()
        self._loaded.clear()
        self._unseen.clear()
        self._variables.clear()
        self._on = True

    def stop(self) -> Trace:
        """Stop, and tell what was noted."""
        self._on = False
        loaded = (told for path in self._loaded if (told := self._told(path)) and not _is_ours(told))
        modules = {*self._modules(), *loaded}
        files = {told for path, read in self._seen.items() if read and (told := self._told(path))}
        if self._has_foreign_code():
            files.add(ALL_FILES)
        return Trace(
            tuple(sorted(files)),
            tuple(sorted(modules)),
            tuple(sorted(self._variables)),
            tuple(sorted(self._unseen)),
        )

    def variable(self, name: Any) -> None:
        """A variable was asked for."""
        if self._on:
            text = os.fsdecode(name)
            if text not in _OWN_VARIABLES and not (self._is_start and self._is_copied(text)):
                self._variables.add(text)

    def _is_copied(self, name: str) -> bool:
        """Whether an installed plugin takes all variables at once, to start a process, and this is one of them."""
        frame = sys._getframe(2)  # noqa: SLF001 (who asks)
        while frame.f_code.co_filename in _MAPPINGS and frame.f_back is not None:
            frame = frame.f_back
        place = (id(frame), frame.f_lasti)
        if name == ALL_VARIABLES and self._is_plugins_own():
            self._copying = place
        return place == self._copying

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            self._opened(*arguments)
        elif event in _LISTED:
            self._listed(event, arguments[0])
        elif event in _CHANGED:
            for path in paths_of(arguments) if asker(sys._getframe(1))[0] else ():  # noqa: SLF001 (who does it)
                self._seen.setdefault(path + KIND, True)
        elif (
            event in _UNSEEN or (event == "sqlite3.connect" and arguments[0] != ":memory:")
        ) and not self._is_plugins_own():
            self._unseen.add(event)

    def _is_plugins_own(self) -> bool:
        """Whether pytest starts, and no code is at work but what is installed."""
        frame = sys._getframe(1) if self._is_start else None  # noqa: SLF001 (who does it)
        while frame is not None:
            file = frame.f_code.co_filename
            if os.path.isabs(file) and not file.startswith((*self._installed, _HERE)):  # noqa: PTH117 (a word)
                return False
            frame = frame.f_back
        return self._is_start

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (no resolving: that would open more)
        if _is_importing(text):
            self._loaded.add(_source_of(text))
            return
        is_new = mode[:1] in ("w", "x") if isinstance(mode, str) else bool(isinstance(flags, int) and flags & _CREATES)
        self._seen.setdefault(text, not is_new)

    def _listed(self, event: str, path: Any) -> None:
        if not isinstance(path, int):
            text = os.path.abspath(os.fsdecode(path if path is not None else "."))  # noqa: PTH100
            is_told = event == "os.scandir" and is_direct(sys._getframe(2))  # noqa: SLF001 (beyond the hook)
            self._seen.setdefault(text + os.sep + (DETAILS if is_told else ""), True)

    def _asked(self, path: Any, what: str) -> None:
        if not self._on or isinstance(path, int):
            return
        if path is None:
            self._unseen.add("os.stat of a place below an open folder")
        for text in paths_of([path]):
            self._seen.setdefault(text + what, True)

    def _told(self, path: str) -> str | None:
        """The path as the executor can look it up; None where it does not matter."""
        if path.startswith((self._scratch, *self._installed)):
            return None
        path, mark, what = path.partition("\0")
        told = self._place(path, asked=bool(mark))
        return told if told is None else f"{told}{mark}{what}"

    def _place(self, path: str, *, asked: bool) -> str | None:
        above = any(
            place.startswith(path.rstrip(os.sep) + os.sep) for place in (f"{self._root}{os.sep}", self._scratch)
        )
        if asked and above and not path.endswith(os.sep):
            return None  # it is there
        if any(f"{os.sep}{cache}{os.sep}" in path for cache in _CACHES):
            return None
        if path.startswith(("/proc/", "/sys/", "/dev/")) and not (asked and path.startswith("/dev/")):
            if path not in ("/dev/null", "/dev/tty"):
                self._unseen.add(path)
            return None
        if path.startswith(self._root + os.sep):
            return path[len(self._root) + 1 :].replace(os.sep, "/") or "./"
        return path

    def _has_foreign_code(self) -> bool:
        """Whether code is loaded that is neither Python nor the interpreter's: it can read files unseen."""
        for name, module in self._new():
            if name.partition(".")[0] not in _BLAMELESS:
                file = getattr(module, "__file__", None)
                if isinstance(file, str) and file.endswith(_MACHINE_CODE) and not file.startswith(self._standard):
                    return True
        return False

    def _new(self) -> list[tuple[str, Any]]:
        """Modules loaded since; most tests load none."""
        return [(name, sys.modules.get(name)) for name in sys.modules.keys() - self._known]

    def _modules(self) -> Iterator[str]:
        """Files of modules loaded since, that are no part of the installation."""
        for _, module in self._new():
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and not file.startswith(self._installed):
                told = self._told(os.path.abspath(file))  # noqa: PTH100
                if told is not None and not _is_ours(told):
                    yield told


def _is_ours(path: str) -> bool:
    """Whether it is a file of this package: installed to be edited, it lies beside the code of projects."""
    return "/pytest_llmgen/" in f"/{path}"


def _source_of(path: str) -> str:
    """The source file of a cached one, also where pytest has written it."""
    folder, name = os.path.split(path)
    if name.endswith(".pyc") and os.path.basename(folder) == _CACHES[0]:  # noqa: PTH119 (only words)
        return os.path.join(os.path.dirname(folder), f"{name.partition('.')[0]}.py")  # noqa: PTH118, PTH120 (the same)
    return path


def _is_importing(path: str) -> bool:
    """Whether the import system, or pytest in its place, reads a file to run it."""
    frame = sys._getframe(3)  # noqa: SLF001 (who opens: this function, the hook and what it calls are left out)
    if frame.f_code.co_filename == _IMPORT_SYSTEM:
        above = frame.f_back
        return above is not None and above.f_code.co_filename == _IMPORT_SYSTEM
    for _ in range(_FRAMES_OF_PATHLIB):
        if frame.f_code.co_filename.endswith(_REWRITING):
            return path.endswith((".py", ".pyc"))
        if frame.f_back is None:
            break
        frame = frame.f_back
    return False


class _Variables(dict[Any, Any]):
    """The mapping behind ``os.environ``, which says what it is asked for."""

    def __init__(self, data: dict[Any, Any], tracer: Tracer) -> None:
        super().__init__(data)
        self._tracer = tracer

    def __getitem__(self, name: Any) -> Any:
        self._tracer.variable(name)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[Any]:
        self._tracer.variable(ALL_VARIABLES)
        return super().__iter__()
