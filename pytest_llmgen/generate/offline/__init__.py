"""The embedded generator: inputs, a search over them, and tests that read well."""

from pytest_llmgen.generate.offline.generator import OfflineGenerator

__all__ = ["OfflineGenerator"]
