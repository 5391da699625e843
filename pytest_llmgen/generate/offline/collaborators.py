"""What the code under test is handed to work with, as it behaves well, fails, or is awaited."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter
from pytest_llmgen.generate.offline.failing import Failures, error_names, guarded_calls, noting, with_failing
from pytest_llmgen.generate.offline.stubs import NAME, async_callables, awaited_calls
from pytest_llmgen.generate.offline.terms import Term, literal, unique, value_of
from pytest_llmgen.generate.offline.world import World, modules_of

_MAX_MENTIONED = 2


class Collaborators:
    """Knows of a target, and of the functions that it calls, which calls may fail and which are awaited."""

    def __init__(
        self,
        nodes: Sequence[FunctionNode],
        tree: ast.Module,
        known: Mapping[str, str],
        world: World,
        annotations: Annotations,
        mentioned: Sequence[object] = (),
    ) -> None:
        """``known``: names that the module has by import, with their statements; ``mentioned``: values of the code."""
        self._mentioned = [literal(value) for value in mentioned if type(value) in {str, int} and value][
            :_MAX_MENTIONED
        ]
        self._guarded, self._awaited = guarded_calls(nodes), awaited_calls(nodes)
        self._failures = Failures(world, annotations, {**modules_of(tree), **known})
        self._world, self._raised = world, set[str]()

    @property
    def world(self) -> World:
        """What is known of the module; the errors that a stand-in was made to raise are raised on purpose, too."""
        return replace(self._world, raised=self._world.raised | self._raised) if self._raised else self._world

    def _noted(self, terms: list[Term]) -> list[Term]:
        text = "\n".join(line for term in terms for line in (*term.before, term.source))
        self._raised.update(name for name in {*error_names(self._guarded), "ValueError"} if f"{name}(" in text)
        return terms

    def among(self, parameter: Parameter, pool: Sequence[Term]) -> list[Term]:
        """The values of a parameter, with stand-ins that fail, note what they were asked, or can be awaited."""
        is_callable = any(term.source.startswith("lambda") for term in pool)
        is_async = bool(pool) and pool[0].source == NAME
        if (is_callable or is_async) and parameter.name in self._awaited:
            text = ast.unparse(parameter.annotation) if is_async and parameter.annotation is not None else "str int"
            fitting = [term for term in self._mentioned if type(value_of(term)).__name__ in text]
            answering = async_callables(self._awaited[parameter.name], fitting)
            is_told = is_async and not parameter.is_guessed
            answering = [replace(term, is_odd=is_told) for term in answering]  # not of the type that is annotated
            pool = unique([*pool, *answering] if is_async else [*answering, *pool])
        failing = self._failures.of(parameter, pool, self._guarded)
        return with_failing(noting(parameter, pool), self._noted(failing))

    def inside(self, node: FunctionNode) -> list[Term]:
        """Errors of the block below a ``with`` of what the target gives."""
        return self._noted(self._failures.inside(node, self._guarded))

    def within(self, objects: Sequence[Term]) -> list[Term]:
        """The objects, with some whose collaborators fail."""
        return with_failing(objects, self._noted(self._failures.of_methods(objects, self._guarded)))
