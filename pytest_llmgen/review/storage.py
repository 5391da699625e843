"""Files of people, replaced whole and at once."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.errors import LlmgenError


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step, its mode kept; a fault leaves it as it was.

    Raises:
        LlmgenError: it can't be written (``file-not-written``).
    """
    path = path.resolve()  # a link stays a link
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise LlmgenError(
            f"{path} was not written: {error.strerror or error}",
            fix="make its folder writable; nothing was changed",
            slug="file-not-written",
        ) from error
