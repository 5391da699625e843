"""A candidate as trees, and what its names stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pytest_llmgen.records import Candidate, Fate, Refusal, Target
from pytest_llmgen.vet.known import VetFacts

Function = ast.FunctionDef | ast.AsyncFunctionDef

SENSITIVE = frozenset(
    [
        "os",
        "sys",
        "subprocess",
        "builtins",
        "importlib",
        "ctypes",
        "socket",
        "signal",
        "shutil",
        "posix",
        "nt",
        "multiprocessing",
        "pty",
        "atexit",
        "runpy",
        "gc",
        "mmap",
    ]
)


@dataclass(frozen=True)
class Scope:
    """A parsed candidate; ``pieces`` are its imports, helpers and, last, its test."""

    candidate: Candidate
    facts: VetFacts
    pieces: tuple[ast.Module, ...]
    test: Function

    @cached_property
    def target(self) -> Target:
        """The target of the candidate."""
        return self.facts.targets[self.candidate.target]

    @cached_property
    def helpers(self) -> tuple[ast.stmt, ...]:
        """The statements of its helpers."""
        count = len(self.candidate.imports)
        return tuple(statement for piece in self.pieces[count:-1] for statement in piece.body)

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Functions among the helpers."""
        return tuple(h for h in self.helpers if isinstance(h, ast.FunctionDef | ast.AsyncFunctionDef))

    def walk(self) -> Iterator[ast.AST]:
        """Every node of every piece."""
        for piece in self.pieces:
            yield from ast.walk(piece)

    @cached_property
    def imported(self) -> Mapping[str, str]:
        """Names bound by import statements anywhere in it -> what they stand for, dotted."""
        names: dict[str, str] = {}
        for node in self.walk():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        return names

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that it assigns, defines or takes as parameters, anywhere."""
        return frozenset(name for node in self.walk() for name in _binds(node))

    def dotted(self, node: ast.AST) -> str | None:
        """What an expression stands for where it starts at an import (``os.path.join``) or a builtin."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        if node.id in self.imported:
            return self.real(".".join([self.imported[node.id], *reversed(parts)]))
        return None if node.id in self.bound else ".".join(["builtins", node.id, *reversed(parts)])

    def real(self, dotted: str) -> str:
        """``shop.cart.os.system`` is ``os.system``: modules found inside other modules by their own names."""
        for _ in range(5):
            split = self.split(dotted)
            if split is None:
                break
            module, name, rest = split
            origin = self.facts.modules[module].names.get(name, "") if name else ""
            if not origin or origin == dotted:
                return dotted
            dotted = ".".join([origin, *rest])
        parts = dotted.split(".")
        for index in range(len(parts) - 1, 0, -1):
            if parts[index].lstrip("_") in SENSITIVE and parts[0] not in self.facts.project:
                return ".".join([parts[index].lstrip("_"), *parts[index + 1 :]])
        return dotted

    def split(self, dotted: str) -> tuple[str, str, list[str]] | None:
        """The project's module at the start of a dotted name, the next name (or ``""``) and the rest."""
        parts = dotted.split(".")
        for end in range(len(parts), 0, -1):
            module = ".".join(parts[:end])
            if module in self.facts.modules:
                return module, parts[end] if end < len(parts) else "", parts[end + 1 :]
        return None

    def is_project(self, dotted: str) -> bool:
        """Whether a dotted name starts in the project."""
        return dotted.partition(".")[0] in self.facts.project

    def refusal(self, code: str, message: str, node: ast.AST | None = None, fate: Fate = Fate.INVALID) -> Refusal:
        """A refusal; its line counts in ``candidate.source`` and is None for imports and helpers."""
        inside = node is not None and any(node is each for each in ast.walk(self.pieces[-1]))
        return Refusal(code, message, getattr(node, "lineno", None) if inside else None, fate)


def parse(candidate: Candidate, facts: VetFacts) -> Scope | Refusal:
    """The candidate as trees, or the refusal that says why it is none."""
    pieces: list[ast.Module] = []
    for piece in (*candidate.imports, *candidate.helpers, candidate.source):
        try:
            pieces.append(ast.parse(piece))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) if piece is candidate.source else None
            first = piece.strip().partition("\n")[0]
            return Refusal("syntax-error", f"it is not valid Python: {error} (in the part that starts `{first}`)", line)
    body = pieces[-1].body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return Refusal("not-a-test", "it must be exactly one test function; put anything else into a helper")
    return Scope(candidate, facts, tuple(pieces), body[0])


def parameters(function: Function) -> tuple[str, ...]:
    """The parameters that pytest fills: those without a default."""
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args]
    plain = plain[: len(plain) - len(spec.defaults)]
    only = [arg for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None]
    return tuple(arg.arg for arg in [*plain, *only])


def flow(
    roots: Iterator[ast.AST], seeds: frozenset[str], carries: Callable[[ast.AST, frozenset[str]], bool]
) -> frozenset[str]:
    """The names that a value reaches through assignments, loops and ``with``, starting at ``seeds``."""
    pairs = [pair for root in roots for node in ast.walk(root) for pair in assignments(node)]
    names = seeds
    while True:
        more = {name for targets, value in pairs if carries(value, names) for name in targets} - names
        if not more:
            return names
        names |= more


def assignments(node: ast.AST) -> Iterator[tuple[frozenset[str], ast.AST]]:
    """Names bound by a node, each with the expression that they are bound to."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield roots_of(target), node.value
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield roots_of(node.target), node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield roots_of(node.target), node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield roots_of(node.optional_vars), node.context_expr


def roots_of(target: ast.AST) -> frozenset[str]:
    """The names at the start of an assignment's target: ``a`` and ``b`` for ``a.x, b[0] = ...``."""
    if isinstance(target, ast.Tuple | ast.List):
        return frozenset(name for each in target.elts for name in roots_of(each))
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
        target = target.value
    return frozenset({target.id}) if isinstance(target, ast.Name) else frozenset()


def _binds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif (
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        or isinstance(node, ast.ExceptHandler)
        and node.name
    ):
        yield node.name
