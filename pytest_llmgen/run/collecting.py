"""Collecting one more test file in a live session, below the folder nodes that the session already has."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import collect_one_node

MARKER = "llm_generated: written by pytest-llmgen"


class Folders:
    """A plugin that remembers the session's folder nodes: pytest ties conftest fixtures to their identity."""

    def __init__(self) -> None:
        self._nodes: dict[Path, pytest.Directory] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Remember a folder that is collected."""
        report = yield
        if isinstance(collector, pytest.Directory):
            self._nodes.setdefault(collector.path, collector)
        return report

    def node(self, session: pytest.Session, folder: Path) -> pytest.Collector:
        """The node of a folder, made (and its conftest loaded) where the session has not seen it yet."""
        if folder in self._nodes:
            return self._nodes[folder]
        at_root = folder in (session.config.rootpath, folder.parent)
        parent = session if at_root else self.node(session, folder.parent)
        hooks: Any = session.gethookproxy(folder)
        made = hooks.pytest_collect_directory(path=folder, parent=parent)
        if made is None:  # ignored by the project
            return parent
        collect_one_node(made)
        return self._nodes.setdefault(folder, made)


def collect_file(session: pytest.Session, folders: Folders, path: Path) -> list[pytest.Item]:
    """Collect the file as if it had been there from the start; its fixtures and hooks apply.

    Collection errors are reported through pytest's hooks and give no items.
    """
    forget(session, path)
    inner: Any = session
    inner._initialpaths = frozenset({path}) | inner._initialpaths  # noqa: SLF001 (else python_files could refuse it)
    parent = folders.node(session, path.parent)
    nodes = session.gethookproxy(path).pytest_collect_file(file_path=path, parent=parent)
    items = [item for node in _flat(nodes) for item in session.genitems(node)]
    inner._collection_cache = {}  # noqa: SLF001 (pytest does the same after collecting)
    session.config.hook.pytest_collection_modifyitems(session=session, config=session.config, items=items)
    return items


def _flat(nodes: Sequence[Any]) -> list[pytest.Collector]:
    flat: list[pytest.Collector] = []
    for node in nodes:
        flat += node if isinstance(node, list) else [node]
    return [node for node in flat if isinstance(node, pytest.Module)]


def forget(session: pytest.Session, path: Path) -> None:
    """Drop what an earlier version of the file left behind in this process."""
    stem = path.stem
    for name in [name for name in list(sys.modules) if name.endswith(stem)]:  # a fork pays for touching all
        if getattr(sys.modules[name], "__file__", None) == str(path):
            del sys.modules[name]
    forget_bytecode(path)
    importlib.invalidate_caches()
    _forget_fixtures(session, path.relative_to(session.config.rootpath).as_posix())


def forget_bytecode(path: Path) -> None:
    """Drop the cached bytecode of a file whose text has changed: its time stamp may be the same."""
    folder, start = path.parent / "__pycache__", f"{path.stem}."
    for file in folder.iterdir() if folder.exists() else ():  # a pattern costs ten times that
        if file.name.startswith(start) and file.name.endswith(".pyc"):
            file.unlink(missing_ok=True)


def _forget_fixtures(session: pytest.Session, nodeid: str) -> None:
    """Up to pytest 9.0 fixtures were found by node id, so that those of the old file would still apply."""
    manager: Any = session._fixturemanager  # noqa: SLF001 (pytest has no public way)
    getattr(manager, "_nodeid_autousenames", {}).pop(nodeid, None)
    for definitions in getattr(manager, "_arg2fixturedefs", {}).values():
        definitions[:] = [d for d in definitions if d.baseid != nodeid and not d.baseid.startswith(f"{nodeid}::")]
