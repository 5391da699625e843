"""Generators that are sent values: ``total = yield mean``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import islice

from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, body_nodes, dotted
from pytest_llmgen.generate.offline.terms import OMITTED, Term
from pytest_llmgen.generate.offline.usage import annotated

_GENERATORS = {"Generator", "typing.Generator", "collections.abc.Generator"}
_FEW = 3


def sendings(node: FunctionNode, pool: Callable[[Parameter], Sequence[Term]]) -> list[Term]:
    """Nothing sent first, then lists of what is sent, ``None`` at the start; empty where nothing is taken.

    Each as ``it[None, 3]``, for what is put behind the call.
    """
    taken = _taken(node)
    if taken is None:
        return []
    (parameter,) = annotated((taken,), node)
    values = [term for term in pool(parameter) if term.source and not (term.before or term.steps or term.fixtures)]
    first = [term.source for term in islice(sorted(values, key=lambda term: term.is_edge), _FEW)]
    rows = [first[:2], *([each.source] for each in values), first, first[::-1], []]
    imports = tuple(dict.fromkeys(line for term in values for line in term.imports))
    return [OMITTED, *(Term(f"it[{', '.join(['None', *row])}]", imports, label=_label(row)) for row in rows)]


def _label(row: Sequence[str]) -> str:
    return f"{' and '.join(row)} sent" if row else "nothing sent"


def _taken(node: FunctionNode) -> Parameter | None:
    """The name that has what was sent, with the type that the annotation of the function says, as a parameter."""
    for item in body_nodes(node):
        match item:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Yield())
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Yield())
            ):
                return Parameter(name, annotation=_sent(node.returns))
    return None


def _sent(returns: ast.expr | None) -> ast.expr | None:
    match returns:
        case ast.Subscript(value=generator, slice=ast.Tuple(elts=[_, sent, *_])) if dotted(generator) in _GENERATORS:
            return None if ast.unparse(sent) in {"None", "Any"} else sent
    return None
