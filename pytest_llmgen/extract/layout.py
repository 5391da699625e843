"""Which paths are sources, which are tests and what a module is called; paths only, no files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# Folders that never hold the project's own sources, wherever they are.
_NEVER = frozenset({"tests", "node_modules", "site-packages", "dist-packages", "__pycache__", "__pypackages__"})
# Folders that do not either, unless they are inside of a package (``pip._internal.operations.build``).
_OUTSIDE_PACKAGES = frozenset(
    {"test", "doc", "docs", "build", "dist", "env", "venv", "examples", "benchmarks", "htmlcov", "vendor"}
)
# Files that tools read and no test imports, unless they are inside of a package.
_TOOL_FILES = frozenset({"setup.py", "noxfile.py", "fabfile.py", "versioneer.py", "test.py", "tests.py"})


TEST_NAMES = ("test_*.py", "*_test.py")
"""What pytest takes for test files unless ``python_files`` says otherwise."""
_OTHER_TEST_NAMES = ("test.py", "tests.py")
"""Test files of other frameworks: pytest collects them only where it is told to."""


def is_test_path(path: str, test_paths: Sequence[str] = (), python_files: Sequence[str] = ()) -> bool:
    """Whether a file may belong to the tests: by its name, by a ``tests`` folder or by ``testpaths``."""
    return is_among_tests(path, test_paths) or has_test_name(path, python_files)


def is_among_tests(path: str, test_paths: Sequence[str] = ()) -> bool:
    """Whether a file belongs to the tests by its place, whatever is in it."""
    pure = PurePosixPath(path)
    is_in_folder = "tests" in pure.parts[:-1] or any(is_under(path, folder) for folder in test_paths)
    return is_in_folder or pure.name == "conftest.py"


def has_test_name(path: str, python_files: Sequence[str] = ()) -> bool:
    """Whether a file is named like a test: as pytest has it, or as the project's ``python_files`` do."""
    pure = PurePosixPath(path)
    return pure.name in _OTHER_TEST_NAMES or any(pure.match(pattern) for pattern in (*TEST_NAMES, *python_files))


def could_be_source(path: str) -> bool:
    """Whether a file at this path may be code under test, as far as its name can tell."""
    pure = PurePosixPath(path)
    folders = pure.parts[:-1]
    is_open = all(is_source_folder(name, in_package=place > 0) for place, name in enumerate(folders))
    return is_open and not is_test_path(path) and is_source_file(pure.name, in_package=bool(folders))


def is_under(path: str, folder: str) -> bool:
    """Whether a path is a folder or inside of it; ``.`` holds everything."""
    folder = folder.removesuffix("/")
    return folder in ("", ".") or path == folder or path.startswith(folder + "/")


def is_excluded(path: str, globs: Sequence[str]) -> bool:
    """Whether a glob names the path, one of its folders or, without a slash, its last part."""
    names = [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]
    return any(_matches(name, glob.removeprefix("./").removesuffix("/")) for name in names for glob in globs)


def _matches(name: str, glob: str) -> bool:
    if "/" not in glob:
        return fnmatchcase(name, glob) or fnmatchcase(PurePosixPath(name).name, glob)
    return fnmatchcase(name, glob) or (glob.startswith("**/") and fnmatchcase(name, glob[3:]))


def is_source_folder(name: str, *, in_package: bool) -> bool:
    """Whether a folder of this name is looked into."""
    if name.startswith(".") or name in _NEVER or name.endswith((".egg-info", ".dist-info")):
        return False
    return name.isidentifier() if in_package else name not in _OUTSIDE_PACKAGES


def is_source_file(name: str, *, in_package: bool) -> bool:
    """Whether a file of this name can be imported by tests."""
    return name.endswith(".py") and name[:-3].isidentifier() and (in_package or name not in _TOOL_FILES)


def dotted_name(path: str, is_package: Callable[[str], bool], roots: Sequence[str] = ()) -> tuple[str, str]:
    """The name by which tests import a file, and the folder that must be on ``sys.path``.

    ``is_package`` says of a folder whether it is one; ``roots`` are folders that are on ``sys.path``.  The
    import root is the first folder upwards that is no package; but inside of a ``src`` folder or one of
    the roots it is that folder, and the project's root where there is no package at all.
    """
    pure = PurePosixPath(path)
    root = _import_root(pure.parent, is_package, roots)
    parts = pure.relative_to(root).with_suffix("").parts
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts), str(root)


def _import_root(folder: PurePosixPath, is_package: Callable[[str], bool], roots: Sequence[str]) -> PurePosixPath:
    top = PurePosixPath()
    while folder != top and not is_package(str(folder)):  # a folder without __init__.py in a package
        if _is_root(folder, roots):
            return folder
        folder = folder.parent
    while folder != top and is_package(str(folder)):
        folder = folder.parent
    return next((each for each in (folder, *folder.parents) if each != top and _is_root(each, roots)), folder)


def _is_root(folder: PurePosixPath, roots: Sequence[str]) -> bool:
    return folder.name == "src" or str(folder) in roots


def namespaces_of(packages: Iterable[str], imported: Collection[str]) -> frozenset[str]:
    """The folders without ``__init__.py`` that are packages all the same, for the project imports them so.

    ``packages`` are folders with an ``__init__.py``; ``imported`` are dotted names.
    """
    found: set[str] = set()
    for package in packages:
        dotted = package.replace("/", ".")
        if any(name == dotted or name.startswith(f"{dotted}.") for name in imported):
            found.update(str(parent) for parent in PurePosixPath(package).parents[:-1])
    return frozenset(found)
