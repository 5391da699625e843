"""What a process loads before it forks cold runs: nothing of the project, nor what needs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_llmgen.run.preload import preload

LIBRARY = """
try:
    import preload_project
except ImportError:
    preload_project = None
"""


def test_a_library_that_imports_the_project_is_left_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, installed = tmp_path / "project", tmp_path / "installed"
    for folder, name, text in [
        (root, "preload_project", "TAX = 2\n"),
        (installed, "preload_needing", LIBRARY),
        (installed, "preload_plain", "import json\n"),
    ]:
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(sys, "path", [str(root), str(installed), *sys.path])
    names, finders = set(sys.modules), list(sys.meta_path)
    try:
        preload(["preload_needing", "preload_missing", "preload_plain"], root)
        assert {name for name in set(sys.modules) - names if name.startswith("preload_")} == {"preload_plain"}
        assert sys.meta_path == finders
    finally:
        sys.modules.pop("preload_plain", None)
