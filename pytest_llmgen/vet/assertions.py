"""Assertions that are missing, cannot fail, or say nothing about the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_llmgen.records import Refusal
from pytest_llmgen.vet.known import words
from pytest_llmgen.vet.scope import Function, Scope, argnames, flow, parameters, roots_of
from pytest_llmgen.vet.tautologies import cannot_fail, truth

_EXPECTING = frozenset({"pytest.raises", "pytest.warns", "pytest.deprecated_call", "pytest.RaisesGroup"})
_OBSERVING = words(
    "capsys capfd capsysbinary capfdbinary caplog recwarn tmp_path tmpdir tmp_path_factory monkeypatch subtests request"
)
_PROCESS = words(
    "os.environ os.getenv os.getcwd os.umask sys.path sys.argv sys.modules sys.stdout sys.stderr logging.getLogger "
    "logging.root warnings.filters signal.getsignal locale.getlocale decimal.getcontext pathlib.Path.cwd"
)
"""What every test can look at and code may change."""
_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})


def check_assertions(scope: Scope) -> Iterator[Refusal]:
    """Refusals for what a test asserts; at least one assertion must depend on the project's code."""
    assertions = list(_assertions(scope, scope.test))
    if not assertions:
        yield scope.refusal("no-assertion", "it asserts nothing: assert the result, the state or the error", scope.test)
        return
    for node in assertions:
        if isinstance(node, ast.Assert) and (why := cannot_fail(scope, node.test)):
            yield scope.refusal("cannot-fail", f"`{ast.unparse(node)}` cannot fail: {why}", node)
        elif isinstance(node, ast.Call) and _is_broad(scope, node):
            message = f"`{ast.unparse(node)}` is content with any error: name its type or match its message"
            yield scope.refusal("broad-raises", message, node)
    yield from _check_swallowed(scope)
    if not any(_depends(scope, node) for node in assertions):
        message = f"no assertion depends on {scope.target.qualname}: assert what a call of it returns or changes"
        yield scope.refusal("unrelated-assertion", message, assertions[0])


def _assertions(scope: Scope, root: ast.AST) -> Iterator[ast.AST]:
    """Asserts, expected errors and warnings, checks of mocks, and calls of helpers that assert."""
    checkers = {f.name for f in scope.functions if _has_assert(f)}
    for node in _reached(scope, root):
        if isinstance(node, ast.Assert):
            yield node
        elif isinstance(node, ast.Call):
            name = scope.dotted(node.func)
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if (
                name in _EXPECTING
                or name == "pytest.fail"
                or attribute.startswith("assert_")
                or (isinstance(node.func, ast.Name) and node.func.id in checkers)
                or (name and name.rpartition(".")[2].startswith("assert_"))
            ):
                yield node


def _reached(scope: Scope, root: ast.AST) -> Iterator[ast.AST]:
    """Every node but those of functions in it that nothing names again."""
    named = {node.id for node in scope.walk() if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    named |= {node.attr for node in scope.walk() if isinstance(node, ast.Attribute)}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for each in ast.iter_child_nodes(node):
            is_inner = isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not isinstance(node, ast.ClassDef)
            if not (is_inner and each.name not in named and not each.decorator_list):  # type: ignore[attr-defined]
                waiting.append(each)


def _has_assert(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def _check_swallowed(scope: Scope) -> Iterator[Refusal]:
    """Assertions whose failure is caught, or that are never reached."""
    for node in ast.walk(scope.test):
        caught: list[ast.AST] = []
        if (
            (isinstance(node, ast.Try) and any(_swallows(scope, handler) for handler in node.handlers))
            or (isinstance(node, ast.With) and any(_suppresses(scope, item.context_expr) for item in node.items))
            or (isinstance(node, ast.If | ast.While) and truth(node.test) is False)
            or (isinstance(node, ast.For) and isinstance(node.iter, ast.List | ast.Tuple) and not node.iter.elts)
        ):
            caught = list(node.body)
        if any(isinstance(each, ast.Assert) for statement in caught for each in ast.walk(statement)):
            yield scope.refusal("cannot-fail", "the failure of an assertion is caught, or it never runs", node)
    if any(isinstance(statement, ast.Return) for statement in scope.test.body[:-1]):
        yield scope.refusal("cannot-fail", "what stands after `return` never runs", scope.test)


def _swallows(scope: Scope, handler: ast.ExceptHandler) -> bool:
    answers = (ast.Raise, ast.Assert)
    is_answered = any(isinstance(n, answers) or _is_fail(scope, n) for body in handler.body for n in ast.walk(body))
    return not is_answered and (handler.type is None or _catches_assertions(scope, handler.type))


def _is_fail(scope: Scope, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and scope.dotted(node.func) == "pytest.fail"


def _suppresses(scope: Scope, node: ast.AST) -> bool:
    is_suppress = isinstance(node, ast.Call) and scope.dotted(node.func) == "contextlib.suppress"
    return is_suppress and _catches_assertions(scope, node)


def _catches_assertions(scope: Scope, node: ast.AST) -> bool:
    return any(scope.dotted(each) in {*_BROAD, "builtins.AssertionError"} for each in ast.walk(node))


def _is_broad(scope: Scope, node: ast.Call) -> bool:
    if scope.dotted(node.func) != "pytest.raises" or not node.args:
        return False
    if any(keyword.arg in {"match", "check"} for keyword in node.keywords):
        return False
    kinds = node.args[0].elts if isinstance(node.args[0], ast.Tuple) else [node.args[0]]
    return any(scope.dotted(kind) in _BROAD for kind in kinds) and not _is_examined(scope, node)


def _is_examined(scope: Scope, node: ast.Call) -> bool:
    """Whether ``pytest.raises(...) as error`` is followed by an assertion about the error."""
    for each in ast.walk(scope.test):
        if isinstance(each, ast.withitem) and each.context_expr is node and isinstance(each.optional_vars, ast.Name):
            name = each.optional_vars.id
            asserts = (a for a in ast.walk(scope.test) if isinstance(a, ast.Assert))
            return any(isinstance(n, ast.Name) and n.id == name for a in asserts for n in ast.walk(a))
    return False


def _depends(scope: Scope, node: ast.AST) -> bool:
    names = project_names(scope)
    if isinstance(node, ast.Call) and scope.dotted(node.func) in _EXPECTING:
        for each in ast.walk(scope.test):
            if isinstance(each, ast.With | ast.AsyncWith) and any(item.context_expr is node for item in each.items):
                entered = [item.context_expr for item in each.items]
                inner = entered[entered.index(node) + 1 :]
                return any(_mentions(names, part) for part in (*inner, *each.body))
    if isinstance(node, ast.Call) and scope.dotted(node.func) == "pytest.fail":
        return _mentions(names, scope.test)
    return _mentions(names, node) or _shows_process(scope, names, node)


def _shows_process(scope: Scope, names: frozenset[str], node: ast.AST) -> bool:
    """Whether it looks at the process, after something of the project was called."""
    looks = any(scope.dotted(each) in _PROCESS for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))
    return looks and any(isinstance(each, ast.Call) and _mentions(names, each) for each in ast.walk(scope.test))


def project_names(scope: Scope) -> frozenset[str]:
    """Names that hold, or were touched by, something of the project."""
    seeds = {name for name, dotted in scope.imported.items() if scope.is_project(scope.real(dotted))}
    calls_project = any(isinstance(n, ast.Call) and _mentions(frozenset(seeds), n) for n in scope.walk())
    fixtures = {f.name for f in scope.functions if _mentions(frozenset(seeds), f)}
    seeds |= {n.name for n in scope.walk() if isinstance(n, ast.ClassDef) and _mentions(frozenset(seeds), n)}
    seeds |= {
        name
        for call in scope.test.decorator_list
        for name in argnames(scope, call)
        if _mentions(frozenset(seeds), call)
    }
    asked = set(parameters(scope.test))
    own = scope.facts.fixtures - _OBSERVING
    seeds |= fixtures | (asked & own)
    if calls_project or seeds & asked:
        seeds |= asked & _OBSERVING
        seeds |= asked - scope.facts.fixtures - fixtures if _is_patched(scope) else set()
    names = frozenset(seeds)
    while True:
        names = flow(scope, names, lambda value, known: _mentions(known, value))
        touched = {arg for node in ast.walk(scope.test) for arg in _touched(scope, names, node)}
        if not touched - names:
            return names
        names |= touched


def _is_patched(scope: Scope) -> bool:
    return any("patch" in ast.unparse(decorator) for decorator in scope.test.decorator_list)


def _touched(scope: Scope, names: frozenset[str], node: ast.AST) -> Iterator[str]:
    """What the project's code may have changed or called: arguments, stand-ins, contexts, callbacks."""
    if isinstance(node, ast.Call):
        yield from _touched_by_call(names, node)
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from _touched_in_context(names, node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not scope.test:
        if node.name in names or _mentions(names, node):
            yield node.name
            yield from _changed_in(node)
    elif isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.If | ast.Try) and _mentions(names, node):
        yield from _changed_in(node)


def _touched_by_call(names: frozenset[str], node: ast.Call) -> Iterator[str]:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    if _mentions(names, node.func) or "patch" in ast.unparse(node.func):
        yield from (each.id for arg in given for each in ast.walk(arg) if isinstance(each, ast.Name))
    if any(_mentions(names, arg) for arg in given):
        yield from _receiver(node)


def _touched_in_context(names: frozenset[str], node: ast.With | ast.AsyncWith) -> Iterator[str]:
    if any(_mentions(names, each) for each in node.body):
        for item in node.items:
            yield from roots_of(item.optional_vars) if item.optional_vars else ()
            yield from (each.id for each in ast.walk(item.context_expr) if isinstance(each, ast.Name))


def _changed_in(root: ast.AST) -> Iterator[str]:
    for node in ast.walk(root):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        yield from _receiver(node)


def _receiver(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        yield node.func.value.id


def _mentions(names: frozenset[str], node: ast.AST) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))
