"""Functions that tests hand to the code under test where it wants one to await."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from pytest_llmgen.generate.offline.terms import Term

_NAMES = ("value", "other", "third", "fourth")
_MAX_ANSWERS = 5
_REPEATS = (1, 2, 3)
NAME, CALLS = "answer", "calls"


def coroutine_functions(answers: Sequence[Term], arity: int) -> list[Term]:
    """Async functions that give one answer each, or a first one some times and then another.

    What they were called with is noted in a list that tests can look at.
    """
    found = [_function([answer], arity) for answer in answers[:_MAX_ANSWERS]]
    for one in answers[:_MAX_ANSWERS]:
        for other in answers[:_MAX_ANSWERS]:
            if one is not other:
                found.extend(_function([*[one] * count, other], arity) for count in _REPEATS)
    return found


def _function(answers: list[Term], arity: int) -> Term:
    names = ", ".join(_NAMES[:arity])
    noted = names if arity == 1 else f"({names})"
    before = [f"{CALLS} = []", *(line for answer in answers for line in answer.before)]
    given = answers[0].source
    if len(answers) > 1:
        before.append(f"answers = [{', '.join(answer.source for answer in answers)}]")
        given = "answers.pop(0)"
    before.append(f"async def {NAME}({names}):\n    {CALLS}.append({noted})\n    return {given}")
    imports = dict.fromkeys(line for answer in answers for line in answer.imports)
    label = _label(answers[0].source) if len(answers) == 1 else f"{len(answers)} answers"
    return Term(NAME, tuple(imports), before=tuple(before), watched=(CALLS,), label=label)


def _label(source: str) -> str:
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return f"answer {constants[0]!s}" if constants else "an answer"
