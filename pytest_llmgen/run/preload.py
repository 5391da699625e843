"""What a cold run would import again for nothing: the modules of the Python installation that the warm one has.

A cold worker imports them once, before it forks; nothing of the project is among them.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

_OWN = ("pytest_llmgen", "__main__", "__mp_main__")


def outside_modules(projects: Iterable[str]) -> list[str]:
    """Names of the loaded modules of the installation, in the order of their loading.

    ``projects`` are dotted names of modules under test: their top-level packages are left out, wherever
    they are installed.
    """
    left_out = {name.partition(".")[0] for name in projects} | set(_OWN)
    places = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    return [
        name
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in left_out and _is_below(module, places)
    ]


def _is_below(module: ModuleType, places: set[Path]) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    path = Path(file).resolve()
    return any(path.is_relative_to(place) for place in places)


def preload(names: Sequence[str]) -> None:
    """Import what can be imported; what can't is left to the run that wants it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
