"""What stands between a worker and the children that it forks for tests."""

from __future__ import annotations

import sys
from contextlib import suppress

from pytest_llmgen.run.sandbox import landlock, privileges


def stand_apart() -> None:
    """In a fork: no signal to the worker and no look into its memory from here on, as far as the kernel can say so."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        privileges.open_memory()
    with suppress(OSError):
        landlock.stand_apart()
