"""Import statements as bindings of names, and back to one sorted block."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

WIDTH = 88  # the narrower of the usual line lengths; a longer import is split one name per line


@dataclass(frozen=True, slots=True)
class Binding:
    """One name that an import statement binds; ``name`` is None for ``import module``."""

    module: str
    name: str | None = None
    alias: str | None = None

    @property
    def local(self) -> str:
        """The name in the importing module."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def meaning(self) -> tuple[str, ...]:
        """Equal for bindings that may share a local name: ``import a.b`` and ``import a.c`` may share ``a``."""
        if self.name is None:
            return ("import", self.module if self.alias else self.module.partition(".")[0])
        return ("from", self.module, self.name)

    def renamed(self, local: str) -> Binding:
        """The same thing under another local name."""
        return replace(self, alias=None if local == self.name else local)


def bindings(statements: Iterable[str]) -> Iterator[Binding]:
    """The names that import statements bind, in order."""
    for statement in statements:
        for node in ast.parse(statement).body:
            if isinstance(node, ast.Import):
                yield from (Binding(alias.name, None, alias.asname) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                yield from (Binding(module, a.name, a.asname if a.asname != a.name else None) for a in node.names)


def render_imports(found: Iterable[Binding], project: frozenset[str]) -> str:
    """One sorted block: future, standard library, third party, project; plain imports before ``from``."""
    unique = sorted(set(found), key=lambda binding: (_section(binding.module, project), _order(binding)))
    sections = groupby(unique, key=lambda binding: _section(binding.module, project))
    return "\n\n".join("\n".join(_statements(list(section))) for _, section in sections)


def _section(module: str, project: frozenset[str]) -> int:
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    if module.startswith("."):
        return 4
    return 3 if top in project else 1 if top in sys.stdlib_module_names else 2


def _order(binding: Binding) -> tuple[bool, str, str, tuple[int, str, str], str]:
    return (
        binding.name is not None,
        binding.module.lower(),
        binding.module,
        _member(binding.name or ""),
        binding.alias or "",
    )


def _member(name: str) -> tuple[int, str, str]:
    """Constants, then classes, then the rest, as isort and ruff do."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name


def _statements(section: list[Binding]) -> Iterator[str]:
    plain = [b for b in section if b.name is None]
    yield from (f"import {b.module}{f' as {b.alias}' if b.alias else ''}" for b in plain)
    members = [b for b in section if b.name is not None]
    for module, group in groupby(members, key=lambda binding: binding.module):
        yield from _from(module, list(group))


def _from(module: str, group: list[Binding]) -> Iterator[str]:
    """Names without an alias share a statement; each alias has its own, as isort and ruff do."""
    joined = [b.name or "" for b in group if not b.alias]
    lines = [(_member(b.name or ""), f"from {module} import {b.name} as {b.alias}") for b in group if b.alias]
    if joined:
        line = f"from {module} import {', '.join(joined)}"
        if len(line) > WIDTH:
            line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in joined) + ")"
        lines.append((_member(joined[0]), line))
    yield from (line for _, line in sorted(lines))
