"""Files as they were at a base, and what differs from them although git's diff does not say so.

``git diff`` trusts its index (``--assume-unchanged``, sparse checkouts), and counts lines by line feeds alone,
where Python ends a line at a carriage return as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from pytest_llmgen.extract.changes import Changes, Git
from pytest_llmgen.records import Module

_SHA256_DIGITS = 64
_SUBMODULE = "commit"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The files of a commit, by their path as it was then."""

    git: Git
    blobs: Mapping[str, tuple[str, str]] = field(
        default_factory=dict
    )  # path -> folder to ask git in, id of its content
    submodules: frozenset[str] = frozenset()

    def text(self, path: str) -> str | None:
        """The text of a file, None where there was none."""
        if path not in self.blobs:
            return None
        folder, identity = self.blobs[path]
        code, text = self.git(["-C", folder, "cat-file", "blob", identity])
        return text if code == 0 else None

    def is_same(self, path: str, data: bytes) -> bool:
        """Whether a file had this content, byte by byte."""
        return path in self.blobs and _blob_id(data, len(self.blobs[path][1])) == self.blobs[path][1]

    def in_submodule(self, path: str) -> bool:
        """Whether a path belongs to another repository."""
        return any(path.startswith(f"{folder}/") for folder in self.submodules)


def earlier_files(git: Git, commit: str, folder: str = ".") -> Earlier:
    """The files of a commit below the project's root, those of its submodules included where they are there."""
    code, listed = git(["-C", folder, "ls-tree", "-r", "-z", commit])
    blobs: dict[str, tuple[str, str]] = {}
    submodules: set[str] = set()
    for row in listed.split("\0") if code == 0 else ():
        facts, _, path = row.partition("\t")
        if not path:
            continue
        _, kind, identity = facts.split()
        if kind != _SUBMODULE:
            blobs[path] = (folder, identity)
            continue
        submodules.add(path)
        inner = earlier_files(git, identity, path if folder == "." else f"{folder}/{path}")
        blobs |= {f"{path}/{name}": found for name, found in inner.blobs.items()}
        submodules |= {f"{path}/{name}" for name in inner.submodules}
    return Earlier(git, blobs, frozenset(submodules))


def looked_at(
    changes: Changes, modules: Iterable[Module], earlier: Earlier, read: Callable[[str], str | None]
) -> Changes:
    """The changes with what the files themselves show; a file that git ignores is no part of a change."""
    lines, whole, unknown = dict(changes.lines), set(changes.whole), []
    for module in modules:
        text = read(module.path)
        before = changes.earlier.get(module.path, module.path)
        if text is None or module.path in whole or earlier.is_same(before, text.encode("utf-8", "surrogateescape")):
            continue
        if before not in earlier.blobs:
            unknown += [] if module.path in lines else [module]
        elif module.path not in lines or has_lone_return(text):
            lines[module.path] = new_lines(earlier.text(before) or "", text)
    ignored = _ignored(earlier, [module.path for module in unknown])
    whole |= {module.path for module in unknown if module.path not in ignored}
    return replace(changes, lines=lines, whole=frozenset(whole))


def has_lone_return(text: str) -> bool:
    """Whether a carriage return ends a line by itself: git does not count such lines."""
    return "\r" in text.replace("\r\n", "")


def new_lines(old: str, new: str) -> frozenset[int]:
    """The lines of a text that were not there, counted as Python counts them."""
    before, after = (text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for text in (old, new))
    changed = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return frozenset(n + 1 for tag, _, _, start, end in changed if tag != "equal" for n in range(start, end))


def _ignored(earlier: Earlier, paths: list[str]) -> set[str]:
    """Those that git is told to leave alone."""
    own = [path for path in paths if not earlier.in_submodule(path)]
    if not own:
        return set()
    _, listed = earlier.git(["check-ignore", "-z", "--", *own])
    return set(listed.split("\0"))


def _blob_id(data: bytes, digits: int) -> str:
    """Git's name of a content."""
    algorithm = hashlib.sha256 if digits == _SHA256_DIGITS else hashlib.sha1
    return algorithm(b"blob %d\0" % len(data) + data).hexdigest()
