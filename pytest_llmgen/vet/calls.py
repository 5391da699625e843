"""What no unit test has any business using.  Names are refused wherever they stand, not only in calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.patchers import handed_to_patcher
from pytest_llmgen.vet.scope import Scope, flow
from pytest_llmgen.vet.tables import ATTRIBUTES, HARMLESS_IMPORTS, METADATA, MODULES, NAMES, PARTIAL

_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})
_LOADERS = frozenset(
    {"pickle.load", "pickle.loads", "dill.loads", "dill.load", "cloudpickle.loads", "cloudpickle.load"}
)
_TELLING = frozenset({"builtins.print", "builtins.repr", "builtins.str", "pprint.pprint", "sys.stdout.write"})


def check_calls(scope: Scope) -> Iterator[Refusal]:
    """Refusals for processes, code from strings, interpreter state and the like."""
    allowed = handed_to_patcher(scope)
    inner = {id(node.value) for node in scope.walk() if isinstance(node, ast.Attribute)}
    called = {id(node.func) for node in scope.walk() if isinstance(node, ast.Call)}
    for node in scope.walk():
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield _unsafe(scope, "introspection", f"{node.attr} reaches into the interpreter", node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _check_import(scope, node)
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            yield from _check_reference(scope, node, handed=id(node) in allowed)
            if id(node) not in called and id(node) not in allowed and scope.dotted(node) in _LOADERS:
                yield _unsafe(scope, "pickle", f"{ast.unparse(node)} is handed on", node)
        elif isinstance(node, ast.Call):
            if scope.is_resolved_getattr(node) and id(node) not in inner:
                yield from _check_reference(scope, node, handed=False)
            yield from _check_pickle(scope, node)
        yield from _check_environment(scope, node)


def _unsafe(scope: Scope, code: str, message: str, node: ast.AST) -> Refusal:
    return scope.refusal(code, message, node, Fate.UNSAFE)


def _check_import(scope: Scope, node: ast.Import | ast.ImportFrom) -> Iterator[Refusal]:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module or ''}.{name}" for name in names]
    for name in names:
        yield from _check_dotted(scope, scope.real(name), node, is_module=isinstance(node, ast.Import))


def _check_reference(scope: Scope, node: ast.AST, *, handed: bool) -> Iterator[Refusal]:
    dotted = scope.dotted(node)
    if dotted is None or scope.is_project(dotted):
        dotted = _tail_of(node) or dotted
    if dotted is None:
        return
    yield from _check_dotted(scope, dotted, node, is_module=handed)
    if isinstance(node, ast.Attribute) and not scope.is_project(dotted) and not dotted.startswith("builtins."):
        private = [p for p in dotted.split(".")[1:] if p.startswith("_") and not p.endswith("__")]
        if private and dotted.partition(".")[0] in scope.facts.stdlib | scope.facts.installed and dotted not in NAMES:
            yield _unsafe(scope, "introspection", f"{dotted} is private to another package", node)


def _tail_of(node: ast.AST) -> str | None:
    """``os.system`` of ``anything().os.system``: a module that is reached through an object."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        module = node.value.attr.lstrip("_")
        if module in {"os", "sys", "subprocess", "builtins", "ctypes", "importlib", "posix", "shutil"}:
            return f"{module}.{node.attr}"
        return _tail_of(node.value)
    return None


def _check_dotted(scope: Scope, dotted: str, node: ast.AST, *, is_module: bool) -> Iterator[Refusal]:
    if any(dotted == name or dotted.startswith(f"{name}.") for name in HARMLESS_IMPORTS):
        return
    _, _, rest = dotted.partition(".")
    if scope.is_project(dotted):
        return
    for end in range(len(dotted), 0, -1):
        if (end == len(dotted) or dotted[end] == ".") and dotted[:end] in NAMES:
            code, message = NAMES[dotted[:end]]
            yield _unsafe(scope, code, f"{dotted}: {message}", node)
            return
    for name, (code, message) in MODULES.items():
        if (dotted == name or dotted.startswith(f"{name}.")) and (name != "builtins" or not rest):
            yield _unsafe(scope, code, f"{dotted}: {message}", node)
            return
    yield from _check_partial(scope, dotted, node, is_module=is_module)


def _check_partial(scope: Scope, dotted: str, node: ast.AST, *, is_module: bool) -> Iterator[Refusal]:
    """Modules of which tests may use some names."""
    for module, (names, code, message) in PARTIAL.items():
        if dotted != module and not dotted.startswith(f"{module}."):
            continue
        rest = dotted.removeprefix(module).removeprefix(".")
        if (not rest and not is_module) or (rest and rest.partition(".")[0] not in names):
            yield _unsafe(scope, code, f"{dotted}: {message}", node)


def _check_pickle(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    name = scope.dotted(node.func)
    if name not in _LOADERS:
        return
    is_text = name.endswith("loads")
    pickled = flow(scope, frozenset(), lambda value, known: _is_pickled(scope, value, known))
    good = all(_is_pickled(scope, arg, pickled) for arg in node.args) if is_text else _dumps(scope, scope.walk())
    if not good or any(isinstance(arg, ast.Constant) for arg in node.args):
        message = "unpickle only what the same test pickled: pickle.loads(pickle.dumps(x))"
        yield _unsafe(scope, "pickle", message, node)


def _is_pickled(scope: Scope, value: ast.AST, known: frozenset[str]) -> bool:
    return _dumps(scope, ast.walk(value)) or any(isinstance(n, ast.Name) and n.id in known for n in ast.walk(value))


def _dumps(scope: Scope, nodes: Iterator[ast.AST]) -> bool:
    names = (scope.dotted(each) or "" for each in nodes if isinstance(each, ast.Attribute | ast.Name))
    return any(name.endswith((".dumps", ".dump")) for name in names)


def _check_environment(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    for each in _written(node):
        inner: ast.AST = each
        while isinstance(inner, ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and inner.attr in METADATA:
            yield _unsafe(scope, "introspection", f"it sets {inner.attr}, which is read by what runs code", node)
        dotted = scope.dotted(inner) if isinstance(inner, ast.Attribute | ast.Name) else None
        if dotted == "os.environ":
            yield _unsafe(scope, "environment", "it changes the environment: use monkeypatch.setenv or delenv", node)
        elif dotted and isinstance(inner, ast.Attribute) and not scope.is_own(dotted):
            message = f"it changes {ast.unparse(inner)} for all other tests: use monkeypatch.setattr"
            yield _unsafe(scope, "interpreter-state", message, node)
    if _tells(scope, node):
        message = "it would show the whole environment, where secrets are: name the variable"
        yield _unsafe(scope, "environment", message, node)


def _written(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Assign | ast.Delete):
        return list(node.targets)
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return [node.target]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        return [node.func.value]
    return []


def _tells(scope: Scope, node: ast.AST) -> bool:
    """Whether it prints, raises or compares the environment as a whole."""
    is_telling = isinstance(node, ast.Assert | ast.Raise | ast.FormattedValue) or (
        isinstance(node, ast.Call) and scope.dotted(node.func) in _TELLING
    )
    if not is_telling:
        return False
    parts = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Subscript)}
    parts |= {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr == "get"}
    parts |= {id(each.comparators[0]) for each in ast.walk(node) if isinstance(each, ast.Compare) and _is_in(each)}
    references = (
        each for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name) and id(each) not in parts
    )
    return any(scope.dotted(each) == "os.environ" for each in references)


def _is_in(node: ast.Compare) -> bool:
    return isinstance(node.ops[0], ast.In | ast.NotIn)
