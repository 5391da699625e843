"""Everything of a project that contexts are made from, read once."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path

from pytest_llmgen.extract.declared import is_declared, read_requirements
from pytest_llmgen.extract.examples import Example, TextFile, async_plugin_of, read_examples, read_fixtures
from pytest_llmgen.extract.files import open_tree, read_source
from pytest_llmgen.extract.habits import Habits, habits_of
from pytest_llmgen.extract.layout import is_excluded, is_under
from pytest_llmgen.extract.names import Names, imported_modules, names_of, parse_or_empty
from pytest_llmgen.extract.sources import folders_of_tests
from pytest_llmgen.extract.strategies import read_strategies
from pytest_llmgen.extract.targets import Definition, last_name
from pytest_llmgen.records import Fixture, Module, Strategy

_SETTINGS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_GENERATED = "llm_generated"  # the marker in the files that this plugin writes

Versions = Callable[[Iterable[str]], Mapping[str, tuple[str, str]]]
"""Top-level import names -> distribution and version, for those that are installed."""


@dataclass(frozen=True, slots=True)
class Use:
    """A place in the project's sources where something is called or read by this name."""

    module: Module
    definition: Definition
    node: ast.Call | ast.Attribute

    @property
    def called(self) -> ast.expr:
        """The expression that names it."""
        return self.node.func if isinstance(self.node, ast.Call) else self.node


@dataclass(frozen=True)
class Project:
    """The project's text; what is worked out from it is kept, because every target needs it."""

    modules: tuple[Module, ...]  # all of the sources, not only those in scope
    tests: tuple[TextFile, ...] = ()  # without generated ones
    conftests: tuple[TextFile, ...] = ()
    settings: str = ""  # the text of pytest's configuration files
    output_dir: str = "tests/llmgen"
    versions: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # top-level import -> distribution, version
    formatting: str = ""  # the text of the formatter's own configuration file
    requirements: str = ""  # the text of the files that say what the project needs

    @cached_property
    def names(self) -> Mapping[str, Names]:
        """Dotted module name -> its names; of equal names the first module, in scope, counts."""
        return {module.name: names_of(module) for module in reversed(self.modules)}

    def names_in(self, module: Module) -> Names:
        """The names of a module, also where another file has the same dotted name."""
        known = self.names.get(module.name)
        return known if known and known.module.path == module.path else names_of(module)

    @cached_property
    def uses(self) -> Mapping[str, tuple[Use, ...]]:
        """Name -> where the functions of the project call it or read it as an attribute."""
        found: dict[str, list[Use]] = defaultdict(list)
        for names in self.names.values():
            for definition in names.functions.values():
                for node in ast.walk(definition.node):
                    if isinstance(node, ast.Call):
                        found[_own_name(names, node.func)].append(Use(names.module, definition, node))
                    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                        found[node.attr].append(Use(names.module, definition, node))
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The project's own tests."""
        return read_examples(self.tests)

    @cached_property
    def fixtures(self) -> tuple[Fixture, ...]:
        """The fixtures that generated tests can ask for."""
        return read_fixtures(self.conftests, self.output_dir)

    @cached_property
    def async_plugin(self) -> str | None:
        """What runs the project's async tests."""
        return async_plugin_of(self.settings, [*self.tests, *self.conftests])

    @cached_property
    def habits(self) -> Habits:
        """How the project's own tests are written."""
        texts = [file.source for file in (*self.tests, *self.conftests)]
        return habits_of(self.names, texts, f"{self.requirements}\n{self.settings}\n{self.formatting}")

    @cached_property
    def has_hypothesis(self) -> bool:
        """Whether tests of the project may need hypothesis."""
        return is_declared("hypothesis", self.requirements, [file.source for file in (*self.tests, *self.conftests)])

    @cached_property
    def strategies(self) -> tuple[Strategy, ...]:
        """What the project's tests draw values from."""
        return read_strategies((*self.conftests, *self.tests))


def _own_name(names: Names, called: ast.expr) -> str:
    """The name under which something is defined, where an import gave it another."""
    name = last_name(called)
    imported = names.imports.get(name, ("", ""))[1] if isinstance(called, ast.Name) else ""
    return imported or name


def installed_versions(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The distributions in this environment that bring these top-level names."""
    known = metadata.packages_distributions()
    return {name: (known[name][0], metadata.version(known[name][0])) for name in sorted(names) if name in known}


def read_project(
    root: Path,
    modules: Sequence[Module],
    test_paths: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    output_dir: str = "tests/llmgen",
    python_path: Sequence[str] = (),
    python_files: Sequence[str] = (),
    versions: Versions = installed_versions,
) -> Project:
    """The project with the modules in scope, its other sources and its own tests.

    Files that ``exclude`` names are not read, so that no part of them can be sent anywhere.
    """
    tree = open_tree(root, exclude=exclude, python_path=python_path, python_files=python_files)
    output_dir = output_dir.removeprefix("./")
    in_scope = {module.path for module in modules}
    paths = [path for path in tree.all_files() if not is_excluded(path, exclude)]
    folders = folders_of_tests(tree.root, test_paths)
    own = [path for path in paths if tree.is_test(path, folders) and not is_under(path, output_dir)]
    others = [path for path in tree.sources() if path not in in_scope and path not in set(own)]
    sources = (*modules, *(tree.unparsed(path) for path in others if not is_under(path, output_dir)))
    read = [TextFile(path, read_source(tree.root / path)[0]) for path in own if path not in in_scope]
    written = [file for file in read if _GENERATED not in file.source or file.path.endswith("conftest.py")]
    return Project(
        modules=sources,
        tests=tuple(file for file in written if not file.path.endswith("conftest.py")),
        conftests=tuple(file for file in written if file.path.endswith("conftest.py")),
        settings="\n".join(read_source(tree.root / name)[0] for name in _SETTINGS),
        output_dir=output_dir,
        versions=versions(_foreign(modules, sources)),
        formatting="\n".join(read_source(tree.root / name)[0] for name in ("ruff.toml", ".ruff.toml")),
        requirements=read_requirements(root),
    )


def _foreign(modules: Sequence[Module], sources: Sequence[Module]) -> set[str]:
    """The top-level names that modules import from neither the standard library nor the project."""
    own = {module.name.partition(".")[0] for module in sources} | set(sys.stdlib_module_names)
    found = (imported_modules(parse_or_empty(module.source)) for module in modules)
    return {name.partition(".")[0] for names in found for name in names} - own
