"""The tests' driver, with layers of the tier left out: ``driver.py ROOT TIER[-LAYER...]``."""

from __future__ import annotations

import runpy
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llmgen.run import workers
from pytest_llmgen.run.sandbox.choice import settle
from pytest_llmgen.run.sandbox.plan import Layer, Plan

DRIVER = Path(__file__).resolve().parents[2] / "tests" / "attacks" / "driver.py"


def main(root: str, column: str) -> None:
    """As the tests' driver."""
    tier, *without = column.split("-")
    left_out = tuple(Layer(name) for name in without)

    def settle_without(*arguments: Any) -> Plan:
        return replace(settle(*arguments), without=left_out)

    workers.settle = settle_without  # a plan that no option can lead to
    runpy.run_path(str(DRIVER))["main"](root, tier)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
