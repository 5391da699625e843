"""mutmut itself: its own generator says which mutants it makes, ours are how they are applied; nothing else knows it.

Our operators are written after mutmut's (``classic.py``) and cost a fifth of the time.  With
``llm_operators = "mutmut"`` the list is its own, and where the two differ that is said; the tests compare them so too.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator
from importlib.metadata import version

import libcst as cst
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse
from pytest_llmgen.mutate.operators import CLASSIC, mutants_of
from pytest_llmgen.mutate.units import mutated_text, units_of
from pytest_llmgen.mutate.walk import Walk
from pytest_llmgen.records import Module, Mutant
from pytest_llmgen.review.fingerprint import context_of

OPERATORS = len({operator for _, operator in mutation_operators})
"""How many operators mutmut has."""
NOT_PYTHON = "not Python"
NOT_OURS = "of the mutants of mutmut {} are not judged: no operator here makes them"
NO_PRAGMA = IgnoredCode(set(), set(), set())
"""Pragmas are honoured when mutants are named: they make mutants Ignored, in any list."""


def listed(module: Module) -> tuple[tuple[Mutant, ...], str]:
    """Those of our mutants that mutmut makes, and a notice where it makes others; needs 5 to 16 ms a mutant.

    Raises:
        LlmgenError: mutmut can't read the module.
    """
    if module.error:
        return (), ""
    theirs = set(_functions(module))
    units = units_of(module.source)
    drafts = Walk(module.source, module.targets).drafts(parse(module.source))
    made = {
        (d.start, d.end, d.replacement): told_apart(mutated_text(module.source, units.at(d.start), d)) for d in drafts
    }
    wanted = {edit for edit, function in made.items() if function in theirs}
    found = tuple(m for m in mutants_of(module, CLASSIC) if (m.start, m.end, m.replacement) in wanted)
    lost = len(theirs.difference(made.values()))
    return found, f"{module.path}: {lost} {NOT_OURS.format(version('mutmut'))}" if lost else ""


def _functions(module: Module) -> Iterator[str]:
    try:
        yield from functions_with_mutants(module.source)
    except cst.ParserSyntaxError as error:
        fix = 'use llm_operators = "classic", or leave the file out with llm_exclude'
        raise LlmgenError(
            f"{module.path}: mutmut can't read line {error.raw_line}", slug="mutants-unparsable", fix=fix
        ) from None


def functions_with_mutants(source: str, ignored: IgnoredCode = NO_PRAGMA) -> Iterator[str]:
    """Each mutant that mutmut makes, as :func:`told_apart` has its function; what changes a docstring is left out."""
    visitor = MutationVisitor(mutation_operators, ignored)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = MetadataWrapper(cst.parse_module(source)).visit(visitor)
    for each in visitor.mutations:
        function = each.contained_by_top_level_function
        if isinstance(function, cst.FunctionDef):
            before = told_apart(module.code_for_node(function))
            after = told_apart(module.code_for_node(function.deep_replace(each.original_node, each.mutated_node)))
            if after != before:
                yield after


def told_apart(text: str) -> str:
    """The lines of a function without formatting and docstring."""
    try:
        return context_of(parse(textwrap.dedent(text)))
    except SyntaxError:
        return NOT_PYTHON
