"""The Hypothesis strategies that a project's tests and conftest files hold, as expressions to be drawn from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from pytest_llmgen.extract.examples import TextFile
from pytest_llmgen.extract.names import parse_or_empty
from pytest_llmgen.extract.targets import decorator_names, last_name
from pytest_llmgen.records import Strategy

_MOST = 24
_LONGEST = 400
"""Characters of an expression; a longer one is rather a test than a kind of value."""


def read_strategies(files: Iterable[TextFile]) -> tuple[Strategy, ...]:
    """What is registered for a type, what builds objects of a class, and composite strategies without arguments."""
    found = [each for file in files if "hypothesis" in file.source for each in _strategies(file)]
    fitting = dict.fromkeys(each for each in found if len(each.expression) <= _LONGEST)
    return tuple(sorted(fitting, key=lambda each: not each.is_registered))[:_MOST]


def _strategies(file: TextFile) -> Iterator[Strategy]:
    for node in ast.walk(parse_or_empty(file.source)):
        match node:
            case ast.Call(func=function, args=[kind, _]) if last_name(function) == "register_type_strategy":
                text = ast.unparse(kind)
                yield Strategy(file.path, text, text.rpartition(".")[2], is_registered=True)
            case ast.Call(func=function, args=[kind, *_]) if last_name(function) == "builds" and _is_class(kind):
                yield Strategy(file.path, ast.unparse(node), last_name(kind))
            case ast.FunctionDef(name=name) if "composite" in decorator_names(node) and _needs_nothing(node.args):
                told = last_name(node.returns) if isinstance(node.returns, ast.Name | ast.Attribute) else ""
                yield Strategy(file.path, f"{name}()", told)


def _is_class(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and last_name(node)[:1].isupper()


def _needs_nothing(given: ast.arguments) -> bool:
    """Whether it takes ``draw`` alone, or has a value for all else."""
    places = [*given.posonlyargs, *given.args]
    return len(places) - len(given.defaults) <= 1 and None not in given.kw_defaults
