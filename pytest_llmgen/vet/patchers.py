"""What monkeypatch and mock replace: stand-ins for others are fine, for the target or for pytest they are not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.scope import Scope, parameters

_FIXTURES = frozenset({"monkeypatch", "mocker"})
_METHODS = frozenset({"setattr", "delattr", "object", "dict", "multiple", "setitem", "delitem", "spy"})
_FORBIDDEN = frozenset({"_pytest", "pytest", "pluggy", "pytest_llmgen", "coverage", "xdist", "antigravity", "this"})
_IMPORT_SYSTEM = frozenset({"sys.path", "sys.meta_path", "sys.path_hooks", "sys.modules", "sys.path_importer_cache"})
_CALLED_BY_TEXT = frozenset({"setattr", "delattr", "patch", "context"})


def handed_to_patcher(scope: Scope) -> frozenset[int]:
    """Ids of nodes that a patcher works on: modules may be values only there."""
    calls = (node for node in scope.walk() if isinstance(node, ast.Call) and node.args)
    return frozenset(id(n) for c in calls if is_patcher(scope, c.func) for n in ast.walk(c.args[0]))


def is_patcher(scope: Scope, function: ast.AST) -> bool:
    """Whether a called expression is ``monkeypatch.setattr``, ``mock.patch.object`` and the like, and no namesake."""
    if not isinstance(function, ast.Attribute) or function.attr not in _METHODS:
        return False
    root: ast.AST = function.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    if root.id in _FIXTURES | {"mp", "m", "patch"} and root.id in _patching_names(scope):
        return True
    return (scope.dotted(function) or "").startswith(("unittest.mock.patch", "mock.patch"))


def _patching_names(scope: Scope) -> frozenset[str]:
    """Fixtures that patch, where they are asked for and nothing else has their name; contexts made of them."""
    asked = {name for f in (scope.test, *scope.functions) for name in parameters(f)} & _FIXTURES
    names = asked - scope.assigned
    for bound, value in scope.pairs:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "context":
            source = value.func.value
            is_ours = isinstance(source, ast.Name) and source.id in names
            if is_ours or scope.dotted(source) == "pytest.MonkeyPatch":
                names |= bound
    return frozenset(names)


def check_patches(scope: Scope) -> Iterator[Refusal]:
    """Refusals for stand-ins of the target, and for reaching into pytest by way of patching."""
    target = f"{scope.target.module}.{scope.target.qualname}"
    owner = target.rpartition(".")[0]
    tested = {scope.real(name) for name in {target, owner} - {scope.target.module}}
    for node in scope.walk():
        if isinstance(node, ast.Call):
            place = _patched(scope, node)
            if place in _IMPORT_SYSTEM or _prepends(scope, node):
                message = "it changes where modules come from: what is imported then was not read here"
                yield scope.refusal("dynamic-code", message, node, Fate.UNSAFE)
            if place and place.startswith("tempfile.") and _uses_tempfile(scope):
                message = f"it replaces {place}, which says where it writes"
                yield scope.refusal("file-outside-tmp", message, node, Fate.UNSAFE)
            if place and place.partition(".")[0] in _FORBIDDEN:
                yield scope.refusal("pytest-internals", f"it replaces {place}", node, Fate.UNSAFE)
            elif place and scope.real(place) in tested:
                yield scope.refusal("patched-target", f"it replaces {target}, which it is to test", node)
    for name in scope.assigned | {getattr(helper, "name", "") for helper in scope.helpers}:
        if scope.real(scope.imported.get(name, "")) in tested:
            yield scope.refusal("patched-target", f"it puts something else in the place of {name}", scope.test)


def _prepends(scope: Scope, node: ast.Call) -> bool:
    """Whether it puts a folder of its own before the installed packages, and imports something after that."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "syspath_prepend":
        return False
    bodies = [node for node in ast.walk(scope.test) if isinstance(node, ast.Import | ast.ImportFrom)]
    bodies += [n for f in scope.functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]
    return bool(bodies) or any(_patched(scope, n) for n in scope.walk() if isinstance(n, ast.Call))


def _uses_tempfile(scope: Scope) -> bool:
    calls = (scope.dotted(node.func) or "" for node in scope.walk() if isinstance(node, ast.Call))
    return any(name.startswith("tempfile.") for name in calls)


def _patched(scope: Scope, node: ast.Call) -> str | None:
    """The dotted name of what a call replaces."""
    first = node.args[0] if node.args else None
    name = (
        node.func.attr if isinstance(node.func, ast.Attribute) else (scope.dotted(node.func) or "").rpartition(".")[2]
    )
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value if name in _CALLED_BY_TEXT | _METHODS and "." in first.value else None
    if first is None or not is_patcher(scope, node.func):
        return None
    start = scope.dotted(first)
    second = node.args[1] if node.args[1:] else None
    if start and isinstance(second, ast.Constant) and isinstance(second.value, str):
        return f"{start}.{second.value}"
    return start
