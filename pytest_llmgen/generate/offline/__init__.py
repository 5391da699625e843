"""The embedded generator: inputs, a search over them, and tests that read well."""

from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.merge import merge_candidates

__all__ = ["OfflineGenerator", "merge_candidates"]
