"""All rules on one candidate.  What passes later runs unsandboxed in the user's CI."""

from __future__ import annotations

from pytest_llmgen.records import Candidate, Fate, Refusal
from pytest_llmgen.vet.assertions import check_assertions
from pytest_llmgen.vet.borders import check_borders
from pytest_llmgen.vet.calls import check_calls
from pytest_llmgen.vet.imports import check_imports
from pytest_llmgen.vet.known import VetFacts
from pytest_llmgen.vet.network import check_network
from pytest_llmgen.vet.patchers import check_patches
from pytest_llmgen.vet.scope import parse
from pytest_llmgen.vet.shape import check_shape
from pytest_llmgen.vet.tricks import check_tricks

_RULES = (
    check_calls,
    check_tricks,
    check_borders,
    check_network,
    check_imports,
    check_patches,
    check_shape,
    check_assertions,
)


def vet(candidate: Candidate, facts: VetFacts) -> tuple[Refusal, ...]:
    """Why a candidate must not run: unsafe reasons first, each once; empty where nothing speaks against it.

    Raises:
        KeyError: the candidate's target is not in ``facts.targets``.
    """
    scope = parse(candidate, facts)
    if isinstance(scope, Refusal):
        return (scope,)
    refusals = {(r.code, r.message, r.line): r for rule in _RULES for r in rule(scope)}
    return tuple(sorted(refusals.values(), key=lambda r: (r.fate is not Fate.UNSAFE, r.line or 0, r.code, r.message)))
