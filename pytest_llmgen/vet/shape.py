"""The form of a candidate: its name, decorators, fixtures and length; no reaching into pytest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.scope import Scope, parameters

MAX_LINES = 120
_MARKS = frozenset({"parametrize", "usefixtures", "filterwarnings", "asyncio", "anyio"})
_DECORATORS = ("hypothesis.", "unittest.mock.patch", "freezegun.freeze_time", "time_machine.travel", "mock.patch")
_SKIPS = frozenset(
    [
        "pytest.skip",
        "pytest.xfail",
        "pytest.importorskip",
        "pytest.exit",
        "pytest.mark.skip",
        "pytest.mark.skipif",
        "pytest.mark.xfail",
        "unittest.skip",
        "unittest.skipIf",
        "unittest.skipUnless",
        "unittest.expectedFailure",
        "unittest.SkipTest",
    ]
)
_PYTEST = frozenset(
    [
        "approx",
        "raises",
        "warns",
        "deprecated_call",
        "fixture",
        "mark",
        "param",
        "fail",
        "MonkeyPatch",
        "FixtureRequest",
        "CaptureFixture",
        "LogCaptureFixture",
        "TempPathFactory",
        "WarningsRecorder",
        "ExceptionInfo",
        "RaisesExc",
        "RaisesGroup",
        "RaisesContext",
        "yield_fixture",
        "Subtests",
        "SubTests",
    ]
)
_INTERNAL_FIXTURES = frozenset({"pytestconfig", "pytester", "testdir", "cache"})
_REQUEST = frozenset({"param", "getfixturevalue", "addfinalizer"})


def check_shape(scope: Scope) -> Iterator[Refusal]:
    """Refusals for the form of the test and of its helpers."""
    yield from _check_name(scope)
    yield from _check_decorators(scope)
    yield from _check_fixtures(scope)
    yield from _check_helpers(scope)
    for node in scope.walk():
        yield from _check_pytest(scope, node)
        yield from _check_sleep(scope, node)


def _check_name(scope: Scope) -> Iterator[Refusal]:
    test = scope.test
    if not test.name.startswith("test_"):
        yield scope.refusal("not-a-test", f"{test.name} is not collected: its name must start with test_", test)
    lines = (test.end_lineno or 0) - min([test.lineno, *(d.lineno for d in test.decorator_list)]) + 1
    if lines > MAX_LINES:
        yield scope.refusal("too-long", f"{lines} lines for one test: {MAX_LINES} at most, split it", test)


def _check_decorators(scope: Scope) -> Iterator[Refusal]:
    for decorator in scope.test.decorator_list:
        dotted = scope.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
        mark = dotted.removeprefix("pytest.mark.")
        if dotted in _SKIPS or (mark != dotted and mark in _MARKS) or dotted.startswith(_DECORATORS):
            continue
        message = f"@{ast.unparse(decorator)} is not for generated tests: use parametrize, hypothesis, patch or none"
        yield scope.refusal("decorator", message, decorator)


def _check_fixtures(scope: Scope) -> Iterator[Refusal]:
    fixtures = {f.name for f in scope.functions}
    known = scope.facts.fixtures | fixtures | _argnames(scope)
    free = _filled_by_decorators(scope)
    for name in parameters(scope.test):
        if name in _INTERNAL_FIXTURES:
            yield scope.refusal("pytest-internals", f"the fixture {name} reaches into pytest", scope.test, Fate.UNSAFE)
        elif name not in known and free > 0:
            free -= 1
        elif name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else ": build the object in the test"
            yield scope.refusal("unknown-fixture", f"there is no fixture {name}{hint}", scope.test)


def _argnames(scope: Scope) -> frozenset[str]:
    names: set[str] = set()
    for call in scope.test.decorator_list:
        if not isinstance(call, ast.Call):
            continue
        dotted = scope.dotted(call.func) or ""
        if dotted == "pytest.mark.parametrize":
            first = [*call.args, *(k.value for k in call.keywords if k.arg == "argnames")][0:1]
            for text in (n.value for f in first for n in ast.walk(f) if isinstance(n, ast.Constant)):
                names |= {name.strip() for name in str(text).split(",")}
        elif dotted == "hypothesis.given":
            names |= {k.arg for k in call.keywords if k.arg}
    return frozenset(names)


def _filled_by_decorators(scope: Scope) -> int:
    """How many parameters mock.patch and positional hypothesis strategies fill without naming them."""
    count = 0
    for call in scope.test.decorator_list:
        if isinstance(call, ast.Call):
            dotted = scope.dotted(call.func) or ""
            replaced = any(k.arg == "new" for k in call.keywords)
            if dotted == "hypothesis.given":
                count += len(call.args)
            elif (
                dotted.endswith("mock.patch")
                and not replaced
                and len(call.args) < 2
                or dotted.endswith("mock.patch.object")
                and not replaced
                and len(call.args) < 3
            ):
                count += 1
    return count


def _check_helpers(scope: Scope) -> Iterator[Refusal]:
    for helper in scope.helpers:
        named = isinstance(helper, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not named and not isinstance(helper, ast.Assign | ast.AnnAssign):
            message = f"`{ast.unparse(helper)[:60]}` runs while the module is imported: move it into a fixture"
            yield scope.refusal("stray-code", message, helper)
        name = getattr(helper, "name", "")
        names = [name, *(n.id for n in ast.walk(helper) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))]
        if any(n.startswith(("pytest_", "pytestmark", "setup_", "teardown_")) or n == "__test__" for n in names):
            yield scope.refusal("pytest-internals", f"{name or names[1]} changes how pytest runs", helper, Fate.UNSAFE)
        for decorator in getattr(helper, "decorator_list", []):
            words = [k for k in getattr(decorator, "keywords", []) if k.arg in {"autouse", "scope"}]
            if any(not (isinstance(k.value, ast.Constant) and k.value.value in {False, "function"}) for k in words):
                message = f"the fixture {name} would reach other tests: no autouse, no scope but function"
                yield scope.refusal("shared-fixture", message, helper)


def _check_pytest(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names if alias.name != "pytest"]
    elif isinstance(node, ast.ImportFrom):
        names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Attribute) and (dotted := scope.dotted(node)):
        names = [dotted]
    for name in names:
        parts = name.split(".")
        if any(name == skip or name.startswith(f"{skip}.") for skip in _SKIPS):
            message = f"{name}: a test that does not run proves nothing; drop it or make it run"
            yield scope.refusal("skip", message, node)
        elif parts[0] in {"_pytest", "pluggy", "conftest"} or (
            parts[0] == "pytest" and len(parts) > 1 and parts[1] not in _PYTEST
        ):
            yield scope.refusal("pytest-internals", f"{name} reaches into pytest", node, Fate.UNSAFE)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request":
        if "request" in scope.bound and node.attr not in _REQUEST and "request" not in scope.imported:
            is_fixture = any("request" in parameters(f) for f in (scope.test, *scope.functions))
            if is_fixture and node.attr in {"config", "session", "node"}:
                yield scope.refusal("pytest-internals", f"request.{node.attr} reaches into pytest", node, Fate.UNSAFE)


def _check_sleep(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    if isinstance(node, ast.Call) and scope.dotted(node.func) == "time.sleep" and node.args:
        value = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(value, int | float) and value > 0:
            message = f"it sleeps {value} s: wait for an event, or replace the clock"
            yield scope.refusal("sleep", message, node)
