"""Where code belongs: the functions of a module, each with what can be covered and mutated in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pytest_llmgen.extract.targets import parse
from pytest_llmgen.mutate.edits import split_lines
from pytest_llmgen.records import Arc, Evidence, FileLines, Module, Mutant, Region, Suppression, Target
from pytest_llmgen.report.reasons import Forks, forks_of, with_values
from pytest_llmgen.review.anchors import MODULE_LEVEL
from pytest_llmgen.review.statements import Statements, neighbourhood, statements_of


@dataclass(frozen=True, slots=True)
class Site:
    """One target, or the code of a file outside of functions, with what can be covered in it."""

    module: Module
    file: FileLines | None
    target: Target | None
    lines: tuple[str, ...]
    ends: Mapping[int, int]  # last line of each statement that has more than one
    forks: Forks
    places: Statements
    statements: tuple[int, ...]
    branches: tuple[Arc, ...]
    mutants: tuple[Mutant, ...]
    changed: frozenset[int] | None
    suppressions: tuple[Suppression, ...] = ()

    @property
    def qualname(self) -> str:
        """The target's name, ``<module>`` outside of functions."""
        return self.target.qualname if self.target else MODULE_LEVEL

    @property
    def key(self) -> str:
        """``path::qualname``."""
        return f"{self.module.path}::{self.qualname}"

    @property
    def span(self) -> tuple[int, int]:
        """First and last line."""
        if self.target:
            return self.target.start_line, self.target.end_line
        return 1, max(1, len(self.lines))

    def last_line(self, statement: int) -> int:
        """The last line of the statement that starts there."""
        return self.ends.get(statement, statement)

    def text(self, line: int) -> str:
        """The statement that starts there, without indentation."""
        return "\n".join(self.line_at(n).strip() for n in range(line, self.last_line(line) + 1))

    def line_at(self, line: int) -> str:
        """One line of the source, as it stands."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def region(self, start: int, end: int) -> Region:
        """The place of whole lines, without the indentation of the first."""
        first, last = self.line_at(start), self.line_at(end)
        return Region(start, len(first) - len(first.lstrip()) + 1, end, len(last) + 1)

    def context(self, line: int) -> str:
        """What a decision on code of that line rests on: the function, else the statement with its neighbours."""
        if self.target:
            return self.target.context
        spot = self.places.starting_at(line)
        return neighbourhood(spot) if spot else ""

    def number(self, line: int) -> int:
        """The statement that starts there is the n-th like it in the function."""
        spot = self.places.starting_at(line)
        return self.places.number(spot) if spot else 1

    def identity(self, line: int) -> str:
        """What tells the statement that starts there from all others of the function; empty where nothing does."""
        spot = self.places.starting_at(line)
        return self.places.identity(spot) if spot else ""

    def identity_around(self, mutant: Mutant) -> str:
        """The same for the statement that holds a mutant."""
        line, column = mutant.region.start_line, mutant.region.start_column
        spot = self.places.holding(line, len(self.line_at(line)[: column - 1].encode(errors="surrogatepass")))
        return self.places.identity(spot) if spot else ""

    def is_new(self, start: int, end: int) -> bool:
        """Whether a changed line is among these."""
        return self.changed is None or any(line in self.changed for line in range(start, end + 1))

    def is_new_statement(self, statement: int) -> bool:
        """Whether the statement that starts there was changed."""
        return self.is_new(statement, self.last_line(statement))

    def is_touched(self) -> bool:
        """Whether anything of it was changed."""
        if self.target:
            return self.is_new(*self.span)
        parts = any(map(self.is_new_statement, self.statements)) or any(map(self.is_new_mutant, self.mutants))
        return parts or bool(self.suppressions)

    @property
    def is_empty(self) -> bool:
        """Whether a file has nothing outside of its functions."""
        return self.target is None and not (self.statements or self.mutants or self.suppressions)

    def is_new_mutant(self, mutant: Mutant) -> bool:
        """Whether the mutant's span touches a changed line."""
        return self.is_new(mutant.region.start_line, mutant.region.end_line)


def sites_of(module: Module, evidence: Evidence) -> list[Site]:
    """The targets of a module and the rest of it; without what ``evidence.changed`` does not touch."""
    if module.error is not None:
        return []
    known, inside = _outline(module.source)
    file = evidence.files.get(module.path)
    lines = tuple(line.rstrip("\r\n") for line in split_lines(module.source))
    changed = None if evidence.changed is None else evidence.changed.get(module.path, frozenset())
    mutants = [mutant for mutant in evidence.mutants if mutant.path == module.path]
    homes = {mutant.id: _home(mutant, module.targets) for mutant in mutants}
    forks = with_values(known, evidence.seen.get(module.path, {}))
    shared = (lines, _ends(file), forks, statements_of(module.source))
    added = [each for each in evidence.suppressions if each.path == module.path]
    sites = []
    for target in (*module.targets, None):
        statements = _statements(file, target, inside)
        own = tuple(mutant for mutant in mutants if homes[mutant.id] is target)
        branches = _branches(file, frozenset(statements))
        quiet = tuple(each for each in added if _target_at(each.line, module.targets) is target)
        sites.append(Site(module, file, target, *shared, statements, branches, own, changed, quiet))
    return [site for site in sites if site.is_touched() and not site.is_empty]


def _ends(file: FileLines | None) -> dict[int, int]:
    ends: dict[int, int] = {}
    for line, first in file.first_line.items() if file else ():
        ends[first] = max(line, ends.get(first, first))
    return ends


def _home(mutant: Mutant, targets: Sequence[Target]) -> Target | None:
    """By place and not by name: a property's getter and setter may share theirs."""
    return _target_at(mutant.region.start_line, targets)


def _target_at(line: int, targets: Sequence[Target]) -> Target | None:
    return next((t for t in targets if t.start_line <= line <= t.end_line), None)


def _statements(file: FileLines | None, target: Target | None, inside: frozenset[int]) -> tuple[int, ...]:
    """Statements of a function's body; decorators and ``def`` run with the module around it."""
    if file is None:
        return ()
    if target is None:
        return tuple(sorted(file.statements - inside))
    return tuple(sorted(s for s in file.statements & inside if target.def_line < s <= target.end_line))


def _branches(file: FileLines | None, statements: frozenset[int]) -> tuple[Arc, ...]:
    return tuple(sorted(arc for arc in file.branches if arc[0] in statements)) if file else ()


@lru_cache(maxsize=64)  # a run assesses the same few modules two or three times
def _outline(source: str) -> tuple[Forks, frozenset[int]]:
    """Its conditions, and the lines inside of functions."""
    tree = parse(source)
    return MappingProxyType(dict(forks_of(tree))), _lines_in_functions(tree)


def _lines_in_functions(tree: ast.Module) -> frozenset[int]:
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    spans = (range(max(f.body[0].lineno, f.lineno + 1), (f.end_lineno or f.lineno) + 1) for f in functions)
    return frozenset(line for span in spans for line in span)
