"""Reads the project's Python files: the only place of this stage that touches them."""

from __future__ import annotations

import os
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pytest_llmgen.extract.layout import (
    TEST_NAMES,
    dotted_name,
    has_test_name,
    is_among_tests,
    is_excluded,
    is_source_file,
    is_source_folder,
    is_under,
    namespaces_of,
)
from pytest_llmgen.extract.own_tests import holds_tests, serves_tests
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Module

_COPIES = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})  # code that is elsewhere too
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tree:
    """The files under a resolved root, seen through what must be left alone."""

    root: Path
    exclude: Sequence[str] = ()
    left_out: Sequence[str] = ()  # folders: tests, generated tests
    python_path: Sequence[str] = ()  # folders that pytest's ``pythonpath`` names
    python_files: Sequence[str] = ()  # names of test files, beside pytest's own
    namespaces: frozenset[str] = frozenset()  # packages without an __init__.py

    def relative(self, path: Path) -> str:
        """The path as records have it."""
        return path.relative_to(self.root).as_posix()

    def is_package(self, folder: str) -> bool:
        """Whether a folder has an ``__init__.py``, or is imported as if it had one."""
        inside = self.root / folder / "__init__.py"
        return folder in self.namespaces or os.path.isfile(inside)  # noqa: PTH113 (is_file raises in a closed folder)

    def sources(self, folder: str = ".") -> Iterator[str]:
        """The source files under a folder, sorted; symbolic links are not followed."""
        in_package = self.is_package(folder) and folder != "."
        for entry in _entries(self.root / folder):
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if is_excluded(path, self.exclude) or any(is_under(path, each) for each in self.left_out):
                continue
            if entry.is_dir(follow_symlinks=False):
                if is_source_folder(entry.name, in_package=in_package) and not _is_environment(entry.path):
                    yield from self.sources(path)
            elif entry.is_file(follow_symlinks=False) and is_source_file(entry.name, in_package=in_package):
                yield path

    def links(self, folder: str = ".") -> Iterator[str]:
        """Symbolic links to source files and packages, where sources are looked for."""
        in_package = self.is_package(folder) and folder != "."
        for entry in _entries(self.root / folder):
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if is_excluded(path, self.exclude) or any(is_under(path, each) for each in self.left_out):
                continue
            is_folder = os.path.isdir(entry.path)  # noqa: PTH112 (the entry raises for a loop of links)
            if is_folder and is_source_folder(entry.name, in_package=in_package):
                if not entry.is_symlink() and not _is_environment(entry.path):
                    yield from self.links(path)
                elif entry.is_symlink() and self.is_package(path):
                    yield path
            elif entry.is_symlink() and not is_folder and is_source_file(entry.name, in_package=in_package):
                yield path

    def is_test(self, path: str, test_paths: Sequence[str] = ()) -> bool:
        """Whether a file belongs to the tests; one that is only named so must hold some, or serve them."""
        if is_among_tests(path, test_paths):
            return True
        return has_test_name(path, self.python_files) and serves_tests(read_source(self.root / path)[0])

    def uncollected(self, test_paths: Sequence[str] = ()) -> Iterator[str]:
        """Files that hold tests and that pytest does not collect by their names."""
        names = self.python_files or TEST_NAMES
        for path in self.all_files():
            is_support = path.endswith(("conftest.py", "__init__.py"))
            if is_support or any(PurePosixPath(path).match(pattern) for pattern in names):
                continue
            if self.is_test(path, test_paths) and holds_tests(read_source(self.root / path)[0]):
                yield path

    def all_files(self, folder: str = ".") -> Iterator[str]:
        """Every Python file under a folder but those of environments, caches and hidden folders."""
        for entry in _entries(self.root / folder):
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _COPIES and not _is_environment(entry.path):
                    yield from self.all_files(path)
            elif entry.name.endswith(".py") and entry.is_file(follow_symlinks=False):
                yield path

    def module(self, path: str) -> Module:
        """The file as a module; one that cannot be read has an error and no source."""
        read = self.unparsed(path)
        return read if read.error else parse_module(path, read.name, read.import_root, read.source)

    def unparsed(self, path: str) -> Module:
        """The same without targets."""
        name, import_root = dotted_name(path, self.is_package, self.python_path)
        source, error = read_source(self.root / path)
        return Module(path, name, import_root, source, error=error)


def open_tree(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    left_out: Sequence[str] = (),
    python_path: Sequence[str] = (),
    python_files: Sequence[str] = (),
) -> Tree:
    """A tree that knows its namespace packages, which only the project's own imports can tell."""
    plain = [path.removeprefix("./").removesuffix("/") for path in python_path]
    tree = Tree(root.resolve(), exclude, left_out, plain, python_files)
    packages = {path.rpartition("/")[0] for path in tree.sources() if path.endswith("/__init__.py")}
    inner = {each for each in packages if "src" not in each.split("/") and not tree.is_package(_parent(each))}
    odd = [each for each in sorted(inner) if "/" in each]
    if not odd:
        return tree
    imported = {name for path in tree.all_files() for name in _IMPORT.findall(read_source(tree.root / path)[0])}
    return replace(tree, namespaces=namespaces_of(odd, imported))


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "."


def read_source(path: Path) -> tuple[str, str | None]:
    """A file's text by its declared encoding (PEP 263), and why there is none."""
    try:
        with tokenize.open(path) as file:
            source = file.read()
    except OSError as error:
        return "", f"cannot be read: {error.strerror or error}"
    except (SyntaxError, UnicodeError) as error:
        return "", f"cannot be decoded: {error}"
    if "\0" in source:
        return "", "holds a NUL byte: not Python source"
    return source, None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_environment(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "pyvenv.cfg"))  # noqa: PTH110, PTH118 (scandir gives text)
