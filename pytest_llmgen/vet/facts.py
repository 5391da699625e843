"""Gathers what vetting needs from the interpreter and the project's files: the room's one edge."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from pytest_llmgen.records import Module
from pytest_llmgen.vet.known import ModuleNames, VetFacts, names_of, words
from pytest_llmgen.vet.tables import STRONG

BUILTIN_FIXTURES = words(
    "capfd capfdbinary caplog capsys capsysbinary doctest_namespace monkeypatch record_property "
    "record_testsuite_property recwarn request subtests tmp_path tmp_path_factory tmpdir tmpdir_factory"
)
PLUGIN_FIXTURES: Mapping[str, tuple[str, ...]] = {
    "anyio": ("anyio_backend",),
    "pytest_asyncio": ("unused_tcp_port", "unused_tcp_port_factory"),
    "pytest_mock": ("mocker",),
    "requests_mock": ("requests_mock",),
    "respx": ("respx_mock",),
    "time_machine": ("time_machine",),
}
_NOT_PROJECT = frozenset({"build", "dist", "node_modules", "site-packages", "venv"})


def gather(
    root: Path, modules: Sequence[Module], *, fixtures: Sequence[str] = (), tests: Sequence[str] = ()
) -> VetFacts:
    """Facts about the project at ``root``.

    Args:
        root: the folder that ``Module.path`` is relative to.
        modules: those in scope; the other modules beside them are read from disk.
        fixtures: names of the project's own fixtures (of conftest files).
        tests: source texts of the project's tests: what they import, new tests may import too.
    """
    names = dict(_read_modules(root, modules))
    names.update({m.name: _names(m.source, m.name, is_package=m.path.endswith("__init__.py")) for m in modules})
    project = frozenset(name.partition(".")[0] for name in names)
    installed = frozenset(packages_distributions()) - project
    sources = [*(module.source for module in modules), *tests]
    imported = frozenset(name for source in sources for name in _imported(source))
    imported |= {origin.partition(".")[0] for module in names.values() for origin in module.names.values()}
    return VetFacts(
        targets={target.key: target for module in modules for target in module.targets},
        stdlib=frozenset(sys.stdlib_module_names),
        installed=installed | {name for name in imported - project if _exists(name)},
        dependencies=imported - project,
        project=project,
        modules=names,
        fixtures=BUILTIN_FIXTURES | frozenset(fixtures) | _plugin_fixtures(installed),
        words=frozenset(word for word in STRONG if any(word in module.source for module in modules)),
    )


def _plugin_fixtures(installed: frozenset[str]) -> frozenset[str]:
    return frozenset(name for plugin, names in PLUGIN_FIXTURES.items() if plugin in installed for name in names)


def _exists(name: str) -> bool:
    try:
        return bool(name) and find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _read_modules(root: Path, modules: Sequence[Module]) -> Iterator[tuple[str, ModuleNames]]:
    for import_root in sorted({module.import_root for module in modules}):
        base = root / import_root
        for path in _python_files(base):
            *folders, stem = path.relative_to(base).with_suffix("").parts
            parts = (*folders, stem.partition(".")[0])  # compiled modules have a platform's tag
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            if path.suffix != ".py":  # compiled: its names cannot be read
                yield name, ModuleNames(is_open=True)
            else:
                yield name, _names(path.read_text("utf-8", "replace"), name, is_package=is_package)
    for module in modules:  # folders without __init__.py are packages too
        for index, letter in enumerate(module.name):
            if letter == ".":
                package = module.name[:index]
                path = root / module.import_root / package.replace(".", "/") / "__init__.py"
                if not path.exists():
                    yield package, ModuleNames()


def _python_files(base: Path) -> Iterator[Path]:
    for entry in sorted(base.iterdir()):
        if entry.name.startswith(".") or entry.name in _NOT_PROJECT:
            continue
        if entry.suffix in {".py", ".so", ".pyd"} and entry.is_file():
            yield entry
        elif (entry / "__init__.py").is_file():
            yield from sorted(p for p in entry.rglob("*") if p.suffix in {".py", ".so", ".pyd"} and p.is_file())


def _names(source: str, name: str, *, is_package: bool) -> ModuleNames:
    try:
        return names_of(ast.parse(source), name, is_package=is_package)
    except (SyntaxError, ValueError):
        return ModuleNames(is_open=True)


def _imported(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
