"""A candidate as trees, and what its names stand for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pytest_llmgen.records import Candidate, Fate, Refusal, Target
from pytest_llmgen.vet.known import VetFacts, words
from pytest_llmgen.vet.reading import note_locals, with_annotations

Function = ast.FunctionDef | ast.AsyncFunctionDef

SENSITIVE = words(
    "os sys subprocess builtins importlib ctypes socket signal shutil posix nt multiprocessing pty atexit runpy gc "
    "mmap inspect pkgutil marshal fcntl"
)
NEVER_HIDDEN = words(
    "eval exec compile __import__ __builtins__ __loader__ __spec__ globals breakpoint open getattr setattr delattr"
)
"""Builtins that stay what they are, whatever else has their name somewhere."""


_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=]")
"""PEP 263: Python would read another text than was vetted."""


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
        return dict(self._imports())

    def _imports(self) -> Iterator[tuple[str, str]]:
        for node in self.walk():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    yield alias.asname or top, alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module or ''}.{alias.name}"

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        """Names that import statements bind to different things."""
        found: dict[str, set[str]] = {}
        for name, dotted in self._imports():
            found.setdefault(name, set()).add(dotted)
        return frozenset(name for name, origins in found.items() if len({self.real(o) for o in origins}) > 1)

    @cached_property
    def modules(self) -> frozenset[str]:
        """Names that ``import x`` binds."""
        nodes = (node for node in self.walk() if isinstance(node, ast.Import))
        return frozenset(alias.asname or alias.name.partition(".")[0] for node in nodes for alias in node.names)

    @cached_property
    def docstrings(self) -> frozenset[int]:
        """Ids of the strings that only document."""
        owners = (n for n in self.walk() if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
        first = (owner.body[0] for owner in owners)
        return frozenset(id(each.value) for each in first if isinstance(each, ast.Expr))

    def is_resolved_getattr(self, node: ast.AST) -> bool:
        """Whether it is ``getattr(x, "name")``, which is ``x.name``."""
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "getattr"
            and len(node.args) > 1
            and isinstance(node.args[1], ast.Constant)
            and isinstance(node.args[1].value, str)
        )

    def is_own(self, dotted: str) -> bool:
        """Whether a dotted name starts at something that the candidate made itself."""
        return dotted.partition(".")[0] not in self.facts.stdlib | self.facts.project | self.facts.installed

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Names that it assigns or defines, the test and parameters left out."""
        names = {node.id for node in self.walk() if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return frozenset(names | {n.name for n in self.walk() if isinstance(n, kinds) and n is not self.test})

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that it assigns, defines or takes as parameters, anywhere."""
        return frozenset(name for node in self.walk() for name in _binds(node))

    @cached_property
    def pairs(self) -> tuple[tuple[frozenset[str], ast.AST], ...]:
        """Every name with every expression that it is bound to, arguments of its own functions included."""
        nodes = list(self.walk())
        own = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        pairs = [pair for node in nodes for pair in assignments(node)]
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own:
                names = [arg.arg for arg in own[node.func.id].args.args]
                pairs += [(frozenset({name}), arg) for name, arg in zip(names, node.args, strict=False)]
                pairs += [(frozenset({k.arg}), k.value) for k in node.keywords if k.arg]
        return tuple(pairs)

    def dotted(self, node: ast.AST) -> str | None:
        """What an expression stands for where it starts at an import (``os.path.join``) or a builtin."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) or self.is_resolved_getattr(node):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call):
                parts += reversed(str(node.args[1].value).split("."))  # type: ignore[attr-defined]  # a constant
                node = node.args[0]
        if not isinstance(node, ast.Name) or node.id in self._local_names.get(id(node), ()):
            return None
        if node.id in self.imported:
            return self.real(".".join([self.imported[node.id], *reversed(parts)]))
        return (
            None
            if node.id in self.bound and node.id not in NEVER_HIDDEN
            else ".".join(["builtins", node.id, *reversed(parts)])
        )

    @cached_property
    def _local_names(self) -> Mapping[int, frozenset[str]]:
        """For each name the names that are variables of the functions round it, and no imports."""
        found: dict[int, frozenset[str]] = {}
        for piece in self.pieces:
            note_locals(piece, frozenset(), found)
        return found

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
            is_hidden = parts[index].lstrip("_") in SENSITIVE and parts[index] != parts[index - 1]
            if is_hidden and parts[0] not in self.facts.project:
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
    if any(_COOKIE.match(line) for line in candidate.source.splitlines()[:2]):
        return Refusal("dynamic-code", "a comment that changes the encoding of its file", None, Fate.UNSAFE)
    for piece in (*candidate.imports, *candidate.helpers, candidate.source):
        try:
            pieces.append(with_annotations(ast.parse(piece)))
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


def argnames(scope: Scope, call: ast.AST) -> frozenset[str]:
    """The parameters that a decorator of pytest's parametrize fills."""
    if not isinstance(call, ast.Call) or scope.dotted(call.func) != "pytest.mark.parametrize":
        return frozenset()
    first = [*call.args, *(k.value for k in call.keywords if k.arg == "argnames")][:1]
    texts = (n.value for arg in first for n in ast.walk(arg) if isinstance(n, ast.Constant))
    return frozenset(name.strip() for text in texts for name in str(text).split(","))


def flow(scope: Scope, seeds: frozenset[str], carries: Callable[[ast.AST, frozenset[str]], bool]) -> frozenset[str]:
    """The names that a value reaches through assignments, loops, ``with`` and calls, starting at ``seeds``."""
    names = seeds
    while True:
        more = {name for bound, value in scope.pairs if carries(value, names) for name in bound} - names
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
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    else:
        yield from [node.name] if isinstance(node, ast.ExceptHandler) and node.name else []
