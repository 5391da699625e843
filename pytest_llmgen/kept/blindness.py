"""Which tests may see what nobody can check later: the clock, chance, processes, connections.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath

from pytest_llmgen.kept.doubts import UNSEEN
from pytest_llmgen.kept.project import CONFTEST, Project
from pytest_llmgen.kept.reach import Reach
from pytest_llmgen.records import Hits

_ANY = "*"


class Blindness:
    """Measured code shows by its lines what it does; of other code the text alone must promise it.

    Args:
        project: the files.
        measured: paths of files whose lines are known when they run.
        imported: lines that ran while the project was imported, by path.
    """

    def __init__(self, project: Project, measured: frozenset[str], imported: Mapping[str, Hits]) -> None:
        self._project, self._measured, self._imported = project, measured, imported

    def concerns(self, reach: Reach, hits: Mapping[str, Hits]) -> bool:
        """Whether a test that reaches this, and ran these lines, may have seen such things."""
        if UNSEEN not in reach.doubts:
            return False
        if any(self._ran_unseen(path, seen) for path, seen in hits.items()):
            return True
        if any(place[0] for place in reach.parts if self._is_dark(*place)):
            return True
        names = {name for path in reach.files for name in self._names.get(path, ())}
        return bool(names) and (_ANY in names or any(names & self._project.part(*p).mentions for p in reach.parts))

    def _is_told(self, path: str) -> bool:
        """Whether lines of a file are known when they run."""
        return path in self._measured and path not in self._project.tests and PurePosixPath(path).name != CONFTEST

    def _ran_unseen(self, path: str, hits: Hits) -> bool:
        anatomy = self._project.anatomy(path)
        lines = [anatomy.unseen_lines, *(part.unseen_lines for part in anatomy.parts)] if anatomy else []
        return any(hits.lines & unseen for unseen in lines)

    def _is_dark(self, path: str, number: int) -> bool:
        part = self._project.part(path, number)
        if not self._is_told(path):
            return UNSEEN in part.doubts
        return bool(part.unseen_lines & self._imported.get(path, Hits()).lines)

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        """Names that modules bound to such things when they were imported, by path; ``*`` where anything may be."""
        found = {}
        for path in self._project.loaded:
            anatomy = self._project.anatomy(path)
            ran = anatomy.unseen_lines if anatomy else frozenset[int]()
            if anatomy and self._is_told(path):
                ran &= self._imported.get(path, Hits()).lines
            if anatomy and ran:
                found[path] = anatomy.unseen_names
        every = frozenset[str]().union(*found.values())
        for path in self._project.loaded - set(found):
            anatomy = self._project.anatomy(path)
            if anatomy and anatomy.mentions & every:
                found[path] = frozenset({_ANY})
        return found
