"""What is known of a target before a value is chosen: its code, its world, and what others show of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmgen.generate.offline.accepted import inlined
from pytest_llmgen.generate.offline.annotations import Annotations
from pytest_llmgen.generate.offline.calls import UNSUITABLE
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, find_function, helpers_of, parameters, parsed
from pytest_llmgen.generate.offline.docs import examples_of, seen_objects, seen_rows
from pytest_llmgen.generate.offline.given import Given, objects_of, usable
from pytest_llmgen.generate.offline.hints import hints_of, texts_of
from pytest_llmgen.generate.offline.killing import boundary_terms
from pytest_llmgen.generate.offline.literals import literals_of, neighbours
from pytest_llmgen.generate.offline.prose import told_of
from pytest_llmgen.generate.offline.regexes import matching_texts, texts_of_patterns
from pytest_llmgen.generate.offline.tables import NO_HOLDINGS, Holdings
from pytest_llmgen.generate.offline.terms import Term, literal
from pytest_llmgen.generate.offline.world import World, imports_of, survey
from pytest_llmgen.records import Assignment, Module, Mutant, Target


class UnsuitableError(Exception):
    """A target that cannot be tested this way; the text says why."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen and known from outside of the module's text."""

    held: Holdings = NO_HOLDINGS  # what it holds when it has been imported
    given: Sequence[Given] = ()  # the fixtures of the project
    objects_made: Mapping[str, Sequence[Term]] = field(
        default_factory=dict
    )  # what was seen to come into being, by class
    drawn: Mapping[str, Sequence[Term]] = field(default_factory=dict)  # what Hypothesis strategies gave, by type


NOTHING_SEEN = Sight()


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of one target."""

    assignment: Assignment
    tree: ast.Module
    node: FunctionNode
    helpers: tuple[FunctionNode, ...]  # functions that it calls
    world: World
    annotations: Annotations
    given: tuple[Given, ...]  # fixtures of the project that it may use
    held: Holdings
    known: Mapping[str, str]  # names that the module has by import, with their statements
    told: tuple[str, ...]  # calls that the documentation shows
    texts: tuple[str, ...]  # code that calls it
    mentioned: tuple[object, ...]  # plain values of the code
    literals: tuple[Term, ...]  # values that the code suggests

    @property
    def target(self) -> Target:
        """What is to be tested."""
        return self.assignment.target

    @property
    def nodes(self) -> list[FunctionNode]:
        """The target and the functions that it calls."""
        return [self.node, *self.helpers]

    @property
    def mutants(self) -> list[Mutant]:
        """Those that no test has killed yet."""
        return [item.mutant for item in self.assignment.gaps.survivors]

    def seen_of(self, name: str, items: tuple[Parameter, ...]) -> list[tuple[Term, ...]]:
        """The arguments with which other code calls a function."""
        return seen_rows(self.texts, name, items, self.known)


def ground_of(assignment: Assignment, modules: Mapping[str, Module], sight: Sight = NOTHING_SEEN) -> Ground:
    """Read a target and what is around it.

    Raises:
        UnsuitableError: it cannot be called, with the reason.
    """
    target, module, context = assignment.target, assignment.module, assignment.context
    tree = _tree(module)
    node = _definition(target, tree)
    world, given = survey(module, modules, context.types), usable(sight.given, target)
    told = _told(target, node)
    accepted = list(inlined(candidate.source for candidate in assignment.kept))
    texts = (*told, *accepted, *context.examples, *context.callers, *context.recorded)
    known = {**imports_of(tree, module), **{name: shape.statement for name, shape in world.classes.items()}}
    seen_made = seen_objects(texts, world.classes, known)
    annotations = Annotations(world, hints_of(tree), seen_made, objects_of(given), sight.objects_made, sight.drawn)
    helpers = tuple(helpers_of(node, tree, target.qualname.rpartition(".")[0]))
    nodes = [node, *helpers]
    mentioned = tuple({repr(v): v for item in nodes for v in literals_of(item, world.constants)}.values())
    literals = _literals(assignment, nodes, world, sight.held, mentioned)
    return Ground(
        *(assignment, tree, node, helpers, world, annotations, tuple(given), sight.held, known),
        *(tuple(told), texts, mentioned, literals),
    )


def _tree(module: Module) -> ast.Module:
    try:
        return parsed(module.source)
    except (SyntaxError, ValueError) as error:
        raise UnsuitableError(f"its module cannot be read: {error}") from error


def _definition(target: Target, tree: ast.Module) -> FunctionNode:
    if target.name.startswith("__") and not target.name.endswith("__"):
        raise UnsuitableError("its name is private to its class: tests reach it through the methods that call it")
    node = find_function(tree, target.qualname, target.def_line)
    if node is None or target.name in UNSUITABLE:
        raise UnsuitableError("its definition is not reachable by name" if node is None else "no test calls it by name")
    return node


def _literals(
    assignment: Assignment, nodes: Sequence[FunctionNode], world: World, held: Holdings, mentioned: Sequence[object]
) -> tuple[Term, ...]:
    """Values in the form that the code takes apart, that its patterns match, next to its own, at limits of mutants."""
    mutants = [item.mutant for item in assignment.gaps.survivors]
    matching = [*texts_of_patterns(held.patterns, nodes), *_matching(nodes, world)]
    formats = texts_of(nodes[0], assignment.target.docstring, [value for value in mentioned if isinstance(value, str)])
    near = neighbours(list(mentioned))
    return (*formats, *boundary_terms(mutants), *(literal(text) for text in matching), *near)


def _told(target: Target, node: FunctionNode) -> list[str]:
    """The calls that the documentation shows."""
    told = told_of(target.docstring, target.name, parameters(node))
    return [item.expression for item in (*examples_of(target.docstring), *told)]


def _matching(nodes: Sequence[FunctionNode], world: World) -> list[str]:
    """Texts that patterns in the code match, alone and with something round them."""
    patterns = dict.fromkeys(text for item in nodes for text in matching_texts(item, world.constants))
    return [text for part in patterns for text in (part, f"a{part}b")]
