"""Running a test without pytest's reporting, where that is provably the same; only this module knows how.

Under plain pytest a test costs most of a millisecond in hooks: reports, captured output, tracebacks.  A verdict on a
mutant needs none of them.  What a test can notice is kept: warnings filters, log handlers, captured streams,
``PYTEST_CURRENT_TEST``, fixtures with their scopes.  Whatever else is in force (a plugin with a say in running tests,
marks that skip or expect failure, fixtures of pytest that need the hooks) sends the test through the whole protocol.
"""

from __future__ import annotations

import inspect
import os
import sys
import unittest
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from operator import attrgetter
from time import perf_counter
from typing import Any

import pytest

from pytest_llmgen.records import Outcome
from pytest_llmgen.run import quieting
from pytest_llmgen.run.items import Error, ItemResult, Recorder, describe_error, run_items, worst

_HOOKS = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "pytest_exception_interact",
)
_HARMLESS = frozenset(
    {
        "pytest_llmgen",
        "_pytest",
        "_hypothesis_pytestplugin",  # property tests are left to the whole protocol
        "anyio",  # acts on coroutine functions only
        "pytest_asyncio",  # has items of its own
        "pytest_cov",  # the worker's has --no-cov
        "xdist",
    }
)
"""Packages whose hooks change nothing for an ordinary test function; any other sends every test the long way."""
_MARKS = frozenset({"skip", "skipif", "xfail", "filterwarnings"})
_FIXTURES = frozenset({"monkeypatch", "pytestconfig", "tmp_path", "tmp_path_factory", "doctest_namespace", "recwarn"})
"""Fixtures of pytest's own that do without its hooks."""
KILLING = frozenset({Outcome.FAILED, Outcome.ERROR})

After = Callable[[ItemResult], bool]


class UnsureError(Exception):
    """A test did something that only the whole protocol can judge: run it again, that way, in another process."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How to call a test; ``has_fixtures`` when fixtures must be set up before."""

    has_fixtures: bool


class Shortcut:
    """Runs items of one session; decides for each item once, before any fork."""

    def __init__(self, session: pytest.Session, recorder: Recorder) -> None:
        self._session, self._recorder = session, recorder
        self._ways: dict[pytest.Item, _Way | None] = {}
        self._plain_nodes: dict[Any, bool] = {}  # of one look at the items
        self._ambience: ExitStack | None = None
        self._parts = _Parts.of(session)

    def consider(self, items: Iterable[pytest.Item]) -> None:
        """Decide for items; in the parent, so that no child has to."""
        self._plain_nodes.clear()
        for item in items:
            self._ways[item] = self._way_of(item)

    def is_known(self, item: pytest.Item) -> bool:
        """Whether an item runs the short way."""
        return self._ways.get(item) is not None

    def run(self, items: Sequence[pytest.Item], *, after: After, described: bool = True, whole: bool = False) -> None:
        """Run items in order; ``after`` says whether to go on; every fixture is torn down at the end.

        ``described`` is whether a failure needs its text, ``whole`` whether to use pytest's protocol throughout.

        Raises:
            UnsureError: the tests must be run again with ``whole``.
        """
        for item, following in zip(items, [*items[1:], None], strict=True):
            way = None if whole else self._ways.get(item)
            if way is None:
                go_on = self._run_whole(item, following, after)
            else:
                go_on = after(self._run_short(item, following, way, described=described))
            if not go_on:
                break
        if self._session._setupstate.stack:  # noqa: SLF001
            quieting.tear_down(self._session)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Enter the streams and filters of tests, for all children that are made meanwhile."""
        self.reopen()
        try:
            yield
        finally:
            self.close()

    def reopen(self) -> None:
        """Enter them again, after a test that ran the long way."""
        if self._parts is not None and self._ambience is None:
            self._ambience = self._parts.ambience()

    def close(self) -> None:
        """Leave the streams and filters of tests."""
        if self._ambience is not None:
            ambience, self._ambience = self._ambience, None
            ambience.close()

    def forget(self) -> None:
        """Let go of what was recorded of earlier tests."""
        self._recorder.clear()

    # --- the long way ---

    def _run_whole(self, item: pytest.Item, following: pytest.Item | None, after: After) -> bool:
        self.close()
        quieting.cheapen(self._session.config, [item])
        go_on: list[bool] = []

        def noted(result: ItemResult) -> bool:
            go_on.append(after(result))
            return False

        run_items([item], self._recorder, after=noted, following=following)
        _renew(item)
        return go_on[0]

    # --- the short way ---

    def _run_short(self, item: pytest.Item, following: pytest.Item | None, way: _Way, *, described: bool) -> ItemResult:
        assert self._parts is not None
        self.reopen()
        os.environ["PYTEST_CURRENT_TEST"] = f"{item.nodeid} (call)".replace("\x00", "(null)")
        phases = _Phases(item, described=described)
        began = perf_counter()
        if way.has_fixtures:
            self._with_fixtures(item, following, phases)
        else:
            phases.do("call", lambda: _call(_fresh(item), _parameters(item)))
            if self._session._setupstate.stack:  # noqa: SLF001
                phases.do("teardown", lambda: self._session._setupstate.teardown_exact(following))  # noqa: SLF001
        seconds = perf_counter() - began
        del os.environ["PYTEST_CURRENT_TEST"]
        self._parts.forget()
        if self._parts.has_unseen_errors():
            raise UnsureError("an exception that nobody could catch")
        return ItemResult(item.nodeid, worst(phases.outcomes), seconds, phases.error)

    def _with_fixtures(self, item: Any, following: pytest.Item | None, phases: _Phases) -> None:
        """What ``runtestprotocol`` of pytest does, without its reports."""
        assert self._parts is not None
        state: Any = self._session._setupstate  # noqa: SLF001
        if not item._request:  # noqa: SLF001 (it ran before)
            item._initrequest()  # noqa: SLF001
        self._parts.equip(item)
        try:
            if phases.do("setup", lambda: state.setup(item)):
                names = item._fixtureinfo.argnames  # noqa: SLF001
                phases.do("call", lambda: _call(item.obj, {name: item.funcargs[name] for name in names}))
            phases.do("teardown", lambda: state.teardown_exact(following))
        finally:
            item._request, item.funcargs = False, None  # noqa: SLF001
            _renew(item)

    # --- which way ---

    def _way_of(self, item: pytest.Item) -> _Way | None:
        if self._parts is None or type(item) is not pytest.Function:
            return None
        try:
            fit = _is_plain_function(item) and self._has_plain_folders(item) and not _has_telling_marks(item)
            return _way_by_fixtures(item) if fit else None
        except Exception:  # noqa: BLE001 (an item of an unknown shape runs as pytest runs it)
            return None

    def _has_plain_folders(self, item: pytest.Item) -> bool:
        """Whether pytest would do nothing on the way down to the test, beside fixtures."""
        nodes = item.listchain()[:-1]
        for node in nodes:
            if node not in self._plain_nodes:
                self._plain_nodes[node] = _is_plain_node(node)
        return all(self._plain_nodes[node] for node in nodes)


class _Phases:
    """Does the phases of one test and keeps what came of them."""

    def __init__(self, item: pytest.Item, *, described: bool) -> None:
        self.outcomes: list[Outcome] = []
        self.error: Error | None = None
        self._item, self._described = item, described

    def do(self, when: str, what: Callable[[], object]) -> bool:
        """Whether it went well."""
        try:
            what()
        except (KeyboardInterrupt, pytest.exit.Exception, UnsureError):
            raise
        except BaseException as error:  # noqa: BLE001 (as pytest does)
            outcome = _outcome_of(error, when)
            self.outcomes.append(outcome)
            if outcome in KILLING and self.error is None and self._described:
                self.error = describe_error(error, self._item.path)
            return False
        self.outcomes.append(Outcome.PASSED)
        return True


def _outcome_of(error: BaseException, when: str) -> Outcome:
    if isinstance(error, pytest.skip.Exception | unittest.SkipTest):
        return Outcome.SKIPPED
    if isinstance(error, pytest.xfail.Exception):
        return Outcome.XFAILED
    return Outcome.FAILED if when == "call" else Outcome.ERROR


def _call(function: Callable[..., object], arguments: dict[str, object]) -> None:
    result = function(**arguments)
    if result is not None:
        raise UnsureError("a test that returns something")


def _fresh(item: Any) -> Callable[..., object]:
    """The test function; a method is bound to an instance that no run has used."""
    if not isinstance(item.parent, pytest.Class):
        return item.obj  # type: ignore[no-any-return]
    return getattr(item.parent.newinstance(), item.originalname)  # type: ignore[no-any-return, no-untyped-call]


def _renew(item: Any) -> None:
    """Let the next run of a method have an instance of its own."""
    if type(item) is pytest.Function and isinstance(item.parent, pytest.Class):
        for name in ("_obj", "_instance"):
            vars(item).pop(name, None)


def _parameters(item: Any) -> dict[str, object]:
    names = item._fixtureinfo.argnames  # noqa: SLF001
    return {name: item.callspec.params[name] for name in names} if names else {}


# --- What makes a test ordinary -----------------------------------------------------------------


def _is_plain_function(item: Any) -> bool:
    function = item.obj
    inner = inspect.unwrap(getattr(function, "__func__", function))
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    if any(is_kind(each) for is_kind in kinds for each in (function, inner)):
        return False
    attributes = ("is_hypothesis_test", "hypothesis", "_hypothesis_internal_settings_applied")
    return not any(hasattr(function, name) for name in attributes)


def _is_plain_node(node: Any) -> bool:
    kind, base = type(node), pytest.Item.__mro__[1]
    if base.__name__ != "Node" or kind.teardown is not base.teardown:  # type: ignore[attr-defined]
        return False
    if kind.setup is base.setup:  # type: ignore[attr-defined]
        return True
    return kind is pytest.Package and _is_plain_package(str(node.path / "__init__.py"))


def _is_plain_package(file: str) -> bool:
    """Its set-up only imports ``__init__.py``, which is there already, and calls functions of these names."""
    loaded = [module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == file]
    names = ("setUpModule", "setup_module", "tearDownModule", "teardown_module")
    return bool(loaded) and not any(hasattr(module, name) for module in loaded for name in names)


def _has_telling_marks(item: pytest.Item) -> bool:
    return any(mark.name in _MARKS for mark in item.iter_markers())


def _way_by_fixtures(item: Any) -> _Way | None:
    """Without fixtures, or with such as work without pytest's hooks."""
    definitions = item._fixtureinfo.name2fixturedefs  # noqa: SLF001
    params = item.callspec.params if hasattr(item, "callspec") else {}
    has_fixtures = False
    for name in item.fixturenames:
        if name == "request":
            has_fixtures = True
            continue
        found = definitions.get(name)
        if not found:
            return None
        if name in params and all(each.func.__name__ == "get_direct_param_fixture_func" for each in found):
            continue
        has_fixtures = True
        if not all(_does_without_hooks(name, each.func) for each in found):
            return None
    return _Way(has_fixtures)


def _does_without_hooks(name: str, function: Any) -> bool:
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    return package != "_pytest" or name in _FIXTURES or name.startswith("_xunit_setup_")


# --- pytest's insides ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the short way needs of pytest; None where this pytest has it otherwise, so that all runs the long way."""

    config: Any
    capture: Any
    logging: Any
    catching_logs: Any
    catch_warnings: Any
    unseen: tuple[Any, ...]  # where pytest keeps exceptions of threads and finalizers
    keys: tuple[Any, Any, Any]

    @classmethod
    def of(cls, session: Any) -> _Parts | None:
        """Look whether everything is where it should be."""
        try:
            from _pytest.logging import caplog_handler_key, caplog_records_key, catching_logs  # noqa: PLC0415
            from _pytest.threadexception import thread_exceptions  # noqa: PLC0415
            from _pytest.tmpdir import tmppath_result_key  # noqa: PLC0415
            from _pytest.unraisableexception import unraisable_exceptions  # noqa: PLC0415
            from _pytest.warnings import catch_warnings_for_item  # noqa: PLC0415

            config, manager = session.config, session.config.pluginmanager
            capture, logs = manager.get_plugin("capturemanager"), manager.get_plugin("logging-plugin")
            unseen = (config.stash[thread_exceptions], config.stash[unraisable_exceptions])
            attrgetter("setup", "teardown_exact", "stack")(session._setupstate)  # noqa: SLF001
            attrgetter("resume_global_capture", "suspend_global_capture", "read_global_capture")(capture)
            attrgetter("caplog_handler.reset", "report_handler.reset", "caplog_handler.records", "log_level")(logs)
            attrgetter("_initrequest")(pytest.Function)
            keys = (caplog_records_key, caplog_handler_key, tmppath_result_key)
            parts = cls(config, capture, logs, catching_logs, catch_warnings_for_item, unseen, keys)
            return parts if parts.is_usual() else None
        except (ImportError, AttributeError, KeyError):
            return None

    def is_usual(self) -> bool:
        """Whether nobody but pytest and harmless plugins has a say in running a test."""
        if self.config.getoption("runxfail", False) or self.config.getini("log_cli"):
            return False
        callers = (getattr(self.config.hook, name, None) for name in _HOOKS)
        plugins = (each.plugin for caller in callers if caller is not None for each in caller.get_hookimpls())
        return all(_package_of(plugin) in _HARMLESS for plugin in plugins)

    def ambience(self) -> ExitStack:
        """Filters, log handlers and streams as a test sees them; for many tests in a row."""
        stack = ExitStack()
        catching = self.catch_warnings(config=self.config, ihook=self.config.hook, when="runtest", item=None)
        stack.enter_context(catching)
        for handler in (self.logging.caplog_handler, self.logging.report_handler):
            stack.enter_context(self.catching_logs(handler, level=self.logging.log_level))
        self.capture.resume_global_capture()
        stack.callback(self._end_capture)
        return stack

    def _end_capture(self) -> None:
        self.capture.suspend_global_capture(in_=False)
        self.capture.read_global_capture()

    def forget(self) -> None:
        """What a test logged is of no use to the next."""
        if self.logging.caplog_handler.records:
            self.logging.caplog_handler.reset()
            self.logging.report_handler.reset()

    def has_unseen_errors(self) -> bool:
        """Whether a thread or a finalizer has raised: with warnings as errors that fails a test."""
        return any(self.unseen)

    def equip(self, item: pytest.Item) -> None:
        """What pytest's hooks leave with an item for fixtures that are asked for while it runs."""
        records, handler, results = self.keys
        item.stash[records] = {
            "setup": self.logging.caplog_handler.records,
            "call": self.logging.caplog_handler.records,
        }
        item.stash[handler] = self.logging.caplog_handler
        item.stash[results] = {}


def _package_of(plugin: object) -> str:
    name = getattr(plugin, "__name__", None) if inspect.ismodule(plugin) else type(plugin).__module__
    if isinstance(plugin, type):
        name = plugin.__module__
    return str(name).partition(".")[0]
