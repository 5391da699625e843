"""What a test can reach, whatever a mutant does to its way: a digest of all of that.  Pure.

A test reaches the parts that its own part names, those that these name, and so on, among the files that it imports
(and they import).  What is pulled by import itself (tables, registries, hooks) is reached by everything that
imports it.  Where names are made at run time the whole text of these files counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_llmgen.kept.anatomy import Anatomy, digest_of
from pytest_llmgen.kept.doubts import DYNAMIC, IMPORTS
from pytest_llmgen.kept.project import CONFTEST, Place, Project

Names = Mapping[str, tuple[Place, ...]]


@dataclass(frozen=True, slots=True)
class Reach:
    """What one test can reach."""

    digest: str
    doubts: frozenset[str]
    files: frozenset[str]  # whose import it sees
    parts: frozenset[Place]
    is_whole: bool  # the whole text of its files counts


class Reaches:
    """What each test of a project reaches."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._reached: dict[tuple[str, str, frozenset[str]], Reach] = {}
        self._shared: dict[tuple[frozenset[str], str], frozenset[Place]] = {}

    def of(self, nodeid: str, fixtures: Sequence[str] = ()) -> Reach | None:
        """What a test reaches; None where it is in no Python file of the project.

        Args:
            nodeid: of the test.
            fixtures: that it was seen to be given, by whomever they were asked for.
        """
        path, _, rest = nodeid.partition("::")
        name = rest.partition("[")[0].partition("::")[0]
        if path not in self._project.known or not path.endswith(".py"):
            return None
        key = path, name, frozenset(fixtures)
        if key not in self._reached:
            self._reached[key] = self._reach(*key)
        return self._reached[key]

    def _reach(self, path: str, name: str, fixtures: frozenset[str]) -> Reach:
        project = self._project
        starts = [path, *project.conftests_of(path), *project.plugins]
        files = frozenset[str]().union(*(project.imports(each) for each in starts))
        names = project.names(files)
        roots = [(path, number) for number, part in enumerate(project.parts(path)) if part.name == name]
        given = [place for each in fixtures for place in names.get(each, ()) if project.is_fixture(place)]
        parts = self._walk([*roots, *given], names, self._always(files, names, path))
        doubts = {doubt for place in parts for doubt in project.part(*place).doubts}
        anatomies = [project.anatomy(each) for each in files]
        doubts |= {doubt for anatomy in anatomies if anatomy for doubt in anatomy.doubts}
        if not roots or None in anatomies:  # a doctest, a test that is imported from elsewhere
            doubts.add(DYNAMIC)
        digest = digest_of(self._digest(files, parts, doubts), self._acted)
        return Reach(digest, frozenset(doubts), files, frozenset(parts), bool(doubts & {DYNAMIC, IMPORTS}))

    # --- what other files do to everybody when they are imported ---

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Files that act on every test: imported with it, they do more than define names."""
        return frozenset(path for path in self._project.loaded if self._acts(path))

    def _acts(self, path: str) -> bool:
        project = self._project
        anatomy = project.anatomy(path)
        if anatomy is None or anatomy.acts:
            return True
        if _is_conftest(path) and any(part.name.startswith("pytest_") for part in anatomy.parts):
            return True
        names = project.names(project.imports(path))
        return any(place[0] != path for name in self._eager(anatomy) for place in names.get(name, ()))

    def _eager(self, anatomy: Anatomy) -> frozenset[str]:
        """Names that importing a file looks up to call or to tell somebody."""
        registered = (part.bases for part in anatomy.parts if self._project.is_pulled(part))
        return anatomy.eager.union(*(part.eager for part in anatomy.parts), *registered)

    @cached_property
    def _acted(self) -> str:
        return digest_of(*(each for path in sorted(self.everywhere) for each in (path, self._act(path))))

    def _act(self, path: str) -> str:
        project = self._project
        anatomy, files = project.anatomy(path), project.imports(path)
        if anatomy is None:
            return project.text(path)
        names = project.names(files)
        wanted = self._eager(anatomy) | anatomy.mentions
        parts = self._walk([place for name in wanted for place in names.get(name, ())], names)
        heads = {
            (path, number)
            for number, part in enumerate(anatomy.parts)
            if any(name in names for name in part.eager) or (_is_conftest(path) and part.name.startswith("pytest_"))
        }
        parts |= self._walk(heads, names) if _is_conftest(path) else heads
        doubts = {doubt for place in parts for doubt in project.part(*place).doubts} | anatomy.doubts
        return self._digest(files, parts, {DYNAMIC} if doubts & {DYNAMIC, IMPORTS} else set())

    # --- walking ---

    def _digest(self, files: frozenset[str], parts: set[Place], doubts: set[str]) -> str:
        project = self._project
        if IMPORTS in doubts:  # not of tests: nothing imports them by a name that was made at run time
            return project.digest_of_files(files | set(project.paths) - project.tests)
        if DYNAMIC in doubts:
            return project.digest_of_files(files)
        told = [f"{place[0]}:{project.part(*place).name}:{project.part(*place).digest}" for place in parts]
        rests = [f"{path}:{anatomy.digest}" for path in files if (anatomy := project.anatomy(path))]
        pulled = [part.name for path in sorted(files) for part in project.parts(path) if project.is_pulled(part)]
        return digest_of(*sorted(told), "", *sorted(rests), "", *pulled)

    def _always(self, files: frozenset[str], names: Names, test: str) -> frozenset[Place]:
        """What every test of a file reaches, walked once for all of them."""
        key = files, test
        if key not in self._shared:
            self._shared[key] = frozenset(self._walk(self._pulled(files, names, test), names))
        return self._shared[key]

    def _pulled(self, files: frozenset[str], names: Names, test: str) -> list[Place]:
        """What import itself, registries and pytest call or hold."""
        project = self._project
        found: list[Place] = []
        for path in files:
            anatomy = project.anatomy(path)
            if anatomy is None:
                continue
            found += [place for name in anatomy.mentions for place in names.get(name, ())]
            for number, part in enumerate(anatomy.parts):
                is_test = path in project.tests and part.name.lower().startswith("test")
                if is_test and path != test:
                    continue
                if (project.is_pulled(part) and not is_test) or any(name in names for name in part.eager):
                    found.append((path, number))
        return found

    def _walk(self, roots: Iterable[Place], names: Names, known: frozenset[Place] = frozenset()) -> set[Place]:
        """The roots and what they reach, with what is known and has been walked already."""
        project = self._project
        seen = set(known)
        waiting = list(roots)
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                part = project.part(*place)
                waiting += [each for name in part.mentions & names.keys() for each in names[name]]
                if part.is_fixture or place[0] in project.tests or _is_conftest(place[0]):
                    waiting += [
                        each for name in part.wishes & names.keys() for each in names[name] if project.is_fixture(each)
                    ]
        return seen


def _is_conftest(path: str) -> bool:
    return path.rpartition("/")[2] == CONFTEST
