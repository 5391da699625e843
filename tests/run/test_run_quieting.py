"""What a worker keeps hypothesis from."""

from __future__ import annotations

import importlib
import sys

import hypothesis
import pytest

from pytest_llmgen.run import quieting

PATCHES = "hypothesis.extra._patching"


def test_a_failing_property_test_loads_nothing_to_offer_a_patch(monkeypatch):
    assert hypothesis.__name__ in sys.modules
    monkeypatch.setattr(sys, "modules", {name: each for name, each in sys.modules.items() if name != PATCHES})
    quieting.calm_hypothesis([])
    with pytest.raises(ImportError):
        importlib.import_module(PATCHES)
