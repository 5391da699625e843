"""Functions that tests hand to the code under test where it wants one to await."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import product

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.terms import Term

_NAMES = ("value", "other", "third", "fourth")
_MAX_ANSWERS = 5
_MAX_FIRST = 2
_REPEATS = (1, 2, 3)
_MAX_CALLABLES = 12
_TAKE_AWAITABLES = {
    "gather",
    "wait_for",
    "shield",
    "create_task",
    "ensure_future",
    "run_until_complete",
    "as_completed",
}
NAME, CALLS = "answer", "calls"


def awaited_calls(nodes: Iterable[ast.AST]) -> dict[str, int]:
    """Names of what is called for something to await, each with the number of its arguments."""
    waiting = [part for node in nodes for item in ast.walk(node) for part in _awaited(item)]
    calls = [each for each in waiting if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
    return {call.func.id: len(call.args) + len(call.keywords) for call in calls if isinstance(call.func, ast.Name)}


def _awaited(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.Await(value=ast.Call() as call):
            return [call]
        case ast.Call(func=function, args=arguments) if dotted(function).rpartition(".")[2] in _TAKE_AWAITABLES:
            return [item for argument in arguments for item in ast.walk(argument)]
    return []


def async_callables(arity: int, known: Sequence[Term] = ()) -> list[Term]:
    """Async functions that give what they get, something fixed, or what the code mentions (``known``)."""
    given = [Term(_NAMES[0])] if arity else []
    return coroutine_functions([*given, Term("'text'"), *known, Term("None")], arity)[:_MAX_CALLABLES]


def coroutine_functions(answers: Sequence[Term], arity: int) -> list[Term]:
    """Async functions that give one answer each, or a first one some times and then another.

    What they were called with is noted in a list that tests can look at.
    """
    found = [_function([answer], arity) for answer in answers[:_MAX_ANSWERS]]
    pairs = [(one, other) for one, other in product(answers[:_MAX_FIRST], answers[:_MAX_ANSWERS]) if one is not other]
    return [*found, *(_function([*[one] * count, other], arity) for one, other in pairs for count in _REPEATS)]


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
