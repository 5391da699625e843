"""Modules with their targets, in memory and imported."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.records import Module


@pytest.fixture
def module_of():
    def make(source: str, path: str = "sample.py") -> Module:
        return parse_module(path, "sample", ".", source)

    return make


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a module and import it; a second name gives a second copy of the same file."""

    def make(source: str, name: str = "llmgen_sample"):
        path = tmp_path / "sample.py"
        path.write_bytes(source.encode())
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
        return module

    return make
