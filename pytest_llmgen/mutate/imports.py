"""A mutant that only a fresh import can activate: one source file is imported with other text."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType


class MutantImport(MetaPathFinder):
    """A finder that hands one file's mutated text to whoever imports it; ``code`` where it is compiled already."""

    def __init__(self, path: str, source: str, code: CodeType | None = None) -> None:
        self._path, self._source, self._code = Path(path).resolve(), source, code
        self.loaded = 0  # how often the mutated text was run; 0 at the end means: not tested at all

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with a loader of ours if it is for the mutated file."""
        if fullname.rpartition(".")[2] not in self._names:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else _spec_of(finder, fullname, path, target)
            if spec:
                return self._with_loader(spec)
        return None

    def remove(self) -> None:
        """Let imports find the file's own text again."""
        sys.meta_path.remove(self)

    @property
    def _names(self) -> tuple[str, str]:
        """A package's module is named after its folder."""
        return self._path.stem, self._path.parent.name

    def _with_loader(self, spec: ModuleSpec) -> ModuleSpec:
        if spec.has_location and spec.origin and Path(spec.origin).resolve() == self._path:
            spec.loader = _MutantLoader(spec.name, spec.origin, self)
            spec.cached = None
        return spec

    def code(self, path: str) -> CodeType:
        """Compile the mutated text; counts as a load."""
        self.loaded += 1
        if self._code is not None and self._code.co_filename == path:
            return self._code
        with warnings.catch_warnings():  # a project's "error" filter would turn a warning into a kill
            warnings.simplefilter("ignore")
            return compile(self._source, path, "exec", dont_inherit=True)


class _MutantLoader(SourceFileLoader):
    """Neither reads nor writes a bytecode cache."""

    def __init__(self, fullname: str, path: str, mutant_import: MutantImport) -> None:
        super().__init__(fullname, path)
        self._mutant_import = mutant_import

    def get_code(self, fullname: str) -> CodeType:
        return self._mutant_import.code(self.get_filename(fullname))


def install_import(path: str, mutated_source: str) -> MutantImport:
    """From now on, imports of the file ``path`` in this process get the mutated source.

    Raises:
        ImportError: the file is imported already, so that a new text would not be seen.
    """
    if name := loaded_as(path):
        raise ImportError(f"{name} is imported already")
    return hand_out(path, mutated_source)


def loaded_as(path: str) -> str:
    """The name under which a file is imported already in this process, empty where it is not."""
    file = Path(path).resolve()
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if isinstance(origin, str) and origin.endswith(file.name) and Path(origin).resolve() == file:
            return name
    return ""


def hand_out(path: str, mutated_source: str, code: CodeType | None = None) -> MutantImport:
    """What :func:`install_import` does after its check, which a parent may do once for many children."""
    mutant_import = MutantImport(path, mutated_source, code)
    sys.meta_path.insert(0, mutant_import)
    return mutant_import


def _spec_of(finder: object, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
    find_spec = getattr(finder, "find_spec", None)
    spec = find_spec(fullname, path, target) if find_spec else None
    return spec if isinstance(spec, ModuleSpec) else None
