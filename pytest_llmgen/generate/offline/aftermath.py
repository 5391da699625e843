"""What an object is asked at the end, to show what a call has left behind in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from pytest_llmgen.generate.offline.annotations import passed
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, decorator_names
from pytest_llmgen.generate.offline.terms import OMITTED, Term, unique

AFTERMATH = "afterwards"
_MAX_CALLS, _MAX_LOOKS = 10, 8
_SPECIAL = {
    "__getitem__": "{0}[{1}]",
    "__contains__": "{1} in {0}",
    "__next__": "next({0})",
    "__call__": "{0}({1})",
    "__len__": "len({0})",
    "__iter__": "list({0})",
    "__bool__": "bool({0})",
}
_UNFIT = {"property", "cached_property", "staticmethod", "classmethod", "contextmanager", "abstractmethod", "setter"}


def aftermaths(
    name: str,
    methods: Mapping[str, FunctionNode],
    looks: Sequence[str],
    arguments_of: Mapping[str, Sequence[tuple[Parameter, Term]]],
) -> list[Term]:
    """Nothing first; then calls that answer something, and looks at what need not have changed.

    ``arguments_of`` has usual arguments for the methods that can be called.
    """
    calls = [
        _call(name, method, arguments_of[method])
        for method, node in methods.items()
        if method in arguments_of and _answers(method, node)
    ]
    asked = [Term(text) for text in looks[:_MAX_LOOKS]]
    return unique([OMITTED, *calls[:_MAX_CALLS], *asked]) if calls or asked else []


def _answers(name: str, node: FunctionNode) -> bool:
    if isinstance(node, ast.AsyncFunctionDef) or _UNFIT & set(decorator_names(node)):
        return False
    if name.startswith("_") and name not in _SPECIAL:
        return False
    returns = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    yields = any(isinstance(item, ast.Yield | ast.YieldFrom) for item in ast.walk(node))
    return name == "__iter__" or (not yields and any(value is not None for value in returns))


def _call(name: str, method: str, pairs: Sequence[tuple[Parameter, Term]]) -> Term:
    given = passed(tuple(parameter for parameter, _ in pairs), [term for _, term in pairs])
    source = _SPECIAL[method].format(name, given) if method in _SPECIAL else f"{name}.{method}({given})"
    imports = dict.fromkeys(line for _, term in pairs for line in term.imports)
    return Term(source, tuple(imports))
