"""The local store of every reply, written before the reply is used, and the ledger of what was asked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_llmgen.generate.prices import Usage
from pytest_llmgen.records import Assignment

REPLIES = "replies"
DRAFTS = "drafts"
LEDGER = "ledger.jsonl"
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Question:
    """Which place in a run a request has: what a replay matches by."""

    target: str  # Target.key
    fingerprint: str
    stage: str
    round: int
    attempt: int  # the n-th request of this stage and round for the target


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply with its request and circumstances, as it is kept."""

    key: str
    question: Question
    request: Mapping[str, Any]
    text: str
    stop_reason: str | None
    model: str
    prompt_version: str
    usage: Usage = field(default_factory=Usage)
    request_id: str = ""
    time: str = ""  # RFC 3339, UTC


def key_of(request: Mapping[str, Any], prompt_version: str) -> str:
    """The name of a request: the hash of its canonical JSON and of the prompt's version."""
    canonical = json.dumps([prompt_version, request], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def fingerprint_of(assignment: Assignment) -> str:
    """What a target is: its key and its code without positions, comments and documentation."""
    target = assignment.target
    return hashlib.sha256(f"{target.key}\n{target.context}".encode()).hexdigest()[:16]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """A folder ``replies/`` of one file for each reply, ``drafts/`` of what waits in batches, and ``ledger.jsonl``.

    ``folder`` is ``.llmgen``; ``now`` gives the time of an entry.
    """

    def __init__(self, folder: Path, now: Callable[[], str] = _now) -> None:
        self.folder, self._now = folder, now

    def find(self, key: str) -> Entry | None:
        """The reply to exactly this request, or None."""
        return _read(self._path(key))

    def keep(self, entry: Entry) -> None:
        """Write a reply, whole and on the disk when this returns."""
        path = self._path(entry.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        timed = {**asdict(entry), "time": entry.time or self._now()}
        _write(path, json.dumps(timed, ensure_ascii=True, indent=1, sort_keys=True) + "\n")

    def hold(self, draft: Entry) -> None:
        """Write down what was asked in a batch, so that its answer is of use whenever it comes."""
        path = self._draft(draft.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, json.dumps(asdict(draft), ensure_ascii=True, sort_keys=True) + "\n")

    def held(self, key: str) -> Entry | None:
        """What was asked under this name, or None."""
        return _read(self._draft(key))

    def release(self, key: str) -> None:
        """Forget what was asked: its answer is kept."""
        self._draft(key).unlink(missing_ok=True)

    def note(self, event: str, **facts: Any) -> None:
        """Add a line to the ledger: what was asked, at what cost, and what became of it."""
        line = json.dumps({"time": self._now(), "event": event, **facts}, sort_keys=True, default=str) + "\n"
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / LEDGER
        descriptor = os.open(path, os.O_APPEND | os.O_CREAT | os.O_RDWR, _MODE)
        try:
            os.write(descriptor, (("\n" if _is_torn(descriptor) else "") + line).encode())
        finally:
            os.close(descriptor)

    def ledger(self) -> list[dict[str, Any]]:
        """Every whole line of the ledger."""
        path = self.folder / LEDGER
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        return [row for row in map(_row, lines) if row is not None]

    def _draft(self, key: str) -> Path:
        return self.folder / DRAFTS / f"{key}.json"

    def _path(self, key: str) -> Path:
        return self.folder / REPLIES / key[:2] / f"{key}.json"


def entries(folder: Path) -> Iterator[Entry]:
    """Every entry under a folder of replies, oldest first; files that are none are passed over."""
    found = filter(None, map(_read, folder.rglob("*.json")))
    yield from sorted(found, key=lambda entry: (entry.time, entry.key))


def _read(path: Path) -> Entry | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Entry(**{**raw, "question": Question(**raw["question"]), "usage": Usage(**raw["usage"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _is_torn(descriptor: int) -> bool:
    """Whether a crash left the last line without its end."""
    size = os.fstat(descriptor).st_size
    if not size:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
