"""A user's project, home and machine; a driver that runs tests behind a tier; and what is seen of it from outside."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest_llmgen

PACKAGE = Path(pytest_llmgen.__file__).parents[1]
PACKAGES = Path(importlib.metadata.distribution("pytest").locate_file("")).resolve()
DRIVER = Path(__file__).with_name("driver.py")
SECRET = "planted-4711"
FILES = {
    "project/shop/__init__.py": "",
    "project/shop/cart.py": (
        "def total(prices):\n    return sum(prices)\n\n\n"
        "def discount(price):\n    if price > 10:\n        return price - 1\n    return price\n"
    ),
    "project/tests/test_cart.py": "from shop.cart import total\n\ndef test_total(): assert total([1]) == 1\n",
    "project/pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n',
    "project/.env": f"KEY={SECRET}\n",
    "project/.git/HEAD": "ref: refs/heads/main\n",
    "project/.git/hooks/sample": "#!/bin/sh\n",
    "victim/file": f"mine {SECRET}\n",
    "victim/home/.bashrc": "alias ll=ls\n",
    "victim/home/.ssh/id_ed25519": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n",
}
OTHER = "nobody"


def users() -> list[str]:
    """Who tests here: this user, and an ordinary one where this user is root."""
    return ["me", OTHER] if os.geteuid() == 0 else ["me"]


@functools.cache
def interpreter(user: str) -> str | None:
    """A Python that the user may start, with pytest and this package for it."""
    found = [sys.executable] if user == "me" else [sys.executable, shutil.which("python3", path="/usr/bin") or ""]
    check = f"import sys, pytest, coverage, pytest_llmgen; assert sys.version_info[:2] == {sys.version_info[:2]}"
    for python in filter(None, found):
        try:
            done = subprocess.run(
                [python, "-B", "-c", check],
                env=environment(),
                cwd="/",
                capture_output=True,
                check=False,
                **as_user(user),
            )
        except PermissionError:
            continue
        if done.returncode == 0:
            return python
    return None


def as_user(user: str) -> dict[str, object]:
    """Arguments of Popen."""
    if user == "me":
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def environment() -> dict[str, str]:
    """A user's, with a key in it."""
    paths = os.pathsep.join([str(PACKAGE), str(PACKAGES)])
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": paths, "SHOP_API_KEY": SECRET, "TMPDIR": tempfile.gettempdir()}


class Siege:
    """Everything that an attack must leave alone, and the driver that runs attacks in one tier."""

    def __init__(self, user: str, tier: str, stack: ExitStack) -> None:
        self.user, self.tier, self._stack = user, tier, stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siege-"))).resolve()
        self.root, self.victim = self.folder / "project", self.folder / "victim"
        for name, text in FILES.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        self.marker = f"llmgen-{self.folder.name}"
        (self.folder.parent / self.marker).touch()
        stack.callback((self.folder.parent / self.marker).unlink, missing_ok=True)
        self.seconds = f"{4000 + os.getpid() % 1000}.{abs(hash(self.marker)) % 10**6}"
        self._listen()
        self._give_away()
        self.sleeper = self._start(["sleep", "600"])
        python = interpreter(user)
        assert python is not None
        self.driver = self._start(
            [python, "-B", str(DRIVER), str(self.root), tier], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _listen(self) -> None:
        self._listeners = [
            socket.create_server(("127.0.0.1", 0)),
            socket.socket(type=socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        self._listeners[1].bind(("127.0.0.1", 0))
        self._listeners[2].bind("\0" + self.marker)
        self._listeners[3].bind(str(self.victim / "s"))
        for listener in self._listeners:
            self._stack.enter_context(listener)
            listener.setblocking(False)
        self._listeners[2].listen()
        self._listeners[3].listen()

    def _give_away(self) -> None:
        if self.user != "me":
            who = pwd.getpwnam(self.user)
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, who.pw_uid, who.pw_gid)

    def _start(self, argv: Sequence[str], **options: object) -> subprocess.Popen[str]:
        process: subprocess.Popen[str] = subprocess.Popen(
            argv, env=environment() | {"HOME": str(self.victim / "home")}, cwd=self.root, start_new_session=True,
            **as_user(self.user), **options,
        )  # type: ignore[call-overload]  # fmt: skip
        self._stack.callback(_end, process)
        return process

    def facts(self) -> dict[str, object]:
        """What the attacks are told."""
        return {
            "VICTIM": str(self.victim), "ROOT": str(self.root), "TMP": str(self.folder.parent), "MARKER": self.marker,
            "TCP": self._listeners[0].getsockname()[1], "UDP": self._listeners[1].getsockname()[1],
            "SLEEPER": self.sleeper.pid, "DRIVER": self.driver.pid, "SECONDS": self.seconds, "PACKAGES": str(PACKAGES),
        }  # fmt: skip

    def run(self, sources: Sequence[str], timeout: float) -> list[tuple[str, str, str]]:
        """Node id, outcome and message of each test in these modules; nothing where the driver is gone."""
        assert self.driver.stdin is not None and self.driver.stdout is not None  # noqa: PT018
        try:
            print(json.dumps({"sources": sources, "timeout": timeout}), file=self.driver.stdin, flush=True)
            line = self.driver.stdout.readline()
        except BrokenPipeError:
            line = ""
        return [tuple(run) for run in json.loads(line)] if line else []

    def snapshot(self) -> dict[str, object]:
        """Every file with what an attack may change of it."""
        state: dict[str, object] = {}
        for path in (self.root, self.victim, *self.root.rglob("*"), *self.victim.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            state[str(path)] = (
                about.st_mode,
                about.st_uid,
                about.st_mtime_ns,
                content,
                os.listxattr(path, follow_symlinks=False),
            )
        return state

    def effects(self, before: Mapping[str, object]) -> Iterator[str]:
        """What is not as it was."""
        after = self.snapshot() if self.victim.exists() else {}
        changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
        yield from (f"changed: {path}" for path in sorted(changed))
        yield from (f"heard: {listener.family.name}" for listener in self._listeners if _hears(listener))
        if self.sleeper.poll() is not None:
            yield "another process was killed"
        if self.driver.poll() is not None:
            yield "the parent was killed"
        if (self.folder.parent / self.marker).stat().st_size:
            yield "the shared temporary folder was written to"
        if (PACKAGES / f"{self.marker}.pth").exists():
            (PACKAGES / f"{self.marker}.pth").unlink()
            yield "the installation was written to"

    def is_whole(self) -> bool:
        """Whether it can go on here."""
        return self.driver.poll() is None and self.sleeper.poll() is None and (self.victim / "file").exists()

    def end(self) -> None:
        """Let the driver come to its end."""
        _end(self.driver)

    def left(self) -> list[str]:
        """Processes that outlived it."""
        return _processes(self.seconds)


def _hears(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            return bool(listener.recv(100))
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _processes(word: str) -> list[str]:
    """Names of processes that have a word on their command line; a moment is given to those that are ending."""
    for _ in range(20):
        found = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if word in _text(path)]
        if not found:
            break
        time.sleep(0.05)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        with suppress(OSError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
