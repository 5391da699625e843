"""The mutants of a module: mutmut's operators and ours."""

from __future__ import annotations

import warnings

from pytest_llmgen.extract.targets import parse
from pytest_llmgen.mutate.classic import MUTMUT_VERSION
from pytest_llmgen.mutate.distinct import Distinct
from pytest_llmgen.mutate.drafts import named
from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.mutate.pragmas import lines_left_alone
from pytest_llmgen.mutate.walk import Walk
from pytest_llmgen.records import Module, Mutant

OUR_VERSION = "1"
OPERATORS_VERSION = f"mutmut {MUTMUT_VERSION} + {OUR_VERSION}"


def mutants_of(module: Module) -> tuple[Mutant, ...]:
    """Every mutant of the module's targets, in the order of the text, each different from all others.

    Raises:
        LlmgenError: a ``no mutate`` pragma is malformed.
    """
    if module.error or not module.targets:
        return ()
    left_alone = lines_left_alone(module.path, module.source)
    walk = Walk(module.source, module.targets)
    with warnings.catch_warnings():  # a project's "error" filter would turn a warning into a fault
        warnings.simplefilter("ignore")
        drafts = sorted(walk.drafts(parse(module.source)), key=lambda draft: (draft.start, draft.end))
        distinct = Distinct(module.path, module.source).among(drafts)
        return named(module.path, Lines(module.source), distinct, left_alone)
