"""What a worker keeps hypothesis and pytest from."""

from __future__ import annotations

import importlib
import sys

import hypothesis
import pytest
from _pytest import main, python

from pytest_llmgen.run import quieting

PATCHES = "hypothesis.extra._patching"


def test_a_failing_property_test_loads_nothing_to_offer_a_patch(monkeypatch):
    assert hypothesis.__name__ in sys.modules
    monkeypatch.setattr(sys, "modules", {name: each for name, each in sys.modules.items() if name != PATCHES})
    quieting.calm_hypothesis([])
    with pytest.raises(ImportError):
        importlib.import_module(PATCHES)


def test_pytest_does_not_see_files_that_it_is_to_pass_over(tmp_path, monkeypatch):
    for module in (main, python):
        monkeypatch.setattr(module, "scandir", module.scandir)
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).touch()
    quieting.pass_over({str(tmp_path / "test_b.py")})
    for module in (main, python):
        assert [entry.name for entry in module.scandir(tmp_path)] == ["test_a.py"]
