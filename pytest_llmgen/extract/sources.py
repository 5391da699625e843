"""Chooses the modules in scope: what was asked for, what coverage measures, or what the project holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.files import Tree, open_tree
from pytest_llmgen.extract.layout import is_excluded, is_under
from pytest_llmgen.records import Module


def find_modules(
    root: Path,
    *,
    targets: Sequence[str],
    exclude: Sequence[str],
    cov_source: Sequence[str],
    configured_source: Sequence[str],
    test_paths: Sequence[str],
    output_dir: str,
    python_path: Sequence[str] = (),
    python_files: Sequence[str] = (),
) -> tuple[Module, ...]:
    """The modules in scope, by path; those that cannot be read or parsed have an error.

    The first of these that is given and found decides: ``targets`` (``PATH[::QUALNAME]``), the sources of
    ``--cov`` (paths or package names), the source of coverage's configuration, everything under the root.
    ``python_path`` holds the folders of pytest's ``pythonpath``: modules are named as seen from them.
    ``python_files`` are names of test files, as pytest has them.

    Raises:
        LlmgenError: a target does not exist, is outside of the root, excluded or a test.
    """
    root = root.resolve()
    left_out = [*folders_of_tests(root, test_paths), output_dir.removeprefix("./")]
    tree = open_tree(root, exclude=exclude, left_out=left_out, python_path=python_path, python_files=python_files)
    if targets:
        return _asked_for(tree, targets)
    for names in (cov_source, configured_source):
        folders = [folder for name in names for folder in _places(tree, name)]
        paths = {path for folder in folders for path in _sources(tree, folder)}
        if paths:
            return _read(tree, paths, [link for folder in folders for link in tree.links(folder)])
    return _read(tree, _project(tree), [link for link in tree.links() if "/" not in link or _in_package(tree, link)])


def _read(tree: Tree, paths: Collection[str], links: Iterable[str]) -> tuple[Module, ...]:
    """The modules; what only a symbolic link makes importable is not measured, and must not be passed over."""
    modules = {path: tree.module(path) for path in paths}
    for link in links:
        real = _inside(tree, tree.root / link)
        if real is not None and not any(is_under(path, real) for path in paths):
            why = f"a symbolic link to {real}: code behind links is not measured"
            modules[link] = Module(link, link, ".", "", error=why)
            modules[real] = Module(real, real, ".", "", error=f"reached by the symbolic link {link}: not measured")
    return tuple(modules[path] for path in sorted(modules))


def folders_of_tests(root: Path, test_paths: Sequence[str]) -> list[str]:
    """The test paths (globs are allowed, as in pytest) that can be left out."""
    found = (path.resolve() for each in test_paths for path in _expanded(root, each))
    return [path.relative_to(root).as_posix() for path in found if path.is_relative_to(root) and _is_tests(root, path)]


def _expanded(root: Path, path: str) -> Iterable[Path]:
    if Path(path).is_absolute() or not any(sign in path for sign in "*?["):
        return [root / path]
    return sorted(root.glob(path))


def _is_tests(root: Path, path: Path) -> bool:
    """Not so for the root, ``src`` and packages without test files: doctests are run in sources too."""
    if path == root or path.name == "src" or (path / "src").is_dir():
        return False
    return not (path / "__init__.py").is_file() or any(path.glob("test_*.py"))


def _sources(tree: Tree, place: str) -> Iterator[str]:
    paths = [place] if place.endswith(".py") else tree.sources(place)
    yield from (path for path in paths if not is_excluded(path, tree.exclude) and not tree.is_test(path))


def _places(tree: Tree, name: str) -> list[str]:
    """Where a source of coverage is: a path, or a package or module by its dotted name."""
    dotted = name.replace(".", "/")
    tries = [name or ".", dotted, f"src/{dotted}", f"{dotted}.py", f"src/{dotted}.py"]
    for path in (_inside(tree, tree.root / each) for each in tries):
        if path is not None and ((tree.root / path).is_dir() or path.endswith(".py")):
            return [path]
    return []


def _inside(tree: Tree, path: Path) -> str | None:
    """The path relative to the root where it exists there."""
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # missing, a loop of links, a NUL in the name
        return None
    return tree.relative(resolved) if resolved.is_relative_to(tree.root) else None


def _project(tree: Tree) -> set[str]:
    """The packages and modules under the root: those in ``src``, else the packages, modules and loose folders."""
    if not tree.is_package("src"):
        found = set(_sources(tree, "src"))
        if found:
            return found
    everything = set(_sources(tree, "."))
    return {path for path in everything if "/" not in path or _in_package(tree, path)} or everything


def _in_package(tree: Tree, path: str) -> bool:
    return any(tree.is_package(str(folder)) for folder in PurePosixPath(path).parents[:-1])


def _asked_for(tree: Tree, targets: Sequence[str]) -> tuple[Module, ...]:
    wanted: dict[str, list[str]] = {}
    for target in targets:
        place, _, qualname = target.partition("::")
        found = _asked_paths(tree, target, place)
        if qualname and (tree.root / place).is_dir():
            raise LlmgenError(
                f"--llm-target={target}: a name needs a file, and {place or '.'} is a folder",
                fix=_nearest(f"{place}.py", found) or "name the file: PATH.py::QUALNAME",
                slug="target-needs-file",
            )
        for path in found:
            wanted.setdefault(path, []).append(qualname)
    return tuple(_narrowed(tree.module(path), names) for path, names in sorted(wanted.items()))


def _asked_paths(tree: Tree, target: str, place: str) -> list[str]:
    path = _inside(tree, tree.root / place)
    if path is None:
        raise _missing(tree, target, place)
    if is_excluded(path, tree.exclude):
        raise LlmgenError(
            f"--llm-target={target}: excluded by llm_exclude",
            fix="take it out of llm_exclude, or choose another target",
            slug="target-excluded",
        )
    if tree.is_test(path) or any(is_under(path, folder) for folder in tree.left_out):
        raise LlmgenError(
            f"--llm-target={target}: is a test", fix="name the code that it tests", slug="target-is-a-test"
        )
    if (tree.root / path).is_dir():
        found = list(_sources(tree, path))
        if found:
            return found
    if not path.endswith(".py"):
        raise LlmgenError(
            f"--llm-target={target}: no Python source there",
            fix="name a .py file or a folder that holds some",
            slug="target-not-python",
        )
    return [path]


def _missing(tree: Tree, target: str, place: str) -> LlmgenError:
    if (tree.root / place).exists():
        return LlmgenError(
            f"--llm-target={target}: outside of the project's root {tree.root}",
            fix="name a file under the root, or set --rootdir",
            slug="target-outside-root",
        )
    files = sorted(path for path in _sources(tree, "."))
    folders = sorted({path.rpartition("/")[0] for path in files} - {""})
    return LlmgenError(
        f"--llm-target={target}: no such file or folder",
        fix=_nearest(place, [*files, *folders]) or f"name a path relative to {tree.root}",
        slug="target-not-found",
    )


def _narrowed(module: Module, qualnames: Iterable[str]) -> Module:
    """The module with the targets of these names only; a class stands for its methods, nothing for all."""
    names = tuple(qualnames)
    if module.error is not None or not all(names):
        return module
    known = [target.qualname for target in module.targets]
    for name in names:
        if not any(is_part(qualname, name) for qualname in known):
            classes = sorted({qualname.rpartition(".")[0] for qualname in known} - {""})
            raise LlmgenError(
                f"--llm-target={module.path}::{name}: no such function, method or class",
                fix=_nearest(name, [*known, *classes]) or "use a qualified name: function, Class or Class.method",
                slug="target-unknown-name",
            )
    kept = (target for target in module.targets if any(is_part(target.qualname, name) for name in names))
    return replace(module, targets=tuple(kept))


def is_part(qualname: str, name: str) -> bool:
    """Whether a name that was asked for stands for the function, be it as its class."""
    return qualname == name or qualname.startswith((f"{name}.", f"{name}#"))


def _nearest(name: str, known: Sequence[str]) -> str:
    """The names that may have been meant, whole or by their last part."""
    close = get_close_matches(name, known, n=3, cutoff=0.6)
    last = name.replace("/", ".").rpartition(".")[2] if not name.endswith(".py") else name.rpartition("/")[2]
    same_end = [each for each in known if each.endswith(last)][:3]
    names = list(dict.fromkeys([*close, *same_end]))[:3]
    return f"did you mean {' or '.join(names)}?" if names else ""
