"""What the parent decides and the worker carries out: tier, view and limits, as JSON between them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from pytest_llmgen.numbers import read
from pytest_llmgen.run.sandbox.allow import Host

LIFELINE = "LLMGEN_LIFELINE"
"""Environment variable with the descriptor whose end-of-file means: end everything."""


class TierName(StrEnum):
    """The walls there are, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SEATBELT = "seatbelt"  # macOS
    PORTABLE = "portable"
    OFF = "off"


class Layer(StrEnum):
    """What tiers are made of, beside supervision, limits and dropped privileges."""

    NAMESPACES = "namespaces"
    LANDLOCK = "Landlock"
    SECCOMP = "seccomp"
    SEATBELT = "sandbox profile"
    AUDIT = "audit hook"


LAYERS: Mapping[TierName, tuple[Layer, ...]] = MappingProxyType(
    {
        TierName.NAMESPACES: (Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP),
        TierName.LANDLOCK: (Layer.LANDLOCK, Layer.SECCOMP),
        TierName.SEATBELT: (Layer.SEATBELT,),
        TierName.PORTABLE: (Layer.AUDIT,),
        TierName.OFF: (),
    }
)


class View(StrEnum):
    """How a worker sees the project without being able to change it."""

    OVERLAY = "overlay"  # the same path, changes go to the private folder
    COPY = "copy"  # a copy in the private folder, at another path
    DIRECT = "direct"  # the project itself (tier off only)


@dataclass(frozen=True, slots=True)
class Tier:
    """The sandbox in force, and for the header why it is not a stronger one."""

    name: TierName
    why: str = ""
    layers: tuple[str, ...] = ()  # what it is made of here, as a worker found it


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use; 0 is no limit of ours.  The names are those of ``llm_sandbox_limits``."""

    memory_mb: int = 0  # address space
    cpu_seconds: int = 0
    file_mb: int = 256  # one file, the captured output included
    open_files: int = 1024
    processes: int = 512  # threads included; beyond those that the user already has
    disk_mb: int = 2048  # all that is in the private folder, deleted files that are open included
    copy_mb: int = 512  # of a project that can't be covered
    shared_mb: int = 512  # in /dev/shm, where it is our own


def limits_of(words: Iterable[str], memory_mb: int = 0, disk_mb: int = 0) -> Limits:
    """Limits from the words of ``llm_sandbox_limits``, and from the two that have settings of their own.

    Raises:
        LlmgenError: a word is none.
    """
    limits = read(Limits, words, "llm_sandbox_limits", but=("memory_mb", "disk_mb"))
    return replace(limits, memory_mb=memory_mb, disk_mb=disk_mb)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that :func:`enter` needs; paths are absolute and resolved."""

    tier: TierName
    view: View
    root: str  # the project
    seen: str  # where the worker sees it: another path for a copy, else the same
    private: str
    writable: tuple[str, ...] = ()  # beside the private folder and the view
    readable: tuple[str, ...] = ()  # beside the folders of the system; all is where this is empty
    hidden: tuple[str, ...] = ()  # can't be read, but for what is readable or writable in it
    hosts: tuple[Host, ...] = ()  # services that the tests may reach
    limits: Limits = Limits()
    without: tuple[Layer, ...] = ()  # layers of the tier that are left out: to see what each of them stops

    def has(self, layer: Layer) -> bool:
        """Whether a layer is to stand."""
        return layer in LAYERS[self.tier] and layer not in self.without

    @property
    def home(self) -> str:
        """HOME of the worker."""
        return f"{self.private}/home"

    @property
    def tmp(self) -> str:
        """TMPDIR of the worker."""
        return f"{self.private}/tmp"  # noqa: S108 - below the private folder

    def inside(self, path: str) -> str:
        """The worker's path of a path of the project; others stay as they are."""
        return _moved(path, self.root, self.seen)

    def outside(self, path: str) -> str:
        """The project's path of a path that a worker named."""
        return _moved(path, self.seen, self.root)

    def to_json(self) -> str:
        """One line, for :meth:`from_json` in the worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that :meth:`to_json` wrote."""
        raw = json.loads(text)
        return cls(
            TierName(raw["tier"]),
            View(raw["view"]),
            raw["root"],
            raw["seen"],
            raw["private"],
            tuple(raw["writable"]),
            tuple(raw["readable"]),
            tuple(raw["hidden"]),
            tuple(Host(**host) for host in raw["hosts"]),
            Limits(**raw["limits"]),
            tuple(Layer(name) for name in raw["without"]),
        )


def _moved(path: str, old: str, new: str) -> str:
    parts = Path(path)
    return str(Path(new, parts.relative_to(old))) if parts.is_relative_to(old) else path
