"""A pytest plugin that shakes a run: tests in another order, the random module seeded otherwise, a later clock."""

from __future__ import annotations

import os
import random

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shuffle, by the seed in ``PERTURB_SEED``."""
    random.Random(int(os.environ.get("PERTURB_SEED", "0"))).shuffle(items)


def pytest_runtest_setup() -> None:
    """What a test draws at random is different in each run."""
    random.seed(f"{os.environ.get('PERTURB_SEED')}-{os.getpid()}")
