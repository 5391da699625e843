"""What a test needs that the walls refuse: looked at while it runs once more, in a child that is for this only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from socket import AF_INET, AF_INET6
from types import MappingProxyType
from typing import Any

from pytest_llmgen.run.sandbox.allow import LOOPBACK, LOOPBACK_NETWORK
from pytest_llmgen.run.sandbox.places import depth, is_in
from pytest_llmgen.run.sandbox.plan import Plan, TierName
from pytest_llmgen.run.sandbox.reach import DEVICES, SHARED_MEMORY, SYSTEM

READING: Mapping[str, int] = MappingProxyType(
    {"open": 0, "os.listdir": 0, "os.scandir": 0, "os.chdir": 0, "ctypes.dlopen": 0, "os.exec": 0}
)
WRITING: Mapping[str, int] = MappingProxyType(
    {"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
    | {"os.chmod": 0, "os.chown": 0, "os.utime": 0, "os.truncate": 0, "sqlite3.connect": 0}
)
"""Audit events, with the place of the path among their arguments."""
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SERVICES = range(1, 32768)
"""Ports of services; those above are handed out to whoever asks, and change each time."""
REPOSITORY = ".git"


class Needs:
    """Collects the words that ``llm_sandbox_allow`` would need, from audit events and the environment."""

    def __init__(self, plan: Plan, stripped: Sequence[str]) -> None:
        self._plan, self._stripped = plan, frozenset(stripped)
        self._found: dict[str, None] = {}
        self._looking = False

    def start(self) -> None:
        """Look from here on; for the rest of this process."""
        sys.addaudithook(self._hear)
        _Watched.asked = self._asked
        os.environ.__class__ = _Watched
        self._looking = True

    def found(self) -> tuple[str, ...]:
        """Words in the order in which they were needed."""
        self._looking = False
        services = any(word.startswith("host:") for word in self._found)
        return tuple(word for word in self._found if word != LOOPBACK_NETWORK or not services)

    def _asked(self, name: str) -> None:
        if self._looking and name in self._stripped:
            self._found[f"env:{name}"] = None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._looking:
            return
        self._looking = False  # what is done in here is no need of the test's
        try:
            for word in self._words(event, arguments):
                self._found[word] = None
        except Exception:  # noqa: BLE001, S110 (looking must not change what the test does)
            pass
        finally:
            self._looking = True

    def _words(self, event: str, arguments: tuple[Any, ...]) -> Iterator[str]:
        if event in READING:
            flags = arguments[2] if event == "open" else 0
            writes = isinstance(flags, int) and bool(flags & WRITE_FLAGS)
            yield from self._path(arguments[READING[event]], writes=writes)
        elif event in WRITING:
            yield from self._path(arguments[WRITING[event]], writes=True)
        elif event == "socket.connect":
            yield from _host(arguments[1])
        elif event == "socket.__new__":
            yield from self._network(int(arguments[1]))
        elif event == "socket.getaddrinfo":
            yield from _host(arguments[:2])
        elif event == "subprocess.Popen":
            yield from self._program(arguments)
        elif event == "import" and arguments[0] == "multiprocessing.synchronize":
            yield from self._path(f"{SHARED_MEMORY}/x", writes=True)

    def _network(self, family: int) -> Iterator[str]:
        if self._plan.tier is TierName.LANDLOCK and not self._plan.hosts and family in (AF_INET, AF_INET6):
            yield LOOPBACK_NETWORK

    def _path(self, path: Any, *, writes: bool) -> Iterator[str]:
        if not isinstance(path, str | bytes | os.PathLike) or path in ("", b""):
            return
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (a link stays one)
        may = is_in(text, self._writable()) or (not writes and self._may_be_read(text))
        if may and not self._is_hidden(text):
            return
        place = os.path.dirname(text) if writes else text  # noqa: PTH120 (as above)
        yield f"{'write' if writes else 'path'}:{self._named(place)}"

    def _writable(self) -> tuple[str, ...]:
        own = (SHARED_MEMORY, "/dev/pts") if self._plan.tier is TierName.NAMESPACES else ()
        return (self._plan.private, self._plan.seen, *self._plan.writable, *DEVICES, *own)

    def _is_hidden(self, path: str) -> bool:
        """Of what is in the project's view: hidden in it, or left out of the copy."""
        return is_in(self._plan.outside(path), [each for each in self._plan.hidden if is_in(each, (self._plan.root,))])

    def _may_be_read(self, path: str) -> bool:
        plan = self._plan
        return depth(path, (*SYSTEM, *plan.readable)) > depth(path, plan.hidden)

    def _program(self, arguments: tuple[Any, ...]) -> Iterator[str]:
        """A program reads what we don't hear of; of git we know."""
        words = arguments[1] if isinstance(arguments[1], str) else " ".join(map(str, arguments[1]))
        if "git" in words.split()[0].rpartition("/")[2].split("."):
            yield from (f"path:{REPOSITORY}" for path in self._plan.hidden if path == f"{self._plan.root}/{REPOSITORY}")

    def _named(self, path: str) -> str:
        """As a person writes it: relative to the project where it is in it or beside it."""
        real = self._plan.outside(path)
        return str(Path(real).relative_to(self._plan.root)) if is_in(real, (self._plan.root,)) else real


class _Watched(os._Environ):  # type: ignore[type-arg]  # noqa: SLF001 (no public way to be told)
    """The environment of a process, telling what is asked of it."""

    asked: Callable[[str], None]

    def __getitem__(self, key: Any) -> Any:
        _Watched.asked(key)
        return super().__getitem__(key)


def _host(address: Any) -> Iterator[str]:
    if not isinstance(address, tuple) or len(address) < 2:  # noqa: PLR2004 (host and port)
        return
    host, port = address[:2]
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    name = LOOPBACK[0] if name in LOOPBACK or name.startswith("127.") else name
    known = isinstance(port, int) and port in SERVICES
    if known:
        yield f"host:{name}:{port}"
    elif name != LOOPBACK[0]:
        yield f"host:{name}:PORT"
