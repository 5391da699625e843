"""Whether a value stands where nothing was promised of it: no suspicion rests on that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from pytest_llmgen.generate.offline.calls import Input
from pytest_llmgen.generate.offline.code import Parameter, dotted
from pytest_llmgen.generate.offline.world import ClassShape

_ANYTHING = re.compile(r"\b(Any|object)\b")


def is_vague(parameter: Parameter) -> bool:
    """Whether nobody wrote what a parameter takes, or that it takes anything."""
    told = parameter.annotation
    return told is None or parameter.is_guessed or bool(_ANYTHING.search(ast.unparse(told)))


def is_made_of_anything(row: Input, classes: Mapping[str, ClassShape]) -> bool:
    """Whether an object of an input was made with something that its constructor need not take."""
    return any(is_vague(each) for term in row if term.source for each in _given(term.source, classes))


def _given(source: str, classes: Mapping[str, ClassShape]) -> Iterator[Parameter]:
    """The parameters of constructors that are given something."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and (shape := classes.get(dotted(call.func))) is not None:
            by_name = {word.arg for word in call.keywords}
            yield from shape.parameters[: len(call.args)]
            yield from (each for each in shape.parameters if each.name in by_name)
