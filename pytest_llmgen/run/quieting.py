"""What a worker changes in pytest's session so that children are cheap, private and repeatable."""

from __future__ import annotations

import _imp
import contextlib
import os
import shutil
import sys
from collections.abc import Collection, Sequence
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from _pytest import main, python
from _pytest.assertion import rewrite

from pytest_llmgen.run.arguments import NEUTRAL, UNWANTED_PLUGINS


def neutralize(config: pytest.Config) -> None:
    """Set options back that ``addopts`` may have set, and drop plugins that hide flakiness."""
    for name, value in NEUTRAL.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    for name in UNWANTED_PLUGINS:
        plugin = config.pluginmanager.get_plugin(name)
        if plugin is not None:
            config.pluginmanager.unregister(plugin)


def forget_selection(config: pytest.Config) -> None:
    """What selected the user's tests must not deselect files that come later."""
    for name in ("keyword", "markexpr"):
        setattr(config.option, name, "")
    config.option.deselect = None


def silence_terminal(config: pytest.Config) -> None:
    """Nobody reads what the terminal reporter writes in a child."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    writer = getattr(reporter, "_tw", None)
    if writer is not None:
        writer._file = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, SLF001, PTH123 (lives as long as the worker)


def mend_bytecode() -> None:
    """Let test files that the user's run has compiled tell of their place in the copy.

    Python does this for every module that it loads from a cache; pytest, for those that it has rewritten, does not.
    """
    read, mend = getattr(rewrite, "_read_pyc", None), getattr(_imp, "_fix_co_filename", None)
    if read is None or mend is None:
        return

    def read_mended(source: Path, *rest: Any) -> Any:
        code = read(source, *rest)
        if code is not None:
            mend(code, str(source))
        return code

    rewrite._read_pyc = read_mended  # type: ignore[assignment]  # noqa: SLF001 (no public way)


def pass_over(files: Collection[str]) -> None:
    """Let pytest not even see these files where it goes through a folder, in a process that collects once.

    To be asked whether it ignores a file costs it more than to import one.
    """
    for module in (main, python):
        inner = getattr(module, "scandir", None)
        if inner is not None:
            module.scandir = partial(_others, inner, files)  # type: ignore[attr-defined]  # (no public way)


def _others(scandir: Any, files: Collection[str], *given: Any, **named: Any) -> list[Any]:
    return [entry for entry in scandir(*given, **named) if entry.path not in files]


def know_patterns(config: pytest.Config) -> None:
    """Compile once, before all forks, the patterns that pytest's settings have for the names of files and folders."""
    for name in ("norecursedirs", "python_files", "python_classes", "python_functions"):
        for pattern in config.getini(name):
            fnmatch("", pattern)


_PATCHES = "hypothesis.extra._patching"
"""What offers a failing example as a patch; it loads libcst, 0.4 s of CPU in each fork where a property test fails."""
_WARMING = 40
"""Examples; a constant of the code is asked for in one of twenty."""


def calm_hypothesis(items: Sequence[pytest.Item]) -> None:
    """Property tests without shrinking, chance, deadline and database: a verdict is all that is wanted."""
    if "hypothesis" not in sys.modules:
        return
    sys.modules.setdefault(_PATCHES, None)  # type: ignore[arg-type]  # an import of it fails, which its plugin expects
    hypothesis: Any = sys.modules["hypothesis"]
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    calmed = False
    for item in items:
        function: Any = getattr(item, "function", None)
        function = getattr(function, "__func__", function)
        current = getattr(function, "_hypothesis_internal_use_settings", None)
        if current is not None:
            calmed = True
            function._hypothesis_internal_use_settings = hypothesis.settings(  # noqa: SLF001 (no public way)
                current, derandomize=True, database=None, deadline=None, phases=phases
            )
    if calmed:
        _warm_up(hypothesis)


def _warm_up(hypothesis: Any) -> None:
    """What hypothesis loads and reads with its first examples (constants of all local modules): not in each fork."""
    calm = hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=_WARMING)
    calm(hypothesis.given(hypothesis.strategies.integers())(lambda _number: None))()


def private_tmp_path(config: pytest.Config, folder: Path) -> None:
    """Give the child a base for ``tmp_path`` of its own, made when it is first asked for."""
    factory: Any = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._given_basetemp, factory._basetemp = folder, None  # noqa: SLF001 (no public way)


def clean(config: pytest.Config, folder: Path, *, ended_well: bool) -> None:
    """After a child: its temporary files go, and output that it left in the shared capture file."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    manager: Any = config.pluginmanager.get_plugin("capturemanager")
    if not ended_well and manager is not None and manager.is_globally_capturing():
        manager.read_global_capture()


def cheapen(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Before judging, in the child: nobody reads the explanation of a failing assertion, or its traceback."""
    plugin = config.pluginmanager.get_plugin("assertion")
    if plugin is not None:
        config.pluginmanager.unregister(plugin)
    for item in items:
        if isinstance(item, pytest.Function):
            item.repr_failure = _no_text  # type: ignore[assignment, method-assign]


def _no_text(_excinfo: object, _style: object = None) -> str:
    return "failed"


def tear_down(session: pytest.Session) -> None:
    """Let fixtures of wider scopes end after a run that stopped early; the verdict is already told."""
    with contextlib.suppress(BaseException):
        session._setupstate.teardown_exact(None)  # noqa: SLF001 (no public way)
