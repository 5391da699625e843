"""What ``llm_sandbox_allow`` opens: ``path:``, ``write:``, ``host:`` and ``env:``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_llmgen.errors import LlmgenError

_BETWEEN = re.compile(r"\s+(?=(?:path|write|host|env):)")
KINDS = ("path", "write", "host", "env")
LOOPBACK_NETWORK = "network:loopback"
"""What a test may need, and no word opens: the tier has none of its own."""
PORTS = range(1, 1 << 16)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Host:
    """A service that the walls let through."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Allow:
    """What a project's tests need beyond what the walls let through."""

    readable: tuple[str, ...] = ()  # absolute
    writable: tuple[str, ...] = ()  # absolute; readable too
    hosts: tuple[Host, ...] = ()
    variables: tuple[str, ...] = ()


def parse(words: Iterable[str], root: Path) -> Allow:
    """Read the words of ``llm_sandbox_allow``; paths are relative to the project, ``~`` is the home folder.

    Raises:
        LlmgenError: a word is of no kind, or a host has no port.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for word in split(words):
        kind, colon, value = word.partition(":")
        if kind not in found or not colon or not value:
            raise _wrong(word, f"start it with one of {', '.join(f'{kind}:' for kind in KINDS)}")
        found[kind].append(value)
    return Allow(
        tuple(_absolute(path, root) for path in found["path"]),
        tuple(_absolute(path, root) for path in found["write"]),
        tuple(_host(text) for text in found["host"]),
        tuple(found["env"]),
    )


def split(words: Iterable[str]) -> list[str]:
    """Single words: TOML's string and an ini file's quoted one may hold several."""
    return [each for word in words for each in _BETWEEN.split(word.strip()) if each]


def line(words: Iterable[str]) -> str:
    """The line of configuration that opens them, for ini files and TOML alike."""
    given = tuple(dict.fromkeys(words))
    return f'llm_sandbox_allow = "{" ".join(word for word in given if not any(_covers(o, word) for o in given))}"'


def _covers(outer: str, inner: str) -> bool:
    """Whether a word for a folder opens all that another word for paths does."""
    (kind, _, place), (other, _, path) = outer.partition(":"), inner.partition(":")
    if (kind, other) not in {("path", "path"), ("write", "write"), ("write", "path")}:
        return False
    return path.startswith(f"{place}/") or (kind != other and path == place)


def real_needs(words: Iterable[str], root: Path) -> tuple[str, ...]:
    """Of the words that a worker found those that something real stands behind, seen from outside."""
    return tuple(word for word in words if _is_real(word, root))


def _is_real(word: str, root: Path) -> bool:
    kind, _, value = word.partition(":")
    return kind not in ("path", "write") or os.path.lexists(_absolute(value, root))


def _absolute(path: str, root: Path) -> str:
    return os.path.normpath(root / os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises without a home)


def _host(text: str) -> Host:
    name, _, port = text.rpartition(":")
    if not name or not port.isdecimal() or int(port) not in PORTS:
        raise _wrong(f"host:{text}", "name the port too, as in host:localhost:5432")
    return Host(name.strip("[]"), int(port))


def _wrong(word: str, fix: str) -> LlmgenError:
    return LlmgenError(f"llm_sandbox_allow: {word!r} opens nothing", slug="sandbox-allow", fix=fix)
