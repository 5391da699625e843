"""The mutants of a module: mutmut's operators and ours."""

from __future__ import annotations

import warnings

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse
from pytest_llmgen.mutate.behind import names_by_line
from pytest_llmgen.mutate.classic import MUTMUT_VERSION
from pytest_llmgen.mutate.distinct import Distinct
from pytest_llmgen.mutate.drafts import Draft, named
from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.mutate.pragmas import lines_left_alone
from pytest_llmgen.mutate.walk import Walk
from pytest_llmgen.records import Module, Mutant

OUR_VERSION = "2"
ALL, CLASSIC, MUTMUT = "all", "classic", "mutmut"
OPERATORS_VERSIONS = {
    ALL: f"mutmut {MUTMUT_VERSION} + {OUR_VERSION}",
    CLASSIC: f"mutmut {MUTMUT_VERSION}",
    MUTMUT: f"mutmut {MUTMUT_VERSION}, its own list",
}
"""What the report calls each set of operators."""


def mutants_of(module: Module, operators: str = ALL) -> tuple[Mutant, ...]:
    """Every mutant of a module, in the order of the text, each different from all others in its statement.

    Those by mutmut's operators are told apart and counted first, so that the others change none of their ids.

    Raises:
        LlmgenError: a ``no mutate`` pragma is malformed, or text that Python reads is not understood here.
    """
    if module.error:
        return ()
    left_alone = lines_left_alone(module.path, module.source)
    try:
        drafts = _drafts(module, operators)
        distinct = Distinct(module.path, module.source).among(drafts)
        names = names_by_line(parse(module.source))
        mutants = named(module.path, Lines(module.source), distinct, left_alone, names)
    except (SyntaxError, ValueError) as error:
        fix = "leave the file out with llm_exclude"
        raise LlmgenError(f"{module.path}: no mutants: {error}", slug="mutants-unparsable", fix=fix) from None
    return tuple(sorted(mutants, key=lambda mutant: (mutant.start, mutant.end)))


def _drafts(module: Module, operators: str) -> list[Draft]:
    with warnings.catch_warnings():  # a project's "error" filter would turn a warning into a fault
        warnings.simplefilter("ignore")
        found = list(Walk(module.source, module.targets, further=operators == ALL).drafts(parse(module.source)))
    return sorted(found, key=lambda draft: (not draft.is_mutmuts, draft.start, draft.end))
