"""Stand-ins for collaborators that cannot be built: protocols and abstract classes without a plain implementation."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Protocol

from pytest_llmgen.generate.offline.code import FunctionNode, decorator_names
from pytest_llmgen.generate.offline.terms import Term, snake_case, unique
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape

_MAX_METHODS = 6
_VARIANTS = 4
_PROPERTIES = {"property", "cached_property", "abstractproperty"}
_CLASS_MADE = {"classmethod", "staticmethod"}
_MAX_DEPTH = 1
_UNTYPED = ("'text'", "3", "None", "{'key': 1}")


class _Terms(Protocol):
    def terms(self, node: ast.expr | None, depth: int = 0) -> list[Term]:
        """Values for an annotation."""


def fakes(shape: ClassShape, annotations: _Terms, depth: int) -> list[Term]:
    """``Mock(spec=Gateway, charge=Mock(return_value=True))``, and the same with other answers.

    What was asked of it is watched, so that tests can assert it.
    """
    if shape.kind is ClassKind.ENUM or depth > _MAX_DEPTH:
        return []
    members = {name: node for name, node in shape.methods.items() if not name.startswith("_")}
    answers = {
        name: annotations.terms(node.returns, depth + 1)[:_VARIANTS]
        for name, node in list(members.items())[:_MAX_METHODS]
        if not _CLASS_MADE & set(decorator_names(node)) and _answers(node)
    }
    most = max((len(terms) for terms in answers.values()), default=1)
    return unique([_fake(shape, members, answers, rank) for rank in range(max(1, most))])


def stand_ins(asked: Sequence[object]) -> list[Term]:
    """Stand-ins for something untyped: its name, then what is asked: ``get``, ``await send``, ``get.ok=True``."""
    own, *asked = asked
    awaited = {text.removeprefix("await ") for text in map(str, asked) if text.startswith("await ")}
    methods = dict.fromkeys(text.removeprefix("await ").partition(".")[0] for text in map(str, asked))
    told = [str(text) for text in asked if "=" in str(text)]
    found = []
    for rank, answer in enumerate(_UNTYPED):
        lines = [f"{own} = Mock()"]
        lines += [f"{own}.{name} = AsyncMock(return_value={answer})" for name in methods if name in awaited]
        lines += [f"{own}.{name}.return_value = {answer}" for name in methods if name not in awaited and not told]
        for text in told:
            method, _, rest = text.partition(".")
            attribute, _, value = rest.partition("=")
            shown = value if rank % 2 == 0 else answer
            lines.append(f"{own}.{method}.return_value.{attribute} = {shown}")
        imports = ("from unittest.mock import Mock", *(["from unittest.mock import AsyncMock"] if awaited else []))
        label = f"{own} {answer}" if rank else str(own)
        found.append(Term(str(own), imports, before=tuple(lines), watched=(f"{own}.method_calls",), label=label))
    return found


def answering(told: Sequence[object]) -> list[Term]:
    """Stand-ins that answer as the code asks: a name, then the lines, imports and label of each."""
    name, *rest = told
    made = []
    for lines, imports, label in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        assert isinstance(lines, tuple)
        assert isinstance(imports, tuple)
        watched = (f"{name}.method_calls",) if lines[0].endswith("= Mock()") else ()
        made.append(Term(str(name), imports, before=lines, watched=watched, label=str(label) or str(name)))
    return made


def _answers(node: FunctionNode) -> bool:
    return node.returns is not None


def _fake(shape: ClassShape, members: dict[str, FunctionNode], answers: dict[str, list[Term]], rank: int) -> Term:
    chosen = {name: terms[min(rank, len(terms) - 1)] for name, terms in answers.items() if terms}
    parts = [f"{name}={_member(members[name], term.source)}" for name, term in chosen.items()]
    name = snake_case(shape.name)
    made = f"{name} = Mock({', '.join([f'spec={shape.name}', *parts])})"
    imports = dict.fromkeys([shape.statement, "from unittest.mock import Mock"])
    if "AsyncMock(" in made:
        imports["from unittest.mock import AsyncMock"] = None
    imports.update(dict.fromkeys(line for term in chosen.values() for line in term.imports))
    before = [*(line for term in chosen.values() for line in term.before), made]
    told = next((term.source for term in chosen.values() if term.source != "None"), "")
    label = f"{name} {told}" if rank else name
    return Term(name, tuple(imports), before=tuple(before), watched=(f"{name}.method_calls",), label=label)


def _member(node: FunctionNode, answer: str) -> str:
    if _PROPERTIES & set(decorator_names(node)):
        return answer
    maker = "AsyncMock" if isinstance(node, ast.AsyncFunctionDef) else "Mock"
    return f"{maker}(return_value={answer})"
