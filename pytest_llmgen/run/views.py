"""Test files put into a worker's private view of the project, and taken out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


class SpoiledError(Exception):
    """A test has left the view in a state that cannot be worked in: only a new worker has another."""


@contextmanager
def written(root: Path, files: Mapping[str, str]) -> Iterator[None]:
    """Have files (path below root -> source) on disk; what was there before comes back.

    Raises:
        SpoiledError: the files cannot be written, or not be taken away.
    """
    with ExitStack() as stack:
        stack.enter_context(_spoiled())
        for path, source in files.items():
            stack.callback(_put(root / path, source.encode()))
        yield


@contextmanager
def _spoiled() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise SpoiledError(str(problem)) from problem


def put(root: Path, files: Mapping[str, str]) -> None:
    """Write files for good."""
    for path, source in files.items():
        _put(root / path, source.encode())


def _put(file: Path, content: bytes) -> Undo:
    before = file.read_bytes() if file.exists() else None
    made = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return Undo(file, before, made)


class Undo:
    """Brings back what a file was."""

    def __init__(self, file: Path, before: bytes | None, made: list[Path]) -> None:
        self._file, self._before, self._made = file, before, made

    def __call__(self) -> None:
        """Do so; folders that were made for the file go too, unless something else is in them."""
        if self._before is not None:
            self._file.write_bytes(self._before)
            return
        self._file.unlink(missing_ok=True)
        for folder in self._made:
            if any(folder.iterdir()):
                return
            folder.rmdir()
