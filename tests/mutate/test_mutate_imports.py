from __future__ import annotations

import importlib
import sys

import pytest

from pytest_llmgen.mutate.imports import install_import


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "llmgen_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .part import X\n", encoding="utf-8")
    (folder / "part.py").write_text("X = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    yield folder
    for name in [name for name in sys.modules if name.startswith("llmgen_package")]:
        del sys.modules[name]


def test_an_import_gets_the_mutated_source_and_no_cache(package):
    hook = install_import(str(package / "part.py"), "X = 2 if 'a' is 'b' else 3\n")
    try:
        assert importlib.import_module("llmgen_package").X == 3
    finally:
        hook.remove()
    assert hook.loaded == 1
    assert [path.name.split(".")[0] for path in (package / "__pycache__").iterdir()] == ["__init__"]


def test_an_old_cache_is_not_read(package):
    importlib.import_module("llmgen_package")
    assert list((package / "__pycache__").glob("part.*"))
    for name in ("llmgen_package", "llmgen_package.part"):
        del sys.modules[name]
    hook = install_import(str(package / "part.py"), "X = 2\n")
    try:
        assert importlib.import_module("llmgen_package.part").X == 2
    finally:
        hook.remove()


def test_a_package_can_be_mutated_itself(package):
    hook = install_import(str(package / "__init__.py"), "Y = 5\n")
    try:
        assert importlib.import_module("llmgen_package").Y == 5
        assert importlib.import_module("llmgen_package.part").X == 1
    finally:
        hook.remove()


def test_another_file_of_the_same_name_is_left_alone(package, tmp_path):
    other = tmp_path / "other" / "part.py"
    other.parent.mkdir()
    other.write_text("X = 7\n", encoding="utf-8")
    hook = install_import(str(other), "X = 8\n")
    try:
        assert importlib.import_module("llmgen_package.part").X == 1
    finally:
        hook.remove()
    assert hook.loaded == 0


def test_a_module_that_is_imported_already_is_refused(package):
    importlib.import_module("llmgen_package")
    with pytest.raises(ImportError, match=r"llmgen_package\.part is imported already"):
        install_import(str(package / "part.py"), "X = 2\n")
