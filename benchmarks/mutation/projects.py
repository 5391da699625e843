"""The projects that are measured: released source archives with their own tests, unpacked anew for each run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """One module of a released project, and the tests that judge it."""

    name: str
    release: str  # as pip wants it
    source: str  # the folder that mutmut copies
    module: str  # the file that is mutated
    tests: tuple[str, ...]
    import_root: str = "."
    needs: tuple[str, ...] = ()  # distributions that its tests need beside pytest
    drop: tuple[str, ...] = ()  # files that today's pytest refuses
    beside: tuple[str, ...] = ()  # what else mutmut must copy for its tests to pass
    not_for: str = ""  # why mutmut can't run it

    @property
    def dotted(self) -> str:
        """The module's name."""
        return ".".join(Path(self.module).relative_to(self.import_root).with_suffix("").parts)


_CLICK = "formatting basic commands arguments defaults chain context"
PROJECTS = {
    project.name: project
    for project in (
        Project(
            "boltons",
            "boltons==26.2.0",
            "boltons",
            "boltons/strutils.py",
            ("tests/test_strutils.py",),
            drop=("tests/conftest.py",),
        ),
        Project("toolz", "toolz==1.2.0", "toolz", "toolz/itertoolz.py", ("toolz",), beside=("tlz", "toolz.egg-info")),
        Project(
            "click",
            "click==8.5.1",
            "src",
            "src/click/formatting.py",
            tuple(f"tests/test_{name}.py" for name in _CLICK.split()),
            import_root="src",
            not_for="mutmut imports click itself, so that its trampolines are not in the module that the tests import",
        ),
        Project(
            "jinja2",
            "jinja2==3.1.6",
            "src",
            "src/jinja2/lexer.py",
            ("tests",),
            import_root="src",
            needs=("MarkupSafe", "trio"),
        ),
    )
}


def unpack(project: Project, cache: Path, folder: Path) -> Path:
    """The archive's contents below ``folder``, which is emptied first; returns the project's root."""
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(_archive(project, cache)) as packed:
        packed.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    for name in project.drop:
        (root / name).unlink()
    return root


def read_module(project: Project, cache: Path) -> str:
    """The original text of the module."""
    with tarfile.open(_archive(project, cache)) as packed:
        name = next(name for name in packed.getnames() if name.partition("/")[2] == project.module)
        stream = packed.extractfile(name)
        assert stream is not None
        return stream.read().decode()


def _archive(project: Project, cache: Path) -> Path:
    folder = cache / "archives" / project.name
    if not list(folder.glob("*.tar.gz")):
        options = ["--no-deps", "--no-binary", ":all:", "--dest", str(folder)]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *options, project.release], check=True)
    (archive,) = folder.glob("*.tar.gz")
    return archive
