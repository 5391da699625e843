"""What is measured: small programs with documentation, and modules of released projects without their own tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SETTINGS = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n'
PROGRAMS = "programs"
"""The folder, and package, that the small programs are put into."""


@dataclass(frozen=True, slots=True)
class Case:
    """One module of a released project."""

    name: str  # dotted
    release: str  # as pip wants it
    about: str

    @property
    def package(self) -> str:
        """The top-level name, which is copied."""
        return self.name.partition(".")[0]


MODULES = {
    case.name: case
    for case in (
        Case("flutils.strutils", "flutils==0.7", "functions on text"),
        Case("stringcase", "stringcase==1.2.0", "functions on text, untyped"),
        Case("slugify.slugify", "python-slugify==9.2.0", "one function with many options"),
        Case("boltons.strutils", "boltons==26.2.0", "functions and classes on text, untyped"),
        Case("toolz.itertoolz", "toolz==1.2.0", "functions on iterables, untyped"),
        Case("humanize.time", "humanize==4.17.0", "dates, typed"),
        Case("inflection", "inflection==0.5.1", "regular expressions and tables"),
        Case("semver.version", "semver==3.1.1", "a class with comparisons"),
        Case("cachetools", "cachetools==8.0.1", "classes with state, decorators"),
        Case("dotenv.parser", "python-dotenv==1.2.4", "a parser over a stream"),
        Case("tinydb.storages", "tinydb==4.9.0", "files, an abstract class"),
        Case("schedule", "schedule==1.2.2", "state and the clock"),
        Case("jsonpointer", "jsonpointer==3.12", "documents and a command line"),
        Case("boltons.ioutils", "boltons==26.2.0", "files that spool, streams over streams"),
        Case("click.formatting", "click==8.5.1", "a class that builds text"),
        Case("boltons.queueutils", "boltons==26.2.0", "classes with state"),
    )
}


def programs(data: Path) -> dict[str, str]:
    """Name to source of the small programs."""
    rows = [json.loads(line) for line in data.read_text().splitlines() if line.strip()]
    return {str(row["id"]).rpartition("/")[2].lower(): row["source"] for row in rows}


def lay_out_programs(sources: dict[str, str], folder: Path) -> list[str]:
    """A project that holds the programs as modules of one package; returns their paths."""
    _start(folder)
    package = folder / PROGRAMS
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
    return [f"{PROGRAMS}/{name}.py" for name in sources]


def lay_out_module(case: Case, cache: Path, folder: Path) -> tuple[str, Path]:
    """A project that holds the case's package; returns the module's path and the folder of what it needs."""
    site = _site(case, cache)
    _start(folder)
    package = site / case.package
    if package.is_dir():
        shutil.copytree(package, folder / case.package, ignore=shutil.ignore_patterns("test", "tests", "__pycache__"))
    else:
        shutil.copy(package.with_suffix(".py"), folder)
    path = Path(*case.name.split("."))
    plain = path.with_suffix(".py")
    return str(plain if (folder / plain).exists() else path / "__init__.py"), site


def _start(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_SETTINGS)


def _site(case: Case, cache: Path) -> Path:
    site = cache / "sites" / case.release
    if not site.exists():
        options = ["--quiet", "--no-compile", "--target", str(site)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, case.release], check=True)
    return site


def named(names: Iterable[str]) -> list[Case]:
    """The cases of these names."""
    return [MODULES[name] for name in names]
