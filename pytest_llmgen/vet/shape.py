"""The form of a candidate: its name, decorators, fixtures and length; no reaching into pytest."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.known import words
from pytest_llmgen.vet.scope import Scope, argnames, parameters

BUILTIN = words("tmp_path tmpdir capsys capfd caplog recwarn monkeypatch request subtests tmp_path_factory")
MAX_LINES = 120
_MARKS = frozenset({"parametrize", "usefixtures", "filterwarnings", "asyncio", "anyio"})
_DECORATORS = ("hypothesis.", "unittest.mock.patch", "freezegun.freeze_time", "time_machine.travel", "mock.patch")
_SKIPS = words(
    "pytest.skip pytest.xfail pytest.importorskip pytest.exit pytest.mark.skip pytest.mark.skipif "
    "pytest.mark.xfail unittest.skip unittest.skipIf unittest.skipUnless unittest.expectedFailure "
    "unittest.SkipTest"
)
_PYTEST = words(
    "approx raises warns deprecated_call fixture mark param fail MonkeyPatch FixtureRequest "
    "CaptureFixture LogCaptureFixture TempPathFactory WarningsRecorder ExceptionInfo RaisesExc "
    "RaisesGroup RaisesContext yield_fixture Subtests SubTests"
)
_OF_FIXTURES: Mapping[str, frozenset[str]] = {
    "request": words("param getfixturevalue addfinalizer fixturename"),
    **dict.fromkeys(("capsys", "capfd", "capsysbinary", "capfdbinary"), words("readouterr disabled")),
    "caplog": words("text records record_tuples messages clear set_level at_level handler get_records filtering"),
    "recwarn": words("list pop clear"),
    "monkeypatch": words("setattr delattr setitem delitem setenv delenv syspath_prepend chdir undo context"),
    "tmp_path_factory": words("mktemp getbasetemp"),
    "tmpdir_factory": words("mktemp getbasetemp"),
    "subtests": words("test"),
}
"""What tests use of pytest's fixtures; the rest of these objects leads into pytest."""
_INTERNAL_FIXTURES = frozenset({"pytestconfig", "pytester", "testdir", "cache"})


def check_shape(scope: Scope) -> Iterator[Refusal]:
    """Refusals for the form of the test and of its helpers."""
    yield from _check_name(scope)
    yield from _check_decorators(scope)
    yield from _check_fixtures(scope)
    yield from _check_helpers(scope)
    yield from _check_use(scope)
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
        names |= argnames(scope, call)
        if isinstance(call, ast.Call) and scope.dotted(call.func) == "hypothesis.given":
            names |= {k.arg for k in call.keywords if k.arg}
    return frozenset(names)


def _filled_by_decorators(scope: Scope) -> int:
    """How many parameters mock.patch and positional hypothesis strategies fill without naming them."""
    count = 0
    for call in scope.test.decorator_list:
        if isinstance(call, ast.Call):
            dotted = scope.dotted(call.func) or ""
            made = not any(keyword.arg == "new" for keyword in call.keywords)
            count += len(call.args) if dotted == "hypothesis.given" else 0
            count += dotted.endswith("mock.patch") and made and not call.args[1:]
            count += dotted.endswith("mock.patch.object") and made and not call.args[2:]
    return count


def _check_helpers(scope: Scope) -> Iterator[Refusal]:
    for helper in scope.helpers:
        named = isinstance(helper, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not named and not isinstance(helper, ast.Assign | ast.AnnAssign) and not _is_for_types(scope, helper):
            message = f"`{ast.unparse(helper)[:60]}` runs while the module is imported: move it into a fixture"
            yield scope.refusal("stray-code", message, helper)
        name = getattr(helper, "name", "")
        names = [name, *(n.id for n in ast.walk(helper) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))]
        names += [n.name for n in ast.walk(helper) if isinstance(n, ast.FunctionDef)]
        strange = [
            n for n in names if n.startswith(("pytest_", "pytestmark", "setup_", "teardown_")) or n == "__test__"
        ]
        if strange:
            yield scope.refusal("pytest-internals", f"{strange[0]} changes how pytest runs", helper, Fate.UNSAFE)
        for decorator in getattr(helper, "decorator_list", []):
            words = [k for k in getattr(decorator, "keywords", []) if k.arg in {"autouse", "scope"}]
            if any(not (isinstance(k.value, ast.Constant) and k.value.value in {False, "function"}) for k in words):
                message = f"the fixture {name} would reach other tests: no autouse, no scope but function"
                yield scope.refusal("shared-fixture", message, helper)


def _is_for_types(scope: Scope, helper: ast.stmt) -> bool:
    """``if TYPE_CHECKING:`` with nothing but imports."""
    is_guard = isinstance(helper, ast.If) and scope.dotted(helper.test) == "typing.TYPE_CHECKING"
    return is_guard and all(isinstance(each, ast.Import | ast.ImportFrom) for each in helper.body)  # type: ignore[attr-defined]


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


def _check_use(scope: Scope) -> Iterator[Refusal]:
    """Fixtures of pytest are used as they are documented, and the one that leads to everything is not handed on."""
    asked = {name for function in (scope.test, *scope.functions) for name in parameters(function)}
    whole = {id(node.value) for node in scope.walk() if isinstance(node, ast.Attribute)}
    for node in scope.walk():
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in asked:
            known = _OF_FIXTURES.get(node.value.id)
            is_private = node.value.id in scope.facts.fixtures and node.attr.startswith("_") and node.attr[1:2] != "_"
            if (known is not None and node.attr not in known) or (is_private and node.value.id in BUILTIN):
                message = f"{node.value.id}.{node.attr} reaches into pytest"
                yield scope.refusal("pytest-internals", message, node, Fate.UNSAFE)
        elif isinstance(node, ast.Name) and node.id == "request" and node.id in asked and id(node) not in whole:
            yield scope.refusal("pytest-internals", "request is handed on", node, Fate.UNSAFE)
        elif isinstance(node, ast.Call) and _asks_for_hidden(node):
            message = "getfixturevalue of what cannot be seen here, or leads into pytest"
            yield scope.refusal("pytest-internals", message, node, Fate.UNSAFE)


def _asks_for_hidden(node: ast.Call) -> bool:
    is_asking = isinstance(node.func, ast.Attribute) and node.func.attr == "getfixturevalue"
    known = all(isinstance(arg, ast.Constant) and arg.value not in _INTERNAL_FIXTURES for arg in node.args)
    return is_asking and not known


def _check_sleep(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    if isinstance(node, ast.Call) and scope.dotted(node.func) == "time.sleep" and node.args:
        value = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(value, int | float) and value > 0:
            message = f"it sleeps {value} s: wait for an event, or replace the clock"
            yield scope.refusal("sleep", message, node)
