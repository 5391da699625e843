"""Ways to hide what is used: names put together, modules as values, code in annotations, words in strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.known import ModuleNames
from pytest_llmgen.vet.patchers import handed_to_patcher
from pytest_llmgen.vet.scope import SENSITIVE, Scope, argnames, flow
from pytest_llmgen.vet.tables import ATTRIBUTES, METADATA, STRONG, SUBMODULES

_REFLECTING = frozenset({"builtins.getattr", "builtins.setattr", "builtins.delattr", "builtins.vars"})
_BY_NAME = frozenset({*_REFLECTING - {"builtins.vars"}, "operator.attrgetter", "operator.methodcaller"})
_LOOKING = frozenset(
    f"builtins.{name}" for name in ("hasattr", "getattr", "dir", "isinstance", "type", "repr", "str", "id")
)
_LOOKING_INSIDE = frozenset({"inspect.getsource", "inspect.getdoc", "inspect.ismodule", "types.ModuleType"})
_READING_FORMAT = re.compile(r"\{[^{}]*(\.__\w+__|\[__\w+__\])")


def check_tricks(scope: Scope) -> Iterator[Refusal]:
    """Refusals for what hides from a reader what a test does."""
    for name in sorted(scope.ambiguous):
        yield _unsafe(scope, "dynamic-code", f"{name} stands for two different things here", scope.test)
    called = {id(node.func) for node in scope.walk() if isinstance(node, ast.Call)}
    harmless = _harmless_places(scope)
    for node in scope.walk():
        if isinstance(node, ast.Name) and id(node) not in called and scope.dotted(node) in _REFLECTING:
            yield _unsafe(scope, "dynamic-code", f"{node.id} is handed on: write the attribute out", node)
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in harmless | called and _is_module(scope, node):
            yield _unsafe(scope, "introspection", f"the module {ast.unparse(node)} is handed on as a value", node)
        yield from _check_node(scope, node)


def _unsafe(scope: Scope, code: str, message: str, node: ast.AST) -> Refusal:
    return scope.refusal(code, message, node, Fate.UNSAFE)


def _check_node(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    if isinstance(node, ast.Call):
        yield from _check_reflection(scope, node)
        yield from _check_keywords(scope, node)
    elif isinstance(node, ast.MatchClass):
        hidden = [name for name in node.kwd_attrs if name in ATTRIBUTES]
        yield from (_unsafe(scope, "introspection", f"{name} reaches into the interpreter", node) for name in hidden)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _check_text(scope, node.value, node)
    elif isinstance(node, ast.Attribute) and node.attr in {"format", "format_map"}:
        yield from _check_format(scope, node)
    elif isinstance(node, ast.Dict | ast.Subscript):
        keys = node.keys if isinstance(node, ast.Dict) else [node.slice]
        named = [k.value for k in keys if isinstance(k, ast.Constant) and k.value in (ATTRIBUTES | METADATA)]
        yield from (_unsafe(scope, "introspection", f"{name!r} reaches into the interpreter", node) for name in named)


def _check_keywords(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    for keyword in node.keywords:
        if keyword.arg in METADATA:
            yield _unsafe(scope, "introspection", f"{keyword.arg} is read by what runs code", node)
        elif keyword.arg == "eval_str" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
            yield _unsafe(scope, "dynamic-code", "eval_str runs the text of annotations", node)


def _check_text(scope: Scope, text: str, node: ast.AST) -> Iterator[Refusal]:
    found = next((word for word in sorted(STRONG - scope.facts.words) if word in text), None)
    if found and id(node) not in scope.docstrings:
        yield _unsafe(scope, "introspection", f"a string with {found} in it reaches into the interpreter", node)


def _check_format(scope: Scope, node: ast.Attribute) -> Iterator[Refusal]:
    """A format may read attributes: ``"{0.__init__.__globals__}"``."""
    names = {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
    places = [node.value, *(value for bound, value in scope.pairs if bound & names)]
    texts = (n.value for place in places for n in ast.walk(place) if isinstance(n, ast.Constant))
    if any(isinstance(text, str) and _READING_FORMAT.search(text) for text in texts):
        yield _unsafe(scope, "introspection", "a format that reads attributes with underscores", node)


def _harmless_places(scope: Scope) -> frozenset[int]:
    """Ids of nodes where a module may stand: before a dot, in a patcher, in a look at it, in a comparison."""
    places = set(handed_to_patcher(scope))
    for node in scope.walk():
        if isinstance(node, ast.Attribute) and node.attr != "__dict__":
            places.add(id(node.value))
        elif isinstance(node, ast.Call) and scope.dotted(node.func) in _LOOKING | _LOOKING_INSIDE:
            places |= {id(arg) for arg in node.args}
        elif isinstance(node, ast.Compare):
            places |= {id(each) for each in (node.left, *node.comparators)}
        elif isinstance(node, ast.Assert | ast.Expr):  # a statement of its own does nothing with it
            places.add(id(node.test if isinstance(node, ast.Assert) else node.value))
    return frozenset(places)


def _is_module(scope: Scope, node: ast.Name | ast.Attribute) -> bool:
    if not isinstance(node.ctx, ast.Load):
        return False
    dotted = scope.dotted(node)
    if dotted is None or dotted.startswith("builtins."):
        return False
    if scope.is_project(dotted):
        return _holds_others(scope, dotted)
    if isinstance(node, ast.Name) and node.id in scope.modules:
        return True
    return dotted in SUBMODULES or dotted in scope.facts.stdlib


def _holds_others(scope: Scope, dotted: str) -> bool:
    """Whether a module of the project has one with power among its names, or names that are not known."""
    known = scope.facts.modules.get(dotted)
    package, _, name = dotted.rpartition(".")
    if known is None or scope.facts.modules.get(package, ModuleNames()).names.get(name, dotted) != dotted:
        return False
    return known.is_open or any(origin.partition(".")[0] in SENSITIVE for origin in known.names.values() if origin)


def _check_reflection(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    name = scope.dotted(node.func)
    if name not in _BY_NAME:
        return
    for arg in node.args[1:2] if name.startswith("builtins") else node.args:
        if isinstance(arg, ast.Constant) and any(part in ATTRIBUTES for part in str(arg.value).split(".")):
            yield _unsafe(scope, "introspection", f"{arg.value!r} reaches into the interpreter", node)
        elif not isinstance(arg, ast.Constant) and _is_computed(scope, arg):
            yield _unsafe(scope, "dynamic-code", "an attribute's name is put together: write the attribute out", node)
    first = node.args[0] if node.args else None
    dotted = scope.dotted(first) if first is not None else None
    if any(isinstance(arg, ast.Starred) for arg in node.args) or node.keywords:
        yield _unsafe(scope, "dynamic-code", "an attribute's name cannot be seen: write the attribute out", node)
    if dotted and name in {"builtins.setattr", "builtins.delattr"} and not scope.is_own(dotted):
        changed = ast.unparse(node.args[0])
        yield _unsafe(scope, "interpreter-state", f"it changes {changed}: use monkeypatch.setattr", node)


def _is_computed(scope: Scope, arg: ast.AST) -> bool:
    """Whether a name is anything but constants that can be read here, and are harmless."""
    if not isinstance(arg, ast.Name) or arg.id in scope.imported:
        return True
    tables = scope.test.decorator_list
    values = [value for bound, value in scope.pairs if arg.id in bound]
    values += [call for call in tables if arg.id in argnames(scope, call)]
    texts = {n.value for n in scope.walk() if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    if not values or texts & ATTRIBUTES:
        return True
    computed = flow(scope, _unknown_arguments(scope), _computes)
    return arg.id in computed or any(
        _computes(arg, computed) for call in values if isinstance(call, ast.Call) for arg in call.args
    )


def _unknown_arguments(scope: Scope) -> frozenset[str]:
    """Parameters whose values are not constants that are written in the candidate."""
    given = {name for bound, _ in scope.pairs for name in bound}
    names = {node.arg for node in scope.walk() if isinstance(node, ast.arg)} - given
    for call in scope.test.decorator_list:
        if isinstance(call, ast.Call) and not any(_computes(arg, frozenset()) for arg in call.args):
            names -= argnames(scope, call)
    return frozenset(names)


def _computes(value: ast.AST, known: frozenset[str]) -> bool:
    """Whether a value may hold a text that is not written there: calls, sums, cut strings, such names."""
    for each in ast.walk(value):
        if isinstance(each, ast.Call | ast.BinOp | ast.JoinedStr | ast.Subscript | ast.Attribute):
            return True
        if isinstance(each, ast.Name) and each.id in known:
            return True
    return False
