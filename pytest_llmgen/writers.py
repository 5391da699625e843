"""Who writes tests in a run."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.choose import make_generator, make_search
from pytest_llmgen.generate.journal import REPLIES
from pytest_llmgen.records import Generator, Origin, Prober
from pytest_llmgen.settings import Settings


class Writers:
    """Chooses the generator; ``generator`` is the one that works, None before it does."""

    def __init__(self, settings: Settings, sources: Sequence[str]) -> None:
        self.settings, self._sources = settings, sources
        self.generator: Generator | None = None

    @property
    def uses_model(self) -> bool:
        """Whether a model writes."""
        return self.generator is not None and self.generator.origin is Origin.MODEL

    def open(self, prober: Prober) -> Generator:
        """The generator that the settings ask for."""
        self.generator = make_generator(
            self.settings,
            os.environ,
            prober,
            home=Path.home(),
            user=getpass.getuser(),
            sources=self._sources,
        )
        return self.generator

    def open_search(self, prober: Prober) -> Generator:
        """The search that closes gaps beside a model."""
        return make_search(self.settings, prober)

    def line(self) -> str:
        """Who writes; for a model that is paid, the cap, and where its replies are kept."""
        writer = self.writer()
        if writer.origin is not Origin.MODEL or self.settings.provider == "replay":
            return writer.label
        cap = self.settings.max_cost
        budget = f"budget ${cap:.2f}" if cap >= 0 else "no budget"
        return f"{writer.label}, {budget}, replies {self.settings.report_dir}/{REPLIES}"

    def writer(self) -> Generator:
        """Who would write, for the header; opened for good by :meth:`open`.

        Raises:
            pytest.UsageError: nobody can.
        """
        try:
            return self.open(_NoProber())
        except LlmgenError as error:
            raise pytest.UsageError(str(error)) from None
        finally:
            self.generator = None


class _NoProber:
    """Stands in where only a generator's label is wanted."""

    def probe(self, _probes: Sequence[Any], _timeout: float = 0.0) -> list[Any]:
        raise AssertionError("a label needs no probes")

    def challenge(self, *_arguments: Any) -> list[Any]:
        raise AssertionError("a label needs no probes")
