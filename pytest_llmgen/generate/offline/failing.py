"""Collaborators that fail: stand-ins that raise what the code around a call of theirs is ready to catch."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, dotted
from pytest_llmgen.generate.offline.terms import Term, unique
from pytest_llmgen.generate.offline.world import ClassShape, World

_MAX_GUARDED, _MAX_ERRORS, _PER_ERROR = 4, 4, 2
_TEXT = "'boom'"
_GENERAL = {"Exception": "RuntimeError", "BaseException": "RuntimeError"}
YIELD = "yield"
"""Stands for the block of whom a context manager lets in."""
_MAKERS = {"Mock", "AsyncMock"}


class _Terms(Protocol):
    def terms(self, node: ast.expr | None, depth: int = 0) -> list[Term]:
        """Values for an annotation."""

    def build(self, shape: ClassShape, depth: int = 0) -> list[Term]:
        """Objects of a class."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A call inside of a ``try``: what is called, and what is caught."""

    name: str
    is_method: bool
    errors: tuple[str, ...]
    is_repeated: bool  # the ``try`` is in a loop, so that it may be called again
    is_awaited: bool = False


def guarded_calls(nodes: Iterable[ast.AST]) -> list[Guarded]:
    """The calls that stand in a ``try`` with handlers, or below ``suppress``."""
    found = [call for node in nodes for call in _below(node, (), in_loop=False, is_repeated=False)]
    return list(dict.fromkeys(found))


def _below(node: ast.AST, errors: tuple[str, ...], *, in_loop: bool, is_repeated: bool) -> Iterator[Guarded]:
    item: ast.AST
    match node:
        case ast.Try():
            yield from _in_try(node, errors, in_loop=in_loop, is_repeated=is_repeated)
            return
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=function, args=caught_here))]) if dotted(
            function
        ).endswith("suppress"):
            errors = (*(name for each in caught_here for name in _names(each)), *errors)
            is_repeated = in_loop
        case ast.For() | ast.AsyncFor() | ast.While():
            in_loop = True
        case ast.Await(value=ast.Call() as call) if errors:
            yield from (replace(each, is_awaited=True) for each in _call(call, errors, is_repeated))
            for item in ast.iter_child_nodes(call):
                yield from _below(item, errors, in_loop=in_loop, is_repeated=is_repeated)
            return
        case ast.Call() if errors:
            yield from _call(node, errors, is_repeated)
        case ast.Yield() if errors:
            yield Guarded(YIELD, False, errors, is_repeated)
    for item in ast.iter_child_nodes(node):
        yield from _below(item, errors, in_loop=in_loop, is_repeated=is_repeated)


def _in_try(node: ast.Try, errors: tuple[str, ...], *, in_loop: bool, is_repeated: bool) -> Iterator[Guarded]:
    item: ast.AST
    caught = tuple(name for handler in node.handlers for name in _names(handler.type))
    inner = in_loop if caught else is_repeated
    for item in node.body:
        yield from _below(item, (*caught, *errors), in_loop=in_loop, is_repeated=inner)
    for item in (*node.handlers, *node.orelse, *node.finalbody):
        yield from _below(item, errors, in_loop=in_loop, is_repeated=is_repeated)


def _call(node: ast.Call, errors: tuple[str, ...], is_repeated: bool) -> Iterator[Guarded]:
    match node.func:
        case ast.Name(id=name):
            yield Guarded(name, False, errors, is_repeated)
        case ast.Attribute(attr=name):
            yield Guarded(name, True, errors, is_repeated)


def _names(node: ast.expr | None) -> list[str]:
    if node is None:
        return ["Exception"]
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [name for part in parts if (name := dotted(part))]


@dataclass(frozen=True, slots=True)
class Failures:
    """Makes stand-ins of a module's collaborators fail."""

    world: World
    annotations: _Terms
    imported: Mapping[str, str]  # name -> the statement that imports it

    def of(self, parameter: Parameter, pool: Sequence[Term], calls: Sequence[Guarded]) -> list[Term]:
        """Failing stand-ins for an argument: of its methods, or of itself where it is called."""
        own = [call for call in calls if not call.is_method and call.name == parameter.name]
        is_callable = any(term.source.startswith("lambda") for term in pool)
        if own and is_callable:
            return unique(
                [
                    stand_in(parameter.name, effect, is_awaited=own[0].is_awaited, made=error)
                    for error, effect in self._effects(own[0], self._answer(parameter.annotation))
                ]
            )
        return self.of_methods(pool, calls)

    def of_methods(self, pool: Sequence[Term], calls: Sequence[Guarded]) -> list[Term]:
        """The first term of a pool that holds a stand-in with such a method, where that method fails."""
        found: list[Term] = []
        for call in [each for each in calls if each.is_method][:_MAX_GUARDED]:
            base, answer = next(
                ((term, told) for term in pool if (told := self._told(term, call.name)) is not None), (None, "")
            )
            if base is not None and answer is not None:
                effects = self._effects(call, answer)
                found.extend(self._failing(base, call, error, effect) for error, effect in effects)
        return unique(found)

    def _answer(self, annotation: ast.expr | None) -> str:
        match annotation:
            case ast.Subscript(slice=ast.Tuple(elts=[_, result])):
                terms = self.annotations.terms(result, 1)
                return next((term.source for term in terms if not (term.before or term.imports)), "'text'")
        return "'text'"

    def inside(self, node: FunctionNode, calls: Sequence[Guarded]) -> list[Term]:
        """Errors of the block that a context manager lets in: those that it catches, else any where it cleans up."""
        caught = [name for call in calls if call.name == YIELD for name in call.errors]
        has_clean_up = any(isinstance(item, ast.Try) for item in ast.walk(node))
        errors = self._errors(caught or (["ValueError"] if has_clean_up else []))
        return [replace(error, label=f"{_class_of(error)} inside") for error in errors]

    def _effects(self, call: Guarded, answer: str) -> list[tuple[Term, str]]:
        """Errors with what a stand-in is told: to raise it always; where it is asked again, also only at first."""
        found = []
        for error in self._errors(call.errors):
            found.append((error, error.source))
            if call.is_repeated:
                found.append((error, f"[{error.source}, {answer}]"))
        return found

    def _errors(self, names: Sequence[str]) -> list[Term]:
        found = [term for name in names for term in self._error(name)]
        return unique(found)[:_MAX_ERRORS]

    def _error(self, name: str) -> list[Term]:
        last = name.rpartition(".")[2]
        if last in self.world.classes:
            made = self.annotations.build(self.world.classes[last])
            plain = [term for term in made if not (term.is_edge or term.before or term.fixtures or term.steps)]
            others: dict[str, Term] = {}
            for term in plain:
                others.setdefault(_first_argument(term.source), term)
            return list(others.values())[:_PER_ERROR]
        known = getattr(builtins, _GENERAL.get(name, name), None)
        if isinstance(known, type) and issubclass(known, Exception):
            return [Term(f"{known.__name__}({_TEXT})")] if _is_plain(known) else []
        statement = self.imported.get(name.partition(".")[0])
        return [Term(f"{name}({_TEXT})", (statement,))] if statement else []

    def _told(self, term: Term, method: str) -> str | None:
        """What the method of a stand-in answers as yet; None where the term holds no such stand-in."""
        for line in term.before:
            for node in ast.walk(ast.parse(line)):
                match node:
                    case ast.Assign(targets=[target], value=value) if dotted(target).endswith(
                        f".{method}.return_value"
                    ):
                        return ast.unparse(value)
                    case ast.Assign(
                        targets=[target], value=ast.Call(func=ast.Name(id="AsyncMock"), keywords=[told])
                    ) if dotted(target).endswith(f".{method}"):
                        return ast.unparse(told.value)
                    case ast.keyword(arg="spec", value=ast.Name(id=owner)) if self._method(owner, method) is not None:
                        return next(_answers(line, method), "None")
        return None

    def _method(self, owner: str, method: str) -> FunctionNode | None:
        shape = self.world.classes.get(owner)
        return shape.methods.get(method) if shape is not None else None

    def _failing(self, term: Term, call: Guarded, error: Term, effect: str) -> Term:
        change = _Failing(call.name, ast.parse(effect, mode="eval").body, self._method)
        before = tuple(ast.unparse(change.visit(ast.parse(line))) for line in term.before)
        extra = ("from unittest.mock import AsyncMock",) if any("AsyncMock(" in line for line in before) else ()
        imports = tuple(dict.fromkeys([*term.imports, *extra, *error.imports]))
        label = _label(call.name, effect)
        return replace(term, before=before, imports=imports, label=label)


class _Failing(ast.NodeTransformer):
    """One method of a stand-in with ``side_effect`` in the place of its answer."""

    def __init__(self, method: str, effect: ast.expr, known: Callable[[str, str], FunctionNode | None]) -> None:
        self._method, self._effect, self._known = method, effect, known

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        told = dotted(node.targets[0])
        if told.endswith(f".{self._method}.return_value"):
            target = ast.parse(f"{told.removesuffix('return_value')}side_effect", mode="eval").body
            assert isinstance(target, ast.Attribute)
            return ast.Assign([ast.Attribute(target.value, target.attr, ast.Store())], self._effect, lineno=node.lineno)
        if told.endswith(f".{self._method}") and isinstance(node.value, ast.Call):
            node.value.keywords = [ast.keyword("side_effect", self._effect)]
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        spec = next((each.value for each in node.keywords if each.arg == "spec"), None)
        if dotted(node.func) not in _MAKERS or not isinstance(spec, ast.Name):
            return node
        method = self._known(spec.id, self._method)
        if method is None:
            return node
        maker = ast.Name("AsyncMock" if isinstance(method, ast.AsyncFunctionDef) else "Mock", ast.Load())
        failing = ast.keyword(self._method, ast.Call(maker, [], [ast.keyword("side_effect", self._effect)]))
        others = [each for each in node.keywords if each.arg != self._method]
        node.keywords = [*others, failing]
        return node


def stand_in(name: str, effect: str, *, is_awaited: bool, made: Term) -> Term:
    """A callable under the name of its parameter that does what ``effect`` says, and notes what it was asked."""
    maker = "AsyncMock" if is_awaited else "Mock"
    imports = (f"from unittest.mock import {maker}", *made.imports)
    before = (f"{name} = {maker}(side_effect={effect})",)
    return Term(name, imports, before=before, label=_label(name, effect), watched=(f"{name}.mock_calls",))


def _answers(line: str, method: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(line)):
        match node:
            case ast.keyword(arg=name, value=ast.Call(keywords=[told])) if name == method:
                yield ast.unparse(told.value)


def _label(name: str, effect: str) -> str:
    return f"{name} {'failing once' if effect.startswith('[') else 'failing'}"


def _class_of(error: Term) -> str:
    return error.source.partition("(")[0].rpartition(".")[2]


def _first_argument(source: str) -> str:
    match ast.parse(source, mode="eval").body:
        case ast.Call(args=[first, *_]):
            return ast.unparse(first)
        case ast.Call(keywords=[first, *_]):
            return ast.unparse(first)
    return source


def _is_plain(error: type[Exception]) -> bool:
    """Whether one text makes it."""
    try:
        error("boom")
    except TypeError:
        return False
    return True


def error_names(calls: Iterable[Guarded]) -> frozenset[str]:
    """The errors that stand-ins raise on purpose."""
    names = {name.rpartition(".")[2] for call in calls for name in call.errors}
    return frozenset(_GENERAL.get(name, name) for name in names)


def with_failing(pool: Sequence[Term], failing: Sequence[Term]) -> list[Term]:
    """The values with those that fail behind the first one."""
    return unique([*pool[:1], *failing, *pool[1:]])


def noting(parameter: Parameter, pool: Sequence[Term]) -> list[Term]:
    """The values of a callable that is there for what it does: one that notes its calls, and never a real sleep."""
    is_sleep = parameter.default is not None and dotted(parameter.default).rpartition(".")[2] == "sleep"
    is_callable = any(term.source.startswith("lambda") for term in pool)
    if not is_callable or not (is_sleep or _gives_nothing(parameter.annotation)):
        return list(pool)
    name = parameter.name
    made = f"{name} = Mock(return_value=None)"
    imports = ("from unittest.mock import Mock",)
    noted = Term(name, imports, before=(made,), label=name, watched=(f"{name}.mock_calls",))
    if is_sleep:
        return [noted, *(term for term in pool if not term.is_omitted)]
    return unique([*pool[:1], noted, *pool[1:]])


def _gives_nothing(annotation: ast.expr | None) -> bool:
    return any(
        isinstance(node, ast.Subscript)
        and dotted(node.value).rpartition(".")[2] == "Callable"
        and isinstance(node.slice, ast.Tuple)
        and isinstance(node.slice.elts[-1], ast.Constant)
        and node.slice.elts[-1].value is None
        for node in ast.walk(annotation or ast.Constant(None))
    )
