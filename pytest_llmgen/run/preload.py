"""What a cold run would import again for nothing: the modules of the Python installation that the warm one has.

A cold worker imports them once, before it forks; nothing of the project is among them.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
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


def preload(names: Sequence[str], root: Path) -> None:
    """Import what can be imported without the project; what can't is left to the run that wants it.

    Django's modules, say, import the settings of the project that a variable names: none of what is below ``root`` is
    loaded, nor what needs it.
    """
    guard = _Guard(root)
    sys.meta_path.insert(0, guard)
    try:
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    finally:
        sys.meta_path.remove(guard)


class _NotYetError(Exception):
    """A module of the project is wanted; no ImportError, for which the importing code might have a way round."""


class _Guard(MetaPathFinder):
    def __init__(self, root: Path) -> None:
        self._root, self._places = root.resolve(), {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, if it is not of the project."""
        for finder in sys.meta_path:
            found = None if finder is self else finder.find_spec(fullname, path, target)
            if found is not None:
                if found.origin and self._is_of_project(Path(found.origin).resolve()):
                    raise _NotYetError(fullname)
                return found
        return None

    def _is_of_project(self, file: Path) -> bool:
        return file.is_relative_to(self._root) and not any(file.is_relative_to(place) for place in self._places)
